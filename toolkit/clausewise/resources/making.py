"""What an answer shows of something made, beside something that was read or changed under the path of the request.

Many a service takes a POST to the path of one resource that only reads it, because what it asks does not fit a query.
"""

from __future__ import annotations

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, header
from clausewise.options import Values, value_for
from clausewise.resources.identity import Resource, located, values_in_path
from clausewise.resources.inventory import Inventory
from clausewise.resources.types import ResourceType, erased, parameter_names
from clausewise.values.shape import shape_of


def shows_making(
    operation: OperationContract, of_type: ResourceType, resource: Resource, exchange: Exchange, inventory: Inventory
) -> bool:
    """Whether the answer to an accepted request of `operation` shows that it made `resource`.

    It does by its status 201 (RFC 9110 section 15.3.2), also where it has another in the place of a documented 201; by
    a `Location` that leads to the resource (section 10.2.2); and by naming what neither the request named in its path
    nor the server had listed before.
    """
    response = exchange.response
    assert response is not None
    if response.status == 201 or ("201" in operation.responses and str(response.status) not in operation.responses):
        return True
    if located(of_type, header(response.headers, "Location")) == resource.values[-1]:
        return True
    is_named = not resource.assumed and resource.values != values_in_path(operation, exchange.request)
    return is_named and not inventory.has_listed(resource)


def may_have_been_there(
    operation: OperationContract, of_type: ResourceType, resource: Resource, inventory: Inventory, values: Values
) -> bool:
    """Whether a resource that a request names may be older than the run: one that the server listed, that the user or
    the contract names, or that is known as one of another type."""
    if inventory.has_listed(resource):
        return True
    if erased(operation.operation.path) != of_type.path:
        return False
    own, name = resource.values[-1], parameter_names(operation)[-1]
    message = of_type.parameter.message
    is_enumerated = message is not None and shape_of([message.schema], message.schema).enum is not None
    if is_enumerated or value_for(values, operation.key, name) == (True, own):
        return True
    # A PUT makes what its path names, such as the membership of a user. The empty path stands for all of a tree.
    is_post = operation.operation.method == "POST"
    return is_post and (not str(own).strip("/") or inventory.has_of_another_type(resource))
