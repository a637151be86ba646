"""Which faults have one cause: a check that is missing, or a handler that is wrong, shows in many places of a server.

A cause is a kind and a key. Whoever sees a fault says which causes it may have; faults that share one are one finding.
All of it is in the record, so that merged runs decide it again, in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

#: kind and key; the key is whatever tells two causes of one kind apart
Cause = tuple[str, str]


class Causes(msgspec.Struct, frozen=True):
    """The causes that a fault may have."""

    #: two faults that share one of these are one
    shared: frozenset[Cause] = frozenset()
    #: it is one with a fault that has one of these in `shared`; two faults that only follow are not
    followed: frozenset[Cause] = frozenset()

    def merge(self, other: Causes) -> Causes:
        """Those of either."""
        return Causes(self.shared | other.shared, self.followed | other.followed)


#: those of a fault that is like no other
NO_CAUSE = Causes()

#: kind -> what a finding in several places says, the kind that explains most first
_SENTENCES: dict[str, str] = {
    "unauthenticated": "the server takes requests without valid credentials",
    "partly-authenticated": "the server takes requests without a part of the credentials",
    "unknown-id": "the operation answers for what was never made",
    "lenient-ids": "the server reads ids leniently",
    "unchecked": "the server does not check what it is sent",
    "booleans": "the server takes any text for a boolean of the query",
    "strings": "the server takes strings for numbers and booleans",
    "scalars": "the server takes numbers and booleans for strings",
    "numbers": "the server takes numbers and booleans for one another",
    "fractions": "the server takes fractions for integers",
    "nulls": "the server takes null for other types",
    "arrays": "the server takes arrays for objects",
    "wider": "the server takes integers that are too large for their format",
    "final-line-break": "the server takes a line break at the end of texts",
    "media-types": "the server takes bodies of other media types",
    "malformed": "the server takes malformed bodies",
    "no-body": "the server takes requests without a body",
    "extra-members": "the server takes undocumented members",
    "closed": "the server refuses undocumented members",
    "trimmed": "the server trims texts",
    "echo": "the operation returns other values than it was sent",
    "read-only": "the server takes what is read-only",
    "crash": "the server fails in the same way",
    "null-members": "the answer has null for members of other types",
    "stranger": "the answer is another object than the contract describes",
    "document": "the contract has the same fault",
}

#: the same for every other kind: a member that is wrong wherever it stands, for example
_SAME = "the same fault occurs"


def grouped(causes: Mapping[str, Causes]) -> list[tuple[list[str], frozenset[Cause]]]:
    """The ids of faults, those of one cause together, and what joins them; ordered by id."""
    joined: dict[str, str] = {}

    def root(id: str) -> str:
        while joined.get(id, id) != id:
            id = joined[id]
        return id

    ids = sorted(causes)
    first: dict[Cause, str] = {}
    joining: list[tuple[Cause, str]] = []
    for id in ids:
        for cause in causes[id].shared:
            other = first.setdefault(cause, id)
            if other != id:
                joining.append((cause, id))
                joined[root(id)] = root(other)
    for id in ids:
        for cause in causes[id].followed:
            if cause in first and first[cause] != id:
                joining.append((cause, id))
                joined[root(id)] = root(first[cause])
    groups: dict[str, list[str]] = {}
    for id in ids:
        groups.setdefault(root(id), []).append(id)
    reasons: dict[str, set[Cause]] = {}
    for cause, id in joining:
        reasons.setdefault(root(id), set()).add(cause)
    found = [(members, frozenset(reasons.get(name, ()))) for name, members in groups.items()]
    return sorted(found, key=lambda group: group[0])


def sentence(causes: Iterable[Cause], places: int, example: str, *, faults: int) -> str:
    """What a finding says: the cause, the number of places, and the message about one of them.

    The message alone where there is one place, or one clause of a shared schema and nothing more to say of it.
    """
    kinds = {kind for kind, _ in causes}
    what = next((text for kind, text in _SENTENCES.items() if kind in kinds), _SAME if faults > 1 else "")
    return f"{what} in {places} places; for example, {example}" if what and places > 1 else example
