"""The draws that an explanation keeps while it lives."""

import numpy as np
import pytest

from lime.results.paid import SMALL, Paid


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("n", "d"), [(1003, SMALL // 1000), (7, 3), (1, SMALL + 9), (SMALL + 3, 1)])
def test_packed_or_not_the_draws_come_back(n, d, order):
    z = np.asarray(np.random.default_rng(0).random((n, d)) < 0.4, order=order)
    answers = np.random.default_rng(1).random((n, 3))
    paid = Paid.of(z, answers, np.ones(n), [2, 0], np.arange(d), np.ones(d), None, False)
    np.testing.assert_array_equal(paid.z, z)
    assert paid.z.dtype == np.bool_
    np.testing.assert_array_equal(paid.answers, answers[:, [2, 0]])
    if z.size > SMALL:
        assert paid._kept.nbytes <= (n * d) / 8 + n + d
