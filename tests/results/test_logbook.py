"""What a run writes down while it goes on, and what is read again of one that was killed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from clausewise.contract.contract import Contract
from clausewise.exchange import Exchange, Request, Response
from clausewise.results.evidence import Checked, Evidence, Observation
from clausewise.results.logbook import LOGBOOK, VERSION, Beginning, Logbook
from clausewise.results.record import TargetInfo, Tool
from tests.conftest import Compile

_BEGINNING = Beginning(
    version=VERSION,
    tool=Tool("clausewise", "1.0"),
    started=datetime(2030, 1, 31, tzinfo=UTC),
    seed=1,
    spec="api.yaml",
    sources=(),
    folders=(),
    target=TargetInfo("app", "things"),
    base_url="",
    operations=("see",),
    options={},
)


@pytest.fixture(scope="module")
def contract(compiled: Compile) -> Contract:
    return compiled({"paths": {"/things": {"get": {"operationId": "see", "responses": {"200": {"description": ""}}}}}})


def observed(contract: Contract, exchange: str, message: str) -> Observation:
    clause = contract.operation("see").clauses[0].key
    return Observation("response-schema", "error", "see", exchange, message, clause)


def written(contract: Contract, folder: Path) -> Logbook:
    """The logbook of three exchanges: the first shows nothing at first, the second a fault, the third nothing."""
    book = Logbook(contract.operations, _BEGINNING, folder)
    clause = contract.operation("see").clauses[0].key
    for name in ("e1", "e2", "e3"):
        faults = (observed(contract, name, "at once"),) if name == "e2" else ()
        shown = Checked(faults, (Evidence(clause, "broken" if faults else "held"),))
        book.add(Exchange(name, Request("GET", "/things"), Response(200)), shown, asked="things")
    for name in ("e1", "e2", "e2"):
        book.add_later(observed(contract, name, "later"))
    return book


def read(contract: Contract, folder: Path) -> Logbook:
    return Logbook.read(folder, contract.operations, _BEGINNING, "read")


def faults(book: Logbook) -> list[tuple[str, list[str]]]:
    return [(exchange, [each.message for each in seen]) for exchange, seen in book.by_exchange()]


@pytest.mark.parametrize("again", [False, True], ids=["as it is", "read again"])
def test_a_fault_that_is_found_later_stands_with_those_of_its_exchange(
    contract: Contract, tmp_path: Path, again: bool
) -> None:
    book = written(contract, tmp_path)
    if again:
        book = read(contract, tmp_path)
    assert faults(book) == [("e1", ["later"]), ("e2", ["at once", "later"])]
    assert book.observed == 3
    assert book.ledger.counts(contract.operation("see").clauses[0].key) == {"held": 2, "broken": 3}


def test_what_is_written_down_is_changed_everywhere(contract: Contract, tmp_path: Path) -> None:
    """A secret that is known only later is masked in what was written before."""
    book = written(contract, tmp_path)
    book.change(
        lambda exchange: msgspec.structs.replace(exchange, request=Request("GET", "/masked")),
        lambda text: text.replace("late", "new").replace("at", "in"),
    )
    for each in (book, read(contract, tmp_path)):
        assert faults(each) == [("e1", ["newr"]), ("e2", ["in once", "newr"])]
        assert {exchange.request.target for exchange in each.exchanges.values()} == {"/masked"}


def test_an_exchange_of_which_nothing_was_written_down_is_left_out(contract: Contract, tmp_path: Path) -> None:
    """The process ended between the two."""
    written(contract, tmp_path)
    file = tmp_path / LOGBOOK
    file.write_bytes(b"".join(line for line in file.read_bytes().splitlines(True) if b'"e3"' not in line))
    book = read(contract, tmp_path)
    assert list(book.exchanges) == ["e1", "e2"]
    asked = [book.earlier("things") for _ in range(3)]
    assert [each and each.id for each in asked] == ["e1", "e2", None]
