"""The order of operations: those that create resources before those that need them, then deletions, and last those
that may destroy what others need, such as the run's login."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from clausewise.contract.operation import OperationContract
from clausewise.resources.destruction import Destruction, destruction_by
from clausewise.resources.inventory import Inventory
from clausewise.resources.types import erased, parameter_names, resource_paths
from clausewise.transport.budget import SAFE_METHODS


def destruction(operation: OperationContract, inventory: Inventory) -> Destruction:
    """What `operation` may destroy that others need. What creates a resource destroys nothing."""
    found = destruction_by(operation)
    # Its word may name the resource: POST /maintenances plans one.
    may_name_it = found < Destruction.LOGIN or found == Destruction.CLOSED
    creates = inventory.type_created_by(operation) is not None
    return Destruction.NOTHING if creates and may_name_it else found


def waves(
    operations: Iterable[OperationContract], inventory: Inventory, *, looks_first: bool = False
) -> list[list[OperationContract]]:
    """Groups of operations; those of one group can begin at once, in the order of the document. One that `looks_first`
    lists what is there before it makes anything."""
    types = inventory.resource_types.values()
    lists = {each.list.key for each in types if each.list is not None and not parameter_names(each.list)}

    def turn(operation: OperationContract) -> tuple[int, int, int, int]:
        if looks_first and operation.key in lists:
            return -1, 0, 0, 0
        method = operation.operation.method
        depth = erased(operation.operation.path).count("{}")
        resource_type = inventory.type_created_by(operation)
        destroys = destruction(operation, inventory)
        if destroys or method == "DELETE":
            # What lies inside others first.
            return 1, destroys, -depth, method == "DELETE"
        before = [erased(other.operation.path).count("{}") for other in inventory.linking.get(operation.key, ())]
        if before:
            return 0, max(depth, *before), 3, 0
        if resource_type is not None:
            return 0, depth - resource_type.named_by_caller, 0, 0
        return 0, depth, 1 if method in SAFE_METHODS else 2, 0

    return [list(group) for _, group in groupby(sorted(operations, key=turn), key=turn)]


def supported(operations: Iterable[OperationContract], inventory: Inventory) -> list[OperationContract]:
    """`operations`, and what makes the resources that their paths lead through."""
    found = {operation.key: operation for operation in operations}
    waiting = list(found.values())
    while waiting:
        for path in resource_paths(erased(waiting.pop().operation.path)):
            create = inventory.resource_types[path].create
            if create is not None and create.key not in found:
                found[create.key] = create
                waiting.append(create)
    return list(found.values())
