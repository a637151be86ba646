"""Documents for people (Markdown, HTML, plain text): the curl commands in them, and the responses shown below those.

A command is a request, and the JSON block after it is its response; further blocks count where a status is named.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote, unquote_plus

import msgspec

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange, ExchangePath, Headers, Request, Response, Unreadable, header
from clausewise.recordings import commands, shell
from clausewise.recordings.commands import Found
from clausewise.recordings.entry import Entries, Entry, RecordedExchange, Skipped
from clausewise.recordings.from_curl import Command, NotUnderstood, read_command
from clausewise.recordings.markup import readable
from clausewise.recordings.passage import Passage
from clausewise.recordings.placeholders import is_placeholder, is_placeholder_parameter, with_values
from clausewise.recordings.positions import JsonFaultError, JsonPositions, read_json
from clausewise.spec.router import Match

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


#: bytes of a file beside the document that a command sends
_MOST = 10 * 1024**2


class _Reader:
    def __init__(self, passage: Passage, contract: Contract) -> None:
        self._passage = passage
        self._contract = contract
        self._numbers: Counter[str] = Counter()
        #: the here-documents that commands write to files or send on
        self._written = list(commands.here_documents(passage))

    def read(self) -> Iterator[Entry]:
        at = 0
        text = self._passage.text
        while found := commands.find(self._passage, at):
            at = found.at
            place = str(self._passage.locate(found.start))
            if not found.is_placed:
                yield Skipped(
                    place, "a curl command within a sentence or a string is not read; give it a line of its own"
                )
                continue
            try:
                line, here = self._line(found)
            except shell.UnclosedError as error:
                yield Unreadable(str(self._passage.locate(error.index)), str(error))
                continue
            at = max(at, line.end)
            if _is_cut(text, line):
                message = "the shell ends the command at this `&`: put the URL in quotation marks"
                yield Unreadable(str(self._passage.locate(line.end)), message)
                continue
            read = read_command(line.words, here, partial(self._file, before=line.end))
            if isinstance(read, NotUnderstood):
                yield _not_understood(read, place)
                continue
            follows = commands.find(self._passage, at)
            until = follows.start if follows else len(text)
            for number, command in enumerate(read):
                yield from self._exchanges(command, found.start, at, until if number == len(read) - 1 else at)

    def _line(self, found: Found) -> tuple[shell.CommandLine, Passage | None]:
        """The words of a command, and its standard input where the document shows that. Raises UnclosedError."""
        line = shell.split(self._passage, found.at, found.shell, inline=found.inline)
        here = line.here
        if line.pending is not None:
            here, end = shell.here_document(self._passage, line.pending, line.end)
            line = msgspec.structs.replace(line, end=end)
        if line.source is not None:
            here = self._file(line.source, line.end)
        shows = commands.input_of(self._passage, found)
        if shows is not None:
            here = commands.shown_by(shows)
            if shows.pending is not None:
                body, end = shell.here_document(self._passage, shows.pending, line.end)
                here = body if shows.words[0].text == "cat" else None
                line = msgspec.structs.replace(line, end=end)
        return line, here

    def _file(self, name: str, before: int) -> Passage | None:
        """The content of a file: what the document shows of it before this index, else the file beside the document."""
        shown = [(start, end) for start, end, output in self._written if output == name and start < before]
        if shown:
            start, end = shown[-1]
            return self._passage.cut(start + 1, self._passage.text.rfind("\n", start, end) + 1)
        return _beside(self._passage.file, name)

    def _exchanges(self, command: Command, start: int, end: int, until: int) -> Iterator[Entry]:
        place = self._passage.locate(start)
        request, body = command.request, command.body
        unrecorded: set[ExchangePath] = {("response", "header"), *command.elsewhere}
        match = self._contract.router.match(request.method, request.target)
        operation = self._contract.operation(match.operation.key) if match else None
        if command.body_elsewhere:
            unrecorded.add(("request", "body"))
            yield Skipped(str(place), f"the request body {command.body_elsewhere}, so it is not checked")
        elif body is not None and _is_json_text(request):
            body = with_values(body)
            request = msgspec.structs.replace(request, body=body.text.encode("utf-8", "surrogatepass"))
            try:
                read_json(body.text)
            except JsonFaultError as error:
                unrecorded.add(("request", "body"))
                yield self._not_json(body, error, "the request body")
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
            request=JsonPositions(body) if body is not None else None,
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
            inside = next((end for at, end, _ in self._written if at <= begin < end), None)
            if inside is not None:
                start = inside
                continue
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
            shown = self._passage.cut(begin, end)
            block = with_values(shown)
            try:
                read_json(block.text)
            except JsonFaultError as error:
                return self._not_json(block, error, "the response body"), end
            return (block if block is not shown else None), end
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


def _is_cut(text: str, line: shell.CommandLine) -> bool:
    """Whether the shell ends a command within its URL."""
    after = text[line.end : line.end + 2]
    return after[:1] == "&" and after[1:].strip() not in ("", "&") and bool(line.words) and "?" in line.words[-1].text


def _not_understood(why: NotUnderstood, place: str) -> Unreadable | Skipped:
    if why.is_right:
        return Skipped(place, f"the curl command is not checked: {why.message}")
    where = f"{why.word.locate(0)}" if why.word is not None else place
    return Unreadable(where, f"the curl command is not understood: {why.message}")


def _beside(document: str, name: str) -> Passage | None:
    """The text of a file in the folder of the document, or below it; None where there is none."""
    folder = Path(document).parent.resolve()
    file = (folder / name).resolve()
    try:
        if is_placeholder(name) or not file.is_relative_to(folder) or not file.is_file() or file.stat().st_size > _MOST:
            return None
        return Passage.of(str(Path(document).parent / name), file.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError):
        return None


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
        if is_placeholder_parameter(unquote(value)) or _alike(value, name):
            found.add(("request", "path", name))
    for pair in request.target.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if is_placeholder_parameter(unquote_plus(value)) or (_alike(value, name) and value):
            found.add(("request", "query", unquote_plus(name)))
    for parameter in match.operation.parameters:
        sent = header(request.headers, parameter.name) if parameter.location == "header" else None
        if sent is not None and is_placeholder_parameter(sent):
            found.add(("request", "header", parameter.name))
    return found


def _alike(value: str, name: str) -> bool:
    """Whether a value is spelled like the parameter's own name."""
    plain = [re.sub(r"[^a-z0-9]", "", re.sub(r"%[0-9A-Fa-f]{2}", "", word).lower()) for word in (value, name)]
    return plain[0] == plain[1]
