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
from lime import Explanation, Explanations, LimeError, LimeTabularExplainer, SubmodularPick
from lime.engine.stopping import Auto
from lime.results import parquet
from lime.results.columns import to_columns
from lime.results.files import writing
from lime.results.picking import pick_rows
from lime.results.tidy import TIDY


def explained(weights, values=None, names=None, label=1):
    """One explanation for each row of weights; a weight of 0 is a feature without weight."""
    exps = []
    for i, row in enumerate(weights):
        names_ = names or [f"f{j}" for j in range(len(row))]
        given = list(row) if values is None else list(values[i])
        mapper = FakeMapper(names_, [f"{name} is {value}" for name, value in zip(names_, given, strict=True)], given)
        exp = Explanation(mapper, class_names=["no", "yes"])
        exp.predict_proba = np.array([0.3, 0.7])
        exp.top_labels = None
        exp.local_exp[label] = [(j, np.float64(w)) for j, w in enumerate(row) if w]
        exp.intercept[label], exp.scores[label], exp.local_preds[label], exp.model_preds[label] = 0.1, 0.9, 0.2, 0.7
        exp.standard_errors[label] = {j: 0.01 for j, w in enumerate(row) if w}
        exp.degrees_of_freedom[label] = np.inf
        exps.append(exp)
    return exps


WEIGHTS = np.array([[1.0, -2.0, 0.0, 0.0], [0.5, 0.0, 0.0, 3.0], [0.0, 0.0, -4.0, 1.0], [1.5, 1.0, 0.0, 0.0]])


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


def by_hand(weights, k):
    """The greedy choice as the paper writes it, with all sets of equals."""
    sizes, chosen = np.abs(weights), []
    importance = np.sqrt(sizes.sum(axis=0))
    for _ in range(k):
        cover = [
            importance[(sizes[[*chosen, i]] > 0).any(axis=0)].sum() if i not in chosen else -1.0
            for i in range(len(weights))
        ]
        chosen.append(int(np.argmax(cover)))
    return chosen


def test_picks_are_the_greedy_ones():
    rng = np.random.default_rng(1)
    for _ in range(20):
        weights = rng.normal(size=(12, 30)) * (rng.random((12, 30)) < 0.12)
        weights[:, :12] += np.eye(12) * rng.random(12)  # something of its own in each row: no two are equal
        assert Explanations.of(explained(weights, values=np.zeros((12, 30)))).pick(4) == by_hand(weights, 4)


def test_both_classes_of_two_give_the_picks_of_one():
    """Their weights are each other's negation up to rounding, which must not be what is left of them."""
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(12, 30)) * (rng.random((12, 30)) < 0.12)
    weights[:, :12] += np.eye(12) * rng.random(12)
    one, both = explained(weights, values=np.zeros((12, 30))), explained(weights, values=np.zeros((12, 30)))
    for exp in both:
        exp.local_exp[0] = [(j, -w * (1 + rng.integers(-2, 3) * 2.0**-52)) for j, w in exp.local_exp[1]]
    assert Explanations.of(both).pick(6) == Explanations.of(one).pick(6)


def test_rows_without_weight_are_picked_last():
    exps = explained(np.array([[0.0, 0.0], [0.0, 2.0], [0.0, 0.0], [1.0, 0.0], [0.0, 0.0]]))
    many = Explanations([to_columns([*exps[:2], ValueError("not this one"), *exps[3:]], range(10, 15), range(5))])
    assert many.pick(2) == [11, 13]
    assert many.pick(3) == [11, 13, 10]
    assert many.pick(9) == [11, 13, 10, 14]
    assert Explanations.of(explained(np.zeros((3, 2)))).pick(2) == [0, 1]


def test_between_equals_the_seed_decides():
    same = Explanations.of(explained(np.ones((30, 2))))
    picks = {tuple(same.pick(2, random_state=seed)) for seed in range(10)}
    assert len(picks) > 5
    assert same.pick(2, random_state=3) == same.pick(2, random_state=3)
    assert len(set(same.pick(30))) == 30  # when all is covered it begins anew
    assert len(same.pick(99)) == 30
    for k in (0, 1.5, True, "3"):
        with pytest.raises(ValueError, match="k="):
            same.pick(k)


def test_picks_are_positions_in_the_data(exps):
    some = exps[[1, 2]]
    assert sorted(some.pick(2)) == [1, 2]
    assert pick_rows(np.array([5, 5, 9]), np.array([0, 1, 1]), np.array([1.0, 1.0, 1.0]), 1).tolist() == [5]


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
    assert sum(len(dots.get_offsets()) for dots in ax.collections) == len(finite)


# ---- SubmodularPick


def predict(x):
    p = 1.0 / (1.0 + np.exp(-(x[:, 0] - 2.0 * x[:, 1] * x[:, 2])))
    return np.column_stack([1.0 - p, p])


