"""Predictions that are kept: no input is paid for twice, whoever asks and whatever happens in between."""

import pickle
import sqlite3
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import diskcache
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import lime
from lime.models import store
from lime.models.calling import classes_of, resolve_predict
from lime.models.rates import Clock
from slow_server import FakeClock, ServiceError, score_of, serving

TABLE = np.random.default_rng(0).random((100, 3))
TEXT = "a bad cold day ended early for good hikers in july"
TEXTS = [" ".join("abcdefgh"[: 1 + i % 8]) + f" k{i}" for i in range(100)]


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def service(clock):
    with serving(clock) as found:
        found.fails_every = 5
        yield found


def at(clock, predict, **settings):
    return replace(lime.remote(predict, **settings), clock=Clock(clock.now, clock.sleep))


class Paid:
    """A function that counts what it was asked, and how often."""

    def __init__(self, answer=lambda rows: np.column_stack([rows[:, 0], 1 - rows[:, 0]])):
        self.answer, self.batches = answer, []

    def __call__(self, rows):
        self.batches.append(rows)
        return self.answer(rows)

    @property
    def counts(self):
        return [batch.shape[0] if hasattr(batch, "shape") else len(batch) for batch in self.batches]


def expected(texts):
    scores = np.array([score_of(text) for text in texts])
    return np.column_stack([1 - scores, scores])


def test_only_new_rows_go_to_the_model_in_one_call(tmp_path):
    paid = Paid()
    predict = lime.cached(paid, tmp_path)
    np.testing.assert_array_equal(predict(TABLE[:10]), paid.answer(TABLE[:10]))
    mixed = TABLE[[20, 3, 21, 3, 20, 9]]
    np.testing.assert_array_equal(predict(mixed), paid.answer(mixed))
    assert paid.counts == [10, 2]
    np.testing.assert_array_equal(paid.batches[1], TABLE[[20, 21]])


def test_a_second_explanation_a_repeat_and_other_settings_pay_nothing(service, clock, tmp_path):
    predict = lime.cached(at(clock, service.asynchronous), tmp_path)
    explainer = lime.LimeTextExplainer(random_state=0)
    first = explainer.explain_instance(TEXT, predict, num_features=3, num_samples=300)
    calls = service.calls
    again = lime.LimeTextExplainer(random_state=0).explain_instance(TEXT, predict, num_features=3, num_samples=300)
    explainer.explain_instance(TEXT, predict, num_features=5, num_samples=300)
    assert again.as_list() == first.as_list()
    assert service.calls == calls
    explainer.stability(TEXT, predict, repeats=3, num_samples=300)
    explainer.explain_instance(TEXT, predict, num_samples=600)
    assert service.calls > calls
    assert service.failed > 0
    assert service.paid_twice == []


def test_what_was_paid_before_an_error_is_kept(service, clock, tmp_path):
    predict = lime.cached(at(clock, service.asynchronous, batch_size=3), tmp_path)
    service.refuses_after = 30
    with pytest.raises(ServiceError, match="402") as caught:
        predict(TEXTS)
    paid = sum(service.paid.values())
    assert any(note.startswith(f"{paid} of 100 inputs were predicted") for note in caught.value.__notes__)
    assert 30 <= paid < 100
    service.refuses_after = None
    np.testing.assert_allclose(predict(TEXTS), expected(TEXTS))
    assert sum(service.paid.values()) == 100
    assert service.paid_twice == []


def test_limits_hold_and_nothing_is_paid_twice_under_all_of_it_together(service, clock, tmp_path):
    service.calls_a_minute = 20
    predict = lime.cached(at(clock, service.plain, batch_size=8, calls_per_minute=20), tmp_path)
    explainer = lime.LimeTextExplainer(random_state=0)
    for seed in range(2):
        explainer.explain_instance(TEXT, predict, num_samples=200 + 50 * seed)
    assert service.exceeded == 0
    assert service.failed > 0
    assert service.paid_twice == []


def test_a_batch_that_broke_is_asked_again(tmp_path):
    def breaks(rows):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        lime.cached(breaks, tmp_path)(TABLE[:3])
    paid = Paid()
    lime.cached(paid, tmp_path)(TABLE[:3])
    assert paid.counts == [3]


def test_what_is_no_answer_is_not_kept(tmp_path):
    paid = Paid(lambda rows: np.full((len(rows), 2), np.nan))
    predict = lime.cached(paid, tmp_path)
    for _ in range(2):
        with pytest.raises(ValueError, match="NaN"):
            predict(TABLE[:3])
    assert paid.counts == [3, 3]


