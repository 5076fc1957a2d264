"""Explanations made by hand, for tests and for the screenshots."""

from __future__ import annotations

import numpy as np

from lime.results.explanation import DomainMapper, Explanation

WINE = [
    ("flavanoids", "flavanoids <= 1.20", 0.76, -0.2381),
    ("proline", "proline > 985.00", 1065.0, 0.2164),
    ("color_intensity", "4.69 < color_intensity <= 6.20", 5.64, 0.0987),
    ("od280/od315_of_diluted_wines", "2.78 < od280/od315_of_diluted_wines <= 3.17", 2.92, 0.0731),
    ("alcohol", "alcohol > 13.68", 14.23, 0.0662),
    ("hue", "0.96 < hue <= 1.12", 1.04, -0.0414),
    ("malic_acid", "malic_acid <= 1.60", 1.51, -0.0305),
    ("total_phenols", "2.35 < total_phenols <= 2.80", 2.8, 0.0188),
    ("magnesium", "magnesium > 107.00", 127.0, 0.0093),
    ("ash", "2.36 < ash <= 2.56", 2.43, -0.0021),
]
MORE = [("alcalinity_of_ash", 15.6), ("nonflavanoid_phenols", 0.28), ("proanthocyanins", 2.29)]


class FakeMapper(DomainMapper):
    """Knows names and values from lists."""

    def __init__(self, names, features, values, lows=None, highs=None):
        self.names, self.features, self.values = names, features, values
        self.lows = lows or [None] * len(names)
        self.highs = highs or [None] * len(names)

    def map_exp_ids(self, exp, **kwargs):
        return [(self.features[i], weight) for i, weight in exp]

    def describe(self, feature_id):
        return {
            "feature": self.features[feature_id],
            "index": feature_id,
            "name": self.names[feature_id],
            "value": self.values[feature_id],
            "low": self.lows[feature_id],
            "high": self.highs[feature_id],
        }

    def instance_features(self):
        return list(range(len(self.names)))


class BlockMapper(FakeMapper):
    """Has a picture of the instance of its own."""

    def __init__(self, names, features, values, block):
        super().__init__(names, features, values)
        self.block = block

    def instance_block(self, exp):
        return self.block


def fill(exp, label, weights, errors=None, intercept=0.25, score=0.71, model=None):
    """Put the weights of one label into an explanation, as an explainer does."""
    exp.local_exp[label] = sorted(
        ((i, np.float64(w)) for i, w in enumerate(weights)), key=lambda pair: -np.nan_to_num(abs(pair[1]))
    )
    exp.intercept[label] = intercept
    exp.scores[label] = exp.score = score
    surrogate = intercept + float(np.sum(weights))
    exp.local_preds[label] = surrogate
    exp.local_pred = np.array([surrogate])
    exp.model_preds[label] = surrogate + 0.013 if model is None else model
    exp.standard_errors[label] = {} if errors is None else {i: float(e) for i, e in enumerate(errors)}
    exp.degrees_of_freedom[label] = 7.0
    exp.num_model_calls = 5001
    exp.num_samples = 5000
    exp.sampling_method = "sobol"
    exp.effective_samples = 0.991


def wine_mapper():
    """Ten features with weight, three without."""
    names = [name for name, *_ in WINE] + [name for name, _ in MORE]
    features = [feature for _, feature, *_ in WINE] + [name for name, _ in MORE]
    values = [value for *_, value, _ in WINE] + [value for _, value in MORE]
    return FakeMapper(names, features, values)


def wine(labels=(1,), warnings=()):
    """Explain a wine as a classification with three classes."""
    exp = Explanation(wine_mapper(), class_names=["barolo", "grignolino", "barbera"])
    exp.predict_proba = np.array([0.0337, 0.4374, 0.5289])
    weights = np.array([weight for *_, weight in WINE])
    for label in labels:
        turned = np.roll(weights, label - 1) * (1 if label == 1 else -0.8)
        errors = 0.002 + 0.035 * abs(turned)
        fill(exp, label, turned, errors, model=float(exp.predict_proba[label]))
    exp.warnings = list(warnings)
    return exp


