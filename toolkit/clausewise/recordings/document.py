"""Documents for people (Markdown, HTML, plain text): the curl commands in them, and the responses shown below those.

A command is a request, and the JSON block after it is its response; further blocks count where a status is named.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from clausewise.contract.contract import Contract, OperationContract
from clausewise.exchange import Exchange, ExchangePath, Headers, Request, Response, Unreadable
from clausewise.recordings import shell
from clausewise.recordings.entry import Entries, Entry, RecordedExchange, Skipped
from clausewise.recordings.from_curl import Command, read_command
from clausewise.recordings.markup import readable
from clausewise.recordings.passage import Passage
from clausewise.recordings.placeholders import is_placeholder
from clausewise.recordings.positions import JsonFaultError, JsonPositions, read_json
from clausewise.spec.router import Match

#: where a command may begin: at the start of a line, behind a prompt, in backticks or in a substitution
_CURL = re.compile(r"(?:^[ \t>]*(?:[$%#][ \t]+)?|`|\$\(|[|;&][ \t]*)(?:sudo[ \t]+)?(curl)[ \t]+(?=\S)", re.MULTILINE)
#: where a block of JSON may begin
_BLOCK = re.compile(r"^[ \t>]*([{\[])", re.MULTILINE)
_OBJECT = re.compile(r'\{\s*(?:"|\}|//)')
_ABRIDGED = re.compile(r"\.\.\.|\u2026|//|/\*")

_STATUS = re.compile(
    r"(?:HTTP/[\d.]+[ \t]+|(?:status|response|returns?|code)\b[^\n\d]{0,20})([1-5]\d\d)\b"
    r"|^\W{0,6}([1-5]\d\d)\b(?:[ \t]+[A-Za-z][A-Za-z ]*)?\W*$",
    re.IGNORECASE | re.MULTILINE,
)


def read_document(content: bytes, file: str, contract: Contract) -> Entries:
    """The exchanges that a document shows, in their order.

    A path segment that repeats the parameter's own name, in braces or not, counts as a placeholder for it. What does
    not parse is Unreadable, with its place; what is abridged, or refers to a file, is Skipped.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        yield Unreadable(f"{file}:{line}:{column}", "is not UTF-8 text")
        text = content.decode("utf-8", "replace")
    yield from _Reader(readable(file, text), contract).read()


class _Reader:
    def __init__(self, passage: Passage, contract: Contract) -> None:
        self._passage = passage
        self._contract = contract
        self._numbers: Counter[str] = Counter()

    def read(self) -> Iterator[Entry]:
        at = 0
        while found := _CURL.search(self._passage.text, at):
            at = found.end()
            try:
                words, end, here = shell.split(self._passage, at)
            except shell.UnclosedError as error:
                if _is_command(self._passage.text, at):
                    yield Unreadable(str(self._passage.locate(error.index)), str(error))
                continue
            command = read_command(words, here)
            if command is None:
                continue
            follows = _CURL.search(self._passage.text, end)
            until = follows.start() if follows else len(self._passage.text)
            yield from self._exchanges(command, found.start(1), end, until)
            at = end

    def _exchanges(self, command: Command, start: int, end: int, until: int) -> Iterator[Entry]:
        place = self._passage.locate(start)
        request = command.request
        unrecorded: set[ExchangePath] = {("response", "header")}
        match = self._contract.router.match(request.method, request.target.partition("?")[0])
        operation = self._contract.operation(match.operation.key) if match else None
        if command.body_elsewhere:
            unrecorded.add(("request", "body"))
            yield Skipped(str(place), "the request body is not in the document, so it is not checked")
        elif command.body is not None and _is_json_text(request):
            try:
                read_json(command.body.text)
            except JsonFaultError as error:
                unrecorded.add(("request", "body"))
                yield self._not_json(command.body, error, "the request body")
        unrecorded |= {("request", "body", name) for name in command.elsewhere}
        if match is not None:
            unrecorded |= _placeholders(match, request)
        name = operation.key if operation else f"{request.method} {request.target.partition('?')[0]}"
        self._numbers[name] += 1
        recorded = RecordedExchange(
            Exchange(f"{place.file}:{place.line}", request),
            place,
            written=f"{place.file} {name} {self._numbers[name]}",
            operation=operation.key if operation else None,
            unrecorded=frozenset(unrecorded),
            request=JsonPositions(command.body) if command.body is not None else None,
        )
        yield from self._answered(recorded, operation, end, until)

    def _answered(
        self, recorded: RecordedExchange, operation: OperationContract | None, start: int, until: int
    ) -> Iterator[Entry]:
        """The request with the block after it as its response, and an exchange of its own for each further block."""
        answers: list[Entry] = []
        first = True
        while found := _BLOCK.search(self._passage.text, start, until):
            begin = found.start(1)
            block, end = self._block(begin, until)
            if block is None:
                start = end
                continue
            status = self._status(start, begin)
            start = end
            if isinstance(block, Unreadable | Skipped):
                answers.append(block)
            elif first or status is not None:
                status = status or _usual_status(operation)
                answers.append(self._with_answer(recorded, operation, block, status, first=first))
            first = False
        shown = [answer for answer in answers if isinstance(answer, RecordedExchange)]
        if not any(("request",) not in answer.unrecorded for answer in shown):
            yield recorded
        yield from answers

    def _block(self, begin: int, until: int) -> tuple[Passage | Unreadable | Skipped | None, int]:
        """The JSON text that begins here, or None where this is no JSON; and the index after it."""
        text = self._passage.text
        try:
            _, end = json.JSONDecoder().raw_decode(text, begin)
        except (ValueError, RecursionError):
            if not _OBJECT.match(text, begin):
                return None, begin + 1
            end = _closing(text, begin, until)
            block = self._passage.cut(begin, end)
            try:
                read_json(block.text)
            except JsonFaultError as error:
                return self._not_json(block, error, "the response body"), end
            return None, end
        block = self._passage.cut(begin, end)
        try:
            read_json(block.text)
        except JsonFaultError as error:
            return self._not_json(block, error, "the response body"), end
        return block, end

    def _with_answer(
        self,
        recorded: RecordedExchange,
        operation: OperationContract | None,
        block: Passage,
        status: int,
        *,
        first: bool,
    ) -> RecordedExchange:
        headers = _json_headers(operation, status)
        response = Response(status, headers, block.text.encode("utf-8", "surrogatepass"))
        place = self._passage.locate(0) if not block.offsets else block.locate(0)
        unrecorded, written = recorded.unrecorded, recorded.written
        exchange = msgspec.structs.replace(recorded.exchange, response=response)
        if not first:
            # The request is judged once, with the first response.
            unrecorded, written = unrecorded | {("request",)}, f"{written} {status}"
            exchange = msgspec.structs.replace(exchange, id=f"{place.file}:{place.line}")
        return msgspec.structs.replace(
            recorded, exchange=exchange, unrecorded=unrecorded, written=written, response=JsonPositions(block)
        )

    def _status(self, start: int, begin: int) -> int | None:
        """The last status named in the lines above a block; None where none is."""
        named = list(_STATUS.finditer(self._passage.text[max(start, begin - 400) : begin]))
        return int(named[-1][1] or named[-1][2]) if named else None

    def _not_json(self, text: Passage, error: JsonFaultError, what: str) -> Unreadable | Skipped:
        place = str(text.locate(error.index))
        if _ABRIDGED.search(text.text[error.index : error.index + 3] or ""):
            return Skipped(place, f"{what} is abridged, so it is not checked")
        return Unreadable(place, f"{what} {error.message}")