def test_several_threads_pay_for_each_row_once(tmp_path):
    everyone = threading.Barrier(4)
    seen, lock = [], threading.Lock()

    def slow(rows):
        with lock:
            seen.extend(map(bytes, rows))
        return np.column_stack([rows[:, 0], 1 - rows[:, 0]])

    predict = lime.cached(slow, tmp_path)

    def ask(start):
        everyone.wait()
        return predict(TABLE[start : start + 40])

    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(ask, [0, 10, 20, 30]))
    for start, part in zip([0, 10, 20, 30], parts, strict=True):
        np.testing.assert_array_equal(part[:, 0], TABLE[start : start + 40, 0])
    assert len(seen) == len(set(seen)) == 70


def test_who_waits_for_one_that_fails_asks_itself(tmp_path, monkeypatch):
    waits, asked = threading.Event(), []

    def first_fails(rows):
        asked.append(len(rows))
        if len(asked) == 1:
            assert waits.wait(30)
            raise ValueError("the first")
        return np.column_stack([rows[:, 0], 1 - rows[:, 0]])

    real = store.PredictionStore.wait
    monkeypatch.setattr(store.PredictionStore, "wait", lambda self: waits.set() or real(self))
    predict = lime.cached(first_fails, tmp_path)
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(predict, TABLE[:5]) for _ in range(2)]
        errors = [one.exception() for one in done]
    assert sorted(type(error).__name__ for error in errors) == ["NoneType", "ValueError"]
    assert asked == [5, 5]


def test_a_claim_that_nobody_renews_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LEASE", 0.2)
    monkeypatch.setattr(store, "BEAT", 1000.0)  # as where a machine is gone
    kept = store.PredictionStore(str(tmp_path))
    with kept.claiming(["one"]) as mine:
        assert mine == ["one"]
        while True:
            with store.PredictionStore(str(tmp_path)).claiming(["one"]) as others:
                if others:
                    break
            kept.wait()
    assert others == ["one"]


def test_workers_pay_for_no_row_twice(service, tmp_path):
    service.fails_every = 0
    predict = lime.cached(service.plain, tmp_path)
    explainer = lime.LimeTextExplainer(random_state=0)
    texts = [TEXT, TEXT, TEXT + " again", TEXT + " again"]
    many = explainer.explain_instances(texts, predict, n_jobs=2, num_samples=150)
    assert len(many) == 4
    assert service.paid_twice == []
    assert many[0].as_list() == many[1].as_list()


