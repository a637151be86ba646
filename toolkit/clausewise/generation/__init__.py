"""A contract and a seed in, requests out: drafts, values for them, and the proof of which clauses each keeps or breaks.

Imports `values`, `contract` and below. Hypothesis is imported here and in `phases` only.
"""
