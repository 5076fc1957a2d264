"""The surrogate: a ridge fit of a model's output on a few interpretable features, with its fit and its errors."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.moments import Moments
from lime.engine.quiet import without_warnings
from lime.engine.restricted import Restricted, restrict
from lime.engine.standard_errors import (
    MANY_REPLICATES,
    POOL_AT_LEAST,
    POOL_AT_MOST,
    POOL_WITH_REST,
    errors_between,
    moderated_errors,
)
from lime.engine.support import ErrorKinds, Support, errors_of_chosen, honest_errors, pooled_errors, support_of

TRIAL_SAMPLES = 40
"""Samples that a regressor of the user's is tried on."""

ALPHA = 1.0
"""Ridge penalty of the final fit at the default number of samples."""


@dataclass(frozen=True)
class Surrogate:
    """A fitted surrogate of one model output.

    Attributes
    ----------
    features : ndarray of int, shape (m,)
        Interpretable features in the fit.
    coefficients : ndarray of float, shape (m,)
        In the unit of the model's predictions, for one unit of the feature.
    intercept : float
        In the unit of the model's predictions.
    score : float
        Weighted R² on the samples that were fitted.
    held_out_score : float
        Leave-one-out R², which does not flatter where n is close to m; NaN where it is not known.
    prediction : float
        The surrogate's value at the instance.
    standard_errors : ndarray of float, shape (m,), or None
        None where no error is known, as for a regressor of the user's; infinite for a feature in which all samples are
        alike, so that nothing is known of its weight.
    degrees : float
        Degrees of freedom of the standard errors.
    support : Support or None
        How many samples decide on each feature; None where all have enough.
    means : ndarray of float, shape (m,), or None
        Weighted means of the features, where the fit knows them.
    """

    features: NDArray[np.intp]
    coefficients: NDArray[np.float64]
    intercept: float
    score: float
    held_out_score: float
    prediction: float
    standard_errors: NDArray[np.float64] | None
    degrees: float
    support: Support | None = None
    means: NDArray[np.float64] | None = None


def fit(
    moments: Moments,
    output: int,
    features: NDArray[np.intp],
    instance: NDArray[np.float64],
    alpha: float = ALPHA,
    *,
    groups: NDArray[np.intp] | None = None,
    with_errors: bool = True,
) -> Surrogate:
    """Fit a ridge surrogate of one output on the selected features, in closed form.

    Parameters
    ----------
    moments : Moments
        Weighted moments of the samples.
    output : int
        Which output.
    features : ndarray of int, shape (m,)
        The selected features.
    instance : ndarray of float, shape (d,)
        The instance's interpretable features.
    alpha : float
        Penalty on the squared coefficients; the intercept is free.
    groups : ndarray of int, shape (n,), optional
        Independent replicates of the design; None where all samples are independent.
    with_errors : bool
        Whether to compute standard errors.

    Returns
    -------
    Surrogate
    """
    flat = is_flat(moments, output)
    ridge = _RidgeFit.of(moments, output, features, alpha, groups)
    part, coefficients = ridge.part, ridge.coefficients
    cross = part.cross(output)
    intercept = float(moments.y_mean[output] - part.mean @ coefficients)
    total = float(moments.y_square[output])
    left = total - 2.0 * float(coefficients @ cross) + ridge.explained
    standard_errors, degrees, held_out, support = None, np.inf, np.nan, None
    if with_errors:
        standard_errors, degrees, left_out, support = _errors(ridge)
        held_out = 1.0 if flat else 1.0 - left_out / total
    return Surrogate(
        features=features,
        coefficients=coefficients,
        intercept=intercept,
        score=1.0 if flat else 1.0 - left / total,
        held_out_score=held_out,
        prediction=intercept + float(instance[features] @ coefficients),
        standard_errors=standard_errors,
        degrees=degrees,
        support=support,
        means=part.mean,
    )


