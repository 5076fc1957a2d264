"""What is seen of a segment that is hidden: a mean, a line, noise, a training median, a number, or another series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.timeseries.series import Series
from lime.models.networks import is_tensor
from lime.results.timeseries import finite_means

WAYS = ("mean", "line", "noise", "median")

DESCRIPTIONS = {
    "mean": "the mean of the series",
    "line": "a line between what is kept",
    "noise": "noise with the spectrum of the series",
    "median": "the medians of the training data",
}
"""What takes the place of a hidden segment, in words."""

EXPECTED = "'mean', 'line', 'noise', 'median', a number, one number a channel, or a series"


def check_hide(hide: Any, *, has_medians: bool) -> None:
    """Refuse what cannot hide a segment.

    Raises
    ------
    ValueError
        It is a name that is none of ours, no number, or medians of training data that nobody gave.
    """
    named = isinstance(hide, str)
    if hide is None or isinstance(hide, bool) or (named and hide not in WAYS):
        raise ValueError(f"hide={hide!r}: expected {EXPECTED}")
    if named and hide == "median" and not has_medians:
        raise ValueError("hide='median' needs training series: pass training_data to the explainer")
    if not named and not is_tensor(hide) and np.asarray(hide).dtype.kind not in "uif":
        raise ValueError(f"hide is of type {type(hide).__name__}: expected {EXPECTED}")


def description(hide: Any) -> str:
    """What takes the place of a hidden segment, in words."""
    if isinstance(hide, str):
        return DESCRIPTIONS[hide]
    return f"the value {float(hide):g}" if np.ndim(hide) == 0 else "what was given to hide it"


def hidden_series(
    series: Series, hide: Any, medians: NDArray[np.float64] | None, new_rng: Callable[[], np.random.Generator]
) -> NDArray[np.float64] | None:
    """The series with all of it hidden, shape (steps, channels); None for a line, which depends on what is kept.

    Parameters
    ----------
    series : Series
    hide : str, number, or array
        Checked by `check_hide`.
    medians : ndarray of float, shape (steps, channels), optional
        Of training data, as `medians_for` gives them.
    new_rng : callable
        Gives the random numbers of a call. Noise is drawn from a stream of its own, so that masks do not depend on it.

    Raises
    ------
    ValueError
        Its shape is not the instance's.
    """
    values = series.values.astype(np.float64)
    steps, channels = values.shape
    if isinstance(hide, str):
        if hide == "line":
            return None
        if hide == "mean":
            return np.repeat(finite_means(values)[None], steps, axis=0)
        return noise_like(values, new_rng().spawn(1)[0]) if hide == "noise" else medians
    array = np.asarray(hide.detach().cpu().numpy() if is_tensor(hide) else hide, dtype=np.float64)
    if array.ndim == 0:
        return np.full((steps, channels), float(array))
    own = series.shape if series.dimensions == 2 else (steps,)
    if array.shape == (steps,) and channels == 1:
        return array[:, None].copy()
    if array.shape == own:
        return (array.T if series.channel_axis == 0 else array).copy()
    if array.shape == (channels,) and series.dimensions == 2:
        return np.repeat(array[None], steps, axis=0)
    raise ValueError(
        f"hide has shape {array.shape}: expected a number, one number a channel, or a series of shape {own}, "
        "that of the instance"
    )


def noise_like(values: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise with the mean and the power spectrum of a series (Theiler et al. 1992), gaps bridged.

    The phases are turned alike in all channels, so that these stay as related as they are (Prichard & Theiler 1994).
    """
    steps = len(values)
    spectrum = np.fft.rfft(bridged(values), axis=0)
    turns = np.exp(2j * np.pi * rng.random((len(spectrum), 1)))
    turns[0] = 1.0
    if steps % 2 == 0:
        turns[-1] = 1.0 if rng.random() < 0.5 else -1.0  # this one is a real number
    found: NDArray[np.float64] = np.fft.irfft(spectrum * turns, n=steps, axis=0)
    return found


def bridged(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A series (steps, channels) whose gaps are bridged by lines; a channel without a number is left as it is."""
    known = np.isfinite(values)
    return values if known.all() else np.where(known, values, lines(values, known[None])[0])


def lines(values: NDArray[np.float64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What straight lines between the ends of what is kept say at each step, shape (n, steps, channels).

    Before the first and after the last kept step it goes on level; where nothing is kept, at the mean.

    Parameters
    ----------
    values : ndarray of float, shape (steps, channels)
    kept : ndarray of bool, shape (n, steps, channels) or (n, steps, 1)
    """
    steps, channels = values.shape
    time = np.arange(steps, dtype=np.int32)[:, None]
    finite = np.isfinite(values)
    known = kept if finite.all() else kept & finite
    before = np.maximum.accumulate(np.where(known, time, np.int32(-1)), axis=1)
    after = np.minimum.accumulate(np.where(known, time, np.int32(steps))[:, ::-1], axis=1)[:, ::-1]
    nothing = (before < 0) & (after >= steps)
    left = np.where(before < 0, after, before)
    right = np.where(after >= steps, before, after)
    left, right = np.where(nothing, 0, left), np.where(nothing, 0, right)
    span = right - left
    share = np.where(span > 0, (time - left) / np.maximum(span, 1), 0.0)
    channel = np.arange(channels)
    start, end = values[left, channel], values[right, channel]
    with np.errstate(invalid="ignore"):  # of a channel without a number
        drawn = start + share * (end - start)
    return np.where(nothing, finite_means(values), drawn)


def medians_of(training: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Medians of training series by step and channel, and one row more: those over all of a channel's steps.

    Parameters
    ----------
    training : list of ndarray of float, shape (steps, channels)
        Of any lengths; a step's median is that of the series that reach it.

    Returns
    -------
    ndarray of float, shape (steps + 1, channels)
    """
    longest = max(map(len, training))
    table = np.full((len(training), longest, training[0].shape[1]), np.nan)
    for row, one in zip(table, training, strict=True):
        row[: len(one)] = np.where(np.isfinite(one), one, np.nan)
    overall = _medians(table.reshape(-1, table.shape[2]))
    by_step = _medians(table)
    return np.concatenate([np.where(np.isnan(by_step), overall, by_step), overall[None]])


def medians_for(medians: NDArray[np.float64], series: Series) -> NDArray[np.float64]:
    """Medians at the steps of one series; beyond the longest training series those of the channel.

    Raises
    ------
    ValueError
        The training series had another number of channels.
    """
    steps, channels = series.values.shape
    if medians.shape[1] != channels:
        raise ValueError(f"the series has {channels} channels, but the training series had {medians.shape[1]}")
    return medians[np.minimum(np.arange(steps), len(medians) - 1)]


def _medians(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Medians along the first axis of what is there; NaN where nothing is."""
    empty = np.isnan(table).all(axis=0)
    found: NDArray[np.float64] = np.nanmedian(np.where(empty, 0.0, table), axis=0)
    return np.where(empty, np.nan, found)
