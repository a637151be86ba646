"""What an accepted request made, and the operation that undoes it: by the contract, or because the user names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from clausewise.contract.contract import Contract, OperationContract
from clausewise.exchange import Exchange, Request, header
from clausewise.generation.candidates import ValueSources, candidates
from clausewise.generation.draft import Draft
from clausewise.options import Values
from clausewise.resources.identity import Resource, fitting, json_of, named_in, values_in_path
from clausewise.resources.inventory import Inventory, path_parameter, placed
from clausewise.resources.types import erased, parameter_names
from clausewise.values.words import plain, singular

#: the operation that removes something, and what its request names
Key = tuple[str, ...]


class Undo(msgspec.Struct, frozen=True, eq=False):
    """How to remove one resource."""

    operation: OperationContract
    #: values for the path of that operation
    in_path: dict[str, Any]
    #: JSON value that the server showed of the resource, where the user named the operation; else None
    shown: Any = None

    @property
    def key(self) -> Key:
        """What identifies what it removes, as `key_of` its request does where the path alone tells."""
        return (self.operation.key, *map(str, self.in_path.values()))

    def draft(self, values: Values, inventory: Inventory, seed: int) -> Draft | None:
        """The request that removes it; None where no valid one can be made."""
        operation = self.operation
        sources = ValueSources(values, self.in_path, references=inventory)
        branch = operation.branches[0] if operation.branches else None
        candidate = next(candidates(operation, branch, sources, seed), None)
        if candidate is None:
            return None
        draft = candidate.draft
        # What the user names for the path is not what this run made.
        parameters = draft.parameters | {("path", name): value for name, value in self.in_path.items()}
        known = {plain(name): value for name, value in self.shown.items()} if isinstance(self.shown, dict) else {}
        for contract in operation.parameters if known else ():
            place = contract.parameter.location, contract.parameter.name
            value = known.get(plain(place[1]))
            fit = fitting(value, contract) if place[0] == "query" and value is not None else None
            if fit is not None:
                parameters[place] = fit
        body = draft.body
        if known and isinstance(body, dict):
            body = body | {name: known[plain(name)] for name in body if plain(name) in known}
        return msgspec.structs.replace(draft, parameters=parameters, body=body)


class Made(msgspec.Struct, frozen=True, eq=False):
    """What an accepted request made."""

    #: path of all of its kind, for people
    collection: str
    #: what names it; None where no answer did
    id: Any
    #: None where nothing is known that removes it
    undo: Undo | None
    #: None where the contract has no type for it
    resource: Resource | None = None


class Undoing:
    """Knows for each operation what its accepted requests make, and what undoes them."""

    def __init__(self, contract: Contract, inventory: Inventory, named: Mapping[str, str]) -> None:
        """`named`: operation -> the one that undoes it. Raises UsageError for an operation that there is not."""
        self._inventory = inventory
        self._named = {contract.operation(made).key: contract.operation(undo) for made, undo in named.items()}

    def may_create(self, operation: OperationContract) -> bool:
        """Whether an accepted request of `operation` creates something."""
        inventory = self._inventory
        return (
            operation.key in self._named
            or inventory.type_created_by(operation) is not None
            or inventory.type_put_by(operation) is not None
        )

    def is_known_for(self, operation: OperationContract) -> bool:
        """Whether an operation is known that undoes what `operation` creates."""
        return bool(self.undoing(operation))

    def undoing(self, operation: OperationContract) -> str:
        """Key of the operation that undoes what `operation` creates; "" where none is known."""
        if operation.key in self._named:
            return self._named[operation.key].key
        types = self._inventory.type_created_by(operation), self._inventory.type_put_by(operation)
        return next((each.delete.key for each in types if each is not None and each.delete is not None), "")

    def made(self, operation: OperationContract, exchange: Exchange) -> Made | None:
        """What an accepted request of `operation` made; None where it made nothing that is known."""
        if operation.key in self._named:
            return self._named_made(operation, self._named[operation.key], exchange)
        resource = self._inventory.created_resource(operation, exchange)
        if resource is None:
            return None
        of_type = self._inventory.resource_types[resource.type_path]
        undo = Undo(of_type.delete, placed(of_type.delete, resource)) if of_type.delete is not None else None
        return Made(of_type.collection, resource.values[-1], undo, resource)

    def _named_made(self, operation: OperationContract, undoing: OperationContract, exchange: Exchange) -> Made:
        assert exchange.response is not None
        collection = erased(operation.operation.path)
        resource = self._inventory.created_resource(operation, exchange)
        known = placed(undoing, resource) if resource is not None and _leads_through(undoing, resource) else {}
        sent = dict(zip(parameter_names(operation), values_in_path(operation, exchange.request), strict=False))
        shown = json_of(exchange.response.body)
        location = header(exchange.response.headers, "Location")
        names = parameter_names(undoing)
        values = {
            name: value
            for name in names
            if (value := known.get(name, sent.get(name))) is not None
            or (value := _shown_as(undoing, name, shown, location if name == names[-1] else None)) is not None
        }
        own = values.get(names[-1]) if names else resource.values[-1] if resource is not None else None
        complete = len(values) == len(names)
        return Made(collection, own, Undo(undoing, values, shown) if complete else None, resource)


def key_of(operation: OperationContract, request: Request) -> Key:
    """What identifies what a request of `operation` removes."""
    values = values_in_path(operation, request)
    if values:
        return (operation.key, *map(str, values))
    return (operation.key, request.target, (request.body or b"").decode("utf-8", "replace"))


def _leads_through(operation: OperationContract, resource: Resource) -> bool:
    """Whether the path of `operation` names a resource of this type."""
    return erased(operation.operation.path).startswith(resource.type_path)


def _shown_as(operation: OperationContract, name: str, shown: Any, location: str | None) -> Any:
    """The value of a path parameter of `operation` that an answer shows; None where it shows none."""
    before = operation.operation.path.partition("{" + name + "}")[0]
    words = [word for word in before.split("/") if word and "{" not in word]
    parameter = path_parameter(operation, name)
    value = named_in(shown, parameter, singular(plain(words[-1])) if words else "")
    if value is None and location:
        segments = urlsplit(location).path.rstrip("/").split("/")
        value = fitting(segments[-1], parameter) if segments[-1] else None
    return value
