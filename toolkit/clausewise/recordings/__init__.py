"""Recorded traffic in, Exchanges (or Unreadable entries) out, and back; imports `redact`, `exchange` and `errors`."""
