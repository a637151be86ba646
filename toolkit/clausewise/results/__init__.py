"""Observations and Evidence in, the Run record out: findings, ledger, coverage, merge and gate.

Observations are collected in structs that merge in any order. Imports `recordings`, `contract` and below; no
Hypothesis and no HTTP client, not even through others.
"""
