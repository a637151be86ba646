"""Where in a message a clause is, and what the same place is in other operations and in sibling branches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from clausewise.contract.clause import EACH_ITEM, EACH_PROPERTY, Clause
from clausewise.contract.keywords import types_of_alternatives
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange
from clausewise.media.json import digest, parse_json
from clausewise.results.evidence import Observation
from clausewise.spec.pointer import to_pointer
from clausewise.values.edit import Location, get

#: keywords about the form of a text, or the choice of a value, each checked by one function in a server
FORMS = frozenset({"format", "pattern", "enum", "const"})

#: keywords that set limits: a server may have each of two wrong in a way of its own
LIMITS = frozenset(
    {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
)

#: limits from here on are those of types of integers
_INTEGERS = 2**31 - 1

#: keywords against undocumented members
CLOSED = frozenset({"additionalProperties", "unevaluatedProperties", "propertyNames"})


def names_of(operation: OperationContract, clause: Clause | None) -> Iterator[str]:
    """The names of an operation and of a clause, which an answer may repeat."""
    yield operation.operation.path
    yield operation.key
    if clause is not None:
        yield clause.part
        yield from clause.path


def sent_where_it_deviates(exchange: Exchange) -> tuple[Location, Any] | None:
    """The place of its body where a request deviates, and what it has there; where it has nothing there, the place
    around that. None where it deviates elsewhere."""
    probe = exchange.probe
    if probe is None or probe.deviates_at[:1] != ("body",):
        return None
    location = probe.deviates_at[1:]
    try:
        body = parse_json(exchange.request.body or b"")
    except ValueError:
        return None
    for place in (location, location[:-1]):
        with suppress(KeyError, IndexError, TypeError, ValueError):
            return place, get(body, place)
    return None


def one_check(clause: Clause, aspect: str) -> str:
    """What one function of a server checks, wherever it stands: values of one kind against a pattern or a format, and
    the range of a type of integers; else ""."""
    is_limit = clause.keyword in LIMITS and isinstance(clause.value, int | float) and abs(clause.value) >= _INTEGERS
    is_form = clause.keyword in ("pattern", "format") and aspect
    return f"{clause.keyword} {clause.value} {aspect}" if is_limit or is_form else ""


def types_wanted(clause: Clause) -> list[str]:
    """The types that a clause wants; [] where it is about something else."""
    if clause.keyword == "type":
        return clause.value if isinstance(clause.value, list) else [clause.value]
    return types_of_alternatives(clause.value) if clause.keyword in ("anyOf", "oneOf") else []


def same_member(observation: Observation, operation: OperationContract, clause: Clause, aspect: str) -> Iterator[str]:
    """What the same assertion about the same member shares, in sibling branches of a union and in other operations."""
    what = f"{observation.rule} {clause.keyword} {digest(clause.value)[:12]} {aspect}"
    yield f"{what} {operation.key} {place_of_clause(clause)}"
    part, _, rest = clause.part.partition(".")
    if clause.direction == "response":
        # An error is written by the same handler for every operation.
        is_error = part[:1] in ("4", "5", "d")
        scope = "" if is_error or rest.startswith("header") else resource_of(operation)
        within = tuple(step for step in _below_list(clause.path) if step != EACH_ITEM)
        if within or rest.startswith("header"):
            yield f"{what} {scope} {'error ' if is_error else ''}{rest}{to_pointer(within)}"
    elif part == "body":
        if clause.path:
            yield f"{what} {resource_of(operation)} body{to_pointer(clause.path)}"
    else:
        yield f"{what} {clause.part}{to_pointer(clause.path)}"


def resource_of(operation: OperationContract) -> str:
    """The path of the collection that an operation is about, without the names of parameters."""
    steps = ["{}" if step.startswith("{") else step for step in operation.operation.path.strip("/").split("/")]
    while steps and steps[-1] == "{}":
        steps.pop()
    return "/" + "/".join(steps)


def _below_list(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path from an item of a list that is the whole answer, or a member of it; else `path`."""
    return next((path[depth + 1 :] for depth in (0, 1) if path[depth : depth + 1] == (EACH_ITEM,)), path)


def last_name(clause: Clause) -> str:
    """The name of the innermost member that a clause is about; "" where it is about none."""
    named = [step for step in clause.path if step not in (EACH_ITEM, EACH_PROPERTY)]
    return named[-1] if named else ""


def place_of_clause(clause: Clause) -> str:
    """The place in the message of an operation, without branches of unions."""
    return f"{clause.part}{to_pointer(clause.path)}"


def around(clause: Clause) -> Iterator[str]:
    """The places that a clause's value is in, its own included."""
    for depth in range(len(clause.path) + 1):
        yield f"{clause.part}{to_pointer(clause.path[:depth])}"


def parent_of(clause: Clause) -> str:
    """The object that the value is a member of, or the kind of the parameters beside it."""
    return f"{clause.part}{to_pointer(clause.path[:-1])}" if clause.path else clause.part.partition(".")[0]