def test_a_process_that_dies_in_the_middle_of_a_batch_keeps_what_it_was_answered(service, tmp_path):
    service.fails_every = 0
    script = f"""
        import os, sys
        sys.path.insert(0, {str(Path(__file__).parents[1] / "helpers")!r})
        import lime
        from slow_server import PlainClient

        client, calls = PlainClient({service.port}), []

        def dies(texts):
            calls.append(len(texts))
            if len(calls) == 4:
                os._exit(7)
            return client(texts)

        lime.cached(lime.remote(dies, concurrency=1, batch_size=10), {str(tmp_path)!r}, name="m")({TEXTS!r})
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False).returncode == 7
    assert sum(service.paid.values()) == 30
    predict = lime.cached(lime.remote(service.plain, batch_size=10), tmp_path, name="m")
    np.testing.assert_allclose(predict(TEXTS), expected(TEXTS))
    assert sum(service.paid.values()) == 100
    assert service.paid_twice == []


def test_names_and_paths_tell_models_apart(tmp_path):
    paid = Paid()
    for path, name in [("a", ""), ("a", "old"), ("a", "new"), ("b", "")] * 2:
        lime.cached(paid, tmp_path / path, name=name)(TABLE[:2])
    assert paid.counts == [2] * 4


def test_a_model_is_what_it_was(tmp_path):
    wine = load_wine(as_frame=True)
    forest = RandomForestClassifier(20, random_state=0).fit(wine.data, wine.target)
    model = lime.cached(forest, tmp_path)
    assert list(model.classes_) == [0, 1, 2]
    assert classes_of(model) == classes_of(forest)
    assert classes_of(lime.cached(forest.predict_proba, tmp_path)) == classes_of(forest)
    assert model.n_features_in_ == 13
    np.testing.assert_array_equal(model.predict_proba(wine.data[:5]), forest.predict_proba(wine.data[:5]))
    np.testing.assert_array_equal(model.predict(wine.data[:5]), forest.predict(wine.data[:5]))
    function: Any = resolve_predict(model, "classification")
    assert function.__self__ is forest
    assert lime.Explainer(model, wine.data)(wine.data.iloc[0], num_samples=50).class_names == ["0", "1", "2"]
    explainer = lime.LimeTabularExplainer(wine.data, random_state=0)
    settings: Any = {"top_labels": 1, "num_samples": 300}
    plain, kept = (explainer.explain_instance(wine.data.iloc[0], one, **settings) for one in (forest, model))
    assert plain.as_list(plain.available_labels()[0]) == kept.as_list(kept.available_labels()[0])
    assert plain.class_names == kept.class_names


def test_a_pipelines_short_cut_does_not_go_round_the_folder(tmp_path):
    words = [f"w{i} w{i % 7} w{i % 3}" for i in range(60)]
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(words, [i % 2 for i in range(60)])
    text = " ".join(f"w{i}" for i in range(20))
    explainer = lime.LimeTextExplainer(random_state=0)
    predict = lime.cached(pipeline, tmp_path)
    first = explainer.explain_instance(text, predict, num_samples=600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(pipeline), "predict_proba", None)
        again = explainer.explain_instance(text, replace(predict, model=Silent()), num_samples=600)
    assert again.as_list() == first.as_list()


class Silent:
    classes_ = np.array([0, 1])

    def predict_proba(self, texts):
        raise AssertionError("asked again")


FORMS = {
    "dicts": lambda rows: [{"no": row[0], "yes": 1 - row[0]} for row in rows],
    "numbered dicts": lambda rows: [{1: row[0], 0: 1 - row[0]} for row in rows],
    "pairs": lambda rows: ([["__label__a", "__label__b"]] * len(rows), np.column_stack([rows[:, 0], 1 - rows[:, 0]])),
    "labels and scores": lambda rows: [
        [{"label": "a", "score": row[0]}, {"label": "b", "score": 1 - row[0]}] for row in rows
    ],
    "pandas": lambda rows: pd.DataFrame({"no": rows[:, 0], "yes": 1 - rows[:, 0]}),
    "polars": lambda rows: pl.DataFrame({"no": rows[:, 0], "yes": 1 - rows[:, 0]}),
    "columns": lambda rows: {"no": rows[:, 0], "yes": 1 - rows[:, 0]},
    "one column": lambda rows: rows[:, :1],
    "lists": lambda rows: np.column_stack([rows[:, 0], 1 - rows[:, 0]]).tolist(),
    "float32": lambda rows: np.column_stack([rows[:, 0], 1 - rows[:, 0]]).astype(np.float32),
    "a column of NaN": lambda rows: np.column_stack([np.full(len(rows), np.nan), rows[:, 0], 1 - rows[:, 0]]),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("names", [None, ["yes", "no"]])
def test_answers_come_back_in_the_form_they_had(form, names, tmp_path):
    explainer = lime.LimeTabularExplainer(TABLE, class_names=names, random_state=0)
    paid = Paid(FORMS[form])
    predict = lime.cached(paid, tmp_path)
    settings: Any = {"num_samples": 50, "labels": [1]}
    plain = explainer.explain_instance(TABLE[0], FORMS[form], **settings)
    for _ in range(2):
        kept = explainer.explain_instance(TABLE[0], predict, **settings)
        assert kept.as_list(1) == plain.as_list(1)
        assert kept.class_names == plain.class_names
        assert kept.warnings == plain.warnings
    assert sum(paid.counts) == 50


def test_numbers_of_a_regression_come_back_as_they_were(tmp_path):
    odd = np.array([0.1 + 0.2, 1e-310, -0.0, np.pi * 1e300, 5.0])
    predict = lime.cached(Paid(lambda rows: odd), tmp_path)
    for _ in range(2):
        assert predict(TABLE[:5]).tobytes() == odd.tobytes()


def test_columns_in_another_order_are_put_in_order(tmp_path):
    turns = iter([["no", "yes"], ["yes", "no"]])
    paid = Paid(lambda rows: pd.DataFrame({"no": rows[:, 0], "yes": 1 - rows[:, 0]})[next(turns)])
    predict = lime.cached(paid, tmp_path)
    predict(TABLE[:2])
    found = predict(TABLE[:4])
    np.testing.assert_array_equal(found, np.column_stack([TABLE[:4, 0], 1 - TABLE[:4, 0]]))


def test_other_columns_than_before_are_refused(tmp_path):
    lime.cached(lambda rows: np.ones((len(rows), 2)), tmp_path)(TABLE[:2])
    with pytest.raises(ValueError, match=r"answer of shape \(3,\) for one input and an answer of shape \(2,\)"):
        lime.cached(lambda rows: np.ones((len(rows), 3)), tmp_path)(TABLE[:4])


@pytest.mark.parametrize(
    "batch",
    [
        TABLE,
        TABLE.astype(object),
        sparse.csr_matrix(TABLE),
        pd.DataFrame(TABLE, columns=list("abc")),
        pl.DataFrame(TABLE, schema=list("abc")),
        pl.DataFrame(TABLE, schema=list("abc")).to_arrow(),
        list(TABLE),
        np.random.default_rng(0).random((20, 4, 4, 3)),
    ],
    ids=lambda batch: f"{type(batch).__module__}.{type(batch).__name__}{getattr(batch, 'ndim', '')}",
)
def test_the_model_gets_new_rows_in_the_form_of_the_batch(batch, tmp_path):
    paid = Paid(lambda rows: np.ones((rows.shape[0] if hasattr(rows, "shape") else len(rows), 2)))
    predict = lime.cached(paid, tmp_path)
    predict(batch[:3])
    predict(batch[:5])
    assert paid.counts == [3, 2]
    assert type(paid.batches[1]) is type(batch)


def test_wrappers_are_equal_where_they_keep_the_same_and_travel(tmp_path):
    model = LogisticRegression().fit(TABLE, TABLE[:, 0] > 0.5)
    one = lime.cached(model, tmp_path)
    assert resolve_predict(one, "classification") == resolve_predict(lime.cached(model, tmp_path), "classification")
    assert resolve_predict(one, "classification") != resolve_predict(one, "regression")
    answers = one.predict_proba(TABLE[:4])
    again = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(again.predict_proba(TABLE[:4]), answers)


def scored(rows, power=1):
    return np.column_stack([rows[:, 0] ** power, 1 - rows[:, 0] ** power])


def test_a_partial_with_other_settings_is_another_model(tmp_path):
    one, two = (lime.cached(partial(scored, power=power), tmp_path) for power in (1, 2))
    np.testing.assert_array_equal(one(TABLE[:3]), scored(TABLE[:3]))
    np.testing.assert_array_equal(two(TABLE[:3]), scored(TABLE[:3], 2))


def test_notes_of_an_adapter_are_told(tmp_path):
    class Adapter(Paid):
        notes = ["it was told"]  # noqa: RUF012

    explainer = lime.LimeTabularExplainer(TABLE, random_state=0)
    exp = explainer.explain_instance(TABLE[0], lime.cached(Adapter(), tmp_path), num_samples=40)
    assert "it was told" in exp.warnings


def test_an_empty_batch_is_the_models_own_matter(tmp_path):
    paid = Paid()
    assert lime.cached(paid, tmp_path)(TABLE[:0]).shape == (0, 2)
    assert paid.counts == [0]


def test_without_diskcache_the_way_to_it_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "diskcache", None)
    with pytest.raises(ImportError, match=r"pip install 'lime\[cache\]'"):
        lime.cached(Paid(), tmp_path)


def test_exact_weights_are_read_from_the_model_inside(tmp_path):
    forest = RandomForestClassifier(5, max_depth=3, random_state=0).fit(TABLE, TABLE[:, 0] > 0.5)
    explainer = lime.LimeTabularExplainer(TABLE, random_state=0)
    models = [forest, lime.cached(forest, tmp_path), lime.cached(forest.predict_proba, tmp_path), lime.remote(forest)]
    plain, *wrapped = [explainer.explain_instance(TABLE[0], one, sampling_method="exact").as_list() for one in models]
    assert all(one == plain for one in wrapped)


def test_a_damaged_answer_is_asked_for_again_and_a_damaged_folder_is_named(tmp_path):
    paid = Paid()
    expected = lime.cached(paid, tmp_path)(TABLE)
    good = (tmp_path / "cache.db").read_bytes()
    rng, told, same = np.random.default_rng(0), 0, 0
    for place in [*np.linspace(0, len(good) - 1, 12).astype(int), good.index(b'{"values": [0.') + 14]:
        for other in tmp_path.glob("cache.db*"):
            other.unlink()
        changed = bytearray(good)
        changed[place] ^= 1 << int(rng.integers(4))
        (tmp_path / "cache.db").write_bytes(changed)
        asked = len(paid.batches)
        try:
            found = lime.cached(paid, tmp_path)(TABLE)
        except sqlite3.DatabaseError as error:
            told += str(tmp_path) in error.__notes__[0]
        else:
            same += (found == expected).all()
    assert told + same == 13
    assert same > 8
    assert len(paid.batches) == asked + 1  # the last one is a digit of an answer
    assert len(paid.batches[-1]) == 1


def test_answers_of_before_the_checksums_are_read(tmp_path):
    paid = Paid()
    expected = lime.cached(paid, tmp_path)(TABLE)
    with diskcache.Cache(str(tmp_path)) as cache:
        for key in list(cache):
            cache.set(key, cache[key].partition(" ")[2])
    assert (lime.cached(paid, tmp_path)(TABLE) == expected).all()
    assert len(paid.batches) == 1
