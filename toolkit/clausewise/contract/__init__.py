"""The operations of a document in, a Contract (clauses, JSON Schemas, validators) out.

Imports `spec`, `exchange` and `errors`.
"""
