"""The table of features has no row that is untrue: what it calls judged is found where a server breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from clausewise.contract.contract import load
from clausewise.options import RunOptions
from clausewise.runner.mutation import prove
from scripts.features import Entry, entries, found_of, write

#: why a clause survives that only a request breaks that another clause refuses
_NEVER_ALONE = "every request that breaks the clause also breaks another"

_DOCUMENTS = [
    pytest.param(entry, version, id=f"{entry.feature} {version}") for entry in entries() for version in entry.openapi
]


@pytest.mark.slow
@pytest.mark.parametrize(("entry", "version"), _DOCUMENTS)
def test_each_clause_of_a_feature_is_missed_where_it_is_broken(entry: Entry, version: str, tmp_path: Path) -> None:
    if found_of(entry, version).judged != "yes":
        pytest.skip("the table does not call it judged")
    proof = prove(load(write(entry, version, tmp_path)), RunOptions(phases=("baseline", "clauses"), seed=1), jobs=1)
    assert proof.mutants > 0
    survived = [result for result in proof.results if result.outcome == "survived"]
    assert [result for result in survived if not result.reason.startswith(_NEVER_ALONE)] == []


def test_every_entry_has_a_document_of_its_own() -> None:
    assert [entry.feature for entry in entries() if bool(entry.schema) == bool(entry.document)] == []
