"""The names of representations of a table's samples, checked."""

from __future__ import annotations

from typing import Any

from lime.domains.checks import refuse_together

__all__ = ["REPRESENTATIONS", "check_representation"]

REPRESENTATIONS = ("bins", "slopes", "curves", "auto")
"""The simplest first; ``'auto'`` is one of the others."""


def check_representation(representation: Any, own_fit: str = "", *, surrogate: str = "linear") -> str | None:
    """Return the representation that is asked for, checked; None is the explainer's own.

    Parameters
    ----------
    representation : object
        What came as ``representation``.
    own_fit : str
        What fits in a way of its own; see `lime.domains.checks.whose_fit`.
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
    what = own_fit
    if not what and representation in ("curves", "auto") and surrogate not in ("linear", "auto"):
        what = f"surrogate={surrogate!r}, which is fitted in its own way"
    refuse_together(f"representation={representation!r}", what)
    return representation
