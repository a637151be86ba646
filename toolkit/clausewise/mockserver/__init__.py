"""A Contract in, an ASGI app that answers as the contract says out; imports `values`, `contract`, `exchange`."""
