"""`clausewise cleanup` removes what a journal lists as left, and what a run writes is told on stderr."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import RunClausewise
from tests.servers.faulty_cluster import serve
from tests.servers.small import Answer, Call, Shelves, app_of, paths

_ALL = ("POST /boxes", "GET /boxes", "GET /boxes/{id}", "DELETE /boxes/{id}")


class Locked(Shelves):
    """Removes nothing while it is locked, wants a key, and has what nobody can remove."""

    locked = True
    stuck = ""

    def answer(self, call: Call) -> Answer:
        if call.headers.get("x-key") != "open sesame":
            return 401, {"message": "who are you"}
        if call.method == "DELETE" and (self.locked or call.path == self.stuck):
            return 403, {"message": "not now"}
        return super().answer(call)


@pytest.fixture
def shelves() -> Locked:
    return Locked()


@pytest.fixture
def url(shelves: Locked) -> Iterator[str]:
    with serve(app_of(shelves)) as url:
        yield url


@pytest.fixture
def document(tmp_path: Path) -> str:
    file = tmp_path / "api.json"
    file.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths(*_ALL)}))
    return str(file)


_KEY = ("-H", "X-Key: open sesame")


def test_what_a_run_left_is_removed_later(
    run_clausewise: RunClausewise, shelves: Locked, url: str, document: str, tmp_path: Path
) -> None:
    arguments = ("--phase", "baseline,clauses", "--output-dir", str(tmp_path / "out"), "--allow-writes", "30")
    done = run_clausewise("test", document, "--url", url, *_KEY, *arguments)
    journal = tmp_path / "out" / "created.ndjson"
    before = done.stderr.splitlines()[0]
    assert "at most 30 requests that may change data" in before and "POST /boxes may create" in before
    count = len(shelves.kept)
    assert count > 0 and f"created {count} resources, removed 0, left {count} ({count} in /boxes)" in done.stderr
    assert f"clausewise cleanup {journal}" in done.stderr

    listed = run_clausewise("cleanup", str(journal), "--dry-run")
    assert listed.returncode == 0 and listed.stdout.count(f"DELETE {url}/boxes/") == count == len(shelves.kept)

    unknown = run_clausewise("cleanup", str(journal))
    assert unknown.returncode == 1 and "the answer was 401" in unknown.stdout and len(shelves.kept) == count

    shelves.locked, shelves.stuck = False, next(iter(shelves.kept))
    some = run_clausewise("cleanup", str(journal), "--spec", document, *_KEY)
    assert some.returncode == 1 and list(shelves.kept) == [shelves.stuck]
    assert f"removed {count - 1} of {count} resources" in some.stdout
    (curl,) = [line.strip() for line in some.stdout.splitlines() if line.strip().startswith("curl ")]
    assert f"curl -X DELETE {url}{shelves.stuck}" in curl

    shelves.stuck = ""
    config = tmp_path / "pyproject.toml"
    config.write_text('[tool.clausewise]\nspec = "api.json"\n[tool.clausewise.headers]\nX-Key = "open sesame"\n')
    rest = run_clausewise("cleanup", str(journal), "--config", str(config))
    assert rest.returncode == 0 and not shelves.kept and "removed 1 of 1 resource" in rest.stdout
    again = run_clausewise("cleanup", str(journal), *_KEY)
    assert again.returncode == 0 and "nothing is left" in again.stdout


@pytest.mark.parametrize("removes", [True, False], ids=["it removes others", "it removes nothing"])
def test_what_is_not_found_is_gone_only_where_others_were_removed(
    run_clausewise: RunClausewise, shelves: Locked, url: str, tmp_path: Path, removes: bool
) -> None:
    """A path may want another name than the journal has: then all answers are 404, and everything is there."""
    shelves.locked = False
    shelves.kept = {"/boxes/1": {"id": "1"}}
    journal = tmp_path / "created.ndjson"
    ids = ("gone", "1") if removes else ("gone",)
    line = {"operation": "make", "method": "POST", "url": f"{url}/boxes", "time": "2026-01-01T10:00:00.000000Z"}
    drop = {"operation": "drop", "method": "DELETE"}
    lines = [
        {**line, "id": id, "status": 201, "made": number, "undo": {**drop, "url": f"{url}/boxes/{id}"}}
        for number, id in enumerate(ids)
    ]
    journal.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    done = run_clausewise("cleanup", str(journal), *_KEY)
    assert (done.returncode == 0) is removes
    assert ("404, and drop has never removed anything" in done.stdout) is not removes
    assert bool(shelves.kept) is not removes


def test_what_got_no_answer_is_told(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    journal = tmp_path / "created.ndjson"
    journal.write_text("")
    line = {"operation": "createBox", "url": "http://host/boxes", "time": "2026-01-01T10:00:00.000000Z"}
    (tmp_path / "created.open.ndjson").write_text(json.dumps(line) + "\n\n\n")
    done = run_clausewise("cleanup", str(journal))
    assert done.returncode == 1
    assert "createBox (http://host/boxes, 2026-01-01T10:00:00.000000Z) got no answer, and may have" in done.stdout


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot read"),
        (b'{"operation": 1}\n{}\n', "created.ndjson:1 is no line of a journal"),
        (b"\xff\xfe\n\n", "created.ndjson:1 is no line of a journal"),
    ],
    ids=["missing", "something else", "no text"],
)
def test_what_is_no_journal_is_an_error(
    run_clausewise: RunClausewise, tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    journal = tmp_path / "created.ndjson"
    if content is not None:
        journal.write_bytes(content)
    done = run_clausewise("cleanup", str(journal))
    assert done.returncode == 2 and complaint in done.stderr and len(done.stderr.splitlines()) == 1
    assert content is None or journal.read_bytes() == content


def test_a_misspelt_journal_is_recognised(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    (tmp_path / "created.ndjson").touch()
    done = run_clausewise("cleanup", "creatd.ndjson", cwd=tmp_path)
    assert done.returncode == 2 and "did you mean created.ndjson?" in done.stderr


def test_a_dry_run_sends_and_writes_nothing(
    run_clausewise: RunClausewise, shelves: Locked, url: str, document: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    for command in ("test", "gate"):
        config = tmp_path / "pyproject.toml"
        config.write_text(f'[tool.clausewise]\nspec = "api.json"\ntarget = {{ url = "{url}" }}\n')
        arguments = ("--config", str(config), "--output-dir", str(folder), "--allow-writes", "9", "--dry-run")
        done = run_clausewise(command, *arguments)
        assert done.returncode == 0, done.stderr
        assert "POST /boxes" in done.stdout and "of which may change data (--allow-writes allows 9)" in done.stdout
    assert shelves.calls == [] and not folder.exists()


def test_a_target_that_is_not_there_is_no_matter_in_a_dry_run(run_clausewise: RunClausewise, document: str) -> None:
    done = run_clausewise("test", document, "--url", "http://api.invalid", "--dry-run")
    assert done.returncode == 0 and "0 of which may change data" in done.stdout
    assert "without --allow-writes nothing is sent that may change it" in done.stderr


def _line(server: str, number: int, **undo: object) -> str:
    """A line of a journal: a box was made on a `server`."""
    removal = {"operation": "DELETE /boxes/{id}", "method": "DELETE", "url": f"{server}/boxes/{number}", **undo}
    made = {"operation": "POST /boxes", "method": "POST", "url": f"{server}/boxes", "id": number, "status": 201}
    return json.dumps({**made, "time": "2026-01-01T10:00:00.000000Z", "made": number, "undo": removal}) + "\n"


def test_credentials_go_to_one_server_only(run_clausewise: RunClausewise, tmp_path: Path) -> None:
    first, second = Shelves(), Shelves()
    first.kept, second.kept = {"/boxes/1": {"id": "1"}}, {"/boxes/2": {"id": "2"}}
    with serve(app_of(first)) as here, serve(app_of(second)) as there:
        journal = tmp_path / "created.ndjson"
        journal.write_text(_line(here, 1) + _line(there, 2))
        refused = run_clausewise("cleanup", journal, *_KEY)
        assert refused.returncode == 2 and not first.calls and not second.calls
        assert f"on several servers (1 on {there}, 1 on {here}) (say which one with --url)" in refused.stderr
        done = run_clausewise("cleanup", journal, *_KEY, "--url", f"{there}/v1")
        assert done.returncode == 0 and not first.calls and not second.kept
        assert second.calls[0].headers["x-key"] == "open sesame"
        rest = run_clausewise("cleanup", journal)
        assert rest.returncode == 0 and not first.kept


@pytest.mark.parametrize(
    ("undo", "status", "told"),
    [
        ({"url": "{}/boxes/.."}, 1, "has a dot segment, and may lead to something else"),
        ({"url": "{}/boxes/%2e%2E%2Fadmin"}, 1, "has a dot segment, and may lead to something else"),
        ({"url": "file:///etc/passwd"}, 2, '"file://" is not an HTTP URL'),
        ({"url": "http://[::1/boxes"}, 2, '"http://[::1/boxes" is not an HTTP URL'),
        ({"method": "DELETE /boxes HTTP/1.1\r\nX: y"}, 1, "left: "),
        ({"headers": [["X-Key", "a\r\nX-Other: b"]]}, 1, "left: "),
        ({"body": "%%%"}, 2, "created.ndjson:1 is no line of a journal: "),
        ({"operation": "no such operation"}, 0, "removed 1 of 1 resource"),
    ],
    ids=["dots", "hidden dots", "file", "no host", "method", "header", "body", "operation"],
)
def test_an_edited_journal_sends_nothing_else(
    run_clausewise: RunClausewise, tmp_path: Path, undo: dict[str, object], status: int, told: str
) -> None:
    shelves = Shelves()
    shelves.kept = {"/boxes/1": {"id": "1"}}
    with serve(app_of(shelves)) as url:
        journal = tmp_path / "created.ndjson"
        undo = {name: value.format(url) if isinstance(value, str) else value for name, value in undo.items()}
        journal.write_text(_line(url, 1, **undo))
        done = run_clausewise("cleanup", journal)
    assert done.returncode == status and told in done.stdout + done.stderr, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) <= 1
    assert {call.line for call in shelves.calls} <= {"DELETE /boxes/1"} and bool(shelves.calls) is (status == 0)


def test_what_a_server_called_something_is_no_command_to_a_terminal(
    run_clausewise: RunClausewise, tmp_path: Path
) -> None:
    line = json.loads(_line("http://127.0.0.1:9", 1)) | {"id": "a\x1b]0;title\x07b\u202ec"}
    (tmp_path / "created.ndjson").write_text(json.dumps(line) + "\n")
    done = run_clausewise("cleanup", tmp_path / "created.ndjson", "--dry-run")
    assert "what POST /boxes created abc (" in done.stdout
