"""``num_samples="auto"`` on texts."""

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
