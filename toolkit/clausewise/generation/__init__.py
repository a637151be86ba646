"""A Contract and a seed in, requests out: drafts, values for them, and the proof of what each keeps and breaks.

Imports `values`, `contract` and below. Hypothesis is imported here and in `phases` only.
"""
