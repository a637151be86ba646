"""Media types: the bytes of a body in, its value out, and vice versa; one codec for each kind of media type.

Imports `spec`. A codec is a file of its own and one line in `registry`.
"""
