"""Turns drafts into requests, and proves which clauses each request keeps and breaks, before it is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from clausewise.contract.breaches import Breach
from clausewise.contract.clause import Clause
from clausewise.contract.message import Message
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import can_write, is_open
from clausewise.contract.request import RequestJudgement, judge_request
from clausewise.exchange import Probe, Request
from clausewise.generation.draft import ABSENT, Draft, write
from clausewise.generation.draft import can_write as can_write_body
from clausewise.security.credentials import Credentials
from clausewise.values.edit import get, locate, put


class Case(msgspec.Struct, frozen=True):
    """A request to send, and its probe."""

    request: Request
    probe: Probe
    #: whether the resource that it creates is needed until the end of the run
    lasting: bool = False
    #: an accepted request to the same resource, which shows whether a crash is that of `request` or of what an earlier
    #: one did to the resource; None where that cannot be
    control: Request | None = None
    #: gives the accepted request that it changes, as it can be sent again; None where it changes none, or none can
    accepted: Callable[[], Request] | None = None
    #: seconds to wait before it is sent: what servers do later is done by then
    wait: float = 0.0


class BaselineRequest(msgspec.Struct, frozen=True, eq=False):
    """A request to which probes are changes: an accepted one, or a refused one where nothing was accepted."""

    draft: Draft
    judgement: RequestJudgement
    branch: str | None
    #: keys of the clauses it keeps
    upheld: frozenset[str]
    #: number of these clauses for each part, path and branch
    upheld_at: Counter[tuple[str, tuple[str, ...], tuple[str, ...]]]

    def nearness(self, clause: Clause) -> tuple[int, int]:
        """How near it comes to `clause`: the number of clauses that it keeps on the way, in the same alternatives, and
        of the objects and arrays there; null keeps as much of a nullable member."""
        on_the_way = [clause.path[:depth] for depth in range(len(clause.path) + 1)]
        around = [clause.branch[:depth] for depth in range(len(clause.branch) + 1)]
        kept = sum(self.upheld_at[clause.part, path, branch] for path in on_the_way for branch in around)
        root = root_of(self.draft, clause.part)
        places = [locate(root, path) for path in on_the_way]
        holders = sum(place is not None and isinstance(get(root, place), dict | list) for place in places)
        return kept, holders


class Prover:
    """Writes and judges the requests of one operation."""

    def __init__(self, operation: OperationContract, credentials: Credentials, media: str = "") -> None:
        """`media` names the media type whose bodies are written; "" for the first that is judged."""
        self.operation = operation
        self._all_credentials = credentials
        self._others: dict[str, Prover] = {}
        #: sent with every request whose draft does not leave them out
        self.credentials = credentials.of(operation.operation)
        #: the schema-bound parts of a request: "body", "query.limit"
        self.messages: dict[str, Message] = {}
        for contract in operation.parameters:
            if contract.message is not None:
                self.messages[f"{contract.parameter.location}.{contract.parameter.name}"] = contract.message
        entry = operation.body_of(media)
        if entry is not None and entry.message is not None:
            self.messages["body"] = entry.message

    def of(self, draft: Draft) -> Prover:
        """The prover of drafts like `draft`, whose body may have another media type."""
        if draft.media not in self._others:
            self._others[draft.media] = Prover(self.operation, self._all_credentials, draft.media)
        return self._others[draft.media]

    def message(self, part: str) -> Message | None:
        """The schema-bound part of the request named `part`."""
        return self.messages.get(part)

    def request(self, draft: Draft) -> Request:
        """The request that `draft` describes."""
        return write(self.operation, draft, self.credentials)

    def judge(self, request: Request) -> RequestJudgement:
        """The clauses that `request` keeps and breaks."""
        return judge_request(self.operation, request, self.operation.match(request.target))

    def _broken(self, request: Request, meant: str = "") -> tuple[Breach, ...]:
        parameters = self.operation.match(request.target)
        return judge_request(self.operation, request, parameters, evidence=False, meant=meant).breaches

    def reaches(self, request: Request) -> bool:
        """Whether the request reaches the operation: a path parameter that is empty, or is what the path of another
        operation has there, would give it another path."""
        target = request.target
        return (
            sendable(request) and all(self.operation.match(target).values()) and not self.operation.is_elsewhere(target)
        )

    def _sendable(self, draft: Draft) -> Request | None:
        """The request of `draft`; None where it cannot be sent, or would not say what the draft says."""
        declared = {(one.location, one.name): one for one in self.operation.operation.parameters}
        if not all(can_write(declared[key], value) for key, value in draft.parameters.items() if key in declared):
            return None
        if not can_write_body(self.operation, draft):
            return None
        request = self.request(draft)
        return request if self.reaches(request) else None

    def base(self, draft: Draft, request: Request, branch: str | None) -> BaselineRequest:
        """`draft`, which was sent as `request`, as a base for probes."""
        judgement = self.judge(request)
        upheld_at = Counter((clause.part, clause.path, clause.branch) for clause in judgement.upheld)
        return BaselineRequest(
            draft, judgement, branch, frozenset(clause.key for clause in judgement.upheld), upheld_at
        )

    def keeping(self, draft: Draft) -> Request | None:
        """The request of `draft`, proved to keep every clause; None when it does not, or cannot be sent, or may be read
        otherwise."""
        described = ((self.operation.parameter(*key), value) for key, value in draft.parameters.items())
        if any(one is not None and is_open(one.parameter, one.message, value) for one, value in described):
            return None
        entry = self.operation.body_of(draft.media)
        if entry is not None and isinstance(draft.body, dict):
            members = ((entry.members.get(name), value) for name, value in draft.body.items())
            if any(member is not None and member.is_open(value) for member, value in members):
                return None
        request = self._sendable(draft)
        return request if request is not None and not self._broken(request) else None

    def breach(self, draft: Draft, probe: Probe) -> Case | None:
        """The case of `draft`, whose `probe` is given the clauses that its request is proved to break. None when it
        breaks none, when it breaks one that a server need not enforce, or when it cannot be sent."""
        request = self._sendable(draft)
        broken = self._broken(request) if request is not None else ()
        if request is None or not broken or any(each.clause.severity != "error" for each in broken):
            return None
        breaks = tuple(dict.fromkeys(each.clause.key for each in broken))
        return Case(request, msgspec.structs.replace(probe, clause=breaks[0], breaks=breaks))

    def breaking(
        self, draft: Draft, clause: Clause, beside: Collection[Clause] = ()
    ) -> tuple[Request, tuple[str, ...]] | None:
        """The request of `draft`, proved to break `clause`, and the keys of all clauses that it breaks, `clause` first.

        Other clauses may break with it only at the same place, where the breaches are inseparable (a number is not in
        an `enum` of strings), and those named `beside` it. None when the draft breaks something else, or cannot be
        sent.
        """
        request = self._sendable(draft)
        if request is None:
            return None
        broken = self._broken(request, clause.key)
        aimed = next((breach for breach in broken if breach.clause.key == clause.key), None)
        if aimed is None or any(breach.location != aimed.location and breach.clause not in beside for breach in broken):
            return None
        return request, (clause.key, *(breach.clause.key for breach in broken if breach is not aimed))


def sendable(request: Request) -> bool:
    """Whether HTTP can carry the request unchanged: no dot segment, no control character in a header."""
    if {".", ".."} & {*request.target.partition("?")[0].split("/")}:
        return False
    return all(value.isascii() and value.isprintable() and value == value.strip() for _, value in request.headers)


def root_of(draft: Draft, part: str) -> Any:
    """The value of a request part in `draft`; ABSENT when there is none."""
    if part == "body":
        return draft.body
    location, _, name = part.partition(".")
    return draft.parameters.get((location, name), ABSENT)


def with_value(draft: Draft, part: str, location: tuple[str | int, ...], value: Any) -> Draft:
    """`draft` with `value` at `location` of a request part."""
    if part == "body":
        return msgspec.structs.replace(draft, body=put(draft.body, location, value))
    place, _, name = part.partition(".")
    changed = put(draft.parameters.get((place, name)), location, value)
    return msgspec.structs.replace(draft, parameters={**draft.parameters, (place, name): changed})
