"""Explanations of many rows: a sequence, files, and the whole picture."""

from __future__ import annotations

import itertools
import os
import pickle
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from explanation_samples import SAMPLES, FakeMapper, fill, hostile, house, wine
from lime import Explanation, Explanations, LimeError, LimeTabularExplainer
from lime.engine.stopping import Auto
from lime.results import parquet
from lime.results.files import writing
from lime.results.tidy import TIDY
from rows_samples import WEIGHTS, explained


@pytest.fixture
def exps():
    return Explanations.of(explained(WEIGHTS))


@pytest.mark.parametrize("name", SAMPLES)
def test_of_anything_an_explanation_may_be(name):
    one, other = Explanations.of([SAMPLES[name]()])[0], SAMPLES[name]()
    records = other.records()
    for record in records:
        if type(record["value"]) is int and abs(record["value"]) > 2**53:
            record["value"] = str(record["value"])  # beyond what floats tell apart it becomes text
    assert repr(one.records()) == repr(records)
    assert repr(one.as_map()) == repr(other.as_map())
    assert one.warnings == other.warnings
    if name != "hostile":  # whose numbers that are no numbers are unknown ones afterwards
        assert one.as_html() == other.as_html()
        assert str(one) == str(other)


def test_names_of_rows():
    assert Explanations.of([wine(), house()], ids=["a", None]).ids.tolist() == ["a", "None"]
    assert Explanations.of([wine(), house()], ids=[7, 5]).ids.tolist() == [7, 5]
    assert Explanations.of([wine(), house()], ids=[7, 2**63]).ids.tolist() == ["7", str(2**63)]
    with pytest.raises(ValueError, match="1 names for 2"):
        Explanations.of([wine(), house()], ids=["a"])


def test_odd_values_come_back_as_they_were(tmp_path):
    odd = [None, True, 7, 2**60 + 1, -0.0, float("nan"), "7", "", "\ud800", "nul\0", "x\ny", 1e300]
    mapper = FakeMapper([f"n{k}" for k in range(len(odd))], [f"feature {k}" for k in range(len(odd))], odd)
    exp = Explanation(mapper)
    fill(exp, 1, np.linspace(1, 2, len(odd)))
    again = Explanations.of([exp])[0]
    found = {record["name"]: record["value"] for record in again.records()}
    for k, value in enumerate(odd):
        if k == 3:
            assert found["n3"] == str(value)  # beyond what floats tell apart it becomes text
        else:
            assert repr(found[f"n{k}"]) == repr(value)


def test_places(exps):
    assert len(exps) == 4
    assert repr(exps) == "<Explanations of 4 rows>"
    assert exps[-1].as_list() == exps[3].as_list()
    assert [exp.as_list() for exp in exps[::-2]] == [exps[3].as_list(), exps[1].as_list()]
    assert exps[[2, 0]].positions.tolist() == [2, 0]
    assert exps[np.array([False, True, False, False])][0].as_list() == exps[1].as_list()
    assert len(exps[4:]) == 0
    for place in (4, -5):
        with pytest.raises(IndexError, match=f"place {place} of 4"):
            exps[place]
    with pytest.raises(TypeError, match="'1'"):
        exps["1"]
    with pytest.raises(IndexError, match="mask"):
        exps[np.array([True])]


def test_they_travel(exps):
    again = pickle.loads(pickle.dumps(exps))
    assert [exp.to_dict() for exp in again] == [exp.to_dict() for exp in exps]


