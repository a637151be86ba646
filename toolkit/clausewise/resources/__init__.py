"""What a server holds, and how one gets more of it: exchanges in, ids, references and ways to make a resource out.

Imports `generation` and below.
"""
