"""How well explanations fit the model on real rows near the instance, for every neighbourhood of a table.

Six tables (wine, breast cancer, diabetes, a mixed one with correlated and categorical columns, friedman1, and a
synthetic one of correlated columns whose gradients are known) times five models. For lime 0.2.0.1's target, with and
without bins, for each neighbourhood, the front door, and shap's KernelExplainer in an environment of its own, over rows
that neither model nor explainer has seen:

- R²: of the surrogate against the model on other unseen rows, weighted by nearness: median and worst tenth; the share
  of explanations with a warning, and of those said to fit poorly; whether contributions and baseline add up;
- cosine with the known gradient, and the share of the attribution on columns that the model does not use;
- stability: the mean cosine of the weights (of shap: the values) of a row with those of the unseen row nearest to it;
- OpenXAI's PGI, PGU, RIS and ROS, of the same;
- AUC of a forest that tells samples, one around each of many rows, from unseen rows, and the attack of Slack et al.
  2020: share of explanations whose strongest column is the biased one, where the attacker's detector learned from
  independent columns (default) and from the neighbourhood's own samples (adaptive);
- coverage of the 95 % intervals over training samples.

shap's additive model is read in two ways, and the better one of a cell counts: a column counts as far as the row has
moved from the mean towards the instance, or where it falls into the instance's quartile.

    python benchmarks/local_fit.py [--rows 25] [--cells wine/forest,known/mlp] [--parts cells,attacks,coverage]
        [--methods "front door,rows"] [--out PATH]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

import openxai
from local_cells import CELLS, KNOWN_USED, Table, cosine, factors, fit_near, gradient, known, numbers_of, table
from peer import SOURCE
from processes import Worker, format_table

sys.path.insert(0, str(SOURCE))

METHODS: dict[str, dict[str, Any]] = {
    "0.2.0.1's target": {},
    "not in bins": {"discretize_continuous": False},
    "gaussian": {"neighborhood": "gaussian"},
    "gaussian 0.1 (OpenXAI's LIME)": {"neighborhood": "gaussian", "spread": 0.1},
    "copula": {"neighborhood": "copula"},
    "near": {"neighborhood": "near"},
    "rows": {"neighborhood": "rows"},
    "auto": {"neighborhood": "auto"},
}
FRONT, SHAP = "front door", "shap"
EVERY = (*METHODS, FRONT, SHAP)
FEW = 4
"""Rows of a cell for which stability is measured."""

FEWER = 2
"""Rows of a cell for which OpenXAI's measures are taken."""

TRAININGS, TRAINING_ROWS, ENDLESS = 60, 400, 20_000
"""Training samples over which intervals are held against the weights of endless data, and their sizes."""

Found = dict[str, Any]


class Way:
    """One way to explain the rows of a cell."""

    def __init__(self, of: Table, model: Any, name: str, samples: int) -> None:
        import lime

        self.of, self.model = of, model
        self.asked: dict[str, Any] = {"num_features": of.train.shape[1]}
        self.door: lime.Explainer | None = None
        if name == FRONT:
            self.door = lime.Explainer(model, of.train, **self.asked)
        else:
            self.asked["num_samples"] = samples
            mode = "classification" if of.classifies else "regression"
            self.plain = lime.LimeTabularExplainer(of.train, mode=mode, random_state=0, **METHODS[name])

    def explain(self, row: Any, label: int) -> Any:
        chosen: dict[str, Any] = {"labels": (label,)} if self.of.classifies else {}
        if self.door is not None:
            return self.door(row, **chosen)
        return self.plain.explain_instance(row, self.model, **self.asked, **chosen)


def vector(pairs: Iterable[tuple[int, float]], d: int) -> np.ndarray:
    found = np.zeros(d)
    for j, value in pairs:
        if j < d:
            found[j] = value
    return found


def weights_of(exp: Any, label: int, d: int) -> np.ndarray:
    return vector(exp.local_exp[label], d)


def attribution_of(exp: Any, label: int, d: int) -> np.ndarray:
    """What is shown: contributions where they add up, else weights."""
    return vector(exp.contributions(label).items(), d) if exp.anchored else weights_of(exp, label, d)


