"""What a scan shows while it goes on: each fault once, as soon as it is seen, and nothing secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clausewise.cli import first_sights
from clausewise.cli.first_sights import FirstSights
from clausewise.contract.contract import Contract
from clausewise.recordings.chunks import ChunkLimits
from clausewise.validation.limits import ScanLimits
from clausewise.validation.scan import ScanOptions, ScanProgress, scan
from clausewise.validation.sights import Sight
from tests.validation.traffic import PATH, REQUEST, RESPONSE, faults, line, write


def _shown(contract: Contract, path: Path, **options: Any) -> list[ScanProgress]:
    shown: list[ScanProgress] = []
    limits = ScanLimits(chunks=ChunkLimits(5_000))
    scan(contract, ScanOptions(sources=(str(path),), limits=limits, **options), shown.append)
    return shown


def test_each_fault_is_shown_when_it_is_first_seen(shipped: Contract, tmp_path: Path) -> None:
    shown = _shown(shipped, write(tmp_path / "a.ndjson", faults(200, every=7)))
    seen = [(progress.exchanges, sight) for progress in shown for sight in progress.new]
    assert [sight.rule for _, sight in seen] == ["response-schema", "invalid-request-accepted", "undocumented-status"]
    assert [sight.place for _, sight in seen] == [f"{tmp_path}/a.ndjson:{number}:1" for number in (7, 14, 21)]
    # Long before the end, and each with the chunk that it stands in.
    assert [checked < 40 for checked, _ in seen] == [True, True, True]
    assert shown[-1].faults == 3


def test_entries_of_archives_are_shown_one_by_one(shipped: Contract, tmp_path: Path) -> None:
    def entry(status: int) -> dict[str, object]:
        content = {"mimeType": "application/json", "text": json.dumps(RESPONSE)}
        posted = {"mimeType": "application/json", "text": json.dumps(REQUEST)}
        request = {"method": "POST", "url": f"https://host{PATH}", "headers": [], "postData": posted}
        return {"request": request, "response": {"status": status, "headers": [], "content": content}}

    (tmp_path / "a.har").write_text(json.dumps({"log": {"entries": [entry(status) for status in (200, 418, 200)]}}))
    shown = _shown(shipped, tmp_path / "a.har")
    assert [(each.exchanges, [sight.rule for sight in each.new]) for each in shown if each.new] == [
        (2, ["undocumented-status"])
    ]


def test_secrets_are_masked(shipped: Contract, tmp_path: Path) -> None:
    bad = line(request=REQUEST | {"type": "Xa8Kq2mZp0"}, headers=[("Authorization", "Bearer Xa8Kq2mZp0")])
    shown = _shown(shipped, write(tmp_path / "a.ndjson", [bad, *faults(20, every=50)]))
    assert any(progress.new for progress in shown) and "Xa8Kq2mZp0" not in str(shown)


def _progress(*new: Sight) -> ScanProgress:
    return ScanProgress(None, None, 1, 1, new)


def test_what_is_seen_is_printed_when_a_scan_takes_a_while(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(first_sights, "SOON", 1e9)
    sights = FirstSights("never")
    sights.show(_progress(Sight("error", "server-error", "a.ndjson:1:1", "it answered 500")))
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(first_sights, "SOON", 0.0)
    sights.show(_progress(*(Sight("note", "request-schema", f"a.ndjson:{n}:1", "it lacks `a`") for n in range(30))))
    sights.show(_progress())
    output, complaints = capsys.readouterr()
    assert output == ""
    assert complaints.splitlines()[1] == "error a.ndjson:1:1 [server-error] it answered 500"
    assert complaints.count("[request-schema]") == 11
    assert complaints.splitlines()[-1] == "more of [request-schema] are listed at the end"
