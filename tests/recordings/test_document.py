"""Documents: commands and the answers behind them, in Markdown, HTML and plain text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Unreadable
from clausewise.recordings.document import read_document
from clausewise.recordings.entry import Entry, RecordedExchange, Skipped
from tests.conftest import Compile

_MARKDOWN = """\
# Things

```sh
curl -X POST https://host/things --json '{"name": "a"}'
```

```json
{"id": "1"}
```

And then: `curl https://host/things/1`.
"""
_HTML = (
    "<pre>curl -d &#39;{&quot;name&quot;: &quot;a &lt; b&quot;}&#39; <b>https://host/things</b></pre>"
    "<script>curl /things/9</script>"
)


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    answer = {"200": {"description": "", "content": {"application/json": {"schema": {}}}}}
    body: dict[str, Any] = {"requestBody": {"content": {"application/json": {"schema": {}}}}}
    one = {"name": "thingId", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/things": {"post": {"operationId": "make", "responses": answer, **body}},
        "/things/{thingId}": {"get": {"operationId": "look", "parameters": [one], "responses": answer}},
    }
    return compiled({"paths": paths})


def read(contract: Contract, text: str | bytes, file: str = "a.md") -> list[Entry]:
    return list(read_document(text if isinstance(text, bytes) else text.encode(), file, contract))


def summary(entry: Entry) -> tuple[str, ...]:
    if not isinstance(entry, RecordedExchange):
        return (type(entry).__name__, entry.source)
    request = entry.exchange.request
    return (str(entry.location), entry.operation or "", request.method, request.target)


@pytest.mark.parametrize(
    "text", [_MARKDOWN, "\ufeff" + _MARKDOWN, _MARKDOWN.replace("\n", "\r\n")], ids=["LF", "BOM", "CRLF"]
)
def test_commands_are_found_with_their_places_and_answers(contract: Contract, text: str) -> None:
    made, looked = read(contract, text)
    assert summary(made)[1:] == ("make", "POST", "/things") and summary(made)[0].startswith("a.md:4:")
    assert summary(looked)[1:] == ("look", "GET", "/things/1") and summary(looked)[0].startswith("a.md:11:")
    assert isinstance(made, RecordedExchange) and made.exchange.response is not None
    assert made.exchange.response.body.strip() == b'{"id": "1"}'


def test_tags_and_scripts_of_html_are_no_text(contract: Contract) -> None:
    (entry,) = read(contract, _HTML, "a.html")
    assert isinstance(entry, RecordedExchange)
    assert entry.exchange.request.body == b'{"name": "a < b"}' and entry.exchange.request.target == "/things"


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("", []),
        ("curl is a program. I'd use curl.", []),
        ("curl https://host/things/$ID", [("a.md:1:1", "look", "GET", "/things/$ID")]),
        ("curl /elsewhere", [("a.md:1:1", "", "GET", "/elsewhere")]),
        ("curl -d @body.json /things", [("Skipped", "a.md:1:1"), ("a.md:1:1", "make", "POST", "/things")]),
        ("curl --json '{\"a\": 1' /things", [("Unreadable", "a.md:1:21"), ("a.md:1:1", "make", "POST", "/things")]),
        (
            "curl /things/1\ncurl /things/1",
            [("a.md:1:1", "look", "GET", "/things/1"), ("a.md:2:1", "look", "GET", "/things/1")],
        ),
    ],
    ids=["empty", "prose", "a variable", "of no contract", "a body in a file", "a body cut off", "twice"],
)
def test_what_becomes_of_a_command(contract: Contract, text: str, entries: list[tuple[str, ...]]) -> None:
    assert [summary(entry) for entry in read(contract, text)] == entries


def test_the_same_command_twice_has_two_names(contract: Contract) -> None:
    read_twice = read(contract, "curl /things/1\ncurl /things/1")
    names = [entry.written for entry in read_twice if isinstance(entry, RecordedExchange)]
    assert names == ["a.md look 1", "a.md look 2"]


def test_what_is_not_utf_8_is_told_and_the_rest_is_read(contract: Contract) -> None:
    bad, good = read(contract, b"caf\xe9\ncurl /things/1")
    assert isinstance(bad, Unreadable) and bad.source == "a.md:1:4" and bad.message == "is not UTF-8 text"
    assert isinstance(good, RecordedExchange) and not isinstance(good, Skipped)


_MAKE = ("make", "POST", "/things", b'{"name": "a"}')
_LOOK = ("look", "GET", "/things/1", None)


def requests(contract: Contract, text: str, file: str = "a.md") -> list[object]:
    """Each entry: an operation with its request, or what is wrong, and where."""
    entries: list[object] = []
    for entry in read(contract, text, file):
        if isinstance(entry, RecordedExchange):
            request = entry.exchange.request
            entries.append((entry.operation, request.method, request.target, request.body))
        else:
            entries.append(f"{type(entry).__name__} {entry.source}: {entry.message}")
    return entries


@pytest.mark.parametrize(
    "before",
    [
        "",
        "    ",
        "> ",
        "- ",
        "1. ",
        "$ ",
        "# ",
        "% ",
        "\u276f ",
        "user@host:~$ ",
        "root@host:/# ",
        "[me@host api]$ ",
        "(venv) $ ",
        "bash-5.2$ ",
        "PS C:\\> ",
        "C:\\Users\\me> ",
        "time ",
        "sudo -E ",
        "sudo -u www ",
        "env A=b ",
        "A=b C='d e' ",
        "exec ",
        "xargs -n1 ",
        "seq 3 | xargs -I{} ",
        "watch -n 5 ",
        "timeout 10s ",
        "X=$(",
        'X="$(',
        "echo $(",
        "for i in 1 2; do ",
        "while true; do sleep 1; ",
        "if ! ",
        "if [ -f a ]; then ",
        "test -f a && ",
        "RUN ",
        "run: ",
        "  - run: ",
        "See `",
    ],
)
def test_where_a_command_stands(contract: Contract, before: str) -> None:
    closing = "`" if before.endswith("`") else ")" if "$(" in before else ""
    assert requests(contract, f"Text.\n{before}curl -s https://host/things/1{closing}\n") == [_LOOK]


@pytest.mark.parametrize("program", ["curl", "curl.exe", "/usr/bin/curl", "./curl", "C:\\Windows\\curl.exe"])
def test_how_the_program_is_named(contract: Contract, program: str) -> None:
    assert requests(contract, f"{program} https://host/things/1") == [_LOOK]


@pytest.mark.parametrize(
    "text",
    [
        """cat <<EOF | curl -d @- https://host/things\n{"name": "a"}\nEOF\n""",
        """cat << 'EOF' | curl --json @- \\\n  https://host/things | jq .\n{"name": "a"}\nEOF\n""",
        """echo '{"name": "a"}' | curl -d @- https://host/things""",
        """$ printf '%s' '{"name": "a"}' | sudo curl -d@- https://host/things""",
        """echo -n '{"name": "a"}' |\n  curl --data-binary @- https://host/things""",
        """curl -d @- https://host/things <<< '{"name": "a"}'""",
        """curl -d @- https://host/things <<EOF | jq .\n{"name": "a"}\nEOF\n""",
        """cat > body.json <<EOF\n{"name": "a"}\nEOF\ncurl -d @body.json https://host/things\n""",
        """cat <<EOF > body.json\n{"name": "a"}\nEOF\ncurl https://host/things -d @- < body.json\n""",
        """tee body.json <<EOF\n{"name": "a"}\nEOF\ncurl -T body.json -X POST https://host/things\n""",
    ],
    ids=[
        "a pipe",
        "a pipe on two lines",
        "echo",
        "printf",
        "a pipe at the end of the line",
        "a here-string",
        "its own here-document",
        "a file before",
        "the input from a file",
        "tee",
    ],
)
def test_bodies_that_other_commands_write(contract: Contract, text: str) -> None:
    made, *rest = requests(contract, text)
    assert isinstance(made, tuple) and made[:3] == _MAKE[:3] and made[3].strip() == _MAKE[3] and rest == []