def wine_warned():
    """Explain the wine with two things to warn about."""
    return wine(
        warnings=(
            "The fit is poor: the linear surrogate explains 31 % of the variance of the predictions (R^2 = 0.31).",
            "The interval of 'ash' contains zero: the sign of its weight is not settled.",
        )
    )


def house():
    """Explain a price: regression with one output."""
    names = ["rooms", "age", "distance to the centre", "district"]
    features = ["rooms > 6.00", "age <= 12.00", "2.10 < distance to the centre <= 4.00", "district=Altstadt"]
    exp = Explanation(FakeMapper(names, features, [7, 9.5, 3.25, "Altstadt"]), mode="regression")
    weights = np.array([31250.0, 8120.5, -14310.0, 22087.0])
    fill(exp, 1, weights, [900.0, 1200.0, 850.0, 400.0], intercept=241000.0, model=291400.0)
    exp.local_exp = {0: [(i, -w) for i, w in exp.local_exp[1]], 1: exp.local_exp[1]}
    for by_label in (
        exp.intercept,
        exp.scores,
        exp.local_preds,
        exp.model_preds,
        exp.standard_errors,
        exp.degrees_of_freedom,
    ):
        by_label[0] = by_label[1]  # type: ignore[assignment]
    exp.predicted_value, exp.min_value, exp.max_value = 291400.0, 118000.0, 412500.0
    return exp


def review():
    """Explain a sentence, in which words are marked."""
    words = ["A", "slow", "start", ",", "but", "the", "ending", "is", "wonderful", "and", "true", "."]
    pieces = []
    for i, word in enumerate(words):
        if i and word not in ",.":
            pieces.append({"text": " ", "feature": None})
        pieces.append({"text": word, "feature": i})  # type: ignore[dict-item]
    mapper = BlockMapper(words, words, [None] * len(words), {"kind": "text", "pieces": pieces})
    exp = Explanation(mapper, class_names=["negative", "positive"])
    weights = np.zeros(len(words))
    weights[[1, 2, 4, 8, 10]] = [-0.21, -0.04, 0.07, 0.34, 0.18]
    fill(exp, 1, weights, 0.004 + 0.02 * abs(weights), intercept=0.5, score=0.88, model=0.8567)
    exp.local_exp[1] = [pair for pair in exp.local_exp[1] if pair[1] != 0]
    exp.predict_proba = np.array([0.1433, 0.8567])
    return exp


HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "\"quoted\" 'single' `back` & <b>bold</b>",
    "{{ 7 * 7 }} {% raw %}",
    "\u202ereversed \u2067isolate",
    "\U0001f469\u200d\U0001f52c\U0001f680 \u91cd\u91cf cafe\u0301",
    "n" * 10_000,
    "$\\frac{a}{b}$ and $5",
    "line\nbreak\ttab\x00nul\x1b[31mred\x07",
    "lone \ud800 surrogate",
    "--><style>*{display:none}</style><!--",
]


def hostile():
    """Explain with names, values, classes and warnings that attack whatever shows them."""
    values = [*HOSTILE[:6], float("nan"), float("inf"), -1e300, 10**30]
    exp = Explanation(FakeMapper(HOSTILE, HOSTILE, values), class_names=[HOSTILE[0], HOSTILE[1], HOSTILE[3]])
    weights = np.array([0.4, -0.3, np.nan, np.inf, -np.inf, 0.1, 0.0, -1e-12, 0.05, 0.02])
    fill(
        exp,
        1,
        weights,
        [0.01, np.nan, 0.01, 0.01, np.inf, 0.2, 0.0, 1e-3, 0.01, 0.01],
        intercept=np.nan,
        score=np.nan,
    )
    exp.predict_proba = np.array([0.2, np.nan, np.inf])
    exp.warnings = list(HOSTILE[:5])
    return exp


SAMPLES = {
    "wine": wine,
    "wine_three": lambda: wine(labels=(1, 0, 2)),
    "wine_warned": wine_warned,
    "house": house,
    "review": review,
    "hostile": hostile,
}
