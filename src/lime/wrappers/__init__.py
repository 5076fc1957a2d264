"""Address of 0.2.0.1."""