def after_selection(fitted: Surrogate, needed: NDArray[np.float64]) -> Surrogate:
    """Let the errors know that features were chosen for their weights, where few samples decide on these.

    Parameters
    ----------
    fitted : Surrogate
        On m features.
    needed : ndarray of float, shape (m,)
        Size of the weight from which on each is chosen; see `lime.engine.selection.needed_weights`.

    Returns
    -------
    Surrogate
    """
    if fitted.support is None or fitted.standard_errors is None:
        return fitted
    found = errors_of_chosen(fitted.standard_errors, fitted.degrees, fitted.coefficients, needed, fitted.support)
    return replace(fitted, standard_errors=found)


def in_unit(fitted: Surrogate, unit: float) -> Surrogate:
    """A surrogate of outputs that were counted in another unit.

    Parameters
    ----------
    fitted : Surrogate
        Of the outputs over `unit`.
    unit : float
        As ``unit_of`` of these outputs gives it.

    Returns
    -------
    Surrogate
        Of the outputs themselves.
    """
    if unit == 1.0:
        return fitted
    known = fitted.standard_errors
    return replace(
        fitted,
        coefficients=fitted.coefficients * unit,
        intercept=fitted.intercept * float(unit),
        prediction=fitted.prediction * float(unit),
        standard_errors=None if known is None else known * unit,
    )


def is_flat(moments: Moments, output: int) -> bool:
    """Whether an output does not vary over the samples, beyond rounding.

    Parameters
    ----------
    moments : Moments
        Weighted moments of d features and k outputs.
    output : int
        Which output.

    Returns
    -------
    bool
    """
    return bool(moments.y_square[output] == 0.0)


@dataclass(frozen=True)
class _RidgeFit:
    """A ridge fit of one output on some features, and what its errors follow from."""

    moments: Moments
    output: int
    features: NDArray[np.intp]
    alpha: float
    groups: NDArray[np.intp] | None
    part: Restricted
    coefficients: NDArray[np.float64]
    explained: float

    @classmethod
    def of(
        cls,
        moments: Moments,
        output: int,
        features: NDArray[np.intp],
        alpha: float,
        groups: NDArray[np.intp] | None,
    ) -> _RidgeFit:
        part = restrict(moments, features)
        return cls(moments, output, features, alpha, groups, part, *part.fit(output, alpha))

    def on_all_features(self) -> _RidgeFit:
        return self.of(self.moments, self.output, np.arange(self.moments.d), self.alpha, self.groups)

    def sandwich_errors(self) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, float]:
        return self.part.sandwich_errors(self.output, self.coefficients, self.alpha, self.groups)

    def support(self, features: NDArray[np.intp]) -> Support | None:
        """Support of some of the moments' features, which may be others than those of the fit."""
        return support_of(self.moments, features, self.part.diagonal[features])


def _errors(ridge: _RidgeFit) -> tuple[NDArray[np.float64], float, float, Support | None]:
    """Standard errors, their degrees of freedom, weighted sum of squared leave-one-out residuals, and support."""
    moments, features, alpha = ridge.moments, ridge.features, ridge.alpha
    independent, sums, left_out = ridge.sandwich_errors()
    diagonal = ridge.part.diagonal
    support = support_of(moments, features, diagonal)
    if sums is None:
        found, degrees = independent, float(max(1, moments.n - len(features) - 1))
    else:
        found, degrees = _between(ridge, independent, sums, support)
    if support is None or is_flat(moments, ridge.output):
        return found, degrees, left_out, support
    pooled = pooled_errors(support, left_out / moments.total, diagonal + alpha)
    bias = np.divide(alpha * ridge.coefficients, diagonal, out=np.zeros(len(features)), where=diagonal > 0.0)
    kinds = ErrorKinds(found, independent, pooled, bias)
    return honest_errors(kinds, degrees, support, moments.n), degrees, left_out, support


