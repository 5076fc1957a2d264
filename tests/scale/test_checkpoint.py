"""Checkpoints: killed at any moment, a run goes on and ends as if nothing had been; another run is refused."""

from __future__ import annotations

import errno
import pickle
import shutil

import joblib
import numpy as np
import pandas as pd
import pytest

from checkpoint_samples import SMALL, as_bytes, explainer_of, other_model, predict
from lime import Explanations, LimeError, LimeTabularExplainer, LimeTextExplainer
from lime.explanation import Explanation
from lime.results.filling import to_columns
from lime.results.stored import StoredMapper
from lime.scale import checkpoint, run
from lime.scale.checkpoint import state_of
from lime.scale.fingerprint import digest
from lime.scale.model_check import difference


@pytest.fixture(scope="module")
def table():
    return np.random.default_rng(0).normal(size=(50, 3))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(run, "LARGE_CHUNK", 12)


def test_a_finished_run_asks_about_no_row_but_one(table, tmp_path):
    explainer_of(table).explain_instances(table, predict, checkpoint=tmp_path / "c", **SMALL)
    asked = []

    def predict_and_count(x):
        asked.append(len(x))
        return predict(x)

    explainer_of(table).explain_instances(table, predict_and_count, checkpoint=tmp_path / "c", **SMALL)
    assert sum(asked) == SMALL["num_samples"] - 1 + 1


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_number_of_workers_may_change(table, tmp_path, n_jobs):
    with joblib.parallel_config(backend="threading"):
        explainer_of(table).explain_instances(table, predict, checkpoint=tmp_path / "c", n_jobs=n_jobs, **SMALL)
        (tmp_path / "c" / "part-00000001.parquet").unlink()
        exps = explainer_of(table).explain_instances(
            (table[i : i + 12] for i in range(0, 50, 12)) if n_jobs == 1 else table,
            predict,
            checkpoint=tmp_path / "c",
            n_jobs=3 - n_jobs,
            **SMALL,
        )
    whole = explainer_of(table).explain_instances(table, predict, **SMALL)
    assert as_bytes(exps, tmp_path) == as_bytes(whole, tmp_path)


def test_what_failed_is_remembered_and_what_was_raised_is_done_again(table, tmp_path):
    def picky(x):
        if (x[:, 0] > 90).any():
            raise RuntimeError("too much")
        return predict(x)

    rows = table.copy()
    rows[20, 0] = 99.0
    with pytest.raises(RuntimeError, match="too much"):
        explainer_of(table).explain_instances(rows, picky, checkpoint=tmp_path / "c", **SMALL)
    assert len(list((tmp_path / "c").glob("part-*"))) == 1
    exps = explainer_of(table).explain_instances(rows, picky, checkpoint=tmp_path / "c", errors="record", **SMALL)
    assert exps.errors == {20: "RuntimeError: too much"}
    again = explainer_of(table).explain_instances(rows, picky, checkpoint=tmp_path / "c", errors="record", **SMALL)
    assert again.errors == exps.errors


def test_texts(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SMALL_CHUNK", 2)

    def model(texts):
        p = np.array([0.2 + 0.5 * ("good" in text) for text in texts])
        return np.column_stack([1 - p, p])

    texts = ["a good day", "", "nothing good", "a day with \ud800 in it", "words"]
    explainer = LimeTextExplainer(random_state=0)
    first = explainer.explain_instances(texts, model, checkpoint=tmp_path / "c", num_samples=50)
    assert len(list((tmp_path / "c").glob("part-*"))) == 3
    (tmp_path / "c" / "part-00000002.parquet").unlink()
    second = explainer.explain_instances(iter(texts), model, checkpoint=tmp_path / "c", num_samples=50)
    plain = explainer.explain_instances(texts, model, num_samples=50)
    assert [exp.to_dict() for exp in first] == [exp.to_dict() for exp in second] == [exp.to_dict() for exp in plain]


def test_use_does_not_change_what_an_explainer_is(table):
    """No cache that fills with use may be part of the fingerprint: a new one must be named in CACHES."""
    for make in (
        lambda: explainer_of(table),
        lambda: explainer_of(table, discretize_continuous=False),
        lambda: LimeTabularExplainer(pd.DataFrame({"x": table[:, 0], "c": list("ab") * 25}), random_state=0),
    ):
        used = make()
        before = digest(state_of(make()))
        assert digest(state_of(used)) == before
        data = pd.DataFrame({"x": table[:3, 0], "c": list("aba")}) if "c" in used.feature_names else table[:3]
        used.explain_instances(data, lambda x: predict(np.asarray(np.zeros((len(x), 2)))), **SMALL)
        assert digest(state_of(used)) == before


def test_digests_tell_content_and_nothing_else():
    def made(k):
        return lambda x: x + k

    same = [
        (np.arange(6).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3))),
        (np.arange(10)[::2], np.arange(10)[::2].copy()),
        (pd.DataFrame({"a": [1, 2, 3]}).iloc[1:], pd.DataFrame({"a": [2, 3]})),
        ({"b": 1, "a": [1.5, None]}, {"a": [1.5, None], "b": 1}),
        (["aa", "a" + "a"], ["".join(["a", "a"])] * 2),
        (made(1), made(1)),
        (float("nan"), float("nan")),
    ]
    for one, other in same:
        assert digest(one) == digest(other)
    different = [1, 1.0, "1", True, None, [1], (1, 2), {"a": 1}, {"a": 2}, b"1", made(1), made(2), lambda x: x]
    different += [np.array([1]), np.array([1.0]), np.array([[1]]), np.array(["1"]), np.array([1], dtype=object)]
    different += [["ab", "c"], ["a", "bc"], pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}), float("nan")]
    assert len({digest(value) for value in different}) == len(different)


