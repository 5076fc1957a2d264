"""``link=``: in what unit a model's predictions are explained; it acts on their array, whatever they were made from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

__all__ = ["CLIP", "IDENTITY", "LIMIT", "LINKS", "LOGIT", "check_link", "clipped_share", "linked", "unlinked"]

IDENTITY, LOGIT = "identity", "logit"
LINKS = (IDENTITY, LOGIT)

CLIP = 1e-6
"""Least distance of a probability from 0 and 1: log-odds end at 13.8, where single precision begins to round them."""

LIMIT = float(np.log1p(-CLIP) - np.log(CLIP))
"""Log-odds at which they end."""

ROUNDING = 1e-6
"""How far a probability may be beyond 0 or 1 by rounding in single precision."""


def check_link(link: Any, mode: str | None = None) -> str:
    """Return a link if it is one.

    Parameters
    ----------
    link : object
        What came as ``link``; None is none.
    mode : {"classification", "regression"}, optional
        What the model does, where that is known.

    Raises
    ------
    ValueError
        If there is no such link, or the predictions are no probabilities.
    """
    if link is None:
        return IDENTITY
    if not isinstance(link, str) or link not in LINKS:
        raise ValueError(f"link={link!r}: expected 'identity' or 'logit'")
    if link == LOGIT and mode == "regression":
        raise ValueError(
            "link='logit' with mode='regression': log-odds are of probabilities; expected mode='classification', or "
            "link='identity'"
        )
    return link


def linked(predictions: NDArray[np.float64], link: str) -> NDArray[np.float64]:
    """Return predictions in the unit of a link.

    Parameters
    ----------
    predictions : ndarray of float
        Probabilities. NaN among them stays.
    link : {"identity", "logit"}

    Returns
    -------
    ndarray of float
        Of the same shape and kind; log-odds of probabilities that are clipped to `CLIP`.

    Raises
    ------
    ValueError
        If they are no probabilities.
    """
    if link == IDENTITY:
        return predictions
    low, high = np.nanmin(predictions, initial=0.0), np.nanmax(predictions, initial=1.0)
    if low < -ROUNDING or high > 1.0 + ROUNDING:
        raise ValueError(
            f"link='logit': the model's predictions run from {low:.4g} to {high:.4g}, and log-odds are of "
            "probabilities; leave link out"
        )
    kept = np.clip(predictions, CLIP, 1.0 - CLIP)
    result: NDArray[np.float64] = np.log(kept) - np.log1p(-kept)
    # The same number on both sides, though 1 - CLIP is rounded.
    result[np.asarray(predictions <= CLIP)] = -LIMIT
    result[np.asarray(predictions >= 1.0 - CLIP)] = LIMIT
    return result


def unlinked(predictions: NDArray[np.float64], link: str) -> NDArray[np.float64]:
    """Return the probabilities of predictions in the unit of a link; what was clipped is 0 or 1.

    Parameters
    ----------
    predictions : ndarray of float
        As `linked` gives them.
    link : {"identity", "logit"}

    Returns
    -------
    ndarray of float
    """
    if link == IDENTITY:
        return predictions
    result: NDArray[np.float64] = np.where(
        np.abs(predictions) >= LIMIT, (predictions > 0.0).astype(np.float64), expit(predictions)
    )
    return result


def clipped_share(log_odds: NDArray[np.float64]) -> float:
    """Share of log-odds that were clipped.

    Parameters
    ----------
    log_odds : ndarray of float

    Returns
    -------
    float
    """
    return float(np.mean(np.abs(log_odds) >= LIMIT)) if log_odds.size else 0.0
