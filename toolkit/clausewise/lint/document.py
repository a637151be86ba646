"""Everything that is wrong with a document, from one look at the whole of it."""

from __future__ import annotations

from collections.abc import Iterator

from clausewise.contract.contract import Contract
from clausewise.contract.remarks import found_remarks
from clausewise.lint.components import defects_of_components
from clausewise.lint.objects import breaches_of_objects
from clausewise.lint.paths import path_names
from clausewise.lint.schemas import untestable
from clausewise.lint.standard import breaches
from clausewise.spec.defects import Defect, merged


def examine(contract: Contract) -> tuple[Defect, ...]:
    """The defects of a document: what cannot be read of it, what its version's standard refuses, what no test can
    show, and, as notes, keywords without an effect. Each is there once."""
    # What an operation uses is told with the operation.
    read = merged([*contract.defects(contract.operations), *defects_of_components(contract)])
    places = {defect.at for defect in read}
    # The standard's schema sees many of them as well, from farther away.
    sources = contract.specification.sources
    standard = (one for one in breaches(sources) if not _is_known(one.at, places))
    return merged([*read, *standard, *breaches_of_objects(sources), *_untestable(contract), *_inert(contract)])


def _is_known(at: str, places: set[str]) -> bool:
    return any(at == place or place.startswith(f"{at}/") or at.startswith(f"{place}/") for place in places)


def _untestable(contract: Contract) -> Iterator[Defect]:
    for operation in contract.operations:
        yield from path_names(contract, operation)
        yield from untestable(contract, operation)


def _inert(contract: Contract) -> Iterator[Defect]:
    for remark in found_remarks(contract, contract.operations):
        location = contract.locate(remark.source)
        yield Defect(str(remark.source), location, remark.text, severity="note", kind="inert")
