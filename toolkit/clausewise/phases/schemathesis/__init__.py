"""Another test engine's run in, Exchanges out; may import everything below `run`.

It is the one place that may import schemathesis.
"""
