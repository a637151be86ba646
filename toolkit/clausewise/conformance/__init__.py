"""An Exchange in, Observations and Evidence per clause out; imports `results`, `values`, `contract` and below.

It sends nothing and keeps nothing: where an exchange came from and what becomes of its findings is not its business.
"""
