"""The oracle `files`: what is uploaded is what is downloaded, byte for byte.

An upload is a request whose body is binary data, or a form with one file. What is read below the same resource, as
binary data, may be another thing: a preview, or a converted picture. So an answer counts only where it can be seen to
be made of what was sent: it lacks its beginning or its end, has other ends of lines, or was taken for a text. A second
upload has to show the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.generation.draft import Draft
from clausewise.generation.prover import Prover, with_value
from clausewise.phases.fields import part_of
from clausewise.phases.state.kind import Kind, Steps, case_of, is_done
from clausewise.phases.state.oracle import Oracle
from clausewise.resources.identity import Resource
from clausewise.resources.types import erased
from clausewise.results.evidence import OTHER_VALUES
from clausewise.wording import counted

#: what no text has, ends of lines of two kinds, and blanks that somebody may cut off
_BEFORE, _AFTER = b" \r\n", b"\x00\xff\xfe\x80 \n\r\n\t "

#: bytes of a file that is larger than what servers keep in one piece
_LONG = 100_000

#: media types of what may be downloaded as it was uploaded, beside binary data
_TEXT = "text/plain"


def _ask(kind: Kind) -> Steps:
    for upload, download in _pairs(kind):
        found = ""
        for _ in range(2):
            sent = yield from _uploaded(kind, upload)
            if sent is None:
                break
            one, content = sent
            exchange, difference = yield from _downloaded(kind, download, one, content)
            if not difference:
                break
            if found:
                was_sent = f"{upload.key} was sent a file of {len(content)} bytes"
                kind.find(
                    "echo-mismatch",
                    download,
                    exchange,
                    f"{was_sent}, and {download.key} then gives it {difference}",
                    assertion=f"{upload.operation.source}/echo",
                    where="response.200.body",
                    seen=upload.key,
                )
            found = difference


def _pairs(kind: Kind) -> Iterator[tuple[OperationContract, OperationContract]]:
    """What uploads something of a resource, and what downloads it."""
    operations = kind.context.operations
    for download in operations:
        path = erased(download.operation.path)
        inner = path.removeprefix(kind.type.path).strip("/")
        if not path.startswith(kind.type.path) or "{" in inner or not _is_download(download):
            continue
        at_path = (each for each in operations if erased(each.operation.path) == path)
        changing = [each for each in at_path if each.operation.method in ("PUT", "POST", "PATCH")]
        for upload in [*changing, *([kind.maker] if kind.maker not in changing else [])]:
            if upload is kind.maker or kind.baseline(upload) is not None:
                yield upload, download


def _is_download(operation: OperationContract) -> bool:
    response = operation.response_for(200) if operation.operation.method == "GET" else None
    content = list(response.content.values()) if response is not None else []
    return bool(content) and all(entry.codec.binary or entry.name == _TEXT for entry in content)


def _uploaded(kind: Kind, upload: OperationContract) -> Steps:
    """A resource and the content that was uploaded for it; None where no content is accepted."""
    is_single = "{}" not in kind.type.path
    # A server may take no large file, or know by its beginning what a file is.
    for length, keeps_beginning in itertools.product((_LONG, 0), (False, True)):
        makes = upload is kind.maker and not is_single
        one = Resource(kind.type.path, ()) if is_single else None if makes else (yield from kind.create())
        if one is None and not makes:
            return None
        prover, draft = (kind.recipe.prover, kind.recipe.draft) if one is None else kind.draft(upload, one)
        number = f"clausewise {kind.rng.randrange(10**9)}".encode()
        number += b"\x00 1\n" * (length // 4)
        filled = _with_content(prover.of(draft), draft, number, keeps_beginning=keeps_beginning)
        if filled is None:
            return None
        changed, content = filled
        if one is None:
            one = yield from kind.create(changed, "its file has bytes of many kinds")
        else:
            case = case_of(prover.of(changed), changed, "the file has bytes of many kinds", aspect=OTHER_VALUES)
            (exchange,) = yield [case]
            one = one if is_done(exchange) else None
        if one is not None:
            return one, content
    return None


def _with_content(prover: Prover, draft: Draft, number: bytes, *, keeps_beginning: bool) -> tuple[Draft, bytes] | None:
    """A request of `draft` with another file, and the content of that; one that `keeps_beginning` begins as what was
    accepted, by which a server may know what kind of file it is. None where `draft` sends no file, or several."""
    replace = msgspec.structs.replace
    if draft.raw_body is not None:
        content = draft.raw_body + number + _AFTER if keeps_beginning else _BEFORE + number + _AFTER
        return replace(draft, raw_body=content), content
    entry = prover.operation.body_of(draft.media)
    if entry is None or not isinstance(draft.body, dict):
        return None
    files = [name for name in draft.body if name in entry.members and entry.members[name].is_file]
    part = part_of(entry, files[0], draft.body[files[0]]) if len(files) == 1 else None
    if part is None:
        return None
    content = part.content + number + _AFTER if keeps_beginning else _BEFORE + number + _AFTER
    file = replace(part, content=content)
    changed = with_value(draft, "body", (files[0],), [file] if isinstance(draft.body[files[0]], list) else file)
    return (changed, content) if prover.keeping(changed) is not None else None


def _downloaded(kind: Kind, download: OperationContract, one: Resource, content: bytes) -> Steps:
    """The exchange that gives the file of a resource, and how it differs from `content`; "" where it does not, or is
    another thing."""
    exchange, difference = None, ""
    for wait in (0.0, kind.later):
        exchange = yield from kind.send(download, one, note="a file was uploaded for it", wait=wait)
        response = exchange.response
        if response is None or not exchange.accepted or response.cut or response.undecoded:
            return exchange, ""
        difference = _difference(content, response.body)
        if not difference:
            break
    return exchange, difference


def _difference(sent: bytes, got: bytes) -> str:
    """What became of the `sent` content of a file, as the end of a sentence; "" where it is the same, or another."""
    if got == sent:
        return ""
    if not got:
        return "without content"
    if got == sent.strip():
        return "without the blanks at its ends"
    if got in sent:
        return f"cut to {counted(len(got), 'byte')}"
    if _lines(got) == _lines(sent):
        return "with other ends of lines"
    if got in {
        sent.decode(codec, errors).encode() for codec in ("utf-8", "latin-1") for errors in ("replace", "ignore")
    }:
        return "as a text, with other bytes for those that are no UTF-8"
    if sent in got:
        return f"with {counted(len(got) - len(sent), 'more byte')} around it"
    return ""


def _lines(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


ORACLE = Oracle(
    name="files",
    sentence="What is uploaded is what is downloaded.",
    rules=("echo-mismatch",),
    budget=40,
    ask=_ask,
)