def measure(cell: str, methods: Sequence[str], rows: int, samples: int, peer: Worker | None) -> list[Found]:
    """One record for each method and row."""
    name, model_name = cell.split("/")
    of = table(name)
    model = of.fit(model_name)
    places = range(min(rows, len(of.test)))
    truth = of.predict(model, of.test)
    labels = [int(np.argmax(truth[k])) if of.classifies else 0 for k in range(len(truth))]
    scale = numbers_of(of.train).std(axis=0)
    about = {"table": name, "model": model_name}
    records = []
    for method in methods:
        if method == SHAP:
            if peer is not None:
                found = of_shap(of, model, labels, rows, peer)
                records += [{**about, "method": SHAP, **one} for one in found]
            continue
        started, way = time.process_time(), Way(of, model, method, samples)
        for k in places:
            label = labels[k] if of.classifies else 1
            exp = way.explain(of.row(k), label)
            record = {**about, "method": method, "row": k, **judge(of, exp, label, k, truth[:, labels[k]])}
            own = weights_of(exp, label, len(scale))

            def attribution(row: Any, label: int = label, way: Way = way) -> np.ndarray:
                return weights_of(way.explain(row, label), label, len(scale))

            if k < FEW:
                record["alike"] = cosine(own, attribution(of.row(closest(of, k))))
            if k < FEWER and len(of.numeric) == len(scale):
                predict = predictor(of, model, labels[k])
                record |= in_openxai(own, of.row(k), scale, predict, attribution)
            records.append(record)
        records[-1]["seconds"] = time.process_time() - started
    return records


