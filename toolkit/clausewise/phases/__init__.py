"""A task in, batches of cases out, the exchanges of each back in: what is tried, and in which order.

Imports `feedback`, `conformance`, `resources`, `generation` and below. Each phase has a file or a folder of its own.
"""
