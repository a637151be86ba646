"""What plans need to know of the run."""

from __future__ import annotations

import msgspec

from clausewise.cases.baseline import Values
from clausewise.cases.search import Examples
from clausewise.exchange import Headers


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