def predictor(of: Table, model: Any, label: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: of.predict(model, x)[:, label]


def closest(of: Table, k: int) -> int:
    gaps = of.gaps(k)
    gaps[k] = np.inf
    return int(np.argmin(gaps))


def judge(of: Table, exp: Any, label: int, k: int, truth: np.ndarray) -> Found:
    """What one explanation is worth."""
    scale = numbers_of(of.train).std(axis=0)
    keep = np.arange(len(of.test)) != k
    weights, shown = weights_of(exp, label, len(scale)), attribution_of(exp, label, len(scale))
    found: Found = {
        "score": fit_near(exp.surrogate(of.others(k), label), truth[keep], of.gaps(k)[keep]),
        "own_score": float(exp.scores[label]),
        "poor": any("fits poorly" in one for one in exp.diagnostics()),
        "warned": bool(exp.warnings),
        "neighborhood": exp.neighborhood,
        "calls": exp.num_model_calls,
    }
    if exp.anchored:
        total = exp.baseline_value + sum(exp.contributions(label).values())
        found["sum"] = bool(abs(total - truth[k]) <= 1e-9 * max(1.0, abs(truth[k])))
    return found | of_truth(of, weights, shown, k, scale)


def of_truth(of: Table, weights: np.ndarray, shown: np.ndarray, k: int, scale: np.ndarray) -> Found:
    """Agreement with what is known: the gradient, and which columns have no use."""
    found: Found = {}
    if of.used == KNOWN_USED:
        found["cosine"] = cosine(weights, gradient(of.test[k]) * scale)
    if of.used is not None and np.abs(shown).sum() > 0.0:
        found["unused"] = float(np.abs(shown[of.used :]).sum() / np.abs(shown).sum())
        found["unused_weights"] = float(np.abs(weights[of.used :]).sum() / np.abs(weights).sum())
    return found


def in_openxai(
    own: np.ndarray,
    row: np.ndarray,
    scale: np.ndarray,
    predict: Callable[[np.ndarray], np.ndarray],
    attribution: Callable[[np.ndarray], np.ndarray],
) -> Found:
    near = openxai.nearby(row, scale)
    others = np.array([attribution(one) for one in near])
    before, after = predict(row[None]), predict(near)[:, None]
    return {
        "pgi": openxai.gaps(own, row, scale, predict),
        "pgu": openxai.gaps(own, row, scale, predict, least=True),
        "ris": openxai.instability(own, others, row, near),
        "ros": openxai.instability(own, others, before, after),
    }


def of_shap(of: Table, model: Any, labels: list[int], rows: int, peer: Worker) -> list[Found]:
    """The same of shap's values."""
    train, test, truth = numbers_of(of.train), numbers_of(of.test), of.predict(model, of.test)
    scale = train.std(axis=0)
    background = train[np.random.default_rng(0).permutation(len(train))[:25]]
    places = range(min(rows, len(test)))
    whole = len(of.numeric) == len(scale)
    asked: list[tuple[np.ndarray, int]] = [(test[k], labels[k]) for k in places]
    for k in places:
        if k < FEW:
            asked.append((test[closest(of, k)], labels[k]))
        if k < FEWER and whole:
            asked += [(one, labels[k]) for one in openxai.nearby(test[k], scale)]
    started = time.perf_counter()
    values, base = ask_shap(of, model, background, asked, peer)
    seconds = time.perf_counter() - started
    more = iter(values[len(places) :])
    edges = np.quantile(train, [0.25, 0.5, 0.75], axis=0)
    means = background.mean(axis=0)
    records = []
    for k in places:
        keep, own = np.arange(len(test)) != k, values[k]
        away = test[k] - means
        away = np.where(np.abs(away) < 0.1 * scale, np.where(away < 0, -0.1, 0.1) * np.where(scale > 0, scale, 1), away)
        slopes, one_hot = own / away, np.setdiff1d(np.arange(len(scale)), of.numeric)
        moved = (test[keep] - test[k]) * slopes
        moved[:, one_hot] = np.where(test[keep][:, one_hot] == test[k, one_hot], 0.0, -own[one_hot])
        inside = (test[keep][:, None] > edges).sum(axis=1) == (test[k] > edges).sum(axis=0)
        inside[:, one_hot] = test[keep][:, one_hot] == test[k, one_hot]
        told, gaps = truth[keep, labels[k]], of.gaps(k)[keep]
        record = {
            "row": k,
            "sloped": fit_near(base[k] + own.sum() + moved.sum(axis=1), told, gaps),
            "binned": fit_near(base[k] + inside @ own, told, gaps),
            "sum": bool(abs(base[k] + own.sum() - truth[k, labels[k]]) <= 1e-6 * max(1.0, abs(truth[k, labels[k]]))),
            **of_truth(of, slopes * scale, own, k, scale),
        }
        if k < FEW:
            record["alike"] = cosine(own, next(more))
        if k < FEWER and whole:
            record |= in_openxai(own, test[k], scale, predictor(of, model, labels[k]), lambda _: next(more))
        records.append(record)
    better = max(("sloped", "binned"), key=lambda way: float(np.nanmedian([one[way] for one in records])))
    for record in records:
        record["score"] = record[better]
    records[-1]["seconds"] = seconds
    return records


def ask_shap(
    of: Table, model: Any, background: np.ndarray, asked: list[tuple[np.ndarray, int]], peer: Worker
) -> tuple[np.ndarray, np.ndarray]:
    columns = None
    if isinstance(of.train, pd.DataFrame):
        columns = [
            (name, list(of.train[name].cat.categories) if of.train[name].dtype == "category" else None)
            for name in of.train.columns
        ]
    with tempfile.TemporaryDirectory() as folder:
        request, answer = Path(folder) / "request", Path(folder) / "answer"
        content = {
            "model": model,
            "background": background,
            "rows": np.array([row for row, _ in asked]),
            "labels": [label for _, label in asked],
            "columns": columns,
            "classifies": of.classifies,
        }
        joblib.dump(content, request)
        peer.ask(request=str(request), answer=str(answer))
        found = joblib.load(answer)
    return found["values"], found["base"]


# ---- the attack


def draws_of(explainer: Any, test: np.ndarray) -> np.ndarray:
    """One sample around each of some rows, drawn by its weight; of training rows none twice."""
    from lime.domains.protocols import Sampling
    from lime.engine.kernels import kernel_weights

    explainer.choose_neighborhood(lambda x: np.column_stack([x[:, 0] <= 0, x[:, 0] > 0]).astype(float))
    settings = explainer.check_arguments(explainer.complete_settings({}))
    drawn: dict[bytes, np.ndarray] = {}
    for k, row in enumerate(test):
        rng = np.random.default_rng(k)
        given = explainer.interpretable_input(row, settings)
        size = 1000 if explainer.neighborhood in ("rows", "auto") else 64
        samples = given.sample(Sampling(size, "gaussian", rng, np.random.RandomState(0), "euclidean"))
        distances = samples.distances
        if distances is None:
            distances = np.sqrt(samples.squared_distances)
        weights = kernel_weights(explainer.base.kernel_fn, distances)
        weights[[one.tobytes() in drawn for one in samples.values]] = 0.0
        if weights.any():
            taken = samples.values[rng.choice(len(weights), p=weights / weights.sum())]
            drawn[taken.tobytes()] = taken
    return np.array(list(drawn.values()))


def auc_of(drawn: np.ndarray, real: np.ndarray) -> float:
    n = min(len(drawn), len(real))
    x, y = np.concatenate([real[:n], drawn[:n]]), np.repeat([1, 0], n)
    order = np.random.default_rng(0).permutation(2 * n)
    learned, held = order[: n * 4 // 3], order[n * 4 // 3 :]
    forest = RandomForestClassifier(200, random_state=0).fit(x[learned], y[learned])
    return float(roc_auc_score(y[held], forest.predict_proba(x[held])[:, 1]))


class Attack:
    """Biased on rows that look like data to a detector of its own, harmless on all others."""

    def __init__(self, train: np.ndarray, drawn: np.ndarray) -> None:
        x, y = np.concatenate([train, drawn]), np.repeat([1, 0], [len(train), len(drawn)])
        self.detector = RandomForestClassifier(100, random_state=0, oob_score=True).fit(x, y)
        # To be of use, it is biased on most real rows.
        self.least = float(np.quantile(self.detector.oob_decision_function_[: len(train), 1], 0.05))

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        real = self.detector.predict_proba(x)[:, 1] >= self.least
        p = np.where(real, x[:, 0] > 0.0, x[:, 9] > 0.0).astype(float)
        return np.column_stack([1.0 - p, p])


def attacks(rows: int, samples: int) -> list[Found]:
    """AUC of samples, and whether the attack is named, on the table of correlated columns."""
    import lime

    rng = np.random.default_rng(0)
    train, test = factors(600, rng), factors(600, rng)
    plain = lime.LimeTabularExplainer(train, random_state=0, discretize_continuous=False)
    default = Attack(train, draws_of(plain, factors(600, rng)))
    records = []
    for method in (*METHODS, FRONT):
        # What the front door would draw around a model that it has not met is what its training rows are.
        settings = METHODS.get(method, {"neighborhood": "rows"})
        drawn = draws_of(lime.LimeTabularExplainer(train, random_state=0, **settings), factors(400, rng))
        shares = []
        for attack in (default, Attack(train, drawn)):
            if method == FRONT:
                door = lime.Explainer(attack, train, labels=(1,), num_features=10)
                exps = [door(test[k]) for k in range(rows)]
            else:
                fresh = lime.LimeTabularExplainer(train, random_state=0, **settings)
                asked: Found = {"labels": (1,), "num_features": 10, "num_samples": samples}
                exps = [fresh.explain_instance(test[k], attack, **asked) for k in range(rows)]
            shares.append(float(np.mean([abs(weights_of(exp, 1, 10)).argmax() == 0 for exp in exps])))
        records.append({"method": method, "auc": auc_of(drawn, test), "default": shares[0], "adaptive": shares[1]})
    return records


# ---- intervals


def coverage(trainings: int, samples: int) -> list[Found]:
    """How often 95 % intervals hold the slopes that endless training data would give, over training samples."""
    import lime

    at = factors(1, np.random.default_rng(3))[0] * 0.5
    ways: dict[str, Found] = {
        name + (", anchored" if held else ""): {"neighborhood": name, "anchored": held}
        for held in (False, True)
        for name in ("rows", "copula", "near", "gaussian")
    }

    def slopes(rows: np.ndarray, way: Found, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        explainer = lime.LimeTabularExplainer(
            rows, mode="regression", random_state=seed, neighborhood=way["neighborhood"]
        )
        exp = explainer.explain_instance(
            at, known, num_samples=max(samples, len(rows) + 1), num_features=10, anchored=way["anchored"]
        )
        intervals = exp.confidence_intervals(1)
        return (
            weights_of(exp, 1, 10),
            np.array([intervals[j][0] for j in range(10)]),
            np.array([intervals[j][1] for j in range(10)]),
        )

    records = []
    for name, way in ways.items():
        endless = [slopes(factors(ENDLESS // 2, np.random.default_rng(900 + k)), way, k)[0] for k in range(4)]
        truth, held, widths, every = np.mean(endless, axis=0), [], [], []
        for seed in range(trainings):
            weights, low, high = slopes(factors(TRAINING_ROWS, np.random.default_rng(100 + seed)), way, seed)
            held.append((low <= truth) & (truth <= high))
            widths.append(high - low)
            every.append(weights)
        error = np.sqrt(np.square(np.array(every) - truth).mean(axis=0))
        records.append(
            {
                "method": name,
                "held": float(np.mean(held)),
                "worst column": float(np.mean(held, axis=0).min()),
                "width": float(np.median(np.mean(widths, axis=0) / (3.92 * error))),
            }
        )
    return records


# ---- what is printed


def numbers(own: pd.DataFrame, name: str, digits: int = 2) -> str:
    if name not in own or not own[name].notna().any():
        return "-"
    return f"{own[name].astype(float).mean():.{digits}f}"


def summary(frame: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    heads = ["", "median R²", "worst tenth", "warned", "poor", "alike", "cosine", "unused", "sum exact"]
    heads += ["PGI", "PGU", "log RIS", "log ROS", "ms a row"]
    lines = []
    for method in EVERY:
        own = frame[frame.method == method]
        if not len(own):
            continue
        scores = own.score.dropna()
        line = [method, f"{scores.median():.2f}", f"{scores.quantile(0.1):.2f}"]
        line += ["-" if own[name].isna().all() else f"{own[name].mean():.0%}" for name in ("warned", "poor")]
        line += [numbers(own, name) for name in ("alike", "cosine", "unused")]
        line += ["-" if "sum" not in own or own["sum"].isna().all() else f"{own['sum'].dropna().mean():.0%}"]
        line += [numbers(own, name, 3) for name in ("pgi", "pgu")]
        line += [
            f"{np.log(own[name].dropna().clip(lower=1e-12)).median():.1f}" if name in own else "-"
            for name in ("ris", "ros")
        ]
        line += [f"{1000 * own.seconds.sum() / len(own):.0f}" if "seconds" in own else "-"]
        lines.append(line)
    return heads, lines


def by_table(frame: pd.DataFrame, *, cells: bool) -> tuple[list[str], list[list[str]]]:
    keys = ["table", "model"] if cells else ["table"]
    methods = [method for method in EVERY if (frame.method == method).any()]
    lines = []
    for key, part in frame.groupby(keys, sort=False):
        medians = [part[part.method == method].score.median() for method in methods]
        lines.append([" / ".join(key), *(f"{one:.2f}" for one in medians)])
    return ["median R²", *methods], lines


def show(found: dict[str, Any]) -> None:
    """Print what was measured."""
    if found["rows"]:
        frame = pd.DataFrame([{"warned": None, "poor": None, "sum": None, **one} for one in found["rows"]])
        frame[["warned", "poor", "sum"]] = frame[["warned", "poor", "sum"]].astype(float)
        for heads, lines in (summary(frame), by_table(frame, cells=False), by_table(frame, cells=True)):
            print(format_table(heads, lines), end="\n\n")
    if found["attacks"]:
        told = [
            [one["method"], f"{one['auc']:.2f}", f"{one['default']:.0%}", f"{one['adaptive']:.0%}"]
            for one in found["attacks"]
        ]
        print(format_table(["attack of Slack et al.", "AUC", "named, default", "named, adaptive"], told), end="\n\n")
    if found["coverage"]:
        told = [
            [one["method"], f"{one['held']:.1%}", f"{one['worst column']:.0%}", f"{one['width']:.2f}"]
            for one in found["coverage"]
        ]
        print(format_table(["95 % intervals", "hold", "worst column", "width over what is needed"], told))


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=25)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--trainings", type=int, default=TRAININGS)
    parser.add_argument("--cells", default=",".join(CELLS))
    parser.add_argument("--parts", default="cells,attacks,coverage")
    parser.add_argument("--methods", default=",".join(EVERY), help="shap needs an environment of its own")
    parser.add_argument("--out", type=Path, help="write what is measured to this file, after each cell")
    parser.add_argument("--show", type=Path, help="measure nothing, print such a file")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.show:
        show(json.loads(given.show.read_text()))
        return
    warnings.simplefilter("ignore")
    found: dict[str, Any] = {"rows": [], "attacks": [], "coverage": []}

    def keep() -> None:
        if given.out:
            given.out.write_text(json.dumps(found))

    parts = given.parts.split(",")
    if "coverage" in parts:
        found["coverage"] = coverage(given.trainings, given.samples)
        keep()
    if "attacks" in parts:
        found["attacks"] = attacks(given.rows, given.samples)
        keep()
    if "cells" in parts:
        peer = Worker("kernel_shap.py", "shap") if SHAP in given.methods.split(",") else None
        for cell in given.cells.split(","):
            found["rows"] += measure(cell, given.methods.split(","), given.rows, given.samples, peer)
            print(f"{cell} done", file=sys.stderr, flush=True)
            keep()
        if peer is not None:
            peer.close()
    print(json.dumps(found)) if given.json else show(found)


if __name__ == "__main__":
    main()
