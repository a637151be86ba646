"""Media types: which are what, how a value of each is written and how a body of each is read.

Imports `spec`, `exchange` and `errors`.
"""
