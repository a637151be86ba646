"""Finds the OpenAPI document that a user means: a path or a URL in, or only the target; the compiled contract out.

Imports `runner` (targets and how they are reached), `transport`, `contract` and `spec`. Nothing below knows whether a
document came from a file.
"""
