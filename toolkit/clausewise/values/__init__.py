"""A JSON Schema and a seed in, values out that keep it or break one clause of it, without Hypothesis.

Imports `contract` and `spec`. Request generation and the mock server share it.
"""
