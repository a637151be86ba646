"""Names of a path that are not those of its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clausewise.contract.contract import Contract
from clausewise.contract.operation import OperationContract
from clausewise.spec.defects import Defect
from clausewise.spec.pointer import Source

_NAME = re.compile(r"\{([^{}]+)\}")


def path_names(contract: Contract, operation: OperationContract) -> Iterator[Defect]:
    """Names in the path template without a parameter, and path parameters that are not in it."""
    described = operation.operation
    names = _NAME.findall(described.path)
    for parameter in (*described.parameters, *described.ignored):
        if parameter.location != "path":
            continue
        if parameter.name not in names:
            yield Defect(
                str(parameter.source),
                contract.locate(parameter.source),
                f'the path parameter "{parameter.name}" is not in the path "{described.path}"',
                f'write "{{{parameter.name}}}" in the path, or leave the parameter out',
                (operation.key,),
                severity="warning",
                kind="parameter-not-in-path",
            )
        elif parameter.source == described.source:
            at = Source("", ("paths", described.path))
            yield Defect(
                str(at),
                contract.locate(at),
                f'the path "{described.path}" has the name "{parameter.name}", which no parameter describes',
                f'add a parameter "{parameter.name}" with in: path',
                (operation.key,),
                severity="warning",
                kind=f"undescribed-{parameter.name}",
            )