def test_a_body_in_a_file_beside_the_document(contract: Contract, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text('{"name" 1}')
    document = tmp_path / "a.md"
    unreadable, made = requests(contract, "curl -d @body.json https://host/things", str(document))
    assert isinstance(unreadable, str) and f"{tmp_path / 'body.json'}:1:9: the request body is not" in unreadable
    assert made == ("make", "POST", "/things", b'{"name" 1}')


@pytest.mark.parametrize("name", ["../secret.json", "/etc/hostname", "no.json", "$FILE"])
def test_a_body_that_is_not_beside_the_document_is_not_read(contract: Contract, tmp_path: Path, name: str) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "secret.json").write_text("{}")
    skipped, made = requests(contract, f"curl -d @{name} https://host/things", str(tmp_path / "docs" / "a.md"))
    assert skipped == (
        f"Skipped {tmp_path}/docs/a.md:1:1: the request body stands in the file {name}, which is not beside the "
        "document, so it is not checked"
    )
    assert made == ("make", "POST", "/things", b"?")


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        (
            "Use curl https://host/things/1 to look.",
            ["Skipped a.md:1:5: a curl command within a sentence or a string is not read; give it a line of its own"],
        ),
        (
            'run("curl https://host/things/1")',
            ["Skipped a.md:1:6: a curl command within a sentence or a string is not read; give it a line of its own"],
        ),
        (
            "curl -v POST https://host/things",
            [
                "Unreadable a.md:1:9: the curl command is not understood: `POST` stands where curl expects a URL: "
                "a method needs `-X` before it"
            ],
        ),
        (
            'curl "$URL"',
            ["Skipped a.md:1:1: the curl command is not checked: its URL is `$URL`, which the document does not say"],
        ),
        (
            "curl $(cat url) -d 1",
            [
                "Skipped a.md:1:1: the curl command is not checked: its URL is `$(cat url)`, which the document does "
                "not say"
            ],
        ),
        (
            "curl ftp://host/things",
            ["Skipped a.md:1:1: the curl command is not checked: `ftp://host/things` is no HTTP URL"],
        ),
        (
            "curl https://host/things/1?a=b&c=d",
            ["Unreadable a.md:1:31: the shell ends the command at this `&`: put the URL in quotation marks"],
        ),
        ("curl https://host/things/1 & wait", [_LOOK]),
        (
            "cat <<EOF | curl -d @- https://host/things\n{}\n",
            ["Unreadable a.md:1:43: the here-document `EOF` is not closed"],
        ),
        ("curl is a tool; see <https://host>, or curl --help", []),
        ("apt-get install curl -y; libcurl https://host; https://curl.se/docs", []),
        ("`curl` sends it: `curl -I https://host/things/1`.", [("", "HEAD", "/things/1", None)]),
    ],
    ids=[
        "in a sentence",
        "in a string",
        "a method without -X",
        "a variable",
        "the output of a command",
        "no HTTP",
        "an unquoted URL",
        "in the background",
        "an open here-document",
        "prose",
        "other words",
        "in backticks",
    ],
)
def test_no_command_is_left_out_without_a_word(contract: Contract, text: str, entries: list[object]) -> None:
    found = requests(contract, text)
    assert [("", *entry[1:]) if isinstance(entry, tuple) and entry[0] is None else entry for entry in found] == entries


