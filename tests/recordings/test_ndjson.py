"""What is written as NDJSON reads back equal, and bad lines are entries, not the end."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clausewise.errors import UsageError
from clausewise.exchange import Exchange, Failure, Probe, Request, Response, Unreadable
from clausewise.recordings import ndjson

#: any text at all, NUL and lone surrogates included
TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
HEADERS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
BODIES = st.binary(max_size=20) | TEXT.map(lambda text: text.encode("utf-8", "surrogatepass"))
EXCHANGES = st.builds(
    Exchange,
    TEXT,
    st.builds(Request, TEXT, TEXT, HEADERS, st.none() | BODIES),
    st.none() | st.builds(Response, st.integers(100, 599), HEADERS, BODIES, st.floats(0, 100), TEXT, TEXT),
    st.none() | st.builds(Failure, st.sampled_from(["timeout", "connect", "disconnect", "protocol"]), TEXT),
    st.none()
    | st.builds(
        Probe,
        TEXT,
        TEXT,
        TEXT,
        st.sampled_from(["accept", "refuse", "any"]),
        st.none() | TEXT,
        st.lists(TEXT, max_size=2).map(tuple),
        st.lists(TEXT, max_size=2).map(tuple),
        st.none() | TEXT,
        st.lists(TEXT | st.integers(0, 99), max_size=3).map(tuple),
    ),
)

_STARTED = datetime(2030, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC)
GOOD = Exchange(
    "op-1", Request("GET", "/a"), Response(200, (("A", "b"),), b'{"c":1}', 0.25), started=_STARTED, trace="ab" * 16
)
SCHEMA = jsonschema.Draft202012Validator(ndjson.json_schema())


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(EXCHANGES)
def test_an_exchange_reads_back_equal_from_one_line_that_fits_the_schema(exchange: Exchange) -> None:
    line = ndjson.encode(exchange)
    assert line.count(b"\n") == 1
    assert ndjson.decode(line, "here") == exchange
    SCHEMA.validate(json.loads(line))


@pytest.mark.parametrize(
    ("body", "written"),
    [
        pytest.param(None, None, id="none"),
        pytest.param(b"", {"text": ""}, id="empty"),
        pytest.param("caf\u00e9\0".encode(), {"text": "caf\u00e9\0"}, id="text"),
        pytest.param(b"\xff\xfe", {"base64": "//4="}, id="bytes"),
        pytest.param(b"\xed\xa0\x80", {"base64": "7aCA"}, id="lone surrogate in UTF-8"),
    ],
)
def test_the_shape_of_a_line(body: bytes | None, written: object) -> None:
    exchange = Exchange(
        "op-1", Request("PUT", "/a?b=1", (("X", "y"), ("X", "z")), body), None, Failure("timeout", "late")
    )
    assert json.loads(ndjson.encode(exchange)) == {
        "version": 1,
        "id": "op-1",
        "request": {"method": "PUT", "target": "/a?b=1", "headers": [["X", "y"], ["X", "z"]], "body": written},
        "response": None,
        "failure": {"kind": "timeout", "message": "late"},
        "probe": None,
        "started": None,
    }


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    exchanges = [GOOD, Exchange("op-2", Request("POST", "/", (), b"\xff"), None, Failure("connect", "no"))]
    path = tmp_path / "exchanges.ndjson"
    ndjson.write(path, iter(exchanges))
    assert list(ndjson.read(path)) == exchanges
    with path.open("rb") as stream:
        assert list(ndjson.read(stream)) == exchanges


def test_a_record_of_an_older_version_has_no_times() -> None:
    line = json.loads(ndjson.encode(GOOD))
    assert line.pop("started") == "2030-01-31T12:00:00.250000Z"
    assert ndjson.decode(json.dumps(line).encode(), "old") == msgspec.structs.replace(GOOD, started=None)


def test_what_was_written_before_an_interruption_is_kept(tmp_path: Path) -> None:
    def interrupted() -> Any:
        yield GOOD
        raise KeyboardInterrupt

    path = tmp_path / "exchanges.ndjson"
    with pytest.raises(KeyboardInterrupt):
        ndjson.write(path, interrupted())
    assert list(ndjson.read(path)) == [GOOD]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        pytest.param(b"{", "is not JSON", id="cut off"),
        pytest.param(b"\xff", "is not UTF-8 text", id="not UTF-8"),
        pytest.param(b'{"version":1,"more":' + b"[" * 100_000, "is nested too deeply", id="nested too deep"),
        pytest.param(b"[]", "not a recorded exchange: Expected `object`, got `array`", id="array"),
        pytest.param(b"null", "not a recorded exchange: Expected `object`, got `null`", id="null"),
        pytest.param(b'{"version":1}', "missing required field `id`", id="incomplete"),
        pytest.param(b'{"version":1,"id":"a","request":{"method":"GET"}}', "`target` - at `$.request`", id="no target"),
        pytest.param(
            b'{"version":1,"id":"a","request":{"method":"GET","target":"/","body":{}}}',
            "exactly one of `text`, `base64` and `json`",
            id="empty body object",
        ),
        pytest.param(b'{"version":1,"id":"\\ud800"}', "missing required field `request`", id="lone surrogate"),
        pytest.param(
            b'{"version":2,"exchange":{}}',
            "has version 2 of the format; this clausewise reads version 1",
            id="newer",
        ),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_and_the_reading_goes_on(line: bytes, complaint: str) -> None:
    good = ndjson.encode(GOOD)
    stream = io.BytesIO(good + b"\n  \n" + line + b"\r\n" + good.rstrip())
    stream.name = "run.ndjson"
    first, bad, last = ndjson.read(stream)
    assert (first, last) == (GOOD, GOOD)
    assert isinstance(bad, Unreadable)
    assert bad.source == "run.ndjson:4"
    assert complaint in bad.message
    assert "\n" not in bad.message


def test_unknown_fields_of_a_later_minor_change_are_passed_over() -> None:
    value = json.loads(ndjson.encode(GOOD)) | {"tags": ["new"]}
    assert ndjson.decode(json.dumps(value).encode(), "here") == GOOD


@pytest.mark.parametrize("name", ["missing.ndjson", "."])
def test_a_file_that_cannot_be_read_is_a_usage_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot read the recording"):
        list(ndjson.read(tmp_path / name))


def test_the_schema_is_valid_and_says_no_to_what_is_unreadable() -> None:
    schema = ndjson.json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert not SCHEMA.is_valid({"version": 2})
    assert not SCHEMA.is_valid({"version": 1, "id": "a"})


_GZIP = (("Content-Encoding", "gzip"),)


def test_a_coded_body_of_another_program_is_decoded() -> None:
    coded = Exchange("a", Request("GET", "/a"), Response(200, _GZIP, gzip.compress(b"[1]")))
    read = ndjson.decode(ndjson.encode(coded), "here")
    assert isinstance(read, Exchange) and read.response is not None
    assert (read.response.body, read.response.headers) == (b"[1]", _GZIP)


def test_a_coded_body_that_is_cut_off_is_unreadable() -> None:
    cut = Exchange("a", Request("GET", "/a"), Response(200, _GZIP, gzip.compress(b"[1]")[:-3]))
    told = Unreadable("here", "the body of its response cannot be read: its gzip data ends too early")
    assert ndjson.decode(ndjson.encode(cut), "here") == told


def test_a_body_that_a_run_could_not_decode_reads_back_as_it_came() -> None:
    wrong = Exchange("a", Request("GET", "/a"), Response(200, _GZIP, b"\x1f\x8b", undecoded="it is not gzip"))
    assert ndjson.decode(ndjson.encode(wrong), "here") == wrong