def test_submodular_pick(tmp_path):
    table = np.random.default_rng(0).normal(size=(30, 4))
    explainer = LimeTabularExplainer(table, random_state=0)
    picked = SubmodularPick(
        explainer, table, predict, sample_size=12, num_exps_desired=3, num_features=2, num_samples=64
    )
    again = SubmodularPick(
        explainer, table, predict, sample_size=12, num_exps_desired=3, num_features=2, num_samples=64
    )
    assert (len(picked.explanations), len(picked.sp_explanations), len(picked.V)) == (12, 3, 3)
    assert picked.V == again.V
    assert picked.positions == again.positions
    for place, position, exp in zip(picked.V, picked.positions, picked.sp_explanations, strict=True):
        assert exp is picked.explanations[place]
        alone = explainer.explain_instance(table[position], predict, top_labels=1, num_features=2, num_samples=64)
        assert exp.as_map() == alone.as_map()
    full = SubmodularPick(explainer, pd.DataFrame(table), predict, method="full", num_exps_desired=2, num_samples=64)
    assert len(full.explanations) == 30
    assert full.positions == full.V
    assert full.all.importance(backend="pandas")["name"].tolist()
    from lime import submodular_pick

    assert submodular_pick.SubmodularPick is SubmodularPick


def test_submodular_pick_says_what_is_wrong():
    table = np.random.default_rng(0).normal(size=(4, 2))
    explainer = LimeTabularExplainer(table, random_state=0)

    def model(x):
        return np.column_stack([np.full(len(x), 0.5)] * 2)

    with pytest.raises(ValueError, match="method='some'"):
        SubmodularPick(explainer, table, model, method="some")
    with pytest.raises(ValueError, match="num_exps_desired=0"):
        SubmodularPick(explainer, table, model, num_exps_desired=0)
    SubmodularPick(explainer, table, model, method="full", sample_size=None, num_exps_desired=1, num_samples=16)
    with pytest.warns(UserWarning, match="sample_size=1000, but data has 4 rows"):
        SubmodularPick(explainer, table, model, num_exps_desired=1, num_samples=16)
    with pytest.warns(UserWarning, match="num_exps_desired=9"):
        SubmodularPick(explainer, table, model, method="full", num_exps_desired=9, num_samples=16)


class OwnWay(LimeTabularExplainer):
    """Hands on whatever it is given, and leaves a mark, as programs do."""

    def explain_instance(self, *args, **kwargs):
        exp = super().explain_instance(*args, **kwargs)
        exp.mark = len(args)
        return exp


class Foreign:
    """No explainer of ours: all it has is the method that SP-LIME asks for."""

    def __init__(self, inner):
        self.inner, self.asked = inner, 0

    def explain_instance(self, row, model, **settings):
        self.asked += 1
        return self.inner.explain_instance(row, model, **settings)


def test_submodular_pick_keeps_the_explanations_that_it_is_given():
    table = np.random.default_rng(0).normal(size=(12, 4))
    ours = LimeTabularExplainer(table, random_state=0)
    settings = {"method": "full", "num_exps_desired": 2, "num_features": 2, "num_samples": 64}
    plain = SubmodularPick(ours, table, predict, **settings)
    assert plain.explanations[0].domain_mapper.exp_feature_names  # the mapper of its domain, not a stored one
    own = SubmodularPick(OwnWay(table, random_state=0), table, predict, **settings)
    assert [exp.mark for exp in own.explanations] == [2] * 12
    foreign = Foreign(ours)
    other = SubmodularPick(foreign, table, predict, **settings)
    assert foreign.asked == 12
    patched, asked = LimeTabularExplainer(table, random_state=0), []
    patched.explain_instance = lambda row, model, **more: asked.append(row) or ours.explain_instance(row, model, **more)
    last = SubmodularPick(patched, table, predict, **settings)
    assert len(asked) == 12
    assert plain.V == own.V == other.V == last.V
    spread = SubmodularPick(ours, table, predict, n_jobs=2, **settings)
    assert spread.V == plain.V
    assert spread.sp_explanations[0].as_map() == plain.sp_explanations[0].as_map()


def test_submodular_pick_in_the_classic_stream_goes_on_from_row_to_row():
    table = np.random.default_rng(0).normal(size=(6, 3))
    looped, picked = (LimeTabularExplainer(table, random_state=np.random.RandomState(7)) for _ in range(2))
    settings = {"num_features": 2, "num_samples": 64, "sampling_method": "classic"}
    expected = [looped.explain_instance(row, predict, top_labels=1, **settings).as_map() for row in table]
    found = SubmodularPick(picked, table, predict, method="full", num_exps_desired=2, **settings)
    assert [exp.as_map() for exp in found.explanations] == expected
    assert looped.random_state.randint(1000) == picked.random_state.randint(1000)


def test_submodular_pick_takes_numbers_as_int_does():
    table = np.random.default_rng(0).normal(size=(6, 3))
    explainer = LimeTabularExplainer(table, random_state=0)
    found = SubmodularPick(explainer, table, predict, method="full", num_exps_desired=2.7, num_samples=64)
    assert len(found.V) == 2
    with pytest.raises(ValueError, match="sample_size=None: expected a whole number"):
        SubmodularPick(explainer, table, predict, sample_size=None)


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
