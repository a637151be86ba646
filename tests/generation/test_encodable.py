"""What clausewise knows of the characters of a codec is what Hypothesis finds when it looks for them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

#: a process of its own, because Hypothesis keeps what it has found
_PRINTED = """
import json, sys
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.internal import charmap
set_hypothesis_home_dir(sys.argv[1])
if sys.argv[3] == "known":
    from clausewise.generation.encodable import know_the_encodable
    know_the_encodable()
found = charmap.intervals_from_codec(sys.argv[2])
sets = found if isinstance(found, tuple) else (found,)
print(json.dumps([each.intervals for each in sets]))
"""


def _intervals(folder: Path, codec: str, how: str) -> object:
    command = [sys.executable, "-c", _PRINTED, str(folder), codec, how]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["ascii", "utf-8", "iso8859-1"])
def test_the_same_characters_are_found(tmp_path: Path, codec: str) -> None:
    assert _intervals(tmp_path / "a", codec, "known") == _intervals(tmp_path / "b", codec, "looked for")
