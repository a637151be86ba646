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
        """The values in its path. Another operation may have a text where this one has the items of an array."""
        values = (self.judgement.parameters.get(("path", name), "") for name in parameter_names(self.operation))
        return tuple(",".join(map(_text, value)) if isinstance(value, list) else _text(value) for value in values)

    @property
    def content_type(self) -> str:
        """The media type of its body; "" where it does not say."""
        return header(self.request.headers, "Content-Type") or ""

    @property
    def given(self) -> dict[str, Any]:
        """What it has for the members of a resource."""
        return self.responder.given(self.judgement)

    def sent_like(self, document: Any, envelope: str = "") -> Any:
        """Its body, or what is in the body's envelope: in the member called `envelope`, in which answers show the
        resource, or else in one that has more of the names of `document`."""
        sent = self.responder.sent(self.judgement)
        if not isinstance(sent, dict) or not isinstance(document, dict):
            return sent
        if isinstance(sent.get(envelope), dict):
            return sent[envelope]
        inner = [value for value in sent.values() if isinstance(value, dict)]
        best = max(inner, key=lambda value: len(value.keys() & document.keys()), default=sent)
        return best if len(best.keys() & document.keys()) > len(sent.keys() & document.keys()) else sent

    def sent_beside(self, envelope: str) -> dict[str, Any]:
        """What its body has beside the member called `envelope`; {} where it has none."""
        sent = self.responder.sent(self.judgement)
        if not envelope or not isinstance(sent, dict) or not isinstance(sent.get(envelope), dict):
            return {}
        return {name: value for name, value in sent.items() if name != envelope}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value).decode("utf-8", "replace")
