"""A Contract in, an ASGI app out that keeps the contract, or breaks one clause of it on purpose.

Imports `values`, `contract`, `media`, `spec`, `exchange` and `errors`.
"""
