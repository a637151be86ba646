"""A JSON Schema and a seed in, values out that keep it or break one clause of it, without Hypothesis.

Shared by request generation and the mock server; imports `contract` and `spec`.
"""
