"""Looks at a document without a server: a contract in, what is wrong with it out. Imports `contract` and what is below
it.
"""
