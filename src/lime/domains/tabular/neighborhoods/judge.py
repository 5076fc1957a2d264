"""The fit of an explanation on training rows near its row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lime.domains.tabular.neighborhoods.features import distances_from, interpret
from lime.domains.tabular.neighborhoods.protocols import Place
from lime.engine.kernels import kernel_weights
from lime.engine.leave_one_out import leave_one_out
from lime.engine.local_fit import NEAR, LocalFit, local_fit
from lime.engine.moments import Moments
from lime.engine.nearness import near_weights, reach
from lime.engine.precision import unit_of
from lime.results.explanation import Explanation


def fit_on_rows(
    exp: Explanation, label: int, place: Place, matrix: NDArray[np.float64], truth: NDArray[np.float64]
) -> LocalFit:
    """The fit of one label on rows that took no part in it.

    Parameters
    ----------
    exp : Explanation
        Of the row at `place`.
    label : int
        An explained one.
    place : Place
    matrix : ndarray of float, shape (n, d)
        Training rows, in the table's own matrix form.
    truth : ndarray of float, shape (n, k)
        The model's predictions for them.

    Returns
    -------
    LocalFit
    """
    z, ids, y = _features(place, matrix), _ids(exp, label), _output(exp, label, truth)
    weights = np.array([weight for _, weight in exp.local_exp[label]], dtype=np.float64)
    predicted = exp.intercept[label] + _sign(exp, label) * (z[:, ids] @ weights)
    return local_fit(predicted, y, near_weights(distances_from(place, matrix), NEAR))


def fit_left_out(
    exp: Explanation,
    label: int,
    place: Place,
    matrix: NDArray[np.float64],
    truth: NDArray[np.float64],
    *,
    share: float,
) -> LocalFit:
    """The fit of one label on the rows that it was fitted to, each predicted by a fit to others.

    Parameters
    ----------
    exp, label, place, matrix, truth
        As for `fit_on_rows`.
    share : float
        Share of the rows within the kernel's usual width.

    Returns
    -------
    LocalFit
    """
    z, ids, y = _features(place, matrix), _ids(exp, label), _output(exp, label, truth)
    unit = float(unit_of(y))
    distances = distances_from(place, matrix)
    weights = kernel_weights(place.weigh, distances * (place.usual_width / reach(distances, share)))
    moments = Moments(z, (y / unit)[:, None], weights)
    left_out = leave_one_out(moments, 0, ids)
    predicted = unit * (moments.y_mean[0] + left_out.predictions)
    return local_fit(predicted, y, near_weights(distances, NEAR))


def _features(place: Place, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(interpret(place, matrix), dtype=np.float64)


def _ids(exp: Explanation, label: int) -> NDArray[np.intp]:
    return np.array([feature for feature, _ in exp.local_exp[label]], dtype=np.intp)


def _output(exp: Explanation, label: int, truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """The column of predictions that a label is about."""
    if exp.target is not None:
        return exp.target.values(truth)
    alone = truth.shape[1] == 1 or exp.mirrored
    found: NDArray[np.float64] = np.asarray(truth)[:, -1 if alone else label]
    return found


def _sign(exp: Explanation, label: int) -> float:
    """A regression's weights for a lower value are those for a higher one, negated."""
    return -1.0 if exp.mirrored and label == 0 else 1.0
