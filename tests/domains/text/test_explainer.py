"""The text explainer: its answers against closed forms, its errors, its edges, its short-cut."""

from __future__ import annotations

import copy
import html
import json
import pickle
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import t as student
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline

from lime import LimeTextExplainer, config_context
from lime.engine import masks
from lime.engine.mask_sizes import MaskSizeDistribution

WORDS = [f"w{i}" for i in range(30)]
TEXT = " ".join(WORDS)


def two(p: Any) -> np.ndarray:
    p = np.asarray(p, dtype=float)
    return np.column_stack([1 - p, p])


def linear(texts: Sequence[str]) -> np.ndarray:
    return two([0.5 + 0.2 * ("w3" in (kept := set(t.split()))) - 0.1 * ("w7" in kept) for t in texts])


def both(texts: Sequence[str]) -> np.ndarray:
    """An indicator: 1 where two words are there."""
    return two([float({"w1", "w2"} <= set(t.split())) for t in texts])


SLOPES = dict(zip(WORDS, np.random.default_rng(5).normal(size=30) * 0.5, strict=True))


def logistic(texts: Sequence[str]) -> np.ndarray:
    return two(expit([sum(SLOPES[word] for word in t.split()) - 0.3 for t in texts]))


def kernel_law(d: int) -> MaskSizeDistribution:
    removed = np.arange(d + 1)
    return MaskSizeDistribution(masks.uniform_sizes(d), np.exp(-8 * (1 - np.sqrt(1 - removed / d)) ** 2))


def weights(exp: Any, label: int = 1) -> np.ndarray:
    found = dict(exp.local_exp[label])
    return np.array([found[i] for i in sorted(found)])


def indicator_target(d: int) -> np.ndarray:
    """Weights of the infinite neighbourhood for `both`: Var(z)^-1 Cov(z, z1 z2) by the law's mixed moments."""
    law = kernel_law(d)
    kept = np.arange(d, -1, -1.0)
    one, pair, triple = (
        float(law.probabilities @ np.prod([(kept - i) / (d - i) for i in range(m)], axis=0)) for m in (1, 2, 3)
    )
    cross = np.full(d, triple - one * pair)
    cross[[1, 2]] = pair - one * pair
    return law.solve(cross[:, None])[:, 0]


@pytest.mark.parametrize("method", ["auto", "pairs", "gaussian"])
def test_weights_of_a_linear_model_are_its_own(method: str) -> None:
    exp = LimeTextExplainer(random_state=0).explain_instance(
        TEXT, linear, num_features=2, num_samples=1000, sampling_method=method
    )
    found = dict(exp.as_list())
    # The linear part is known exactly but for a ridge of 1e-9 of the Gram matrix.
    assert found == pytest.approx({"w3": 0.2, "w7": -0.1}, abs=1e-4)
    assert exp.score == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(("method", "n"), [("auto", 4000), ("gaussian", 4000), ("auto", 200)])
def test_weights_of_an_indicator_are_within_their_errors_of_the_closed_form(method: str, n: int) -> None:
    explainer = LimeTextExplainer(random_state=1, feature_selection="none")
    exp = explainer.explain_instance(TEXT, both, num_samples=n, sampling_method=method)
    z = (weights(exp) - indicator_target(30)) / np.array([exp.standard_errors[1][i] for i in range(30)])
    # The largest of 30 normal values exceeds 4.5 once in 5000 seeds.
    assert np.abs(z).max() < 4.5
    assert np.sqrt(np.mean(z**2)) < 2


