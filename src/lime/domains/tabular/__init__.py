"""Rows of a table: columns and their laws, discretizers, the table adapter, and the explainer."""
