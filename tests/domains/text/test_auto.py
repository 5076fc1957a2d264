"""``num_samples="auto"`` on texts."""

from typing import Any

import numpy as np
import pytest

from lime import LimeTextExplainer
from lime.engine.stopping import Auto

WORDS = [f"w{i}" for i in range(30)]
TEXT = " ".join(WORDS)


def counting(texts):
    """Two words that count, far apart in size."""
    p = np.array([0.2 + 0.5 * ("w3" in t.split()) + 0.2 * ("w7" in t.split()) for t in texts])
    return np.column_stack([1 - p, p])


def rough(texts):
    """An answer that no word accounts for."""
    p = np.array([abs(np.sin(1e3 * sum(hash_of(w) for w in t.split()))) for t in texts])
    return np.column_stack([1 - p, p])


def hash_of(word):
    return int(word[1:]) ** 2 + 0.37


def test_a_clear_answer_is_settled_early_and_no_text_is_asked_about_twice():
    asked = []

    def recorded(texts):
        asked.extend(texts)
        return counting(texts)

    exp = LimeTextExplainer(random_state=0).explain_instance(TEXT, recorded, num_features=2, num_samples="auto")
    assert exp.settled
    assert [word for word, _ in exp.as_list()] == ["w3", "w7"]
    assert exp.num_model_calls == len(asked) < 1000
    assert len(set(asked)) >= len(asked) - 2  # the text itself is asked about once; nothing else may come again
    assert exp.stopping.startswith("Settled after")


def test_few_words_are_exact():
    exp = LimeTextExplainer(random_state=0).explain_instance("a b c d e f", counting, num_samples="auto")
    assert exp.settled
    assert exp.num_model_calls == 64
    assert "exact" in exp.stopping


@pytest.mark.parametrize("nothing", ["", "!!!"])
def test_nothing_to_explain_is_settled(nothing):
    assert LimeTextExplainer().explain_instance(nothing, counting, num_samples="auto").settled


def test_roughness_spends_the_budget():
    exp = LimeTextExplainer(random_state=0).explain_instance(TEXT, rough, num_features=5, num_samples=Auto(budget=1200))
    assert not exp.settled
    assert exp.num_model_calls <= 1200
    assert exp.stopping in exp.warnings


def test_the_classic_stream_has_no_stages():
    with pytest.raises(ValueError, match="classic"):
        LimeTextExplainer(random_state=0).explain_instance(
            TEXT, counting, num_samples="auto", sampling_method="classic"
        )


def test_pairs_of_too_few_draws_are_plain_draws():
    for few in (2, 3, 4, Auto(budget=4)):
        exp = LimeTextExplainer(random_state=0).explain_instance(
            TEXT, counting, num_samples=few, sampling_method="pairs"
        )
        assert exp.sampling_method == "gaussian"
        assert np.isfinite([weight for _, weight in exp.as_list()]).all()


@pytest.mark.parametrize("budget", [257, 258, 259])
def test_a_last_stage_of_no_new_texts(budget):
    """Its draws may be none at all, where pairs come whole."""
    exp = LimeTextExplainer(random_state=0).explain_instance(
        TEXT, rough, num_features=2, num_samples=Auto(budget=budget), sampling_method="pairs"
    )
    assert not exp.settled
    assert exp.num_model_calls <= budget


def test_a_model_that_keeps_one_buffer():
    memory = np.empty((5000, 2))

    def buffered(texts):
        memory[: len(texts)] = rough(texts)
        return memory[: len(texts)]

    expected, exp = (
        LimeTextExplainer(random_state=0).explain_instance(TEXT, model, num_samples=Auto(budget=1100))
        for model in (rough, buffered)
    )
    assert exp.looks > 1
    assert exp.as_list() == expected.as_list()
    np.testing.assert_array_equal(exp.predict_proba, expected.predict_proba)


@pytest.mark.parametrize("method", ["gaussian", "pairs"])
def test_weights_of_few_words_are_exact_only_where_all_texts_were_asked_about(method: str):
    explainer = LimeTextExplainer(random_state=0)
    sampled = explainer.explain_instance("a b c d", shares_of_a, num_samples="auto", sampling_method=method)
    assert "are exact" not in sampled.stopping
    assert sampled.standard_errors[1][0] > 0
    listed = explainer.explain_instance("a b c d", shares_of_a, num_samples="auto")
    assert listed.settled
    assert "are exact" in listed.stopping


def test_a_program_that_draws_itself_is_told_that_auto_needs_our_samples():
    class Own(LimeTextExplainer):
        def _LimeTextExplainer__data_labels_distances(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError("asked before the settings were checked")

    with pytest.raises(ValueError, match="num_samples='auto': expected a number"):
        Own().explain_instance("a b c d", shares_of_a, num_samples="auto")


def shares_of_a(texts: list[str]) -> Any:
    share = np.array([0.2 + 0.5 * ("a" in text.split()) * ("b" in text.split()) for text in texts])
    return np.column_stack([1 - share, share])
