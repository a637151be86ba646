"""The responses of a conformant server: the document's example that fits best, else a generated value, with the values
of the request put in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

import msgspec

from clausewise.contract.bodies import write_body
from clausewise.contract.operation import OperationContract
from clausewise.contract.parameters import encode_header
from clausewise.contract.parts import HeaderContract, MediaContract, ResponseContract
from clausewise.contract.request import RequestJudgement
from clausewise.exchange import Headers, Response
from clausewise.media.codec import Malformed
from clausewise.media.types import best_match, essence, is_json, is_range, quality
from clausewise.mockserver.overlay import likeness, overlaid, view_of
from clausewise.mockserver.refusal import PROBLEM, Reason, explained, phrase, problem
from clausewise.mockserver.templates import Templates, named_example
from clausewise.resources.types import parameter_names
from clausewise.values.carried import carried
from clausewise.values.defaults import defaults_of
from clausewise.values.edit import Location, get, put
from clausewise.values.typical import NoValueError
from clausewise.values.words import words

#: statuses for a refusal, the best first; the first that the contract documents is used
_NO_CREDENTIALS = ("401", "403", "4XX", "400", "default")
_NOT_SUPPORTED = ("415", "400", "422", "4XX", "default")
_INVALID = ("400", "422", "4XX", "default")
_NOT_THERE = ("404", "410", "4XX", "default")

#: headers that say how an answer was sent, and when, or what its bytes are: whoever sends it writes them, and a value
#: that a schema allows would be false (RFC 9110 sections 6.6.1, 7.6.1, 8.4, 8.6, RFC 9112 section 6.1, RFC 9530)
_OF_TRANSPORT = frozenset(
    (
        *("content-length", "content-encoding", "transfer-encoding", "date"),
        *("connection", "keep-alive", "proxy-connection", "upgrade", "trailer", "te"),
        *("content-digest", "repr-digest", "digest", "content-md5"),
    )
)


class Answer(msgspec.Struct, frozen=True, eq=False):
    """An answer that is being made: its status, and the bodies that it may have."""

    status: int
    #: None for an undocumented status
    contract: ResponseContract | None
    #: the media type; None for an answer without a body
    entry: MediaContract | None
    #: possible bodies, the first one first; empty without a body
    templates: tuple[Any, ...] = ()


class Responder:
    """Creates the responses of one operation. The same requests in the same order get the same responses for a seed."""

    def __init__(self, operation: OperationContract, seed: int, *, beyond_examples: bool = False) -> None:
        """With `beyond_examples` it also shows what the examples in the document leave out."""
        self._operation = operation
        self._beyond_examples = beyond_examples
        self._made = Templates(operation, seed, beyond_examples=beyond_examples)
        self._templates = cache(self._made.of)
        #: how many times each target was asked for
        self._turns: Counter[str] = Counter()

    def refuse(self, keyword: str, reasons: Sequence[Reason], accept: str = "") -> Response:
        """The refusal of a request for these `reasons`, of which the first is a breach of a clause with `keyword`, with
        the `Accept` header `accept`. Where the contract documents no status for that, it has an undocumented one: a 404
        or a 409 would name another reason."""
        wanted = {"security": _NO_CREDENTIALS, "content": _NOT_SUPPORTED}.get(keyword, _INVALID)
        own = 401 if keyword == "security" else 400
        return self._refused(self._documented(wanted, own) or own, reasons, accept)

    def missing(self, reason: Reason, accept: str = "", *, was_there: bool = False) -> Response | None:
        """The answer where what the path names is not there; None where the contract documents none, unless it is known
        for certain, as it `was_there` before."""
        status = self._documented(_NOT_THERE, 404) or (404 if was_there else None)
        return self._refused(status, [reason], accept) if status is not None else None

    def accept(self, judgement: RequestJudgement, accept: str = "", target: str = "") -> Response:
        """The answer to a request that keeps the contract, whose `Accept` header is `accept`. Repeated requests with a
        `target` show every body."""
        answer = self.turned(self.begin(self.success(), accept), target)
        return self.finish(answer, self.filled(answer, self.given(judgement)))

    def turned(self, answer: Answer, about: str) -> Answer:
        """`answer` with another body as the first choice each time that something is asked `about`."""
        if not about or len(answer.templates) < 2:
            return answer
        turn = self._turns[about] % len(answer.templates)
        self._turns[about] += 1
        return msgspec.structs.replace(answer, templates=(*answer.templates[turn:], *answer.templates[:turn]))

    def given(self, judgement: RequestJudgement) -> dict[str, Any]:
        """What a request has for the members of a resource: the values in its path, and the members of its body."""
        found = {name: value for (location, name), value in judgement.parameters.items() if location == "path"}
        for outer in parameter_names(self._operation)[:-1]:
            if len(words(outer)) == 1:
                # In /boards/{id}/cards/{cardId} the `id` is that of the board.
                found.pop(outer, None)
        body = self.sent(judgement)
        return found | body if isinstance(body, dict) else found

    def sent(self, judgement: RequestJudgement) -> Any:
        """The body of a request, without what only the server sets; None where there is none."""
        message = self._operation.body_message
        return carried(message, judgement.body) if message is not None else judgement.body

    def left_out(self, judgement: RequestJudgement) -> dict[str, Any]:
        """The defaults of the members that the object in a request leaves out."""
        message, body = judgement.message, judgement.body
        if message is None or not isinstance(body, dict):
            return {}
        return {name: value for name, value in defaults_of(message).items() if name not in body}

    def success(self, *preferred: str) -> int:
        """The status of success: the first of the `preferred` ones that is documented, else the first of all."""
        fitting = [name for kind in "231" for name in self._operation.responses if name[0] == kind]
        chosen = [name for name in preferred if name in self._operation.responses]
        # "2XX" and "default" allow more than one status.
        return next((int(name) if name.isdigit() else int(name[0]) * 100 for name in (*chosen, *fitting)), 200)

    def status(self, code: int, accept: str = "", *, example: str = "", dynamic: bool = False) -> Response | None:
        """A response with the status `code`, as documented for it, for its range or by default; None where the contract
        documents none. `example` names the one to answer with: KeyError where there is none; a `dynamic` answer is
        another one each time."""
        contract = self._operation.response_for(code)
        if contract is None:
            return None
        answer = self.begin(code, accept)
        if answer.entry is None:
            return self.finish(answer)
        if example:
            body = named_example(answer.entry, example)
            return self.finish(answer, "" if isinstance(body, Malformed) else body)
        if dynamic:
            number = self._turns["dynamic"]
            self._turns["dynamic"] += 1
            return self.finish(answer, self._made.drawn(answer.entry, contract.documented.status, number))
        if self._beyond_examples:
            answer = self.turned(answer, f"{code} {answer.entry.name}")
        if code >= 400:
            return self._answered_with(answer, [Reason(f"the request asked for the status {code}")])
        return self.finish(answer, answer.templates[0])

    def begin(self, code: int, accept: str = "") -> Answer:
        """An answer with the status `code`, and its possible bodies."""
        contract = self._operation.response_for(code)
        entry = _accepted(contract, accept) if contract is not None else None
        if contract is None or entry is None:
            return Answer(code, contract, None)
        templates = self._templates(entry, contract.documented.status)
        return Answer(code, contract, msgspec.structs.replace(entry, sent_as=_sent_as(entry, accept)), tuple(templates))

    def filled(
        self,
        answer: Answer,
        given: dict[str, Any],
        envelope: str = "",
        beside: Mapping[str, Any] = MappingProxyType({}),
    ) -> Any:
        """The body that shows most of the `given` members: where other answers show them in an `envelope`, there if it
        has that, with what is `beside` them."""
        if answer.entry is None:
            return None
        values = sorted(answer.templates, key=lambda value: likeness(value, given), reverse=True)
        message = answer.entry.message
        if message is None or not isinstance(values[0], dict):
            return values[0]
        outer = values[0]
        at = place_for(outer, given) or ((envelope,) if isinstance(outer.get(envelope), dict) else ())
        inner = [get(value, at) for value in values if isinstance(value, dict) and (not at or at[0] in value)]
        objects = [value for value in inner if isinstance(value, dict)]
        body = put(outer, at, overlaid(objects, given, view_of(message, at, outer)))
        around = {name: value for name, value in beside.items() if at and name in outer and name != at[0]}
        return overlaid([body], around, view_of(message, (), body)) if around else body

    def showing(self, answer: Answer, value: Any) -> Any:
        """The body that shows a resource with this `value`; another one where the contract does not allow it."""
        if isinstance(value, dict):
            return self.filled(answer, value)
        message = answer.entry.message if answer.entry is not None else None
        return value if message is None or message.is_valid(value) else answer.templates[0]

    def answers_like(self, other: Responder) -> bool:
        """Whether the answers of both have the same schema."""
        one, another = self._shown, other._shown
        return one is not None and another is not None and (one is another or bool(one == another))

    @cached_property
    def _shown(self) -> Any:
        """The schema of the answer of success; None where none judges it."""
        entry = self.begin(self.success()).entry
        return entry.message.schema if entry is not None and entry.message is not None else None

    def finish(self, answer: Answer, body: Any = None, headers: Headers = ()) -> Response:
        """The response with this body, and with these `headers` in the place of the documented ones.

        Raises NoValueError where neither this body nor another has a form in the media type.
        """
        if answer.contract is None:
            return Response(answer.status)
        own = {name.lower() for name, _ in headers}
        kept = tuple(pair for pair in self._headers(answer.contract) if pair[0].lower() not in own)
        if answer.entry is None:
            return Response(answer.status, (*kept, *headers))
        # What came in the request may have no form in the media type: XML has none for control characters.
        forms = (write_body(answer.entry, value) for value in (body, *answer.templates))
        written = next(filter(None, forms), None)
        if written is None:
            raise NoValueError(f"no body that the contract allows has a form as {answer.entry.sent_as}")
        return Response(answer.status, (("Content-Type", written.content_type), *kept, *headers), written.content)

    def examples(self, code: int, accept: str = "") -> list[str]:
        """The names of the examples that the contract has for a response."""
        contract = self._operation.response_for(code)
        entry = _accepted(contract, accept) if contract is not None else None
        return [example.name for example in entry.media.examples if example.name] if entry is not None else []

    def _documented(self, statuses: Sequence[str], own: int) -> int | None:
        """The first of `statuses` that the contract documents, `own` where that is a range; None where there is
        none."""
        status = next((name for name in statuses if name in self._operation.responses), None)
        return None if status is None else int(status) if status.isdigit() else own

    def _refused(self, code: int, reasons: Sequence[Reason], accept: str) -> Response:
        return self._answered_with(self.begin(code, accept), reasons)

    def _answered_with(self, answer: Answer, reasons: Sequence[Reason]) -> Response:
        """The refusal that `answer` is, for these `reasons`."""
        code = answer.status
        if answer.contract is None:
            return Response(code, (("Content-Type", PROBLEM),), problem(code, reasons))
        if answer.entry is None:
            return self.finish(answer)
        message = answer.entry.message
        if message is not None:
            return self.finish(answer, explained(answer.templates[0], code, reasons, message))
        if answer.entry.media.examples:
            return self.finish(answer, answer.templates[0])
        if is_json(answer.entry.sent_as):
            return self.finish(answer, msgspec.json.decode(problem(code, reasons)))
        text = "; ".join(reason.sentence for reason in reasons) or phrase(code)
        is_text = essence(answer.entry.sent_as) == "text/plain"
        return self.finish(answer, f"{text}\n" if is_text else answer.templates[0])

    def _headers(self, contract: ResponseContract) -> Headers:
        headers = (documented for documented in contract.headers if documented.header.name.lower() not in _OF_TRANSPORT)
        return tuple((documented.header.name, self._header(documented)) for documented in headers)

    def _header(self, documented: HeaderContract) -> str:
        header, message = documented.header, documented.message
        values = [one.value for one in header.examples if message is None or message.is_valid(one.value)]
        if not values and message is None:
            return "1"
        if not values and message is not None:
            values = [self._made.made(message, header.name)]
        return encode_header(header, values[0])


def place_for(body: dict[str, Any], given: dict[str, Any]) -> Location:
    """Where in a body the resource is shown that has the `given` members: at its root, or in the object that has more
    of their names, an envelope."""
    inner = [name for name, value in body.items() if isinstance(value, dict) and name not in given]
    best = max(inner, key=lambda name: len(body[name].keys() & given.keys()), default=None)
    if best is None or len(body[best].keys() & given.keys()) <= len(body.keys() & given.keys()):
        return ()
    return (best,)


def _accepted(contract: ResponseContract, accept: str) -> MediaContract | None:
    """The media type of an answer: the one that `Accept` wants most, of several the one that a schema judges first;
    where it wants none of them, as without it. None for an answer without a body."""
    first = contract.judged or next(iter(contract.content.values()), None)
    wanted = {id(entry): quality(_sent_as(entry, accept), accept) for entry in contract.content.values()}
    return max(contract.content.values(), key=lambda entry: (wanted[id(entry)], entry is first), default=None)


def _sent_as(entry: MediaContract, accept: str) -> str:
    """What a body is sent as: for a range (`image/*`) of which `Accept` wants another media type than the usual one,
    that, if it is written in the same way."""
    if not is_range(entry.name) or quality(entry.sent_as, accept) > 0:
        return entry.sent_as
    named = sorted({essence(written) for written in accept.split(",")})
    inside = [one for one in named if one and not is_range(one) and best_match(one, [entry.name]) is not None]
    written_alike = [one for one in inside if entry.codec_of(one) is entry.codec]
    return max([entry.sent_as, *written_alike], key=lambda one: quality(one, accept))
