"""What a server holds, as far as its contract and its answers tell: kinds of resources, and those that are known."""
