"""A JSON Schema and a seed in, values that keep it out; imports `contract` and below.

Cases and the mock server share it.
"""
