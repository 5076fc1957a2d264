"""Explanations of models on text."""
