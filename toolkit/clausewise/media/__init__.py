"""Media types: a body's bytes in, its value out, and the other way round; one codec for each kind of media type.

Imports `spec`. A codec is a file of its own and one line in `registry`.
"""
