"""A task in, batches of cases out and their exchanges back in, a `PhaseResult` at the end: what is tried.

Imports `feedback`, `conformance`, `resources`, `generation` and below. `base.py` is the interface. Each phase has a
file of its own, and a row in `phase_table.py`.
"""
