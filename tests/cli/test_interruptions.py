"""Which signals end a command."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from clausewise.cli.interruptions import end_like_ctrl_c, heeded_once, held_off

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP here")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [(number, signal.getsignal(number)) for number in numbers]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hook = sys.unraisablehook
    yield
    for number, handler in before:
        signal.signal(number, handler)
    sys.unraisablehook = hook


def test_under_nohup_a_closed_terminal_ends_nothing() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    end_like_ctrl_c()
    signal.raise_signal(signal.SIGHUP)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_without_it_a_closed_terminal_ends_a_command() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    end_like_ctrl_c()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGHUP)


def test_what_is_interrupted_once_comes_to_its_end_in_peace() -> None:
    done = []
    with held_off():
        signal.raise_signal(signal.SIGINT)
        with heeded_once():
            try:
                signal.raise_signal(signal.SIGINT)
                done.append("not interrupted")
            except KeyboardInterrupt:
                signal.raise_signal(signal.SIGINT)
                done.append("concluded")
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt), heeded_once():
            signal.raise_signal(signal.SIGINT)
    assert done == ["concluded"]


class _Interrupted:
    """Python drops what its destructor raises."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("once", [False, True])
def test_an_interruption_that_python_drops_comes_again(once: bool) -> None:
    end_like_ctrl_c()
    with held_off(), pytest.raises(KeyboardInterrupt):
        before = None if once else signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with heeded_once() if once else nullcontext():
                _Interrupted()
                time.sleep(10)
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)
