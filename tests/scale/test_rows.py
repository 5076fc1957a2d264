"""Many rows: the numbers of each are those that it has alone, whatever surrounds it."""

from __future__ import annotations

import io
import threading
import time
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge

import lime
from lime import LimeTabularExplainer, LimeTextExplainer
from lime.scale import run
from lime.scale.data import Source
from lime.scale.workers import _portable

NAMES = ["a", "b", "c", "d"]
SMALL: dict[str, Any] = {"num_samples": 128, "num_features": 3}


@pytest.fixture(scope="module")
def table():
    return np.random.default_rng(0).normal(size=(40, 4))


def predict(x):
    x = np.asarray(x, dtype=float)
    p = 1.0 / (1.0 + np.exp(-(x[:, 0] - 0.7 * x[:, 1] * x[:, 2])))
    return np.column_stack([1.0 - p, p])


def score(x):
    x = np.asarray(x, dtype=float)
    return 3.0 * x[:, 0] - x[:, 1]


def predict_texts(texts):
    p = np.array([0.1 + 0.4 * ("good" in text) + 0.3 * ("fine" in text) for text in texts])
    return np.column_stack([1.0 - p, p])


@pytest.fixture
def explainer(table):
    return LimeTabularExplainer(table, feature_names=NAMES, class_names=["no", "yes"], random_state=3)


def same(one, other):
    """Everything that is written of two explanations, less what a table leaves out."""
    one.fit_data = other.fit_data = None
    one, other = one.to_dict(), other.to_dict()
    for content in (one, other):
        content.pop("features")
        content.pop("instance_features")
    return one == other


def forget_remedies(exp):
    """What would fit better is measured where one row is explained alone."""
    plain = {sentence: sentence.partition(" Slopes in place")[0] for sentence in exp.diagnostics()}
    plain = {sentence: short.partition(" A narrower kernel")[0] for sentence, short in plain.items()}
    exp.warnings = [plain[sentence] for sentence in exp.warnings]
    exp.more_warnings = [plain[sentence] for sentence in exp.more_warnings]
    exp.warned_labels = {plain[sentence]: labels for sentence, labels in exp.warned_labels.items()}


@pytest.mark.parametrize("top_labels", [None, 2])
@pytest.mark.parametrize("mode", ["classification", "regression"])
def test_rows_together_are_rows_alone(table, mode, top_labels):
    model = predict if mode == "classification" else score
    explainer = LimeTabularExplainer(table, feature_names=NAMES, mode=mode, random_state=3)
    together = explainer.explain_instances(table, model, top_labels=top_labels, **SMALL)
    assert len(together) == len(table)
    for i in (0, 7, 39):
        alone = explainer.explain_instance(table[i], model, top_labels=top_labels, **SMALL)
        forget_remedies(alone)
        assert same(together[i], alone)
        assert together[i].as_list() == alone.as_list()
        assert str(together[i]) == str(alone)
        for label, pairs in alone.local_exp.items():
            np.testing.assert_array_equal([w for _, w in together[i].local_exp[label]], [w for _, w in pairs])
            np.testing.assert_array_equal([f for f, _ in together[i].local_exp[label]], [f for f, _ in pairs])


def test_order_chunks_and_workers_change_nothing(table, explainer):
    plain = explainer.explain_instances(table, predict, **SMALL)
    backwards = explainer.explain_instances(table[::-1], predict, batch_size=17, **SMALL)
    streamed = explainer.explain_instances((table[i : i + 7] for i in range(0, 40, 7)), predict, **SMALL)
    one_by_one = explainer.explain_instances(iter(table), predict, **SMALL)
    for i in range(len(table)):
        assert same(plain[i], backwards[39 - i])
        assert same(plain[i], streamed[i])
        assert same(plain[i], one_by_one[i])


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_workers_of_all_kinds_give_the_same(table, explainer, backend):
    shift = 0.1  # a function that plain pickle cannot take

    def model(x):
        return predict(np.asarray(x) + shift)

    alone = explainer.explain_instances(table, model, **SMALL)
    with joblib.parallel_config(backend=backend, n_jobs=2):
        together = explainer.explain_instances(table, model, **SMALL)
    assert [exp.to_dict() for exp in together] == [exp.to_dict() for exp in alone]
    assert together.positions.tolist() == list(range(40))


def test_workers_do_not_change_the_threads_of_the_process(table, explainer):
    from threadpoolctl import threadpool_info

    def blas():
        return sorted((one["filepath"], one["num_threads"]) for one in threadpool_info() if one["user_api"] == "blas")

    before = blas()
    with joblib.parallel_config(backend="threading", n_jobs=2):
        explainer.explain_instances(table, predict, **SMALL)
    assert blas() == before


