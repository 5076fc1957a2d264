"""The fit of an explanation on training rows near its row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lime.domains.tabular.neighborhoods.features import distances_from, interpret
from lime.domains.tabular.neighborhoods.protocols import Place
from lime.domains.tabular.represented import features_as
from lime.engine.anchored import WeightedSamples, left_out_through
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
    z, ids, y = _features(exp, place, matrix), _ids(exp, label, place), _output(exp, label, truth)
    found = exp.surrogates.get(label)
    if found is not None:
        seen = features_as("slopes", place.distribution, place.row, matrix)[0] if found.numbers else z
        predicted = found.predict(np.asarray(seen, dtype=np.float64), place.row.columns.tolist(), label)
        return local_fit(predicted, y, _near(exp, distances_from(place, matrix)))
    weights = np.array([weight for _, weight in exp.local_exp[label]], dtype=np.float64)
    predicted = exp.intercept[label] + _sign(exp, label) * (z[:, ids] @ weights)
    return local_fit(predicted, y, _near(exp, distances_from(place, matrix)))


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
    z, ids, y = _features(exp, place, matrix), _ids(exp, label, place), _output(exp, label, truth)
    unit = float(unit_of(y))
    distances = distances_from(place, matrix)
    if label in exp.surrogates:
        predicted = exp.left_out.get(label, y[:0])
        if len(predicted) != len(y):  # of a bootstrap sample of the rows
            return LocalFit(float("nan"), float("nan"), 0.0)
        return local_fit(predicted, y, _near(exp, distances))
    weights = kernel_weights(place.weigh, distances * (place.usual_width / reach(distances, share)))
    moments = Moments(z, (y / unit)[:, None], weights)
    found = leave_one_out(moments, 0, ids)
    left_out = moments.y_mean[0] + found.predictions
    if exp.anchored:
        through = WeightedSamples(z, y / unit, weights)
        left_out = left_out_through(through, ids, _own(exp, place), exp.model_preds[label] / unit, alpha=found.penalty)
    return local_fit(unit * left_out, y, _near(exp, distances))


def _near(exp: Explanation, distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each row counts; a row that is the instance took part where the fit is held to its prediction."""
    weights = near_weights(distances, NEAR)
    others = distances > 0.0
    return weights * others if exp.anchored and others.any() else weights


def _own(exp: Explanation, place: Place) -> NDArray[np.float64]:
    """The instance's own features, as the explanation shows them."""
    if exp.representation is None:
        return place.own.features
    return features_as(exp.representation, place.distribution, place.row, place.row.values[None])[1]


def _features(exp: Explanation, place: Place, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    if exp.representation is not None:
        seen, _ = features_as(exp.representation, place.distribution, place.row, matrix)
        return np.asarray(seen, dtype=np.float64)
    return np.asarray(interpret(place, matrix), dtype=np.float64)


def _ids(exp: Explanation, label: int, place: Place) -> NDArray[np.intp]:
    """Positions of an explanation's features among the columns that are sampled."""
    ids = np.array([feature for feature, _ in exp.local_exp[label]], dtype=np.intp)
    return np.searchsorted(place.row.columns, ids)


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
