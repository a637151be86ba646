"""How the path of an operation names a resource: by its id, or by another member of the answer about it."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.contract.parts import ParameterContract
from clausewise.exchange import Request
from clausewise.resources.identity import Resource, fitting, values_in_path
from clausewise.resources.types import parameter_names
from clausewise.values.words import plain

#: members that name a thing to people, and may stand in its path in the place of an id
_NAMES = frozenset({"key", "slug", "name", "code", "handle", "username", "login"})

#: what looks like such a name: no address, date or sentence does
_LIKE_A_NAME = re.compile(r"(?!\d{4}-\d\d-\d\d)[\w.:~-]{6,200}", re.ASCII)

#: members that are tried as names
_TRIED = 4


def placed(operation: OperationContract, resource: Resource) -> dict[str, Any]:
    """The values of a resource under the names that the path of `operation` has for them, fit for its parameters."""
    found = {}
    for name, value in zip(parameter_names(operation), resource.values, strict=False):
        fit = fitting(value, path_parameter(operation, name)) if isinstance(value, str | int) else value
        found[name] = value if fit is None else fit
    if len(found) == len(resource.values) and isinstance(resource.shown, dict):
        # One path may want the id of a thing and another its key: the same member by another name.
        called = {plain(member): value for member, value in resource.shown.items()}.get(plain(name))
        fit = fitting(called, path_parameter(operation, name)) if isinstance(called, str | int) and called else None
        found[name] = found[name] if fit is None else fit
    return found


def other_names(resource: Resource) -> tuple[str, ...]:
    """The members of an answer about a resource, beside its id, by which a path may name it, the likeliest first: a
    token may be named by its `secret`."""
    shown = resource.shown if isinstance(resource.shown, dict) else {}
    texts = {member: value for member, value in shown.items() if isinstance(value, str) and value}
    others = {member: value for member, value in texts.items() if value != resource.values[-1]}
    names = [member for member in others if plain(member) in _NAMES]
    alike = [member for member, value in others.items() if _LIKE_A_NAME.fullmatch(value) and member not in names]
    return tuple([*names, *alike][:_TRIED])


def by_member(resource: Resource, member: str) -> Resource:
    """A resource that is named by a member of the answer about it, where that has it, and has its id as well: a made-up
    id stays."""
    shown = resource.shown if isinstance(resource.shown, dict) else {}
    if member not in shown or str(resource.values[-1]) not in map(str, shown.values()):
        return resource
    return msgspec.structs.replace(resource, values=(*resource.values[:-1], shown[member]))


def is_named_by(operation: OperationContract, request: Request, resource: Resource, member: str) -> bool:
    """Whether a request of `operation` names `resource` by a member of the answer about it, and not by its id."""
    shown = resource.shown if isinstance(resource.shown, dict) else {}
    named = str(values_in_path(operation, request)[-1])
    return named == str(shown.get(member)) != str(resource.values[-1])


def path_parameter(operation: OperationContract, name: str) -> ParameterContract:
    """The path parameter of `operation` that is called `name`."""
    return next(
        contract
        for contract in operation.parameters
        if (contract.parameter.location, contract.parameter.name) == ("path", name)
    )
