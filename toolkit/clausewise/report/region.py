"""The region of a finding for code scanning services: a relative URI, and start and end in the file."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath
from urllib.parse import quote

import msgspec

from clausewise.config import is_url
from clausewise.errors import Location
from clausewise.results.record import Finding, Run

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Region(msgspec.Struct, frozen=True):
    """A region of one line: lines and columns count from 1, columns in characters."""

    #: relative to the working directory, with "/", not percent-encoded; or the URL of a document
    path: str
    line: int
    column: int
    #: of the character after the last one; None where the text of the file was not recorded
    end_column: int | None

    @property
    def is_remote(self) -> bool:
        """Whether it is in a document at a URL, which no repository has."""
        return is_url(self.path)

    @property
    def uri(self) -> str:
        """The path as a URI reference (RFC 3986)."""
        if self.is_remote:
            return quote(self.path, safe="/:@!$&'()*+,;=~?%[]")
        # "./" where the first segment looks like a scheme
        path = f"./{self.path}" if ":" in self.path.partition("/")[0] else self.path
        return quote(path, safe="/:@!$&'()*+,;=~")


class Regions:
    """Finds the regions of one run's findings."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._lines = {source.file: lines_of(source.text) for source in run.spec.sources}

    def of(self, finding: Finding) -> Region:
        """The region to correct: in the payload, document or recording of the finding, else in the contract.

        It is the first line of the contract where a finding has no location.
        """
        return self.at(finding.source or finding.location or Location(self._run.spec.file, 1, 1))

    def contract_of(self, finding: Finding) -> Region | None:
        """The region in the contract, for a finding in another file; None for any other."""
        return self.at(finding.location) if finding.source and finding.location else None

    def at(self, location: Location) -> Region:
        """The region from the location to the end of its line."""
        lines = self._lines.get(location.file, ())
        end = None
        if 1 <= location.line <= len(lines):
            end = max(len(lines[location.line - 1].rstrip()), location.column) + 1
        return Region(_relative(location.file), location.line, location.column, end)


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a file, counted as in locations: with the line breaks of YAML 1.1 (section 4.1.4)."""
    return tuple(_BREAK.split(text))


def _relative(file: str) -> str:
    if is_url(file):
        return file
    path = PurePath(file)
    if path.is_absolute():
        here = Path.cwd()
        path = path.relative_to(here) if path.is_relative_to(here) else PurePath(os.path.relpath(path, here))
    return path.as_posix()
