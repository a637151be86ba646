"""What is not valid in the schemas of a document's components, whether a message uses them or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from clausewise.contract.compiler import pattern_errors
from clausewise.contract.contract import Contract
from clausewise.contract.schemas import TooLargeError, generate_together
from clausewise.errors import SpecError
from clausewise.spec.defects import Defect, DefectLog
from clausewise.spec.pointer import Source, descend


def defects_of_components(contract: Contract) -> tuple[Defect, ...]:
    """What is not valid in the schemas of the components of the root document."""
    sources = contract.specification.sources
    log = DefectLog(sources.locate(Source("")))
    for error, severity in _errors(contract):
        log.add(error, severity)
    return log.defects


def _errors(contract: Contract) -> Iterator[tuple[SpecError, Literal["error", "warning"]]]:
    sources = contract.specification.sources
    at = Source("", sources.dialect.shared_schemas)
    try:
        schemas = descend(sources.root.tree, at.tokens)
    except KeyError:
        return
    roots = [at.child(name) for name in schemas] if isinstance(schemas, dict) else []
    try:
        generated, _ = generate_together(sources, roots, "response", checked=True)
    except TooLargeError as error:
        yield error, "error"
        return
    yield from ((error, "error") for error in generated.errors)
    yield from pattern_errors(sources, generated)