def test_enumerated_weights_are_the_closed_form_and_have_no_error() -> None:
    asked: list[str] = []

    def model(texts: list[str]) -> np.ndarray:
        asked.extend(texts)
        return both(texts)

    exp = LimeTextExplainer(random_state=0, feature_selection="none").explain_instance("w0 w1 w2 w3 w4 w5", model)
    assert len(asked) == len(set(asked)) == exp.num_model_calls <= 64
    assert exp.sampling_method == "enumeration"
    # What is left is a penalty of 1e-9.
    np.testing.assert_allclose(weights(exp), indicator_target(6), rtol=1e-6, atol=1e-8)
    assert set(exp.standard_errors[1].values()) == {0.0}
    other = LimeTextExplainer(random_state=9, feature_selection="none").explain_instance("w0 w1 w2 w3 w4 w5", both)
    assert other.local_exp == exp.local_exp


def coverage(model: Callable[..., Any], n: int, method: str, target: np.ndarray) -> tuple[np.ndarray, set[str]]:
    """For each of 40 seeds, the share of the intervals that hold the target; and which estimators gave them."""
    shares, names = [], set()
    for seed in range(40):
        explainer = LimeTextExplainer(random_state=seed, feature_selection="none")
        exp = explainer.explain_instance(TEXT, model, num_samples=n, sampling_method=method)
        names.add(exp.estimators[1])
        shares.append(np.mean([low <= target[i] <= high for i, (low, high) in exp.confidence_intervals(1).items()]))
    return np.array(shares), names


def assert_covers(shares: np.ndarray, level: float = 0.95) -> None:
    """The mean over seeds, which are independent as the weights of one fit are not, is not below the level.

    A one-sided t test at 1 in 1000; it notices intervals that hold the target a few per cent too rarely.
    """
    error = shares.std(ddof=1) / np.sqrt(len(shares))
    assert shares.mean() > level + student.ppf(1e-3, len(shares) - 1) * error, (shares.mean(), error)
    assert error < 0.015


@pytest.mark.parametrize(("method", "n"), [("auto", 600), ("gaussian", 600), ("auto", 100)])
def test_intervals_cover_the_closed_form(method: str, n: int) -> None:
    shares, _ = coverage(both, n, method, indicator_target(30))
    assert_covers(shares)


def test_intervals_cover_where_a_sigmoid_assists() -> None:
    law = kernel_law(30)
    drawn = masks.pairs(400_000, law.draws, law.probabilities, np.random.default_rng(1))
    slopes = np.array(list(SLOPES.values()))
    y = expit(drawn.z @ slopes - 0.3)
    w = drawn.weights * law.kernel[30 - drawn.z.sum(axis=1)]
    centred = drawn.z - w @ drawn.z / w.sum()
    target = np.linalg.solve(centred.T @ (w[:, None] * centred), centred.T @ (w * (y - w @ y / w.sum())))
    shares, names = coverage(logistic, 500, "auto", target)
    assert names <= {"sigmoid", "scaled sigmoid"}
    assert_covers(shares)


def test_assistance_makes_a_logistic_model_far_more_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    def errors() -> np.ndarray:
        explainer = LimeTextExplainer(random_state=0, feature_selection="none")
        exp = explainer.explain_instance(TEXT, logistic, num_samples=1000)
        return np.array(list(exp.standard_errors[1].values()))

    helped = errors()
    monkeypatch.setattr("lime.domains.fit.assist", lambda *arguments, **more: None)
    assert np.median(helped / errors()) < 0.3