def test_columns_may_be_called_by_numbers(table, tmp_path):
    frame = pd.DataFrame(table[:20])
    explainer = explainer_of(frame)

    def model(x):
        return predict(np.asarray(x))

    first = explainer.explain_instances(frame, model, checkpoint=tmp_path, **SMALL)
    assert as_bytes(explainer.explain_instances(frame, model, checkpoint=tmp_path, **SMALL), tmp_path.parent) == (
        as_bytes(first, tmp_path.parent)
    )
    with pytest.raises(LimeError, match="other data"):
        explainer.explain_instances(frame.rename(columns={0: "0"}), model, checkpoint=tmp_path, **SMALL)


def test_rows_that_are_called_otherwise_are_other_data(table, tmp_path):
    frame = pd.DataFrame(table[:20], columns=["a", "b", "c"])
    explainer = explainer_of(frame)

    def model(x):
        return predict(np.asarray(x))

    explainer.explain_instances(frame, model, checkpoint=tmp_path, **SMALL)
    frame.index = range(100, 120)
    with pytest.raises(LimeError, match="what they are called"):
        explainer.explain_instances(frame, model, checkpoint=tmp_path, **SMALL)


@pytest.mark.parametrize("errors", ["raise", "record"])
def test_failures_that_were_recorded_are_tried_again(table, tmp_path, errors):
    rows = table[:20].copy()
    explainer = explainer_of(table)
    broken, asked = {3, 15}, []

    def sometimes(x):
        if len(x) < 13:
            asked.append(len(x))
            if any((x[:, 0] == rows[row, 0]).any() for row in broken):
                raise RuntimeError("not this one")
        return predict(x)

    recorded = explainer.explain_instances(rows, sometimes, checkpoint=tmp_path, errors="record", **SMALL)
    assert list(recorded.errors) == [3, 15]
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = explainer.explain_instances(rows, sometimes, checkpoint=tmp_path, errors="record", **SMALL)
    assert again.errors == recorded.errors
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before, "written for nothing"
    assert recorded.to_frame("pandas").equals(again.to_frame("pandas"))
    with pytest.raises(RuntimeError, match="not this one"):
        explainer.explain_instances(rows, sometimes, checkpoint=tmp_path, **SMALL)
    # What was explained is not lost because the model fails there now.
    broken = {5, 15}
    assert list(explainer.explain_instances(rows, sometimes, checkpoint=tmp_path, errors="record", **SMALL).errors) == [
        15
    ]
    broken = set()
    asked.clear()
    whole = explainer.explain_instances(rows, sometimes, checkpoint=tmp_path, errors=errors, **SMALL)
    assert asked == [1, 1], "a finished row to compare, and the one that failed"
    assert not whole.errors
    assert as_bytes(whole, tmp_path.parent) == as_bytes(
        explainer.explain_instances(rows, predict, **SMALL), tmp_path.parent
    )
    with pytest.raises(LimeError, match="was replaced"):
        recorded.to_frame()


def test_an_explainer_that_was_used_between_goes_on_with_its_checkpoint(table, tmp_path):
    """What a frame's columns have been asked for since is kept with them."""
    frame = pd.DataFrame(table[:20], columns=["a", "b", "c"])
    explainer = explainer_of(frame)
    before = digest(state_of(explainer))
    explainer._table.header.get_indexer(["b", "a"])
    assert digest(state_of(explainer)) == before
    assert digest(pd.Index(["a", "b"])) != digest(pd.Index(["b", "a"]))


