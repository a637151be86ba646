"""The operations of a document in, a Contract (clauses, JSON Schemas, validators) out.

Imports `media`, `spec`, `exchange` and `errors`.
"""
