"""The options of a run, of the gate and of the reports, as structs.

The configuration file, the command line and the pytest plugin each fill these structs, by way of
`clausewise.option_table`. An option is one field here, with its help text.
"""

# Not with `from __future__ import annotations`: the types are read at each start, and texts would have to be evaluated.
import datetime
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import msgspec

from clausewise.errors import Location, UsageError
from clausewise.option_table import PAIRS, option
from clausewise.phase_table import ALL, DEFAULT_PHASES, PHASES, PhaseName
from clausewise.report_table import DEFAULT_REPORTS, REPORT_FILES

if TYPE_CHECKING:
    Report = str
else:
    #: name of a report that is written to a file
    Report = Literal[tuple(REPORT_FILES)]

#: parameter or field name -> value, or operation key -> a table of such
Values = Mapping[str, Any]

_AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]
_NotNegative = Annotated[int, msgspec.Meta(ge=0)]
_Positive = Annotated[float, msgspec.Meta(gt=0)]
_Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
_Text = Annotated[str, msgspec.Meta(min_length=1)]


def header_lines(lines: Sequence[str]) -> PAIRS:
    """Headers from lines of the form `Name: value`. Raises UsageError for another form; no error shows a value,
    because it may be a secret."""
    headers = []
    for number, line in enumerate(lines, 1):
        name, colon, value = line.partition(":")
        if not colon:
            raise UsageError(f"header {number} has no colon", remedy="write it as 'Name: value'")
        headers.append((name.strip(), value.strip()))
    return tuple(headers)


class SchemeCredentials(msgspec.Struct, frozen=True):
    """What a user gives for one security scheme: a string, or a table.

    Strings of the form "env:NAME" are read from that environment variable when they are needed.
    """

    #: where it is written
    location: Location
    #: a token, a key, or a whole value of `Authorization`; None where a table is given
    value: _Text | None = None
    #: HTTP basic, and OAuth 2.0's password flow: the user
    username: _Text | None = None
    #: HTTP basic, and OAuth 2.0's password flow: the user's password
    password: str | None = None
    #: OAuth 2.0: where a token is asked for; by default what the document says
    token_url: _Text | None = None
    #: OAuth 2.0: the client that asks for a token
    client_id: _Text | None = None
    #: OAuth 2.0: the client's secret
    client_secret: _Text | None = None
    #: OAuth 2.0: the scopes to ask for; none by default
    scopes: tuple[_Text, ...] = ()
    #: mutual TLS: file of the client's certificate (PEM), which may also hold its private key
    cert: Path | None = None
    #: mutual TLS: file of the private key (PEM)
    key: Path | None = None


class Role(msgspec.Struct, frozen=True):
    """A further user, and the operations that the user has no right to."""

    #: what messages call the user
    name: _Text
    #: operations that must answer 403 (or 404, where they hide what there is), by id
    forbidden: tuple[_Text, ...]
    #: headers with the user's credentials; a value env:NAME is read from that environment variable
    headers: PAIRS = ()
    #: the user's credentials, by the name of a security scheme
    credentials: dict[str, SchemeCredentials] = {}

    def __post_init__(self) -> None:
        if not self.forbidden:
            raise ValueError("expected at least one operation in forbidden")
        if not self.headers and not self.credentials:
            raise ValueError("expected headers or credentials")


