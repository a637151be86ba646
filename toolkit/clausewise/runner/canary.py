"""Canaries: requests that were accepted at the start and are repeated later, to see whether the server still lets the
run in. A refusal of one speaks of a lost login, a ban or a server that is gone, and not of the contract.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeGuard

import msgspec

from clausewise.conformance.breach_outcome import DENIALS
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, Failure, Request, Response, header
from clausewise.media.json import parse_json
from clausewise.media.types import best_match, essence
from clausewise.security.schemes import Slot
from clausewise.transport.budget import SAFE_METHODS

#: statuses by which servers shut a client out: 404 hides what is there, 511 is of a captive portal (RFC 6585)
_SHUTTING_OUT = DENIALS | {404, 429, 511}

#: statuses by which a server says something of one resource: alone they are no sign that nobody is let in
_OF_A_RESOURCE = frozenset({400, 404, 405, 409, 410, 422})

#: statuses by which a gateway answers in the place of a server (RFC 9110 sections 15.6.3 to 15.6.5)
_OF_GATEWAY = frozenset({502, 503, 504})

#: bytes of a body that are compared
_COMPARED = 2000

#: what differs between answers that are otherwise the same: numbers, and what is written in hexadecimal digits
_NUMBER = re.compile(rb"[0-9a-f]{4,}(?:-[0-9a-f]{4,})+|[0-9a-f]{8,}|\d+", re.IGNORECASE)


class Appearance(NamedTuple):
    """What an answer looks like."""

    #: the kind of the failure where there is no answer
    status: int | str
    #: "" where there is no body or no type
    media_type: str
    #: the beginning of the body, without numbers
    body: bytes


#: what an answer to a canary shows: the run is let in, it is not, or neither
Standing = Literal["good", "denied", "unsure"]


class Canary(msgspec.Struct, frozen=True, eq=False):
    """An accepted request, to be sent again."""

    #: key of its operation
    operation: str
    request: Request
    #: the places of the run's credentials in it
    slots: frozenset[Slot]
    #: of the accepted answer
    appearance: Appearance
    #: what its JSON is: "array", or the names of an object's members; "" for any other
    shape: str
    #: whether it was refused without the credentials: only then an acceptance shows that they are good
    guarded: bool = False
    #: whether it was accepted twice, changes nothing and names no resource
    lasting: bool = True

    def standing(self, answer: Response | Failure, doubted: frozenset[Appearance]) -> Standing:
        """What the `answer` to it shows, while answers that look like those in `doubted` are in doubt."""
        appearance = appearance_of(self.request, answer)
        alike = appearance in doubted and appearance != self.appearance
        is_other_type = appearance.media_type not in ("", self.appearance.media_type)
        if isinstance(answer, Failure):
            return "unsure" if answer.kind == "timeout" else "denied"
        if 200 <= answer.status < 300:
            # A page or an error for everybody looks otherwise than what the operation itself answers.
            is_its_own = self.shape != "" and shape_of(answer) == self.shape
            return "denied" if is_other_type or (alike and not is_its_own) else "good"
        if answer.status >= 500 and answer.status not in _SHUTTING_OUT:
            # A server that fails is at fault, whoever asks; a text in the place of its JSON comes from before it.
            return "denied" if alike and is_other_type and answer.status in _OF_GATEWAY else "unsure"
        if self.lasting:
            return "denied"
        return "denied" if (alike and answer.status not in _OF_A_RESOURCE) or is_about_login(answer) else "unsure"


def canary_of(operation: OperationContract, exchange: Exchange, slots: frozenset[Slot]) -> Canary:
    """An accepted exchange as a canary, which has not shown yet that it is good for one."""
    assert exchange.response is not None
    appearance = appearance_of(exchange.request, exchange.response)
    return Canary(operation.key, exchange.request, slots, appearance, shape_of(exchange.response), lasting=False)


def may_last(operation: OperationContract, request: Request) -> bool:
    """Whether a request changes nothing and names no resource that may cease to be."""
    return request.method in SAFE_METHODS and "{" not in operation.operation.path


def appearance_of(request: Request, answer: Response | Failure) -> Appearance:
    """What `answer` looks like, whatever numbers it has and wherever it repeats the path of the `request`."""
    if isinstance(answer, Failure):
        return Appearance(answer.kind, "", b"")
    path = request.target.partition("?")[0].encode("utf-8", "replace")
    body = answer.body[:_COMPARED].replace(path, b"") if len(path) > 1 else answer.body[:_COMPARED]
    return Appearance(answer.status, media_type_of(answer), _NUMBER.sub(b"0", body))


def shape_of(answer: Response) -> str:
    """What the JSON of an answer is: "array", or the names of an object's members; "" for any other body."""
    try:
        value = parse_json(answer.body)
    except ValueError:
        return ""
    return "array" if isinstance(value, list) else " ".join(sorted(value)) if isinstance(value, dict) else ""


def media_type_of(answer: Response) -> str:
    """The media type of a body; "" where there is no body or no type."""
    return essence(header(answer.headers, "Content-Type") or "") if answer.body else ""


def is_about_login(answer: Response | Failure) -> TypeGuard[Response]:
    """Whether an answer says that who asks is not let in."""
    return isinstance(answer, Response) and answer.status in DENIALS


def says_it_of_a_resource(answer: Response | Failure) -> bool:
    """Whether a refusal may be about what the request names, and not about who asks."""
    return isinstance(answer, Response) and answer.status in _OF_A_RESOURCE


def is_marked(operation: OperationContract, answer: Response | Failure) -> bool:
    """Whether `answer` may come from a lost login or a ban, as far as it shows by itself: by its status, by a redirect
    elsewhere, or as a page where the operation documents none."""
    if isinstance(answer, Failure):
        return False
    if answer.status in _SHUTTING_OUT or (300 <= answer.status < 400 and answer.status != 304):
        return True
    media_type = media_type_of(answer)
    if not media_type or media_type.endswith("json"):
        return False
    documented = [entry.name for response in operation.operation.responses for entry in response.content]
    return best_match(media_type, documented) is None and (bool(documented) or media_type == "text/html")
