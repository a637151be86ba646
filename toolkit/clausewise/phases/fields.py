"""Probes of the parts of multipart bodies: their media types, their headers, and files that servers often fail on."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from clausewise.contract.clause import Clause
from clausewise.contract.keywords import show
from clausewise.contract.parameters import encode_header
from clausewise.contract.parts import FieldContract, HeaderContract, MediaContract
from clausewise.exchange import Expectation, Probe
from clausewise.generation.draft import with_part_headers
from clausewise.generation.prover import BaselineRequest, Case, Prover, with_value
from clausewise.media.codec import File, Malformed
from clausewise.media.members import EACH, TEXT_MEMBER, by_order
from clausewise.media.multipart import MULTIPART, parts_of
from clausewise.values.deviation import ValueSite
from clausewise.values.deviations import beyond
from clausewise.values.edit import get
from clausewise.values.shape import shape_of

#: media types of which the first that a part must not have is sent
_OTHER_TYPES = ("text/plain", "application/json", "image/png", "application/octet-stream")

#: bytes of a large file: beyond common limits of what is kept in memory, short of those of whole requests
_LARGE = 1024 * 1024


def field_cases(prover: Prover, bases: Iterable[BaselineRequest], rng: random.Random) -> Iterator[Case]:
    """Probes of each part of a multipart body, made from the first of the accepted `bases` that has it."""
    done: set[str] = set()
    for base in bases:
        entry = with_part_headers(prover.operation, base.draft.media)
        if entry is None or (entry.codec is not MULTIPART and not entry.codec.has_parts):
            continue
        for name, place in _places(entry, base.draft.body).items():
            if name in done:
                continue
            done.add(name)
            sent = part_of(entry, name, get(base.draft.body, place))
            if sent is None:
                continue
            at = _Place(prover, base, name, place)
            for field in entry.fields:
                if field.name == name:
                    yield from _of_field(at, field, sent, rng)
            if entry.members[name].is_file if name in entry.members else False:
                yield from _of_file(at, sent)


class _Place(msgspec.Struct, frozen=True):
    """A part of an accepted body."""

    prover: Prover
    base: BaselineRequest
    #: as in `Members`
    name: str
    #: where its value stands in the body
    location: tuple[str | int, ...]


def _places(entry: MediaContract, body: Any) -> dict[str, tuple[str | int, ...]]:
    """For each member of a body, where its first part stands."""
    if isinstance(body, dict):
        return {name: (name, 0) if isinstance(value, list) and value else (name,) for name, value in body.items()}
    found: dict[str, tuple[str | int, ...]] = {}
    for index in range(len(body) if isinstance(body, list) else 0):
        found.setdefault(str(index) if str(index) in entry.members else EACH, (index,))
    return found


def part_of(entry: MediaContract, name: str, value: Any) -> File | None:
    """The first part of a member as `entry` writes it; None where it has none."""
    member = entry.members.get(name, TEXT_MEMBER)
    whole, members = ([value], {EACH: member}) if by_order(entry.members) else ({name: value}, {name: member})
    written = entry.codec.write(whole, entry.sent_as, members)
    parts = parts_of(written.content, written.content_type) if written is not None else []
    if isinstance(parts, Malformed) or not parts:
        return None
    part = parts[0]
    return File(part.filename, part.content, part.media_type)


def _of_field(at: _Place, field: FieldContract, sent: File, rng: random.Random) -> Iterator[Case]:
    if field.media_type is not None:
        for kind in _OTHER_TYPES:
            other = msgspec.structs.replace(sent, media_type=kind)
            note = f"{field.called} has the media type {kind}"
            case = _breaking(at, other, field.media_type, note)
            if case is not None:
                yield case
                break
    given = with_part_headers(at.prover.operation, at.base.draft.media)
    headers = given.members[field.name].headers if given is not None else ()
    for contract in field.headers:
        name = contract.header.name
        rest = tuple(pair for pair in headers if pair[0] != name)
        if contract.required is not None:
            without = msgspec.structs.replace(sent, headers=rest)
            note = f"{field.called} lacks the header `{name}`"
            case = _breaking(at, without, contract.required, note)
            yield from [case] if case is not None else []
        for clause, value in _header_values(contract, dict(headers).get(name, ""), rng):
            other = msgspec.structs.replace(sent, headers=(*rest, (name, value)))
            note = f"the header `{name}` of {field.called} is {show(value)}"
            case = _breaking(at, other, clause, note)
            yield from [case] if case is not None else []


def _header_values(contract: HeaderContract, sent: str, rng: random.Random) -> Iterator[tuple[Clause, str]]:
    """For each clause about a header, texts that may break it."""
    message = contract.message
    for clause in message.clauses if message is not None else ():
        assert message is not None
        if clause.path or clause.unjudged:
            continue
        shape = shape_of([message.schema], message.schema)
        for deviation in beyond(clause, ValueSite(sent, shape, message.schema, rng, lambda _: True)):
            text = encode_header(contract.header, deviation.value)
            if text.isascii() and text.isprintable() and text == text.strip() and text:
                yield clause, text


def _of_file(at: _Place, sent: File) -> Iterator[Case]:
    """Files that a sensible server may refuse, and on which it should not fail."""
    replace = msgspec.structs.replace
    large = sent.content + b"\0" * max(0, _LARGE - len(sent.content))
    files = [
        (replace(sent, content=b""), "is an empty file", "empty-file"),
        (replace(sent, content=large), "is a file of 1 MiB", "large-file"),
        (replace(sent, name=None), "is a part without a file name", "no-file-name"),
        (replace(sent, name="../a'\"ü/ .tar.gz"), "has a file name of odd characters", "odd-file-name"),
    ]
    name, clauses = at.name, at.prover.message("body")
    called = f"`{name}`" if isinstance(at.location[0], str) else f"part {at.location[0] + 1}"
    of_type = next(
        (each for each in (clauses.clauses if clauses else ()) if each.path == (name,) and each.keyword == "type"), None
    )
    for file, what, aspect in files:
        request = at.prover.keeping(_with(at, file))
        if request is not None:
            of = aspect if of_type is not None else f"{aspect} at body/{name}"
            yield Case(request, _probe(at, of_type, f"{called} {what}", "any", (), of))


def _breaking(at: _Place, file: File, clause: Clause, note: str) -> Case | None:
    proved = at.prover.breaking(_with(at, file), clause)
    if proved is None:
        return None
    request, breaks = proved
    return Case(request, _probe(at, clause, note, "refuse", breaks))


def _with(at: _Place, file: File) -> Any:
    """The draft of the accepted request with `file` in the place of the part."""
    return with_value(at.base.draft, "body", at.location, file)


def _probe(
    at: _Place, clause: Clause | None, note: str, expect: Expectation, breaks: tuple[str, ...], aspect: str = ""
) -> Probe:
    return Probe(
        operation=at.prover.operation.key,
        phase="clauses",
        note=note,
        expect=expect,
        clause=clause.key if clause is not None else None,
        breaks=breaks,
        branch=at.base.branch,
        deviates_at=("body", at.location[0]),
        aspect=aspect,
    )
