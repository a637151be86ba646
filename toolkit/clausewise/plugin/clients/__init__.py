"""HTTP clients of tests: a response or a client in, its exchanges out.

Each library has one file with `read`, `watch` and `send`, and one row in `table`. No library is imported that the test
has not imported itself.
"""
