"""A change between two versions of a contract."""

from __future__ import annotations

from typing import Literal

import msgspec

from clausewise.errors import Location

Kind = Literal["added", "removed", "tightened", "loosened", "changed"]


class Change(msgspec.Struct, frozen=True):
    """One change, however many operations it affects."""

    #: whether it breaks clients: their requests are refused, or responses are not as documented
    breaking: bool
    kind: Kind
    #: the operations that it affects, in the order of the new document, then removed ones
    operations: tuple[str, ...]
    #: the place in the first operation's messages: "request.body[AWS].name"; "" for an operation as a whole
    where: str
    #: one sentence: "`name` has at most 32 characters; before, `name` has at most 64 characters"
    text: str
    #: why it breaks clients or does not
    reason: str
    #: its place in the old document; None for an addition
    old: Location | None
    #: its place in the new document; None for a removal
    new: Location | None
