"""The method, free of data types: designs, kernels, moments, selection, surrogate, errors, model calls.

Everything here works on plain arrays with *n* samples, *d* interpretable features and *k* model outputs.
"""
