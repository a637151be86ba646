"""Leave to write: asked for each request that may change something, where it leaves.

Every such request counts, those that clean up and those that are sent again included, and for whatever the run makes
the budget holds back what its removal takes. So the limit is never exceeded, and what is made can be removed.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.errors import ClausewiseError
from clausewise.exchange import Exchange, Failure, Probe, Request, Response
from clausewise.options import RunOptions, value_for
from clausewise.phases.base import Context
from clausewise.resources.identity import Resource, values_in_path
from clausewise.resources.types import parameter_names
from clausewise.runner.cleanup import Cleanup
from clausewise.runner.targets import Target
from clausewise.transport.budget import (
    CHANGING_METHODS,
    Leave,
    WriteNotAllowed,
    WritesSpent,
    is_write,
    leads_elsewhere,
)
from clausewise.wording import counted

#: statuses after which a request has to be sent again (RFC 6585 section 4, RFC 9110 section 15.6.4)
_PUT_OFF = frozenset({429, 503})


def leave_to_write(target: Target, options: RunOptions, spent: int = 0) -> Leave:
    """What the user allows to be written, where so many are `spent`. On a server elsewhere that is nothing, unless the
    user gives a number."""
    if options.allow_writes == 0:
        return Leave(0, "--allow-writes 0 allows no request that may change something", "raise --allow-writes")
    if options.allow_writes is None and not target.is_local:
        why = f"{target.name} is not on this machine, and without --allow-writes nothing is sent that may change it"
        remedy = "set a limit for requests that may change data: --allow-writes N; or leave them out: --allow-writes 0"
        return Leave(0, why, remedy)
    return Leave(options.allow_writes, only_own=not target.is_local, spent=spent)


class Written(msgspec.Struct, frozen=True):
    """What a run wrote."""

    #: requests sent that may change something, and the limit on them; None for no limit
    sent: int
    limit: int | None
    #: resources by the path of their collection: those made, those removed again, and those left
    made: Mapping[str, int]
    removed: Mapping[str, int]
    left: Mapping[str, int]
    #: operation -> requests without an answer, which may have made something all the same
    unanswered: Mapping[str, int]


class Writes:
    """Counts the writes of a run, and lets none out beyond what the user allows."""

    def __init__(self, context: Context, cleanup: Cleanup, fail: Callable[[Exception], None]) -> None:
        """`fail` hears of a fault of clausewise."""
        self._contract = context.contract
        self._inventory = context.factory.inventory
        self._values = context.options.values
        self._leave = context.leave
        #: what it made
        self.cleanup = cleanup
        self._fail = fail
        #: whether the target keeps what it is given, as the mock does not
        self._remembers = context.remembers
        #: writes that count on the limit, and of those the ones under way that may create something
        self.sent = self._leave.spent
        self._creating = 0
        self._numbers = itertools.count(1)
        #: writes that one removal is expected to take: a server that puts writes off, or loses them, takes two
        self._each = 1
        #: operation -> writes without an answer, which may have made something all the same
        self.unanswered: Counter[str] = Counter()
        self._broken: ClausewiseError | None = None

    @property
    def written(self) -> Written:
        """What was written so far."""
        done = self.cleanup
        sent = self.sent - self._leave.spent
        return Written(sent, self._leave.limit, done.made, done.removed, done.left, self.unanswered)

    @property
    def may_write(self) -> bool:
        """Whether one more request may leave that can change something."""
        return self._leave.limit is None or self.sent + self._held_back < self._leave.limit

    @property
    def _held_back(self) -> int:
        """Writes that are held back for removals."""
        return (self.cleanup.outstanding + self._creating) * self._each

    def ask(self, request: Request, probe: Probe | None, *, removes: bool) -> int:
        """Count a write that leaves now; its number. Raises BudgetSpent where it must not."""
        if self._leave.why:
            raise WriteNotAllowed(self._leave.why)
        if self._broken is not None and not removes:
            raise self._broken
        if self._leave.only_own and leads_elsewhere(request.target):
            raise WriteNotAllowed("a server elsewhere is sent no write whose path has a dot segment")
        if self._leave.only_own and not removes and not self._may_change(request, probe):
            raise WriteNotAllowed("on a server elsewhere the run changes only what it has created")
        if not removes and self._is_left_alone(request, probe):
            raise WriteNotAllowed(
                f"the contract does not document {request.method} here, so it is tried only on what the run has "
                "created; --allow-writes N lets it be tried elsewhere, too"
            )
        creates = self._creates(request, probe) and not removes
        limit = self._leave.limit
        # First tries go before further ones.
        kept = self.cleanup.untried if removes else self._held_back + creates * self._each
        if limit is not None and self.sent + 1 + kept > limit:
            held = "; the rest is held back to remove what the run creates" if kept and not removes else ""
            raise WritesSpent(f"the limit of {counted(limit, 'writing request')} is reached{held}")
        number = next(self._numbers)
        operation = self._operation(request, probe) if self._remembers else None
        if operation is not None and self.cleanup.may_create(operation):
            self.cleanup.begin(number, operation, request)
        self.sent += 1
        self._creating += creates
        return number

    def answered(self, number: int, request: Request, probe: Probe | None, answer: Response | Failure | None) -> None:
        """Take note of the answer to a write; None where nobody waited for it."""
        operation = self._operation(request, probe)
        self._creating -= self._creates(request, probe) and not _removes(probe)
        if isinstance(answer, Failure) and (answer.unsendable or answer.kind == "connect"):
            self.sent -= 1
            self.cleanup.end(number)
            return
        if not isinstance(answer, Response):
            self._each = 2
            if operation is not None and self._remembers and self.cleanup.may_create(operation):
                self.unanswered[operation.key] += 1
            return
        if answer.status in _PUT_OFF:
            self._each = 2
        if not self._remembers:
            return
        try:
            self.cleanup.take(operation, Exchange("", request, answer, probe=probe))
            self.cleanup.end(number)
        except ClausewiseError as error:
            self._broken = error
            raise
        except Exception as error:
            self._fail(error)

    def take_earlier(self, exchange: Exchange) -> None:
        """Take note of a write of an earlier process of the run, which is in the journal and counts no more."""
        if self._remembers and is_write(exchange.request) and exchange.response is not None:
            self.cleanup.take(self._operation(exchange.request, exchange.probe), exchange, is_noted=True)

    def _may_change(self, request: Request, probe: Probe | None) -> bool:
        """Whether a request can change nothing but what the run created, what the user named, or what the path of its
        operation stands for as a whole."""
        operation = self._operation(request, probe)
        if operation is None:
            # Nothing is known of it but its path.
            return any(self.cleanup.is_own(other, request) for other in self._at(request.target))
        names = parameter_names(operation)
        adds = request.method == "POST" and self.cleanup.may_create(operation)
        if adds or not names or self.cleanup.is_own(operation, request):
            return True
        of_type = self._inventory.type_created_by(operation) or self._inventory.type_put_by(operation)
        if of_type is not None and not self._inventory.has_listed(
            Resource(of_type.path, values_in_path(operation, request))
        ):
            return True
        named = [value_for(self._values, operation.key, name) for name in names]
        values = tuple(map(str, values_in_path(operation, request)))
        return all(found for found, _ in named) and values == tuple(str(value) for _, value in named)

    def _is_left_alone(self, request: Request, probe: Probe | None) -> bool:
        """Whether a request has a method that the contract does not document, perhaps because somebody took it out, and
        the user has not allowed it: a DELETE of what the run did not create, or a change of one such resource."""
        if self._leave.limit is not None or not self._remembers or request.method not in CHANGING_METHODS:
            return False
        if self._operation(request, probe) is not None or self._may_change(request, probe):
            return False
        return request.method == "DELETE" or any(map(parameter_names, self._at(request.target)))

    def _at(self, target: str) -> list[OperationContract]:
        """The operations of the path that a target matches."""
        router = self._contract.router
        offered = [router.match(method, target) for method in router.methods(target)]
        return [self._contract.operation(match.operation.key) for match in offered if match is not None]

    def _creates(self, request: Request, probe: Probe | None) -> bool:
        operation = self._operation(request, probe) if self._remembers else None
        return operation is not None and self.cleanup.can_undo(operation)

    def _operation(self, request: Request, probe: Probe | None) -> OperationContract | None:
        """The operation that a request calls; None where the contract has none."""
        if probe is not None:
            aimed_at = self._contract.operation(probe.operation)
            if aimed_at.operation.method == request.method:
                return aimed_at
        match = self._contract.router.match(request.method, request.target)
        return self._contract.operation(match.operation.key) if match is not None else None


def _removes(probe: Probe | None) -> bool:
    return probe is not None and probe.phase == "cleanup"
