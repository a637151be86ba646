"""A JSON Schema and a seed in, values out that keep it or break one clause of it; imports `contract` and below.

Cases and the mock server share it.
"""
