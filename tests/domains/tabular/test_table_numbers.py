"""Numbers in odd forms: objects, booleans, large whole numbers, infinities; and functions of arrays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lime import LimeError, LimeTabularExplainer
from lime.discretize import QuartileDiscretizer

ROWS = 120
RNG = np.random.default_rng(1)
X = RNG.normal(size=(ROWS, 3))
LARGE = 2**60 + RNG.integers(0, 40, ROWS) * 7


class Model:
    """Answers by the first column, and keeps what it was handed."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, batch: Any) -> Any:
        self.seen.append(batch)
        x = np.asarray(batch[:, 0] if isinstance(batch, np.ndarray) else batch["x"], dtype=float)
        p = 1 / (1 + np.exp(-np.clip(x, -9, 9)))
        return np.column_stack([1 - p, p])


def of_arrays(batch: Any) -> Any:
    """A model of arrays alone."""
    p = 1 / (1 + np.exp(-batch[:, 0].astype(float)))
    return np.column_stack([1 - p, p])


@pytest.mark.parametrize(
    "data",
    [
        X.astype(object),
        np.column_stack([X[:, :2].astype(object), X[:, 2] > 0]),
        pd.get_dummies(pd.DataFrame({"x": X[:, 0], "c": RNG.choice(["a", "b"], ROWS)})).to_numpy(),
        (X > 0).astype(object),
        X > 0,
        (X > 0).tolist(),
        np.array([[Decimal(int(9 * x)) for x in row] for row in X], dtype=object),
    ],
)
def test_without_a_string_a_model_of_arrays_gets_floats(data: Any) -> None:
    model = Model()
    explainer = LimeTabularExplainer(data, random_state=0)
    explainer.explain_instance(data[0], model, num_samples=100)
    assert {batch.dtype for batch in model.seen} == {np.dtype(np.float64)}
    assert explainer.explain_instances(data[:2], Model(), num_samples=100)[1].as_list()


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("convert", [lambda f: f, pl.from_pandas, pa.Table.from_pandas])
def test_a_frame_and_a_function_of_arrays(convert: Any, cut: bool) -> None:
    frame = pd.DataFrame({"x": X[:, 0], "k": RNG.integers(0, 9, ROWS), "b": X[:, 1] > 0})
    explainer = LimeTabularExplainer(convert(frame), random_state=0, discretize_continuous=cut)
    rows = [frame.iloc[0].to_dict(), frame.iloc[1].to_dict()]
    with pytest.warns(UserWarning, match="but it reads arrays of float64: it is handed these"):
        one = explainer.explain_instance(rows[0], of_arrays, num_samples=100)
    with pytest.warns(UserWarning, match="but it reads arrays of float64: it is handed these"):
        many = explainer.explain_instances(rows, of_arrays, num_samples=100)
    assert many[0].as_list() == one.as_list()
    assert "x" in one.as_list()[0][0]


def large_tables() -> list[Any]:
    """Tables with whole numbers beyond 2^53."""
    column: dict[str, Any] = {"x": X[:, 0], "c": LARGE}
    objects = np.empty((ROWS, 2), dtype=object)
    objects[:, 0], objects[:, 1] = X[:, 0], LARGE.tolist()
    gaps = [None if i == 3 else int(value) for i, value in enumerate(LARGE)]
    return [
        pd.DataFrame(column),
        pd.DataFrame({"x": X[:, 0], "c": LARGE.astype(np.uint64) + np.uint64(2**63)}),
        pd.DataFrame({"x": X[:, 0], "c": pd.array(gaps, dtype="Int64")}),
        pd.DataFrame({"x": X[:, 0], "c": pd.Series(LARGE.tolist(), dtype=object)}),
        pl.DataFrame(column),
        pl.DataFrame({"x": X[:, 0], "c": gaps}),
        pa.table(column),
        objects,
    ]


