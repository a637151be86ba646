"""The curl commands in a text: where each begins, in which shell, and what its standard input is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from clausewise.recordings import shell
from clausewise.recordings.passage import Passage

#: the program, and before it the path where it stands
_CURL = re.compile(r"(?<![\w./\\:~%-])(?:[\w.:~%-]*[/\\])*curl(?:\.exe)?(?=[ \t]+(?=\S)|[`^]\r?\n)", re.IGNORECASE)

#: what an argument of curl begins with, and prose about it does not
_ARGUMENT = re.compile(
    r"[ \t]*(?:[\\`^][ \t]*\r?\n[ \t>]*)?"
    r"(?:--?[\w#]|https?:|[a-z][a-z\d+]*://|\$\(|\^?[\"'](?:https?:|\$|/|\{|<|[\w-]+\.[\w.-]+/|localhost)|[$%{\[]\w*[\w{]"
    r"|<(?!https?:)[\w ./-]+>|localhost|/\w|[\w-]+(?:\.[\w-]+)+(?::\d+)?/|(?:GET|POST|PUT|PATCH|DELETE|HEAD)[ \t]+\S*/)"
)

#: the rest of a command that names an address
_URL = re.compile(r"(?:[^;|\n\\]|\\\r?\n|\\.){0,2000}?(?:https?://|localhost|[$}>]/)")

_PROMPT = (
    r"(?:\([\w.-]+\)[ \t]*)?(?:[\w.+-]+@[\w.-]+[^\n$#%>]{0,80}|\[[^\]\n]{1,80}\]|[\w.-]*sh(?:-[\d.]+)?"
    r"|PS[ \t][^\n>]{0,120}|[A-Za-z]:\\[^\n>]{0,120}|~[^\n$#%>]{0,80})?[$%#>\u276f\u279c][ \t]*"
)
#: what may stand before a command on its line: marks of lists and quotations, prompts, keys of YAML and Dockerfiles
_LEAD = (
    rf"[ \t>]*(?:(?:[-*+\u2022]|\d{{1,3}}[.)])[ \t]+)*"
    rf"(?:{_PROMPT}|(?:RUN|CMD|ENTRYPOINT|HEALTHCHECK[^\n]*CMD)[ \t]+|(?:-[ \t]+)?[\w-]+:[ \t]+)?"
)
#: words before a command that it is run with
_WRAPPERS = (
    r"(?:(?:time|exec|command|nohup|then|do|else|if|while|until|eval|builtin|!|\{|\()[ \t]+"
    r"|(?:sudo|env|nice|doas|watch|timeout|xargs|stdbuf|torsocks|proxychains)"
    r"(?:[ \t]+-\S+(?:[ \t]+(?!curl\b)[\w.@]+)?)*(?:[ \t]+[\d.]+[smh]?)?(?:[ \t]+\{\})?[ \t]+"
    r"|\w+=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'`$(]|\$\w)*[ \t]+)*"
)
_SUBSTITUTED = r"(?:\w+=[\"']?\$\([ \t]*)?"
_AT_START = re.compile(rf"{_LEAD}{_SUBSTITUTED}{_WRAPPERS}")
_BEHIND = re.compile(rf"[ \t]*{_SUBSTITUTED}{_WRAPPERS}")
#: what ends the command before, or begins a substitution or inline code
_SEPARATOR = re.compile(r"[|;&(]|(?<!`)`")
#: characters before a command that are looked at
_NEAR = 300
#: the beginning of a command whose output is piped on, and that shows it
_SHOWS = re.compile(rf"^{_LEAD}{_WRAPPERS}((?:cat|echo|printf|jq)\b)", re.MULTILINE)
#: characters before a pipe that are looked at
_PIPED = 5000

_CMD = re.compile(r"[^\n]{0,2000}?(?:[ \t]\^[ \t]*\r?$|\^[\"&])", re.MULTILINE)
_POWERSHELL = re.compile(r"[^\n`]{0,2000}[ \t]`[ \t]*\r?$", re.MULTILINE)


class Found(msgspec.Struct, frozen=True, eq=False):
    """A curl command: what is left to read are its words."""

    #: where `curl` stands, and the index behind it
    start: int
    at: int
    shell: shell.Shell
    #: whether it stands in backticks
    inline: bool
    #: whether it stands where a command does, and not within a sentence or a string
    is_placed: bool


def find(passage: Passage, at: int) -> Found | None:
    """The next curl command from `at` on."""
    text = passage.text
    for program in _CURL.finditer(text, at):
        if not _ARGUMENT.match(text, program.end()):
            continue
        near = max(0, program.start() - _NEAR)
        line = text.rfind("\n", near, program.start()) + 1
        before = text[line or near : program.start()]
        placed = _is_placed(before, whole=line > 0 or near == 0) or (line > 0 and _continues(text, line, before))
        if not placed and not _URL.match(text, program.end()):
            continue
        inline = before.count("`") % 2 == 1
        return Found(program.start(), program.end(), _shell_of(text, program.end(), before, inline), inline, placed)
    return None


def _is_placed(before: str, *, whole: bool) -> bool:
    """Whether a command may stand behind this part of its line, or behind all that its line has before it."""
    if whole and _AT_START.fullmatch(before):
        return True
    *_, separator = [None, *_SEPARATOR.finditer(before)]
    return separator is not None and _BEHIND.fullmatch(before, separator.end()) is not None


def _continues(text: str, line: int, before: str) -> bool:
    """Whether the line goes on with a command that begins on the line before."""
    return not before.strip() and text[max(0, line - _NEAR) : line].rstrip().endswith(("\\", "|", "&&"))


def _shell_of(text: str, at: int, before: str, inline: bool) -> shell.Shell:
    if re.search(r"[A-Za-z]:\\[^\n>]*>[ \t]*$", before) and not re.search(r"\bPS[ \t]", before):
        return "cmd"
    if _CMD.match(text, at):
        return "cmd"
    if re.search(r"\bPS[ \t][^\n>]*>[ \t]*$", before) or (not inline and _POWERSHELL.match(text, at)):
        return "powershell"
    return "posix"


def input_of(passage: Passage, found: Found) -> shell.CommandLine | None:
    """The command whose output is piped into the one that was `found`; None where nothing is, or where it is none that
    shows what it writes."""
    text = passage.text
    before = text[max(0, found.start - _NEAR) : found.start]
    pipe = re.search(rf"\|\s*(?:\\\r?\n\s*)?{_WRAPPERS}$", before)
    if pipe is None:
        return None
    at = found.start - len(before) + pipe.start()
    for shows in reversed(list(_SHOWS.finditer(text, max(0, at - _PIPED), at))):
        try:
            line = shell.split(passage, shows.end(), found.shell)
        except shell.UnclosedError:
            continue
        if line.end == at:
            return msgspec.structs.replace(line, words=[passage.cut(*shows.span(1)), *line.words])
    return None


def shown_by(line: shell.CommandLine) -> Passage | None:
    """The text that a command writes, where it stands in its own words."""
    program, *words = line.words
    if program.text == "cat":
        return line.here if not words else None
    values = [word for word in words if not word.text.startswith("-")]
    if program.text == "printf":
        # Its first word is the format.
        values = values[1:] if len(values) > 1 and "%" in values[0].text else values
    return values[0] if len(values) == 1 and program.text != "jq" else None


def here_documents(passage: Passage) -> Iterator[tuple[int, int, str | None]]:
    """Start and end of each here-document that another program than curl reads, and the file that it writes."""
    text = passage.text
    for found in re.finditer(r"^[^\n]*<<-?[ \t]*['\"]?[\w.-]+['\"]?[^\n]*$", text, re.MULTILINE):
        program = re.search(r"\b(?:cat|tee)\b", found[0])
        if program is None:
            continue
        try:
            line = shell.split(passage, found.start() + program.end())
        except shell.UnclosedError:
            continue
        if line.here is not None:
            output = line.output
            if program[0] == "tee" and line.words:
                output = line.words[-1].text
            yield found.end(), line.end, output
