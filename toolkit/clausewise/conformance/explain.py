"""The sentence that describes a breach: the place, the value, the clause, and the value that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from clausewise.contract.breaches import Breach
from clausewise.contract.clause import EACH_ITEM
from clausewise.contract.keywords import describe, name_of, show
from clausewise.wording import path_text

#: keywords about a missing member, which has no value to show
_WITHOUT_VALUE = frozenset({"required", "dependentRequired"})

#: names that are listed: of the members of an object that matches no alternative, of those that are not allowed
_LISTED = 8

#: longest value in the reason why it is not one alternative, in characters
_SHOWN = 30

_INFINITIVES = {"has": "have", "matches": "match", "lacks": "lack"}

#: names that are compared with another, and characters of a name or a place that are shown, or compared
_COMPARED = 500
_LONG = 200


def explain(breach: Breach, what: str, *, has_body: bool = True) -> str:
    """One sentence about a breach in `what` ("the 200 response"), with the value and the clause.

    Without a body (a header, a parameter), `what` names the outermost value itself.
    """
    clause = breach.clause
    branch = f"for {' '.join(map(_branch, clause.branch))}" if clause.branch else ""
    if clause.keyword in _WITHOUT_VALUE:
        return f"{what} lacks `{_place(breach.location)}`; {' '.join((clause.text, branch)).strip()}{_misspelt(breach)}"
    text = clause.text
    if clause.keyword == "type" and breach.location and not clause.path:
        # A schema that refers to itself describes what is inside it as well.
        path = tuple(EACH_ITEM if step.isdecimal() else step for step in breach.location)
        text = describe(clause.keyword, clause.value, name_of(path, clause.part))
    if clause.keyword == "writeOnly":
        # Its value may be a secret.
        return f"{what} has `{_place(breach.location)}`; the contract says {text}"
    rule = f"{branch}, the contract says {text}" if branch else f"the contract says {text}"
    if breach.names:
        names = [f"`{_place((*breach.location, name))}`" for name in breach.names[:_LISTED]]
        more = [f"{len(breach.names) - _LISTED} more"] if len(breach.names) > _LISTED else []
        return f"{what} has {' and '.join((*names, *more))}; {rule}"
    value = _members(breach.value) if clause.keyword in ("oneOf", "anyOf") else show(breach.value)
    if breach.location or has_body:
        place = f"`{_place(breach.location)}`" if breach.location else "the body"
        value = f"{place} = {value}"
    verb = "has" if breach.location or has_body else "is"
    return f"{what} {verb} {value}; {rule}{alternatives_text(breach)}{_suggestion(breach)}"


def reasons(breach: Breach) -> list[tuple[str, str]]:
    """For each alternative of a union that was not meant more than the others, its name and why the value is none;
    "" where it is one. [] where the types that the contract says tell as much."""
    found = [(each.label, each.breach) for each in breach.alternatives]
    depth = len(breach.location)
    at_once = [one for _, one in found if one is not None and len(one.location) == depth]
    if all(one.clause.keyword == "type" for one in at_once) and len(at_once) == len(found):
        return []
    return [(label, _reason(one, breach.location) if one is not None else "") for label, one in found]


def alternatives_text(breach: Breach) -> str:
    """What to add to the sentence about a union: the alternatives that the value keeps, or for each why not."""
    found = reasons(breach)
    kept = [label for label, why in found if not why]
    if kept:
        return f", and it matches {len(kept)} of them: {' and '.join(kept[:_LISTED])}"
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    shown = ", ".join(f"{label} ({why})" for label, why in found[:_LISTED])
    return f", and it matches none: {shown}{more}" if found else ""


def _reason(breach: Breach, outer: tuple[str, ...]) -> str:
    """Why a value at `outer` is not one of the alternatives, of which it breaks the clause of `breach`."""
    clause, within = breach.clause, breach.location[len(outer) :]
    if clause.keyword in _WITHOUT_VALUE:
        return f"lacks `{_place(within)}`"
    if breach.names:
        return f"does not allow {' and '.join(f'`{_place((*within, name))}`' for name in breach.names[:_LISTED])}"
    predicate = describe(clause.keyword, clause.value, "").strip()
    subject = f"`{_place(within)}` = {show(breach.value, _SHOWN)} " if within else ""
    return f"{subject}{_opposite(predicate)}"


def _opposite(predicate: str) -> str:
    """What is true where "it" and the predicate of a clause are not: "is not a string"."""
    verb, _, rest = predicate.partition(" ")
    if rest.startswith("no "):
        return f"{verb} {rest.removeprefix('no ')}"
    return f"is not {rest}" if verb == "is" else f"does not {_INFINITIVES[verb]} {rest}"


def first_by_place(broken: Iterable[Breach]) -> list[Breach]:
    """One breach for each place: a date in the wrong form breaks a `format` and a `pattern`, and is one fault.

    It is the first, which explains most. A missing member has a place of its own, and so has one that is not allowed.
    """
    first: dict[tuple[str, ...], Breach] = {}
    for breach in broken:
        first.setdefault((*breach.location, *breach.names), breach)
    return list(first.values())


def _branch(label: str) -> str:
    """The label of an alternative, which is its index where it has no name."""
    return f"alternative {int(label) + 1}" if label.isdecimal() else label


def _members(value: Any) -> str:
    """A value that matches none of several alternatives: an object by its members, which decide about them."""
    if not isinstance(value, dict):
        return show(value)
    names = [f"`{_place((name,))}`" for name in islice(value, _LISTED)]
    more = f" and {len(value) - _LISTED} more" if len(value) > _LISTED else ""
    return f"an object with {', '.join(names)}{more}" if names else "an empty object"


def _place(location: Iterable[str]) -> str:
    """A place in a value, shortened in the middle where its names are long."""
    path = path_text(location)
    return path if len(path) <= _LONG else f"{path[: _LONG // 2]} ... {path[-_LONG // 2 :]}"


def _suggestion(breach: Breach) -> str:
    """The allowed value that is most like the one found, as a question; "" where none is."""
    clause, value = breach.clause, breach.value
    if clause.keyword == "type" and isinstance(value, str):
        return _unquoted(clause.value, value)
    if clause.keyword == "enum" and isinstance(value, str) and isinstance(clause.value, list):
        nearest = _nearest(value, [item for item in clause.value if isinstance(item, str)])
        return f"; did you mean {show(nearest)}?" if nearest is not None else ""
    return ""


def _unquoted(wanted: Any, value: str) -> str:
    """The suggestion for the commonest wrong type: a number or a boolean in quotation marks; else "". Nobody means a
    number of hundreds of digits."""
    if len(value) > _LONG:
        return ""
    wanted = wanted if isinstance(wanted, list) else [wanted]
    is_number = bool({"integer", "number"} & set(wanted)) and value.lstrip("-").replace(".", "", 1).isdigit()
    is_boolean = "boolean" in wanted and value in ("true", "false")
    return f"; did you mean {value}, without quotation marks?" if is_number or is_boolean else ""


def _misspelt(breach: Breach) -> str:
    """The suggestion that a member with nearly the name of the missing one is misspelt; "" where there is none."""
    if not isinstance(breach.value, dict):
        return ""
    nearest = _nearest(breach.location[-1], list(breach.value), 0.9)
    return f"; is `{nearest}` a misspelling of it?" if nearest is not None else ""


def _nearest(text: str, candidates: list[str], cutoff: float = 0.75) -> str | None:
    """The candidate most like `text`, case, `_` and `-` aside; None where none is like it enough."""
    import difflib

    folded = {_folded(name): name for name in candidates[:_COMPARED] if len(name) <= _LONG}
    matches = difflib.get_close_matches(_folded(text), folded, n=1, cutoff=cutoff)
    return folded[matches[0]] if matches else None


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
