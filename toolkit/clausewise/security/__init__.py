"""Security schemes and what a user gives for them in, requests with and without credentials out.

It is the one owner of secrets, and masks them; imports `spec`, `options`, `exchange` and `errors`. A kind of
credentials is one entry of `schemes.KINDS`.
"""
