"""HTTP clients that tests use: a response, or a client, comes in; the exchanges that it made go out.

One file a library, with `read`, `watch` and `send`, and one row in `table`. No library is imported before a test has
imported it: a response and a client bring their own.
"""
