"""Rows of a table: columns and their distributions, discretizers, the table adapter, and the explainer."""
