"""Sentences about what went wrong: the place, the value that came, the clause that it breaks, and what may have been
meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from clausewise.contract.breaches import Breach
from clausewise.contract.keywords import show

#: keywords whose sentence already says what is missing or too much
_WITHOUT_VALUE = frozenset({"required", "dependentRequired"})

#: members of an object that are listed where it fits no alternative
_LISTED = 8


def explain(breach: Breach, what: str, *, has_body: bool = True) -> str:
    """One sentence on a breach in `what` ("the 200 response"), with the value and the clause.

    What has no body (a header, a parameter) is itself the outermost value.
    """
    clause = breach.clause
    branch = f" of {' '.join(clause.branch)}" if clause.branch else ""
    if clause.keyword in _WITHOUT_VALUE:
        chosen = f" in {' '.join(clause.branch)}" if clause.branch else ""
        return f"{what} lacks {_named(breach.location)}; {clause.text}{chosen}{_misspelt(breach)}"
    if breach.names:
        named = " and ".join(_named((*breach.location, name)) for name in breach.names)
        return f"{what} has {named}; the contract{branch} says {clause.text}"
    value = _kind(breach.value) if clause.keyword in ("oneOf", "anyOf") else show(breach.value)
    if breach.location or has_body:
        value = f"{_named(breach.location) if breach.location else 'the body'} = {value}"
    verb = "has" if breach.location or has_body else "is"
    return f"{what} {verb} {value}; the contract{branch} says {clause.text}{_meant(breach)}"


def first_by_place(broken: Iterable[Breach]) -> list[Breach]:
    """One breach for each place: a date in the wrong form breaks a `format` and a `pattern`, and is one fault.

    The breach that says most comes first in a judgement. A missing member has a place of its own, and so has one too
    many.
    """
    first: dict[tuple[str, ...], Breach] = {}
    for breach in broken:
        first.setdefault((*breach.location, *breach.names), breach)
    return list(first.values())


def _named(location: tuple[str, ...]) -> str:
    written = ""
    for token in location:
        written += f"[{token}]" if token.isdigit() and written else f".{token}" if written else token
    return f"`{written}`"


def _kind(value: Any) -> str:
    """What a value is that fits none of several alternatives: an object by its members, which decide that."""
    if not isinstance(value, dict):
        return show(value)
    names = [f"`{name}`" for name in value]
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"an object with {', '.join(names[:_LISTED])}{more}" if names else "an empty object"


def _meant(breach: Breach) -> str:
    """The allowed value that comes nearest to what was written, as a question."""
    clause, value = breach.clause, breach.value
    if clause.keyword == "type" and isinstance(value, str):
        return _unquoted(clause.value, value)
    if clause.keyword == "enum" and isinstance(value, str) and isinstance(clause.value, list):
        near = _nearest(value, [item for item in clause.value if isinstance(item, str)])
        return f"; did you mean {show(near)}?" if near is not None else ""
    return ""


def _unquoted(wanted: Any, value: str) -> str:
    """A number or a boolean in quotation marks is the commonest wrong type."""
    wanted = wanted if isinstance(wanted, list) else [wanted]
    number = bool({"integer", "number"} & set(wanted)) and value.lstrip("-").replace(".", "", 1).isdigit()
    return f"; without the quotation marks {value} is one" if number or _is_boolean(wanted, value) else ""


def _is_boolean(wanted: list[Any], value: str) -> bool:
    return "boolean" in wanted and value in ("true", "false")


def _misspelt(breach: Breach) -> str:
    """The member that stands where the missing one is expected, spelled nearly like it."""
    if not isinstance(breach.value, dict):
        return ""
    near = _nearest(breach.location[-1], list(breach.value), 0.9)
    return f"; is `{near}` meant for it?" if near is not None else ""


def _nearest(written: str, candidates: list[str], cutoff: float = 0.75) -> str | None:
    import difflib

    folded = {name.lower().replace("_", "").replace("-", ""): name for name in candidates}
    near = difflib.get_close_matches(written.lower().replace("_", "").replace("-", ""), folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else None
