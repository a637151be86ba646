"""What a credentials-command may do: print headers, odd lines, nothing, too late, or fail."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from clausewise.errors import TargetError
from clausewise.exchange import Headers
from clausewise.runner.login import command_headers


def printing(code: str, within: float = 10.0) -> Headers:
    return asyncio.run(command_headers((sys.executable, "-c", code, "s3cret argument"), within))


@pytest.mark.parametrize(
    ("printed", "headers"),
    [
        (b"Authorization: Bearer a:b\n", (("Authorization", "Bearer a:b"),)),
        (b"X-A: 1\r\n x-b :2\r\n", (("X-A", "1"), ("x-b", "2"))),
        (b"logging in at http://a ...\nX-A: 1", (("X-A", "1"),)),
        (b"note: done at 12:00\nX-A:\n", (("note", "done at 12:00"),)),
        (b"X-A: a\x0bb\nX-B: 2\n", (("X-B", "2"),)),
        (b"X-A: a\xe2\x80\xa8b\n", (("X-A", "a\u2028b"),)),
        (b"\xff\xfe\nX-A: \xff\n", (("X-A", "\N{REPLACEMENT CHARACTER}"),)),
    ],
)
def test_each_line_that_is_a_header_is_read(printed: bytes, headers: Headers) -> None:
    assert printing(f"import sys; sys.stdout.buffer.write({printed!r})") == headers


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("", "the credentials-command printed no line of the form 'Name: value'"),
        ("print('s3cret')", "the credentials-command printed no line of the form 'Name: value'"),
        ("print('X-A: s3cret'); exit(3)", "the credentials-command failed with exit status 3"),
        ("exit('s3cret')", "the credentials-command failed with exit status 1"),
    ],
)
def test_a_command_that_gives_no_headers_is_reported_without_what_it_printed(code: str, message: str) -> None:
    with pytest.raises(TargetError) as error:
        printing(code)
    assert str(error.value) == message


@pytest.mark.parametrize("command", ["/no/such/program", "/", "nul\0inside"])
def test_a_command_that_cannot_be_started_is_reported(command: str) -> None:
    with pytest.raises(TargetError) as error:
        asyncio.run(command_headers((command, "s3cret")))
    assert str(error.value).startswith("the credentials-command cannot be started: ") and "s3cret" not in str(error)


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(30)",
        "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3)'])",
    ],
    ids=["itself", "a process that it leaves behind"],
)
def test_a_command_that_does_not_end_is_not_waited_for(code: str) -> None:
    started = time.monotonic()
    with pytest.raises(TargetError, match=r"^the credentials-command did not end within 0\.5 s$"):
        printing(code, within=0.5)
    assert time.monotonic() - started < 2.5


def test_a_command_that_does_not_end_is_killed(tmp_path: Path) -> None:
    place = tmp_path / "pid"
    with pytest.raises(TargetError):
        printing(f"import os, time; open({str(place)!r}, 'w').write(str(os.getpid())); time.sleep(30)", within=1.0)
    with pytest.raises(ProcessLookupError):
        for _ in range(100):
            os.kill(int(place.read_text()), 0)
            time.sleep(0.05)
