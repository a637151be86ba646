"""pyproject.toml: what it may say, and errors that name file, line and key."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from clausewise.config import Config, load
from clausewise.errors import ConfigError, Location
from clausewise.options import (
    GatePolicy,
    MaxFindings,
    ReportOptions,
    RunOptions,
    TargetSpec,
    Waiver,
)


def configured(folder: Path, text: str) -> Config:
    file = folder / "pyproject.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, folder)


def complaint(folder: Path, text: str) -> str:
    """The error that a configuration gives, its file without the folder."""
    with pytest.raises(ConfigError) as error:
        configured(folder, text)
    return str(error.value).removeprefix(f"{folder}/")


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        """
[tool.clausewise]
spec = "openapi/api.yaml"
target = { url = "http://localhost:8000/v1" }
headers = { Authorization = "env:TOKEN" }
operations = ["createCluster"]
phases = ["baseline"]
seed = 7
connections = 2
max-requests = 100
max-time = 10
rate = 2.5
allow-writes = 0
output-dir = "out"
reports = ["junit"]
min-coverage = 95
max-findings = { warning = 3 }
baseline = "baseline.json"
credentials-command = ["vault", "read"]

[tool.clausewise.values]
day = 2030-01-31

[[tool.clausewise.waivers]]
rule = "echo-mismatch"
clause = "#/components/*"
reason = "agreed"
expires = 2030-01-31
""",
    )
    assert config == Config(
        file=str(tmp_path / "pyproject.toml"),
        spec=str(tmp_path / "openapi/api.yaml"),
        target=TargetSpec(url="http://localhost:8000/v1"),
        run=RunOptions(
            headers=(("Authorization", "env:TOKEN"),),
            operations=("createCluster",),
            phases=("baseline",),
            seed=7,
            connections=2,
            max_requests=100,
            max_time=10.0,
            rate=2.5,
            allow_writes=0,
            credentials_command=("vault", "read"),
            values={"day": "2030-01-31"},
        ),
        policy=GatePolicy(
            min_coverage=95.0,
            max_findings=MaxFindings(error=0, warning=3),
            baseline=tmp_path / "baseline.json",
            waivers=(
                Waiver(
                    "agreed",
                    date(2030, 1, 31),
                    rule="echo-mismatch",
                    clause="#/components/*",
                    location=Location(str(tmp_path / "pyproject.toml"), 24, 3),
                ),
            ),
        ),
        output=ReportOptions(output_dir=tmp_path / "out", reports=("junit",)),
    )


@pytest.mark.parametrize(
    ("written", "command"),
    [
        pytest.param(["./login.sh"], ["{folder}/login.sh"], id="a program beside it"),
        pytest.param(
            ["bin/login", "login.sh"], ["{folder}/bin/login", "{folder}/login.sh"], id="an argument that is a file"
        ),
        pytest.param(
            ["python", "login.sh", "--fast"], ["python", "{folder}/login.sh", "--fast"], id="a program of PATH"
        ),
        pytest.param(["login.sh", "x"], ["login.sh", "x"], id="a program of PATH with the name of a file"),
        pytest.param(["/usr/bin/env", "a"], ["/usr/bin/env", "a"], id="absolute"),
    ],
)
def test_a_command_is_found_beside_the_file(
    written: list[str], command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "login.sh").write_text("")
    (tmp_path / "below").mkdir()
    (tmp_path / "pyproject.toml").write_text(f"[tool.clausewise]\ncredentials-command = {written}\n")
    monkeypatch.chdir(tmp_path / "below")
    found = load(None, Path.cwd()).run.credentials_command
    assert found == tuple(part.format(folder=tmp_path) for part in command)


def test_an_empty_table_is_all_default_beside_its_file(tmp_path: Path) -> None:
    config = configured(tmp_path, "[tool.clausewise]\n")
    assert config == Config(file=config.file, output=ReportOptions(output_dir=tmp_path / "reports/latest"))
    assert config.policy.max_findings == MaxFindings(error=0, warning=None, note=None)


def test_the_nearest_file_with_our_table_is_found(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.clausewise]\nseed = 5\n")
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    assert load(None, inner).run.seed == 5


def test_a_file_of_its_own_has_the_keys_in_no_table(tmp_path: Path) -> None:
    inner = tmp_path / "a"
    inner.mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.clausewise]\nseed = 5\n")
    (tmp_path / "clausewise.toml").write_text("seed = 6\nspec = 'api.yaml'\n[values.make]\nname = 'n'\n")
    config = load(None, inner)
    assert (config.run.seed, config.spec) == (6, str(tmp_path / "api.yaml"))
    assert config.run.values == {"make": {"name": "n"}}
    assert load(tmp_path / "clausewise.toml", inner) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sed = 6\n", 'clausewise.toml:1:1: unknown key "sed" in the file (did you mean "seed"?)'),
        ("seed = 'x'\n", 'clausewise.toml:1:1: "seed" in the file: expected a whole number, got a string'),
        ("[target]\nurl = 'http://h'\nmock = true\n", "clausewise.toml:1:2: [target]: expected exactly one of"),
        (
            "seed = 1\n[[tool.clausewise.waivers]]\nrule = 'flaky'\n",
            "clausewise.toml:2:3: the keys of clausewise.toml stand in no table (write [[waivers]])",
        ),
        (
            "seed = 1\n[tool.clausewise]\nconnections = 2\n",
            "clausewise.toml:3:1: the keys of clausewise.toml stand in no table (write connections = ... at the top",
        ),
    ],
)
def test_mistakes_in_it_name_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clausewise.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(None, Path())
    assert str(caught.value).startswith(message)


def test_a_file_that_is_not_ours_may_be_broken(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.clausewise]\nseed = 5\n")
    inner = tmp_path / "a"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("not TOML")
    assert load(None, inner).run.seed == 5


def test_in_the_working_directory_the_file_has_its_plain_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.clausewise]\nspec = 'api.yaml'\n")
    monkeypatch.chdir(tmp_path)
    config = load(None, Path())
    assert (config.file, config.spec) == ("pyproject.toml", "api.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            '[project]\nname = "x"\n\n[tool.clausewise]\nseed = 1\nmin-coverag = 3',
            '6:1: unknown key "min-coverag" in [tool.clausewise] (did you mean "min-coverage"?)',
            id="nearest known key",
        ),
        pytest.param("[tool.clausewise]\nfile = 'x'", '2:1: unknown key "file" in [tool.clausewise]', id="no such key"),
        pytest.param("[tool]\nclausewise.sead = 1", '2:1: unknown key "sead"', id="dotted key"),
        pytest.param('[tool.clausewise]\n"sead" = 1', '2:1: unknown key "sead"', id="quoted key"),
        pytest.param("# sead = 1\n[tool.clausewise]\n sead = 1", '3:2: unknown key "sead"', id="not in a comment"),
        pytest.param("[a]\nsead = 1\n[tool.clausewise]\nsead = 1", '4:1: unknown key "sead"', id="not in other tables"),
        pytest.param(
            'a = """\n[tool.clausewise]\nsead = 1\n"""\n[tool.clausewise]\nsead = 1',
            '6:1: unknown key "sead"',
            id="not in a string of many lines",
        ),
        pytest.param("[tool.clausewise.sead]\nx = 1", '1:2: unknown key "sead"', id="a table of that name"),
        pytest.param("[tool.clausewise.target]\nurll = 'x'", '2:1: unknown key "urll"', id="in a table of ours"),
        pytest.param(
            "[tool.clausewise]\ntarget = { urll = 'x' }",
            '2:12: unknown key "urll" in [tool.clausewise.target] (did you mean "url"?)',
            id="in an inline table",
        ),
        pytest.param(
            "[tool.clausewise]\nmax-findings = { errors = 1 }",
            '2:18: unknown key "errors" in [tool.clausewise.max-findings] (did you mean "error"?)',
            id="severity",
        ),
        pytest.param(
            "[[tool.clausewise.waivers]]\nrule = 'a'\nreason = 'b'\nexpires = 2030-01-31\n"
            "[[tool.clausewise.waivers]]\nreson = 'a'",
            '6:1: unknown key "reson" in [[tool.clausewise.waivers]] (did you mean "reason"?)',
            id="in the second waiver",
        ),
    ],
)
def test_an_unknown_key_is_named_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    assert complaint(tmp_path, text).startswith(f"pyproject.toml:{said}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("seed = 'x'", '"seed" in [tool.clausewise]: expected a whole number, got a string'),
        ("seed = true", '"seed" in [tool.clausewise]: expected a whole number, got true or false'),
        ("spec = 3", '"spec" in [tool.clausewise]: expected a string'),
        ("connections = 0", '"connections" in [tool.clausewise]: expected a whole number >= 1'),
        ("phases = 'x'", '"phases" in [tool.clausewise]: expected a list, got a string'),
        ("headers = { a = 3 }", '"headers" in [tool.clausewise]: expected a string, got a whole number'),
        ("headers = [['a', 'b']]", "[tool.clausewise.headers]: expected a table"),
        ("headers = 3", "[tool.clausewise.headers]: expected a table"),
        ("min-coverage = 101", '"min-coverage" in [tool.clausewise]: expected a number <= 100'),
        ("min-coverage = nan", '"min-coverage" in [tool.clausewise]: expected a number'),
        ("credentials-command = []", '"credentials-command" in [tool.clausewise]: expected a list of length >= 1'),
        ("values = 3", '"values" in [tool.clausewise]: expected a table'),
        ("target = 'x'", "[tool.clausewise.target]: expected a table"),
        ("waivers = 3", '"waivers" in [tool.clausewise]: expected a list, got a whole number'),
        ("reports = ['jsn']", '"reports" in [tool.clausewise]: expected json, '),
        ("target = {}", "[tool.clausewise.target]: expected exactly one of url, app and mock = true"),
        ("target = { mock = false }", "[tool.clausewise.target]: expected exactly one of url, app and mock = true"),
        ("target = { mock = true, app = 'a:b' }", "[tool.clausewise.target]: expected exactly one of url, app and"),
        ("target = { url = 'localhost' }", "[tool.clausewise.target]: expected url to begin with http:// or https://"),
        ("target = { app = 'module' }", '[tool.clausewise.target]: expected app to be of the form "module:attribute"'),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(line: str, said: str, tmp_path: Path) -> None:
    assert complaint(tmp_path, f"[tool.clausewise]\n{line}\n").startswith(f"pyproject.toml:2:1: {said}")


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("480163", "write it in quotes"),
        ("4801.63", "write it in quotes"),
        ("true", "write it in quotes"),
        ("['480163']", "write a string in quotes, or a table"),
        ("2030-01-31", "write a string in quotes, or a table"),
    ],
)
def test_credentials_are_a_string_or_a_table_and_are_not_shown(value: str, remedy: str, tmp_path: Path) -> None:
    said = complaint(tmp_path, f"[tool.clausewise.credentials]\ntoken = {value}\n")
    assert said.startswith('pyproject.toml:2:1: "token" in [tool.clausewise.credentials]: expected a string or a table')
    assert remedy in said and value not in said


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("rule = 'a'\nexpires = 2030-01-31", 'the key "reason" is missing'),
        ("rule = 'a'\nreason = 'b'", 'the key "expires" is missing'),
        ("rule = 'a'\nreason = ' '\nexpires = 2030-01-31", "expected a reason in words"),
        ("rule = 'a'\nreason = ''\nexpires = 2030-01-31", '"reason" in [[tool.clausewise.waivers]]: expected a string'),
        ("reason = 'b'\nexpires = 2030-01-31", "expected at least one of rule, clause and finding"),
        ("rule = 'a'\nreason = 'b'\nexpires = '2030-01-31'", "expected a date such as 2030-01-31 (without quotes)"),
    ],
    ids=["no reason", "no expiry", "blank reason", "empty reason", "covers everything", "date in quotes"],
)
def test_a_waiver_has_a_reason_an_end_and_an_aim(lines: str, said: str, tmp_path: Path) -> None:
    assert said in complaint(tmp_path, f"[[tool.clausewise.waivers]]\n{lines}\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[tool.clausewise]\nseed = \n", "pyproject.toml:2:8: is not valid TOML"),
        (b"[tool.clausewise]\nseed = [1,", "pyproject.toml:2:11: is not valid TOML"),
        (b"[tool.clausewise]\nspec = '\xff'\n", "pyproject.toml:2:1: is not UTF-8 text"),
        (b"tool.clausewise = 3\n", "pyproject.toml:1:1: [tool.clausewise]: expected a table"),
        (b"# clausewise\n", "pyproject.toml has no [tool.clausewise] table"),
    ],
    ids=["no value", "ends too soon", "binary", "no table", "nothing of ours"],
)
def test_a_file_that_cannot_be_understood_is_named(content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        load(file, tmp_path)
    assert str(error.value).removeprefix(f"{tmp_path}/").startswith(said)


@pytest.mark.parametrize("name", ["none.toml", "."], ids=["missing", "a folder"])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"cannot read {re.escape(str(tmp_path / name))}: "):
        load(tmp_path / name, tmp_path)