def test_a_model_that_agrees_about_the_first_row_is_told_from_another(table, tmp_path):
    """Trees often answer exactly 0 or 1."""

    def steps(at):
        def model(x):
            return np.column_stack([x[:, 0] <= at, x[:, 0] > at]).astype(float)

        return model

    call = {"checkpoint": tmp_path / "c", **SMALL}
    explainer_of(table).explain_instances(table, steps(0.0), **call)
    assert (steps(-0.5)(table[:1]) == steps(0.0)(table[:1])).all()
    with pytest.raises(LimeError, match="another model"):
        explainer_of(table).explain_instances(table, steps(-0.5), **call)
    # Answers hold an offset that says nothing.
    call = {"checkpoint": tmp_path / "r", **SMALL}
    explainer = explainer_of(table, mode="regression")
    explainer.explain_instances(table, lambda x: 1e6 + x[:, 0], **call)
    explainer.explain_instances(table, lambda x: (1e6 + x[:, 0]) * (1 + 1e-9), **call)
    with pytest.raises(LimeError, match="another model"):
        explainer.explain_instances(table, lambda x: 1e6 + x[:, 1], **call)


def test_without_shared_draws_rows_of_several_chunks_are_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "SMALL_CHUNK", 2)

    def model_of(word):
        def model(texts):
            p = np.array([float("good" in text or word in text) for text in texts])
            return np.column_stack([1 - p, p])

        return model

    call = {"checkpoint": tmp_path, "num_samples": 50}
    texts = ["a good day", "b", "c", "d", "good evening", "f", "g", "h", "a good late night", "j"]
    explainer = LimeTextExplainer(random_state=0)
    explainer.explain_instances(texts, model_of("good"), **call)
    for word in ("evening", "late"):  # of the chunk in the middle and of the last; the answers to the rows are the same
        with pytest.raises(LimeError, match=r"another model: for row [48] it gave"):
            explainer.explain_instances(texts, model_of(word), **call)
    explainer.explain_instances(texts, model_of("dear"), **call)  # a word that no text has


def one_row(weights, prediction=0.7, fit=0.9, intercept=0.4):
    named = [{"index": k, "feature": str(k), "name": str(k), "value": 1.0, "low": None, "high": None} for k in range(3)]
    exp = Explanation(StoredMapper(named), mode="classification")
    exp.predict_proba, exp.model_preds = np.array([1 - prediction, prediction]), {1: prediction}
    exp.local_exp, exp.intercept, exp.scores = {1: list(weights.items())}, {1: intercept}, {1: fit}
    return to_columns([exp], [0], [0])


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"weights": {0: 0.3001, 1: -0.1001}}, None),
        ({"weights": {0: 0.301, 1: -0.1}}, "feature 0"),
        ({"weights": {0: 0.3, 1: 0.1}}, "feature 1"),
        ({"weights": {0: 0.3, 1: -0.1, 2: 1e-4}}, None),
        ({"weights": {0: 0.3, 2: 0.101}}, None),  # a near tie: the fit is as good
        ({"weights": {0: 0.31, 2: 0.101}}, None),  # and what is correlated with both moves
        ({"weights": {0: 0.3, 2: 0.101}, "fit": 0.8}, "fit it to 0.9"),
        ({"weights": {0: 0.5, 2: 0.101}}, "feature 0"),
        ({"weights": {0: 0.3, 1: -0.1}, "intercept": 0.41}, "intercept"),
        ({"weights": {0: 0.3, 1: -0.1}, "prediction": 0.71}, "predicted"),
    ],
)
def test_what_rounding_may_change_in_a_row(now, words):
    found = difference(one_row({0: 0.3, 1: -0.1}), one_row(**now))
    assert found is None if words is None else words in found


