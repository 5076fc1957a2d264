"""The front door: one class that finds out what it is given, and explains it with the best-known defaults."""