@pytest.mark.parametrize("cut", [1, 3, 7, 50])
def test_files_do_not_hang_on_how_rows_came(tmp_path, monkeypatch, cut):
    monkeypatch.setattr(parquet, "ROWS_A_GROUP", 5)
    made = explained(np.random.default_rng(0).normal(size=(23, 3)).round(3))
    whole = Explanations.of(made)
    whole.to_parquet(tmp_path / "whole.parquet")
    pieces = Explanations(itertools.chain(*(whole[i : i + cut]._pieces for i in range(0, 23, cut))))
    pieces.to_parquet(tmp_path / "pieces.parquet")
    assert (tmp_path / "pieces.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    again = Explanations.from_parquet(tmp_path / "pieces.parquet")
    assert [len(piece) for piece in again._pieces] == [5, 5, 5, 5, 3]
    assert [exp.to_dict() for exp in again] == [exp.to_dict() for exp in whole]
    assert again[17].to_dict() == whole[17].to_dict()
    again.to_parquet(tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.parquet", "pieces.parquet", "whole.parquet"]


def test_no_rows_make_a_file_with_columns(tmp_path, exps):
    for number, none in enumerate([Explanations(), exps[4:], Explanations.of([])]):
        path = tmp_path / f"{number}.parquet"
        none.to_parquet(path)
        assert len(Explanations.from_parquet(path)) == 0
        assert set(TIDY) <= set(pd.read_parquet(path).columns)
        assert list(Explanations.from_parquet(path).to_frame("pandas").columns) == list(TIDY)


@pytest.mark.skipif(os.name != "posix", reason="optional: this system has no locks that end with a process")
def test_drafts_of_the_dead_are_removed(tmp_path, exps):
    path = tmp_path / "x.parquet"
    script = "import os, signal, sys\nfrom lime import Explanations\n"
    script += "os.replace = lambda *names: os.kill(os.getpid(), signal.SIGKILL)\n"
    script += "Explanations().to_parquet(sys.argv[1])"
    killed = subprocess.run([sys.executable, "-c", script, str(path)])
    assert killed.returncode == -signal.SIGKILL
    (stale,) = tmp_path.iterdir()
    others = [
        tmp_path / stale.name.replace("x.parquet", "y.parquet"),  # of another file
        tmp_path / ".x.parquet.notes.lime-draft",
        tmp_path / "x.parquet.tmp",
    ]
    for other in others:
        other.write_text("somebody's")
    with writing(path) as alive:
        alive.write(b"in use")
        exps.to_parquet(path)
        assert not stale.exists()
        drafts = [one for one in tmp_path.iterdir() if one not in (path, *others)]
        assert [one.read_bytes() for one in drafts if not alive.flush()] == [b"in use"]
    assert sorted(tmp_path.iterdir()) == sorted([path, *others])
    assert path.read_bytes() == b"in use"


def test_hostile_names_go_into_files(tmp_path):
    Explanations.of([hostile()], ids=["\ud800"]).to_parquet(tmp_path / "x.parquet")
    again = Explanations.from_parquet(tmp_path / "x.parquet")
    assert again.ids.tolist() == ["\\ud800"]  # what UTF-8 does not know is written as an escape
    named, found = hostile().records(), again[0].records()
    assert [record["name"].replace("\ud800", "\\ud800") for record in named] == [record["name"] for record in found]
    for backend in ("pandas", "polars", "pyarrow"):
        assert len(again.to_frame(backend)) == len(named)


def test_a_file_is_a_table_for_others(tmp_path, exps):
    exps.to_parquet(tmp_path / "x.parquet")
    frame = pd.read_parquet(tmp_path / "x.parquet")
    pd.testing.assert_frame_equal(
        frame[["row", "feature", "weight"]].astype(object),
        exps.to_frame("pandas")[["row", "feature", "weight"]].astype(object),
    )


def test_other_files_are_refused(tmp_path, exps):
    with pytest.raises(FileNotFoundError):
        Explanations.from_parquet(tmp_path / "nowhere")
    (tmp_path / "text").write_text("text")
    with pytest.raises(LimeError, match="no Parquet file"):
        Explanations.from_parquet(tmp_path / "text")
    pd.DataFrame({"row": [1]}).to_parquet(tmp_path / "other")
    with pytest.raises(LimeError, match="holds no explanations: expected a file that to_parquet of Explanations wrote"):
        Explanations.from_parquet(tmp_path / "other")
    exps.to_parquet(tmp_path / "later")
    table = pq.read_table(tmp_path / "later")
    pq.write_table(table.replace_schema_metadata({"lime.schema": "lime.explanations/9"}), tmp_path / "later")
    with pytest.raises(LimeError, match=r"expected .* 'lime\.explanations/1', got schema 'lime\.explanations/9'"):
        Explanations.from_parquet(tmp_path / "later")
    (tmp_path / "part-x.parquet").write_text("no part of a checkpoint")
    with pytest.raises(LimeError, match="is a folder that holds no explanations"):
        Explanations.from_parquet(tmp_path)


def test_the_program_may_change_its_folder(tmp_path, exps, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exps.to_parquet("x.parquet")
    again = Explanations.from_parquet("x.parquet")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert [exp.as_list() for exp in again] == [exp.as_list() for exp in exps]


def test_a_file_that_was_replaced_is_noticed(tmp_path, exps):
    path = tmp_path / "x.parquet"
    exps.to_parquet(path)
    opened = [Explanations.from_parquet(path) for _ in range(3)]
    opened[0].to_parquet(path)  # the same rows
    assert opened[0][1].as_list() == exps[1].as_list()
    exps[::-1].to_parquet(path)
    for use in (lambda: opened[1][1], lambda: opened[1].to_frame(), lambda: pickle.dumps(opened[1])):
        with pytest.raises(LimeError, match=r"x\.parquet was replaced by other explanations"):
            use()
    path.unlink()
    with pytest.raises(FileNotFoundError, match="not there any more"):
        opened[2][0]


def test_a_pickle_holds_the_rows(tmp_path, exps):
    exps.to_parquet(tmp_path / "x.parquet")
    pickled = pickle.dumps(Explanations.from_parquet(tmp_path / "x.parquet"))
    (tmp_path / "x.parquet").unlink()
    again = pickle.loads(pickled)
    assert [exp.to_dict() for exp in again] == [exp.to_dict() for exp in exps]


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_frames(exps, backend):
    frame = exps.to_frame(backend)
    found = frame if backend == "pandas" else frame.to_pandas()
    rows, features = np.nonzero(WEIGHTS)
    assert found["row"].tolist() == rows.tolist()
    assert found["index"].tolist() == features.tolist()
    np.testing.assert_array_equal(found["weight"], WEIGHTS[rows, features])
    assert set(found["standard_error"]) == {0.01}
    assert found["value"].tolist() == [repr(float(w)) for w in WEIGHTS[rows, features]]
    assert found["error"].isna().all()
    with pytest.raises(ValueError, match="backend='excel'"):
        exps.to_frame("excel")


def test_importance_is_the_mean_size_over_all_rows(exps):
    frame = exps.importance(backend="pandas").set_index("name")
    sizes = np.abs(WEIGHTS)
    for j in range(4):
        row = frame.loc[f"f{j}"]
        assert row["importance"] == pytest.approx(sizes[:, j].mean(), rel=1e-12)
        assert row["spread"] == pytest.approx(sizes[:, j].std(), rel=1e-9)
        assert row["mean"] == pytest.approx(WEIGHTS[:, j].mean(), rel=1e-12, abs=1e-15)
        assert row["share"] == (WEIGHTS[:, j] != 0).mean()
        assert row["count"] == (WEIGHTS[:, j] != 0).sum()
    assert frame["importance"].is_monotonic_decreasing
    by_bin = exps.importance(by="feature", backend="pandas")
    assert set(by_bin["feature"]) == {f"f{j} is {WEIGHTS[i, j]}" for i, j in zip(*np.nonzero(WEIGHTS), strict=True)}
    with pytest.raises(ValueError, match="label=0 was not explained"):
        exps.importance(label=0)
    with pytest.raises(ValueError, match="by='row'"):
        exps.importance(by="row")


def test_a_word_that_stands_twice_in_a_text_counts_once():
    mapper = FakeMapper(["good", "good", "bad"], ["good", "good", "bad"], [0, 9, 4])
    exp = Explanation(mapper)
    fill(exp, 1, [0.5, 0.25, -0.1])
    found = Explanations.of([exp]).importance(backend="pandas").set_index("name")
    assert found.loc["good", ["importance", "share", "count"]].tolist() == [0.75, 1.0, 1]


def test_plot(exps):
    ax = exps.plot()
    assert [text.get_text() for text in ax.get_yticklabels()] == ["f3", "f2", "f0", "f1"]
    assert ax.get_title() == "Why yes"
    drawn = {round(float(x), 6) for dots in ax.collections for x, _ in dots.get_offsets()}
    assert drawn == {float(w) for w in WEIGHTS.ravel() if w}
    assert len(exps.plot(max_features=2).get_yticklabels()) == 2
    ax.figure.canvas.draw()
    with pytest.raises(TypeError, match="ax=3"):
        exps.plot(ax=3)
    with pytest.raises(ValueError, match="label=7"):
        exps.plot(label=7)
    with pytest.raises(ValueError, match="nothing to draw"):
        Explanations().plot()


def test_dots_that_would_cover_each_other_stand_apart():
    weights = np.full((200, 1), 0.5)
    ax = Explanations.of(explained(weights, values=np.arange(200.0)[:, None])).plot()
    dots = np.concatenate([part.get_offsets() for part in ax.collections])
    assert len(dots) == 200
    assert len(np.unique(dots[:, 1].round(9))) == 200
    assert np.abs(dots[:, 1] - 1.0).max() <= 0.38 + 1e-9
    shades = np.concatenate([part.get_array() for part in ax.collections])
    np.testing.assert_allclose(np.sort(shades), np.linspace(0, 1, 200), atol=1e-12)


def test_one_row_has_nothing_to_compare(exps):
    ax = exps[[0]].plot()
    assert len(ax.figure.axes) == 1
    # Features that the row gives no weight are known from the others; they have no dot to show.
    drawn = {name for name, _ in exps[0].as_list(exps.labels[-1])}
    assert len(ax.get_yticklabels()) == len(drawn)
    assert sum(len(dots.get_offsets()) for dots in ax.collections) == len(drawn)
    many = Explanations.of(explained(np.full((20, 1), 0.5), values=np.arange(20.0)[:, None]))
    assert len(many.plot().figure.axes) == 2


def test_the_plot_says_which_output():
    exp = Explanation(hostile().domain_mapper, mode="regression")
    exp.local_exp = {0: [(0, np.float64(1.0))], 2: [(0, np.float64(2.0))]}
    exps = Explanations.of([exp])
    assert [exps.plot(label=label).get_title() for label in (0, 2)] == ["What moves output 0", "What moves output 2"]
    assert Explanations.of([house()]).plot().get_title() == "What moves the value"


def test_long_names_keep_the_end_that_tells_them_apart():
    names = ["a very long name of a measurement " * 100 + end for end in ("upstream", "downstream")]
    exp = Explanation(FakeMapper(names, names, [1.0, 2.0]))
    exp.local_exp = {1: [(0, np.float64(1.0)), (1, np.float64(2.0))]}
    words = [text.get_text() for text in Explanations.of([exp]).plot().get_yticklabels()]
    for word, end in zip(words, (" downstream", " upstream"), strict=True):
        assert word.replace("\n", " ").endswith(end)
        assert "…" in word
        assert word.startswith("a very long")
        assert word.count("\n") <= 2


def test_hostile_names_are_drawn():
    ax = Explanations.of([hostile()]).plot(max_features=20)
    ax.figure.canvas.draw()
    finite = [weight for _, weight in hostile().local_exp[1] if np.isfinite(weight)]
    assert sum(len(dots.get_offsets()) for dots in ax.collections) == len(finite)  # type: ignore[arg-type, misc]


def test_what_happened_while_sampling_is_kept():
    table = np.random.default_rng(0).normal(size=(60, 3))

    def model(x):
        p = 1 / (1 + np.exp(-x[:, 0] * x[:, 1]))
        return np.column_stack([1 - p, p])

    explainer = LimeTabularExplainer(table, random_state=0)
    alone = explainer.explain_instance(table[0], model, num_samples=Auto(budget=1100))
    many = explainer.explain_instances(table[:2], model, num_samples=Auto(budget=1100))
    assert alone.looks > 1
    for exp in (many[0], Explanations.of([alone])[0], pickle.loads(pickle.dumps(many))[0]):
        assert (exp.settled, exp.stopping, exp.looks) == (alone.settled, alone.stopping, alone.looks)
        intervals, expected = exp.confidence_intervals(), alone.confidence_intervals()
        assert intervals.keys() == expected.keys()
        np.testing.assert_allclose([*intervals.values()], [expected[i] for i in intervals])
    chosen = LimeTabularExplainer(table, random_state=0, kernel_width="auto")
    alone = chosen.explain_instance(table[0], model, num_samples=500)
    assert alone.kernel_width is not None
    assert chosen.explain_instances(table[:2], model, num_samples=500)[0].kernel_width == alone.kernel_width
    assert Explanation.from_json(alone.to_json()).kernel_width == alone.kernel_width
