"""The resources of one type in one place, by their names, and names for further ones."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from itertools import count, islice
from typing import Any

from clausewise.contract.parts import ParameterContract
from clausewise.resources.identity import fitting
from clausewise.values.several import several
from clausewise.values.typical import NoValueError, vary

#: a resource as answers show it
Document = dict[str, Any]

#: resources by what names them in their path, as text, the oldest first
Documents = dict[str, Document]

#: values of the path parameters that lead to a resource, as texts, its own last
Key = tuple[str, ...]

#: names that are tried for a new resource
_TRIES = 200


class Collection:
    """The resources of one type in one place."""

    def __init__(self) -> None:
        self.documents: Documents = {}
        #: names that were given to new ones: a name is given once
        self._given: set[str] = set()

    def new_name(self, like: Any, parameter: ParameterContract, fits: Callable[[Any], bool]) -> Any:
        """A name that no resource has or had, and that `fits`: similar to the one that a generated answer has, and
        valid for the `parameter` of the path; that of the answer where there is no other."""
        taken = {*self.documents, *self._given}
        names = (name for name in [like, *islice(fresh_names(like, parameter, taken), _TRIES)] if name is not None)
        own = next((name for name in names if str(name) not in taken and fits(name)), like)
        if own is None:
            own = str(len(taken) + 1)
        self._given.add(str(own))
        return own


def fresh_names(like: Any, parameter: ParameterContract, taken: Container[str]) -> Iterator[Any]:
    """Names similar to `like`, valid for the path's `parameter`, that are not `taken`; the same ones each time."""
    for name in _similar(like, parameter):
        fit = fitting(name, parameter)
        if fit is not None and str(fit) not in taken:
            # The answer may have a number where the path has a text.
            yield name if type(name) is type(like) else fit


def _similar(like: Any, parameter: ParameterContract) -> Iterator[Any]:
    if like is None:
        if parameter.message is not None:
            with suppress(NoValueError, RecursionError):
                schema = parameter.message.schema
                yield from islice(several([schema], schema, random.Random(0)), _TRIES)
        return
    if isinstance(like, int):
        yield from (like + step for step in count(1))
    with suppress(ValueError):
        uuid.UUID(like)
        yield from (
            str(uuid.UUID(int=random.Random(f"{like} {step}").getrandbits(128), version=4)) for step in count(1)
        )
    yield from (vary(like, step) for step in count(1))
