"""``lime explain``: one row of a file, its outputs and its errors."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import lime
from lime import Explanation, LimeTabularExplainer, LimeTextExplainer
from lime.cli import main

MODULE = '''\
"""A model of the tests."""
import numpy as np


def probability(rows):
    p = 1 / (1 + np.exp(-(rows["age"] - 40) / 10 - (rows["town"] == "Bern")))
    return np.column_stack([1 - p, p])


def income(rows):
    return 100.0 * rows["age"].to_numpy()


def good(texts):
    p = np.array(["good" in text for text in texts], dtype=float)
    return np.column_stack([1 - p, p])


class holder:
    class inner:
        ask = staticmethod(probability)
'''
FEW = ["--num-samples", "200", "--num-features", "2"]


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, 60),
            "town": rng.choice(["Bern", "Basel", "Chur"], 60),
            "left": rng.integers(0, 2, 60),
        }
    )


@pytest.fixture
def folder(tmp_path: Path, people: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the current one, with a table and a module of a name that no other test uses."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "people_model.py").write_text(MODULE)
    monkeypatch.delitem(sys.modules, "people_model", raising=False)
    people.to_csv(tmp_path / "people.csv", index=False)
    return tmp_path


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a command that cannot work leaves on standard error."""
    assert main(words) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("lime: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_it_says_what_python_says(folder: Path, people: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["explain", "people_model:probability", "people.csv", "--row", "7", "--target", "left", "--seed", "3", *FEW]
    assert main([*words, "--class-names", "stays", "leaves", "--output", "row.json"]) == 0
    from_file = Explanation.from_json(folder / "row.json")
    import people_model

    settings: dict[str, Any] = {
        "class_names": ["stays", "leaves"],
        "random_state": 3,
        "num_samples": 200,
        "num_features": 2,
    }
    table = people[["age", "town"]]
    alone = lime.Explainer(people_model.probability, table, **settings)(table.iloc[7])
    label = alone.explained_labels()[0]
    assert from_file.explained_labels() == [label]
    assert alone.predict_proba.argmax() == label
    assert from_file.as_list(label) == alone.as_list(label)
    assert from_file.standard_errors == alone.standard_errors
    assert from_file.anchored
    assert from_file.baseline_value + sum(from_file.contributions().values()) == pytest.approx(
        alone.predict_proba[label], abs=1e-12
    )
    assert from_file.neighborhood == alone.neighborhood is not None
    printed = capsys.readouterr().out
    assert printed == f"{alone}\nwrote row.json\n"
    assert "leaves" in printed


def test_classic_is_what_lime_0_2_0_1_did(folder: Path, people: pd.DataFrame) -> None:
    words = ["explain", "people_model:probability", "people.csv", "--row", "7", "--target", "left", "--classic", *FEW]
    assert main([*words, "--output", "row.json"]) == 0
    from_file = Explanation.from_json(folder / "row.json")
    import people_model

    table = people[["age", "town"]]
    explainer = LimeTabularExplainer(table, random_state=0)
    alone = explainer.explain_instance(table.iloc[7], people_model.probability, num_samples=200, num_features=2)
    assert from_file.explained_labels() == [1]
    assert from_file.as_list() == alone.as_list()
    assert not from_file.anchored
    assert from_file.neighborhood is None


def test_every_output_is_what_its_suffix_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = ["row.html", "row.png", "row.svg", "row.json"]
    words = ["explain", "people_model:holder.inner.ask", "people.csv", "--row", "0", "--drop", "left", *FEW]
    assert main([*words, *(word for name in outputs for word in ("--output", name))]) == 0
    assert Path("row.html").read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    assert Path("row.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in Path("row.svg").read_text()
    assert json.loads(Path("row.json").read_text())["schema"].startswith("lime.explanation/")
    assert re.findall("wrote (.*)", capsys.readouterr().out) == outputs


def test_regression_with_auto_samples(folder: Path) -> None:
    words = ["explain", "people_model:income", "people.csv", "--row", "2", "--target", "left"]
    assert main([*words, "--mode", "regression", "--num-samples", "auto", "--output", "row.json"]) == 0
    exp = Explanation.from_json("row.json")
    assert exp.mode == "regression"
    assert max(exp.as_list(), key=lambda pair: abs(pair[1]))[0].find("age") >= 0


def test_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mail = pd.DataFrame({"id": [1, 2], "body": ["a good day", 'it was "good", and\nlong']})
    mail.to_csv("mail.csv", index=False)
    words = ["explain", "people_model:good", "mail.csv", "--row", "1", "--text", "body", "--output", "row.json"]
    assert main([*words, "--num-samples", "64"]) == 0
    import people_model

    alone = lime.Explainer(people_model.good, kind="text", num_samples=64)(mail["body"][1])
    assert Explanation.from_json("row.json").as_list() == alone.as_list()
    assert alone.as_list()[0][0] == "good"
    assert main([*words, "--num-samples", "64", "--classic"]) == 0
    classic = LimeTextExplainer(random_state=0).explain_instance(mail["body"][1], people_model.good, num_samples=64)
    assert Explanation.from_json("row.json").as_list() == classic.as_list()


def test_labels_by_name_by_number_and_the_top_ones(folder: Path) -> None:
    words = ["explain", "people_model:probability", "people.csv", "--row", "0", "--target", "left", *FEW]
    named = [*words, "--class-names", "stays", "leaves", "--output", "row.json"]
    for more, labels in (
        (["--labels", "stays"], [0]),
        (["--labels", "1", "stays"], [1, 0]),
        (["--top-labels", "2"], None),
    ):
        assert main([*named, *more]) == 0
        found = Explanation.from_json("row.json").explained_labels()
        assert sorted(found) == sorted(labels if labels is not None else [0, 1])


def test_training_data_and_saved_explainers(folder: Path, people: pd.DataFrame) -> None:
    train = people.assign(age=people["age"] * 2)
    train.to_parquet("train.parquet")
    words = ["explain", "people_model:probability", "people.csv", "--row", "5", "--output", "row.json", *FEW]
    assert main([*words, "--target", "left", "--train", "train.parquet"]) == 0
    from_train = Explanation.from_json("row.json").as_list()
    assert main([*words, "--target", "left"]) == 0
    assert from_train != Explanation.from_json("row.json").as_list()
    LimeTabularExplainer(train[["age", "town"]], random_state=0, neighborhood="auto").save("train.lime")
    # The explainer knows its columns: nothing needs to be dropped.
    assert main([*words, "--explainer", "train.lime"]) == 0
    assert from_train == Explanation.from_json("row.json").as_list()


def test_more_training_rows_than_asked_for_are_sampled_by_the_seed(folder: Path) -> None:
    words = ["explain", "people_model:probability", "people.csv", "--row", "5", "--target", "left", *FEW]
    found = []
    for seed in ("0", "0", "1"):
        assert main([*words, "--train-rows", "20", "--seed", seed, "--output", "row.json"]) == 0
        found.append(Explanation.from_json("row.json").as_list())
    assert main([*words, "--output", "row.json"]) == 0
    assert found[0] == found[1]
    assert len({str(one) for one in [*found, Explanation.from_json("row.json").as_list()]}) == 3


def test_fixed_columns_have_no_weight(folder: Path) -> None:
    words = ["explain", "people_model:probability", "people.csv", "--row", "5", "--target", "left", *FEW]
    assert main([*words, "--fixed", "town", "--output", "row.json"]) == 0
    assert "town" not in {record["name"] for record in Explanation.from_json("row.json").records()}


def test_a_model_gets_its_columns_in_its_order(folder: Path, people: pd.DataFrame) -> None:
    import joblib

    frame = people.assign(height=people["age"] % 7)
    joblib.dump(LogisticRegression().fit(frame[["height", "age"]], frame["left"]), "model.joblib")
    frame.to_csv("frame.csv", index=False)
    words = ["explain", "model.joblib", "frame.csv", "--row", "1", "--trust-pickle", "--output", "row.json", *FEW]
    assert main(words) == 0  # neither town nor left, which it did not learn from
    assert {record["name"] for record in Explanation.from_json("row.json").records()} == {"height", "age"}


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["people_model:probability", "nobody.csv", "--row", "0"], ["no such file", "nobody.csv"]),
        (["people_model:probability", "people_model.py", "--row", "0"], ["'.py'", ".csv", ".parquet"]),
        (["people_model:probability", "people.csv", "--row", "60"], ["--row 60", "60 rows, 0 to 59"]),
        (["people_model:probability", "people.csv", "--row", "-1"], ["--row -1"]),
        (["people_model:probability", "people.csv", "--row", "0", "--target", "gone"], ["'gone'", "'town'"]),
        (["people_model:probability", "people.csv", "--row", "0", "--text", "gone"], ["'gone'", "--text"]),
        (["people_model:probability", "people.csv", "--row", "0", "--categorical", "gone"], ["'gone'"]),
        (["people_model:probability", "people.csv", "--row", "0", "--fixed", "gone"], ["--fixed 'gone'"]),
        (["people_model:probability", "people.csv", "--row", "0", "--output", "row.docx"], ["row.docx", ".html"]),
        (["people_model:probability", "people.csv", "--row", "0", "--output", "no/row.png"], ["no folder", "no"]),
        (["people_model:probability", "people.csv", "--row", "0", "--labels", "maybe"], ["maybe", "number"]),
        (["people_model:probability", "people.csv", "--row", "0", "--num-samples", "0"], ["num_samples=0"]),
        (["people_model:probability", "people.csv", "--row", "0", "--train", "gone.csv"], ["gone.csv"]),
        (["people_model:probability", "people.csv", "--row", "0", "--explainer", "people.csv"], ["no explainer"]),
        (["people_model:probability", "people.csv", "--row", "0", "--train-rows", "0"], ["--train-rows 0"]),
        (
            ["people_model:probability", "people.csv", "--row", "0", "--top-labels", "0"],
            ["--top-labels 0", "at least 1"],
        ),
        (["people_model:probability", "people.csv", "--row", "0", "--labels", "2"], ["labels holds 2", "2 outputs"]),
        (["people_model:probability", "people.csv", "--row", "0", "--frame", "numpy"], ["'town'", "--drop", "pandas"]),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    words: list[str], parts: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = told(["explain", *words], capsys)
    assert [part for part in parts if part not in line] == []


@pytest.mark.parametrize("command", [["explain", "--row", "0"], ["batch", "-o", "out.parquet"]])
def test_what_makes_explanations_doubtful_is_told_once(
    command: list[str], folder: Path, people: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    people[:1].to_csv("one.csv", index=False)
    words = [command[0], "people_model:probability", "one.csv", *command[1:], "--target", "left", *FEW]
    assert main(words) == 0
    line = capsys.readouterr().err.splitlines()[0]
    assert line.startswith("lime: what a usual row is was learned from one row of one.csv")
    assert "--train" in line
    assert main([*words, "--train", "people.csv"]) == 0
    assert "lime:" not in capsys.readouterr().err
    assert main([*words, "--train", "people.csv", "--class-names", "stays", "moves", "leaves"]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("lime: ")]
    assert told == ["lime: class_names has 3 names, but the model has 2 classes: names may stand at wrong classes."]


@pytest.mark.parametrize(
    "words",
    [
        ["explain", "m:f", "d.csv", "--row", "two"],
        ["explain", "m:f", "d.csv", "--row", "0", "--num-samples", "many"],
        ["explain", "m:f", "d.csv", "--row", "0", "--train", "a.csv", "--explainer", "b"],
        ["explain", "m:f", "d.csv", "--row", "0", "--labels", "1", "--top-labels", "1"],
        ["batch", "m:f", "d.csv"],
        ["batch", "m:f", "d.csv", "-o", "out.parquet", "--errors", "ignore"],
    ],
)
def test_words_that_are_not_understood(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert f"usage: lime {words[0]}" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "explain", "batch"])
def test_help_has_examples_and_fits_80_columns(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as left:
        main([*command.split(), "--help"])
    assert left.value.code == 0
    printed = capsys.readouterr().out
    assert "examples:" in printed
    assert f"lime {command or 'batch'} churn.onnx" in printed
    assert ("--trust-pickle" in printed) == bool(command)
    assert max(map(len, printed.splitlines())) <= 80


@pytest.mark.parametrize("command", [["explain", "--row", "7"], ["batch", "-o", "out.parquet"]])
def test_warnings_are_told_in_one_line_each(
    command: list[str], folder: Path, people: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    people.assign(name=[f"p{k}" for k in range(len(people))]).to_csv("named.csv", index=False)
    name, *rest = command
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main([name, "people_model:probability", "named.csv", "--target", "left", *rest, *FEW]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "different values" in line]
    assert len(lines) == 1
    assert lines[0].startswith("lime: column 'name' has 60 different values")


def test_the_source_of_a_warning_is_not_shown(folder: Path, people: pd.DataFrame) -> None:
    people.assign(name=[f"p{k}" for k in range(len(people))]).to_csv("named.csv", index=False)
    words = ["explain", "people_model:probability", "named.csv", "--row", "0", "--target", "left", *FEW]
    done = subprocess.run([sys.executable, "-m", "lime", *words], capture_output=True, text=True, check=True)
    assert "different values" in done.stderr
    assert all(line.startswith("lime: ") for line in done.stderr.splitlines()), done.stderr