class SlowRidge(Ridge):
    """Waits between the fit and what is read from it, so that threads would meet in one that they share."""

    def fit(self, *args, **kwargs):
        super().fit(*args, **kwargs)
        time.sleep(0.01)
        return self


def test_a_regressor_is_fitted_where_it_is_alone_and_copied_where_rows_are_many(table, explainer):
    given = SlowRidge()
    with joblib.parallel_config(backend="threading", n_jobs=2):
        together = explainer.explain_instances(table[:12], predict, model_regressor=given, **SMALL)
    assert not hasattr(given, "coef_")
    for i, exp in enumerate(together):
        alone = explainer.explain_instance(table[i], predict, model_regressor=given, **SMALL)
        assert exp.as_list() == alone.as_list()
        # Programs for 0.2.0.1 read what was fitted from the regressor that they gave.
        assert sorted(given.coef_) == sorted(weight for _, weight in alone.as_list())


def test_configuration_reaches_the_workers(table, explainer):
    with lime.config_context(sampling_method="lhs"):
        exps = explainer.explain_instances(table[:6], predict, n_jobs=2, **SMALL)
    assert {exp.sampling_method for exp in exps} == {"lhs"}


def test_classic_rows_are_first_calls_of_a_fresh_explainer(table):
    def fresh():
        return LimeTabularExplainer(table, feature_names=NAMES, random_state=3)

    explainer = fresh()
    explainer.explain_instance(table[0], predict, sampling_method="classic", **SMALL)
    exps = explainer.explain_instances(table[:3], predict, sampling_method="classic", **SMALL)
    for i in range(3):
        assert same(exps[i], fresh().explain_instance(table[i], predict, sampling_method="classic", **SMALL))


@pytest.mark.parametrize("random_state", [None, "stream"])
def test_without_a_seed_all_rows_of_a_call_share_one(table, random_state):
    state = np.random.RandomState(5) if random_state == "stream" else None
    explainer = LimeTabularExplainer(table, random_state=state)
    rows = np.repeat(table[:1], 30, axis=0)
    first = explainer.explain_instances(rows, predict, n_jobs=2, **SMALL)
    second = explainer.explain_instances(rows, predict, **SMALL)
    assert len({exp.as_list()[0][1] for exp in first}) == 1
    assert first[0].as_list() != second[0].as_list()


def test_one_neighbourhood_serves_all_rows(table, explainer):
    asked = []

    def counting(x):
        asked.append(len(x))
        return predict(x)

    explainer.explain_instances(table, counting, **SMALL)
    assert sum(asked) == SMALL["num_samples"] - 1 + len(table)


def test_around_the_instance_rows_have_their_own(table):
    explainer = LimeTabularExplainer(table, discretize_continuous=False, sample_around_instance=True, random_state=1)
    exps = explainer.explain_instances(table[:10], predict, **SMALL)
    assert same(exps[4], explainer.explain_instance(table[4], predict, **SMALL))


def as_frames(table):
    frame = pd.DataFrame(table, columns=NAMES)
    return {
        "list": table.tolist(),
        "array": table,
        "pandas": frame,
        "pandas, other order": frame[["d", "b", "a", "c"]],
        "polars": pl.from_pandas(frame),
        "pyarrow": pa.Table.from_pandas(frame),
        "record batch": pa.RecordBatch.from_pandas(frame),
        "dicts": frame.to_dict("records"),
        "Series": [row for _, row in frame.iterrows()],
        "stream of frames": (frame.iloc[i : i + 3] for i in range(0, len(frame), 3)),
        "list of frames": [frame.iloc[i : i + 4] for i in range(0, len(frame), 4)],
        "list of polars frames": [pl.from_pandas(frame.iloc[i : i + 4]) for i in range(0, len(frame), 4)],
        "list of record batches": pa.Table.from_pandas(frame, preserve_index=False).to_batches(max_chunksize=4),
        "list of frames of one row": [frame.iloc[[i]] for i in range(len(frame))],
        "frames and rows": [frame.iloc[:4], *(row for _, row in frame.iloc[4:].iterrows())],
        "stream of dicts": iter(frame.to_dict("records")),
        "stream of lists": iter(table.tolist()),
        "stream of Series": (row for _, row in frame.iterrows()),
        "stream of chunks of lists": (table[i : i + 4].tolist() for i in range(0, len(frame), 4)),
    }


