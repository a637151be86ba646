"""The phase `engine`: a run of Schemathesis in, exchanges out. Only this folder may import schemathesis."""
