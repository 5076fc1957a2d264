"""Standard errors that borrow strength from each other."""

from __future__ import annotations

import numpy as np

from lime.engine.standard_errors import PRIOR_DEGREES, moderated_errors


def test_moderated_errors_borrow_strength():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.5, 2.0, 40)
    independent = 3 * truth
    clustered = truth * np.sqrt(rng.chisquare(3, 40) / 3)
    steadied, degrees = moderated_errors(clustered, independent, 3)
    assert np.abs(np.log(steadied / truth)).mean() < 0.4 * np.abs(np.log(clustered / truth)).mean()
    assert degrees == PRIOR_DEGREES + 3
    few, degrees = moderated_errors(clustered[:4], independent[:4], 3)
    assert (few == clustered[:4]).all()
    assert degrees == 3
