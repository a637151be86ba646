"""Sentences about what went wrong: the place, the value that came, the clause that it breaks."""

from __future__ import annotations

from clausewise.contract.assertion import show
from clausewise.contract.breaches import Breach

#: keywords whose sentence already says what is missing or too much
_WITHOUT_VALUE = frozenset({"required", "dependentRequired"})


def explain(breach: Breach, what: str) -> str:
    """One sentence on a breach in `what` ("the 200 response"), with the value and the clause."""
    clause = breach.clause
    if clause.keyword in _WITHOUT_VALUE:
        return f"{what} lacks {_named(breach.location)}; {clause.text}"
    branch = f" of {' '.join(clause.branch)}" if clause.branch else ""
    place = _named(breach.location) if breach.location else "the body"
    return f"{what} has {place} = {show(breach.value)}; the contract{branch} says {clause.text}"


def _named(location: tuple[str, ...]) -> str:
    written = ""
    for token in location:
        written += f"[{token}]" if token.isdigit() and written else f".{token}" if written else token
    return f"`{written}`"
