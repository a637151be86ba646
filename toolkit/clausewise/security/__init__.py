"""Security schemes and what a user gives for them in, requests with and without credentials out.

It is the one owner of secrets, and masks them; imports `media`, `spec`, `exchange` and `errors`.
"""