def _between(
    ridge: _RidgeFit,
    independent: NDArray[np.float64],
    sums: NDArray[np.float64],
    support: Support | None,
) -> tuple[NDArray[np.float64], float]:
    """Standard errors between replicates and their degrees of freedom."""
    features, d = ridge.features, ridge.moments.d
    clustered, degrees = errors_between(sums)
    if degrees >= MANY_REPLICATES:
        return clustered, float(degrees)
    if len(features) >= min(POOL_WITH_REST, d) or not POOL_AT_LEAST <= d <= POOL_AT_MOST:
        return moderated_errors(clustered, independent, degrees, _supported(support))
    # Few weights show too little of what the design gains: let the features that were left out vote too.
    everything = ridge.on_all_features()
    of_all, sums_of_all, _ = everything.sandwich_errors()
    assert sums_of_all is not None
    others, _ = errors_between(sums_of_all)
    rest = np.setdiff1d(np.arange(d), features)
    steadied, steadied_degrees = moderated_errors(
        np.concatenate([clustered, others[rest]]),
        np.concatenate([independent, of_all[rest]]),
        degrees,
        _supported(everything.support(np.append(features, rest))),
    )
    return steadied[: len(features)], steadied_degrees


def _supported(support: Support | None) -> NDArray[np.bool_] | None:
    return None if support is None else support.doubts == 0.0


def check_regressor(regressor: Any) -> None:
    """Refuse what cannot take the place of ridge regression.

    Parameters
    ----------
    regressor : object
        What came as ``model_regressor``.

    Raises
    ------
    TypeError
        If a method or a fitted attribute that is needed is missing, or the class came in place of an instance.
    """
    expected = (
        f"model_regressor={regressor!r}: expected an estimator such as Ridge() with fit(X, y, sample_weight=), "
        "predict, score, and after the fit coef_ and intercept_"
    )
    missing = [name for name in ("fit", "predict", "score") if not callable(getattr(regressor, name, None))]
    if missing or isinstance(regressor, type):
        raise TypeError(expected)
    # What it has after a fit only a fit tells; of a few numbers, and of a copy, since fitting changes it.
    trial = copy.deepcopy(regressor)
    z = np.random.default_rng(0).integers(0, 2, (TRIAL_SAMPLES, 3)).astype(np.float64)
    y, weights = z @ np.array([1.0, -2.0, 0.5]) + np.linspace(0.0, 0.1, TRIAL_SAMPLES), np.ones(TRIAL_SAMPLES)
    try:
        with without_warnings(Warning):  # about numbers that are not the user's
            trial.fit(z, y, sample_weight=weights)
    except Exception as error:
        if "sample_weight" in str(error):
            raise TypeError(f"{expected}; its fit takes no sample_weight") from error
        return  # it may want more, or other, numbers than these: the fit itself says so
    lacking = [name for name in ("coef_", "intercept_") if not hasattr(trial, name)]
    if lacking:
        raise TypeError(f"{expected}; it has no {' and no '.join(lacking)}")


def fit_regressor(
    regressor: Any,
    z: NDArray[np.float64],
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
    features: NDArray[np.intp],
) -> Surrogate:
    """Fit a regressor of the user's; the first row of `z` is the instance, as it was in lime 0.2.0.1.

    Parameters
    ----------
    regressor : estimator
        With ``fit(X, y, sample_weight=)``, ``coef_``, ``intercept_``, ``score`` and ``predict``.
    z : ndarray of float, shape (n, d)
        Interpretable features of the samples.
    y : ndarray of float, shape (n,)
        One model output.
    weights : ndarray of float, shape (n,)
        Proximity of each sample.
    features : ndarray of int, shape (m,)
        The selected features.

    Returns
    -------
    Surrogate
        Without standard errors and held-out score.

    """
    x = np.ascontiguousarray(z[:, features])
    regressor.fit(x, y, sample_weight=weights)
    return Surrogate(
        features=features,
        coefficients=np.asarray(regressor.coef_, dtype=np.float64).ravel(),
        intercept=float(np.ravel(regressor.intercept_)[0]),
        score=float(regressor.score(x, y, sample_weight=weights)),
        held_out_score=np.nan,
        prediction=float(np.ravel(regressor.predict(x[:1]))[0]),
        standard_errors=None,
        degrees=np.inf,
    )
