"""Compares two versions of a contract, clause by clause: the changes between them. Imports `contract` and below."""
