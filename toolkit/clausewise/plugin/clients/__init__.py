"""The HTTP clients and test clients of other libraries: their responses in, Exchanges out.

None of them is imported: a response brings its own library.
"""
