"""``link=``: in what unit a model's predictions are explained; it acts on their array, whatever they were made from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CLIP", "IDENTITY", "LINKS", "LOGIT", "check_link", "clipped_share", "linked", "name_of"]

IDENTITY, LOGIT = "identity", "logit"
LINKS = (IDENTITY, LOGIT)

CLIP = 1e-6
"""Least distance of a probability from 0 and 1: log-odds end at 13.8, where single precision begins to round them."""


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
        Probabilities, NaN among them stays.
    link : {"identity", "logit"}

    Returns
    -------
    ndarray of float
        Of the same shape; log-odds of probabilities that are clipped to `CLIP`.
    """
    if link == IDENTITY:
        return predictions
    kept = np.clip(np.asarray(predictions, dtype=np.float64), CLIP, 1.0 - CLIP)
    result: NDArray[np.float64] = np.log(kept) - np.log1p(-kept)
    return result


def clipped_share(predictions: NDArray[np.float64], link: str) -> float:
    """Share of predictions that a link clips.

    Parameters
    ----------
    predictions : ndarray of float
        Probabilities.
    link : {"identity", "logit"}

    Returns
    -------
    float
    """
    if link == IDENTITY or not predictions.size:
        return 0.0
    return float(np.mean((predictions < CLIP) | (predictions > 1.0 - CLIP)))


def name_of(name: str, link: str) -> str:
    """Return what a reader calls an output in the unit of a link."""
    return name if link == IDENTITY else f"log-odds of {name}"