@pytest.mark.parametrize("kind", as_frames(np.zeros((1, 4))))
def test_data_of_every_kind(table, explainer, kind):
    expected = explainer.explain_instances(table[:9], predict, **SMALL)
    found = explainer.explain_instances(as_frames(table[:9])[kind], predict, **SMALL)
    assert [exp.as_list() for exp in found] == [exp.as_list() for exp in expected]


def test_a_list_of_frames_has_the_names_of_their_rows(table, explainer):
    frame = pd.DataFrame(table[:9], columns=NAMES, index=[f"customer {k}" for k in range(9)])
    exps = explainer.explain_instances((frame.iloc[:2], frame.iloc[2:]), predict, **SMALL)
    assert exps.ids.tolist() == list(frame.index)
    assert Source([frame.iloc[:2], frame.iloc[2]]).total == 3


@pytest.mark.parametrize("form", [iter, list, tuple])
@pytest.mark.parametrize("errors", ["raise", "record"])
def test_pairs_of_iterrows_are_named(table, explainer, form, errors):
    pairs = form(pd.DataFrame(table[:9], columns=NAMES).iterrows())
    with pytest.raises(TypeError, match=r"pairs of a label and a row, as DataFrame\.iterrows\(\) yields them"):
        explainer.explain_instances(pairs, predict, errors=errors, **SMALL)


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_a_model_of_frames_with_categories(kind):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"x": rng.normal(size=30), "colour": rng.choice(["red", "blue"], 30), "n": rng.integers(0, 5, 30)}
    )
    frame.loc[3, "x"] = np.nan
    frame.index = [f"customer {i}" for i in range(30)]
    data = {
        "pandas": frame,
        "polars": pl.from_pandas(frame),
        "pyarrow": pa.Table.from_pandas(frame, preserve_index=False),
    }[kind]

    def model(rows):
        colour, x = (rows[name].to_pandas() if kind == "pyarrow" else rows[name] for name in ("colour", "x"))
        p = 0.2 + 0.5 * (np.asarray(colour) == "red") + 0.1 * (np.nan_to_num(np.asarray(x, dtype=float)) > 0)
        return np.column_stack([1 - p, p])

    explainer = LimeTabularExplainer(data, random_state=0)
    exps = explainer.explain_instances(data, model, **SMALL)
    row = data.iloc[3] if kind == "pandas" else data[3] if kind == "polars" else data.slice(3, 1)
    assert same(exps[3], explainer.explain_instance(row, model, **SMALL))
    assert exps.ids.tolist()[:2] == (["customer 0", "customer 1"] if kind == "pandas" else [0, 1])
    values = {record["name"]: record["value"] for record in exps[0].records()}
    assert values["colour"] == frame["colour"].iloc[0]
    assert type(values["n"]) is int


def test_a_frame_of_other_names_is_taken_in_order(table, explainer):
    other = pd.DataFrame(table[:4], columns=["p", "q", "r", "s"])
    expected = explainer.explain_instances(table[:4], predict, **SMALL)
    found = explainer.explain_instances(other, predict, **SMALL)
    assert [exp.as_list() for exp in found] == [exp.as_list() for exp in expected]


def test_sparse_rows():
    data = sparse.random(20, 12, density=0.3, format="csr", random_state=0)

    def model(rows):
        p = np.clip(0.5 + np.asarray(rows[:, [0]].todense() if hasattr(rows, "todense") else rows[:, [0]])[:, 0], 0, 1)
        return np.column_stack([1 - p, p])

    explainer = LimeTabularExplainer(data, random_state=0)
    exps = explainer.explain_instances(data, model, **SMALL)
    assert len(exps) == 20
    assert same(exps[5], explainer.explain_instance(data[5], model, **SMALL))  # type: ignore[index]


TEXTS = ["a good day", "nothing here", "good and fine", "", "fine " * 3 + "good words of many kinds, and more of them"]


@pytest.mark.parametrize(
    "data",
    [
        TEXTS,
        pd.Series(TEXTS),
        pl.Series(TEXTS),
        pa.array(TEXTS),
        pa.chunked_array([TEXTS]),
        np.array(TEXTS),
        (t for t in TEXTS),
        iter([TEXTS[:2], TEXTS[2:]]),
        iter([pa.array(TEXTS[:2]), pa.array(TEXTS[2:])]),
    ],
)
def test_texts(data):
    explainer = LimeTextExplainer(random_state=0, class_names=["bad", "good"])
    exps = explainer.explain_instances(data, predict_texts, num_samples=200)
    assert len(exps) == len(TEXTS)
    for text, exp in zip(TEXTS, exps, strict=True):
        alone = explainer.explain_instance(text, predict_texts, num_samples=200)
        assert same(exp, alone)
        assert exp.as_html() == alone.as_html()


