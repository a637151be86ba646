"""A Contract in, an ASGI app out that keeps the contract and what it is given, or breaks one clause on purpose.

Imports `resources`, `values`, `contract`, `security`, `media`, `spec`, `exchange` and `errors`.
"""
