"""Exchanges in; resource types, the resources that a server holds, and ways to create more of them out.

Imports `generation` and below.
"""
