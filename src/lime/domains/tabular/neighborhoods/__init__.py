"""Neighbourhoods of rows: what is drawn around an instance, beside 0.2.0.1's independent columns."""
