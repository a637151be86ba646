"""What is different between two versions of a contract, and whether it breaks clients."""

from __future__ import annotations

from typing import Literal

import msgspec

from clausewise.errors import Location

Kind = Literal["added", "removed", "tightened", "loosened", "changed"]


class Change(msgspec.Struct, frozen=True):
    """One difference, however many operations it reaches."""

    #: whether a promise to clients is broken: what they send is refused, or what they get is not what they were told
    breaking: bool
    kind: Kind
    #: the operations it reaches, in the order of the new document, then those of the old one that are gone
    operations: tuple[str, ...]
    #: the place in the first operation's messages: "request.body[AWS].name"; "" for an operation as a whole
    where: str
    #: one sentence: "`name` has at most 32 characters; before, `name` has at most 64 characters"
    text: str
    #: why it breaks clients or does not, in a few words
    reason: str
    #: in the old document; None for what was added
    old: Location | None
    #: in the new document; None for what was removed
    new: Location | None
