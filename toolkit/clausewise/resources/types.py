"""The resource types of a contract, derived from its paths.

`/things/{id}` is the path of one thing, `/things` that of all of them, and a `POST` to it creates one. Names of
parameters do not matter: `/things/{id}` and `/things/{thingId}/parts` are about the same things.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.contract.parts import ParameterContract
from clausewise.spec.fixed_query import path_of
from clausewise.values.words import plain, singular

_PARAMETER = re.compile(r"\{[^{}]+\}")

#: last segments of paths below a collection whose POST creates one of its resources
_MAKING = frozenset({"create", "new", "add", "upload", "import", "register"})


#: last segments of paths below one resource whose GET shows it
_SHOWING = ("json", "inspect", "info", "detail", "details", "show", "get", "view")

#: parameters in a query that name what a request does
_COMMANDING = frozenset({"cmd", "command", "action", "op"})


class ResourceType(msgspec.Struct, frozen=True, eq=False):
    """One type of resource, and the operations on it; None where the contract has no such operation."""

    #: path of one, parameter names left out: "/things/{}"
    path: str
    #: one of the operations whose paths lead through it
    through: OperationContract
    #: what makes one
    create: OperationContract | None
    get: OperationContract | None
    list: OperationContract | None
    update: OperationContract | None
    delete: OperationContract | None
    #: whether a request that makes one names what the new one is in, as in a tree: POST /nodes/{path}
    made_inside: bool = False
    #: the noun of what the answer of `create` shows, where that is a resource of another type; "" where it is not
    answers_with: str = ""
    #: whether that answer has another schema than those of `get` and `list`, so that its id may name something else
    answers_otherwise: bool = False

    @property
    def collection(self) -> str:
        """Path of all of them, parameter names left out."""
        return self.path.removesuffix("/{}")

    @property
    def noun(self) -> str:
        """What one is called, as `plain` writes it: "thing"; "" where the path has no word for it."""
        words = [word for word in self.collection.split("/") if word and "{" not in word]
        return singular(plain(words[-1])) if words else ""

    @property
    def parameter(self) -> ParameterContract:
        """The path parameter that names one."""
        name = parameter_names(self.through)[self.path.count("{}") - 1]
        return next(
            contract
            for contract in self.through.parameters
            if (contract.parameter.location, contract.parameter.name) == ("path", name)
        )

    @property
    def named_by_caller(self) -> bool:
        """Whether the request that makes one names it in its path, as a PUT does."""
        return self.has_own_path and not self.made_inside

    @property
    def has_own_path(self) -> bool:
        """Whether the request that makes one goes to the path of one, and not to that of all."""
        return self.create is not None and erased(self.create.operation.path) == self.path

    @property
    def made_elsewhere(self) -> bool:
        """Whether the request that makes one goes to a resource of another type: POST /devices/{id}/commands makes a
        /commands/{id}."""
        if self.create is None:
            return False
        path, beside = erased(self.create.operation.path), self.collection.rpartition("/")[0]
        return not path.startswith(self.collection) and path.rpartition("/")[0] != beside

    @property
    def depth(self) -> int:
        """How many resources one lies in."""
        return self.path.count("{}") - 1


def resource_types(operations: Iterable[OperationContract]) -> dict[str, ResourceType]:
    """Every type of resource in the paths of `operations`, by its path."""
    by_path: dict[str, dict[str, OperationContract]] = {}
    through: dict[str, OperationContract] = {}
    for operation in operations:
        path = erased(operation.operation.path)
        by_path.setdefault(path, {}).setdefault(operation.operation.method, operation)
        # What lies below one speaks of it as well: /things/{id}/parts.
        for outer in resource_paths(path):
            if outer not in through or outer == path:
                through[outer] = operation
    return {path: _resource_type(path, operation, by_path) for path, operation in through.items()}


def singletons(operations: Iterable[OperationContract]) -> list[ResourceType]:
    """What there is one of, and that is read and changed by itself, such as `/settings`: nothing makes or names it."""
    by_path: dict[str, dict[str, OperationContract]] = {}
    for operation in operations:
        by_path.setdefault(erased(operation.operation.path), {})[operation.operation.method] = operation
    found = []
    for path, own in by_path.items():
        get, update = own.get("GET"), own.get("PATCH") or own.get("PUT")
        is_collection = any(other.startswith(f"{path}/{{}}") for other in by_path)
        if get is not None and update is not None and "{}" not in path and not is_collection:
            found.append(ResourceType(path, get, None, get, None, update, None))
    return found


def _resource_type(
    path: str, through: OperationContract, by_path: dict[str, dict[str, OperationContract]]
) -> ResourceType:
    one, collection = by_path.get(path, {}), path.removesuffix("/{}")
    every = by_path.get(collection) or by_path.get(_in_plural(collection, by_path), {})
    create = _maker(every.get("POST"))
    if create is None:
        create = _below(collection, sorted(_MAKING), "POST", by_path)
    if create is None:
        # A path that is only posted to, and neither read nor listed, is no resource: /events/count-by/{unit}. A path
        # below another resource that is only put to does something to that: /things/{id}/set-level/{level}. A path
        # that others lie in is a collection: a POST to /fields/{collection} makes a /fields/{collection}/{field}.
        is_known = len(one) > 1 or bool(every)
        create = _maker(one.get("POST")) if is_known and f"{path}/{{}}" not in by_path else None
        create = create or (one.get("PUT") if is_known or "{}" not in collection else None)
    create = create or _elsewhere(collection, by_path)
    update = one.get("PATCH") or one.get("PUT")
    get = one.get("GET") or _below(path, _SHOWING, "GET", by_path)
    return ResourceType(path, through, create, get, every.get("GET"), update, one.get("DELETE"))


def _in_plural(collection: str, by_path: Mapping[str, object]) -> str:
    """The path of all resources where that of one has its noun in the singular: /silences beside /silence/{id}."""
    before, _, noun = collection.rpartition("/")
    found = [
        path
        for path in by_path
        if path.rpartition("/")[0] == before
        and f"{path}/{{}}" not in by_path
        and path != collection
        and singular(plain(path.rpartition("/")[2])) == plain(noun) != ""
    ]
    return found[0] if len(found) == 1 else ""


def _maker(operation: OperationContract | None) -> OperationContract | None:
    """A POST that may make something; None for one whose query names what it does: POST /projects/{id}?cmd=wipe."""
    parameters = operation.operation.parameters if operation is not None else ()
    is_command = any(
        each.location == "query" and each.required and plain(each.name) in _COMMANDING for each in parameters
    )
    return None if is_command else operation


def _elsewhere(collection: str, by_path: dict[str, dict[str, OperationContract]]) -> OperationContract | None:
    """The only POST that makes what is shown in a `collection` of its own, below a resource of another type."""
    if "{}" in collection:
        return None
    word = collection.rpartition("/")[2]
    makers = [
        methods["POST"]
        for path, methods in by_path.items()
        if path.endswith(f"{{}}/{word}")
        and "POST" in methods
        and not any(each.startswith(f"{path}/") for each in by_path)
    ]
    return _maker(makers[0]) if word and len(makers) == 1 else None


def _below(
    path: str, words: Iterable[str], method: str, by_path: dict[str, dict[str, OperationContract]]
) -> OperationContract | None:
    """The operation of a `method` below `path` whose last segment is one of `words`."""
    below = (by_path.get(f"{path}/{word}", {}) for word in words)
    return next((methods[method] for methods in below if method in methods), None)


def identifiers(resource_type: ResourceType) -> frozenset[str]:
    """What a resource may call its own id, as `plain` writes it: like the parameter of its path, or by its noun."""
    if "{}" not in resource_type.path:
        return frozenset()
    return frozenset({plain(resource_type.parameter.parameter.name), f"{resource_type.noun}id"})


def erased(path: str) -> str:
    """A path template without its parameters' names, and without a slash at its end."""
    return _PARAMETER.sub("{}", path).rstrip("/")


def resource_paths(path: str) -> Iterator[str]:
    """The paths of the resources that an `erased` path leads through, the outermost first."""
    segments = path_of(path).split("/")
    for index, segment in enumerate(segments):
        if segment == "{}":
            yield "/".join(segments[: index + 1])


def parameter_names(operation: OperationContract) -> list[str]:
    """The names in the path of `operation`, in their order there."""
    return [name[1:-1] for name in _PARAMETER.findall(operation.operation.path)]
