"""The function that engines map: frame in, long table of the same kind out, always with the same columns and types."""

from __future__ import annotations

import pickle
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from lime import LimeTabularExplainer, LimeTextExplainer
from lime.results.tidy import TIDY

SMALL: dict[str, Any] = {"num_samples": 64, "num_features": 2}


def predict(rows):
    p = 1.0 / (1.0 + np.exp(-(np.asarray(rows["a"], dtype=float) + (np.asarray(rows["c"]) == "x"))))
    return np.column_stack([1.0 - p, p])


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame({"a": rng.normal(size=20), "c": rng.choice(["x", "y"], 20), "b": rng.normal(size=20)})


@pytest.fixture(scope="module")
def explainer(frame):
    return LimeTabularExplainer(frame, random_state=0)


@pytest.fixture(scope="module")
def function(explainer):
    return explainer.frame_function(predict, **SMALL)


def test_it_tells_what_explain_instances_tells(frame, explainer, function):
    expected = explainer.explain_instances(frame, predict, **SMALL).to_frame("pandas")
    pd.testing.assert_frame_equal(function(frame), expected)
    one = explainer.explain_instance(frame.iloc[4], predict, **SMALL)
    records = function(frame).query("row == 4")
    assert records["feature"].tolist() == [record["feature"] for record in one.records()]
    np.testing.assert_array_equal(records["weight"], [record["weight"] for record in one.records()])
    np.testing.assert_array_equal(records["standard_error"], [record["standard_error"] for record in one.records()])
    assert set(records["prediction"]) == {one.model_preds[1]}
    assert set(records["intercept"]) == {one.intercept[1]}
    assert set(records["fit"]) == {one.scores[1]}
    assert records.set_index("name")["value"]["c"] == frame["c"][4]
    assert records.set_index("name")["number"]["a"] == frame["a"][4]


def test_the_same_kind_comes_back(frame, function):
    expected = function(frame)
    for made, back in (
        (pl.from_pandas(frame), lambda out: out.to_pandas()),
        (pa.Table.from_pandas(frame), lambda out: out.to_pandas()),
        (pa.RecordBatch.from_pandas(frame), lambda out: out.to_pandas()),
        ({name: frame[name].to_numpy() for name in frame}, pd.DataFrame),
    ):
        out = function(made)
        assert type(out) is type(made)
        assert list(back(out).columns) == list(TIDY)
        np.testing.assert_array_equal(back(out)["weight"], expected["weight"])
        assert back(out)["feature"].tolist() == expected["feature"].tolist()


def test_parts_are_the_whole(frame, function):
    parts = [frame.iloc[15:], frame.iloc[:4], frame.iloc[4:15], frame.iloc[:0]]
    out = pd.concat(function.over(parts)).sort_values(["id", "row"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(out.drop(columns="row"), function(frame).drop(columns="row"))


@pytest.mark.parametrize("id_type", [None, "int"])
def test_schema_meta_and_ddl_are_those_of_every_result(frame, explainer, id_type):
    named = frame.assign(customer=range(100, 120))
    function = explainer.frame_function(predict, id_column="customer", id_type=id_type, **SMALL)
    for some in (named, named.iloc[:0]):
        out = function(some)
        pd.testing.assert_frame_equal(out.iloc[:0], function.meta)
        assert dict(out.dtypes) == function.dtypes
        assert function(pa.Table.from_pandas(some, preserve_index=False)).schema.equals(function.schema)
    kinds = {"int": "BIGINT", "float": "DOUBLE", "text": "STRING"}
    types = {**TIDY, "id": id_type or "text"}
    assert function.ddl == ", ".join(f"`{name}` {kinds[kind]}" for name, kind in types.items())
    ids = function(named)["id"].drop_duplicates().tolist()
    assert ids == (list(range(100, 120)) if id_type == "int" else [str(k) for k in range(100, 120)])


def test_columns_that_the_model_does_not_know_are_left_alone(frame, function):
    pd.testing.assert_frame_equal(
        function(frame.assign(target=1, note="n")[["note", "b", "target", "c", "a"]]), function(frame)
    )


def test_columns_may_be_called_by_numbers(frame):
    def model(rows):
        p = 1.0 / (1.0 + np.exp(-np.asarray(rows)[:, 0]))
        return np.column_stack([1.0 - p, p])

    numbered = pd.DataFrame(frame[["a", "b"]].to_numpy())
    explainer = LimeTabularExplainer(numbered, random_state=0)
    expected = explainer.explain_instances(numbered, model, **SMALL).to_frame("pandas")
    pd.testing.assert_frame_equal(explainer.frame_function(model, **SMALL)(numbered), expected)
    numbered[7] = range(20, 40)
    out = explainer.frame_function(model, id_column=7, id_type="int", **SMALL)(numbered)  # type: ignore[arg-type]
    assert out["id"].drop_duplicates().tolist() == list(range(20, 40))


@pytest.mark.parametrize("pickler", [pickle, cloudpickle])
def test_it_travels(frame, function, pickler):
    travelled = pickler.loads(pickler.dumps(function))
    pd.testing.assert_frame_equal(travelled(frame), function(frame))


def test_the_model_is_not_asked_before_there_are_rows(frame, explainer):
    asked = []

    def counting(rows):
        asked.append(len(rows))
        return predict(rows)

    function = explainer.frame_function(counting, **SMALL)
    assert function(frame.iloc[:0]).empty
    assert asked == []
    for start in range(0, 20, 5):
        function(frame.iloc[start : start + 5])
    assert sum(asked) == SMALL["num_samples"] - 1 + 20  # the neighbourhood once for all parts


def test_without_a_seed_all_parts_have_the_same_one(frame):
    function = LimeTabularExplainer(frame).frame_function(predict, **SMALL)
    copies = [pickle.loads(pickle.dumps(function)) for _ in range(2)]
    for copy in copies:
        copy._token = f"{copy._token}-elsewhere"  # as in another process, which has to ask the model itself
    pd.testing.assert_frame_equal(copies[0](frame), copies[1](frame))


def test_rows_that_fail(frame, explainer):
    bad = frame.astype({"a": object})
    bad.loc[3, "a"] = "many"
    out = explainer.frame_function(predict, **SMALL)(bad)
    assert out.loc[out["row"] == 3, "error"].str.contains("many").tolist() == [True]
    assert out.loc[out["row"] != 3, "error"].isna().all()
    with pytest.raises(ValueError, match="many") as caught:
        explainer.frame_function(predict, errors="raise", **SMALL)(bad)
    assert caught.value.__notes__ == ["raised while row 3 was explained"]


def test_texts():
    def model(texts):
        p = np.array([0.2 + 0.5 * ("good" in text) for text in texts])
        return np.column_stack([1 - p, p])

    frame = pd.DataFrame({"key": ["k1", "k2"], "review": ["a good day", "no day"], "stars": [5, 1]})
    explainer = LimeTextExplainer(random_state=0)
    out = explainer.frame_function(model, id_column="key", column="review", num_samples=50)(frame)
    assert out.loc[out["id"] == "k1", "feature"].iloc[0] == "good"
    assert (
        explainer.frame_function(model, num_samples=50)(frame[["review"]])["weight"].tolist() == out["weight"].tolist()
    )
    with pytest.raises(KeyError, match="column=None"):
        explainer.frame_function(model)(frame)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"output": "wide"}, ValueError, "output='wide'"),
        ({"id_type": "float"}, ValueError, "id_type='float'"),
        ({"errors": "skip"}, ValueError, "errors='skip'"),
        ({"num_sample": 5}, TypeError, "num_sample=5"),
    ],
)
def test_wrong_arguments_are_named(explainer, settings, error, words):
    with pytest.raises(error, match=words):
        explainer.frame_function(predict, **settings)


