"""The oracles that the phase `lifecycle` asks, in this order."""

from __future__ import annotations

from clausewise.phases.state import (
    absence,
    address,
    conditional,
    files,
    repeated,
    replacement,
    round_trip,
    states,
    updates,
    users,
    views,
)
from clausewise.phases.state.oracle import Oracle

ORACLES: tuple[Oracle, ...] = (
    absence.ORACLE,
    address.ORACLE,
    round_trip.ORACLE,
    files.ORACLE,
    updates.ORACLE,
    replacement.ORACLE,
    repeated.ORACLE,
    conditional.ORACLE,
    views.ORACLE,
    users.ORACLE,
    states.ORACLE,
)
