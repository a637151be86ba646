"""Bodies as a page shows them: laid out, marked where it matters, never more than a reader can take in."""

from __future__ import annotations

import json

import pytest

from clausewise.report.html.body import laid_out, markup, value_at


def text(content: bytes, at: tuple[str, ...] = ()) -> str:
    """The lines with what is marked in double angle brackets."""
    lines = laid_out(content, at).lines
    return "\n".join("".join(f"<<{part}>>" if marked else part for part, marked in line) for line in lines)


@pytest.mark.parametrize(
    ("content", "at", "wanted"),
    [
        pytest.param(b'{"a":1}', ("a",), '{\n  "a": <<1>>\n}', id="a member"),
        pytest.param(b'{"a":[0,{"b":"x"}]}', ("a", "1", "b"), '    {\n      "b": <<"x">>\n    }', id="deep"),
        pytest.param(b'{"a":1}', ("b",), '{\n  "a": 1\n  <<"b" is missing>>\n}', id="a missing member"),
        pytest.param(b"{}", ("b",), '{\n  <<"b" is missing>>\n}', id="missing in an empty object"),
        pytest.param(b'{"a":{"b":1}}', ("a",), '"a": <<{>>\n<<    "b": 1>>\n<<  }>>', id="a whole object"),
        pytest.param(b'{"a":1}', (), '{\n  "a": 1\n}', id="nothing"),
        pytest.param(b'{"a":1}', ("x", "y"), '{\n  "a": 1\n}', id="a place that is not there"),
        pytest.param(b'{"n":[1e400,1.0,12345678901234567890]}', (), "1e400,\n    1.0,\n    1234567890", id="numbers"),
        pytest.param(b'{"a":1,"a":2}', ("a",), '"a": <<1>>,\n  "a": <<2>>', id="a member written twice"),
        pytest.param(b"<html>\n<b>", (), "<html>\n<b>", id="no JSON"),
        pytest.param(b"\xff\xfe\x00", (), "ff fe 00", id="no text"),
        pytest.param(b"[" * 100_000, (), "[" * 360, id="nested too deeply to be laid out"),
    ],
)
def test_it_is_laid_out_and_marked(content: bytes, at: tuple[str, ...], wanted: str) -> None:
    assert wanted in text(content, at)


@pytest.mark.slow
def test_a_large_body_is_cut_around_what_matters() -> None:
    content = json.dumps({f"member{n}": n for n in range(10_000)}).encode()
    body = laid_out(content, ("member9000",))
    assert body.cut and body.size == len(content)
    assert len(body.lines) < 80
    assert "<<9000>>" in text(content, ("member9000",))
    assert "lines not shown" in text(content, ("member9000",)) and '"member0": 0' in text(content, ("member9000",))


@pytest.mark.parametrize(
    "content", [b"x" * 5_000_000, json.dumps({"a": "x" * 5_000_000}).encode(), b"\xff" * 5_000_000]
)
def test_five_megabytes_are_a_few_lines(content: bytes) -> None:
    body = laid_out(content, ("a",))
    assert body.cut and body.size == len(content)
    assert len(markup(body.lines)) < 5_000


def test_what_is_marked_is_escaped() -> None:
    assert markup(laid_out(b'{"a":"<b>\\u202e"}', ("a",)).lines) == (
        "{\n  &quot;a&quot;: <mark>&quot;&lt;b&gt;\u2039U+202E\u203a&quot;</mark>\n}"
    )


@pytest.mark.parametrize(
    ("content", "at", "value"),
    [
        (b'{"a":[{"b":null}]}', ("a", "0", "b"), "null"),
        (b'{"a":[]}', ("a", "0"), None),
        (b'{"a":"x"}', ("a", "b"), None),
        (b"no JSON", ("a",), None),
    ],
)
def test_a_value_is_found_by_its_place(content: bytes, at: tuple[str, ...], value: str | None) -> None:
    assert value_at(content, at) == value


def test_a_body_that_was_not_kept_to_its_end_says_so() -> None:
    body = laid_out(b'{"a": [1, 2', (), 700)
    assert (body.size, body.cut, body.not_kept) == (711, True, 700)
    assert laid_out(b"[1]").not_kept == 0
