"""Instances of several parts: texts, rows, pictures and series that one model takes together."""
