"""What hypothesis thinks of: any table and any row end in a sound explanation or in one clear sentence."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lime.lime_tabular import LimeTabularExplainer

NUMBERS = st.one_of(st.just(math.nan), st.floats(-1e150, 1e150))
NAMES = st.text(max_size=12)


def p(rows):
    """A model that looks at the first column in whatever form it comes."""
    first = rows.iloc[:, 0] if hasattr(rows, "iloc") else rows[:, 0]
    known = pd.Series(first).notna().to_numpy()
    return np.where(known, 0.25, 0.75)


def check(exp, d):
    assert len(exp.as_list()) == d
    for text, weight in exp.as_list():
        assert isinstance(text, str)
        assert math.isfinite(weight)
    # Infinite where all samples are alike, so that nothing is known of the weight; the warnings say so.
    errors = list(exp.standard_errors[1].values())
    assert not any(math.isnan(error) for error in errors)
    assert any("Nothing is known" in said for said in exp.diagnostics()) == any(map(math.isinf, errors))
    assert math.isfinite(exp.intercept[1])
    assert str(exp)
    assert exp.as_html()
    assert exp.to_json()


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=NUMBERS),
    st.booleans(),
    st.integers(0, 29),
    st.sampled_from(["quartile", "decile"]),
)
def test_any_numbers(table, cut, where, discretizer):
    settings_ = {"discretizer": discretizer} if cut else {"discretize_continuous": False}
    with np.errstate(over="ignore", invalid="ignore"):
        explainer = LimeTabularExplainer(table, random_state=0, **settings_)
        exp = explainer.explain_instance(table[where % len(table)], p, num_samples=60, num_features=9)
    check(exp, table.shape[1])


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_frame(data):
    n = data.draw(st.integers(1, 25))
    kinds = {
        "text": st.one_of(st.none(), st.text(max_size=5)),
        "number": st.one_of(st.none(), st.floats(-1e6, 1e6)),
        "flag": st.booleans(),
        "count": st.integers(-100, 100),
    }
    names = data.draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    columns = {}
    for name in names:
        kind = data.draw(st.sampled_from(sorted(kinds)))
        values = data.draw(st.lists(kinds[kind], min_size=n, max_size=n))
        columns[name] = pd.Series(values, dtype="float64" if kind == "number" else None)
    frame = pd.DataFrame(columns)
    explainer = LimeTabularExplainer(frame, random_state=0)
    seen = []
    exp = explainer.explain_instance(
        frame.iloc[0], lambda rows: seen.append(rows) or p(rows), num_samples=50, num_features=9
    )
    check(exp, len(names))
    assert list(seen[0].columns) == names
    pd.testing.assert_series_equal(seen[0].dtypes, frame.dtypes)


@pytest.mark.parametrize(
    "table",
    [[], [[]], np.zeros((0, 3)), np.zeros(5), np.zeros((2, 2, 2)), None, 3, "table", np.array([[np.inf, 1.0]])],
)
def test_what_is_no_table(table):
    with pytest.raises((ValueError, TypeError), match="training_data"):
        LimeTabularExplainer(table)


def test_one_row_is_a_table():
    exp = LimeTabularExplainer([[1.0, 2.0]], random_state=0).explain_instance([1.0, 2.0], p, num_samples=10)
    assert [weight for _, weight in exp.as_list()] == [0.0, 0.0]
    assert any("does not vary" in sentence for sentence in exp.warnings)


def test_two_samples_are_enough_to_say_that_they_are_not():
    x = np.random.default_rng(0).normal(size=(50, 3))
    exp = LimeTabularExplainer(x, random_state=0).explain_instance(x[0], lambda r: (r[:, 0] > 0) * 1.0, num_samples=2)
    assert exp.warnings


def test_numbers_too_large_to_square():
    with pytest.raises(ValueError, match=r"numbers up to 1e.200 in column 'b'"):
        LimeTabularExplainer(pd.DataFrame({"a": [1.0, 2.0], "b": [1e200, -1e200]}), discretize_continuous=False)


def test_numbers_too_large_to_square_are_cut_as_others_are():
    table = np.random.default_rng(0).normal(size=(200, 2)) * 1e200
    seen = []
    LimeTabularExplainer(table, random_state=0).explain_instance(table[0], lambda x: (seen.append(x), p(x))[1])
    assert np.isfinite(seen[0]).all()
    assert np.ptp(seen[0][:, 0]) > 1e200


def test_constant_column_of_huge_numbers_stands_still():
    table = np.full((10, 1), 144115188075855900.0)
    explainer = LimeTabularExplainer(table, discretize_continuous=False, random_state=0)
    exp = explainer.explain_instance(table[0], p, num_samples=60)
    assert explainer.scaler.mean_[0] == table[0, 0]
    assert exp.as_map()[1] == [(0, 0.0)]
