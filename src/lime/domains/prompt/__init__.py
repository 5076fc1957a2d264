"""Prompts with named fields: the words around them are held fixed."""