def test_texts_on_two_workers():
    explainer = LimeTextExplainer(random_state=0)
    alone = explainer.explain_instances(TEXTS * 4, predict_texts, num_samples=200)
    shared = explainer.explain_instances(TEXTS * 4, predict_texts, num_samples=200, n_jobs=2)
    assert [exp.to_dict() for exp in alone] == [exp.to_dict() for exp in shared]


def test_pictures():
    from lime import LimeImageExplainer

    rng = np.random.default_rng(0)
    pictures = rng.random((3, 8, 8, 3))
    segments = np.repeat(np.repeat(np.arange(4).reshape(2, 2), 4, axis=0), 4, axis=1)

    def model(images):
        p = np.asarray(images)[:, :4, :4].mean(axis=(1, 2, 3))
        return np.column_stack([1 - p, p])

    explainer = LimeImageExplainer(random_state=0)
    settings: dict[str, Any] = {"segmentation_fn": lambda image: segments, "num_samples": 20, "progress_bar": False}
    settings.pop("progress_bar")
    exps = explainer.explain_instances(pictures, model, **settings)
    streamed = explainer.explain_instances(iter(pictures), model, **settings)
    alone = explainer.explain_instance(pictures[1], model, progress_bar=False, **settings)
    assert same(exps[1], alone)
    assert same(streamed[1], alone)
    np.testing.assert_array_equal(exps[1].segments, alone.segments)  # type: ignore[attr-defined]


def broken(x):
    x = np.asarray(x, dtype=float)
    if (x[:, 0] > 90).any():
        raise RuntimeError("more than this model was made for")
    return predict(x)


@pytest.mark.parametrize("backend", ["sequential", "threading", "loky"])
def test_a_row_that_fails_is_recorded(table, backend):
    explainer = LimeTabularExplainer(table, random_state=0)
    rows = np.vstack([table[:5], [[99.0, 0, 0, 0]], table[5:9], [[98.0, 0, 0, 0]]])
    with joblib.parallel_config(backend=backend, n_jobs=1 if backend == "sequential" else 2):
        exps = explainer.explain_instances(rows, broken, errors="record", **SMALL)
    assert list(exps.errors) == [5, 10]
    assert exps.errors[5] == "RuntimeError: more than this model was made for"
    assert exps.errors[10] == exps.errors[5]
    assert exps[4].as_list() == explainer.explain_instance(rows[4], broken, **SMALL).as_list()
    assert exps[6].as_list() == explainer.explain_instance(rows[6], broken, **SMALL).as_list()
    failed = exps[5]
    assert failed.local_exp == {}
    assert "more than this model was made for" in failed.warnings[0]
    for ask in (failed.as_list, lambda: failed.find_label(1), lambda: failed.confidence_intervals(1)):
        with pytest.raises(KeyError, match="This row could not be explained: RuntimeError: more than this model was"):
            ask()
    assert (
        str(failed)
        == repr(failed)
        == (
            "<Explanation of a classification, This row could not be explained: RuntimeError: more than this model was "
            "made for>"
        )
    )
    frame = exps.to_frame("pandas")
    assert frame.loc[frame["row"] == 5, "error"].tolist() == [exps.errors[5]]
    assert frame.loc[frame["row"] == 5, ["label", "weight", "feature"]].isna().all(axis=None)
    assert frame.loc[frame["row"] == 4, "error"].isna().all()


@pytest.mark.parametrize("backend", ["sequential", "threading"])
def test_a_row_that_fails_is_raised(table, backend):
    explainer = LimeTabularExplainer(table, random_state=0)
    rows = np.vstack([table[:5], [[99.0, 0, 0, 0]], table[5:30]])
    workers = joblib.parallel_config(backend=backend, n_jobs=1 if backend == "sequential" else 2)
    with workers, pytest.raises(RuntimeError, match="more than this model") as caught:
        explainer.explain_instances(rows, broken, **SMALL)
    given, place = caught.value.__notes__
    assert "ndarray of shape (1, 4)" in given
    assert place == "raised while row 5 of the data was explained"


