"""A difference between the assertions of two documents about a place, and its sentence."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from clausewise.comparison.change import Kind, Level
from clausewise.comparison.strictness import Assertion, allowed, compare, strictest
from clausewise.contract.clause import Direction
from clausewise.contract.keywords import describe, show

#: why a difference between advisory assertions does not break clients
ADVICE = "it is only advisory"

#: the keyword of a difference about what nobody knows the meaning of
UNKNOWN = "unknown"

#: values named in a sentence
_NAMED = 12


class Difference(msgspec.Struct, frozen=True, eq=False):
    """A difference at a place."""

    kind: Kind
    level: Level
    reason: str
    #: gives its sentence for the name of the place
    sentence: Callable[[str], str]
    #: the compared keyword: the same difference at the same lines is one change
    keyword: str
    #: its locations in the old and in the new generated schema; None where it has none
    old: str | None
    new: str | None
    #: further steps from the place where it was found
    path: tuple[str, ...] = ()
    #: JSON text of a value that only one version admits; "" where it has none
    witness: str = ""

    @property
    def breaking(self) -> bool:
        """Whether it breaks clients."""
        return self.level == "breaking"


def impact(direction: Direction, kind: Kind) -> tuple[Level, str]:
    """Whether a tightened, loosened or changed assertion breaks clients, and why."""
    if direction == "request":
        if kind == "loosened":
            return "compatible", "valid requests stay valid"
        return "breaking", "requests that were valid are refused"
    if kind == "tightened":
        return "compatible", "responses stay valid under the old contract"
    return "breaking", "responses may be invalid under the old contract"


def assertion_difference(
    direction: Direction, kind: Kind, old: Assertion | None, new: Assertion | None, sentence: Callable[[str], str]
) -> Difference:
    """The difference between two versions of an assertion; `old` is None where it was added, `new` where removed."""
    level, reason = impact(direction, kind)
    assertion = new or old
    assert assertion is not None
    if assertion.keyword == "required" and level == "breaking" and direction == "response":
        reason = "it may be missing in responses"
    if all(each is None or each.severity != "error" for each in (old, new)):
        level, reason = "compatible", ADVICE
    places = (old.location if old else None, new.location if new else None)
    return Difference(
        kind, level, reason, sentence, assertion.keyword, *places, (assertion.member,) if assertion.member else ()
    )


def _assertion_sentence(assertion: Assertion, name: str) -> str:
    """The sentence of an assertion."""
    written = describe(assertion.keyword, assertion.value, name, assertion.note)
    return f"{written} (under a condition)" if assertion.conditions else written


def fixed_sentence(template: str) -> Callable[[str], str]:
    """A sentence with the name of its place at `{}`."""
    head, _, tail = template.partition("{}")
    return lambda name: f"{head}{name}{tail}"


def comparison_sentence(old: list[Assertion], new: list[Assertion]) -> Callable[[str], str]:
    """The sentence that compares assertions of one family; it takes the name of their place."""
    one, two = strictest(old) if old else None, strictest(new) if new else None

    def render(name: str) -> str:
        assertion = two or one
        assert assertion is not None
        if assertion.keyword == "required":
            return _required(name, one, two)
        if one is None:
            return f"{_assertion_sentence(assertion, name)}; before, the contract did not require that"
        if two is None:
            return f"no longer required: {_assertion_sentence(one, name)}"
        if one.severity != two.severity and compare(old, new) is None:
            before = "advisory" if two.severity == "error" else "required"
            return f"{_assertion_sentence(two, name)}; before, that was {before}"
        if assertion.family == "values":
            return f"{name} {_values(old, new)}{' (under a condition)' if assertion.conditions else ''}"
        return f"{_assertion_sentence(two, name)}; before, {_assertion_sentence(one, name)}"

    return render


def _required(name: str, old: Assertion | None, new: Assertion | None) -> str:
    now, then = ("required", "optional") if new else ("optional", "required")
    if old and new:
        now, then = ("required", "advisory") if new.severity == "error" else ("advisory", "required")
    assertion = new or old
    condition = " (under a condition)" if assertion is not None and assertion.conditions else ""
    return f"{name} is {now}{condition}; before, it was {then}"


def _values(old: list[Assertion], new: list[Assertion]) -> str:
    before, after = allowed(old), allowed(new)
    removed = [value for key, value in before.items() if key not in after]
    added = [value for key, value in after.items() if key not in before]
    parts = [f"may no longer be {_listed(removed)}"] if removed else []
    parts += [f"may also be {_listed(added)}"] if added else []
    return " and ".join(parts)


def _listed(values: list[object]) -> str:
    shown = ", ".join(show(value, 30) for value in values[:_NAMED])
    return f"{shown} and {len(values) - _NAMED} more" if len(values) > _NAMED else shown
