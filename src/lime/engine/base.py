"""`LimeBase`: the bare method on a neighbourhood of the user's own, as programs have called it since 2016."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import lars_path
from sklearn.utils import check_random_state

from lime.engine import selection, surrogate
from lime.engine.inspection import is_sparse
from lime.engine.kernels import ask_kernel
from lime.engine.moments import Moments
from lime.engine.precision import unit_of
from lime.engine.registry import Selector


class LimeBase:
    """Learns a locally weighted sparse linear model from perturbed data.

    Parameters
    ----------
    kernel_fn : callable
        Turns distances, shape (n,), into proximity weights, shape (n,).
    verbose : bool
        Whether to print the surrogate's and the model's values at the instance.
    random_state : int, RandomState or None
        Kept for programs that read it; nothing here is random.
    """

    def __init__(
        self,
        kernel_fn: Callable[[Any], ArrayLike],
        verbose: bool = False,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.kernel_fn = kernel_fn
        self.verbose = verbose
        self.random_state = check_random_state(random_state)

    @staticmethod
    def generate_lars_path(
        weighted_data: NDArray[np.float64], weighted_labels: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lasso path of weighted data (Efron, Hastie, Johnstone & Tibshirani 2004).

        Parameters
        ----------
        weighted_data : ndarray of float, shape (n, d)
            Rows centred and multiplied by the roots of their weights.
        weighted_labels : ndarray of float, shape (n,)
            Likewise.

        Returns
        -------
        alphas : ndarray of float, shape (points,)
            Penalties at which a feature enters or leaves, falling.
        coefficients : ndarray of float, shape (d, points)
            At each of these.
        """
        alphas, _, coefficients = lars_path(weighted_data, weighted_labels, method="lasso")
        return alphas, coefficients

    def forward_selection(
        self, data: Any, labels: NDArray[np.float64], weights: NDArray[np.float64], num_features: int
    ) -> NDArray[np.intp]:
        """Features that raise the weighted R² the most, one after the other; see `lime.engine.selection`.

        Parameters
        ----------
        data : ndarray or sparse matrix, shape (n, d)
            Neighbourhood; the first row is the instance.
        labels : ndarray of float, shape (n,)
            One model output.
        weights : ndarray of float, shape (n,)
            Proximity of each row.
        num_features : int
            How many to choose, at most d.

        Returns
        -------
        ndarray of int, shape (m,)
            Column numbers in the order in which they were chosen.
        """
        return self.feature_selection(data, labels, weights, num_features, "forward_selection")

    def feature_selection(
        self,
        data: Any,
        labels: NDArray[np.float64],
        weights: NDArray[np.float64],
        num_features: int,
        method: str | Selector,
    ) -> NDArray[np.intp]:
        """Ids of the selected features.

        Parameters
        ----------
        data : ndarray or sparse matrix, shape (n, d)
            Neighbourhood; the first row is the instance.
        labels : ndarray of float, shape (n,)
            One model output.
        weights : ndarray of float, shape (n,)
            Proximity of each row.
        num_features : int
            How many to choose, at most d; without effect on ``'none'``.
        method : {"auto", "forward_selection", "lasso_path", "highest_weights", "none"} or callable
            ``'auto'`` is forward selection up to 6 features and the highest weights above. See `lime.engine.selection`.

        Returns
        -------
        ndarray of int, shape (m,)
            Column numbers in the order in which they were chosen.

        Raises
        ------
        ValueError
            If the method is unknown.
        """
        selection.check_method(method)
        dense, columns = _dense(data, num_features)
        y = np.asarray(labels, dtype=np.float64)
        moments = Moments(dense, (y / unit_of(y))[:, None], np.asarray(weights, dtype=np.float64))
        chosen: NDArray[np.intp] = columns[selection.select(moments, 0, dense[0], num_features, method)]
        return chosen

    def explain_instance_with_data(  # noqa: PLR0917 (as in lime 0.2.0.1)
        self,
        neighborhood_data: Any,
        neighborhood_labels: NDArray[np.float64],
        distances: NDArray[np.float64],
        label: int,
        num_features: int,
        feature_selection: str | Selector = "auto",
        model_regressor: Any = None,
    ) -> tuple[float, list[tuple[int, np.float64]], float, NDArray[np.float64]]:
        """Explain one output of a model from a neighbourhood, its predictions and its distances.

        Parameters
        ----------
        neighborhood_data : ndarray or sparse matrix, shape (n, d)
            Interpretable features; the first row is the instance.
        neighborhood_labels : ndarray of float, shape (n, k)
            The model's predictions.
        distances : ndarray of float, shape (n,)
            Distances from the instance.
        label : int
            Column of `neighborhood_labels` to explain.
        num_features : int
            Most features in the explanation.
        feature_selection : str or callable
            See `feature_selection`.
        model_regressor : estimator, optional
            Takes the place of ridge regression with penalty 1.

        Returns
        -------
        intercept : float
        weights : list of (int, numpy.float64)
            Feature ids and weights, by falling size of the weight.
        score : float
            Weighted R² of the fit.
        local_pred : ndarray of float, shape (1,)
            The fit's value at the instance.

        Raises
        ------
        ValueError
            If the method of selection is unknown.
        TypeError
            If `model_regressor` lacks a method that is needed.
        """
        labels = np.asarray(neighborhood_labels, dtype=np.float64)[:, label]
        weights = ask_kernel(self.kernel_fn, distances)
        chosen = np.asarray(
            self.feature_selection(neighborhood_data, labels, weights, num_features, feature_selection),
            dtype=np.intp,
        )
        data = neighborhood_data[:, chosen]
        dense = np.asarray(data.toarray() if is_sparse(data) else data, dtype=np.float64)
        every = np.arange(len(chosen))
        if model_regressor is None:
            unit = float(unit_of(labels))
            moments = Moments(dense, labels[:, None] / unit, weights)
            fitted = surrogate.in_unit(surrogate.fit(moments, 0, every, dense[0], with_errors=False), unit)
        else:
            fitted = surrogate.fit_regressor(model_regressor, dense, labels, weights, every)
        if self.verbose:
            report(fitted, float(labels[0]))
        return (
            fitted.intercept,
            by_size(chosen, fitted.coefficients),
            fitted.score,
            np.array([fitted.prediction]),
        )


