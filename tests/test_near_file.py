"""The file that was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from clausewise.near_file import near_file


@pytest.mark.parametrize(
    ("missing", "meant"),
    [
        pytest.param("api/opnapi.yaml", "api/openapi.yaml", id="the file"),
        pytest.param("apis/openapi.yaml", "api/openapi.yaml", id="its folder"),
        pytest.param("api/zzz.json", None, id="nothing alike"),
        pytest.param("apis/other.yaml", None, id="a folder without it"),
    ],
)
def test_the_nearest_name_that_is_there(missing: str, meant: str | None, tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "openapi.yaml").write_text("")
    assert near_file(tmp_path / missing) == (f"did you mean {tmp_path / meant}?" if meant else None)


def test_a_relative_path_stays_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "openapi.yaml").write_text("")
    assert near_file(Path("opnapi.yaml")) == "did you mean openapi.yaml?"
