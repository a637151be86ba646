"""Security schemes and a user's credentials in, requests with and without credentials out.

This folder owns all secrets, and masks them; imports `spec`, `options`, `exchange` and `errors`. A kind of
credentials is one entry of `schemes.KINDS`.
"""
