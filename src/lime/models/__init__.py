"""Readers of users' models: the trees or coefficients of a fitted model as the arrays that the engine computes with.

One small module a library, imported only when such a model comes; what cannot be read is refused with one sentence.
Beside them stand predictions that are kept (`cached`).
"""
