"""Readers of users' models, and predictions that are kept."""
