"""Rows of a table that go through the steps of the method side by side."""

import tracemalloc

import numpy as np
import pytest

from lime import LimeTabularExplainer
from lime.domains.tabular.rows import AT_ONCE


def two_classes(x):
    p = 1.0 / (1.0 + np.exp(-np.asarray(x)[:, 0]))
    return np.column_stack([1.0 - p, p])


@pytest.fixture
def data():
    return np.random.default_rng(0).normal(size=(AT_ONCE + 8, 6))


def test_a_row_that_fails_in_the_middle_takes_no_other_with_it(data):
    explainer = LimeTabularExplainer(data, random_state=0)
    rows = list(data)
    rows[3] = np.zeros(5)  # cannot be read
    refused = data[20]

    def picky(x):
        if (np.asarray(x) == refused).all(axis=1).any():
            raise RuntimeError("not that one")
        return two_classes(x)

    found = explainer.explain_instances(rows, picky, errors="record", num_samples=300)
    assert sorted(found.errors) == [3, 20]
    assert "not that one" in found.errors[20]
    for row in (2, 4, 19, 21, AT_ONCE - 1, AT_ONCE, len(data) - 1):
        assert found[row].as_list() == explainer.explain_instance(data[row], two_classes, num_samples=300).as_list()


def test_a_column_without_variation_weighs_nothing_among_thousands_of_draws(data):
    # Ten of twelve are shown: one that says something must not give way to one that says nothing.
    wide = np.hstack([data, data[::-1] ** 2])
    wide[:, 11] = 5.0
    found = LimeTabularExplainer(wide, random_state=1).explain_instances(wide[:10], two_classes)
    assert all(11 not in dict(exp.local_exp[1]) for exp in found)


def test_large_neighbourhoods_are_held_one_at_a_time():
    rows = np.random.default_rng(0).normal(size=(AT_ONCE, 200))
    explainer = LimeTabularExplainer(rows, random_state=0, discretize_continuous=False)
    one_neighbourhood = 1000 * 200 * 8
    explainer.explain_instances(rows[:2], two_classes, num_samples=1000)
    tracemalloc.start()
    explainer.explain_instances(rows, two_classes, num_samples=1000)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 12 * one_neighbourhood, "not one for each of the rows that go side by side"
