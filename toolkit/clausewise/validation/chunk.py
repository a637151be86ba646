"""One chunk of a recording, checked in whatever process: the unit of work of a scan."""

from __future__ import annotations

import pickle
import zlib

import msgspec

from clausewise.contract.contract import Contract
from clausewise.errors import Location
from clausewise.recordings.chunks import Chunk, read_lines
from clausewise.spec.specification import read_specification
from clausewise.validation.collector import TrafficCollector
from clausewise.validation.examiner import EvidenceMode
from clausewise.validation.lines import LineExaminer


class Setup(msgspec.Struct, frozen=True):
    """What a worker has to know before it can check chunks."""

    #: names contract and mode within a process
    key: str
    evidence: EvidenceMode
    #: the contract's files, packed; empty where the worker has them already, because it is a fork of this process
    packed: bytes = b""


class Examined(msgspec.Struct, frozen=True, eq=False):
    """What became of a chunk."""

    collector: TrafficCollector
    #: line breaks in it
    breaks: int


#: by the key of their setup; they keep what they learn from chunk to chunk
_examiners: dict[str, LineExaminer] = {}


def prepare(contract: Contract, evidence: EvidenceMode, *, packed: bool) -> Setup:
    """Make this process, and every fork of it, ready; `packed` makes those ready that are none."""
    key = f"{contract.specification.sources.root.sha256} {contract.name} {evidence}"
    _examiners[key] = LineExaminer(contract, evidence)
    return Setup(key, evidence, _pack(contract) if packed else b"")


def examine(setup: Setup, chunk: Chunk) -> Examined:
    """Check the lines of a chunk; they count from 1. Raises OSError or UsageError where they cannot be read."""
    examiner = _examiners.get(setup.key)
    if examiner is None:
        examiner = _examiners[setup.key] = LineExaminer(_unpack(setup.packed), setup.evidence)
    read = read_lines(chunk)
    collector = examiner.examine(read.lines, chunk.file)
    for number in read.too_long:
        collector.add_unreadable(Location(chunk.file, number, 1), "the line is longer than 32 MB, and is not read")
    if chunk.trouble is not None:
        collector.add_unreadable(Location(chunk.file, read.breaks + 1, 1), chunk.trouble)
    return Examined(collector, read.breaks)


def _pack(contract: Contract) -> bytes:
    for operation in contract.operations:
        # What they refer to in other files is read now, for a worker may not have those.
        _ = operation.parameters, operation.body, operation.responses
    return zlib.compress(pickle.dumps(contract.specification.sources))


def _unpack(packed: bytes) -> Contract:
    return Contract(read_specification(pickle.loads(zlib.decompress(packed))))
