"""What others wrote or recorded comes in, a Run goes out: payloads, examples, documents and traffic, of any size.

The counterpart of `runner`, which makes its exchanges itself; imports `conformance`, `recordings`, `results` and below.
"""
