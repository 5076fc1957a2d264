"""The tabular explainer on frames of all libraries and on sparse matrices."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from lime.lime_tabular import (
    LimeTabularExplainer,
)
from table_samples import WINE, mixed, mixed_model, two_columns


class TestFrames:
    @pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
    def test_the_model_gets_what_it_was_trained_on(self, kind):
        frame = mixed()
        native = {"pandas": lambda f: f, "polars": pl.from_pandas, "pyarrow": pa.Table.from_pandas}[kind](frame)
        seen = []

        def model(rows):
            seen.append(rows)
            return two_columns(np.asarray(rows["age"], dtype=float) / 100)

        explainer = LimeTabularExplainer(native, random_state=0)
        row = native.slice(3, 1) if kind != "pandas" else frame.iloc[3]
        exp = explainer.explain_instance(row, model, num_features=6, num_samples=400)
        got = seen[0]
        assert type(got) is type(native)
        assert len(got) == 400
        if kind == "pandas":
            pd.testing.assert_series_equal(got.dtypes, frame.dtypes)
            assert set(got["color"].cat.categories) == {"red", "green", "blue", "pink"}
        else:
            assert got.schema == native.schema
        assert {text.split("=")[0].split(" ")[0] for text, _ in exp.as_list()} - {"city", "color", "member"} != set()

    def test_a_pipeline_on_a_frame_is_explained_without_a_warning(self):
        frame = mixed()
        model = mixed_model(frame)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            explainer = LimeTabularExplainer(frame, random_state=0)
            for row in (frame.iloc[3], frame.iloc[[3]], frame.iloc[3].to_dict(), frame.iloc[3].to_numpy()):
                exp = explainer.explain_instance(row, model.predict_proba, num_features=6)
        names = [text for text, _ in exp.as_list()]
        assert f"color={frame['color'].iloc[3]}" in names
        assert f"member={frame['member'].iloc[3]}" in names
        assert explainer.feature_names == list(frame.columns)

    def test_numbers_do_not_depend_on_the_frame(self):
        x = pd.DataFrame(WINE.data, columns=WINE.feature_names)

        def p(rows):
            return two_columns(1 / (1 + np.exp(-(np.asarray(rows["proline"], dtype=float) - 700) / 100)))

        def weights(native, row, model):
            return LimeTabularExplainer(native, random_state=0).explain_instance(row, model).local_exp

        pandas = weights(x, x.iloc[0], p)
        polars = weights(pl.from_pandas(x), pl.from_pandas(x)[0], p)
        bare = weights(WINE.data, WINE.data[0], lambda r: p(pd.DataFrame(r, columns=WINE.feature_names)))
        assert pandas == polars == bare

    def test_missing_is_a_value_of_its_own(self):
        frame = mixed()
        here = int(np.flatnonzero(frame["income"].isna())[0])
        explainer = LimeTabularExplainer(frame, random_state=0)
        seen = []

        def model(rows):
            seen.append(rows)
            return two_columns(rows["income"].isna() * 1.0)

        exp = explainer.explain_instance(frame.iloc[here], model, num_features=1)
        (name, weight), share = exp.as_list()[0], seen[0]["income"].isna().mean()
        assert name == "income is missing"
        assert weight == pytest.approx(1, abs=5e-3)
        assert share == pytest.approx(frame["income"].isna().mean(), abs=0.01)
        other = explainer.explain_instance(frame.iloc[int(np.flatnonzero(frame["income"].notna())[0])], model)
        assert all("missing" not in text for text, _ in other.as_list() if text.startswith("income"))

    def test_missing_without_bins(self):
        x = np.random.default_rng(0).normal(size=(300, 2))
        x[:60, 0] = np.nan
        explainer = LimeTabularExplainer(x, discretize_continuous=False, random_state=0)
        exp = explainer.explain_instance(x[0], lambda r: two_columns(np.isnan(r[:, 0]) * 0.8), num_features=2)
        assert exp.as_list()[0][0] == "0 is missing"
        assert exp.as_list()[0][1] == pytest.approx(0.8, abs=5e-3)
        exp = explainer.explain_instance(x[100], lambda r: two_columns(np.isnan(r[:, 0]) * 0.8), num_features=2)
        assert np.isfinite([w for _, w in exp.as_list()]).all()

    def test_missing_in_a_row_alone(self, wine_explainer, forest):
        row = WINE.data[0].copy()
        row[3] = np.nan
        exp = wine_explainer.explain_instance(row, forest, num_features=13)
        assert dict(exp.as_list())["alcalinity_of_ash is missing"] == 0
        assert any("alcalinity_of_ash does not occur in the training data" in s for s in exp.warnings)

    def test_a_column_that_is_missing_throughout(self):
        x = np.column_stack([np.random.default_rng(0).normal(size=100), np.full(100, np.nan)])
        for cut in (True, False):
            explainer = LimeTabularExplainer(x, discretize_continuous=cut, random_state=0)
            exp = explainer.explain_instance(x[0], lambda r: two_columns((r[:, 0] > 0) * 1.0), num_samples=500)
            assert dict(exp.as_list())["1 is missing"] == 0

    def test_unseen_category(self):
        frame = mixed()
        row = frame.iloc[0].to_dict() | {"color": "purple", "city": "Lima"}
        exp = LimeTabularExplainer(frame, random_state=0).explain_instance(
            row, lambda r: two_columns((r["age"] > 50) * 1.0), num_features=6
        )
        assert dict(exp.as_list())["color=purple"] == 0
        assert dict(exp.as_list())["city=Lima"] == 0
        assert sum("does not occur" in sentence for sentence in exp.warnings) == 2

    def test_integer_codes_with_names(self):
        x = np.random.default_rng(0).integers(0, 3, (200, 2)).astype(float)
        x = np.column_stack([x, np.random.default_rng(1).normal(size=200)])
        for names in ({0: ["low", "mid", "high"]}, [["low", "mid", "high"]]):
            explainer = LimeTabularExplainer(
                x,
                feature_names=["grade", "kind", "size"],
                categorical_features=[0, 1],
                categorical_names=names,
                random_state=0,
            )
            exp = explainer.explain_instance(x[0], lambda r: two_columns((r[:, 0] == x[0, 0]) * 1.0))
            texts = dict(exp.as_list())
            assert texts[f"grade={['low', 'mid', 'high'][int(x[0, 0])]}"] == pytest.approx(1, abs=5e-3)
            assert f"kind={int(x[0, 1])}" in texts
        assert explainer.categorical_features == [0, 1, 2]

    def test_categorical_features_by_name(self):
        frame = pd.DataFrame({"grade": [0, 1, 2, 1] * 30, "size": np.linspace(0, 1, 120)})
        exp = LimeTabularExplainer(frame, categorical_features=["grade"], random_state=0).explain_instance(
            frame.iloc[0], lambda r: two_columns(r["size"].to_numpy())
        )
        assert "grade=0" in dict(exp.as_list())
        with pytest.raises(ValueError, match=r"categorical_features.*'colour'"):
            LimeTabularExplainer(frame, categorical_features=["colour"])

    @pytest.mark.parametrize("keep", [True, False, None])
    def test_integers(self, keep):
        x = np.random.default_rng(0).integers(0, 50, (200, 2))
        seen = []

        def model(rows):
            seen.append(np.asarray(rows, dtype=float))
            return two_columns(np.zeros(len(rows)))

        LimeTabularExplainer(x, random_state=0, keep_integers=bool(keep)).explain_instance(x[0], model)
        frame = pd.DataFrame(x, columns=["a", "b"])
        LimeTabularExplainer(frame, random_state=0, keep_integers=keep).explain_instance(frame.iloc[0], model)
        for rows, whole in zip(seen, (bool(keep), keep is not False), strict=True):
            assert (rows == np.round(rows)).all() == whole

    def test_float32_arrays_stay(self):
        x = WINE.data.astype("float32")
        seen = []
        LimeTabularExplainer(x, random_state=0).explain_instance(
            x[0], lambda r: seen.append(r.dtype) or two_columns(np.zeros(len(r))), num_samples=50
        )
        assert seen == [np.dtype("float32")]


class TestSparse:
    @pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csc_array])
    def test_only_nonzero_columns_vary_and_scaling_is_that_of_dense_rows(self, container):
        rng = np.random.default_rng(0)
        dense = rng.normal(size=(300, 8)) * (rng.random((300, 8)) < 0.5)
        row = dense[0] * (np.arange(8) % 2 == 0)
        row[[0, 2]] = 1.5, -0.5
        seen = []

        def model(rows):
            seen.append(rows)
            return np.asarray(rows @ np.arange(8.0)).ravel()

        thin = LimeTabularExplainer(container(dense), mode="regression", random_state=0)
        exp = thin.explain_instance(container(row[None]), model, num_features=8)
        kept = np.flatnonzero(row)
        assert sparse.issparse(seen[0])
        assert seen[0].format == "csr"  # type: ignore[attr-defined]
        assert set(np.unique(seen[0].tocoo().col)) == set(kept)  # type: ignore[attr-defined]
        assert {i for i, _ in exp.local_exp[1]} == set(kept)
        slopes = {j: j * dense[:, j].std() for j in kept}
        assert dict(exp.local_exp[1]) == pytest.approx(slopes, rel=5e-3, abs=5e-3)
        np.testing.assert_allclose(np.asarray(seen[0][:1].todense()).ravel(), row)  # type: ignore[index]
        z = (row - dense.mean(axis=0)) / dense.std(axis=0)
        np.testing.assert_allclose(exp.domain_mapper.scaled_row[kept], z[kept])

    def test_the_numbers_of_the_same_dense_table(self):
        dense = np.random.default_rng(0).normal(size=(200, 6))
        model = lambda r: np.tanh(np.asarray(r @ np.arange(6.0))).ravel()  # noqa: E731
        settings: dict[str, Any] = {"mode": "regression", "discretize_continuous": False, "random_state": 0}
        a = LimeTabularExplainer(dense, **settings).explain_instance(dense[0], model)
        b = LimeTabularExplainer(sparse.csr_matrix(dense), **settings).explain_instance(
            sparse.csr_matrix(dense[:1]), model
        )
        assert dict(a.local_exp[1]) == pytest.approx(dict(b.local_exp[1]))

    def test_an_empty_row(self):
        data = sparse.csr_matrix(np.eye(5))
        exp = LimeTabularExplainer(data, random_state=0).explain_instance(
            sparse.csr_matrix((1, 5)), lambda r: two_columns(np.full(r.shape[0], 0.25)), num_samples=20
        )
        assert exp.as_list() == []
        assert exp.intercept[1] == pytest.approx(0.25)

    def test_refusals(self):
        data = sparse.csr_matrix(np.eye(5))
        with pytest.raises(ValueError, match="categorical_features"):
            LimeTabularExplainer(data, categorical_features=[0])
        with pytest.raises(ValueError, match="feature_names has 2"):
            LimeTabularExplainer(data, feature_names=["a", "b"])
        with pytest.raises(ValueError, match="data_row has shape"):
            LimeTabularExplainer(data).explain_instance(sparse.csr_matrix((1, 4)), lambda r: r)
