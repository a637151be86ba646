"""The resources on the server, as far as its answers show them: created and listed ones, and values by name."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Request
from clausewise.resources.answered import with_answers
from clausewise.resources.hrefs import addresses
from clausewise.resources.identity import (
    Resource,
    fitting,
    items_in,
    json_of,
    listed_by,
    named_in,
    resource_created_by,
    resource_posted_by,
    shown_in,
    values_in_path,
)
from clausewise.resources.lexicon import Lexicon
from clausewise.resources.links import BODY, linked, linking, named_by
from clausewise.resources.naming import by_member, path_parameter, placed
from clausewise.resources.types import ResourceType, erased, parameter_names, resource_paths, resource_types
from clausewise.values.words import noun_of, plain, singular

#: items of a list that requests are made for
_LISTED = 5

#: addresses in an answer that are looked at
_ADDRESSES = 50

#: how deep into an answer names are looked for
_DEPTH = 4

#: ends of names that refer to a resource; a bare "name" or "title" is its owner's own
_REFERRING = re.compile(r".(?:id|ids|uuid|uuids|guid|ref|slug|key)$")
_REFERRING_END = re.compile(r"(?:id|ids|uuid|uuids|guid|ref|slug|key)$")

#: letters of a word that may stand for a type of resource
_WORD = 3

#: names that say nothing without the noun they belong to
_BARE = frozenset({"id", "pk", "uuid", "guid", "key", "slug", "name"})

#: those of them that are the value in the path of what they name, where nothing else is called so
_IDS = frozenset({"id", "pk", "uuid", "guid"})


class Inventory:
    """The known resources. It learns from accepted answers, and its results depend on nothing else."""

    def __init__(self, contract: Contract, base_url: str = "") -> None:
        """`base_url` is put before the targets of requests: other addresses in answers lead elsewhere."""
        self._contract = contract
        self._base_url = base_url
        self._lexicon = Lexicon(document.tree for document in contract.specification.sources.documents)
        #: resource types by their path
        self.resource_types: dict[str, ResourceType] = with_answers(contract, resource_types(contract.operations))
        #: operation key -> the type that it removes
        self.types_by_deletion = {
            resource_type.delete.key: resource_type
            for resource_type in self.resource_types.values()
            if resource_type.delete is not None
        }
        self._types_by_creation = {
            resource_type.create.key: resource_type
            for resource_type in self.resource_types.values()
            if resource_type.create is not None
        }
        #: operation key of a PUT to the path of a resource that a POST makes -> its type, as made by the PUT
        self._types_by_put = {
            resource_type.update.key: msgspec.structs.replace(resource_type, create=resource_type.update)
            for resource_type in self.resource_types.values()
            if resource_type.create is not None
            and resource_type.update is not None
            and resource_type.update.operation.method == "PUT"
            and resource_type.update is not resource_type.create
        }
        self._resources: dict[str, list[Resource]] = {}
        #: what no answer named, by the path of its type: used where nothing better is known
        self._assumed: dict[str, Resource] = {}
        #: paths of the types of which one is assumed to bear the name that was sent to make it
        self._posted: set[str] = set()
        #: values in the path of those that were not known to have been made, by the path of their type
        self._listed: dict[str, set[tuple[Any, ...]]] = {}
        #: paths of the types whose resources paths call as the run does: by the id in the answer, or by what was sent
        self._proven: set[str] = set()
        self._named: dict[str, Any] = {}
        #: noun of what has a member, and the member's plain name -> the first value that an answer showed
        self._named_of: dict[tuple[str, str], Any] = {}
        #: values of path parameters in accepted requests, by the parameter's name: another path may lead to the same
        self._followed: dict[str, Any] = {}
        self._linked: dict[tuple[str, str], Any] = {}
        #: operation key -> the operations whose answers link to it
        self.linking = linking(contract)
        #: key of an operation -> the member of an answer by which its path names a thing, where that is not the id
        self.called: dict[str, str] = {}
        #: grows whenever something new becomes known
        self.size = 0

    def created_resource(self, operation: OperationContract, exchange: Exchange) -> Resource | None:
        """The resource that an accepted request of `operation` created; None when none can be identified."""
        resource_type = self.type_created_by(operation)
        put = self.type_put_by(operation)
        assert exchange.response is not None
        # A PUT that makes something answers 201 (RFC 9110 section 9.3.4); one that was sent for that has made it.
        if exchange.response.status == 201 or (exchange.probe is not None and exchange.probe.phase == "setup"):
            resource_type = put or resource_type
        return None if resource_type is None else self.made(resource_type, exchange)

    def made(self, resource_type: ResourceType, exchange: Exchange) -> Resource | None:
        """The resource that an accepted request created. It is `assumed` to bear the name that was sent where the
        answer names a resource of another type, or names none and no other answer shows resources of its type."""
        created = resource_created_by(resource_type, exchange)
        if created is not None and resource_type.named_by_caller:
            self._see_where_it_is(resource_type, created, exchange)
        if created is None and (resource_type.answers_with or not self._resources.get(resource_type.path)):
            return resource_posted_by(resource_type, exchange)
        return created

    def _see_where_it_is(self, resource_type: ResourceType, created: Resource, exchange: Exchange) -> None:
        """Note that a request which names a resource in its path made another one inside of it."""
        create = resource_type.create
        assert create is not None
        if self._types_by_creation.get(create.key) and created.values != values_in_path(create, exchange.request):
            inside = msgspec.structs.replace(self._types_by_creation[create.key], made_inside=True)
            self.resource_types[inside.path] = self._types_by_creation[create.key] = inside

    def type_created_by(self, operation: OperationContract) -> ResourceType | None:
        """The type of resource that `operation` creates; None when it creates none."""
        return self._types_by_creation.get(operation.key)

    def type_put_by(self, operation: OperationContract) -> ResourceType | None:
        """The type of resource that `operation` may create beside a POST, as made by it: PUT /things/{name}."""
        return self._types_by_put.get(operation.key)

    def learn(self, operation: OperationContract, exchange: Exchange) -> None:
        """Learn from the answer to an accepted request of `operation`."""
        assert exchange.response is not None
        made = self.created_resource(operation, exchange)
        if made is not None:
            self.add(made)
        document = shown_in(operation, exchange)
        path = erased(operation.operation.path)
        if operation.operation.method != "DELETE":
            # What a server works on is there.
            values = values_in_path(operation, exchange.request)
            for parameter, own in zip(parameter_names(operation), values, strict=False):
                if plain(parameter) not in _BARE:
                    self._followed.setdefault(plain(parameter), own)
            for outer in resource_paths(path):
                resource = Resource(outer, values[: outer.count("{}")], assumed=True)
                self._assume(resource)
                self._proven.update(() if self.has_listed(resource) else (outer,))
        for resource_type in self.resource_types.values():
            if resource_type.list is operation:
                self._take_list(resource_type.path, listed_by(resource_type, exchange))
        for address in islice(addresses(exchange, document), _ADDRESSES):
            self._take_address(address, exchange.request)
        for name, value in linked(self._contract, operation, exchange).items():
            self._linked[name] = value
            self.size += 1
        of_type = self.type_created_by(operation)
        other = of_type.answers_with if of_type is not None else ""
        if other:
            self._take_other(other, document)
        self._take_names(document, other or noun_of(path), _DEPTH, _sent(exchange.request))

    def _take_other(self, noun: str, document: Any) -> None:
        """Remember the resource that an answer shows beside the one of another type that was made."""
        of_noun = (each for each in self.resource_types.values() if each.noun == noun and each.depth == 0)
        for resource_type in of_noun:
            own = named_in(document, resource_type.parameter, noun)
            if own is not None:
                self.add(Resource(resource_type.path, (own,), document))

    def _take_list(self, type_path: str, resources: list[Resource]) -> None:
        """Remember the first of the `resources` that a list shows as found ones, and of all that they were there."""
        listed = self._listed.setdefault(type_path, set())
        made = {each.values for each in self._resources.get(type_path, ())} - listed
        self._proven.update(() if made.isdisjoint(each.values for each in resources) else (type_path,))
        for resource in reversed(resources[:_LISTED]):
            self._add_found(resource)
        listed.update({each.values for each in resources} - made)

    def _take_address(self, address: str, request: Request) -> None:
        """Remember the resources that an address in the answer to a request leads through, as found ones."""
        named = self.led_to(address, request)
        if named is not None:
            operation, values = named
            parameters = (path_parameter(operation, name) for name in parameter_names(operation))
            if any(fitting(value, each) is None for value, each in zip(values, parameters, strict=False)):
                # It names nothing that the contract lets anybody ask for.
                return
            for outer in resource_paths(erased(operation.operation.path)):
                self._add_found(Resource(outer, values[: outer.count("{}")]))

    def led_to(self, address: str, request: Request) -> tuple[OperationContract, tuple[Any, ...]] | None:
        """An operation whose path an address in the answer to a `request` leads to, and the values in it; None where
        it leads to none, or to another server."""
        return named_by(self._contract, address, request, self._base_url)

    def add(self, resource: Resource) -> None:
        """Add a resource that the run created. It is preferred to those that were found."""
        if resource.assumed:
            # Its maker called it so, which says more than that a path with that name was answered.
            if resource.type_path not in self._posted:
                self._assumed.pop(resource.type_path, None)
                self._posted.add(resource.type_path)
            self._assume(resource)
            return
        self._resources.setdefault(resource.type_path, []).append(resource)
        self.size += 1

    def _assume(self, resource: Resource) -> None:
        if resource.type_path not in self._assumed and resource.type_path not in self._resources:
            self._assumed[resource.type_path] = resource
            self.size += 1

    def _add_found(self, resource: Resource) -> None:
        resources = self._resources.setdefault(resource.type_path, [])
        if all(other.values != resource.values for other in resources):
            resources.insert(0, resource)
            self._listed.setdefault(resource.type_path, set()).add(resource.values)
            self.size += 1

    def has_listed(self, resource: Resource) -> bool:
        """Whether the server listed a resource that was not known to have been made by then."""
        return resource.values in self._listed.get(resource.type_path, ())

    def has_of_another_type(self, resource: Resource) -> bool:
        """Whether a resource of another type has the same own value in its path: two paths may lead to one thing."""
        others = (known for path, known in self._resources.items() if path != resource.type_path)
        return any(other.values[-1] == resource.values[-1] for known in others for other in known)

    def has_named(self, value: Any) -> bool:
        """Whether a resource of any type is known that has this own value in its path."""
        return any(other.values[-1] == value for known in self._resources.values() for other in known)

    def listed(self, operation: OperationContract) -> dict[str, Any]:
        """Values for the path of `operation` of the innermost resource that the server listed; {} where it listed
        none."""
        for path in reversed(list(resource_paths(erased(operation.operation.path)))):
            found = self._resources.get(path)
            if found and found[0].values in self._listed.get(path, ()):
                return placed(operation, found[0])
        return {}

    def listed_of(self, type_path: str) -> list[Resource]:
        """The resources of a type that the server listed and the run did not make, in their order in the list."""
        listed = self._listed.get(type_path, ())
        return [resource for resource in self._resources.get(type_path, ()) if resource.values in listed]

    def latest(self, type_path: str) -> Resource | None:
        """The resource of a type that is used where any will do."""
        return next(reversed(self._resources.get(type_path, ())), self._assumed.get(type_path))

    def in_path(self, operation: OperationContract) -> dict[str, Any]:
        """Values for the path parameters of `operation`, as far as they are known, that belong together."""
        return self._in_path(operation)[0]

    def guessed(self, operation: OperationContract) -> frozenset[str]:
        """The path parameters of `operation` whose values of `in_path` may name a resource of another type, or none:
        no answer has shown such a resource by that value, and no request with it was accepted."""
        return self._in_path(operation)[1]

    def _in_path(self, operation: OperationContract) -> tuple[dict[str, Any], frozenset[str]]:
        names = parameter_names(operation)
        values: dict[str, Any] = {}
        guessed: set[str] = set()
        for path in reversed(list(resource_paths(erased(operation.operation.path)))):
            resource = self.latest(path)
            if resource is not None:
                values = placed(operation, resource)
                guessed.update(list(values)[-1:] if self.is_guess(resource) else ())
                break
        for name in names[len(values) :]:
            known, similar = ([*_fitting(operation, name, each)] for each in self._for_parameter(operation, name))
            if known or similar:
                values[name] = [*known, *similar][0]
                guessed.update(() if known else (name,))
        return values, frozenset(guessed)

    def is_guess(self, resource: Resource) -> bool:
        """Whether a resource is called by what was sent to make it, or by an id that may be that of another type, and
        nothing has shown so far that it is one of its type."""
        is_sure = resource.type_path in self._proven or self.has_listed(resource)
        return not is_sure and (resource.assumed or self.resource_types[resource.type_path].answers_otherwise)

    def linked_to(self, operation: OperationContract) -> dict[str, Any]:
        """Values for the parameters of `operation`, by their names, and its BODY, that links of answers have given."""
        found = {BODY: self._linked[operation.key, BODY]} if (operation.key, BODY) in self._linked else {}
        for contract in operation.parameters:
            value = self._link_to(operation, contract.parameter.location, contract.parameter.name)
            fit = fitting(value, contract) if value is not None else None
            if fit is not None:
                found[contract.parameter.name] = fit
        return found

    def _link_to(self, operation: OperationContract, location: str, name: str) -> Any:
        """The value that links of answers have given for a parameter; None where none has."""
        value = self._linked.get((operation.key, f"{location}.{name}"))
        return self._linked.get((operation.key, name)) if value is None else value

    def _for_parameter(self, operation: OperationContract, name: str) -> tuple[list[Any], list[Any]]:
        """Values of what a path parameter is the name of, and those of what only sounds alike."""
        by_link = self._link_to(operation, "path", name)
        candidates = [by_link] if by_link is not None else []
        before = operation.operation.path.partition("{" + name + "}")[0]
        nouns = [singular(plain(word)) for word in reversed(before.split("/")) if word and "{" not in word]
        # /things/name/{name} wants the name of a thing; another path may name the same things the same way.
        keys = [noun + plain(name) for noun in nouns] + [plain(name)]
        candidates += self._made(keys if plain(name) in _BARE else [plain(name)])
        candidates += [self._named[key] for key in keys if key in self._named]
        # A job state's id may be known as a state's.
        similar = [value for key, value in self._named.items() if len(key) > len(name) + 2 and keys[0].endswith(key)]
        # /snapshots/{project_id} wants a project.
        similar += self._similar(plain(name))
        similar += self._similar(f"{nouns[0]}id") if nouns else ()
        return candidates, similar

    def _made(self, keys: Sequence[str]) -> list[Any]:
        """What names resources that the run made, of the types whose noun the `keys` refer to: a `userId`, or the
        `name` of a user. They are there, and one of their kind that an answer mentions need not be."""
        found = []
        for key, (path, resource_type) in itertools.product(keys, self.resource_types.items()):
            own = key.removeprefix(resource_type.noun) if key.startswith(resource_type.noun) else ""
            # The first one stays: what comes later may be made to be deleted.
            made = next((one for one in self._resources.get(path, ()) if not self.has_listed(one)), None)
            if made is None or own not in _BARE:
                continue
            shown = _flat(made.shown, _DEPTH) if own != "id" else {}
            found += [shown[own]] if own in shown else [made.values[-1]] if own in _IDS else []
        return found

    def reference(self, name: str) -> tuple[Any, ...]:
        """Values for a field or parameter called `name`, the likeliest first; () where the name is not a reference."""
        key, single = plain(name), singular(plain(name))
        if _REFERRING.search(key):
            known = self._known(key) or tuple([value] for value in self._known(single))
            return known or self._similar(key)
        # `user` and `users` may hold what names one.
        return self.named(key) or tuple([value] for value in self.named(single))

    def similar(self, name: str) -> tuple[Any, ...]:
        """What names a resource that `name`, or its end, is a word for: a `snapshot` may be a pipeline's snapshot, a
        `sourceSnapshot` may be one, too."""
        found: dict[Any, int] = {}
        key = singular(plain(name))
        for resource_type in self.resource_types.values():
            if min(len(key), len(resource_type.noun)) >= _WORD and (
                key.endswith(resource_type.noun) or resource_type.noun.endswith(key)
            ):
                for value in _names(self.latest(resource_type.path)):
                    found.setdefault(value, abs(len(resource_type.noun) - len(key)))
        return tuple(sorted(found, key=lambda value: found[value]))

    def named(self, noun: str) -> tuple[Any, ...]:
        """What names a resource whose type is called `noun`."""
        latest = [
            self.latest(resource_type.path)
            for resource_type in self.resource_types.values()
            if resource_type.noun == noun
        ]
        return tuple(dict.fromkeys(value for resource in latest[::-1] for value in _names(resource)))

    def suggested(self, name: str, about: str = "") -> tuple[Any, ...]:
        """Values that answers, accepted paths and the document have for members and parameters called `name`: first
        those of what is called like `about`, as the name of a `kernelspec` may be that of a `kernel`."""
        key = plain(name)
        near = [value for (noun, own), value in self._named_of.items() if own == key and _is_like(noun, about)]
        followed = [self._followed[key]] if key in self._followed else []
        return tuple(dict.fromkeys([*near, *self._called(key), *followed, *self._lexicon.values(name)]))

    def placed(self, operation: OperationContract, resource: Resource) -> dict[str, Any]:
        """`placed`, by the member that the path of `operation` is known to want."""
        return placed(operation, by_member(resource, self.called.get(operation.key, "")))

    def _known(self, key: str) -> tuple[Any, ...]:
        """What `key` refers to, of what the run made first."""
        return tuple(dict.fromkeys([*self._made([key]), *self._called(key)]))

    def _called(self, key: str) -> tuple[Any, ...]:
        return (self._named[key],) if key in self._named else ()

    def _similar(self, key: str) -> tuple[Any, ...]:
        """The ids of resources whose noun is a longer or a shorter word for what `key` refers to: of a pipeline's run
        where it is a `runId`, of a run where it is a `pipelineRunId`."""
        stem = _REFERRING_END.sub("", key)
        similar = [
            resource_type
            for resource_type in self.resource_types.values()
            if min(len(stem), len(resource_type.noun)) >= _WORD
            and (resource_type.noun.endswith(stem) or stem.endswith(resource_type.noun))
        ]
        similar.sort(key=lambda resource_type: abs(len(resource_type.noun) - len(stem)))
        found = [
            resource.values[-1]
            for resource_type in similar
            if (resource := self.latest(resource_type.path)) is not None
        ]
        # Things that have no path of their own are known by the list that they stand in.
        found += [value for name, value in self._named.items() if len(name) >= _WORD + 2 and key.endswith(name)]
        return tuple(dict.fromkeys(found))[:1]

    def attributes_of(self, value: Any) -> Mapping[str, Any]:
        """What is known of the resource that `value` names, but for its own names: plain name -> value."""
        for resources in self._resources.values():
            for resource in reversed(resources):
                if value in _names(resource):
                    flat = _flat(resource.shown, _DEPTH)
                    return {name: value for name, value in flat.items() if name not in _BARE}
        return {}

    def _take_names(self, document: Any, noun: str, depth: int, sent: frozenset[tuple[str, str | int]]) -> None:
        """Remember what `document` calls by name; what it calls its `id` is known by its `noun` as well.

        What it has from the request itself, which made it up, is nothing that the server knows.
        """
        if isinstance(document, list):
            for item in document[:1]:
                self._take_names(item, noun, depth - 1, sent)
            return
        if not isinstance(document, dict) or depth == 0:
            return
        listed = items_in(document)
        for name, value in document.items():
            if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
                own = plain(name)
                key = noun + own if own in _BARE else own
                # The first one stays: what comes later may be made to be deleted.
                if key not in self._named and (own in _BARE or (own, value) not in sent):
                    self._named[key] = value
                    self.size += 1
                if noun and (own, value) not in sent:
                    self._named_of.setdefault((noun, own), value)
            elif isinstance(value, dict | list):
                # What stands under its own name, as `{"python3": {"name": "python3"}}` does, is an entry of a map.
                is_entry = isinstance(value, dict) and value.get("name") == name
                is_same = value is listed or is_entry or plain(name) in ("data", "result", "item")
                below = noun if is_same else singular(plain(name))
                self._take_names(value, below, depth - 1, sent)


def _fitting(operation: OperationContract, name: str, values: Iterable[Any]) -> Iterator[Any]:
    """Those of `values` that may stand in the path of `operation`, as its parameter called `name` has them."""
    fits = (fitting(value, path_parameter(operation, name)) for value in values)
    return (fit for fit in fits if fit is not None)


def _is_like(noun: str, about: str) -> bool:
    """Whether one of two nouns begins with the other."""
    return min(len(noun), len(about)) >= _WORD and (noun.startswith(about) or about.startswith(noun))


def _sent(request: Request) -> frozenset[tuple[str, str | int]]:
    """The scalars in the JSON body of a request, with their plain names."""
    return frozenset(_flat(json_of(request.body), _DEPTH).items()) if request.body else frozenset()


def _names(resource: Resource | None) -> tuple[Any, ...]:
    """What one may call a resource by: its own value in its path, then its name."""
    if resource is None:
        return ()
    shown = resource.shown if isinstance(resource.shown, dict) else {}
    named = [value for name, value in shown.items() if plain(name) == "name" and isinstance(value, str)]
    return tuple(dict.fromkeys([resource.values[-1], *named]))


def _flat(document: Any, depth: int) -> dict[str, Any]:
    """The scalars in `document` by their plain names; of several with one name the outermost."""
    if not isinstance(document, dict) or depth == 0:
        return {}
    found: dict[str, Any] = {}
    for value in document.values():
        found = _flat(value, depth - 1) | found
    scalars = {plain(name): value for name, value in document.items() if isinstance(value, str | int)}
    return found | scalars
