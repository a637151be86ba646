"""A Contract in, an ASGI app out that answers as the contract says, or breaks one clause of it on purpose.

Imports `values`, `contract`, `media`, `spec`, `exchange` and `errors`.
"""
