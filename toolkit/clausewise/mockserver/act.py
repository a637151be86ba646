"""A request to a mock that keeps what it is given, and what it says about a resource."""

from __future__ import annotations

from typing import Any

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.contract.request import RequestJudgement
from clausewise.exchange import Request, header
from clausewise.media.json import json_text
from clausewise.mockserver.collection import Key
from clausewise.mockserver.respond import Responder
from clausewise.resources.types import parameter_names


class Act(msgspec.Struct, frozen=True, eq=False):
    """A request of an operation that keeps the contract."""

    operation: OperationContract
    #: makes the answers of the operation
    responder: Responder
    request: Request
    judgement: RequestJudgement
    #: its `Accept` header
    accept: str

    @property
    def method(self) -> str:
        """The method of its operation."""
        return self.operation.operation.method

    @property
    def key(self) -> Key:
        """The values in its path."""
        values = (self.judgement.parameters.get(("path", name), "") for name in parameter_names(self.operation))
        return tuple(
            value if isinstance(value, str) else json_text(value).decode("utf-8", "replace") for value in values
        )

    @property
    def content_type(self) -> str:
        """The media type of its body; "" where it does not say."""
        return header(self.request.headers, "Content-Type") or ""

    @property
    def given(self) -> dict[str, Any]:
        """What it has for the members of a resource."""
        return self.responder.given(self.judgement)

    def sent_like(self, document: Any) -> Any:
        """Its body, or what is in the body's envelope where that has more of the names of `document`."""
        sent = self.responder.sent(self.judgement)
        if not isinstance(sent, dict) or not isinstance(document, dict):
            return sent
        inner = [value for value in sent.values() if isinstance(value, dict)]
        best = max(inner, key=lambda value: len(value.keys() & document.keys()), default=sent)
        return best if len(best.keys() & document.keys()) > len(sent.keys() & document.keys()) else sent
