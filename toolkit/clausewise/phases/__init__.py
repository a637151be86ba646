"""The phases: a task in, batches of cases out, their exchanges back in, and a `PhaseResult` at the end.

Imports `feedback`, `conformance`, `resources`, `generation` and below. `base.py` is the interface. Each phase has a
file of its own, and a row in `phase_table.py`.
"""
