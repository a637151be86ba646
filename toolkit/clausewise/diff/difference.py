"""One difference between what two documents say of a place, and the sentence that tells it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from clausewise.contract.clause import Direction
from clausewise.contract.keywords import describe, show
from clausewise.diff.change import Kind
from clausewise.diff.strictness import Assertion, allowed, compare, strictest

#: why a difference of advisory rules breaks nobody
ADVICE = "it only advises"

#: values named in a sentence
_NAMED = 12


class Local(msgspec.Struct, frozen=True, eq=False):
    """A difference at a place, wherever that is."""

    kind: Kind
    breaking: bool
    reason: str
    #: the sentence, from what the place is called
    say: Callable[[str], str]
    #: what was compared: the same difference of the same lines is one change
    keyword: str
    #: in the old and in the new generated schema; None where there is nothing
    old: str | None
    new: str | None
    #: further steps from the place where it was met
    path: tuple[str, ...] = ()


def verdict(direction: Direction, kind: Kind) -> tuple[bool, str]:
    """Whether it breaks clients that a rule was tightened, loosened or changed, and why."""
    if direction == "request":
        if kind == "loosened":
            return False, "what was valid still is"
        return True, "requests that were valid are refused"
    if kind == "tightened":
        return False, "responses stay within what clients were told"
    return True, "responses may be what clients were not told of"


def rule(
    direction: Direction, kind: Kind, old: Assertion | None, new: Assertion | None, say: Callable[[str], str]
) -> Local:
    """A rule of a place that is another than before, gone, or there for the first time."""
    breaking, reason = verdict(direction, kind)
    told = new or old
    assert told is not None
    if told.keyword == "required" and breaking and direction == "response":
        reason = "responses may lack it"
    if all(each is None or each.severity != "error" for each in (old, new)):
        breaking, reason = False, ADVICE
    places = (old.location if old else None, new.location if new else None)
    return Local(kind, breaking, reason, say, told.keyword, *places, (told.member,) if told.member else ())


def _says(told: Assertion, name: str) -> str:
    """The sentence of a rule."""
    written = describe(told.keyword, told.value, name, told.note)
    return f"{written} (under a condition)" if told.conditions else written


def constantly(template: str) -> Callable[[str], str]:
    """A sentence that holds the name of its place at `{}` and nothing else of it."""
    head, _, tail = template.partition("{}")
    return lambda name: f"{head}{name}{tail}"


def sentence(old: list[Assertion], new: list[Assertion]) -> Callable[[str], str]:
    """What is different between rules of one family, from what their place is called."""
    one, two = strictest(old) if old else None, strictest(new) if new else None

    def say(name: str) -> str:
        told = two or one
        assert told is not None
        if told.keyword == "required":
            return _required(name, one, two)
        if one is None:
            return f"{_says(told, name)}; before, nothing said so"
        if two is None:
            return f"no longer: {_says(one, name)}"
        if one.severity != two.severity and compare(old, new) is None:
            return f"{_says(two, name)}; before, that was {'advice' if two.severity == 'error' else 'a must'}"
        if told.family == "values":
            return f"{name} {_values(old, new)}{' (under a condition)' if told.conditions else ''}"
        return f"{_says(two, name)}; before, {_says(one, name)}"

    return say


def _required(name: str, old: Assertion | None, new: Assertion | None) -> str:
    now, then = ("required", "optional") if new else ("optional", "required")
    if old and new:
        now, then = ("required", "only advised") if new.severity == "error" else ("only advised", "required")
    told = new or old
    condition = " (under a condition)" if told is not None and told.conditions else ""
    return f"{name} is {now}{condition}; before, it was {then}"


def _values(old: list[Assertion], new: list[Assertion]) -> str:
    before, after = allowed(old), allowed(new)
    gone = [value for key, value in before.items() if key not in after]
    come = [value for key, value in after.items() if key not in before]
    parts = [f"may no longer be {_listed(gone)}"] if gone else []
    parts += [f"may also be {_listed(come)}"] if come else []
    return " and ".join(parts)


def _listed(values: list[object]) -> str:
    shown = ", ".join(show(value, 30) for value in values[:_NAMED])
    return f"{shown} and {len(values) - _NAMED} more" if len(values) > _NAMED else shown
