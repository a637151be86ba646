"""curl commands, as shells read them and as curl sends them."""

from __future__ import annotations

import pytest

from clausewise.exchange import Request, header
from clausewise.media.codec import Malformed
from clausewise.media.multipart import parts_of
from clausewise.recordings import shell
from clausewise.recordings.from_curl import Command, NotUnderstood, read_command
from clausewise.recordings.passage import Passage

_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_JSON = ("Content-Type", "application/json")


def words_of(text: str) -> list[str]:
    return [word.text for word in shell.split(Passage.of("a.md", text), 0).words]


def commands_of(text: str, which: shell.Shell = "posix") -> list[Command] | NotUnderstood:
    line = shell.split(Passage.of("a.md", text), 0, which)
    return read_command(line.words, line.here)


def command_of(text: str) -> Command:
    read = commands_of(text)
    assert not isinstance(read, NotUnderstood), read.message
    (command,) = read
    return command


def request_of(text: str) -> Request:
    return command_of(text).request


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


@pytest.mark.parametrize("text", ["--help", "-V", "--version", "-h category", "--manual /a"])
def test_what_sends_no_request(text: str) -> None:
    assert commands_of(text) == []


@pytest.mark.parametrize(
    ("text", "message", "is_right"),
    [
        ("", "it has no URL", False),
        ("-s", "it has no URL", False),
        ("-H 'A: 1'", "it has no URL", False),
        ("ftp", "`ftp` is no HTTP URL", False),
        ("'http://[::1'", "`http://[::1` is no HTTP URL", True),
        ("ftp://host/a", "`ftp://host/a` is no HTTP URL", True),
        ("$URL", "its URL is `$URL`, which the document does not say", True),
        ("-X $METHOD /a", "its method is `$METHOD`, which the document does not say", True),
        ("-K options", "the rest of it stands in the file options", True),
        ("/a --request", "`--request` has no value", False),
        ("/a -sX", "`--request` has no value", False),
        ("/a -!", "`-!` is no option of curl", False),
        ("/a --sillent", "`--sillent` is no option of curl", False),
        (
            "/a --data- b",
            "`--data-` may mean `--data-ascii`, `--data-binary`, `--data-raw`, `--data-urlencode`: write one of them",
            False,
        ),
        ("-v POST https://host/a", "`POST` stands where curl expects a URL: a method needs `-X` before it", False),
        (
            "-H Authorization: Bearer t https://host/a",
            "the value of `-H Authorization:` is not in quotation marks, so `Bearer` is none of it",
            False,
        ),
        (
            "-H 'A: 1' b c https://host/a",
            "`b` stands where curl expects a URL: is there a quotation mark missing before it?",
            False,
        ),
    ],
)
def test_why_a_command_is_not_understood(text: str, message: str, is_right: bool) -> None:
    read = commands_of(text)
    assert isinstance(read, NotUnderstood)
    assert (read.message, read.is_right) == (message, is_right)


