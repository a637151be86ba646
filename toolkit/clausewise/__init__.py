"""Every clause of your API contract, tried and accounted for."""

__version__ = "0.1.0"
