"""What is found in recorded traffic: the same by every way of reading it, and nothing valid is lost."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clausewise.contract.contract import Contract
from clausewise.recordings import ndjson
from clausewise.recordings.chunks import Chunk, ChunkLimits
from clausewise.results.record import Run, decode, encode
from clausewise.results.rules import RULES
from clausewise.validation import workers
from clausewise.validation.chunk import Examined, Setup, examine
from clausewise.validation.limits import ScanLimits
from clausewise.validation.scan import ScanOptions, ScanProgress, scan
from clausewise.validation.summary import record_scan
from tests.validation.traffic import PATH, REFUSAL, REQUEST, RESPONSE, faults, line, write


def validated(contract: Contract, path: Path, **options: Any) -> Run:
    return record_scan(contract, scan(contract, ScanOptions(sources=(str(path),), **options))).run


def chunks_of(size: int, **limits: int) -> ScanLimits:
    return ScanLimits(chunks=ChunkLimits(size, **limits))


def told(run: Run) -> list[tuple[str, str, int]]:
    """Rule, severity and count of each finding."""
    return [(finding.rule, finding.severity, finding.count) for finding in run.findings]


@pytest.mark.parametrize("evidence", ["all", "sampled", "none"])
@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        pytest.param(line, [], id="as it should be"),
        pytest.param(
            lambda form: line(form=form, response=RESPONSE | {"status": "PROVISIONING"}),
            [("response-schema", "error", 1)],
            id="a response that breaks a clause",
        ),
        pytest.param(
            lambda form: line(form=form, request=REQUEST | {"type": "SHARED"}),
            [("invalid-request-accepted", "error", 1)],
            id="a request that breaks a clause and is accepted",
        ),
        pytest.param(
            lambda form: line(form=form, request=REQUEST | {"type": "SHARED"}, response=REFUSAL, status=400),
            [("request-schema", "note", 1)],
            id="a request that breaks a clause and is refused, as it should be",
        ),
        pytest.param(
            lambda form: line(form=form, response=REFUSAL, status=400), [], id="a valid request that is refused"
        ),
        pytest.param(
            lambda form: line(form=form, response=REFUSAL, status=500),
            [("server-error", "note", 1)],
            id="a documented crash",
        ),
        pytest.param(
            lambda form: line(form=form, response=REFUSAL, status=418),
            [("undocumented-status", "error", 1)],
            id="a status that is not documented",
        ),
        pytest.param(
            lambda form: line(form=form, method="DELETE"),
            [("undocumented-method-accepted", "error", 1)],
            id="a method that is not offered",
        ),
        pytest.param(
            lambda form: line(form=form, response=RESPONSE | {"tenantId": "t"}),
            [("response-schema", "warning", 1)],
            id="an advisory clause",
        ),
    ],
)
def test_what_a_line_shows(
    shipped: Contract,
    tmp_path: Path,
    evidence: str,
    form: str,
    bad: Callable[..., bytes],
    expected: list[tuple[str, str, int]],
) -> None:
    lines = [line(form=form), bad(form=form), line(form=form)]
    run = validated(shipped, write(tmp_path / "a.ndjson", lines), evidence=evidence)
    assert told(run) == expected
    assert all(finding.source and finding.source.line == 2 for finding in run.findings)
    assert all(finding.exchange == f"{tmp_path}/a.ndjson:2" for finding in run.findings)


@pytest.mark.parametrize("evidence", ["all", "none"])
@pytest.mark.parametrize(
    ("bad", "checked"),
    [
        pytest.param({"target": PATH.replace("clm88", "\ud800")}, 3, id="in a path parameter"),
        pytest.param({"target": "/\ud800"}, 2, id="in the path"),
        pytest.param({"headers": [("X-\ud800", "\ud800")]}, 3, id="in a header"),
        pytest.param({"method": "P\ud800"}, 2, id="in the method"),
    ],
)
def test_half_of_a_surrogate_pair_stops_no_scan(
    shipped: Contract, tmp_path: Path, evidence: str, bad: dict[str, Any], checked: int
) -> None:
    run = validated(shipped, write(tmp_path / "a.ndjson", [line(), line(**bad), line()]), evidence=evidence)
    assert run.requests == checked and encode(run)


def test_the_name_of_a_file_may_be_no_utf_8(shipped: Contract, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.ndjson"))
    try:
        write(path, [line(response={})])
    except (OSError, UnicodeEncodeError):
        pytest.skip("names of files must be UTF-8 here")
    (finding, *_) = decode(encode(validated(shipped, path)), "run.json").findings
    assert finding.source is not None and finding.source.file == f"{tmp_path}/\ufffd.ndjson"


def test_the_mode_of_evidence_changes_no_finding(shipped: Contract, tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", faults(600, every=7))
    runs = [validated(shipped, path, evidence=mode) for mode in ("all", "sampled", "none")]
    assert told(runs[0]) == told(runs[1]) == told(runs[2])
    assert {run.requests for run in runs} == {runs[0].requests}
    upheld = [run.coverage.clauses.upheld for run in runs]
    assert upheld[0] == upheld[1] > upheld[2] > 0


@pytest.mark.parametrize("size", [900, 5_000, 1_000_000])
def test_chunks_of_any_size_give_the_same_record(shipped: Contract, tmp_path: Path, size: int) -> None:
    path = write(tmp_path / "a.ndjson", faults(300, every=7))
    expected = validated(shipped, path, evidence="all")
    run = validated(shipped, path, evidence="all", limits=chunks_of(size))
    assert (run.findings, run.clauses, run.scan) == (expected.findings, expected.clauses, expected.scan)


@pytest.mark.process
def test_two_processes_give_the_record_of_one(shipped: Contract, tmp_path: Path) -> None:
    limits = chunks_of(20_000)
    path = write(tmp_path / "a.ndjson", faults(1_000, every=31))
    one, two = (validated(shipped, path, jobs=jobs, limits=limits) for jobs in (1, 2))
    assert (one.findings, one.clauses, one.scan) == (two.findings, two.clauses, two.scan)


def test_unmatched_requests_are_counted_by_path(shipped: Contract, tmp_path: Path) -> None:
    lines = [line(method="GET", target=f"/users/{number}?page=2") for number in range(3)]
    run = validated(shipped, write(tmp_path / "a.ndjson", [*lines, line(method="GET", target="/health"), line()]))
    assert run.scan is not None and run.scan.unmatched_exchanges == 4 and run.requests == 1
    assert [(each.method, each.path, each.count) for each in run.scan.unmatched] == [
        ("GET", "/users/*", 3),
        ("GET", "/health", 1),
    ]
    assert run.scan.unmatched[0].first == f"{tmp_path}/a.ndjson:1:1"


def test_secrets_are_masked(shipped: Contract, tmp_path: Path) -> None:
    bad = line(request=REQUEST | {"type": "SHARED"}, headers=[("Authorization", "Bearer very-secret-token")])
    concluded = record_scan(shipped, scan(shipped, ScanOptions(sources=(str(write(tmp_path / "a.ndjson", [bad])),))))
    assert "very-secret-token" not in str(concluded.run) + str(concluded.exchanges)
    assert concluded.run.findings[0].curl is not None


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("form", ["har", "yaml"])
def test_a_curl_line_has_the_scheme_of_the_recorded_url(
    shipped: Contract, tmp_path: Path, form: str, scheme: str
) -> None:
    url, body = f"{scheme}://host{PATH}", json.dumps(REQUEST | {"type": "SHARED"})
    posted = {"mimeType": "application/json", "text": body}
    request = {"method": "POST", "url": url, "uri": url, "headers": None, "postData": posted, "body": body}
    entry = {"request": request, "response": {"status": 400}}
    recording = {"har": {"log": {"entries": [entry]}}, "yaml": {"interactions": [entry]}}[form]
    (tmp_path / f"a.{form}").write_text(json.dumps(recording))
    findings = validated(shipped, tmp_path / f"a.{form}").findings
    assert findings and all(url in str(each.curl) for each in findings)


GOOD = b"".join(each + b"\n" for each in (line(), line()))


@pytest.mark.parametrize(
    ("name", "content", "checked", "complaint"),
    [
        pytest.param("a.ndjson", GOOD + b"\0" * 50 + b"\n" + GOOD, 4, "a.ndjson:3: is not JSON", id="NUL bytes"),
        pytest.param("a.ndjson", GOOD + line()[:200], 2, "a.ndjson:3: is not JSON", id="cut off in a line"),
        pytest.param(
            "a.ndjson",
            GOOD + b'{"version":1,"id":"x","request":' + b"[" * 100_000 + b"\n" + GOOD,
            4,
            "a.ndjson:3: ",
            id="nested too deeply",
        ),
        pytest.param("a.ndjson", GOOD + b"\xff\xfe\n" + GOOD, 4, "a.ndjson:3: is not UTF-8", id="invalid UTF-8"),
        pytest.param(
            "a.ndjson", line().replace(b"false", b"NaN") + b"\n" + GOOD, 2, "a.ndjson:1: is not JSON", id="NaN"
        ),
        pytest.param("a.ndjson.gz", gzip.compress(GOOD * 99)[:-40], 190, "is cut off", id="gzip cut off"),
    ],
)
def test_what_is_broken_is_told_and_the_rest_is_checked(
    shipped: Contract, tmp_path: Path, name: str, content: bytes, checked: int, complaint: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    run = validated(shipped, path)
    assert run.scan is not None
    assert run.requests >= checked - 2 and (name.endswith("gz") or run.requests == checked)
    assert complaint in " ".join(f"{each.source}: {each.message}" for each in run.scan.unreadable)
    assert run.scan.unreadable_entries >= 1


def test_a_line_beyond_all_limits_is_skipped(shipped: Contract, tmp_path: Path) -> None:
    content = GOOD + b'{"a":"' + b"x" * 100_000 + b'"}\n' + GOOD
    path, packed = tmp_path / "a.ndjson", tmp_path / "b.ndjson.gz"
    path.write_bytes(content)
    packed.write_bytes(gzip.compress(content))
    for each in (path, packed):
        run = validated(shipped, each, limits=chunks_of(5_000, longest_line=20_000))
        assert run.scan is not None and run.requests == 4
        assert [(trouble.source, trouble.message) for trouble in run.scan.unreadable] == [
            (f"{each}:3", "the line has more than 20000 bytes, so it is not read")
        ]


def _dies_once(setup: Setup, chunk: Chunk) -> Examined:
    marker = Path(f"{chunk.file}.died")
    if chunk.index == 2 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return examine(setup, chunk)


def _dies_always(setup: Setup, chunk: Chunk) -> Examined:
    if chunk.index == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return examine(setup, chunk)


@pytest.mark.process
def test_a_process_that_dies_is_replaced(shipped: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.ndjson", faults(500, every=31))
    limits = chunks_of(20_000)
    expected = validated(shipped, path, limits=limits)
    monkeypatch.setattr(workers, "examine", _dies_once)
    run = validated(shipped, path, jobs=2, limits=limits)
    assert Path(f"{path}.died").exists()
    assert (run.findings, run.clauses, run.scan) == (expected.findings, expected.clauses, expected.scan)


@pytest.mark.process
def test_a_chunk_that_keeps_killing_is_named(
    shipped: Contract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "examine", _dies_always)
    path = write(tmp_path / "a.ndjson", [*faults(200, every=300), line(response=RESPONSE | {"status": "ODD"})])
    run = validated(shipped, path, jobs=2, limits=chunks_of(20_000))
    assert run.scan is not None
    assert [trouble.source for trouble in run.scan.failed] == [f"{path}, bytes 40000 to 60000"]
    assert "died 3 times" in run.scan.failed[0].message
    assert 150 < run.requests < 201
    # lines of what was not checked are counted all the same
    assert [finding.source.line for finding in run.findings if finding.source] == [201]


def test_an_interruption_keeps_what_was_found(shipped: Contract, tmp_path: Path) -> None:
    path = write(tmp_path / "a.ndjson", faults(500, every=5))

    def interrupt(progress: ScanProgress) -> None:
        if progress.exchanges:
            raise KeyboardInterrupt

    scanned = scan(shipped, ScanOptions(sources=(str(path),), jobs=2, limits=chunks_of(20_000)), interrupt)
    assert scanned.interrupted and 0 < scanned.collector.checked < 100
    assert record_scan(shipped, scanned).run.findings


def test_the_published_schema_takes_json_bodies(shipped: Contract) -> None:
    import jsonschema

    jsonschema.Draft202012Validator(ndjson.json_schema()).validate(json.loads(line()))
    exchange = ndjson.decode(line(), "here")
    assert json.loads(exchange.request.body or b"") == REQUEST  # type: ignore[union-attr]
    assert list(ndjson.read(io.BytesIO(line()))) == [exchange]


def test_every_rule_found_is_a_rule(shipped: Contract, tmp_path: Path) -> None:
    run = validated(shipped, write(tmp_path / "a.ndjson", faults(600, every=7)))
    assert Counter(finding.rule for finding in run.findings).keys() <= RULES.keys()


def test_a_file_without_end_is_told_and_the_rest_is_checked(shipped: Contract, tmp_path: Path) -> None:
    endless = tmp_path / "a.json"
    endless.write_bytes(b"y\n" * 2_000_000)
    good = write(tmp_path / "b.ndjson", [line()])
    limits = ScanLimits(largest_document=1_000)
    options = ScanOptions(sources=(str(endless), str(good)), operation="createCluster", limits=limits)
    run = record_scan(shipped, scan(shipped, options)).run
    assert run.scan is not None and run.scan.checked == 1
    assert [(trouble.source, trouble.message.partition(",")[0]) for trouble in run.scan.unreadable] == [
        (str(endless), "has more than 1000 bytes")
    ]
