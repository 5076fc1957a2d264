"""Results are plain: whoever reads, prints, pickles or converts an explanation computes nothing."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import sys
from typing import Any, NoReturn

import numpy as np
import pytest

import lime.trust
from lime import (
    Explanation,
    Explanations,
    LimeImageExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
    RecurrentTabularExplainer,
)
from lime.results.card import TrustCard

READING = ("words", "wording", "inspection", "lazy", "quiet", "progress", "quantile", "known_card")
"""What of the lower rooms, by module or name, a reader may use: words, attributes, and a number from a table."""


def classes(values: Any) -> Any:
    share = 1.0 / (1.0 + np.exp(-np.asarray(values, dtype=float)))
    return np.column_stack([1.0 - share, share])


def of_a_table() -> Explanation:
    rows = np.random.default_rng(0).normal(size=(200, 4))
    explainer = LimeTabularExplainer(rows, class_names=["no", "yes"], random_state=0)
    return explainer.explain_instance(rows[0], lambda x: classes(x[:, 0] + 3 * x[:, 0] * x[:, 1]), num_samples=400)


def of_a_regression() -> Explanation:
    rows = np.random.default_rng(0).normal(size=(200, 4))
    explainer = LimeTabularExplainer(rows, mode="regression", random_state=0)
    return explainer.explain_instance(rows[0], lambda x: x[:, 0] * (x[:, 1] > 0), num_samples="auto")


def of_a_text() -> Explanation:
    explainer = LimeTextExplainer(class_names=["bad", "good"], random_state=0)
    return explainer.explain_instance(
        "not a good day", lambda texts: classes(["good" in text and "not" in text for text in texts]), labels=(0, 1)
    )


def of_an_image() -> Explanation:
    image = np.random.default_rng(0).random((12, 12, 3))
    segments = np.arange(144).reshape(12, 12) // 24
    return LimeImageExplainer(random_state=0).explain_instance(
        image,
        lambda batch: classes(np.asarray(batch)[:, 0, 0, 0]),
        segmentation_fn=lambda _: segments,
        top_labels=2,
        num_samples=40,
        progress_bar=False,
    )


def of_a_series() -> Explanation:
    series = np.random.default_rng(0).normal(size=(60, 3, 2))
    explainer = RecurrentTabularExplainer(series, feature_names=["a", "b"], class_names=["no", "yes"], random_state=0)
    return explainer.explain_instance(series[0], lambda x: classes(x[:, 0, 0]), num_samples=300)


KINDS = (of_a_table, of_a_regression, of_a_text, of_an_image, of_a_series)


def forbid(monkeypatch: pytest.MonkeyPatch) -> int:
    """Make every function of the engine, the models' room, the data types and the diagnostics raise; count them."""

    def computes(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise AssertionError("this computes")

    count = 0
    for module in [one for name, one in sys.modules.items() if name.split(".")[0] == "lime"]:
        for name, value in list(vars(module).items()):
            at = getattr(value, "__module__", None) or ""
            low = at.startswith(("lime.engine.", "lime.models.", "lime.trust.")) or at in (
                "lime.domains.fit",
                "lime.domains.pipeline",
            )
            if inspect.isfunction(value) and low and name not in READING and at.rpartition(".")[2] not in READING:
                if at == "lime.trust.card" and name.startswith("_"):
                    continue  # parts of a card that are read from the explanation
                monkeypatch.setattr(module, name, computes)
                count += 1
    return count


def read(exp: Explanation) -> list[Any]:
    """Everything that a reader may do without asking for a measurement."""
    label = exp.explained_labels()[0]
    attributes = {name: getattr(exp, name) for name in dir(exp) if not name.startswith("__")}
    for name in [name for name in vars(type(exp)) if isinstance(vars(type(exp))[name], property)]:
        assert name in attributes
    again = Explanation.from_json(exp.to_json())
    found: list[Any] = [list(exp.warnings), str(exp), repr(exp), exp._repr_html_(), exp.as_html(), exp.to_dict()]
    found += [exp.records(label), exp.as_list(label), exp.as_map(), exp.confidence_intervals(label)]
    found += [exp.to_frame("pandas").to_dict(), str(again), again.to_dict(), again.warnings]
    found += [str(pickle.loads(pickle.dumps(exp))), copy.copy(exp).warnings, copy.deepcopy(exp).to_dict()]
    many = Explanations.of([exp, exp])
    found += [many.to_frame("pandas").to_dict(), str(many[0]), many.as_html(), repr(many)]
    return json.loads(json.dumps(found, default=str))


@pytest.mark.parametrize("make", KINDS)
def test_reading_computes_nothing(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    exp = make()
    read(exp)  # what is loaded when it is first used is there now, to be forbidden
    assert lime.trust.interactions
    assert forbid(monkeypatch) > 200
    with pytest.raises(AssertionError, match="this computes"):
        exp.interactions()
    before = read(exp)
    assert not [one for one in exp.warnings if "work together" in one]
    assert read(exp) == before
    assert exp.fit_data is not None
    assert exp.findings == exp.interaction_reports == {}


@pytest.mark.parametrize("make", KINDS)
def test_a_card_reads_what_was_measured(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    exp = make()
    card = exp.trust()
    assert isinstance(card, TrustCard)
    read(exp)
    forbid(monkeypatch)
    assert card["interactions"].sentence in json.dumps(read(exp), ensure_ascii=False)
    assert str(card)
    assert card._repr_html_()
    assert card.to_dict() == exp.to_dict()["trust"][0]
