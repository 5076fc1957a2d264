"""Models by name: ONNX with one input and with one for each column, skops, pickles, and what is refused."""

from __future__ import annotations

import os
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from lime import Explanation
from lime.cli import main
from lime.cli.models import guess_mode, load_model, trained_on, width_of

FEW = ["--num-samples", "200", "--num-features", "2", "--output", "row.json"]


def double(values: Any) -> Any:
    return values * 2


@pytest.fixture(scope="module")
def iris() -> pd.DataFrame:
    data = load_iris(as_frame=True)
    return (
        data.frame.assign(kind=data.target_names[data.target]).drop(columns="target").iloc[::3].reset_index(drop=True)
    )


@pytest.fixture
def folder(tmp_path: Path, iris: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    iris.to_csv(tmp_path / "iris.csv", index=False)
    return tmp_path


def arrays_model(iris: pd.DataFrame) -> Any:
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return model.fit(iris.drop(columns="kind").to_numpy(), iris["kind"])


def to_onnx(model: Any, path: str, **how: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter's own, about its own libraries
        from skl2onnx import convert_sklearn

        Path(path).write_bytes(convert_sklearn(model, **how).SerializeToString())


def explain(*words: str) -> Explanation:
    assert main(["explain", *words, *FEW]) == 0
    return Explanation.from_json("row.json")


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(words) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lime: ")
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize("named", [True, False])
def test_onnx_with_one_input(named: bool, folder: Path, iris: pd.DataFrame) -> None:
    from skl2onnx.common.data_types import FloatTensorType

    model = arrays_model(iris)
    options = {id(model): {"zipmap": named}}
    to_onnx(model, "iris.onnx", initial_types=[("x", FloatTensorType([None, 4]))], options=options)
    loaded = load_model("iris.onnx", None)
    assert (guess_mode(loaded), width_of(loaded), trained_on(loaded)) == ("classification", 4, None)
    rows = iris.drop(columns="kind").to_numpy()
    np.testing.assert_allclose(loaded(rows), model.predict_proba(rows), atol=1e-5)
    again = pickle.loads(pickle.dumps(loaded))
    np.testing.assert_array_equal(again(rows), loaded(rows))
    exp = explain("iris.onnx", "iris.csv", "--row", "3", "--target", "kind", "--labels", "0")
    np.testing.assert_allclose(exp.model_preds[0], model.predict_proba(rows)[3, 0], atol=1e-5)
    # Where the answer is by name, so is the explanation.
    assert exp.label_name(0) == ("setosa" if named else "0")


def test_onnx_with_an_input_for_each_column(folder: Path) -> None:
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "years old": rng.normal(40, 10, 60),
            "town": rng.choice(["Bern", "Chur"], 60),
            "rooms": rng.integers(1, 6, 60),
        }
    )
    answer = (frame["years old"] + 20 * (frame["town"] == "Bern") + frame["rooms"] > 50).astype(int)
    columns = make_column_transformer((OneHotEncoder(), ["town"]), (StandardScaler(), ["years old", "rooms"]))
    model = make_pipeline(columns, LogisticRegression()).fit(frame, answer)
    kinds = [FloatTensorType([None, 1]), StringTensorType([None, 1]), Int64TensorType([None, 1])]
    to_onnx(model, "town.onnx", initial_types=list(zip(frame, kinds, strict=True)))
    # The file's columns stand in another order, beside one that the model does not know.
    frame.assign(note="x")[["note", "rooms", "town", "years old"]].to_parquet("town.parquet")
    loaded = load_model("town.onnx", None)
    np.testing.assert_allclose(loaded(frame), model.predict_proba(frame), atol=1e-5)
    exp = explain("town.onnx", "town.parquet", "--row", "9")
    np.testing.assert_allclose(exp.model_preds[1], model.predict_proba(frame)[9, 1], atol=1e-5)
    assert {record["name"] for record in exp.records(1)} == {"town", "years old"}


def test_onnx_regression(folder: Path, iris: pd.DataFrame) -> None:
    from skl2onnx.common.data_types import FloatTensorType

    rows = iris.drop(columns="kind").to_numpy()
    to_onnx(
        LinearRegression().fit(rows[:, :3], rows[:, 3]), "r.onnx", initial_types=[("x", FloatTensorType([None, 3]))]
    )
    exp = explain("r.onnx", "iris.csv", "--row", "0", "--drop", "kind", "petal width (cm)")
    assert exp.mode == "regression"


def test_onnx_damaged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.onnx").write_bytes(b"no model")
    assert "bad.onnx is no model" in told(["explain", "bad.onnx", "iris.csv", "--row", "0"], capsys)


