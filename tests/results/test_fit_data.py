"""The samples that an explanation keeps while it lives."""

import numpy as np
import pytest

from lime.results.fit_data import SMALL, FitData


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("n", "d"), [(1003, SMALL // 1000), (7, 3), (1, SMALL + 9), (SMALL + 3, 1)])
def test_packed_or_not_the_samples_come_back(n, d, order):
    z = np.asarray(np.random.default_rng(0).random((n, d)) < 0.4, order=order)
    predictions = np.random.default_rng(1).random((n, 3))
    data = FitData.of(
        z,
        predictions,
        np.ones(n),
        labels=[2, 0],
        features=np.arange(d),
        instance=np.ones(d),
        groups=None,
        exact=False,
    )
    np.testing.assert_array_equal(data.z, z)
    assert data.z.dtype == np.bool_
    np.testing.assert_array_equal(data.predictions, predictions[:, [2, 0]])
    if z.size > SMALL:
        assert data._kept.nbytes <= (n * d) / 8 + n + d
