"""Tasks: what a session follows at once, each with steps of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

import msgspec

from clausewise.contract.contract import OperationContract
from clausewise.exchange import Exchange, Failure, Request, Response
from clausewise.generation.prover import Case
from clausewise.phases.baseline import Opening, Refused
from clausewise.resources.order import parts


class Task(msgspec.Struct):
    """One operation on its way, or one lifecycle."""

    #: begins the ids of its exchanges
    name: str
    #: None for a lifecycle, which takes several
    operation: OperationContract | None
    steps: Generator[Iterable[Case], list[Exchange], Any]
    #: what the steps want sent next; None before the first and behind the last
    batch: Iterable[Case] | None = None
    #: requests sent, for their ids
    sent: int = 0
    #: the last request that was accepted with credentials
    accepted: Request | None = None
    #: what came of opening it; None before that
    opening: Opening | None = None
    #: those of its opening, or of its lifecycle
    exchanges: list[Exchange] = []
    #: how many of them are learnt from
    learnt: int = 0
    #: requests that were refused as its opening, and the refusals
    refused: Refused = {}
    #: how much was known when it was opened; None before
    knew: int | None = None

    @property
    def parts(self) -> bool:
        """Whether its operation may end the run's login."""
        return self.operation is not None and parts(self.operation)

    @property
    def deletes(self) -> bool:
        """Whether its operation removes something, and not the run's login."""
        return self.operation is not None and self.operation.operation.method == "DELETE" and not self.parts


def exchange_of(name: str, case: Case, answer: Response | Failure) -> Exchange:
    """The exchange named `name`: what `case` sent and what came of it."""
    return Exchange(
        id=name,
        request=case.request,
        response=answer if isinstance(answer, Response) else None,
        failure=answer if isinstance(answer, Failure) else None,
        probe=case.probe,
    )


def nothing() -> Generator[Iterable[Case], list[Exchange], None]:
    """Steps that want nothing sent."""
    yield from ()
