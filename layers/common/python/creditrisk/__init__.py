"""What the form function and the scorer function must agree on."""

__version__ = "1.0.0"
