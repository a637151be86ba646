"""What plans need to know of the run."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from clausewise.exchange import Headers
from clausewise.generation.candidates import Values
from clausewise.generation.search import Examples


class Settings(msgspec.Struct, frozen=True):
    """What a plan needs to know of the run."""

    seed: int
    #: sent with every request
    headers: Headers
    #: sent with every request but those that try to go without
    credentials: Headers
    values: Values
    #: "baseline", "clauses", "pairs", "properties", "lifecycle"
    phases: tuple[str, ...]
    #: credentials of another user, who must not see what the run makes; () when none are known
    others: Headers = ()
    #: of the phase `properties`
    examples: Examples = Examples()
    #: operation -> keys of the clauses whose probes are made; of an operation that is not in it everything is tried
    clauses: Mapping[str, frozenset[str]] = {}

    def wants(self, operation: str, clause: str | None) -> bool:
        """Whether to make the probes of a clause; those of none are made where everything is tried."""
        return operation not in self.clauses or clause in self.clauses[operation]
