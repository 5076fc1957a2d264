"""The names of representations of a table's samples, checked."""

from __future__ import annotations

from typing import Any

from lime.engine.base import LimeBase

__all__ = ["REPRESENTATIONS", "check_representation"]

REPRESENTATIONS = ("bins", "slopes", "curves", "auto")
"""The simplest first; ``'auto'`` is one of the others."""


def check_representation(
    representation: Any, base: LimeBase, regressor: Any, *, is_classic: bool, surrogate: str = "linear"
) -> str | None:
    """Return the representation that is asked for, checked; None is the explainer's own.

    Parameters
    ----------
    representation : object
        What came as ``representation``.
    base : LimeBase
    regressor : object
        What came as ``model_regressor``.
    is_classic : bool
        Whether the numbers of lime 0.2.0.1 are wanted.
    surrogate : str
        What is fitted.

    Raises
    ------
    ValueError
        If there is none of this name, or the fit is not ours.
    """
    if representation is None:
        return None
    if not isinstance(representation, str) or representation not in REPRESENTATIONS:
        raise ValueError(
            f"representation={representation!r}: expected one of {', '.join(map(repr, REPRESENTATIONS))}, or None"
        )
    what = ""
    if is_classic:
        what = "sampling_method='classic', which gives the numbers of lime 0.2.0.1"
    elif regressor is not None:
        what = "a model_regressor, which fits as it likes"
    elif type(base) is not LimeBase:
        what = f"a base of type {type(base).__name__}, which fits as it likes"
    elif representation in ("curves", "auto") and surrogate not in ("linear", "auto"):
        what = f"surrogate={surrogate!r}, which is fitted in its own way"
    if what:
        raise ValueError(f"representation={representation!r} with {what}: expected one of the two")
    return representation