@pytest.mark.parametrize(
    "segment",
    [
        "<id>",
        "{id}",
        "{}",
        ":id",
        "$ID",
        "${ID}",
        "$env:ID",
        "%ID%",
        "{{id}}",
        "[id]",
        "YOUR_ITEM_ID",
        "your-id",
        "ITEM_ID",
        "id_here",
        "xxx",
        "$(id)",
        "thing-id",
        "%7Bid%7D",
        "%3Cid%3E",
    ],
)
def test_placeholders_in_a_path(contract: Contract, segment: str) -> None:
    (entry,) = read(contract, f'curl "https://host/things/{segment}"')
    assert isinstance(entry, RecordedExchange) and ("request", "path", "thingId") in entry.unrecorded


def test_a_placeholder_without_quotation_marks_is_a_value(contract: Contract) -> None:
    text = """curl -d '{"name": <name>, "x": "<a>", "y": '"$Y"'}' https://host/things\n\n{"id": {{id}}}\n"""
    (entry,) = read(contract, text)
    assert isinstance(entry, RecordedExchange) and entry.exchange.response is not None
    assert entry.exchange.request.body == b'{"name": "<name>", "x": "<a>", "y": "$Y"}'
    assert entry.exchange.response.body.strip() == b'{"id": "{{id}}"}'
    assert str(entry.locate(("request", "body", "y"))) == "a.md:1:46"
