"""Contributions: that they add up, that every way of keeping an explanation keeps them, and shap's form of them."""

from __future__ import annotations

import copy
import json
import pickle
import sys
import types

import numpy as np
import pytest

from contribution_samples import MADE, anchored_wine, classic_house, many_of, one_of
from explanation_samples import wine
from lime import Explanation, LimeError
from lime.engine.standard_errors import quantile


class FakeShap(types.ModuleType):
    """Has the constructor of shap's Explanation, and nothing else."""

    class Explanation:
        def __init__(
            self,
            values,
            base_values=None,
            data=None,
            display_data=None,
            instance_names=None,
            feature_names=None,
            output_names=None,
        ):
            self.values, self.base_values, self.data, self.feature_names = values, base_values, data, feature_names


@pytest.fixture
def shap(monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", FakeShap("shap"))


def kept(exp):
    """All that is held of contributions."""
    return exp.anchored, exp.baseline_values, exp.contributions_by_label


@pytest.mark.parametrize("name", MADE)
def test_they_sum_to_the_prediction_where_anchored(name):
    exp, classic = one_of(name), one_of(name, anchored=False)
    assert (exp.anchored, classic.anchored) == (True, False)
    for label in exp.explained_labels():
        total = exp.baseline_values[label] + sum(exp.contributions(label).values())
        assert total == pytest.approx(exp.model_preds[label], abs=1e-12)
    for label in classic.explained_labels():
        total = classic.baseline_values[label] + sum(classic.contributions(label).values())
        assert total == pytest.approx(classic.local_preds[label], abs=1e-12)


@pytest.mark.parametrize("name", MADE)
def test_json_pickles_and_copies_keep_them(name):
    exp = one_of(name)
    for again in (Explanation.from_json(exp.to_json()), pickle.loads(pickle.dumps(exp)), copy.deepcopy(exp)):
        assert kept(again) == kept(exp)
        assert again.records() == exp.records()
        assert str(again) == str(exp)


def test_explanations_that_were_stored_without_them_are_read():
    content = json.loads(anchored_wine().to_json())
    del content["checksum"], content["anchored"]
    for entry in content["labels"]:
        del entry["baseline"]
        for weight in entry["weights"]:
            del weight["contribution"]
    again = Explanation.from_dict(content)
    assert kept(again) == (False, {}, {})
    assert str(again) == str(wine())
    assert [record["contribution"] for record in again.records()] == [None] * 10
    with pytest.raises(ValueError, match="not known"):
        again.contributions()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda c: c["labels"][0].update(baseline="much"), "baseline"),
        (lambda c: c["labels"][0]["weights"][0].update(contribution=[1]), "contribution"),
        (lambda c: c.update(anchored="yes"), "anchored"),
    ],
)
def test_a_wrong_kind_of_part_is_named(change, named):
    content = anchored_wine().to_dict()
    change(content)
    with pytest.raises(LimeError, match=named):
        Explanation.from_dict(content)


def test_records_and_frames_have_a_column_of_them():
    exp = anchored_wine()
    added = exp.contributions()
    assert list(added) == [i for i, _ in exp.local_exp[1]]
    assert [record["contribution"] for record in exp.records()] == list(added.values())
    for backend in ("pandas", "polars"):
        assert exp.to_frame(backend)["contribution"].to_list() == list(added.values())


def test_an_interval_is_as_wide_as_its_share_of_the_weights():
    exp = anchored_wine()
    exp.local_exp[1][-1] = (exp.local_exp[1][-1][0], np.float64(0.0))
    found = exp.contribution_intervals(level=0.9)
    assert len(found) == 9  # a weight of 0 has no distance to be told by
    reach = 0.6 * exp.standard_errors[1][0] * quantile(0.95, 7.0)
    np.testing.assert_allclose(found[0], (0.6 * -0.2381 - reach, 0.6 * -0.2381 + reach))
    with pytest.raises(ValueError, match="level"):
        exp.contribution_intervals(level=1.0)
    with pytest.raises(ValueError, match="not known"):
        wine().contribution_intervals()


def test_one_output_of_a_regression_has_one_baseline():
    exp = one_of("regression")
    assert set(exp.baseline_values) == set(exp.contributions_by_label) == {1}
    assert exp.contributions(0) == exp.contributions(1)


# ---- shap's form


def test_shap_gets_values_baseline_data_and_names(shap):
    exp = anchored_wine()
    found = exp.to_shap()
    assert found.values.shape == (13,)
    assert found.values[:10].tolist() == [exp.contributions()[i] for i in range(10)]
    assert found.values[10:].tolist() == [0.0, 0.0, 0.0]
    assert found.base_values == exp.baseline_value
    assert found.base_values + found.values.sum() == pytest.approx(exp.model_preds[1])
    assert found.data[0] == 0.76
    assert found.feature_names[:2] == ["flavanoids", "proline"]
    assert classic_house().to_shap().data.tolist() == [7, 9.5, 3.25, "Altstadt"]
    with pytest.raises(ValueError, match="not known"):
        wine().to_shap()


def test_shap_gets_words_as_data(shap):
    found = one_of("texts").to_shap()
    assert found.data.tolist() == found.feature_names
    assert set(found.feature_names) == {"a", "good", "but", "slow", "film"}


def test_shap_gets_many_rows(shap):
    exps = many_of("classes")
    found = exps.to_shap(1)
    assert found.values.shape == found.data.shape == (3, 4)
    assert found.feature_names == ["0", "1", "2", "3"]
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base_values, [exp.model_preds[1] for exp in exps])
    texts = many_of("texts").to_shap()
    assert texts.values.shape == (3, 7)
    assert texts.data[1, texts.feature_names.index("film")] is None
    place = texts.feature_names.index("music")
    assert texts.data[:, place].tolist() == [None, "music", None]


def test_a_row_without_contributions_is_named(shap):
    with pytest.raises(ValueError, match=r"row 0 .* exps\[mask\]"):
        type(many_of("classes")).of([wine()]).to_shap()


def test_without_shap_the_error_has_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", None)
    for made in (anchored_wine(), many_of("classes")):
        with pytest.raises(ImportError, match="pip install shap"):
            made.to_shap()
