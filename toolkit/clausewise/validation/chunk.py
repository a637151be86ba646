"""One chunk of a recording, checked in any process: the unit of work of a scan."""

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
from clausewise.wording import byte_size


class Setup(msgspec.Struct, frozen=True):
    """What a worker needs before it can check chunks."""

    #: identifies contract and mode within a process
    key: str
    evidence: EvidenceMode
    #: the contract's files, packed; empty for a worker that is a fork of this process, and so has them
    packed: bytes = b""


class Examined(msgspec.Struct, frozen=True, eq=False):
    """The result of checking a chunk."""

    collector: TrafficCollector
    #: number of line breaks in it
    breaks: int


#: key of a setup -> its examiner, which learns from chunk to chunk
_examiners: dict[str, LineExaminer] = {}


def prepare(contract: Contract, evidence: EvidenceMode, *, packed: bool) -> Setup:
    """Make this process and its forks ready; a `packed` setup also makes other processes ready."""
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
        message = f"the line has more than {byte_size(chunk.limits.longest_line)}, so it is not read"
        collector.add_unreadable(Location(chunk.file, number, 1), message)
    if chunk.trouble is not None:
        collector.add_unreadable(Location(chunk.file, read.breaks + 1, 1), chunk.trouble)
    return Examined(collector, read.breaks)


def _pack(contract: Contract) -> bytes:
    for operation in contract.operations:
        # Reads the files that these refer to now, because a worker may not have them.
        _ = operation.parameters, operation.body, operation.responses
    return zlib.compress(pickle.dumps(contract.specification.sources))


def _unpack(packed: bytes) -> Contract:
    return Contract(read_specification(pickle.loads(zlib.decompress(packed))))
