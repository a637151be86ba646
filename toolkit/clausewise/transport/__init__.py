"""A Request in, the Response or Failure of a server or an in-process app out; imports `exchange`, `errors` and
`media.codings` only.

Each way of sending is a module that is imported when it is used: `http` brings in aiohttp, the others only the
standard library.
"""
