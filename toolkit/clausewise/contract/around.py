"""What the schemas around one, which are about the same value, say of it."""

from __future__ import annotations

from typing import Any

import msgspec

from clausewise.contract.inheritance import Decided
from clausewise.spec.pointer import Source
from clausewise.spec.subschemas import APPLICATORS, UNIONS


class Around(msgspec.Struct, frozen=True):
    """What the schemas around one, which are about the same value, say of it."""

    #: members that messages of this direction do not carry, in the order of their names, each with the place in the
    #: document that says so
    hidden: tuple[tuple[str, Source], ...] = ()
    #: bases whose discriminator has selected this schema, or one that includes it
    decided: Decided = frozenset()


ALONE = Around()


def around_part(keyword: str, part: Any, around: Around) -> Around:
    """What is said around a subschema `part` of `keyword`, by what is said `around` the schema that has it."""
    if APPLICATORS[keyword].applies != "in place":
        return ALONE
    hidden = around.hidden if keyword not in ("not", "if") else ()
    if keyword in UNIONS and hidden:
        required, names = part.get("required") if isinstance(part, dict) else None, [name for name, _ in hidden]
        # An alternative that is told apart by nothing else would be every object.
        if isinstance(required, list) and required and all(name in names for name in required):
            hidden = ()
    return Around(hidden, around.decided)
