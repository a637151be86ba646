"""Two versions of a contract in, the changes between them out, clause by clause; imports `contract` and below."""
