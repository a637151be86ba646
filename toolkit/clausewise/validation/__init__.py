"""Payloads, examples, documents and recorded traffic of any size in, a Run out.

The counterpart of `runner`, which sends its requests itself; imports `conformance`, `recordings`, `results` and below.
"""
