"""An OpenAPI file in, its operations with every `$ref` resolved and each pointer's line out; imports `errors` only.

It is the one place that reads YAML, and the one that knows which keywords of JSON Schema hold subschemas.
"""
