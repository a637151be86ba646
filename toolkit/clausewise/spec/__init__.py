"""Reads OpenAPI documents: a file in, its operations (every `$ref` resolved) and the line of each JSON Pointer out.

Imports `errors` only. It is the one place that reads YAML, and the one that knows which keywords of JSON Schema have
subschemas.
"""
