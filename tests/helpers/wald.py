"""Exact weights against the samples of one explanation: one number that is chi-square where they are right."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import chi2

FALSE_ALARM = 1e-6
"""Probability that one comparison fails though all is right: a thousand of them fail once in a thousand seeds."""


def regression(z: np.ndarray, w: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of one regression on all features without a penalty, and their covariance from independent samples."""
    w = w / w.sum()
    x, y = z - w @ z, f - w @ f
    gram = (x * w[:, None]).T @ x
    weights = np.linalg.solve(gram, (x * w[:, None]).T @ y)
    scores = (x * (w * (y - x @ weights))[:, None]) @ np.linalg.inv(gram)
    return weights, scores.T @ scores


def wald(exp: Any, exact: np.ndarray) -> tuple[float, int]:
    """The squared distance of exact weights (d,) from those of independent samples, and its degrees of freedom.

    The samples are those that an explanation was fitted to, but the fit is another: the explanation's own has a
    penalty, which draws weights towards 0 by up to half an error here, and the errors of an even design are known to
    12 degrees of freedom only, so that one weight in 200 is off by more than 3.5 of them.
    """
    data = exp.fit_data
    assert data is not None
    assert data.groups is None, "expected independent samples"
    z = np.asarray(data.z, dtype=float)
    order = np.argsort(data.features)
    assert data.predictions.shape[1] == 1, "expected one label"
    f = data.predictions[:, 0]
    varies = z[:, order].std(axis=0) > 0.0
    assert np.abs(exact[~varies]).max(initial=0.0) < 1e-12
    weights, covariance = regression(z[:, order][:, varies], data.weights, f)
    return distance(exact[varies], weights, covariance)


def distance(exact: np.ndarray, weights: np.ndarray, covariance: np.ndarray) -> tuple[float, int]:
    """The squared distance of exact weights from sampled ones, and its degrees of freedom."""
    size = np.sqrt(np.diag(covariance))
    assert (size > 0.0).all()
    gap = (exact - weights) / size
    return float(gap @ np.linalg.solve(covariance / np.outer(size, size), gap)), len(gap)


def agrees(squared: float, degrees: int) -> bool:
    """Whether such a distance is one that chance gives: neither too large nor too small."""
    low, high = (float(chi2.ppf(chance, degrees)) for chance in (FALSE_ALARM, 1.0 - FALSE_ALARM))
    return low < squared < high
