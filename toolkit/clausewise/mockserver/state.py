"""What a mock holds: resources that were made, listed, changed and removed, as a server would hold them.

`resources` knows which operations do that to which type of resource. The first resources are those that the examples
of the contract show, or a file names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.contract.request import RequestJudgement
from clausewise.exchange import Headers, Request, Response
from clausewise.mockserver.act import Act
from clausewise.mockserver.actions import acted_on, action_of
from clausewise.mockserver.collection import Collection, Document, Documents, Key, fresh_names
from clausewise.mockserver.listing import ListView, page_of
from clausewise.mockserver.overlay import view_of
from clausewise.mockserver.patch import changed_by
from clausewise.mockserver.refusal import Reason
from clausewise.mockserver.respond import Answer, Responder, place_for
from clausewise.mockserver.singletons import Singletons
from clausewise.resources.destruction import Destruction, destruction_by
from clausewise.resources.identity import fitting, items_at, name_in, named_in
from clausewise.resources.types import ResourceType, erased, resource_paths, resource_types
from clausewise.values.edit import Location, get, put
from clausewise.values.typical import NoValueError

#: what an operation does to a type of resource
Deed = Literal["create", "list", "read", "change", "remove", "clear"]


class Role(msgspec.Struct, frozen=True, eq=False):
    """What one operation does."""

    deed: Deed
    type: ResourceType


class State:
    """The resources of one contract. The same requests in the same order give the same state."""

    def __init__(
        self, contract: Contract, responders: Mapping[str, Responder], given: Mapping[tuple[str, Key], Documents]
    ) -> None:
        """The state at the beginning; `given` has the documents of collections by the path of their type, and the key
        of what they are in."""
        self._responders = responders
        self._types = resource_types(contract.operations)
        self._roles = dict(_roles(contract, self._types))
        self._singletons = Singletons(contract, self._types, responders)
        self._envelope = cache(self._find_envelope)
        self._action = cache(lambda operation: action_of(operation, self._types, responders))
        self._collections: dict[tuple[str, Key], Collection] = {}
        #: what clients have sent beside the envelope of a resource
        self._beside: dict[tuple[str, Key], Document] = {}
        self._removed: set[tuple[str, Key]] = set()
        #: those that clients have made
        self._made: set[tuple[str, Key]] = set()
        for (path, outer), documents in given.items():
            collection = self._collections[path, outer] = Collection()
            for own, document in documents.items():
                collection.documents[own] = self._complete(self._types[path], (*outer, own), document)

    def answer(
        self, operation: OperationContract, request: Request, judgement: RequestJudgement, accept: str
    ) -> Response | None:
        """The answer to a request that keeps the contract; None for one that is about no resource."""
        role = self._roles.get(operation.key)
        responder = self._responders[operation.key]
        act = Act(operation, responder, request, judgement, accept)
        key = act.key
        missing = self._missing(operation, role, key)
        if missing is not None:
            of_type, at = missing
            sentence = f"there is no {of_type.noun or 'resource'} {at[-1]!r}"
            # What a client has made, and removed or not yet filled, is known in full.
            was_there = (of_type.path, at) in self._removed or self._is_in_made(of_type, at[:-1])
            response = responder.missing(Reason(sentence), accept, was_there=was_there)
            if response is not None:
                return response
        if role is None:
            return self._singletons.answer(act) or self._perform(act)
        match role.deed:
            case "create":
                return self._create(act, role.type)
            case "list":
                return self._list(act, role.type)
            case "read":
                return self._read(act, role.type)
            case "change":
                return self._change(act, role.type)
            case "remove":
                self._remove(role.type.path, key)
            case "clear":
                for own in list(self._collection(role.type, key).documents):
                    self._remove(role.type.path, (*key, own))
        return None

    def take_over(self, other: State) -> None:
        """Hold what another state holds, of the types that there are here."""
        for at, collection in other._collections.items():
            if at[0] in self._types:
                self._collections[at] = collection
        self._singletons.take_over(other._singletons)
        self._beside |= other._beside
        self._removed |= other._removed
        self._made |= other._made

    def _missing(self, operation: OperationContract, role: Role | None, key: Key) -> tuple[ResourceType, Key] | None:
        """The outermost resource in the path of a request that is not there; None where all are."""
        path = erased(operation.operation.path)
        for outer in resource_paths(path):
            of_type, at = self._types[outer], key[: outer.count("{}")]
            makes_it = role is not None and role.type is of_type and outer == path and self._may_make(operation, role)
            if not makes_it and not self._is_there(of_type, at):
                return of_type, at
        return None

    def _may_make(self, operation: OperationContract, role: Role) -> bool:
        is_put = operation.operation.method == "PUT" and "201" in operation.responses
        return role.deed == "create" or (role.deed == "change" and is_put)

    def _is_there(self, of_type: ResourceType, key: Key) -> bool:
        """Whether a resource is there. One that nobody can make is, unless it was removed."""
        if key[-1] in self._collection(of_type, key[:-1]).documents:
            return True
        return of_type.create is None and (of_type.path, key) not in self._removed

    def _collection(self, of_type: ResourceType, outer: Key) -> Collection:
        """The resources of a type in the one that `outer` leads to."""
        at = (of_type.path, outer)
        if at not in self._collections:
            self._collections[at] = Collection()
            # What a client has made is empty at first.
            if not self._is_in_made(of_type, outer):
                with suppress(NoValueError):
                    for own, document in self._first(of_type):
                        self._collections[at].documents[own] = self._complete(of_type, (*outer, own), document)
        return self._collections[at]

    def _is_in_made(self, of_type: ResourceType, outer: Key) -> bool:
        """Whether a client has made one of the resources that those of a type in `outer` are in."""
        above = list(resource_paths(of_type.path))[:-1]
        return any((path, outer[: path.count("{}")]) in self._made for path in above)

    def _first(self, of_type: ResourceType) -> Iterator[tuple[str, Document]]:
        """The resources of a type that are there at the beginning, with what names them: those of its list, one that
        the document names in the path, else the one that an answer shows."""
        seen: dict[str, Document] = {}
        if of_type.list is not None:
            responder = self._responders[of_type.list.key]
            answer = responder.begin(responder.success())
            for body in answer.templates:
                at = items_at(body)
                found = None if at is None else get(body, at)
                for item in found if isinstance(found, list) else ():
                    own = named_in(item, of_type.parameter, of_type.noun)
                    if own is not None and str(own) in seen:
                        # Alternatives of the items have the same generated name.
                        own = next(fresh_names(own, of_type.parameter, set(seen)), own)
                        item = put(item, name_in(item, of_type.parameter, of_type.noun) or (), own)
                    if own is not None and str(own) not in seen:
                        seen[str(own)] = item if isinstance(item, dict) else {}
        for example in of_type.parameter.parameter.examples:
            seen.setdefault(str(example.value), {})
        if not seen and of_type.get is not None:
            responder = self._responders[of_type.get.key]
            body = responder.begin(responder.success()).templates[:1]
            own = named_in(body[0], of_type.parameter, of_type.noun) if body else None
            if own is not None:
                seen[str(own)] = {}
        yield from seen.items()

    def _complete(self, of_type: ResourceType, key: Key, document: Document) -> Document:
        """`document` with every member that an answer shows of the resource, so that all answers show the same."""
        own = fitting(key[-1], of_type.parameter)
        for operation in filter(None, (of_type.get, of_type.list)):
            responder = self._responders[operation.key]
            with suppress(NoValueError):
                answer = responder.begin(responder.success())
                if operation is of_type.get:
                    named = {of_type.parameter.parameter.name: own, **document}
                    envelope = self._envelope(of_type)
                    body = responder.filled(answer, named, envelope)
                    is_inside = isinstance(body, dict) and isinstance(body.get(envelope), dict)
                    shown = body[envelope] if is_inside else resource_in(body, of_type)
                else:
                    shown = ListView(answer, of_type).item(key[-1], document)
                document = {**shown, **document} if isinstance(shown, dict) else document
        return _called(document, own, of_type)

    def _create(self, act: Act, of_type: ResourceType) -> Response:
        responder = act.responder
        outer = act.key[: of_type.depth]
        collection = self._collection(of_type, outer)
        is_new = not of_type.has_own_path or act.key[-1] not in collection.documents
        if not is_new:
            return self._change(act, of_type)
        answer = responder.begin(responder.success("201"), act.accept)
        left_out = responder.left_out(act.judgement)
        body = responder.filled(answer, left_out | act.given)
        at = _name_at(body, of_type)
        envelope = str(at[0]) if at is not None and len(at) > 1 else self._envelope(of_type)
        inside = body.get(envelope) if at is None and isinstance(body, dict) else None
        shown = inside if isinstance(inside, dict) else resource_in(body, of_type)
        sent = act.sent_like(shown, envelope)
        own = act.key[-1] if of_type.has_own_path else _chosen_name(sent, body, at, of_type)
        if own is None:
            message = answer.entry.message if answer.entry is not None else None
            fits = (lambda _: True) if at is None or message is None else view_of(message, at, body).is_valid
            own = collection.new_name(None if at is None else get(body, at), of_type.parameter, fits)
            body = body if at is None else put(body, at, own)
            shown = shown if at is None else resource_in(body, of_type)
        document = {
            **left_out,
            **(sent if isinstance(sent, dict) else {}),
            **(shown if isinstance(shown, dict) else {}),
        }
        key = (*outer, str(own))
        # Before it was made, whoever asked was shown something generated.
        self._empty(of_type.path, key)
        self._made.add((of_type.path, key))
        self._removed.discard((of_type.path, key))
        self._beside[of_type.path, key] = act.sent_beside(envelope)
        collection.documents[str(own)] = self._complete(of_type, key, document)
        return responder.finish(answer, body, _location(act, of_type, answer, own, is_named=at is not None))

    def _read(self, act: Act, of_type: ResourceType) -> Response | None:
        document = self._collection(of_type, act.key[:-1]).documents.get(act.key[-1])
        if document is None:
            return None
        answer = act.responder.begin(act.responder.success(), act.accept)
        beside = self._beside.get((of_type.path, act.key), {})
        return act.responder.finish(answer, act.responder.filled(answer, document, self._envelope(of_type), beside))

    def _change(self, act: Act, of_type: ResourceType) -> Response:
        responder = act.responder
        collection = self._collection(of_type, act.key[:-1])
        before = collection.documents.get(act.key[-1])
        document = before if before is not None else self._complete(of_type, act.key, {})
        envelope, method = self._envelope(of_type), act.operation.operation.method
        document = changed_by(document, act.sent_like(document, envelope), method, act.content_type)
        beside = self._beside.get((of_type.path, act.key), {})
        beside = self._beside[of_type.path, act.key] = changed_by(
            beside, act.sent_beside(envelope), method, act.content_type
        )
        # An update does not rename what its path names.
        document = _called(document, fitting(act.key[-1], of_type.parameter), of_type)
        collection.documents[act.key[-1]] = document
        if before is None:
            self._made.add((of_type.path, act.key))
            self._removed.discard((of_type.path, act.key))
        answer = responder.begin(responder.success("201" if before is None else "200", "204"), act.accept)
        return responder.finish(answer, responder.filled(answer, document, envelope, beside))

    def _find_envelope(self, of_type: ResourceType) -> str:
        """The member of an answer in which a resource is shown, by its name or by what a list shows of it; "" where the
        whole body shows it."""
        if of_type.get is None:
            return ""
        responder = self._responders[of_type.get.key]
        body = next(iter(responder.begin(responder.success()).templates), None)
        at = _name_at(body, of_type)
        if at is not None or not isinstance(body, dict) or of_type.list is None:
            return str(at[0]) if at and len(at) > 1 else ""
        listing = self._responders[of_type.list.key]
        item = ListView(listing.begin(listing.success()), of_type).item("", {})
        place = place_for(body, item) if isinstance(item, dict) else ()
        return str(place[0]) if place else ""

    def _perform(self, act: Act) -> Response | None:
        """The answer of an action on a resource; None where it is none, or shows something else."""
        action = self._action(act.operation)
        if action is None or action.type.get is None:
            return None
        of_type, key = action.type, act.key
        collection = self._collection(of_type, key[:-1])
        before = collection.documents.get(key[-1])
        if before is None:
            before = self._complete(of_type, key, {})
        document = acted_on(before, action, act, self._responders[action.type.get.key])
        collection.documents[key[-1]] = _called(document, fitting(key[-1], of_type.parameter), of_type)
        if not action.shows:
            return None
        answer = act.responder.begin(act.responder.success(), act.accept)
        return act.responder.finish(answer, act.responder.showing(answer, collection.documents[key[-1]]))

    def _list(self, act: Act, of_type: ResourceType) -> Response | None:
        collection = self._collection(of_type, act.key)
        answer = act.responder.begin(act.responder.success(), act.accept)
        view = ListView(answer, of_type)
        if not view.shows_names:
            return None
        page = page_of(list(collection.documents.items()), act.operation, act.judgement)
        items = (view.item(own, document) for own, document in page.items)
        body = view.body([item for item in items if item is not None])
        if body is msgspec.UNSET:
            return None
        return act.responder.finish(answer, view.with_totals(body, page))

    def _remove(self, path: str, key: Key) -> None:
        collection = self._collection(self._types[path], key[:-1])
        collection.documents.pop(key[-1], None)
        self._beside.pop((path, key), None)
        self._removed.add((path, key))
        # What was in it is gone with it.
        self._empty(path, key)

    def _empty(self, path: str, key: Key) -> None:
        """Forget what is in a resource."""
        for inner, outer in list(self._collections):
            if inner.startswith(f"{path}/") and outer[: len(key)] == key:
                del self._collections[inner, outer]
        self._singletons.forget(path, key)


def resource_in(body: Any, of_type: ResourceType) -> Any:
    """The resource that an answer shows, without its envelope; the whole body where it names none."""
    at = _name_at(body, of_type)
    return get(body, at[:-1]) if at else body


def _name_at(body: Any, of_type: ResourceType) -> Location | None:
    """Where an answer names the resource that it shows, which may be the one item of an array; None where it does
    not."""
    if isinstance(body, list) and len(body) == 1 and isinstance(body[0], dict):
        at = name_in(body[0], of_type.parameter, of_type.noun)
        return (0, *at) if at else None
    return name_in(body, of_type.parameter, of_type.noun)


def _called(document: Document, own: Any, of_type: ResourceType) -> Document:
    """`document` with `own` as its name, where it has another one."""
    at = name_in(document, of_type.parameter, of_type.noun)
    if not at or own is None or str(get(document, at)) == str(own):
        return document
    renamed: Document = put(document, at, own)
    return renamed


def _chosen_name(sent: Any, body: Any, at: Location | None, of_type: ResourceType) -> Any:
    """What a request calls the resource that it makes; None where it leaves that to the server."""
    if at is None:
        return named_in(sent, of_type.parameter, of_type.noun)
    is_sent = isinstance(sent, dict) and bool(at) and at[-1] in sent
    return get(body, at) if is_sent and sent[at[-1]] == get(body, at) else None


def _location(act: Act, of_type: ResourceType, answer: Answer, own: Any, *, is_named: bool) -> Headers:
    """Where the resource is that a request made, if the contract says that the answer has it, or else nothing in the
    answer names it (RFC 9110 section 10.2.2)."""
    headers = answer.contract.headers if answer.contract is not None else ()
    documented = next((one for one in headers if one.header.name.lower() == "location"), None)
    if documented is None and (is_named or of_type.has_own_path):
        return ()
    path = act.request.target.partition("?")[0].rstrip("/")
    if of_type.made_elsewhere:
        steps = act.operation.operation.path.count("/")
        path = f"{path.rsplit('/', steps)[0]}{of_type.collection}/{quote(str(own), safe='')}"
    elif not of_type.has_own_path:
        if erased(act.operation.operation.path) != of_type.collection:
            path = path.rpartition("/")[0]
        path += f"/{quote(str(own), safe='')}"
    if documented is None:
        return (("Location", path),)
    is_valid = documented.message is None or documented.message.is_valid(path)
    return ((documented.header.name, path),) if is_valid else ()


def _roles(contract: Contract, types: Mapping[str, ResourceType]) -> dict[str, Role]:
    """What the operations that are about resources do, by their keys."""
    found: dict[str, Role] = {}
    for of_type in types.values():
        if of_type.list is not None and of_type.create is not None and _is_within(of_type):
            # Where a POST to /shelves/{shelf} makes a book, GET lists the books and does not show the shelf.
            found[of_type.list.key] = Role("list", of_type)
    for of_type in types.values():
        deeds: list[tuple[Deed, OperationContract | None]] = [
            *(("create", of_type.create), ("read", of_type.get), ("remove", of_type.delete)),
        ]
        for deed, operation in deeds:
            if operation is not None:
                found.setdefault(operation.key, Role(deed, of_type))
    by_collection = {of_type.collection: of_type for of_type in types.values()}
    for operation in contract.operations:
        method, path = operation.operation.method, erased(operation.operation.path)
        if path in types and method in ("PUT", "PATCH"):
            found.setdefault(operation.key, Role("change", types[path]))
        elif path in by_collection and by_collection[path].list is operation:
            found.setdefault(operation.key, Role("list", by_collection[path]))
        elif path in by_collection and method == "DELETE" and destruction_by(operation) >= Destruction.COLLECTION:
            found.setdefault(operation.key, Role("clear", by_collection[path]))
    return found


def _is_within(of_type: ResourceType) -> bool:
    """Whether a request to the path of another resource makes one of this type."""
    assert of_type.create is not None
    path = erased(of_type.create.operation.path)
    return path == of_type.collection and path.endswith("{}")
