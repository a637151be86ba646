"""Observations and Evidence in, the Run record out: findings, ledger, coverage, merge and gate.

No Hypothesis and no HTTP client is imported, not even through others.
"""