def test_the_other_of_two_classes_has_the_same_weights_negated() -> None:
    def weights(*labels: int) -> dict[int, dict[int, float]]:
        explainer = LimeTextExplainer(random_state=0, feature_selection="none")
        exp = explainer.explain_instance(TEXT, logistic, labels=labels, num_samples=1000)
        return {label: dict(exp.local_exp[label]) for label in labels}

    # Fitted by itself, where there is no twin to take it from.
    both_classes, alone = weights(0, 1), weights(1)
    for feature, weight in both_classes[1].items():
        assert weight == pytest.approx(-both_classes[0][feature], rel=1e-12)
        assert weight == pytest.approx(alone[1][feature], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("text", ["", "!!!"])
def test_texts_without_words_say_so(text: str) -> None:
    exp = LimeTextExplainer(random_state=0).explain_instance(text, linear)
    assert exp.as_list() == []
    assert exp.num_model_calls == 1
    assert "no unit that could be removed" in exp.warnings[0]
    assert exp.local_pred == pytest.approx(exp.predict_proba[1])
    str(exp), exp.as_html()
    json.loads(exp.to_json())


def test_one_word_has_the_weight_of_its_presence() -> None:
    exp = LimeTextExplainer(random_state=0).explain_instance("w3", linear)
    assert exp.as_list() == [("w3", pytest.approx(0.2, rel=1e-4))]
    assert exp.num_model_calls == 2


def test_kinds_of_strings() -> None:
    explainer = LimeTextExplainer(random_state=0)
    expected = explainer.explain_instance("w3 w7 x", linear).as_list()
    frame = pd.DataFrame({"text": ["w3 w7 x"]})
    for text in (np.str_("w3 w7 x"), np.array("w3 w7 x"), np.array(["w3 w7 x"]), frame["text"], frame.iloc[0]):
        assert explainer.explain_instance(text, linear).as_list() == expected
    with pytest.raises(TypeError, match="is bytes: expected a str"):
        explainer.explain_instance(b"w3", linear)
    with pytest.raises(TypeError, match="with 2 values: expected one text"):
        explainer.explain_instance(pd.Series(["a", "b"]), linear)
    with pytest.raises(TypeError, match=r"type list: expected a str; of words, pass ' '.join"):
        explainer.explain_instance(["w3", "w7"], linear)
    with pytest.raises(TypeError, match="is None: expected a str"):
        explainer.explain_instance(None, linear)


def test_a_million_characters() -> None:
    text = "the quick brown fox " * 50_000
    calls: list[int] = []

    def model(texts: list[str]) -> np.ndarray:
        calls.append(sum(map(len, texts)))
        return two(["fox" in t for t in texts])

    exp = LimeTextExplainer(random_state=0).explain_instance(text, model, num_samples=200)
    assert exp.as_list()[0][0] == "fox"
    wide = " ".join(f"w{i}" for i in range(1500)) + " filler" * 140_000
    exp = LimeTextExplainer(random_state=0).explain_instance(wide, model, num_samples=120, num_features=3)
    assert len(exp.as_list()) == 3
    assert max(calls) <= 100_000_000


def test_batches_and_identical_texts() -> None:
    sizes, seen = [], []

    def model(texts: list[str]) -> np.ndarray:
        sizes.append(len(texts))
        seen.extend(texts)
        return linear(texts)

    explainer = LimeTextExplainer(random_state=0, bow=False, mask_string="")
    exp = explainer.explain_instance(" ".join(["a", "b"] * 10), model, num_samples=900, batch_size=64)
    assert max(sizes) <= 64
    assert len(seen) == len(set(seen)) == exp.num_model_calls < 900


def test_same_seed_same_answer_in_any_order() -> None:
    explainer = LimeTextExplainer(random_state=3)
    first = explainer.explain_instance(TEXT, both, num_samples=300).local_exp
    explainer.explain_instance("w1 w2 other", both)
    assert explainer.explain_instance(TEXT, both, num_samples=300).local_exp == first
    assert pickle.loads(pickle.dumps(explainer)).explain_instance(TEXT, both, num_samples=300).local_exp == first
    assert copy.deepcopy(explainer).explain_instance(TEXT, both, num_samples=300).local_exp == first


def test_settings_are_read_at_the_call() -> None:
    explainer = LimeTextExplainer(random_state=0)
    explainer.bow = False
    explainer.mask_string = "X"
    exp = explainer.explain_instance("w3 and w3", linear)
    assert len(exp.as_list()) == 3
    assert sorted(name for name, _ in exp.as_list(positions=True)) == ["and_3", "w3_0", "w3_7"]
    assert {r["value"] for r in exp.records()} == {0, 3, 7}


def test_stop_words_stay() -> None:
    seen: list[str] = []

    def model(texts: list[str]) -> np.ndarray:
        seen.extend(texts)
        return linear(texts)

    exp = LimeTextExplainer(random_state=0, stop_words=["THE"]).explain_instance("the w3 The w7", model)
    assert {word for word, _ in exp.as_list()} == {"w3", "w7"}
    assert all("the" in t and "The" in t for t in seen)


def test_regression_and_one_score() -> None:
    texts = ["one two", "two three", "one three", "one"]
    model = make_pipeline(CountVectorizer(), LinearRegression()).fit(texts, [3.0, 1.0, 2.0, 2.0])
    exp = LimeTextExplainer(random_state=0, mode="regression").explain_instance("one two three four", model)
    assert exp.predicted_value == pytest.approx(model.predict(["one two three four"])[0])
    slopes = dict(zip(["one", "three", "two"], model[-1].coef_, strict=True))
    assert dict(exp.as_list()) == pytest.approx({**slopes, "four": 0.0}, abs=1e-6)
    assert exp.local_exp[0] == [(i, -w) for i, w in exp.local_exp[1]]
    exp = LimeTextExplainer(random_state=0).explain_instance("w3 w7 x", lambda texts: linear(texts)[:, 1])
    assert dict(exp.as_list())["w3"] == pytest.approx(0.2, rel=0.01)


def corpus() -> tuple[list[str], list[int]]:
    rng = np.random.default_rng(0)
    vocabulary = [f"term{i}" for i in range(80)]
    texts = [" ".join(rng.choice(vocabulary, 30)) for _ in range(60)]
    return texts, [int("term1 " in t or "term5 " in t) for t in texts]


@pytest.mark.parametrize(
    "vectorizer",
    [
        CountVectorizer(),
        CountVectorizer(binary=True, stop_words=["term3"]),
        TfidfVectorizer(sublinear_tf=True),
        TfidfVectorizer(use_idf=False, norm="l1"),
        HashingVectorizer(n_features=64),
        HashingVectorizer(n_features=64, alternate_sign=False, norm=None),
    ],
)
@pytest.mark.parametrize("bow", [True, False])
def test_short_cut_gives_the_answers_of_the_documents(vectorizer: Any, bow: bool) -> None:
    texts, labels = corpus()
    model = make_pipeline(vectorizer, LogisticRegression(max_iter=1000)).fit(texts, labels)
    text = "Term1, term5! " + texts[0] + "; unknown"
    settings: dict[str, Any] = {"num_samples": 600, "num_features": 20}
    explainer = LimeTextExplainer(random_state=0, bow=bow, mask_string=None if bow else "term7")
    quick = explainer.explain_instance(text, model.predict_proba, **settings)
    slow = explainer.explain_instance(text, lambda batch: model.predict_proba(batch), **settings)
    assert (quick.model_path, slow.model_path) == ("counts", "documents")
    found, expected = dict(quick.local_exp[1]), dict(slow.local_exp[1])
    assert found.keys() == expected.keys()
    assert [found[i] for i in found] == pytest.approx([expected[i] for i in found], abs=1e-9)


def test_short_cut_that_disagrees_is_left_and_every_input_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, labels = corpus()
    model = make_pipeline(CountVectorizer(), LogisticRegression(max_iter=1000)).fit(texts, labels)
    given: list[int] = []
    ask = LogisticRegression.predict_proba

    def counted(self: Any, X: Any) -> Any:
        given.append(X.shape[0])
        return ask(self, X)

    monkeypatch.setattr(LogisticRegression, "predict_proba", counted)
    explainer = LimeTextExplainer(random_state=0)
    good = explainer.explain_instance(texts[0], model, num_samples=400, batch_size=10)
    assert (good.model_path, good.num_model_calls) == ("counts", sum(given))
    assert max(given) <= 10
    given.clear()
    monkeypatch.setattr("lime.domains.text.input.agree", lambda direct, quick: False)
    bad = explainer.explain_instance(texts[0], model, num_samples=400)
    assert (bad.model_path, bad.num_model_calls) == ("documents", sum(given))
    assert dict(bad.as_list()) == pytest.approx(dict(good.as_list()), abs=1e-9)


@pytest.mark.parametrize(
    ("vectorizer", "settings"),
    [
        (CountVectorizer(ngram_range=(1, 2)), {}),
        (CountVectorizer(analyzer="char"), {}),
        (HashingVectorizer(n_features=64, binary=True), {}),
        (CountVectorizer(tokenizer=str.split, token_pattern=None), {}),
        (CountVectorizer(), {"char_level": True}),
        (CountVectorizer(), {"split_expression": "1"}),
    ],
)
def test_short_cut_is_left_where_it_is_not_exact(vectorizer: Any, settings: dict[str, Any]) -> None:
    texts, labels = corpus()
    model = make_pipeline(vectorizer, LogisticRegression(max_iter=1000)).fit(texts, labels)
    explainer = LimeTextExplainer(random_state=0, **settings)
    assert explainer.explain_instance(texts[0], model, num_samples=400).model_path == "documents"


def test_wrong_arguments_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unit='phrase' is unknown"):
        LimeTextExplainer(unit="phrase")
    with pytest.raises(ValueError, match="mode='ranking' is unknown"):
        LimeTextExplainer(mode="ranking")
    with pytest.raises(ValueError, match="kernel_width=0"):
        LimeTextExplainer(kernel_width=0)
    with pytest.raises(ValueError, match="stop_words='the'"):
        LimeTextExplainer(stop_words="the")
    with pytest.raises(ValueError, match="sampling_method='sobol' is not a design for text"):
        LimeTextExplainer().explain_instance("a b", linear, sampling_method="sobol")
    with config_context(sampling_method="sobol"):
        assert LimeTextExplainer().explain_instance("a b", linear).sampling_method == "enumeration"


def test_page_shows_the_very_text() -> None:
    text = "w3 <b>&amp;</b> \U0001f600 w7 <script>alert(1)</script>"
    page = LimeTextExplainer(random_state=0).explain_instance(text, linear).as_html()
    shown = re.search(r'<div class="lime-text"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert shown is not None
    assert html.unescape(re.sub(r"<[^>]*>", "", shown[1])) == text
    assert set(re.findall(r"<[/a-z]+", shown[1])) == {"<mark", "</mark"}
    assert len(page) < 40_000


def test_long_texts_are_folded_around_what_matters() -> None:
    text = "filler " * 300 + "w3 " + "filler " * 300
    explainer = LimeTextExplainer(random_state=0, stop_words=["filler"])
    exp = explainer.explain_instance(text, linear)
    page = exp.as_html()
    assert page.count("<details>") == 2
    shown = re.search(r'<div class="lime-text"[^>]*>(.*?)</div>', page, re.DOTALL)
    assert shown is not None
    whole = re.sub(r"<summary>.*?</summary>", "", shown[1])
    assert html.unescape(re.sub(r"<[^>]*>", "", whole)).strip() == text.strip()
    printed = str(exp)
    assert "filler [+w3] filler" in printed
    assert printed.count("[...]") == 2
    assert len(printed) < 3000


def test_terminal_shows_the_text_with_its_signs() -> None:
    printed = str(LimeTextExplainer(random_state=0).explain_instance("w3 then, w7 !", linear, num_features=2))
    assert "[+w3] then, [-w7] !" in printed


def test_each_output_of_a_regression_has_its_own_range():
    def model(texts):
        hits = np.array([text.count("good") for text in texts], dtype=float)
        return np.column_stack([hits, -100 * hits])

    exp = LimeTextExplainer(mode="regression", random_state=0).explain_instance(
        "a good film and a good day", model, labels=(0, 1)
    )
    assert exp.ranges == {0: (0.0, 2.0), 1: (-200.0, 0.0)}
    assert exp.explained_labels() == [0, 1]
