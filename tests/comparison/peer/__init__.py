"""The cases of oasdiff's own tests, as pairs of documents of our own."""
