"""The operations of a document in, a Contract (clauses, JSON Schemas, validators) out; imports `spec`, `exchange`, `errors`."""