def _is_command(text: str, at: int) -> bool:
    """Whether `curl` is followed by an argument, and not by prose."""
    return re.match(r"(?:-|https?:|[\"'$<{]|localhost)", text[at:]) is not None


def _is_json_text(request: Request) -> bool:
    """Whether a body is meant to be JSON, whatever its header says."""
    return (request.body or b"").lstrip()[:1] in (b"{", b"[")


def _closing(text: str, begin: int, until: int) -> int:
    """Where a block that is not JSON ends: at the fence, at an empty line or at the closing brace in its column."""
    indent = begin - (text.rfind("\n", 0, begin) + 1)
    closing = rf"^(?:[ \t>]*```|[ \t]{{{indent}}}[}}\]][ \t;]*$)|\n[ \t]*\n"
    end = re.compile(closing, re.MULTILINE).search(text, begin, until)
    if end is None:
        return until
    return end.end() if end[0].strip(" \t;\n") in ("}", "]") else end.start()


def _usual_status(operation: OperationContract | None) -> int:
    """The lowest 2xx status that is documented; 200 where none is."""
    codes = [int(status) for status in operation.responses if re.fullmatch(r"2\d\d", status)] if operation else []
    return min(codes, default=200)


def _json_headers(operation: OperationContract | None, status: int) -> Headers:
    """The documented media type of a response whose body is shown as a block of JSON."""
    response = operation.response_for(status) if operation else None
    entry = response.with_schema if response is not None else None
    return (("Content-Type", entry.sent_as if entry is not None else "application/json"),)


def _placeholders(match: Match, request: Request) -> set[ExchangePath]:
    """The parameters that have a placeholder, or only their own name, where their value belongs."""
    found: set[ExchangePath] = set()
    for name, value in match.path_parameters.items():
        if is_placeholder(value) or is_placeholder(re.sub(r"%7[Bb](.*)%7[Dd]", r"{\1}", value)) or _alike(value, name):
            found.add(("request", "path", name))
    for pair in request.target.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if is_placeholder(value) or (_alike(value, name) and value):
            found.add(("request", "query", name))
    for name, value in request.headers:
        if is_placeholder(value):
            found.add(("request", "header", name))
    return found


def _alike(value: str, name: str) -> bool:
    """Whether a value is spelled like the parameter's own name."""
    plain = [re.sub(r"[^a-z0-9]", "", re.sub(r"%[0-9A-Fa-f]{2}", "", word).lower()) for word in (value, name)]
    return plain[0] == plain[1]
