"""Paths that name what was made by another member than its id, although the contract calls the parameter an id."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from clausewise.contract.operation import OperationContract
from clausewise.exchange import Exchange
from clausewise.phases.base import status_of
from clausewise.resources.factory import Recipe
from clausewise.resources.types import parameter_names
from clausewise.results.causes import Causes
from clausewise.results.evidence import Observation
from clausewise.values.words import plain

#: 404 Not Found and 410 Gone (RFC 9110 sections 15.5.5 and 15.5.11)
MISSING = frozenset({404, 410})


def notes_on_name(
    operation: OperationContract, recipe: Recipe, member: str, refusal: Exchange
) -> Iterator[Observation]:
    """A note on an operation that found what `recipe` makes by `member` of its answer, after the `refusal` of its id.

    None where the contract does not call the parameter an id: then it says nothing else than the server does.
    """
    name = parameter_names(operation)[-1]
    if not plain(name).endswith("id"):
        return
    found = Observation.of(
        "created-not-found",
        operation.key,
        refusal,
        f"{operation.key} answered {status_of(refusal)} to the id of what {recipe.prover.operation.key} had made, and "
        f"knows it by its `{member}`; the contract calls the parameter `{name}`",
        severity="note",
        where=f"request.path.{name}",
        seen=f"{name} is {member}",
    )
    # Other operations on the same path name it alike.
    shared = frozenset({("naming", f"{recipe.resource_type.path} {member}")})
    yield msgspec.structs.replace(found, causes=Causes(shared))
