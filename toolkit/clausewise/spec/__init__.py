"""An OpenAPI file in, its operations with every `$ref` resolved and the line of every pointer out; imports `errors` only.

It is the one place that reads YAML.
"""