def report(fitted: surrogate.Surrogate, model_value: float) -> None:
    """Print what ``verbose=True`` shows: the intercept, the surrogate's value and the model's."""
    print("Intercept", fitted.intercept)
    print("Prediction_local", np.array([fitted.prediction]))
    print("Right:", model_value)


def by_size(features: NDArray[np.intp], coefficients: NDArray[np.float64]) -> list[tuple[int, np.float64]]:
    """Pair feature ids with weights by falling size of the weight."""
    order = selection.largest(coefficients, len(coefficients))
    return list(zip(features[order].tolist(), coefficients[order], strict=True))


def _dense(data: Any, num_features: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Columns that can carry weight as a dense array, and which they are: all of a dense array.

    Of a sparse matrix they are those with an entry, and as many empty ones as it takes to reach `num_features`,
    for the length of the explanation that programs expect.
    """
    if not is_sparse(data):
        dense = np.asarray(data, dtype=np.float64)
        return dense, np.arange(dense.shape[1])
    filled = np.unique(data.tocoo().col)
    missing = max(0, min(num_features, data.shape[1]) - len(filled))
    empty = np.setdiff1d(np.arange(min(data.shape[1], len(filled) + missing)), filled)[:missing]
    columns = np.concatenate([filled, empty]).astype(np.intp)
    return np.asarray(data.tocsc()[:, columns].toarray(), dtype=np.float64), columns
