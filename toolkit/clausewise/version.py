"""The version, where everything can import it: the package itself imports what stands above."""

__version__ = "0.2.0"