@pytest.mark.parametrize("data", large_tables())
@pytest.mark.parametrize("listed", [None, [1]])
def test_large_whole_numbers_reach_the_model_unchanged(data: Any, listed: Any, tmp_path: Any) -> None:
    row = {pd.DataFrame: lambda: data.iloc[[7]], pa.Table: lambda: data.slice(7, 1)}.get(type(data), lambda: data[7])()
    explainer = LimeTabularExplainer(data, categorical_features=listed, random_state=0)
    path = tmp_path / "explainer.lime"
    explainer.save(path)
    for one in (explainer, LimeTabularExplainer.load(path)):
        model = Model()
        one.explain_instance(row, model, num_samples=100)
        batch = model.seen[0]
        column = batch[:, 1].tolist() if isinstance(batch, np.ndarray) else list(pd.Series(batch["c"]))
        wanted = int(LARGE[7]) + (2**63 if "uint64" in str(getattr(data, "dtypes", "")) else 0)
        assert int(column[0].as_py() if isinstance(column[0], pa.Scalar) else column[0]) == wanted
        assert type(batch) is type(data)


@pytest.mark.parametrize("listed", [None, [0]])
def test_integer_arrays_beyond_floats_stay_integers(listed: Any) -> None:
    data = np.column_stack([LARGE, RNG.integers(0, 9, ROWS)])
    with pytest.warns(UserWarning, match=r"whole numbers beyond 2\^53 in '0'"):
        explainer = LimeTabularExplainer(data, categorical_features=listed, random_state=0)
    model = Model()
    explainer.explain_instance(data[0], model, num_samples=100)
    assert model.seen[0].dtype == np.int64
    np.testing.assert_array_equal(model.seen[0][0], data[0])


def test_a_rounded_row_is_refused_beside_a_frame_and_taken_beside_an_array() -> None:
    frame = pd.DataFrame({"x": X[:, 0], "c": LARGE})
    explainer = LimeTabularExplainer(frame, random_state=0)
    with pytest.raises(
        ValueError, match=r"data_row has .* in column 'c', and floats do not hold .* data.iloc\[\[0\]\]"
    ):
        explainer.explain_instance({"x": 0.0, "c": float(LARGE[0])}, Model())
    objects = frame.astype(object).to_numpy()
    explainer = LimeTabularExplainer(objects, random_state=0)
    with pytest.warns(UserWarning, match="in column '1', and floats do not hold every whole number"):
        exp = explainer.explain_instance(objects[0].astype(float), Model(), num_samples=100)
    assert len(exp.as_list()) == 2


def test_numbers_too_far_apart_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"column 'c' that are too large, and too far apart.*categorical_features"):
        LimeTabularExplainer(pd.DataFrame({"c": [1, 2**62]}))


@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame])
def test_infinite_numbers_are_in_the_outermost_bin(form: Any) -> None:
    data = form(X)
    explainer = LimeTabularExplainer(data, feature_names=["x", "y", "z"], random_state=0)
    row = np.array([np.inf, 0.0, -np.inf])

    def model(batch: Any) -> Any:
        p = (np.asarray(batch)[:, 0] > 0) * 0.5 + 0.25
        return np.column_stack([1 - p, p])

    with pytest.warns(UserWarning, match="data_row has an infinite value in column '[xz]'.*outermost bin"):
        exp = explainer.explain_instance(row, model, num_samples=200)
    texts = dict(exp.as_list())
    assert any(text.startswith("x > ") and weight > 0 for text, weight in texts.items())
    assert any(text.startswith("z <= ") for text in texts)
    explainer = LimeTabularExplainer(data, feature_names=["x", "y", "z"], random_state=0, discretize_continuous=False)
    with pytest.raises(ValueError, match="data_row has an infinite value in column 'x'"):
        explainer.explain_instance(row, model)


@pytest.mark.parametrize("kind", [np.int64, object])
def test_listed_integers_stay_integers_where_that_is_asked_for(kind: Any) -> None:
    data = np.column_stack([RNG.integers(18, 75, ROWS), RNG.integers(0, 4, ROWS)]).astype(kind)
    model = Model()
    explainer = LimeTabularExplainer(data, categorical_features=[1], keep_integers=True, random_state=0)
    explainer.explain_instance(data[0], model, num_samples=100)
    assert model.seen[0].dtype == kind
    assert all(isinstance(value, int | np.integer) for value in model.seen[0][:, 1])
    model = Model()
    LimeTabularExplainer(data, categorical_features=[1], random_state=0).explain_instance(
        data[0], model, num_samples=99
    )
    whole = all(isinstance(value, int) for value in model.seen[0][:, 1].tolist())
    assert whole == (kind is object)


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (X[:, 1].astype(np.float16), pa.float16()),
        (RNG.choice(["a", "b"], ROWS), pa.string_view()),
        (RNG.choice(["a", "b"], ROWS), pa.large_string()),
        (X[:, 1] > 0, pa.bool_()),
    ],
)
def test_columns_of_arrow(values: Any, dtype: Any, gaps: bool) -> None:
    column = [None if gaps and i == 3 else value for i, value in enumerate(values.tolist())]
    column = [np.float16(v) if dtype == pa.float16() and v is not None else v for v in column]
    data = pa.table({"x": X[:, 0], "c": pa.array(column, dtype)})
    explainer = LimeTabularExplainer(data, random_state=0)
    for i in (0, 3):
        model = Model()
        texts = [t for t, _ in explainer.explain_instance(data.slice(i, 1), model, num_samples=100).as_list()]
        assert model.seen[0].schema == data.schema
        assert ("c is missing" in texts) == (gaps and i == 3)


