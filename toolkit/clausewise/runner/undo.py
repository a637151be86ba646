"""What an accepted request made, and the operation that undoes it: by the contract, or because the user names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from clausewise.contract.contract import Contract
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Request, header, query_pairs
from clausewise.generation.candidates import ValueSources, candidates
from clausewise.generation.draft import ABSENT, Draft
from clausewise.options import RunOptions, Values
from clausewise.resources.identity import (
    Resource,
    fitting,
    members_sent,
    named_in,
    shown_in,
    values_in_path,
)
from clausewise.resources.inventory import Inventory
from clausewise.resources.making import may_have_been_there, shows_making
from clausewise.resources.naming import path_parameter, placed
from clausewise.resources.types import erased, parameter_names
from clausewise.values.edit import put
from clausewise.values.shape import shape_of
from clausewise.values.words import plain, singular

#: the operation that removes something, and the values in the path of its request, as text
Key = tuple[str, ...]

#: what a request has beside its path, as text by its place: ("query", "key"), ("body", "table", "number")
Naming = frozenset[tuple[tuple[str, ...], str]]


class Undo(msgspec.Struct, frozen=True, eq=False):
    """How to remove one resource."""

    operation: OperationContract
    #: values for the path of that operation
    in_path: dict[str, Any]
    #: values for its query and its body, by plain name: those of the answer, and of the request that made the resource;
    #: {} where the path alone names it
    known: dict[str, Any] = {}
    #: whether a value in its path comes from the answer, and so can name no other resource
    is_named_in_path: bool = True

    @property
    def key(self) -> Key:
        """`key_of` its request, as far as values are written as they are read."""
        return (self.operation.key, *map(str, self.in_path.values()))

    def naming(self, request: Request) -> Naming:
        """What `request`, which removes it, names it by beside its path."""
        return frozenset(each for each in beside_path(request) if str(self.known.get(plain(each[0][-1]))) == each[1])

    def names_it(self, request: Request) -> bool:
        """Whether `request`, which removes it, names it, so that it is gone where the server knows no such thing."""
        return self.is_named_in_path or bool(self.naming(request)) or not beside_path(request)

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
        for contract in operation.parameters if self.known else ():
            place = contract.parameter.location, contract.parameter.name
            value = self.known.get(plain(place[1]))
            fit = fitting(value, contract) if place[0] == "query" and value is not None else None
            if fit is not None:
                parameters[place] = fit
        body = draft.body
        if self.known and body is not ABSENT and operation.body_message is not None:
            body = _with_known(body, self.known, operation.body_message)
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
    #: whether no other request can have made the same one, though what undoes it may look the same
    is_another: bool = False


class Undoing:
    """Knows for each operation what its accepted requests make, and what undoes them."""

    def __init__(self, contract: Contract, inventory: Inventory, options: RunOptions) -> None:
        """Raises UsageError where the options name an operation that there is not."""
        self._contract = contract
        self._inventory = inventory
        self._values = options.values
        self._named = {contract.operation(made).key: contract.operation(undo) for made, undo in options.cleanup.items()}

    @property
    def named(self) -> frozenset[str]:
        """Keys of the operations for which the user names what undoes them."""
        return frozenset(self._named)

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

    def collection_of(self, key: str) -> str:
        """Path of all of the kind that the operation with this key creates, for people."""
        operation = self._contract.operation(key)
        types = self._inventory.type_created_by(operation), self._inventory.type_put_by(operation)
        of_type = next((each for each in types if each is not None), None)
        if of_type is None or operation.key in self._named:
            return erased(operation.operation.path)
        return of_type.collection

    def made(self, operation: OperationContract, exchange: Exchange) -> Made | None:
        """What an accepted request of `operation` made; None where it made nothing that is known."""
        if operation.key in self._named:
            return self._named_made(operation, self._named[operation.key], exchange)
        resource = self._inventory.created_resource(operation, exchange)
        if resource is None:
            return None
        of_type = self._inventory.resource_types[resource.type_path]
        delete = of_type.delete
        undo = Undo(delete, self._inventory.placed(delete, resource)) if delete is not None else None
        if not shows_making(operation, of_type, resource, exchange, self._inventory) and (
            undo is None or may_have_been_there(operation, of_type, resource, self._inventory, self._values)
        ):
            # It may only have been read or changed.
            return None
        return Made(of_type.collection, resource.values[-1], undo, resource)

    def _named_made(self, operation: OperationContract, undoing: OperationContract, exchange: Exchange) -> Made:
        assert exchange.response is not None
        collection = erased(operation.operation.path)
        resource = self._inventory.created_resource(operation, exchange)
        placed_in = placed(undoing, resource) if resource is not None and _leads_through(undoing, resource) else {}
        sent = dict(zip(parameter_names(operation), values_in_path(operation, exchange.request), strict=False))
        shown = shown_in(operation, exchange)
        location = header(exchange.response.headers, "Location")
        names = parameter_names(undoing)
        values = {
            name: value
            for name in names
            if (value := placed_in.get(name, sent.get(name))) is not None
            or (value := _shown_as(undoing, name, shown, location if name == names[-1] else None)) is not None
        }
        own = values.get(names[-1]) if names else resource.values[-1] if resource is not None else None
        known = _known(collection, sent | members_sent(exchange.request), shown)
        undo = Undo(undoing, values, known, is_named_in_path=any(name not in sent for name in values))
        # A PUT makes the same as the last one (RFC 9110 section 9.2.2).
        is_put = operation.operation.method == "PUT"
        return Made(collection, own, undo if len(values) == len(names) else None, resource, is_another=not is_put)


def key_of(operation: OperationContract, request: Request) -> Key:
    """The values by which the path of a request of `operation` names what it removes."""
    return (operation.key, *map(str, values_in_path(operation, request)))


def beside_path(request: Request) -> Naming:
    """What a request has in its query, and as texts and numbers in a body of members."""
    found: list[tuple[tuple[str, ...], str]] = [
        (("query", name), value) for name, value in query_pairs(request.target.partition("?")[2])
    ]
    found += [(("body", *place), str(value)) for place, value in _leaves(members_sent(request, query=False))]
    return frozenset(found)


def _known(collection: str, sent: Any, shown: Any) -> dict[str, Any]:
    """What is known of something that was made, by plain name: what the request `sent`, and before it what the answer
    has `shown`. The `id` of a table is its `tableId` as well."""
    noun = singular(plain(next((word for word in reversed(collection.split("/")) if "{" not in word), "")))
    answered = _scalars(shown)
    return _scalars(sent) | {noun + name: value for name, value in answered.items()} | answered


def _leaves(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str | int]]:
    """The texts and numbers in nested objects, each with the names that lead to it."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _leaves(member, (*place, name))
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield place, value


def _scalars(document: Any) -> dict[str, Any]:
    """The texts and numbers in nested objects by their plain names; of several with one name the outermost."""
    leaves = sorted(_leaves(document), key=lambda leaf: -len(leaf[0]))
    return {plain(place[-1]): value for place, value in leaves if place}


def _with_known(body: Any, known: Mapping[str, Any], message: Message) -> Any:
    """`body` with the `known` value for each of its members, and for those that its schema names beside them."""
    declared = [(name,) for name in shape_of([message.schema], message.schema).properties]
    own = [place for place, _ in _leaves(body)]
    for place in dict.fromkeys((*own, *declared)) if isinstance(body, dict) else ():
        value = known.get(plain(place[-1]))
        if value is None:
            continue
        forms = [value, str(value), *([int(value)] if isinstance(value, str) and value.isdecimal() else [])]
        valid = (changed for form in forms if message.is_valid(changed := put(body, place, form)))
        # What the server calls by this name is what it means, even where the contract knows no such value.
        body = next(valid, put(body, place, value) if place in own else body)
    return body


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
