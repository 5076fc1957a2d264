"""How many calls of a model our weights need for the error that those of lime 0.2.0.1 have at its defaults.

Of each table, text and image with a model: the root-mean-square error of all weights of lime 0.2.0.1 at its default
number of samples (5000, 5000, 1000), to a very large sample of ours under another seed; ours at growing numbers of
samples, without a cheap model's help and with it; and where the two meet, on straight lines through the logarithms.
Beside it the share of our 95% intervals, at all those numbers of samples, that hold the large sample's weight (its own
interval counts with ours, since where much is known of a model it is no narrower), and our own time on one core at the
larger number of samples next to where they meet, without the model's.

    python benchmarks/calls_needed.py [--domains tables texts images] [--seeds 6] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from cases import make_case
from image_cases import DATA, KINDS, features, save_cases
from peer import SOURCE
from processes import Worker, format_table
from text_cases import save_case

sys.path.insert(0, str(SOURCE))

TABLES = {
    "wine": ("mlp", "svm", "forest", "neighbours", "boosting"),
    "cancer": ("mlp", "svm", "forest"),
    "diabetes": ("mlp", "neighbours"),
    "friedman": ("svm", "forest"),
    "mixed": ("mlp", "boosting"),
}
TEXTS = ("naive Bayes", "logistic", "forest", "MLP")

SIZES = {"tables": (150, 300, 600, 1200), "texts": (100, 200, 400, 800), "images": (256, 400, 800)}
PLAIN_SIZES = {"tables": (300, 600, 1200, 2500, 5000), "texts": (500, 1000, 2500, 5000), "images": (256, 400, 800)}
DEFAULTS = {"tables": 5000, "texts": 5000, "images": 1000}
BOUNDS = {"tables": 1 / 8, "texts": 1 / 14, "images": 1 / 4}
LARGE, LARGE_SEED = {"tables": 2**16, "texts": 2**16, "images": 2**16}, 987_654
FLAT = 1e-4
"""Largest weight of a model that does not vary around an instance, so that there is nothing to compare."""

Weights = dict[Any, float]


@dataclass
class Found:
    """What one call of ours gives: weights and intervals of each instance, and its own time in seconds."""

    weights: list[Weights]
    intervals: list[dict[Any, tuple[float, float]]]
    seconds: float


@dataclass
class Cell:
    """Some instances and a model.

    Attributes
    ----------
    name : str
    ours : callable
        ``ours(num_samples, seed, estimator)`` explains all of them.
    theirs : callable
        ``theirs(seeds)`` gives the weights of lime 0.2.0.1 at its defaults: of each instance, by seed.
    """

    name: str
    ours: Callable[[int, int, str], Found]
    theirs: Callable[[list[int]], list[list[Weights]]]


class Clock:
    """A function on batches that counts its own time."""

    def __init__(self, predict: Callable[[Any], Any]) -> None:
        self.predict, self.seconds = predict, 0.0

    def __call__(self, batch: Any) -> Any:
        began = time.process_time()
        answer = self.predict(batch)
        self.seconds += time.process_time() - began
        return answer


def timed(explain: Callable[[Callable[[Any], Any]], list[Any]], predict: Any, labels: list[int]) -> Found:
    """Explain instances, and read weights and intervals of one label each."""
    clock, began = Clock(predict), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = explain(clock)
    seconds = time.process_time() - began - clock.seconds
    weights = [dict(one.local_exp[label]) for one, label in zip(found, labels, strict=True)]
    return Found(weights, [one.confidence_intervals(label) for one, label in zip(found, labels, strict=True)], seconds)


def tables(folder: str, rows: int) -> Iterator[Cell]:
    """The cells of tables."""
    from lime import LimeTabularExplainer

    for data, kinds in TABLES.items():
        for kind in kinds:
            case = make_case(data, kind, rows)
            case.labels = [case.labels[0]] * rows
            predict = case.model.predict_proba if case.mode == "classification" else case.model.predict

            def ours(n: int, seed: int, estimator: str, case: Any = case, predict: Any = predict) -> Found:
                explainer = LimeTabularExplainer(
                    case.train,
                    mode=case.mode,
                    categorical_features=case.categorical or None,
                    feature_selection="none",
                    random_state=seed,
                )
                settings: dict[str, Any] = {"labels": (case.labels[0],), "num_samples": n, "estimator": estimator}
                return timed(
                    lambda f: list(explainer.explain_instances(case.rows, f, **settings)), predict, case.labels
                )

            def theirs(seeds: list[int], case: Any = case) -> list[list[Weights]]:
                with Worker("weights.py", "peer") as peer:
                    peer.ask(case=case.save(Path(folder)))
                    common = {"feature_selection": "none", "num_features": case.columns, "discretize": True}
                    found = [
                        peer.ask(explain={**common, "row": row, "num_samples": 5000, "seeds": seeds})
                        for row in range(len(case.rows))
                    ]
                return [[dict(zip(one["ids"], one["weights"], strict=True)) for one in some] for some in found]

            yield Cell(case.name, ours, theirs)


def texts(folder: str, count: int) -> Iterator[Cell]:
    """The cells of texts."""
    from lime import LimeTextExplainer

    path = save_case(folder, list(TEXTS))
    case = joblib.load(path)
    fitting = [i for i, text in enumerate(case["texts"]) if 300 < len(text) <= 1500 and i >= 30]
    posts = fitting[:: max(1, len(fitting) // count)][:count]
    for name in TEXTS:
        for post in posts:

            def ours(n: int, seed: int, estimator: str, name: str = name, post: int = post) -> Found:
                explainer = LimeTextExplainer(random_state=seed, feature_selection="none")
                text, predict = case["texts"][post], case["models"][name].predict_proba
                return timed(
                    lambda f: [explainer.explain_instance(text, f, num_samples=n, estimator=estimator)], predict, [1]
                )

            def theirs(seeds: list[int], name: str = name, post: int = post) -> list[list[Weights]]:
                with Worker("text.py", "peer") as peer:
                    peer.ask(case=path)
                    asked = {"model": name, "text": post, "num_samples": 5000, "settings": {}}
                    found = [peer.ask(estimate={**asked, "seed": seed}) for seed in seeds]
                return [[dict(enumerate(one["weights"])) for one in found]]

            yield Cell(f"{name} post {post}", ours, theirs)


def images(folder: str, count: int) -> Iterator[Cell]:
    """The cells of images."""
    from lime import LimeImageExplainer

    path = save_cases(folder)
    cases = joblib.load(path)
    for data in DATA:
        for kind in KINDS:
            for image in range(count):
                case = cases[data]
                shown, segments, model = case["shown"][image], case["segments"][image], case["models"][kind]

                def predict(images: Any, model: Any = model) -> Any:
                    return model.predict_proba(features(images))

                def ours(
                    n: int,
                    seed: int,
                    estimator: str,
                    *,
                    case: Any = case,
                    shown: Any = shown,
                    segments: Any = segments,
                    predict: Any = predict,
                ) -> Found:
                    explainer = LimeImageExplainer(random_state=seed)
                    settings: dict[str, Any] = {
                        "top_labels": 1,
                        "hide_color": case["hide_color"],
                        "num_features": 100_000,
                    }
                    settings |= {"num_samples": n, "batch_size": 1000, "estimator": estimator}
                    label = int(np.argmax(predict(shown[None])[0]))
                    return timed(
                        lambda f: [
                            explainer.explain_instance(
                                shown, f, segmentation_fn=lambda _: segments, progress_bar=False, **settings
                            )
                        ],
                        predict,
                        [label],
                    )

                def theirs(
                    seeds: list[int], data: str = data, kind: str = kind, image: int = image
                ) -> list[list[Weights]]:
                    with Worker("image.py", "peer") as peer:
                        peer.ask(cases=path)
                        asked = {"data": data, "model": kind, "image": image, "num_samples": 1000, "seeds": seeds}
                        found = peer.ask(explain=asked)
                    return [[dict(zip(one["ids"], one["weights"], strict=True)) for one in found]]

                yield Cell(f"{data} {kind} {image}", ours, theirs)


MAKERS = {"tables": tables, "texts": texts, "images": images}


def rmse(found: list[list[Weights]], target: list[Weights]) -> float:
    """Root-mean-square distance of weights, of each instance by seed, to the target."""
    gaps = [
        (one[key] - truth[key]) ** 2 for some, truth in zip(found, target, strict=True) for one in some for key in truth
    ]
    return float(np.sqrt(np.mean(gaps)))


def half(found: Found, instance: int, key: Any) -> float:
    """Half the width of an interval."""
    low, high = found.intervals[instance][key]
    return 0.5 * (high - low)


def meets(sizes: list[int], errors: list[float], wanted: float) -> tuple[float, str]:
    """The number of samples at which errors reach the wanted one; and '<' or '>' where it is beyond the ends."""
    if errors[0] <= wanted:
        return float(sizes[0]), "<"
    for (n, error), (more, less) in zip(
        zip(sizes, errors, strict=True), zip(sizes[1:], errors[1:], strict=True), strict=False
    ):
        if less <= wanted:
            share = np.log(error / wanted) / np.log(error / less)
            return float(n * (more / n) ** share), ""
    return float(sizes[-1]), ">"


def measure(cell: Cell, domain: str, seeds: int, their_seeds: int) -> dict[str, Any] | None:
    """One line of the table; None where the model does not vary around the instances."""
    large = cell.ours(LARGE[domain], LARGE_SEED, "plain" if domain == "tables" else "assisted")
    target = large.weights
    if max(abs(weight) for one in target for weight in one.values()) < FLAT:
        return None
    wanted = rmse(cell.theirs(list(range(their_seeds))), target)
    line: dict[str, Any] = {"domain": domain, "name": cell.name, "theirs": wanted}
    for estimator, sizes in (("plain", PLAIN_SIZES[domain]), ("assisted", SIZES[domain])):
        taken, errors, seconds, hits = [], [], [], []
        for n in sizes:
            found = [cell.ours(n, seed, estimator) for seed in range(seeds)]
            by_instance = [[one.weights[i] for one in found] for i in range(len(target))]
            taken.append(n)
            errors.append(rmse(by_instance, target))
            seconds.append(statistics.median(one.seconds for one in found))
            hits += [
                abs(one.weights[i][key] - truth[key]) <= np.hypot(half(one, i, key), half(large, i, key))
                for one in found
                for i, truth in enumerate(target)
                for key in truth
            ]
            if errors[-1] <= wanted:
                break
        calls, beyond = meets(taken, errors, wanted)
        line[estimator] = {
            "calls": calls,
            "beyond": beyond,
            "ratio": calls / DEFAULTS[domain],
            "coverage": float(np.mean(hits)),
            "intervals": len(hits),
            "seconds": seconds[-1],
            "errors": dict(zip(taken, errors, strict=True)),
        }
    return line


def as_text(lines: list[dict[str, Any]]) -> str:
    """The table, and its medians."""
    rows, summary = [], []
    for line in lines:
        row = [line["domain"], line["name"], f"{line['theirs']:.2e}"]
        for estimator in ("plain", "assisted"):
            one = line[estimator]
            row += [
                f"{one['beyond']}{one['calls']:.0f}",
                f"{one['beyond']}{one['ratio']:.3f}",
                f"{one['coverage']:.3f}",
            ]
        rows.append([*row, f"{line['assisted']['seconds']:.2f}"])
    for domain in dict.fromkeys(line["domain"] for line in lines):
        for estimator in ("plain", "assisted"):
            some = [line[estimator] for line in lines if line["domain"] == domain]
            ratios = [one["ratio"] for one in some]
            coverage = np.average([one["coverage"] for one in some], weights=[one["intervals"] for one in some])
            median = statistics.median(ratios)
            summary.append(
                [
                    domain,
                    estimator,
                    f"1/{1 / median:.1f}",
                    f"1/{1 / BOUNDS[domain]:.0f}",
                    f"{max(ratios):.2f}",
                    f"{coverage:.3f}",
                    f"{min(one['coverage'] for one in some):.3f}",
                    f"{statistics.median(one['seconds'] for one in some):.2f}",
                ]
            )
    header = ["domain", "data model", "their error", "plain calls", "share", "covered", "assisted calls", "share"]
    titles = ["domain", "estimator", "median share", "wanted", "largest", "covered", "least covered", "own s"]
    return format_table([*header, "covered", "own s"], rows) + "\n\n" + format_table(titles, summary)


def main() -> None:
    """Measure all cells and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--domains", nargs="+", choices=list(MAKERS), default=list(MAKERS))
    parser.add_argument("--instances", type=int, default=2, help="rows, posts and images of each")
    parser.add_argument("--seeds", type=int, default=4, help="seeds of ours at each number of samples")
    parser.add_argument("--their-seeds", type=int, default=2, help="seeds of lime 0.2.0.1")
    parser.add_argument("--only", default="", help="only cells whose name contains this")
    parser.add_argument("--keep", help="file of what is measured, a line each, from which a later run goes on")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    kept = Path(arguments.keep) if arguments.keep else None
    lines = [json.loads(one) for one in kept.read_text().splitlines()] if kept is not None and kept.exists() else []
    done = {(line["domain"], line["name"]) for line in lines}
    with tempfile.TemporaryDirectory() as folder:
        for domain in arguments.domains:
            for cell in MAKERS[domain](folder, arguments.instances):
                if arguments.only in cell.name and (domain, cell.name) not in done:
                    line = measure(cell, domain, arguments.seeds, arguments.their_seeds)
                    print(f"{domain} {cell.name}: {'flat' if line is None else 'done'}", file=sys.stderr, flush=True)
                    lines += [] if line is None else [line]
                    if kept is not None and line is not None:
                        with kept.open("a") as file:
                            file.write(json.dumps(line) + "\n")
    print(json.dumps(lines, indent=1) if arguments.json else as_text(lines))


if __name__ == "__main__":
    main()