@pytest.mark.parametrize("form", ["pandas objects", "boolean", "polars", "pyarrow"])
def test_a_missing_boolean(form: str) -> None:
    values = [None if i == 3 else bool(x > 0) for i, x in enumerate(X[:, 1])]
    if form in ("polars", "pyarrow"):
        make: Any = pl.DataFrame if form == "polars" else pa.table
        data: Any = make({"x": X[:, 0], "c": values})
    else:
        data = pd.DataFrame({"x": X[:, 0], "c": pd.Series(values, dtype=object if form != "boolean" else "boolean")})
    explainer = LimeTabularExplainer(data, random_state=0)
    for value, text in ((True, "c=True"), (None, "c is missing")):
        model = Model()
        exp = explainer.explain_instance({"x": 0.1, "c": value}, model, num_samples=100)
        assert text in dict(exp.as_list())
        handed = list(pd.Series(model.seen[0]["c"])) if form != "pyarrow" else model.seen[0]["c"].to_pylist()
        assert {type(v).__name__ for v in handed} <= {"bool", "bool_", "NoneType", "NAType"}


@pytest.mark.parametrize("method", ["auto", "classic"])
def test_a_discretizer_with_a_seed_of_its_own_counts(method: str, tmp_path: Any) -> None:
    def made(seed: int) -> LimeTabularExplainer:
        own = QuartileDiscretizer(X, [], ["x", "y", "z"], random_state=seed)
        return LimeTabularExplainer(X, discretizer=own, random_state=0)

    def weights(explainer: LimeTabularExplainer) -> Any:
        return explainer.explain_instance(X[0], Model(), num_samples=200, sampling_method=method).as_list()

    assert weights(made(1)) == weights(made(1))
    assert weights(made(1)) != weights(made(2))
    made(1).save(tmp_path / "explainer.lime")
    assert weights(LimeTabularExplainer.load(tmp_path / "explainer.lime")) == weights(made(1))
    many = made(1).explain_instances(X[:3], Model(), num_samples=200, sampling_method=method)
    again = made(1).explain_instances(X[:3], Model(), num_samples=200, sampling_method=method)
    other = made(2).explain_instances(X[:3], Model(), num_samples=200, sampling_method=method)
    assert [exp.as_list() for exp in many] == [exp.as_list() for exp in again]
    assert [exp.as_list() for exp in many] != [exp.as_list() for exp in other]


def test_what_a_file_has_no_form_for_is_never_lost(tmp_path: Any) -> None:
    class Flat:
        def quantile(self, u: Any) -> Any:
            return u

    explainer = LimeTabularExplainer(X, random_state=0, column_distributions={0: lambda values: Flat()})
    with pytest.raises(LimeError, match=r"cannot save LimeTabularExplainer: column_distributions .* pickle"):
        explainer.save(tmp_path / "explainer.lime")
    explainer = LimeTabularExplainer(X, random_state=0)
    explainer.mine = object()  # type: ignore[attr-defined]
    with pytest.raises(LimeError, match=r"cannot save LimeTabularExplainer.mine"):
        explainer.save(tmp_path / "explainer.lime")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("unknown", [[[1]], [None], [7]])
def test_categories_that_are_no_columns_are_left_out_of_arrays(unknown: Any) -> None:
    with pytest.warns(UserWarning, match="categorical_features has .* no such column: left out"):
        explainer = LimeTabularExplainer(X, categorical_features=unknown, discretize_continuous=False)
    assert explainer.categorical_features == []
