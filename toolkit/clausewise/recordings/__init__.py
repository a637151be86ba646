"""Payloads, documents and recorded traffic in, Exchanges with their places out (or what is Unreadable), and back.

Imports `security`, `contract`, `media`, `spec`, `exchange` and `errors`. A format is a file of its own and an entry in
`formats`.
"""
