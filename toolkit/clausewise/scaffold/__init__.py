"""What `clausewise init` looks at and writes: a folder and perhaps a name in, a plan of files out; it asks nobody.

Imports `retrieval` and below.
"""
