"""The configuration: `[tool.clausewise]` of pyproject.toml in, one typed `Config` out.

Whatever is wrong in the file is a ConfigError that names the file and the line of the key.
"""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from clausewise.errors import ConfigError, UsageError
from clausewise.phase_table import DEFAULT_PHASES, PhaseName
from clausewise.report_formats import DEFAULT_REPORTS, REPORT_FILES

if TYPE_CHECKING:
    Report = str
else:
    #: name of a report that is written to a file
    Report = Literal[tuple(REPORT_FILES)]

_TABLE = ("tool", "clausewise")
_OUTPUT_DIR = "reports/latest"

_AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]
_NotNegative = Annotated[int, msgspec.Meta(ge=0)]
_Positive = Annotated[float, msgspec.Meta(gt=0)]
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class Target(msgspec.Struct, frozen=True):
    """What is tested: exactly one of a URL, an in-process app and the embedded mock."""

    #: base URL of a running server
    url: str | None = None
    #: an in-process application, "module:attribute"
    app: str | None = None
    mock: bool = False

    def __post_init__(self) -> None:
        if (self.url is not None) + (self.app is not None) + self.mock != 1:
            raise ValueError("expected exactly one of url, app and mock = true")
        if self.url is not None and not re.match(r"https?://[^/]", self.url):
            raise ValueError("expected url to begin with http:// or https:// and a host")
        if self.app is not None and not all(self.app.partition(":")):
            raise ValueError('expected app to be of the form "module:attribute"')


class MaxFindings(msgspec.Struct, frozen=True):
    """How many new findings of each severity the gate lets pass; None is without limit."""

    error: _NotNegative | None = 0
    warning: _NotNegative | None = None
    note: _NotNegative | None = None


class Waiver(msgspec.Struct, frozen=True):
    """Findings that are let pass for a while. Those of rule, clause and finding that are given must all match."""

    #: why, for the people who read the configuration
    reason: _Text
    #: the first day on which it no longer holds
    expires: datetime.date
    #: slug of the rule
    rule: _Text | None = None
    #: source pointer of the clause, or a glob over such pointers
    clause: _Text | None = None
    #: id of the finding
    finding: _Text | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("expected a reason in words")
        if self.rule is None and self.clause is None and self.finding is None:
            raise ValueError("expected at least one of rule, clause and finding")


class Config(msgspec.Struct, frozen=True, rename="kebab"):
    """Everything that pyproject.toml can say. Its paths are already resolved against the file's folder."""

    #: the configuration file, as errors name it; None when there is none and all is default
    file: str | None = None
    #: the folder that relative paths in the file start from
    folder: Path = Path()
    #: the OpenAPI document
    spec: Path | None = None
    target: Target | None = None
    #: header name -> value as written; `config_headers` looks up those of the form "env:NAME"
    headers: dict[str, str] = {}
    #: the same of another user, who must not see what the run makes
    other_headers: dict[str, str] = {}
    #: ids of the operations to test; empty for all
    operations: tuple[str, ...] = ()
    phases: tuple[PhaseName, ...] = DEFAULT_PHASES
    seed: int = 1
    #: values drawn for each operation or branch of one, in the phases `properties` and `engine`
    max_examples: _AtLeastOne = 100
    #: kept-alive connections used at once
    connections: _AtLeastOne = 8
    #: requests after which the run stops; None is without limit
    max_requests: _AtLeastOne | None = None
    #: seconds after which the run stops; None is without limit
    max_time: _Positive | None = None
    #: requests per second; None is without limit
    rate: _Positive | None = None
    #: requests that may change something on the server; None is without limit
    allow_writes: _NotNegative | None = None
    output_dir: Path = Path(_OUTPUT_DIR)
    reports: tuple[Report, ...] = DEFAULT_REPORTS
    #: percent of all clauses that must be upheld; None demands nothing
    min_coverage: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None
    max_findings: MaxFindings = MaxFindings()
    #: file of the findings that are already known
    baseline: Path | None = None
    #: program and arguments that print header lines, run when credentials are needed
    credentials_command: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] | None = None
    #: parameter or field name -> value, or operation id -> a table of such
    values: dict[str, Any] = {}
    waivers: tuple[Waiver, ...] = ()

    def value_for(self, operation: str, name: str) -> tuple[bool, Any]:
        """Whether a value is set for `name`, and that value; the operation's own comes before the general one."""
        own = self.values.get(operation)
        if isinstance(own, dict) and name in own:
            return True, own[name]
        return name in self.values, self.values.get(name)


def load(file: Path | None, start: Path) -> Config:
    """The configuration in `file`, else in the nearest pyproject.toml at or above `start` that has one, else defaults.

    Raises ConfigError when the file cannot be read, is not TOML, or says something that clausewise does not know.
    """
    if file is not None:
        config = _read(file)
        if config is None:
            raise ConfigError(f"{file} has no [tool.clausewise] table")
        return config
    folder = start.absolute()
    for parent in (folder, *folder.parents):
        candidate = parent / "pyproject.toml"
        if candidate.is_file() and (config := _read(_shown(candidate))):
            return config
    return Config()


def config_headers(headers: Mapping[str, str], environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Configured `headers`; a value "env:NAME" is read from that environment variable.

    Raises ConfigError for a variable that is not set and UsageError for what no header can be.
    """
    return tuple(_header(name, value, environ) for name, value in headers.items())


def header_values(lines: Iterable[str], environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Headers from lines of the form `Name: value`; a value "env:NAME" is read from that environment variable.

    Raises UsageError for a line of another form and ConfigError for a variable that is not set. No error shows a
    value, because it may be a secret.
    """
    headers = []
    for number, line in enumerate(lines, 1):
        name, colon, value = line.partition(":")
        if not colon:
            raise UsageError(f"header {number} has no colon", remedy="write it as 'Name: value'")
        headers.append(_header(name.strip(), value.strip(), environ))
    return tuple(headers)


def _header(name: str, value: str, environ: Mapping[str, str]) -> tuple[str, str]:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):  # RFC 9110 section 5.1
        raise UsageError("the name of a header is empty or has characters that are not allowed in it")
    if value.startswith("env:"):
        variable = value.removeprefix("env:").strip()
        # CI sets a secret that it withholds to nothing, and a secret read from a file ends in a newline.
        value = environ.get(variable, "").strip()
        if not value:
            raise ConfigError(
                f"header {name} is read from the environment variable {variable}, which is empty or not set",
                remedy=f"set {variable}",
            )
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
        raise UsageError(f"the value of header {name} has a line break or another control character in it")
    return name, value


def _shown(path: Path) -> Path:
    """A path as people want to read it: from the working directory, where that lies in or above the path's folder."""
    here = Path.cwd()
    if path.is_relative_to(here) or here.is_relative_to(path.parent):
        return Path(os.path.relpath(path, here))
    return path


def _read(path: Path) -> Config | None:
    """The configuration in one file; None when the file has no table of ours."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    if b"clausewise" not in content:  # what is wrong in another project's file is not our business
        return None
    from clausewise import toml_table

    document = toml_table.parse(str(path), content)
    table = document.table(_TABLE)
    if table is None:
        return None
    preset = {"file": str(path), "folder": path.parent}
    table = {"output-dir": _OUTPUT_DIR} | table
    config = toml_table.decode(document, table, _TABLE, Config, path.parent, preset)
    # Values end up in JSON and in URLs, where a date is a string.
    return msgspec.structs.replace(config, values=msgspec.to_builtins(config.values))
