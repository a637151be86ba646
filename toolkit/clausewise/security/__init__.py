"""A Contract in, the probes to send (or why a clause has none) out; imports `values`, `record`, `contract`, `exchange`.

It is the one place that may import hypothesis.
"""
