"""A generated resource with the values that a client sent for it, as far as the contract lets it be shown with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from clausewise.contract.hidden import hidden_in
from clausewise.contract.message import Message
from clausewise.values.edit import Location, put, without
from clausewise.values.shape import Shape, matches_name, shape_at, shape_of


class View(msgspec.Struct, frozen=True, eq=False):
    """A place of an answer where a resource is shown."""

    #: the schemas that apply there
    schemas: list[Any]
    #: what they are nodes of
    root: Any
    #: whether the answer is valid with a value in this place
    is_valid: Callable[[Any], bool]


def view_of(message: Message, at: Location, body: Any) -> View:
    """The place `at` in `body`, which keeps `message`."""
    schemas = shape_at(message, tuple(str(step) for step in at)) if at else [message.schema]
    return View(schemas, message.schema, lambda value: message.is_valid(put(body, at, value)))


def overlaid(templates: Sequence[dict[str, Any]], given: dict[str, Any], view: View) -> dict[str, Any]:
    """The one of `templates` that contradicts the `given` members least, and shows most of them, with them in the place
    of its own. What would break the contract is left out."""
    shape = shape_of(view.schemas, view.root)
    best, score = templates[0], (-len(given) - 1, 0)
    for template in templates:
        candidate = _with_members(template, given, shape, view)
        there = [_is_shown(value, candidate[name]) for name, value in given.items() if name in candidate]
        reached = (-there.count(False), there.count(True))
        if reached > score:
            best, score = candidate, reached
        if score == (0, len(given)):
            break
    return best


def likeness(template: Any, given: dict[str, Any]) -> tuple[int, int]:
    """How many of the `given` members have the same value in a template, and how many it has at all."""
    if not isinstance(template, dict):
        return 0, 0
    shared = template.keys() & given.keys()
    return sum(template[name] == given[name] for name in shared), len(shared)


def _with_members(template: dict[str, Any], given: dict[str, Any], shape: Shape, view: View) -> dict[str, Any]:
    named = {
        name: _carried(value, shape.member(name), view.root)
        for name, value in given.items()
        if name in template or _names(shape, name)
    }
    forms = {name: [*_forms(template.get(name), value, shape.member(name), view)] for name, value in named.items()}
    base = template
    if _is_map(shape) and any(name not in shape.properties for name in named):
        # The members of a map are the client's own.
        less = {name: value for name, value in template.items() if name in named or name in shape.properties}
        base = less if view.is_valid({**less, **named}) else template
    for whole in ({name: each[0] for name, each in forms.items()}, {name: each[-1] for name, each in forms.items()}):
        if view.is_valid({**base, **whole}):
            return {**base, **whole}
    body = base if view.is_valid(base) else template
    for name, each in forms.items():
        fitting = (changed for value in each if view.is_valid(changed := {**body, name: value}))
        body = next(fitting, body)
    return body


def _carried(value: Any, schemas: list[Any], root: Any) -> Any:
    """`value` without the members that no answer carries."""
    return without(value, hidden_in(schemas, root, value)) if isinstance(value, dict | list) else value


def _names(shape: Shape, name: str) -> bool:
    """Whether the contract describes a member called `name`."""
    if name in shape.properties or any(matches_name(pattern, name) for pattern, _ in shape.patterned):
        return True
    # Where the document says that there may be others, a client's own are shown.
    return bool(shape.additional) and False not in shape.additional


def _is_map(shape: Shape) -> bool:
    return any(isinstance(part, dict) and part for part in shape.additional)


def _forms(template: Any, value: Any, schemas: list[Any], view: View) -> Iterable[Any]:
    """`value` as it was sent, then with the members that only the server knows (ids, times), taken from `template`."""
    yield value
    if isinstance(value, dict | list):
        yield _merged(template, value, schemas, view.root)


def _merged(template: Any, value: Any, schemas: list[Any], root: Any) -> Any:
    if isinstance(template, dict) and isinstance(value, dict):
        shape = shape_of(schemas, root)
        own = {name: one for name, one in template.items() if name in shape.properties or not _is_map(shape)}
        below = {name: _merged(own.get(name), one, shape.member(name), root) for name, one in value.items()}
        return {**own, **below}
    if isinstance(template, list) and isinstance(value, list) and template:
        items = shape_of(schemas, root).items or [True]
        return [_merged(template[0], item, items, root) for item in value]
    return value


def _is_shown(sent: Any, shown: Any) -> bool:
    """Whether every part of what was sent is shown."""
    if isinstance(sent, dict) and isinstance(shown, dict):
        return all(name in shown and _is_shown(value, shown[name]) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(shown, list):
        return len(sent) == len(shown) and all(map(_is_shown, sent, shown))
    return bool(sent == shown) and isinstance(sent, bool) is isinstance(shown, bool)
