"""A change between two versions of a contract."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from clausewise.errors import Location

Kind = Literal["added", "removed", "tightened", "loosened", "changed"]

#: what a change does to clients: it breaks them; nobody knows, because one version is not valid there; it may break
#: some of them; it breaks none; it is the same for them
Level = Literal["breaking", "not-compared", "risky", "compatible", "editorial"]

#: worst first
LEVELS: tuple[Level, ...] = ("breaking", "not-compared", "risky", "compatible", "editorial")


class Change(msgspec.Struct, frozen=True):
    """One change, however many operations it affects."""

    #: "breaking": requests of clients are refused, or responses are not as documented
    level: Level
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
    #: JSON text of a value that one version admits and the other refuses; "" where there is none
    witness: str = ""
    #: pointer of its place in the new document, or in the old one: "#/components/schemas/Name/maxLength"
    clause: str = ""
    #: "waived" and "known" changes do not count
    state: Literal["new", "known", "waived"] = "new"

    @property
    def id(self) -> str:
        """Its name in baselines and waivers: the same for the same change, wherever its lines stand."""
        key = f"{self.kind} {self.where} {self.clause}"
        return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:12]

    @property
    def breaking(self) -> bool:
        """Whether it breaks clients."""
        return self.level == "breaking"
