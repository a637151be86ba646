"""curl commands, as shells read them and as curl sends them."""

from __future__ import annotations

import pytest

from clausewise.exchange import Request, header
from clausewise.media.codec import Malformed
from clausewise.media.multipart import parts_of
from clausewise.recordings import shell
from clausewise.recordings.from_curl import Command, read_command
from clausewise.recordings.passage import Passage

_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_JSON = ("Content-Type", "application/json")


def words_of(text: str) -> list[str]:
    return [word.text for word in shell.split(Passage.of("a.md", text), 0)[0]]


def command_of(text: str) -> Command | None:
    words, _, here = shell.split(Passage.of("a.md", text), 0)
    return read_command(words, here)


def request_of(text: str) -> Request:
    command = command_of(text)
    assert command is not None
    return command.request


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("a  b\tc", ["a", "b", "c"]),
        ("a\nb", ["a"]),
        ("a \\\n b", ["a", "b"]),
        ("a \\\r\n b", ["a", "b"]),
        ("a; b", ["a"]),
        ("a | b", ["a"]),
        ("a && b", ["a"]),
        ("a > b", ["a"]),
        ("a#b", ["a#b"]),
        ("'a b'", ["a b"]),
        ("'a'\\''b'", ["a'b"]),
        ('"a\\"b\\\\c\\d"', ['a"b\\c\\d']),
        ("'a\nb'", ["a\nb"]),
        ("a'b'\"c\"", ["abc"]),
        ("''", [""]),
        ("\"$TOKEN\" '$A'", ["$TOKEN", "$A"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize("text", ["'a", '"a', "b 'a\n\n"], ids=["single", "double", "over lines"])
def test_a_quote_that_is_never_closed_is_told(text: str) -> None:
    with pytest.raises(shell.UnclosedError) as error:
        words_of(text)
    assert text[error.value.index] in "'\""


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("https://host/a?b=c#d", Request("GET", "/a?b=c")),
        ("https://me:p%40ss@host/a", Request("GET", "/a", (("Authorization", "Basic bWU6cEBzcw=="),))),
        ("https://host/a/b@c", Request("GET", "/a/b@c")),
        ("host.example/a", Request("GET", "/a")),
        ("localhost:8000/a", Request("GET", "/a")),
        ("$URL/a", Request("GET", "/a")),
        ("{{host}}/a", Request("GET", "/a")),
        ("/a", Request("GET", "/a")),
        ("-I /a", Request("HEAD", "/a")),
        ("-X put /a", Request("PUT", "/a")),
        ("-XPUT /a", Request("PUT", "/a")),
        ("-sSLk /a", Request("GET", "/a")),
        ("-o out --max-time 3 /a", Request("GET", "/a")),
        ("/a -H 'A: 1' -H 'a:2' -H 'B;' -H 'C:'", Request("GET", "/a", (("A", "1"), ("a", "2")))),
        ("/a -u me:secret", Request("GET", "/a", (("Authorization", "Basic bWU6c2VjcmV0"),))),
        ("/a --oauth2-bearer t", Request("GET", "/a", (("Authorization", "Bearer t"),))),
        ("/a -A me -b c=d", Request("GET", "/a", (("User-Agent", "me"), ("Cookie", "c=d")))),
        ("/a -d b=c -d d=e", Request("POST", "/a", (_FORM,), b"b=c&d=e")),
        ("/a -d ''", Request("POST", "/a", (_FORM,), b"")),
        ("/a --json '[1]'", Request("POST", "/a", (_JSON,), b"[1]")),
        ("/a --json '[' --json '1]'", Request("POST", "/a", (_JSON,), b"[1]")),
        ("/a -X PATCH -H 'content-type: a/b' -d x", Request("PATCH", "/a", (("content-type", "a/b"),), b"x")),
        ("/a -G -d b=c --data-urlencode 'd=e f'", Request("GET", "/a?b=c&d=e%20f")),
        ("'/a?b=c' -G -d d=e", Request("GET", "/a?b=c&d=e")),
        ("/a --data-raw @b", Request("POST", "/a", (_FORM,), b"@b")),
        ("/a -d 'b\r\nc'", Request("POST", "/a", (_FORM,), b"b\r\nc")),
        ("/a --data-binary 'b\nc'", Request("POST", "/a", (_FORM,), b"b\nc")),
        ("-T file /a", Request("PUT", "/a", (), b"?")),
        ("--upload-file file -X POST /a", Request("POST", "/a", (), b"?")),
        ("--url /a --url-query b=c", Request("GET", "/a?b=c")),
    ],
)
def test_requests(text: str, request_: Request) -> None:
    assert request_of(text) == request_


@pytest.mark.parametrize("text", ["", "--help", "-V", "ftp", "'http://[::1'", "$URL", "-H 'A: 1'"])
def test_what_names_no_address_is_no_request(text: str) -> None:
    assert command_of(text) is None


@pytest.mark.parametrize(
    ("text", "elsewhere", "shown"),
    [
        ("/a -d @file", True, None),
        ("/a --json @file", True, None),
        ("/a -F a=b", False, None),
        ("/a -T file", True, None),
        ("/a -d @- <<EOF\n{}\nEOF\n", False, "{}\n"),
        ("/a -d '{}'", False, "{}"),
        ("/a -d a -d b", False, None),
        ("/a", False, None),
    ],
    ids=["a file", "JSON of a file", "a form", "an upload", "a here-document", "in place", "put together", "none"],
)
def test_where_the_body_stands(text: str, elsewhere: bool, shown: str | None) -> None:
    command = command_of(text)
    assert command is not None and command.body_elsewhere is elsewhere
    assert (command.body.text if command.body else None) == shown


def test_the_parts_of_a_form() -> None:
    command = command_of(
        """/a -F 'a={"b": 1};type=application/json' -F up=@/tmp/x.png -F 'c="d;e"' -F 'f=<g' --form-string 'h=@i' """
        """-F 'k=@l;type=text/plain;charset=utf-8;filename="m n"'"""
    )
    assert command is not None and command.request.body is not None
    parts = parts_of(command.request.body, header(command.request.headers, "Content-Type") or "")
    assert not isinstance(parts, Malformed)
    assert [(part.name, part.filename, part.media_type, part.content) for part in parts] == [
        ("a", None, "application/json", b'{"b": 1}'),
        ("up", "x.png", "application/octet-stream", b""),
        ("c", None, "", b"d;e"),
        ("f", None, "", b""),
        ("h", None, "", b"@i"),
        ("k", "m n", "text/plain;charset=utf-8", b""),
    ]
    assert command.elsewhere == {"up", "f", "k"}