def test_skops(folder: Path, iris: pd.DataFrame) -> None:
    from skops import io

    model = arrays_model(iris)
    io.dump(model, "iris.skops")
    exp = explain("iris.skops", "iris.csv", "--row", "3", "--target", "kind", "--labels", "setosa")
    probability = model.predict_proba(iris.drop(columns="kind").to_numpy()[3:4])[0, 0]
    np.testing.assert_allclose(exp.model_preds[0], probability)


def test_skops_lists_strange_types_and_makes_them_only_when_told(
    folder: Path, iris: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    from skops import io

    rows = iris.drop(columns="kind")
    model = make_pipeline(FunctionTransformer(double), LogisticRegression(max_iter=1000)).fit(rows, iris["kind"])
    io.dump(model, "strange.skops")
    words = ["explain", "strange.skops", "iris.csv", "--row", "3"]
    line = told(words, capsys)
    name = f"{double.__module__}.double"
    assert f"1 type that skops does not know to be harmless: {name}" in line
    assert f"--trust {name}" in line
    assert name in told([*words, "--trust", "some.other.type"], capsys)
    assert main([*words, "--trust", name]) == 0
    assert "versicolor" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [".joblib", ".pkl"])
def test_pickles_are_loaded_only_when_trusted(
    suffix: str, folder: Path, iris: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    import joblib

    name = f"iris{suffix}"
    model = arrays_model(iris)
    if suffix == ".joblib":
        joblib.dump(model, name, compress=3)
    else:
        Path(name).write_bytes(pickle.dumps(model))
    words = [name, "iris.csv", "--row", "3", "--target", "kind"]
    line = told(["explain", *words], capsys)
    assert "runs code" in line
    assert "--trust-pickle" in line
    exp = explain(*words, "--trust-pickle")
    probabilities = model.predict_proba(iris.drop(columns="kind").to_numpy()[3:4])[0]
    top = int(probabilities.argmax())
    np.testing.assert_allclose(exp.model_preds[top], probabilities[top])
    assert exp.explained_labels() == [top]
    assert exp.label_name(1) == "versicolor"


class Mine:
    def __reduce__(self) -> Any:
        return os.mkdir, ("mark",)


def test_a_refused_pickle_has_run_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.pkl").write_bytes(pickle.dumps(Mine()))
    words = ["explain", "mine.pkl", "iris.csv", "--row", "3", "--target", "kind"]
    told(words, capsys)
    assert not Path("mark").exists()
    main([*words, "--trust-pickle"])
    assert Path("mark").exists()  # so the file would have, had it been loaded


def test_too_many_columns_are_told_before_the_model_is_asked(
    folder: Path, iris: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    import joblib

    joblib.dump(arrays_model(iris), "iris.joblib")
    line = told(["explain", "iris.joblib", "iris.csv", "--row", "3", "--trust-pickle"], capsys)
    assert "takes 4 columns" in line
    assert "has 5" in line
    assert "--target" in line


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("gone.onnx", ["no such file", "gone.onnx"]),
        ("model.h5", ["model.h5", ".onnx", "package.module:attribute"]),
        ("model.py", ["Python file", "model:model"]),
        ("no_such_module_here:f", ["no module 'no_such_module_here'"]),
        ("math:no_such_function", ["math has no attribute 'no_such_function'"]),
        ("math:pi", ["float"]),
        (":f", ["package.module:attribute"]),
        ("breaks_here:f", ["importing breaks_here raised ValueError: on purpose"]),
        ("lacks_here:f", ["lacks_here needs the module 'not_installed_here'"]),
        ("bad.joblib", ["cannot load bad.joblib"]),
        ("bad.skops", ["cannot load bad.skops"]),
    ],
)
def test_a_model_that_cannot_be_loaded(
    name: str, parts: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("breaks_here.py").write_text("raise ValueError('on purpose')\n")
    Path("lacks_here.py").write_text("import not_installed_here\n")
    Path("bad.joblib").write_text("no pickle")
    Path("bad.skops").write_text("no zip")
    line = told(["explain", name, "iris.csv", "--row", "0", "--target", "kind", "--trust-pickle"], capsys)
    assert [part for part in parts if part not in line] == []


@pytest.mark.parametrize(
    ("package", "model", "extra"),
    [("onnxruntime", "some.onnx", "lime[onnx]"), ("skops", "some.skops", "lime[skops]")],
)
def test_a_missing_package_is_named_with_its_extra(
    package: str,
    model: str,
    extra: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(model).write_bytes(b"")
    monkeypatch.setitem(sys.modules, package, None)
    line = told(["explain", model, "iris.csv", "--row", "0"], capsys)
    assert package in line
    assert extra in line


def test_missing_pyarrow_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        assert "lime[tables]" in told(["explain", "math:sqrt", "iris.csv", "--row", "0"], capsys)
