"""What failed is kept for the next run, unless a secret is in it."""

from __future__ import annotations

from pathlib import Path

from clausewise.generation.draft import Draft
from clausewise.generation.failure_store import FailureStore
from clausewise.security.redact import Redactor


def test_a_request_with_a_secret_is_not_stored(tmp_path: Path) -> None:
    store = FailureStore(tmp_path, "op", Redactor(["Held-secret-01"]).holds_secret)
    plain = Draft({("query", "name"): "plain"}, body={"a": 1})
    store.save([plain, Draft({("query", "name"): "Held-secret-01"}), Draft({}, body=["HELD-SECRET-01"])])
    assert store.load(Draft({})) == [plain]
    files = [file.read_bytes().lower() for file in tmp_path.rglob("*") if file.is_file()]
    assert files and not any(b"held-secret" in content for content in files)
