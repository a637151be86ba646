"""What reaches a terminal: colours where they are wanted, and nothing of a server but text."""

from __future__ import annotations

import io
from typing import get_args

import pytest

from clausewise.report.terminal import Span, Style, text, use_color


class Screen(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "stream", "environ", "wanted"),
    [
        pytest.param("auto", Screen(), {}, True, id="a terminal"),
        pytest.param("auto", io.StringIO(), {}, False, id="a pipe"),
        pytest.param("auto", Screen(), {"NO_COLOR": "1"}, False, id="NO_COLOR"),
        pytest.param("auto", Screen(), {"NO_COLOR": ""}, True, id="NO_COLOR that is empty counts as not set"),
        pytest.param("auto", Screen(), {"TERM": "dumb"}, False, id="a dumb terminal"),
        pytest.param("auto", io.StringIO(), {"FORCE_COLOR": "1"}, True, id="FORCE_COLOR"),
        pytest.param("auto", io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, id="NO_COLOR goes before"),
        pytest.param("always", io.StringIO(), {"NO_COLOR": "1"}, True, id="the option goes before the environment"),
        pytest.param("never", Screen(), {"FORCE_COLOR": "1"}, False, id="never"),
    ],
)
def test_when_there_are_colours(choice: str, stream: io.StringIO, environ: dict[str, str], wanted: bool) -> None:
    assert use_color(choice, stream, environ) is wanted


@pytest.mark.parametrize("style", [style for style in get_args(Style) if style])
def test_a_style_begins_and_ends_with_its_span(style: Style) -> None:
    shown = text([(Span("ab", style), " cd")], color=True)
    assert shown.startswith("\x1b[")
    assert shown.endswith("mab\x1b[0m cd\n")
    assert text([(Span("ab", style), " cd")], color=False) == "ab cd\n"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        pytest.param((), "", id="an empty line"),
        pytest.param(("  a\n b\t c",), "  a b c", id="a sentence stays on its line, and keeps its indentation"),
        pytest.param((Span(" a  b\nc", exact=True),), " a  b\nc", id="a command stays as it is"),
        pytest.param((Span("a\x1b[2Jb\x07", "error"),), "ab", id="terminal commands go"),
        pytest.param((Span("a\x1b[2Jb\x07\u202ec", exact=True),), "abc", id="from a command as well"),
        pytest.param(("[bold]a[/bold]",), "[bold]a[/bold]", id="markup is text"),
    ],
)
def test_what_a_server_wrote_is_only_text(line: tuple[Span | str, ...], shown: str) -> None:
    assert text([line], color=False) == f"{shown}\n"
