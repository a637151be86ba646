"""reports/example/ is what a run writes today, in every format."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from clausewise.report_table import REPORT_FILES


def test_the_committed_example_is_up_to_date(repo: Path) -> None:
    command = [sys.executable, "reports/example/regenerate.py", "--check"]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_every_format_is_there(repo: Path) -> None:
    files = {file.name for file in (repo / "reports" / "example").iterdir() if file.is_file()}
    assert files == {*REPORT_FILES.values(), "exchanges.ndjson", "README.md", "regenerate.py"}
