"""What the engine is told, and what a person is told where it cannot be used."""

from __future__ import annotations

import msgspec

from clausewise.exchange import Headers

#: what to do when Schemathesis cannot be used
REMEDY = "leave engine out of the phases, or install what it needs: pip install 'clausewise[engine]'"


class Settings(msgspec.Struct, frozen=True):
    """What the engine is to do."""

    seed: int
    #: examples of each of its phases that generates them, for one operation
    examples: int
    #: sent with every request
    headers: Headers
    credentials: Headers
    #: whether the credentials are real ones, so that others are expected to be refused
    authentic: bool
    #: whether the target keeps what it is given, as the mock does not: else nothing follows from what came before
    remembers: bool
    #: seconds that it may have to wait for an answer, because of a limit on requests per second
    wait: float
    #: whether requests that may change something can be sent
    writes: bool
