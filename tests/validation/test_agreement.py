"""A large recording gives the findings that its exchanges give one by one, in any order: those put into it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from clausewise.contract.contract import Contract
from clausewise.errors import Location
from clausewise.exchange import Unreadable
from clausewise.recordings import ndjson
from clausewise.recordings.chunks import ChunkLimits
from clausewise.validation.collector import TrafficCollector
from clausewise.validation.examiner import Examiner
from clausewise.validation.limits import ScanLimits
from clausewise.validation.scan import ScanOptions, scan
from tests.validation.traffic import PATH, REFUSAL, REQUEST, RESPONSE, line, write

#: what is wrong with an exchange: the rule that it breaks -> the exchange, made from a number
_FAULTS = {
    "response-schema status": lambda number: line(response=RESPONSE | {"status": f"ODD{number % 3}"}),
    "response-schema isLimited": lambda number: line(response=RESPONSE | {"isLimited": number}),
    "invalid-request-accepted type": lambda _: line(request=REQUEST | {"type": "SHARED"}),
    "request-schema type": lambda _: line(request=REQUEST | {"type": "SHARED"}, response=REFUSAL, status=400),
    "undocumented-status 418": lambda _: line(response=REFUSAL, status=418),
    "undocumented-method-accepted PUT": lambda _: line(method="PUT"),
}


def _recorded(count: int) -> Iterator[tuple[str, bytes]]:
    """So many exchanges, each with what is wrong with it ("" for nothing); one in twenty is faulty."""
    chosen = random.Random(20)
    names = sorted(_FAULTS)
    for number in range(count):
        if chosen.random() < 0.05:
            name = chosen.choice(names)
            yield name, _FAULTS[name](number)
        else:
            target = PATH.replace("clm88", f"clm{number % 90 + 10}")
            sent, came = REQUEST | {"name": f"c{number}"}, RESPONSE | {"name": f"c{number}"}
            form = "text" if chosen.random() < 0.2 else "json"
            yield "", line(request=sent, response=came, target=target, form=form)


def _one_by_one(contract: Contract, lines: list[bytes]) -> TrafficCollector:
    examiner = Examiner(contract, "none")
    for number, content in enumerate(lines, 1):
        exchange = ndjson.decode(content, f"a:{number}")
        assert not isinstance(exchange, Unreadable)
        examiner.take(ndjson.located(exchange, f"a:{number}", Location("a", number, 1)))
    return examiner.collector


def _counts(found: TrafficCollector) -> dict[str, tuple[str, int]]:
    """Rule and count of each fault, by its id."""
    return {id: (fault.shown.rule, fault.count) for id, fault in found.faults.items()}


@pytest.mark.parametrize("count", [2_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_large_recording_gives_what_its_exchanges_give(shipped: Contract, tmp_path: Path, count: int) -> None:
    recorded = list(_recorded(count))
    lines = [content for _, content in recorded]
    random.Random(6).shuffle(lines)
    limits = ScanLimits(chunks=ChunkLimits(200_000))
    whole, shuffled = (
        scan(shipped, ScanOptions(sources=(str(path),), jobs=jobs, limits=limits)).collector
        for path, jobs in (
            (write(tmp_path / "whole.ndjson", (content for _, content in recorded)), 2),
            (write(tmp_path / "shuffled.ndjson", lines), 1),
        )
    )
    alone = _one_by_one(shipped, lines)
    assert _counts(whole) == _counts(shuffled) == _counts(alone)
    put = Counter(name.partition(" ")[0] for name, _ in recorded if name)
    found: Counter[str] = Counter()
    for rule, times in _counts(whole).values():
        found[rule] += times
    assert found == put
    # Each kind of fault is one, however often and with whatever value it occurs.
    assert len(whole.faults) == len(_FAULTS)
    # A method that is not offered belongs to no operation.
    elsewhere = sum(name == "undocumented-method-accepted PUT" for name, _ in recorded)
    assert whole.checked == shuffled.checked == alone.checked
    assert whole.unmatched.count == shuffled.unmatched.count == alone.unmatched.count <= elsewhere