class Unportable(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")
        self.held = threading.Lock()  # Dask teaches pickle any error's arguments, but this it cannot learn


def test_an_error_that_cannot_be_pickled_travels_in_words():
    assert str(_portable(Unportable("this", "that"))) == "Unportable: this and that"
    error = ValueError("as it is")
    assert _portable(error) is error


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        ("one text", TypeError, "one text"),
        ({"a": [1.0]}, TypeError, "a dict"),
        (5, TypeError, "of type int"),
        (None, TypeError, "of type NoneType"),
        (np.zeros(4), ValueError, r"shape \(4,\)"),
        (pl.LazyFrame({"a": [1.0]}), TypeError, "collect"),
        (pd.Series([1.0, 2.0, 3.0, 4.0]), TypeError, "one row .a Series of 4 values.: expected several"),
        (pl.Series(["x", "y"]), TypeError, "one row .a Series of 2 values."),
        ([1.0, 2, 3, 4], TypeError, "one row .a list of 4 values."),
        (pd.DataFrame([[1, 2]], columns=["p", "p"]), ValueError, "more than one column named 'p'"),
        (pa.table([[1.0], [2.0]], names=["p", "p"]), ValueError, "more than one column named 'p'"),
    ],
)
def test_data_that_holds_no_rows(explainer, data, error, words):
    with pytest.raises(error, match=words):
        explainer.explain_instances(data, predict)


def test_no_rows(explainer):
    for data in ([], np.zeros((0, 4)), iter([]), pd.DataFrame(columns=NAMES, dtype=float)):
        exps = explainer.explain_instances(data, predict, **SMALL)
        assert len(exps) == 0
        assert list(exps.to_frame("pandas")["weight"]) == []


def test_wrong_settings_are_named(table, explainer):
    with pytest.raises(TypeError, match="num_sample=5"):
        explainer.explain_instances(table, predict, num_sample=5)
    with pytest.raises(ValueError, match="errors='ignore'"):
        explainer.explain_instances(table, predict, errors="ignore")
    with pytest.raises(ValueError, match="batch_size=0"):
        explainer.explain_instances(table, predict, batch_size=0)


def test_labels_may_come_from_an_iterator(table, explainer):
    exps = explainer.explain_instances(table[:3], predict, labels=iter([0, 1]), **SMALL)
    assert [sorted(exp.local_exp) for exp in exps] == [[0, 1]] * 3


def test_names_of_rows_are_of_one_kind(table, explainer):
    frame = pd.DataFrame(table, columns=NAMES)
    mixed = [frame.iloc[:2], frame.iloc[2:4].set_axis(["x", "y"])]
    with pytest.raises(ValueError, match="from position 2"):
        explainer.explain_instances(iter(mixed), predict, **SMALL)


@pytest.mark.parametrize(
    ("index", "ids"),
    [
        ([1, 2, 3, "x"], ["1", "2", "3", "x"]),
        (pd.Index([1, 2, 3, 2**63], dtype="uint64"), ["1", "2", "3", str(2**63)]),
        (pd.Index([1, 2, 3, 4], dtype="uint64"), [1, 2, 3, 4]),
        ([1, 2, 3, -(2**70)], ["1", "2", "3", str(-(2**70))]),
    ],
)
def test_an_index_is_of_one_kind_from_the_first_row_on(table, explainer, monkeypatch, index, ids):
    monkeypatch.setattr(run, "LARGE_CHUNK", 2)
    frame = pd.DataFrame(table[:4], columns=NAMES).set_axis(index)
    exps = explainer.explain_instances(frame, predict, **SMALL)
    assert exps.ids.tolist() == ids
    assert exps.to_frame("pandas").drop_duplicates("row")["id"].tolist() == ids


def test_a_stream_of_known_length_is_spread_over_workers(table, explainer):
    with joblib.parallel_config(backend="threading", n_jobs=2):
        whole = list(run.explain_stream(explainer, table, predict, **SMALL))
        streamed = list(run.explain_stream(explainer, iter([table]), predict, total=len(table), **SMALL))
    assert [len(piece) for piece in streamed] == [len(piece) for piece in whole] == [20] * 2


def test_the_bar_counts_rows(table, explainer, monkeypatch, capsys):
    explainer.explain_instances(table, predict, progress_bar=True, **SMALL)
    shown = capsys.readouterr().err
    assert "40/40" in shown
    assert "rows/s" in shown
    explainer.explain_instances(table, predict, **SMALL)
    assert capsys.readouterr().err == ""  # nobody watches a pipe
    monkeypatch.setattr("sys.stderr", io.StringIO())
    explainer.explain_instances(table, predict, progress_bar=False, **SMALL)