class RunOptions(msgspec.Struct, frozen=True):
    """How a target is tested. A header's value may name an environment variable, which `resolve_headers` reads."""

    operations: Annotated[
        tuple[str, ...],
        option("Operations to test, by id or by a glob of ids.", flags=("--operation",), metavar="ID", repeated=True),
    ] = ()
    tags: Annotated[
        tuple[str, ...],
        option("Test only operations with this tag.", flags=("--tag",), metavar="TAG", repeated=True),
    ] = ()
    paths: Annotated[
        tuple[str, ...],
        option(
            "Test only operations at these paths, '/users/**' for example.",
            flags=("--path",),
            metavar="GLOB",
            repeated=True,
        ),
    ] = ()
    changed_since: Annotated[
        _Text | None,
        option(
            "Test only operations whose contract has changed since this git revision. REV... means the commit where "
            "HEAD branched off REV.",
            metavar="REV",
        ),
    ] = None
    shard: Annotated[
        str | None,
        option("Test only this share of the operations, 2/5 for the second of five.", metavar="N/M"),
    ] = None
    phases: Annotated[
        tuple[PhaseName, ...],
        option(f"Phases to run, of {', '.join(PHASES)}; or {ALL}.", flags=("--phase",), metavar="LIST"),
    ] = DEFAULT_PHASES
    seed: Annotated[int, option("Seed of every random choice.", metavar="N")] = 1
    max_examples: Annotated[
        _AtLeastOne | None,
        option("Examples per operation or branch; by default 25 in properties and 100 in engine.", metavar="N"),
    ] = None
    connections: Annotated[_AtLeastOne, option("Connections to keep open.", metavar="N")] = 8
    max_requests: Annotated[_AtLeastOne | None, option("Stop after this many requests.", metavar="N")] = None
    max_time: Annotated[_Positive | None, option("Stop after this many seconds.", metavar="SECONDS")] = None
    rate: Annotated[_Positive | None, option("Limit on the requests per second.", metavar="N")] = None
    timeout: Annotated[_Positive, option("Seconds to wait for a whole answer.", metavar="SECONDS")] = 10.0
    max_response_time: Annotated[
        _Positive | None,
        option("Seconds within which every answer must have come; the reports list the slowest.", metavar="SECONDS"),
    ] = None
    connect_timeout: Annotated[_Positive, option("Seconds to wait for a connection.", metavar="SECONDS")] = 10.0
    ca_file: Annotated[
        Path | None,
        option("Trust the authorities in this file (PEM), not the system's.", metavar="FILE"),
    ] = None
    client_cert: Annotated[
        Path | None, option("The client's certificate (PEM), for servers that ask for one.", metavar="FILE")
    ] = None
    client_key: Annotated[
        Path | None, option("The private key (PEM) of --client-cert, where its file does not hold it.", metavar="FILE")
    ] = None
    insecure: Annotated[bool, option("Trust any server, whatever its certificate says.")] = False
    trace_ids: Annotated[
        bool,
        option("Send each request in a trace of its own (traceparent), whose id stands in the findings."),
    ] = False
    allow_writes: Annotated[
        _NotNegative | None,
        option(
            "Limit on the requests that may change data, clean-up included; by default 0 for a server elsewhere.",
            metavar="N",
        ),
    ] = None
    headers: Annotated[
        PAIRS,
        option(
            "Header to send with every request; a value env:NAME is read from that environment variable.",
            flags=("-H", "--header"),
            metavar="'NAME: VALUE'",
            repeated=True,
            variable=False,
            read=header_lines,
        ),
    ] = ()
    other_headers: Annotated[
        PAIRS,
        option(
            "Credentials of another user, who must not see what the run creates.",
            flags=("--other-header",),
            metavar="'NAME: VALUE'",
            repeated=True,
            variable=False,
            read=header_lines,
        ),
    ] = ()
    credentials: Annotated[
        dict[str, SchemeCredentials],
        option("Credentials, by the name of a security scheme.", flags=(), variable=False),
    ] = {}
    other_credentials: Annotated[
        dict[str, SchemeCredentials],
        option("Credentials of another user, by the name of a security scheme.", flags=(), variable=False),
    ] = {}
    roles: Annotated[
        tuple[Role, ...],
        option("Further users, and the operations that must refuse each of them.", flags=(), variable=False),
    ] = ()
    credentials_command: Annotated[
        Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] | None,
        option(
            "Program and arguments that print header lines, run when credentials are needed.", flags=(), variable=False
        ),
    ] = None
    values: Annotated[
        dict[str, Any],
        option(
            "Values of parameters and fields, by name, or by operation and name; a string env:NAME is read from that "
            "environment variable.",
            flags=(),
            variable=False,
        ),
    ] = {}
    callback_url: Annotated[
        _Text | None,
        option("URL at which callbacks reach the receiver, for a server on another machine.", metavar="URL"),
    ] = None
    callback_listen: Annotated[
        _Text | None,
        option(
            "Where the receiver of callbacks listens; by default a free port of this machine, or the port of "
            "--callback-url.",
            metavar="[HOST:]PORT",
        ),
    ] = None
    cleanup: Annotated[
        dict[str, _Text],
        option("Operations that undo others, by the operation that they undo.", flags=(), variable=False),
    ] = {}

    def __post_init__(self) -> None:
        if self.shard is not None:
            number, _, shards = self.shard.partition("/")
            if not (number.isdecimal() and shards.isdecimal() and 1 <= int(number) <= int(shards)):
                raise ValueError(f'expected shard to be like "2/5", got "{self.shard}"')
        if ALL in self.phases:
            if len(self.phases) > 1:
                raise ValueError(f'expected phases to be "{ALL}" alone, or names of phases')
            msgspec.structs.force_setattr(self, "phases", PHASES)


