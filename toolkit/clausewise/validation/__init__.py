"""What others wrote or recorded comes in, a Run goes out: payloads, examples, documents and traffic, of any size.

The counterpart of `run`, which makes its exchanges itself; imports whatever lies below both.
"""
