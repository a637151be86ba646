"""The Exchange: one request, its response, and the probe that it was sent for.

Code that sends requests or reads recordings hands exchanges to the code that checks them, and neither depends on the
other.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote_plus

import msgspec

from clausewise.in_band import refuses_in_band

#: header names and values in the order sent; names keep the case they were written in
Headers = tuple[tuple[str, str], ...]

#: RFC 9110 sections 5.1 and 5.5, as patterns: what the name of a header is, and what a value cannot hold
HEADER_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
NOT_IN_HEADER = r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]"

#: a place in an exchange, from the outside in: ("request", "query", "limit"), ("response", "header")
ExchangePath = tuple[str, ...]

#: what a probe expects: the server accepts it, refuses it, or either
Expectation = Literal["accept", "refuse", "any"]


class Request(msgspec.Struct, frozen=True):
    """An HTTP request, ready for the wire."""

    method: str
    #: path and query below the target's base URL, percent-encoded, starting with "/"
    target: str
    headers: Headers = ()
    #: body bytes; None when no body is sent
    body: bytes | None = None
    #: bytes at the end of the body that a recording did not keep
    cut: int = 0


class Response(msgspec.Struct, frozen=True):
    """An HTTP response, its body without content codings (RFC 9110 section 8.4)."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    #: from sending the request to the last byte, in seconds
    seconds: float = 0.0
    #: why a content coding of the body could not be undone, as a sentence about "it"; the body is then as it came
    undecoded: str = ""
    #: what is wrong with where the answer says that it ends (RFC 9112 section 6); "" where nothing is
    framing: str = ""
    #: bytes at the end of the body that were not read, or that a recording did not keep: such a body is not judged
    cut: int = 0
    #: when the request went out, in UTC; None where the transport did not note it
    started: datetime | None = None


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """There is no response: the connection broke, the server took too long, or the request was not sent."""

    #: "endless": an answer began, and its body was still coming when the time was over
    kind: Literal["timeout", "endless", "connect", "disconnect", "protocol", "unsent"]
    message: str
    #: the `Content-Type` of an endless answer
    media_type: str = ""
    #: whether HTTP cannot carry the request, so that nothing of it was sent
    unsendable: bool = False
    #: whether it went over a connection that others had used before, which a server may close at any time: alone this
    #: is no fault (RFC 9112 section 9.3.1)
    reused: bool = False

    @property
    def was_sent(self) -> bool:
        """Whether the request went out: else the target has no part in it."""
        return self.kind != "unsent" and not self.unsendable


#: an answer that began and did not end
CUT_OFF = Failure("disconnect", "the connection was closed in the middle of the answer")

#: stands for the answer to a request whose resource fails with every request, because of an earlier one
DAMAGED = Failure("unsent", "an earlier request had damaged the resource, which failed with every request")


class Sequel(msgspec.Struct, frozen=True):
    """What the answer to a probe must be after earlier exchanges."""

    #: slug of the rule that any other answer breaks
    rule: str
    #: what happened before, for people: "createThing had created it"; `told` in a recording
    before: str = msgspec.field(name="told")
    #: "found": not 404 or 410; "holds" and "lacks": the body shows the resource that `value` names, or does not;
    #: "gone": the body is not the one whose digest is `value`; "own": no member at a JSON Pointer in `value` has the
    #: value that a client sent, which stands there after the pointer of the keyword in the document that says it is
    #: read-only
    expects: Literal["found", "holds", "lacks", "gone", "own"]
    value: Any = None
    #: names of members that may name the resource, the likeliest first, without case and punctuation; () where any may
    names: tuple[str, ...] = ()


class Probe(msgspec.Struct, frozen=True):
    """Why a request was sent, and what its outcome shows."""

    #: key of the operation it is aimed at
    operation: str
    #: source of the probe: "baseline", "clauses", ...
    phase: str
    #: what is special about the request, for people: "`name` has 65 characters"
    note: str
    expect: Expectation
    #: key of the clause it is about; None for a plain baseline
    clause: str | None = None
    #: keys of the clauses it breaks (`clause` first); empty for a request that keeps the contract
    breaks: tuple[str, ...] = ()
    #: keys of the clauses that it keeps, and that a refusal of it violates
    keeps: tuple[str, ...] = ()
    #: union branch of the body it was built from
    branch: str | None = None
    #: where in the message it deviates: ("body", "nodePools", 0, "name"); empty for a baseline
    deviates_at: tuple[str | int, ...] = ()
    #: stable code of what is special about the request beside its clause, "non-ascii" for example: with the clause it
    #: identifies a fault, so it never changes, and it is never shown; "" where the clause says it all
    aspect: str = ""
    #: status that the request asks for (`Prefer`, RFC 7240), and that is no fault then; None when it asks for none
    asks_for: int | None = None
    #: whether it only explores: a request that fails is reduced and sent again, and that one is reported
    explores: bool = False
    #: whether the request without its deviation is refused as well, so that a refusal of it shows nothing
    unaccepted: bool = False
    #: what the answer must be after earlier exchanges; None where they do not matter
    sequel: Sequel | None = None

    @property
    def changes_path(self) -> bool:
        """Whether it deviates in a path parameter, so that it may name another resource, or none."""
        return bool(self.deviates_at) and str(self.deviates_at[0]).startswith("path.")


class Exchange(msgspec.Struct, frozen=True):
    """A request with its response, or the failure to get one."""

    #: unique within a run and stable for a seed: "createCluster-0042"
    id: str
    request: Request
    response: Response | None = None
    failure: Failure | None = None
    probe: Probe | None = None
    #: when the request went out, in UTC; None in records of older versions, and where nobody knows
    started: datetime | None = None
    #: of the URL that the request was recorded with; "" where there is none
    scheme: str = ""
    #: id of the trace that the request was sent in (W3C Trace Context); "" where it was sent in none
    trace: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the server accepted the request: a 2xx status, and a body that says nothing else."""
        response = self.response
        return response is not None and 200 <= response.status < 300 and not refuses_in_band(response.body)


def sent_at(answer: Response | Failure, asked: datetime | None = None) -> datetime:
    """When the request of an `answer` that has just come went out, in UTC. Only a response knows when, or how long it
    took: other answers count from `asked`, when the request was asked for, or from now."""
    now = datetime.now(UTC)
    if not isinstance(answer, Response):
        return asked or now
    return answer.started or now - timedelta(seconds=answer.seconds)


class Unreadable(msgspec.Struct, frozen=True):
    """One entry of a recording that could not be read; the entries after it are read all the same."""

    #: file and line, or whatever names the place
    source: str
    message: str


def header(headers: Headers, name: str) -> str | None:
    """The first value of a header, its name compared without case (RFC 9110 section 5.1); None when absent."""
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return None


def query_pairs(query: str) -> list[tuple[str, str]]:
    """The names and values of a query string, percent-decoded, empty values kept."""
    return parse_qsl(query, keep_blank_values=True)


def query_parts(query: str) -> list[tuple[str, str]]:
    """The names in a query string, percent-decoded, and their values as they are written there."""
    parts = (part.partition("=") for part in query.split("&") if part)
    return [(unquote_plus(name), value) for name, _, value in parts]


def cookie_pairs(headers: Headers) -> list[tuple[str, str]]:
    """The names and values in the `Cookie` headers as they are written there (RFC 6265 section 4.2.1)."""
    written = [value for name, value in headers if name.lower() == "cookie"]
    pairs = [pair.partition("=") for value in written for pair in value.split(";")]
    return [(name.strip(), value.strip()) for name, _, value in pairs if name.strip()]
