"""The tabular explainer as programs for lime 0.2.0.1 use it, with discretizers of their own."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression

from lime.lime_base import LimeBase
from lime.lime_tabular import (
    BaseDiscretizer,
    EntropyDiscretizer,
    LimeTabularExplainer,
    QuartileDiscretizer,
    TableDomainMapper,
)
from table_samples import WINE


class TestDropIn:
    def test_signatures(self):
        constructor = inspect.signature(LimeTabularExplainer).parameters
        assert list(constructor)[:16] == [
            "training_data",
            "mode",
            "training_labels",
            "feature_names",
            "categorical_features",
            "categorical_names",
            "kernel_width",
            "kernel",
            "verbose",
            "class_names",
            "feature_selection",
            "discretize_continuous",
            "discretizer",
            "sample_around_instance",
            "random_state",
            "training_data_stats",
        ]
        call = inspect.signature(LimeTabularExplainer.explain_instance).parameters
        assert list(call) == [
            "self",
            "data_row",
            "predict_fn",
            "labels",
            "top_labels",
            "num_features",
            "num_samples",
            "distance_metric",
            "model_regressor",
            "sampling_method",
            "batch_size",
            "progress_bar",
            "anchored",
            "target",
            "surrogate",
            "representation",
            "estimator",
            "link",
        ]
        assert call["labels"].default == (1,)
        assert call["num_samples"].default == 5000

    def test_attributes(self, wine_explainer):
        assert wine_explainer.feature_names == WINE.feature_names
        assert wine_explainer.mode == "classification"
        assert isinstance(wine_explainer.base, LimeBase)
        assert isinstance(wine_explainer.random_state, np.random.RandomState)
        assert wine_explainer.feature_values[0] == [0, 1, 2, 3]
        assert wine_explainer.feature_frequencies[0].sum() == pytest.approx(1)
        assert wine_explainer.scaler.mean_.tolist() == [0] * 13
        assert LimeTabularExplainer.convert_and_round([1, 2.345]) == ["1.00", "2.35"]

    def test_a_base_of_the_users_own(self, forest):
        class Mine(LimeBase):
            def feature_selection(self, data, labels, weights, num_features, method):
                return np.array([4, 2])

        explainer = LimeTabularExplainer(WINE.data, random_state=0)
        explainer.base = Mine(explainer.base.kernel_fn, False, random_state=0)
        exp = explainer.explain_instance(WINE.data[0], forest)
        assert {i for i, _ in exp.local_exp[1]} == {2, 4}
        assert exp.standard_errors[1] == {}
        assert any("fits poorly" in sentence for sentence in exp.warnings)
        assert str(exp)

    def test_a_regressor_of_the_users_own(self, wine_explainer, forest):
        exp = wine_explainer.explain_instance(WINE.data[0], forest, model_regressor=LinearRegression(), num_features=13)
        plain = wine_explainer.explain_instance(WINE.data[0], forest, num_features=13)
        assert exp.standard_errors[1] == {}
        assert dict(exp.local_exp[1]) == pytest.approx(dict(plain.local_exp[1]), abs=5e-3)

    def test_a_kernel_of_the_users_own(self, forest):
        flat = LimeTabularExplainer(WINE.data, kernel=lambda d, kernel_width: np.ones_like(d), random_state=0)
        assert flat.explain_instance(WINE.data[0], forest, num_samples=100).effective_samples == pytest.approx(1)

    def test_a_discretizer_of_the_users_own(self, forest):
        class Halves(BaseDiscretizer):
            def bins(self, data, labels):
                return [np.array([np.median(data[:, j])]) for j in self.to_discretize]

        halves = Halves(WINE.data, [], WINE.feature_names, random_state=0)
        explainer = LimeTabularExplainer(
            WINE.data, feature_names=WINE.feature_names, discretizer=halves, random_state=0
        )
        exp = explainer.explain_instance(WINE.data[0], forest)
        assert all(" < " not in text for text, _ in exp.as_list())

    def test_a_discretizer_that_fills_its_bins_itself(self, forest):
        class Corners(QuartileDiscretizer):
            def get_undiscretize_values(self, feature, values):
                return np.asarray(self.maxs[feature])[np.asarray(values, dtype=int)]

        seen = []
        explainer = LimeTabularExplainer(
            WINE.data, discretizer=Corners(WINE.data, [], WINE.feature_names), random_state=0
        )
        explainer.explain_instance(WINE.data[0], lambda r: seen.append(r) or forest.predict_proba(r))
        assert len(np.unique(seen[0][1:, 0])) == 4

    @pytest.mark.parametrize("discretizer", ["quartile", "decile", "entropy"])
    @pytest.mark.parametrize("selection", ["auto", "none", "forward_selection", "lasso_path", "highest_weights"])
    def test_every_discretizer_and_selection(self, forest, discretizer, selection):
        explainer = LimeTabularExplainer(
            WINE.data, training_labels=WINE.target, discretizer=discretizer, feature_selection=selection, random_state=0
        )
        exp = explainer.explain_instance(WINE.data[0], forest, num_features=4)
        assert len(exp.local_exp[1]) == (13 if selection == "none" else 4)

    def test_statistics_in_place_of_data(self, forest):
        plain = LimeTabularExplainer(WINE.data, random_state=0)
        stats_ = plain.discretizer
        given = {
            "means": stats_.means, "stds": stats_.stds, "mins": stats_.mins, "maxs": stats_.maxs,
            "feature_values": plain.feature_values, "feature_frequencies": plain.feature_frequencies,
            "bins": {j: stats_.maxs[j][:-1] for j in range(13)},
        }  # fmt: skip
        told = LimeTabularExplainer(WINE.data[:5], training_data_stats=given, random_state=0)
        assert (
            told.explain_instance(WINE.data[0], forest).local_exp
            == plain.explain_instance(WINE.data[0], forest).local_exp
        )

    def test_numpy_class_names_and_index_feature_names(self, forest):
        frame = pd.DataFrame(WINE.data, columns=WINE.feature_names)
        explainer = LimeTabularExplainer(
            WINE.data, feature_names=frame.columns, class_names=np.array(WINE.target_names)
        )
        assert explainer.feature_names == WINE.feature_names
        assert explainer.explain_instance(WINE.data[0], forest, num_samples=50).class_names == list(WINE.target_names)

    def test_a_mapper_as_programs_build_it(self):
        mapper = TableDomainMapper(["a", "b=x"], ["1.00", "True"], np.array([0.5, 1.0]), [1])
        assert mapper.map_exp_ids([(1, 0.5), (0, 0.1)]) == [("b=x", 0.5), ("a", 0.1)]
        assert mapper.all_categorical is False
        assert mapper.describe(0)["value"] == "1.00"


class TestDiscretizers:
    def test_quartiles(self):
        disc = QuartileDiscretizer(WINE.data, [1], WINE.feature_names)
        assert 1 not in disc.names
        edges = np.percentile(WINE.data[:, 0], [25, 50, 75])
        np.testing.assert_array_equal(disc.discretize(np.tile(edges[1], 13))[0], 1)
        codes = disc.discretize(WINE.data)
        assert codes.shape == WINE.data.shape
        np.testing.assert_array_equal(codes[:, 1], WINE.data[:, 1])
        np.testing.assert_array_equal(disc.discretize(disc.undiscretize(codes)), codes)
        np.testing.assert_array_equal(disc.discretize(WINE.data[0]), codes[0])
        assert disc.discretize(disc.undiscretize(codes[0])).tolist() == codes[0].tolist()

    def test_undiscretize_draws_the_truncated_normal(self):
        disc = QuartileDiscretizer(WINE.data, [], WINE.feature_names, random_state=0)
        drawn = disc.get_undiscretize_values(0, np.full(4000, 2))
        a, b = ((x - disc.means[0][2]) / disc.stds[0][2] for x in (disc.mins[0][2], disc.maxs[0][2]))
        law = stats.truncnorm(a, b, loc=disc.means[0][2], scale=disc.stds[0][2])
        assert stats.kstest(drawn, law.cdf).pvalue > 1e-3

    def test_entropy_needs_labels(self):
        with pytest.raises(ValueError, match="labels"):
            EntropyDiscretizer(WINE.data, [], WINE.feature_names)
        disc = EntropyDiscretizer(WINE.data, [], WINE.feature_names, labels=WINE.target, random_state=0)
        assert max(len(names) for names in disc.names.values()) <= 8

    def test_missing_values_have_a_bin(self):
        x = np.array([[1.0], [2.0], [3.0], [np.nan], [4.0]])
        disc = QuartileDiscretizer(x, [], ["a"])
        assert disc.names[0][-1] == "a is missing"
        codes = disc.discretize(x)
        assert disc.names[0][int(codes[3, 0])] == "a is missing"
        assert np.isnan(disc.undiscretize(codes)[3, 0])

    def test_bins_must_fit(self):
        class Wrong(BaseDiscretizer):
            def bins(self, data, labels):
                return [np.array([1.0])]

        with pytest.raises(ValueError, match=r"Wrong\.bins returned edges for 1 columns"):
            Wrong(WINE.data, [], WINE.feature_names)
        with pytest.raises(NotImplementedError, match="must override bins"):
            BaseDiscretizer(WINE.data, [], WINE.feature_names)
