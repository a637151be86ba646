"""The canaries of a run: chosen among its accepted requests, and asked whether the server still lets the run in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import msgspec

from clausewise.conformance.breach_outcome import DENIALS
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Failure, Probe, Request, Response
from clausewise.generation.prover import Case
from clausewise.runner.canary import (
    Appearance,
    Canary,
    appearance_of,
    canary_of,
    may_last,
    says_it_of_a_resource,
)
from clausewise.runner.connection import Connection
from clausewise.runner.sent import Sent
from clausewise.security.schemes import Slot
from clausewise.transport.budget import BudgetSpent

#: canaries wanted for each set of credentials, and operations tried for it
_WANTED, _TRIED = 2, 6

#: canaries asked before the run counts as shut out, and seconds before the first of them is asked again
_ASKED, _PAUSES = 3, (0.2, 1.0)


class Denial(msgspec.Struct, frozen=True):
    """A canary that is not let in any more, and its answer."""

    canary: Canary
    answer: Response | Failure


class Canaries:
    """Accepted requests that show whether the run is let in."""

    def __init__(self, connection: Connection, repeat: Callable[[Case], Awaitable[Response | Failure]]) -> None:
        self._connection = connection
        #: sends a request that may create something, which is then removed
        self._repeat = repeat
        self._canaries: list[Canary] = []
        #: places of credentials -> operations that were tried for canaries with them
        self._tried: dict[frozenset[Slot], set[str]] = {}
        #: operation key -> its last accepted request, which may change something: for want of canaries
        self._accepted: dict[str, Canary] = {}
        #: requests sent to ask
        self.asked = 0

    def __bool__(self) -> bool:
        """Whether there is anything to ask."""
        return bool(self._canaries or self._accepted)

    def guards(self, operation: str) -> bool:
        """Whether an operation is known to accept nobody but who shows the run's credentials."""
        return any(canary.guarded and canary.operation == operation for canary in self._canaries)

    async def enlist(self, operation: OperationContract, sent: Sent) -> None:
        """Make a canary of an accepted request where one is wanted: it only reads, is refused without its credentials,
        and is accepted once more with them."""
        request, probe = sent.case.request, sent.case.probe
        if probe.expect == "refuse" or request.method == "DELETE":
            return
        canary = canary_of(operation, sent.result, sent.slots)
        self._remember(canary, operation)
        tried = self._tried.setdefault(sent.slots, set())
        found = [each for each in self._canaries if each.slots == sent.slots and each.guarded == bool(sent.slots)]
        if request.method != "GET" or operation.key in tried or len(tried) >= _TRIED or len(found) >= _WANTED:
            return
        tried.add(operation.key)
        try:
            bare = await self._connection.patiently(Case(_without(request, sent.slots), probe)) if sent.slots else None
            again = await self._connection.patiently(sent.case)
        except BudgetSpent:
            return
        if canary.standing(again, frozenset()) == "good":
            guarded = isinstance(bare, Response) and canary.standing(bare, frozenset()) != "good"
            lasting = may_last(operation, request)
            self._canaries.append(msgspec.structs.replace(canary, guarded=guarded, lasting=lasting))
            self._canaries.sort(key=lambda each: (not each.guarded, not each.lasting))

    def _remember(self, canary: Canary, operation: OperationContract) -> None:
        """Keep an accepted request of each operation, if possible one that was accepted twice."""
        earlier = self._accepted.get(operation.key)
        if earlier is None or (not earlier.lasting and earlier.request != canary.request):
            self._accepted[operation.key] = canary
        elif not earlier.lasting and "{" not in operation.operation.path:
            self._accepted[operation.key] = msgspec.structs.replace(canary, lasting=True)

    async def ask(self, doubted: Iterable[Sent], *, limited: bool = True) -> Denial | None:
        """A canary that is refused, where the run is shut out; None where it is let in, or where nothing tells.

        `doubted` are the answers in doubt. Not `limited`, only the rate holds back a canary, and none is asked twice.
        """
        answers = list(doubted)
        appearances = frozenset(sent.appearance for sent in answers)
        places = {sent.slots for sent in answers}
        # Who is let in with credentials is not banned either.
        for slots in sorted((each for each in places if each), key=len, reverse=True) or [frozenset[Slot]()]:
            denial = await self._ask_with(slots, answers, appearances, limited=limited)
            if denial is not None:
                return denial
        return None

    async def answer(self, canary: Canary, *, limited: bool = True) -> Response | Failure | None:
        """The answer to a canary; None where a limit of the run forbids to send it."""
        self.asked += 1
        case = Case(canary.request, Probe(canary.operation, "setup", "a request that was accepted before", "any"))
        try:
            if canary.request.method == "GET":
                return await self._connection.patiently(case, limited=limited)
            if not limited or not self._connection.may_write:
                return None
            return await self._repeat(case)
        except BudgetSpent:
            return None

    async def _ask_with(
        self, slots: frozenset[Slot], doubted: list[Sent], appearances: frozenset[Appearance], *, limited: bool
    ) -> Denial | None:
        pool = self._pool(slots, doubted)[:_ASKED]
        denied = await self._denials(pool, slots, appearances, limited=limited)
        doubtful = len(denied) == 1 and says_it_of_a_resource(denied[0].answer)
        if doubtful and not await self._is_confirmed(denied[0], appearances, limited=limited):
            # What it reads has ceased to be.
            self._retire(denied)
            return None
        for pause in _PAUSES if denied and limited else ():
            await asyncio.sleep(pause)
            answer = await self.answer(denied[0].canary)
            if answer is None or denied[0].canary.standing(answer, appearances) != "denied":
                return None
        return denied[0] if denied else None

    async def _is_confirmed(self, denial: Denial, appearances: frozenset[Appearance], *, limited: bool) -> bool:
        """Whether no other operation accepts what it accepted before, and one answers like the one denied."""
        appearance = appearance_of(denial.canary.request, denial.answer)
        others = [each for each in self._accepted.values() if each.operation != denial.canary.operation]
        others.sort(key=lambda each: not each.lasting)
        alike = not others
        for canary in others[:_WANTED]:
            answer = await self.answer(canary, limited=limited)
            if answer is not None and canary.standing(answer, appearances) == "good":
                return False
            alike = alike or (answer is not None and appearance_of(canary.request, answer) == appearance)
        return alike

    async def _denials(
        self, pool: Iterable[Canary], slots: frozenset[Slot], appearances: frozenset[Appearance], *, limited: bool
    ) -> list[Denial]:
        """The canaries of `pool` that are refused; none where one is accepted that shows that the run is let in."""
        denied: list[Denial] = []
        for canary in pool:
            answer = await self.answer(canary, limited=limited)
            standing = canary.standing(answer, appearances) if answer is not None else "unsure"
            if standing == "good" and (canary.guarded or not slots or not denied):
                # The answers to the others have changed for reasons of their own.
                self._retire(denied)
                return []
            if standing == "denied" and answer is not None:
                denied.append(Denial(canary, answer))
        return denied

    def _pool(self, slots: frozenset[Slot], doubted: list[Sent]) -> list[Canary]:
        """The canaries to ask, the most telling first. Where none is known to need the credentials, what the doubted
        operations accepted is sent again."""
        guarded = [each for each in self._canaries if each.guarded and each.slots & slots]
        if guarded:
            return guarded
        if self._canaries and not (slots and any(_asks_for_login(sent) for sent in doubted)):
            return self._canaries
        fitting = [each for each in self._accepted.values() if each.slots & slots or not slots]
        keys = {sent.case.probe.operation for sent in doubted}
        own = sorted((each for each in fitting if each.operation in keys), key=lambda each: each.lasting)
        return [*(own or fitting)[-1:], *(each for each in self._canaries if each.slots & slots)]

    def _retire(self, denied: Iterable[Denial]) -> None:
        for each in denied:
            self._accepted.pop(each.canary.operation, None)
            self._canaries = [other for other in self._canaries if other is not each.canary]


def _asks_for_login(sent: Sent) -> bool:
    """Whether an answer may be what somebody gets who is not logged in: a refusal of them, a redirect, or a page."""
    answer = sent.result.response
    return answer is not None and (answer.status in DENIALS or 200 <= answer.status < 400)


def _without(request: Request, slots: Iterable[Slot]) -> Request:
    for slot in slots:
        request = slot.clear(request)
    return request