@pytest.mark.parametrize(
    "text",
    [
        "-s /a",
        "-ks /a",
        "-Ls -H 'A: 1' /a",
        "-X GET -s /a",
        "-sX GET /a",
        "-sXGET /a",
        "-so out /a",
        "-sout /a -o out",
        "-fsSLo out /a",
        "-# /a",
        "-4 -i -v -n /a",
        "--netrc --tlsv1 --create-dirs --http2-prior-knowledge --retry-all-errors --remote-header-name /a",
        "--no-progress-meter --no-silent --no-keepalive /a",
        "--silen --proxytun /a",
        "--max-t 3 --retry 2 -m 3 -w '%{http_code}' -D - -c jar /a",
        "-- /a",
        "/a > out 2>&1",
        "2>/dev/null /a",
        "/a &> out",
        "/a # don't",
    ],
)
def test_options_that_change_nothing_in_the_request(text: str) -> None:
    request = request_of(text)
    assert (request.method, request.target, request.body) == ("GET", "/a", None)


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("https://host/a https://host/b", ["/a", "/b"]),
        ("https://host/a -o one https://host/b -o two", ["/a", "/b"]),
        ("https://host/a -d b --next https://host/c", ["/a", "/c"]),
        ("https://host/a and then some words", ["/a"]),
    ],
)
def test_each_url_is_a_request(text: str, targets: list[str]) -> None:
    read = commands_of(text)
    assert not isinstance(read, NotUnderstood)
    assert [command.request.target for command in read] == targets


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("https://host/a/<id>", "/a/<id>"),
        ("https://<host>/a", "/a"),
        ("https://$HOST:$PORT/a?b=c", "/a?b=c"),
        ("https://{{host}}/a", "/a"),
        ("{base}/a", "/a"),
        ("%HOST%/a", "/a"),
        ("$env:API/a", "/a"),
        ("https://[HOST]/a", "/a"),
        ("http://[::1]:80/a", "/a"),
        ("https://host?b=c", "/?b=c"),
        ("https://host/a/$(id -u)", "/a/$(id -u)"),
        ('"https://host/a/`id`"', "/a/`id`"),
        ("-G https://host/a --data-urlencode q=$Q --data-urlencode '=é' --data-urlencode x", "/a?q=$Q&%C3%A9&x"),
        ("--url-query 'b=c d' --url-query +e=%20 https://host/a", "/a?b=c%20d&e=%20"),
    ],
)
def test_targets(text: str, target: str) -> None:
    assert request_of(text).target == target


_HEADED = [("POST", "/a", b'{"b": "c d"}')]


@pytest.mark.parametrize(
    ("which", "text"),
    [
        ("posix", '-X POST https://host/a \\\n  -d \'{"b": "c d"}\''),
        ("posix", '-X POST https://host/a -d "{\\"b\\": \\"c d\\"}"'),
        ("posix", 'https://host/a -d @- <<< \'{"b": "c d"}\''),
        ("cmd", '-X POST "https://host/a" ^\n  -d "{\\"b\\": \\"c d\\"}"'),
        ("cmd", '-X POST "https://host/a" ^\r\n  -d "{""b"": ""c d""}"'),
        ("cmd", '^"https://host/a^" ^\n  --data-raw ^"^{^\\^"b^\\^": ^\\^"c d^\\^"^}^"'),
        ("powershell", '-X POST https://host/a `\n  -d \'{"b": "c d"}\''),
        ("powershell", '-X POST https://host/a `\r\n  -d \'{\\"b\\": \\"c d\\"}\''),
        ("powershell", '-X POST https://host/a `\n  -d "{`"b`": `"c d`"}"'),
        ("powershell", '-X POST https://host/a -d "{""b"": ""c d""}"'),
    ],
    ids=[
        "line ends",
        "escapes",
        "a here-string",
        "cmd",
        "doubled in cmd",
        "carets",
        "PowerShell",
        "backslashes for it",
        "its backticks",
        "doubled in PowerShell",
    ],
)
def test_shells(which: shell.Shell, text: str) -> None:
    read = commands_of(text, which)
    assert not isinstance(read, NotUnderstood)
    assert [(each.request.method, each.request.target, each.request.body) for each in read] == _HEADED


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("/a -b jar", {("request", "cookie"), ("request", "security")}),
        ("/a -n", {("request", "security")}),
        ("/a -H @file", {("request", "header"), ("request", "security")}),
        ('/a -H "$AUTH"', {("request", "header"), ("request", "security")}),
        ("/a --cert me.pem", {("request", "security")}),
        ("-G /a --data-urlencode q@file", {("request", "query")}),
        ("/a", set()),
    ],
)
def test_what_the_document_does_not_show(text: str, elsewhere: set[tuple[str, ...]]) -> None:
    assert command_of(text).elsewhere == elsewhere


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
    assert bool(command.body_elsewhere) is elsewhere
    assert (command.body.text if command.body else None) == shown


def test_the_parts_of_a_form() -> None:
    command = command_of(
        """/a -F 'a={"b": 1};type=application/json' -F up=@/tmp/x.png -F 'c="d;e"' -F 'f=<g' --form-string 'h=@i' """
        """-F 'k=@l;type=text/plain;charset=utf-8;filename="m n"'"""
    )
    assert command.request.body is not None
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
    assert command.elsewhere == {("request", "body", name) for name in ("up", "f", "k")}
