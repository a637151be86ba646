"""The phase `engine`: a run of Schemathesis in, Exchanges out. It is the one place that may import schemathesis."""
