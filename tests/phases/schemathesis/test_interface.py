"""What we rely on of Schemathesis. A test that fails here says what moved: then see to `clausewise.engines`."""

from __future__ import annotations

import inspect
import operator
from importlib import import_module
from importlib.metadata import requires, version

import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from clausewise.options import RunOptions
from clausewise.phases.schemathesis.engine import LEFT_TO_THE_CHECKER, OBSERVED, _configuration
from clausewise.results.rules import RULES

_VERSION = version("schemathesis")

#: checks that none of our rules needs, with the reason
_UNUSED = {
    "allow_header_conformance": "which methods a header lists is no clause of the contract",
    "object_level_authorization": "it needs credentials of two people",
}

#: module, and what we read there
_READ = [
    ("schemathesis", "openapi.from_dict"),
    ("schemathesis.schemas", "BaseSchema.include"),
    ("schemathesis.core", "SCHEMATHESIS_TEST_CASE_HEADER"),
    ("schemathesis.core.failures", "Failure.case_id"),
    ("schemathesis.engine", "from_schema"),
    ("schemathesis.engine", "Status.FAILURE"),
    ("schemathesis.engine.core", "Engine.execute"),
    ("schemathesis.engine.core", "EventStream.stop"),
    ("schemathesis.engine.core", "EventStream.__iter__"),
    ("schemathesis.engine.errors", "EngineErrorInfo.message"),
    ("schemathesis.engine.events", "FatalError.exception"),
    ("schemathesis.engine.events", "NonFatalError.info"),
    ("schemathesis.engine.events", "NonFatalError.label"),
    ("schemathesis.engine.events", "ScenarioFinished.recorder"),
    ("schemathesis.engine.recorder", "CaseNode.parent_id"),
    ("schemathesis.engine.recorder", "CheckFailureInfo.failure"),
    ("schemathesis.engine.recorder", "CheckNode.failure_info"),
    ("schemathesis.engine.recorder", "CheckNode.name"),
    ("schemathesis.engine.recorder", "CheckNode.status"),
    ("schemathesis.engine.recorder", "ScenarioRecorder.cases"),
    ("schemathesis.engine.recorder", "ScenarioRecorder.checks"),
    ("schemathesis.openapi.checks", "AuthScenario.INVALID_AUTH"),
    ("schemathesis.openapi.checks", "IgnoredAuth.scenario"),
    ("schemathesis.openapi.checks", "UseAfterFree.deleted_case_id"),
]


@pytest.mark.parametrize(("module", "name"), _READ, ids=[f"{module}:{name}" for module, name in _READ])
def test_what_we_read_is_there(module: str, name: str) -> None:
    try:
        operator.attrgetter(name)(import_module(module))
    except (ImportError, AttributeError) as error:
        pytest.fail(f"Schemathesis {_VERSION} has moved {module}.{name}, which clausewise.engines reads: {error}")


def test_the_word_for_made_up_credentials() -> None:
    from schemathesis.openapi.checks import AuthScenario

    assert str(AuthScenario.INVALID_AUTH.value) == "invalid_auth", (
        f"Schemathesis {_VERSION} names its auth scenarios otherwise"
    )


@pytest.mark.parametrize("writes", [True, False], ids=["writing", "reading"])
def test_the_configuration_is_understood(writes: bool) -> None:
    options = RunOptions(max_examples=5, rate=2)
    headers = {"Authorization": "token"}
    try:
        config = SchemathesisConfig.from_dict(
            _configuration(options, headers, "http://127.0.0.1:1", ["PUT"] if writes else [])
        )
    except Exception as error:
        pytest.fail(f"Schemathesis {_VERSION} reads another configuration than the one that clausewise writes: {error}")
    project = config.projects.default
    assert (config.seed, config.cache.enabled, project.workers, project.continue_on_failure) == (1, False, 1, True)
    assert project.headers == {"Authorization": "token"}
    assert (project.generation.database, project.generation.max_examples) == ("none", 5)
    load_all_checks()
    on = {name for name in CHECKS.get_all_names() if project.checks.get_by_name(name=name).enabled}
    assert on == OBSERVED.keys(), f"Schemathesis {_VERSION} switches checks on that clausewise leaves off"


def test_every_check_has_its_place() -> None:
    load_all_checks()
    known = OBSERVED.keys() | LEFT_TO_THE_CHECKER.keys() | _UNUSED.keys()
    there = set(CHECKS.get_all_names())
    assert not known - there, f"Schemathesis {_VERSION} no longer has the checks {sorted(known - there)}"
    assert not there - known, f"Schemathesis {_VERSION} has new checks, which rule are they: {sorted(there - known)}"


def test_every_rule_is_one_of_ours() -> None:
    assert {*OBSERVED.values(), *LEFT_TO_THE_CHECKER.values()} <= RULES.keys()


def test_a_document_can_be_given_a_place() -> None:
    assert "config" in inspect.signature(schemathesis.openapi.from_dict).parameters
    document = {"openapi": "3.1.0", "info": {"title": "", "version": "1"}, "paths": {}}
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
    schema.location = "file:///somewhere/contract.json"
    assert schema.location == "file:///somewhere/contract.json"


def test_the_range_is_pinned() -> None:
    pinned = {line.partition(";")[0] for line in requires("clausewise") or () if line.startswith("schemathesis")}
    assert {frozenset(line.strip().removeprefix("schemathesis").split(",")) for line in pinned} == {
        frozenset({"<5", ">=4.32"})
    }
