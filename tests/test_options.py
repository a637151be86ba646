"""Options: one field each, set by flag, environment, file or default, in this order."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec
import pytest

from clausewise import config
from clausewise.cli.options import configured
from clausewise.config import Config
from clausewise.environment import resolve_headers
from clausewise.errors import ClausewiseError, ConfigError, Location, UsageError
from clausewise.option_table import Option, options_of, overlay, parse
from clausewise.options import (
    GatePolicy,
    ReportOptions,
    Role,
    RunOptions,
    SchemeCredentials,
    TargetSpec,
    Waiver,
    header_lines,
    value_for,
)
from clausewise.phase_table import PHASES
from clausewise.plugin.options import NAMES, read_options

TABLE = options_of(Config)


class Sample(NamedTuple):
    """What a user writes for one option in each place, and what it means there."""

    file: str
    #: the value that the file gives
    in_file: Any
    environment: str = ""
    in_environment: Any = None
    flag: tuple[str, ...] = ()
    #: the value of the flag, the file being there as well
    by_flag: Any = None


_HEADERS = Sample(
    '{ A = "file", B = "kept" }', (("A", "file"), ("B", "kept")), "", None, ("a: flag",), (("B", "kept"), ("a", "flag"))
)
_COUNT = Sample("2", 2, "3", 3, ("4",), 4)

#: option -> its sample; no value is the default
SAMPLES = {
    "spec": Sample('"file.yaml"', "file.yaml", "http://host/api.json", "http://host/api.json"),
    "allow-refs": Sample(
        '["a", "b"]', (Path("a"), Path("b")), "c, d", (Path("c"), Path("d")), ("e", "f"), (Path("e"), Path("f"))
    ),
    "refs": Sample('{"https://a.example/" = "types"}', {"https://a.example/": Path("types")}),
    "overlay": Sample('["o.yaml"]', (Path("o.yaml"),), "p.yaml", (Path("p.yaml"),), ("q.yaml",), (Path("q.yaml"),)),
    "allow-remote-refs": Sample("true", True, "1", True, ("true",), True),
    "strict": Sample("true", True, "1", True, ("true",), True),
    "webhooks": Sample('{ paid = "/hooks/paid" }', {"paid": "/hooks/paid"}),
    "callback-url": Sample('"http://a/"', "http://a/", "http://b/", "http://b/", ("http://c/",), "http://c/"),
    "callback-listen": Sample('"8001"', "8001", "8002", "8002", ("8003",), "8003"),
    "spec-headers": _HEADERS,
    "nullable": Sample('"letter"', "letter", "letter", "letter"),
    "target": Sample(
        '{ url = "http://file" }', TargetSpec(url="http://file"), "module:app", TargetSpec(app="module:app")
    ),
    "operations": Sample('["a"]', ("a",), "b,c", ("b", "c"), ("d", "e"), ("d", "e")),
    "tags": Sample('["a"]', ("a",), "b,c", ("b", "c"), ("d", "e"), ("d", "e")),
    "paths": Sample('["/a"]', ("/a",), "/b,/c", ("/b", "/c"), ("/d", "/e"), ("/d", "/e")),
    "changed-since": Sample('"a"', "a", "b", "b", ("c",), "c"),
    "shard": Sample('"1/2"', "1/2", "2/2", "2/2", ("1/3",), "1/3"),
    "phases": Sample('["pairs"]', ("pairs",), "baseline, clauses", ("baseline", "clauses"), ("pairs,",), ("pairs",)),
    "seed": _COUNT,
    "max-examples": _COUNT,
    "connections": _COUNT,
    "max-requests": _COUNT,
    "max-time": Sample("2.5", 2.5, "3.5", 3.5, ("4",), 4.0),
    "rate": Sample("2.5", 2.5, "3.5", 3.5, ("4",), 4.0),
    "timeout": Sample("2.5", 2.5, "3.5", 3.5, ("4",), 4.0),
    "max-response-time": Sample("0.5", 0.5, "1.5", 1.5, ("2",), 2.0),
    "connect-timeout": Sample("2.5", 2.5, "3.5", 3.5, ("4",), 4.0),
    "ca-file": Sample('"a.pem"', Path("a.pem"), "b.pem", Path("b.pem"), ("c.pem",), Path("c.pem")),
    "client-cert": Sample('"a.pem"', Path("a.pem"), "b.pem", Path("b.pem"), ("c.pem",), Path("c.pem")),
    "client-key": Sample('"a.key"', Path("a.key"), "b.key", Path("b.key"), ("c.key",), Path("c.key")),
    "insecure": Sample("true", True, "1", True, ("true",), True),
    "trace-ids": Sample("true", True, "1", True, ("true",), True),
    "allow-writes": Sample("2", 2, "0", 0, ("4",), 4),
    "headers": _HEADERS,
    "other-headers": _HEADERS,
    "credentials": Sample(
        '{ bearer = "env:TOKEN" }',
        {"bearer": SchemeCredentials(Location("pyproject.toml", 2, 17), value="env:TOKEN")},
    ),
    "other-credentials": Sample(
        '{ basic = { username = "a", password = "b" } }',
        {"basic": SchemeCredentials(Location("pyproject.toml", 2, 23), username="a", password="b")},
    ),
    "credentials-command": Sample('["print-token", "now"]', ("print-token", "now")),
    "cleanup": Sample('{ openCase = "closeCase" }', {"openCase": "closeCase"}),
    "values": Sample('{ name = "x" }', {"name": "x"}),
    "min-coverage": Sample("2.5", 2.5, "99.9", 99.9, ("100",), 100.0),
    "unaccepted": Sample('"warn"', "warn", "warn", "warn", ("fail",), "fail"),
    "known-unaccepted": Sample('["a"]', ("a",), "b,c", ("b", "c"), ("d", "e"), ("d", "e")),
    "max-findings.error": _COUNT,
    "max-findings.warning": Sample("2", 2, "3", 3, ("0",), 0),
    "max-findings.note": _COUNT,
    "baseline": Sample('"a.json"', Path("a.json"), "b.json", Path("b.json"), ("c.json",), Path("c.json")),
    "roles": Sample(
        '[{ name = "viewer", forbidden = ["a"], headers = { X = "1" } }]', (Role("viewer", ("a",), (("X", "1"),)),)
    ),
    "waivers": Sample(
        '[{ reason = "agreed", expires = 2030-01-31, rule = "echo-mismatch" }]',
        (Waiver("agreed", date(2030, 1, 31), rule="echo-mismatch", location=Location("pyproject.toml", 2, 1)),),
    ),
    "output-dir": Sample('"a"', Path("a"), "b", Path("b"), ("c",), Path("c")),
    "reports": Sample('["json"]', ("json",), "html,sarif", ("html", "sarif"), ("junit",), ("junit",)),
}


def value_of(config: Config, option: Option) -> Any:
    value: Any = config
    for name in option.path:
        value = getattr(value, name)
    return value


@pytest.mark.parametrize("option", TABLE, ids=[option.key for option in TABLE])
def test_flag_goes_before_environment_before_file_before_default(
    option: Option, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sample = SAMPLES[option.key]
    assert value_of(Config(), option) == option.default != sample.in_file

    Path("pyproject.toml").write_text(f"[tool.clausewise]\n{option.key} = {sample.file}\n")
    file = config.load(None, Path())
    assert value_of(file, option) == sample.in_file

    assert bool(option.variable) == bool(sample.environment)
    environ = {option.variable: sample.environment} if option.variable else {}
    seen = overlay(file, {}, environ)
    assert value_of(seen, option) == (sample.in_environment if environ else sample.in_file)
    assert overlay(file, {}, dict.fromkeys(environ, "")) == file, "an empty variable is one that is not set"

    if option.flags:
        chosen = overlay(file, {option.name: parse(option, sample.flag)}, environ)
        assert value_of(chosen, option) == sample.by_flag
    others = [other for other in TABLE if other is not option]
    assert [value_of(seen, other) for other in others] == [value_of(file, other) for other in others]


def command(name: str) -> click.Command:
    loaded = importlib.import_module(f"clausewise.cli.{name}").command
    assert isinstance(loaded, click.Command)
    return loaded


def flags(name: str) -> dict[str, str]:
    """The flags of a command, each with its help text."""
    return {
        flag: parameter.help or ""
        for parameter in command(name).params
        if isinstance(parameter, click.Option)
        for flag in parameter.opts
    }


def test_the_gate_takes_every_option_that_test_takes() -> None:
    assert flags("test").items() <= flags("gate").items()


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("test", (RunOptions, ReportOptions)),
        ("gate", (RunOptions, ReportOptions, GatePolicy)),
        ("validate", (ReportOptions,)),
        ("report", (ReportOptions,)),
    ],
    ids=["test", "gate", "validate", "report"],
)
def test_each_option_of_the_table_is_a_flag_with_its_help(name: str, kinds: tuple[type[msgspec.Struct], ...]) -> None:
    there = flags(name)
    for option in (option for kind in kinds for option in options_of(kind)):
        for flag in option.flags:
            assert there[flag].startswith(option.help), flag


def test_each_option_of_the_plugin_is_one_of_the_table() -> None:
    from clausewise.pytest_plugin import _OPTIONS

    assert NAMES.keys() == _OPTIONS.keys()
    assert {*NAMES.values()} <= {option.name for option in TABLE}


def test_the_plugin_reads_them_in_the_same_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.clausewise]\nseed = 2\nrate = 5\nmin-coverage = 90\n")
    monkeypatch.setenv("CLAUSEWISE_CONNECTIONS", "3")
    monkeypatch.setenv("CLAUSEWISE_MIN_COVERAGE", "90")
    assert read_options({}, {}, tmp_path).run == RunOptions(seed=2, rate=5.0, connections=3)
    assert read_options({}, {"seed": "6"}, tmp_path).run.seed == 6
    monkeypatch.setenv("CLAUSEWISE_SEED", "7")
    assert read_options({}, {"seed": "6"}, tmp_path).run.seed == 7
    assert read_options({"seed": 8}, {"seed": "6"}, tmp_path).run.seed == 8
    # The thresholds of the gate are no business of the tests.
    assert read_options({}, {}, tmp_path).policy.min_coverage is None
    assert read_options({}, {"fail-under": "80"}, tmp_path).policy.min_coverage == 80


@pytest.mark.parametrize(
    ("variable", "text", "problem"),
    [
        ("SEED", "x", 'expected a whole number, got "x"'),
        ("CONNECTIONS", "0", 'expected a whole number >= 1, got "0"'),
        ("RATE", "nan", 'expected a number > 0.0, got "nan"'),
        ("MIN_COVERAGE", "101", 'expected a number <= 100.0, got "101"'),
        ("MAX_FINDINGS_ERROR", "-1", 'expected a whole number >= 0, got "-1"'),
        ("PHASES", "clause", 'got "clause" (did you mean "clauses"?)'),
        ("REPORTS", "json,htm", 'got "htm" (did you mean "html"?)'),
        ("TARGET", "localhost", 'expected a URL, module:attribute or mock, got "localhost"'),
        ("TARGET", "ftp://x", "expected url to begin with http:// or https:// and a host"),
    ],
)
def test_a_wrong_environment_variable_is_named(variable: str, text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as error:
        overlay(Config(), {}, {f"CLAUSEWISE_{variable}": text})
    assert str(error.value).startswith(f"the environment variable CLAUSEWISE_{variable}: expected ")
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ({}, TargetSpec(mock=True)),
        ({"url": "http://a"}, TargetSpec(url="http://a")),
        ({"app": "module:app"}, TargetSpec(app="module:app")),
    ],
    ids=["none", "URL", "app"],
)
def test_a_target_that_is_given_replaces_that_of_the_file(
    given: dict[str, Any], target: TargetSpec, tmp_path: Path
) -> None:
    file = tmp_path / "clausewise.toml"
    file.write_text("[tool.clausewise]\ntarget = { mock = true }\n")
    assert configured(file, **given).target == target


def test_one_target_only() -> None:
    with pytest.raises(UsageError, match="give only one of --url, --app and --mock"):
        configured(None, url="http://a", mock=True)


@pytest.mark.parametrize(
    ("operation", "name", "found"),
    [
        ("createCluster", "name", (True, "own")),
        ("listClusters", "name", (True, "general")),
        ("createCluster", "region", (True, "east")),
        ("createCluster", "other", (False, None)),
    ],
)
def test_an_operations_own_value_comes_first(operation: str, name: str, found: tuple[bool, object]) -> None:
    values = {"name": "general", "region": "east", "createCluster": {"name": "own"}}
    assert value_for(values, operation, name) == found


def test_a_header_line_is_taken_apart_and_reads_the_environment() -> None:
    headers = header_lines(["X-Plain:  a: b ", "Authorization: env:TOKEN"])
    assert resolve_headers(headers, {"TOKEN": "Bearer s3cret\n"}) == (
        ("X-Plain", "a: b"),
        ("Authorization", "Bearer s3cret"),
    )


@pytest.mark.parametrize(
    ("line", "kind", "problem"),
    [
        ("Bearer s3cret", UsageError, "header 1 has no colon (write it as 'Name: value')"),
        (": s3cret", UsageError, "the name of a header is empty"),
        ("A name: s3cret", UsageError, "characters that are not allowed"),
        ("Name: s3cret\r\nOther: x", UsageError, "the value of header Name has a line break"),
        ("Name: env:BYTES", UsageError, "another character that no header can carry"),
        ("Name: env: ", ConfigError, "header Name names no environment variable (write env:NAME)"),
        ("Name: env:NONE", ConfigError, "header Name is read from the environment variable NONE, which is"),
        ("Name: env:EMPTY", ConfigError, "environment variable EMPTY, which is empty or not set (set EMPTY)"),
    ],
)
def test_a_wrong_header_is_reported_without_its_value(line: str, kind: type[ClausewiseError], problem: str) -> None:
    with pytest.raises(kind) as error:
        resolve_headers(header_lines([line]), {"EMPTY": "", "BYTES": "s3cret\udcff"})
    assert problem in str(error.value)
    assert "s3cret" not in str(error.value)


@pytest.fixture(params=["file", "environment", "flag"])
def phases_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Callable[..., tuple[str, ...]]:
    """The phases of a run that is given these names in the file, in the environment or as flags."""

    def given(*names: str) -> tuple[str, ...]:
        monkeypatch.chdir(tmp_path)
        option = next(option for option in TABLE if option.key == "phases")
        file = f"[tool.clausewise]\nphases = {json.dumps(names)}\n" if request.param == "file" else ""
        Path("pyproject.toml").write_text(file)
        environ = {"CLAUSEWISE_PHASES": ",".join(names)} if request.param == "environment" else {}
        chosen = {"phases": parse(option, (",".join(names),))} if request.param == "flag" else {}
        return overlay(config.load(None, Path()), chosen, environ).run.phases

    return given


def test_one_word_stands_for_all_phases(phases_given: Callable[..., tuple[str, ...]]) -> None:
    assert phases_given("all") == PHASES


@pytest.mark.parametrize("names", [("all", "pairs"), ("pairs", "all")])
def test_it_stands_alone(phases_given: Callable[..., tuple[str, ...]], names: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match='expected phases to be "all" alone, or names of phases'):
        phases_given(*names)
