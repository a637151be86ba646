"""Traffic between a client and a server in, the same bytes out, and each exchange for who checks it.

Imports `validation` for the checks, `mockserver` for what a refusal says, and what these import.
"""