def test_wrong_frames_are_named(frame, explainer, function):
    with pytest.raises(TypeError, match="type list"):
        function([1, 2])
    with pytest.raises(ValueError, match="id_type='text'"):
        function(frame.set_axis([f"r{k}" for k in range(20)]))
    with pytest.raises(ValueError, match="index holds 'x': expected whole numbers of 64 bits"):
        function(frame.set_axis([*range(19), "x"]))
    with pytest.raises(ValueError, match=f"index holds {2**63}: expected whole numbers of 64 bits"):
        function(frame.set_axis(pd.Index([*range(19), 2**63], dtype="uint64")))
    with pytest.raises(KeyError, match="id_column='customer': frame has no such column, its columns are 'a', 'c', 'b'"):
        explainer.frame_function(predict, id_column="customer")(frame)
    for twice in (frame[["a", "c", "c", "b"]], pa.table([[1.0], [2.0]], names=["c", "c"])):
        with pytest.raises(ValueError, match="frame has more than one column named 'c'"):
            function(twice)


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.Table.from_pydict, dict])
def test_a_frame_that_lacks_a_column_is_refused(frame, function, kind):
    """Not row by row, as an error of each."""
    short = kind({name: frame[name].tolist() for name in ("a", "c")})
    with pytest.raises(KeyError, match="frame has no column 'b': expected 'a', 'c', 'b', it has 'a', 'c'"):
        function(short)
    renamed = kind({f"my_{name}": frame[name].tolist() for name in frame})
    with pytest.raises(KeyError, match="frame has no column 'a', 'c', 'b'"):
        function(renamed)


def test_a_frame_of_other_names_is_read_by_position(frame):
    def model(rows):
        p = 1.0 / (1.0 + np.exp(-np.asarray(rows)[:, 0]))
        return np.column_stack([1.0 - p, p])

    numbers = frame[["a", "b"]]
    function = LimeTabularExplainer(numbers.to_numpy(), random_state=0).frame_function(model, **SMALL)
    assert function(numbers)["error"].isna().all()
    with pytest.raises(KeyError, match="frame has no column '0', '1'"):
        function(frame)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NaT, pd.NA])
@pytest.mark.parametrize("errors", ["record", "raise"])
def test_a_row_without_a_name_is_refused(frame, explainer, missing, errors):
    """Nobody could tell it from others that are called 'None'."""
    names = [f"k{k}" for k in range(19)]
    function = explainer.frame_function(predict, id_column="key", errors=errors, **SMALL)
    with pytest.raises(ValueError, match="column 'key' has no value in row 3: expected a name for each row"):
        function(frame.assign(key=pd.Series([*names[:3], missing, *names[3:]], dtype=object)))
    with pytest.raises(ValueError, match="the frame's index has no value in row 19"):
        explainer.frame_function(predict, id_type="text", **SMALL)(frame.set_axis(pd.Index([*names, missing])))


@pytest.mark.parametrize("errors", ["record", "raise"])
def test_a_label_that_the_model_has_not_is_refused_at_once(frame, explainer, errors):
    with pytest.raises(ValueError, match="labels holds 7, but the model has 2 outputs"):
        explainer.frame_function(predict, labels=(7,), errors=errors, **SMALL)(frame)
    with pytest.raises(ValueError, match="labels holds 7, but the model has 2 outputs"):
        explainer.explain_instances(frame, predict, labels=(7,), errors=errors, **SMALL)
