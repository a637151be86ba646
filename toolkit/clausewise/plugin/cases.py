"""The cases of `@contract.cases`: requests generated from the contract, to be sent by any client."""

from __future__ import annotations

import json
import os
from typing import Any

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.operation import OperationContract
from clausewise.errors import UsageError
from clausewise.exchange import Exchange, Headers, Request, header
from clausewise.generation.property_tests import DrawnRequest, Mode, classified, map_drawn, requests
from clausewise.generation.prover import Prover
from clausewise.plugin.clients.table import send
from clausewise.plugin.collector import LOCAL, SessionCollector
from clausewise.plugin.options import PluginOptions
from clausewise.recordings.curl import to_curl
from clausewise.security.configure import configure
from clausewise.security.credentials import Credentials
from clausewise.security.redact import Redactor

MODES: tuple[Mode, ...] = ("positive", "negative", "any")

#: the header of JSON bodies without a media type
_PLAIN = (("Content-Type", "application/json"),)


class Case:
    """A generated request of one operation."""

    def __init__(
        self, operation: OperationContract, drawn: DrawnRequest, base_path: str, credentials: Credentials
    ) -> None:
        self._base_path = base_path
        self._credentials = credentials
        #: key of the operation
        self.operation = operation.key
        #: its target starts after the base path of the contract
        self.request: Request = drawn.request
        #: the clause that it breaks, the most specific one of several; None for a valid request
        self.breaks: Clause | None = drawn.breaks[0] if drawn.breaks else None
        #: every clause that it breaks
        self.all_breaks: tuple[Clause, ...] = drawn.breaks

    @property
    def body(self) -> Any:
        """The decoded JSON body; None where there is no body, or it is not JSON."""
        try:
            return json.loads(self.request.body) if self.request.body else None
        except ValueError:
            return None

    def curl(self, base_url: str | None = None) -> str:
        """The curl command that sends it to the server at `base_url`; it reads secrets from environment variables."""
        url = base_url if base_url is not None else LOCAL + self._base_path
        return to_curl(self._redactor.exchange(Exchange("", self.request)).request, url)

    def send(self, client: Any, base_url: str | None = None) -> Any:
        """The response of `client`, of a library that `contract.check` supports; await it if `client` is async.

        `base_url` is put before the path. Without it, the base path of the contract is, unless the client has a base
        URL with a path. Raises UsageError for an unsupported client, and for one that needs a `base_url`.
        """
        return send(client, self.request, base_url, self._base_path)

    def __repr__(self) -> str:
        """What Hypothesis prints of a failing example: an expression that recreates it, and the broken clause."""
        redactor = self._redactor
        # Only known secrets are masked in the target: a drawn value of a parameter named "key" recreates the case.
        words = [self.operation, self.request.method, redactor.text(self.request.target)]
        shown = ", ".join(map(repr, words))
        if self.request.body is not None:
            shown += f", {self.body if self._is_plain else self.request.body!r}"
        headers = [pair for pair in self.request.headers if pair not in _PLAIN and pair[0] != "Accept"]
        if headers:
            shown += f", headers={dict(redactor.headers(tuple(headers)))!r}"
        broken = f"  # breaks {self.breaks.where}: {self.breaks.text}" if self.breaks is not None else ""
        return f"contract.case({shown}){broken}"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """The same for IPython and Hypothesis, which would otherwise print how it was drawn."""
        printer.text(repr(self))

    @property
    def _redactor(self) -> Redactor:
        return Redactor(self._credentials.secrets, self._credentials.slots, own_requests=True)

    @property
    def _is_plain(self) -> bool:
        """Whether the body is JSON as `contract.case` would write it."""
        return self.body is not None and _json(self.body) == self.request.body


class CaseFactory:
    """Creates the cases of an operation."""

    def __init__(self, collector: SessionCollector, options: PluginOptions, operation: str) -> None:
        self._operation = collector.contract.operation(operation)
        self._values = options.run.values
        credentials = configure(
            collector.contract.specification,
            headers=options.run.headers,
            tables=options.run.credentials,
            values=options.run.values,
            environ=os.environ,
        )
        # The client fetches tokens: requests are classified as if it had them.
        self._credentials = msgspec.structs.replace(credentials, stand_ins=not credentials.values)
        self._base_path = collector.contract.specification.base_paths[0]

    def strategy(self, mode: Mode) -> Any:
        """A Hypothesis strategy of cases. Raises UsageError for an unknown mode, and where no case can be generated."""
        if mode not in MODES:
            raise UsageError(f'there is no mode "{mode}"', remedy=f"write {', '.join(MODES[:-1])} or {MODES[-1]}")
        drawn = requests(self._operation, mode, self._values, self._credentials)
        return map_drawn(drawn, lambda one: self._case(one))

    def one(self, method: str, target: str, body: Any, headers: Headers) -> Case:
        """The case with the given request."""
        content = body if isinstance(body, bytes | None) else _json(body)
        sent = headers if content is None or header(headers, "Content-Type") is not None else (*headers, *_PLAIN)
        prover = Prover(self._operation, self._credentials)
        return self._case(classified(prover, Request(method, target, sent, content)))

    def _case(self, drawn: DrawnRequest) -> Case:
        return Case(self._operation, drawn, self._base_path, self._credentials)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def reproduction(case: Case) -> str:
    """How to reproduce a failing example. Hypothesis itself prints no arguments once Schemathesis is imported."""
    return f"Recreate it: {case!r}\nSend it: {case.curl()}"
