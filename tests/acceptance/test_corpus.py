"""Large public documents against their own mocks: what is found there is a defect of the document, or a contradiction.

Of each document some operations are tested, evenly spread, within a limit of time. What this leaves no time for is not
counted: it says nothing of the document.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from clausewise.contract.contract import load
from clausewise.errors import ClausewiseError
from clausewise.options import RunOptions
from clausewise.results.record import Run
from clausewise.runner.run import run
from clausewise.runner.targets import mock_target

pytestmark = pytest.mark.slow

#: operations of one document, seconds for them, and the largest document in bytes
_OPERATIONS = 5
_SECONDS = 25
_LARGEST = 1_800_000

#: the share of clauses that half of the documents reach at least
_UPHELD = 0.95

#: what a run says where a document contradicts itself: a request may hold what no answer may
_CONTRADICTION = "the contract lets a client send it, and lets no answer return it"


def _documents() -> list[Path]:
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
    files = sorted([*folder.glob("*.json"), *folder.glob("*.yaml")])
    return [file for file in files if file.name != "index.json" and file.stat().st_size < _LARGEST]


@cache
def _tested(file: Path) -> Run | str:
    """The record of a run against the document's own mock; what is said of a document that is refused."""
    try:
        contract = load(file)
        keys = [operation.key for operation in contract.operations]
        chosen = tuple(keys[:: -(-len(keys) // _OPERATIONS) or 1])
        options = RunOptions(seed=1, max_time=_SECONDS, operations=chosen)
        return run(contract, mock_target(contract, 1, 8), options).run
    except ClausewiseError as error:
        return str(error)


def _share(record: Run) -> float | None:
    """How many of the clauses that there was time for are upheld; None where there was none for any."""
    counted = [clause for clause in record.clauses if clause.verdict != "unbreakable"]
    counted = [clause for clause in counted if not re.search(r"the limit of \d+ s", clause.reason)]
    return sum(clause.verdict == "upheld" for clause in counted) / len(counted) if counted else None


@pytest.mark.parametrize(
    "file",
    [pytest.param(file, id=file.name) for file in _documents()]
    or [pytest.param(Path(), marks=pytest.mark.skip(reason="there is no folder shared/ beside the checkout"))],
)
def test_a_document_passes_its_own_mock_or_its_contradiction_is_named(file: Path) -> None:
    record = _tested(file)
    assert not isinstance(record, str), record
    of_the_mock = [each for each in record.findings if each.rule not in ("spec-invalid", "ref-not-fetched")]
    assert [each.message for each in of_the_mock if _CONTRADICTION not in each.message] == []


def test_half_of_the_documents_are_upheld_nearly_whole() -> None:
    records = [record for record in map(_tested, _documents()) if not isinstance(record, str)]
    shares = [share for share in map(_share, records) if share is not None]
    if not shares:
        pytest.skip("there is no folder shared/ beside the checkout")
    assert median(shares) >= _UPHELD, sorted(shares)
