"""Checks the exchanges that pass a proxy, and records them: in a thread of its own, so that nobody waits for it."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import msgspec

from clausewise.conformance.response import check_response
from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.contract.request import judge_request
from clausewise.errors import Location
from clausewise.exchange import Exchange, Request, Response, header
from clausewise.media.codings import decoded
from clausewise.media.registry import is_stream
from clausewise.mockserver.refusal import reason_of
from clausewise.private_file import make_private
from clausewise.recordings import ndjson
from clausewise.recordings.entry import RecordedExchange, Skipped
from clausewise.results.evidence import Observation
from clausewise.results.faults import Fault
from clausewise.security.credentials import slots_of
from clausewise.security.declared import declared_in
from clausewise.security.redact import Redactor
from clausewise.spec.router import Match
from clausewise.validation.examiner import Examiner
from clausewise.validation.summary import ScanResult
from clausewise.wording import byte_size, counted

#: bytes of a body that are kept to be judged, and of one without its content coding
LIMIT = 8 * 1024 * 1024
_DECODED = 64 * 1024 * 1024

#: exchanges that wait to be checked; while there are more, others pass unchecked
_WAITING = 1_000

#: seconds that the last ones have at the end
_AT_THE_END = 30.0

_Seen = tuple[Exchange | None, str, str]


class CheckingWitness:
    """What a proxy shows its exchanges. `say` is given a line for each fault that is new, and each request that was not
    checked."""

    def __init__(
        self, contract: Contract, upstream: str, recording: Path, say: Callable[[str], None], *, enforces: bool = False
    ) -> None:
        self.limit = LIMIT
        self.enforces = enforces
        self._contract = contract
        self._upstream = upstream
        self._recording = recording
        self._say = say
        self._examiner = Examiner(contract, "all", sees_credentials=True)
        specification = contract.specification
        self._redactor = Redactor((), slots_of(specification.operations), declared=declared_in(specification))
        self._started, self._clock = datetime.now(UTC), perf_counter()
        self._waiting: queue.Queue[_Seen | None] = queue.Queue(_WAITING)
        self._left_out = 0
        self._lines = 0
        #: secrets that were known when the first exchange was recorded
        self._known = 0
        self._faults: set[str] = set()
        self._thread = threading.Thread(target=self._work, name="checks", daemon=True)
        self._thread.start()

    def saw(self, exchange: Exchange) -> None:
        """Check and record an exchange, soon."""
        self._put((exchange, "", ""))

    def lost(self, request: str, why: str) -> None:
        """Say and count that a request has no exchange that can be checked."""
        self._put((None, request, why))

    def _put(self, seen: _Seen) -> None:
        try:
            self._waiting.put_nowait(seen)
        except queue.Full:
            self._left_out += 1

    def breach_of_request(self, request: Request) -> str:
        """What a request breaks, as sentences; "" where it keeps the contract."""
        match = self._match(request)
        if match is None:
            offered = self._contract.router.methods(request.target)
            return f"the path offers only {', '.join(offered)}" if offered else "the contract has no such path"
        judgement = judge_request(self._operation(match), request, match.path_parameters, evidence=False)
        broken = [reason_of(breach) for breach in judgement.breaches if breach.clause.severity == "error"]
        return "; ".join(dict.fromkeys(reason.sentence for reason in broken))

    def breach_of_response(self, request: Request, response: Response) -> str:
        """What a response breaks, as sentences; "" where it keeps the contract."""
        match = self._match(request)
        if match is None:
            return ""
        facts = check_response(self._operation(match), Exchange("", request, _plain(response)), evidence=False)
        return "; ".join(dict.fromkeys(seen.message for seen in facts.observations if seen.severity == "error"))

    def is_stream(self, response: Response) -> bool:
        """Whether the body of a response is not to be waited for."""
        return is_stream(header(response.headers, "Content-Type") or "")

    def result(self) -> ScanResult:
        """What was checked, when no more will come; the recording is complete then."""
        self._waiting.put(None)
        self._thread.join(_AT_THE_END)
        if self._redactor.learned > self._known:
            self._mask_again()
        if self._left_out:
            exchanges = counted(self._left_out, "exchange")
            self._examiner.take(Skipped(self._upstream, f"{exchanges} came faster than they could be checked"))
        return ScanResult(
            collector=self._examiner.collector,
            sources=(self._upstream,),
            evidence="all",
            started=self._started,
            seconds=perf_counter() - self._clock,
            traffic=True,
        )

    def _work(self) -> None:
        with os.fdopen(make_private(self._recording), "wb") as stream:
            while (seen := self._waiting.get()) is not None:
                exchange, request, why = seen
                if exchange is None:
                    self._examiner.take(Skipped(self._redactor.target(request), self._redactor.message(why)))
                    self._say(f"{self._redactor.target(request)}: {self._redactor.message(why)}")
                else:
                    stream.write(self._check(exchange))
                    stream.flush()

    def _check(self, exchange: Exchange) -> bytes:
        """The line of an exchange in the recording, after it was checked."""
        self._lines += 1
        request, response = exchange.request, exchange.response
        assert response is not None
        response = _plain(response)
        place = Location(self._recording.name, self._lines, 1)
        exchange = msgspec.structs.replace(
            exchange,
            id=f"{place.file}:{place.line}",
            request=self._below_base(request),
            response=response,
            scheme="http",
        )
        unmatched = len(self._examiner.collector.unmatched.kinds)
        self._examiner.take(RecordedExchange(exchange, place))
        if len(self._examiner.collector.unmatched.kinds) > unmatched:
            self._say(f"{request.method} {self._redactor.target(request.target)}: the contract has no such path")
        for name, cut in (("request", request.cut), ("answer", response.cut)):
            if cut:
                rest = f"the {name} has {cut} bytes more than {byte_size(self.limit)}, which are not judged"
                self._say(f"{request.method} {self._redactor.target(request.target)}: {rest}")
        self._redactor.learn_from(exchange)
        if self._lines == 1:
            self._known = self._redactor.learned
        for fault in self._examiner.collector.faults.values():
            if fault.id not in self._faults:
                self._faults.add(fault.id)
                self._say(self._line(fault, exchange))
        return ndjson.encode(self._redactor.exchange(exchange))

    def _mask_again(self) -> None:
        """Mask in the recording what later exchanges have shown to be secret."""
        exchanges = (each for each in ndjson.read(self._recording) if isinstance(each, Exchange))
        fresh = self._recording.with_suffix(".part")
        ndjson.write(fresh, map(self._redactor.exchange, exchanges))
        fresh.replace(self._recording)

    def _line(self, fault: Fault[Observation], exchange: Exchange) -> str:
        seen = fault.shown
        message = self._redactor.message(seen.message)
        request = f"{exchange.request.method} {self._redactor.target(exchange.request.target)}"
        return f"{seen.severity}: {message} ({request}, {self._recording.name}:{self._lines}) [{seen.rule}]"

    def _match(self, request: Request) -> Match | None:
        return self._contract.router.match(request.method, self._below_base(request).target)

    def _operation(self, match: Match) -> OperationContract:
        return self._contract.operation(match.operation.key)

    def _below_base(self, request: Request) -> Request:
        """The request with the path that the contract knows it by: as the client sent it, else as the server got it."""
        whole = f"{self._base}{request.target}"
        if self._contract.router.methods(request.target) or not self._contract.router.methods(whole):
            return request
        return msgspec.structs.replace(request, target=whole)

    @property
    def _base(self) -> str:
        """The path in the URL of the server."""
        from urllib.parse import urlsplit

        return urlsplit(self._upstream).path.rstrip("/")


def _plain(response: Response) -> Response:
    """A response without its content coding."""
    if response.cut:
        return response
    content, why = decoded(response.body, response.headers, _DECODED)
    return msgspec.structs.replace(response, body=content, undecoded=why)
