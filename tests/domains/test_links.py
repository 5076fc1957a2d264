"""``link="logit"``: log-odds in place of probabilities, in every data type and through every door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier

import lime
from lime import (
    Explanation,
    Explanations,
    LimeImageExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
    LimeTimeSeriesExplainer,
    RecurrentTabularExplainer,
)

mpl.use("Agg")


def two(scores: np.ndarray) -> np.ndarray:
    p = expit(np.asarray(scores, dtype=float))
    return np.column_stack([1.0 - p, p])


def of_rows(rows: Any) -> np.ndarray:
    x = np.asarray(rows, dtype=float)
    return two(2.0 * x[:, 0] - x[:, 1])


def of_texts(texts: Any) -> np.ndarray:
    return two(np.array([2.0 * ("good" in text) - 3.0 * ("bad" in text) + 0.5 for text in texts]))


def of_images(images: Any) -> np.ndarray:
    return two(8.0 * np.asarray(images, dtype=float)[:, :4].mean(axis=(1, 2, 3)) - 2.0)


def of_sequences(series: Any) -> np.ndarray:
    return two(np.asarray(series, dtype=float).sum(axis=(1, 2)))


def of_waves(waves: Any) -> np.ndarray:
    return two(np.asarray([np.ravel(one)[:10].mean() for one in waves]))


def table() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(200, 3))


def image() -> np.ndarray:
    return np.random.default_rng(0).random((8, 8, 3))


def squares(image: np.ndarray) -> np.ndarray:
    return np.arange(4).reshape(2, 2).repeat(4, axis=0).repeat(4, axis=1)


CASES: dict[str, tuple[Callable[[], Any], Any, Callable[[Any], np.ndarray], dict[str, Any]]] = {
    "table": (lambda: LimeTabularExplainer(table(), random_state=0), table()[0], of_rows, {}),
    "text": (lambda: LimeTextExplainer(random_state=0), "a good film with a bad end", of_texts, {}),
    "image": (
        lambda: LimeImageExplainer(random_state=0),
        image(),
        of_images,
        {"segmentation_fn": squares, "top_labels": None, "labels": (1,), "progress_bar": False},
    ),
    "sequence": (
        lambda: RecurrentTabularExplainer(table()[:180].reshape(30, 2, 9)[:, :, :3], random_state=0),
        table()[:2],
        of_sequences,
        {},
    ),
    "time series": (lambda: LimeTimeSeriesExplainer(random_state=0), table().ravel()[:60], of_waves, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_every_data_type_explains_log_odds(name: str) -> None:
    make, instance, model, more = CASES[name]
    exp = make().explain_instance(instance, model, link="logit", num_samples=500, **more)
    given = instance if isinstance(instance, str) else np.asarray(instance)[None]
    (own,) = model([given] if isinstance(given, str) else given)
    assert exp.link == "logit"
    assert exp.predict_proba == pytest.approx(own, abs=1e-9)
    assert exp.model_preds[1] == pytest.approx(float(logit(own[1])), abs=1e-6)
    # The same as a score of its own.
    settings = {key: value for key, value in more.items() if key not in ("top_labels", "labels")}
    scored = make()
    scored.mode = "regression"
    plain = scored.explain_instance(
        instance, lambda batch: logit(np.asarray(model(batch))[:, 1]), num_samples=500, **settings
    )
    assert dict(exp.local_exp[1]) == pytest.approx(dict(plain.local_exp[1]), abs=1e-7)
    assert exp.scores[1] == pytest.approx(plain.scores[1], abs=1e-7)


@pytest.mark.parametrize("name", CASES)
def test_many_say_what_one_says(name: str) -> None:
    make, instance, model, more = CASES[name]
    alone = make().explain_instance(instance, model, link="logit", num_samples=300, **more)
    (one,) = make().explain_instances([instance], model, link="logit", num_samples=300, **more)
    assert one.link == "logit"
    assert one.local_exp == alone.local_exp
    assert one.predict_proba == pytest.approx(alone.predict_proba)


def test_titles_pages_and_files_say_the_unit() -> None:
    explainer = LimeTabularExplainer(table(), class_names=["no", "yes"], random_state=0)
    exp = explainer.explain_instance(table()[0], of_rows, link="logit", num_samples=300)
    assert "Why yes, in log-odds" in str(exp)
    assert "unit: log-odds" in str(exp)
    assert "Why yes, in log-odds" in exp.as_html()
    assert exp.plot().get_title().replace("\n", " ") == "Why yes, in log-odds"
    again = Explanation.from_json(exp.to_json())
    assert again.link == "logit"
    assert str(again) == str(exp)
    rows = explainer.explain_instances(table()[:3], of_rows, link="logit", num_samples=300)
    assert isinstance(rows, Explanations)
    assert "log-odds" in str(rows[1])


def test_a_plain_explanation_says_nothing_of_it() -> None:
    exp = LimeTabularExplainer(table(), random_state=0).explain_instance(table()[0], of_rows, num_samples=300)
    assert exp.link == "identity"
    assert "log-odds" not in str(exp)
    assert "link" not in exp.to_dict()


def test_what_is_clipped_is_said() -> None:
    def sure(rows: Any) -> np.ndarray:
        p = (np.asarray(rows)[:, 0] > 0.0).astype(float) * 0.5 + 0.5
        return np.column_stack([1.0 - p, p])

    exp = LimeTabularExplainer(table(), random_state=0).explain_instance(table()[0], sure, link="logit")
    assert any("are 0 or 1, whose log-odds are infinite: they count as 13.8" in one for one in exp.warnings)
    soft = LimeTabularExplainer(table(), random_state=0).explain_instance(table()[0], of_rows, link="logit")
    assert not any("infinite" in one for one in soft.warnings)


def test_a_contrast_is_of_log_odds() -> None:
    explainer = LimeTabularExplainer(table(), class_names=["no", "yes"], random_state=0)
    plain = explainer.explain_instance(table()[0], of_rows, link="logit", num_samples=300)
    both = explainer.explain_instance(table()[0], of_rows, target=("yes", "no"), link="logit", num_samples=300)
    assert dict(both.local_exp[1]) == pytest.approx({key: 2.0 * w for key, w in plain.local_exp[1]}, abs=1e-9)
    assert "in log-odds" in str(both)


def test_the_front_door_and_the_reports_hand_it_on() -> None:
    x = table()
    model = RandomForestClassifier(20, max_depth=3, random_state=0).fit(x, x[:, 0] > x[:, 1])
    explain = lime.Explainer(model, x, link="logit", num_samples=400)
    exp = explain(x[0])
    assert exp.link == "logit"
    (label,) = exp.explained_labels()
    assert exp.model_preds[label] == pytest.approx(float(logit(np.clip(model.predict_proba(x[:1])[0][label], 1e-6, 1))))
    explainer = LimeTabularExplainer(x, random_state=0)
    own = explainer.explain_instance(x[0], model, link="logit", num_samples=400)
    gone = lime.trust.deletion(explainer, x[0], model, own)
    assert gone is not None
    report = lime.trust.fidelity(explainer, x[0], model, own)
    assert report is not None


def test_it_is_refused_where_there_are_no_probabilities() -> None:
    regression = LimeTabularExplainer(table(), mode="regression", random_state=0)
    with pytest.raises(ValueError, match="link='logit' with mode='regression'"):
        regression.explain_instance(table()[0], lambda rows: np.asarray(rows)[:, 0], link="logit")
    explainer = LimeTabularExplainer(table(), random_state=0)
    with pytest.raises(ValueError, match="leave link out"):
        explainer.explain_instance(table()[0], lambda rows: 3.0 * of_rows(rows), link="logit")
    with pytest.raises(ValueError, match="expected 'identity' or 'logit'"):
        explainer.explain_instances(table()[:2], of_rows, link="log")


def test_boosting_is_exact_in_log_odds() -> None:
    x = table()
    model = GradientBoostingClassifier(n_estimators=20, random_state=0).fit(x, x[:, 0] > x[:, 1])
    exp = LimeTabularExplainer(x, random_state=0).explain_instance(
        x[0], model, labels=(0, 1), link="logit", sampling_method="exact"
    )
    score = LimeTabularExplainer(x, mode="regression", random_state=0).explain_instance(
        x[0], model.decision_function, sampling_method="exact"
    )
    assert dict(exp.local_exp[1]) == pytest.approx(dict(score.local_exp[1]), abs=1e-12)
    assert dict(exp.local_exp[0]) == pytest.approx({key: -w for key, w in score.local_exp[1]}, abs=1e-12)
    assert exp.local_preds[1] == pytest.approx(score.local_pred, abs=1e-9)
    assert exp.predict_proba == pytest.approx(model.predict_proba(x[:1])[0], abs=1e-9)


def test_kept_predictions_are_remembered_in_the_models_own_unit() -> None:
    explainer = LimeTabularExplainer(table(), neighborhood="rows", random_state=0)
    settings: dict[str, Any] = {"num_samples": 150}
    fresh = LimeTabularExplainer(table(), neighborhood="rows", random_state=0)
    odds = fresh.explain_instance(table()[0], of_rows, link="logit", **settings)
    plain = explainer.explain_instance(table()[0], of_rows, **settings)
    again = explainer.explain_instance(table()[0], of_rows, link="logit", **settings)
    assert again.local_exp == odds.local_exp
    assert again.model_preds[1] == pytest.approx(float(logit(plain.model_preds[1])))
    assert explainer.explain_instance(table()[0], of_rows, **settings).local_exp == plain.local_exp
    (many,) = explainer.explain_instances(table()[:1], of_rows, link="logit", **settings)
    assert many.local_exp == odds.local_exp
