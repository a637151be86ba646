"""An Exchange in, Observations and Evidence per clause out; imports `results`, `values`, `contract` and below.

It sends and stores nothing, and does not depend on where an exchange comes from.
"""
