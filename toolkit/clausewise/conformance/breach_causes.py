"""What many breaches of one answer, or of the answers of many operations, have in common: see `results.causes`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from clausewise.conformance.clause_places import last_name
from clausewise.contract.breaches import Breach
from clausewise.contract.clause import EACH_ITEM, Clause
from clausewise.contract.message import Message
from clausewise.results.causes import Cause, Causes
from clausewise.spec.pointer import to_pointer
from clausewise.values.shape import shape_at, shape_of

#: members of one object that are null from which on they have one cause
_MANY_NULLS = 3

#: keywords that refuse null where they do not name it
_OF_NULLS = frozenset({"type", "anyOf", "oneOf", "enum", "const"})


class BreachCauses:
    """What may cause each of the breaches of one answer, against `rule`, of an operation."""

    def __init__(self, rule: str, operation: str, breaches: Sequence[Breach], message: Message | None) -> None:
        self._rule, self._operation = rule, operation
        self._strangers = _strangers(breaches, message) if message is not None else frozenset()
        self._unset = _written_as_null(breaches)

    def of(self, breach: Breach) -> Causes:
        """Those of one breach."""
        path = breach.clause.path[:-1] if breach.clause.keyword == "required" else breach.clause.path
        at = f"{self._operation} {breach.clause.part}{to_pointer(path)}"
        causes: set[Cause] = {("stranger", at)} if self._is_of_stranger(breach) else set()
        if _is_null(breach) and breach.location[:-1] in self._unset:
            causes.add(("null-members", at.rpartition("/")[0]))
        if what_is_wrong := _same_everywhere(breach):
            causes.add(("member", f"{self._rule} {what_is_wrong}"))
        return Causes(frozenset(causes))

    def _is_of_stranger(self, breach: Breach) -> bool:
        if breach.clause.keyword == "required":
            return breach.reported_at in self._strangers
        return breach.location in self._strangers and (bool(breach.names) or _lacks_members_of_each(breach))


def _strangers(breaches: Sequence[Breach], message: Message) -> frozenset[tuple[str, ...]]:
    """Where an answer has another object than the contract describes: it lacks half or more of the members that are
    required of it, and two at least, or has none but undocumented ones."""
    missing: dict[tuple[str, ...], list[Clause]] = defaultdict(list)
    unknown: set[tuple[str, ...]] = set()
    for breach in breaches:
        if breach.clause.keyword == "required":
            missing[breach.reported_at].append(breach.clause)
        elif breach.names and set(breach.names) == set(breach.value):
            unknown.add(breach.location)
    return frozenset(
        at
        for at, clauses in missing.items()
        if (len(clauses) > 1 or at in unknown)
        and 2 * len(clauses) >= len(shape_of(shape_at(message, clauses[0].path[:-1]), message.schema).required)
    )


def _same_everywhere(breach: Breach) -> str:
    """What the answers of many operations have in common where one serializer writes them: a member of one name with a
    value of one other type, or members of one name that no schema has; "" for other breaches."""
    name = last_name(breach.clause)
    if breach.names:
        return f"has {sorted(breach.names)}"
    is_other = breach.clause.keyword == "type" and bool(name) and breach.value is not None
    items = "items of " if breach.clause.path[-1:] == (EACH_ITEM,) else ""
    return f"{items}{name} is {type(breach.value).__name__}, not {breach.clause.value}" if is_other else ""


def _written_as_null(breaches: Sequence[Breach]) -> frozenset[tuple[str, ...]]:
    """Where an object has null for many members of other types: it is written with all that is not set."""
    found = Counter(breach.location[:-1] for breach in breaches if _is_null(breach))
    return frozenset(at for at, members in found.items() if members >= _MANY_NULLS)


def _is_null(breach: Breach) -> bool:
    return breach.clause.keyword in _OF_NULLS and breach.value is None and bool(breach.location)


def _lacks_members_of_each(breach: Breach) -> bool:
    """Whether an object is none of the alternatives of a union because it lacks members of every one."""
    found = [each.breach for each in breach.alternatives]
    return bool(found) and all(
        one is not None and one.clause.keyword == "required" and one.reported_at == breach.location for one in found
    )