def test_results_are_their_own_runs(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exps = explainer_of(table).explain_instances(table, predict, checkpoint="night", **SMALL)
    expected = [exp.as_list() for exp in exps]
    pickled = pickle.dumps(exps)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert [exp.as_list() for exp in exps] == expected
    shutil.rmtree(tmp_path / "night")
    with pytest.raises(FileNotFoundError, match="not there any more"):
        list(exps)
    explainer_of(table).explain_instances(table, other_model, checkpoint=tmp_path / "night", **SMALL)
    with pytest.raises(LimeError, match="was replaced by other explanations"):
        list(exps)
    assert [exp.as_list() for exp in pickle.loads(pickled)] == expected


def test_finished_rows_are_read_from_the_folder(table, tmp_path):
    def power_cut():
        yield table[:24]
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        explainer_of(table).explain_instances(power_cut(), predict, checkpoint=tmp_path, **SMALL)
    finished = Explanations.from_parquet(tmp_path)
    whole = explainer_of(table).explain_instances(table, predict, **SMALL)
    assert [exp.as_list() for exp in finished] == [exp.as_list() for exp in whole[:24]]
    assert finished.positions.tolist() == list(range(24))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_a_stream_gave_before_it_broke_off_is_kept(table, tmp_path, n_jobs):
    def broken():
        for start in range(0, 36, 12):
            yield table[start : start + 12]
        raise RuntimeError("power cut")

    for times in (1, 2):
        with joblib.parallel_config(backend="threading"), pytest.raises(RuntimeError, match="power cut"):
            explainer_of(table).explain_instances(broken(), predict, checkpoint=tmp_path, n_jobs=n_jobs, **SMALL)
        assert len(list(tmp_path.glob("part-*"))) == 3, times


def test_work_begins_before_a_slow_stream_ends(table, monkeypatch):
    monkeypatch.setattr(run, "READING", -1.0)  # no stream is fast enough
    read = []

    def slow():
        for start in range(0, 48, 4):
            read.append(start)
            yield table[start : start + 4]

    with joblib.parallel_config(backend="threading"):
        stream = run.explain_stream(explainer_of(table), slow(), predict, n_jobs=2, **SMALL)
        next(stream)
        assert read == [0, 4]
        assert 4 + sum(len(piece) for piece in stream) == 48


def test_labels_are_the_same_whatever_holds_them(table, tmp_path):
    first = explainer_of(table).explain_instances(table, predict, checkpoint=tmp_path, labels=[1], **SMALL)
    for labels in (np.array([1]), (1,), iter([1]), 1, np.int64(1), pd.Series([1])):
        again = explainer_of(table).explain_instances(table, predict, checkpoint=tmp_path, labels=labels, **SMALL)
        assert again[0].as_list() == first[0].as_list()
    for labels in ([0], [1, 0], iter([0])):
        with pytest.raises(LimeError, match="other settings"):
            explainer_of(table).explain_instances(table, predict, checkpoint=tmp_path, labels=labels, **SMALL)


def test_a_path_that_cannot_be_a_folder_is_refused(table, tmp_path):
    (tmp_path / "file").write_text("text")
    for path, kind, words in [
        ("", ValueError, "checkpoint='': expected the path of a folder"),
        (True, TypeError, "checkpoint=True: expected the path of a folder"),
        (tmp_path / "file", LimeError, "file' is a file: expected a folder"),
        (tmp_path / "file" / "c", LimeError, "c': the folder cannot be made"),
    ]:
        with pytest.raises(kind, match=words):
            explainer_of(table).explain_instances(table, predict, checkpoint=path, **SMALL)


def test_files_of_others_beside_a_checkpoint_are_left_alone(table, tmp_path):
    call = {"checkpoint": tmp_path, **SMALL}
    explainer_of(table).explain_instances(table, predict, **call)
    for name in ("part-x.parquet", "part-9.parquet", "notes.txt"):
        (tmp_path / name).write_text("a stranger's")
    assert len(explainer_of(table).explain_instances(table, predict, **call)) == 50
    assert len(Explanations.from_parquet(tmp_path)) == 50


def test_a_full_disk_is_told_with_the_file(table, tmp_path, monkeypatch):
    def full(content, draft):
        draft.write(b"PAR1")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "write_table", full)
        with pytest.raises(LimeError, match=r"cannot write .*part-00000000\.parquet .*No space left"):
            explainer_of(table).explain_instances(table, predict, checkpoint=tmp_path, **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
    assert len(explainer_of(table).explain_instances(table, predict, checkpoint=tmp_path, **SMALL)) == 50


def test_data_that_grew_is_other_data_wherever_its_chunks_ended(table, tmp_path):
    for name, end in (("at-a-chunk", 36), ("within", 30)):
        call = {"checkpoint": tmp_path / name, **SMALL}
        explainer_of(table).explain_instances(iter([table[:end]]), predict, **call)
        for data in (table, iter([table])):
            with pytest.raises(LimeError, match="was made of other data"):
                explainer_of(table).explain_instances(data, predict, **call)
        for data in (table[:end], iter([table[:end]])):
            assert len(explainer_of(table).explain_instances(data, predict, **call)) == end