class MaxFindings(msgspec.Struct, frozen=True):
    """How many new findings of each severity the gate allows; None for no limit."""

    error: Annotated[
        _NotNegative | None, option("New errors that the gate allows.", flags=("--max-errors",), metavar="N")
    ] = 0
    warning: Annotated[
        _NotNegative | None,
        option("New warnings that the gate allows.", flags=("--max-warnings",), metavar="N"),
    ] = None
    note: Annotated[_NotNegative | None, option("New notes that the gate allows.", flags=(), metavar="N")] = None


class Waiver(msgspec.Struct, frozen=True):
    """Findings that the gate ignores until a date. Of rule, clause and finding, all that are given must match."""

    #: the reason, for the readers of the configuration
    reason: _Text
    #: the first day on which the waiver is no longer valid
    expires: datetime.date
    #: slug of the rule
    rule: _Text | None = None
    #: source pointer of the clause, or a glob over such pointers
    clause: _Text | None = None
    #: id of the finding
    finding: _Text | None = None
    #: where it is written; None for one that no file has
    location: Location | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("expected a reason in words")
        if self.rule is None and self.clause is None and self.finding is None:
            raise ValueError("expected at least one of rule, clause and finding")


class GatePolicy(msgspec.Struct, frozen=True):
    """What decides whether a run passes."""

    min_coverage: Annotated[
        _Percent | None,
        option(
            "Percentage of the clauses that must be upheld; those that nothing can break do not count.",
            metavar="PERCENT",
        ),
    ] = None
    unaccepted: Annotated[
        Literal["fail", "warn"],
        option("What an operation that accepts no request does to the verdict: fail or warn.", metavar="fail|warn"),
    ] = "fail"
    known_unaccepted: Annotated[
        tuple[_Text, ...],
        option("Operations that are known to accept no request, by id.", metavar="ID", repeated=True),
    ] = ()
    max_findings: MaxFindings = MaxFindings()
    baseline: Annotated[
        Path | None,
        option("File of known findings: a baseline, or the run.json of the base branch.", metavar="FILE"),
    ] = None
    waivers: Annotated[
        tuple[Waiver, ...],
        option("Findings to ignore until a date, by rule, clause or id.", flags=(), variable=False),
    ] = ()


class ReportOptions(msgspec.Struct, frozen=True):
    """Which reports are written, and where."""

    output_dir: Annotated[Path, option("Folder for the reports.", metavar="DIR")] = Path("reports/latest")
    reports: Annotated[
        tuple[Report, ...],
        option(f"Reports to write, of {', '.join(REPORT_FILES)}.", flags=("--report",), metavar="LIST"),
    ] = DEFAULT_REPORTS


class TargetSpec(msgspec.Struct, frozen=True):
    """The target as the user writes it: exactly one of a URL, an in-process app and the mock."""

    #: base URL of a running server
    url: str | None = None
    #: an in-process application, "module:attribute"
    app: str | None = None
    #: whether it is the contract's own mock
    mock: bool = False

    def __post_init__(self) -> None:
        if (self.url is not None) + (self.app is not None) + self.mock != 1:
            raise ValueError("expected exactly one of url, app and mock = true")
        if self.url is not None and not re.match(r"https?://[^/]", self.url):
            raise ValueError(f'expected url to begin with http:// or https:// and a host, got "{self.url}"')
        if self.app is not None and not all(self.app.partition(":")):
            raise ValueError(f'expected app to be of the form "module:attribute", got "{self.app}"')

    @classmethod
    def parse(cls, text: str) -> Self:
        """A URL, "module:attribute" or "mock". Raises ValueError for anything else."""
        if text == "mock":
            return cls(mock=True)
        if "://" in text:
            return cls(url=text)
        if not all(text.partition(":")):
            raise ValueError(f'expected a URL, module:attribute or mock, got "{text}"')
        return cls(app=text)


def read_target(texts: Sequence[str]) -> TargetSpec:
    """The target that the last of `texts` names. Raises ValueError."""
    return TargetSpec.parse(texts[-1])


def value_for(values: Values, operation: str, name: str) -> tuple[bool, Any]:
    """Whether a value is set for `name`, and that value; the operation's own comes before the general one."""
    own = values.get(operation)
    if isinstance(own, dict) and name in own:
        return True, own[name]
    return name in values, values.get(name)


def for_mock(options: RunOptions) -> RunOptions:
    """`options` without credentials and limits, which only a real server needs."""
    return msgspec.structs.replace(
        options,
        headers=(),
        other_headers=(),
        credentials={},
        other_credentials={},
        roles=(),
        credentials_command=None,
        max_requests=None,
        max_time=None,
        max_response_time=None,
        rate=None,
        allow_writes=None,
        callback_url=None,
        callback_listen=None,
    )
