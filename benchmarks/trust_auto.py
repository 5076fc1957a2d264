"""What ``num_samples="auto"`` spends, and whether what it calls settled is.

For each case, a model and an instance, the answer with ``num_samples="auto"`` is compared over seeds with that of a
very large sample under another seed. A row of the table holds the median of the model calls as a share of the default
budget, the share of runs that stopped before the budget, the share whose answer is called settled and how many of
these show the very features of the large sample, how many of those do that stopped early without being settled (such
answers say which choice was given up), and the coverage of the 95 % intervals of the shown weights
(whose own error includes that of the large sample's weights).

    python benchmarks/trust_auto.py [--domains tables texts images] [--seeds 4] [--large 100000] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy.special import stdtrit
from sklearn.datasets import fetch_20newsgroups, load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer
from processes import format_table

Case = tuple[str, Any, Any, Any, dict[str, Any], int]
"""Name, what makes an explainer with a `random_state`, the instance, the model, settings and the default budget."""


def tables(step: int) -> Iterator[Case]:
    """Wine and breast cancer with three models, held-out rows, five and ten features."""
    for data in (load_wine(), load_breast_cancer()):
        name = "wine" if len(data.target_names) == 3 else "cancer"
        test = np.arange(len(data.data)) % 5 == 0
        for model_name, model in {
            "forest": RandomForestClassifier(50, random_state=0),
            "boosting": GradientBoostingClassifier(n_estimators=50, random_state=0),
            "MLP": make_pipeline(StandardScaler(), MLPClassifier((30,), max_iter=500, random_state=0)),
        }.items():
            model.fit(data.data[~test], data.target[~test])
            for row in data.data[test][::step]:
                for k in (5, 10):
                    make = partial(LimeTabularExplainer, data.data[~test])
                    yield f"{name} {model_name} {k}", make, row, model, {"num_features": k}, 5000


def texts(step: int) -> Iterator[Case]:
    """Posts of two newsgroups with three models, six and ten features."""
    groups = ["alt.atheism", "soc.religion.christian"]
    train, test = (fetch_20newsgroups(subset=s, categories=groups, random_state=42) for s in ("train", "test"))
    posts = [post for post in test.data if 300 <= len(post) <= 1500]
    for model_name, last in {
        "naive Bayes": MultinomialNB(),
        "logistic": LogisticRegression(max_iter=1000),
        "forest": RandomForestClassifier(50, random_state=0),
    }.items():
        model = make_pipeline(TfidfVectorizer(max_features=2000), last).fit(train.data, train.target)
        for post in posts[:: step * 10]:
            for k in (6, 10):
                yield f"post {model_name} {k}", LimeTextExplainer, post, model, {"num_features": k}, 5000


def of_pixels(model: Any, images: Any) -> Any:
    """Ask a model of flat rows about images."""
    return model.predict_proba(np.asarray(images).reshape(len(images), -1))


def images(step: int) -> Iterator[Case]:
    """Digits in a grid of 16 segments with three models, five features."""
    data = load_digits()
    test = np.arange(len(data.data)) % 5 == 0
    grid = np.kron(np.arange(16).reshape(4, 4), np.ones((2, 2), dtype=int))
    for model_name, model in {
        "logistic": LogisticRegression(max_iter=2000),
        "forest": RandomForestClassifier(50, random_state=0),
        "MLP": MLPClassifier((50,), max_iter=300, random_state=0),
    }.items():
        model.fit(data.data[~test], data.target[~test])
        for image in data.images[test][:: step * 8]:
            settings = {
                "num_features": 5,
                "segmentation_fn": grid,
                "hide_color": 0,
                "top_labels": 1,
                "progress_bar": False,
            }
            yield f"digit {model_name} 5", LimeImageExplainer, image, partial(of_pixels, model), settings, 1000


def measure(case: Case, seeds: int, large: int) -> list[dict[str, Any]]:
    """Explain one instance under several seeds and compare with the large sample."""
    name, make, instance, model, settings, budget = case
    target = make(random_state=987654).explain_instance(instance, model, **settings, num_samples=large)
    label = target.available_labels()[0]
    weights = dict(target.local_exp[label])
    found = []
    for seed in range(seeds):
        exp = make(random_state=seed).explain_instance(instance, model, **settings, num_samples="auto")
        same = {i for i, _ in exp.local_exp[label]} == set(weights)
        covered = []
        if same:
            quantile = stdtrit(exp.degrees_of_freedom[label], 1 - 0.025 * exp.error_share)  # as its intervals have it
            for i, weight in exp.local_exp[label]:
                error = np.hypot(exp.standard_errors[label][i], target.standard_errors[label][i])
                covered.append(bool(abs(weight - weights[i]) <= quantile * error))
        found.append(
            {
                "case": name,
                "share": exp.num_model_calls / budget,
                "settled": bool(exp.settled),
                "early": exp.num_samples < budget if exp.num_samples != budget else exp.num_model_calls < 0.99 * budget,
                "same": same,
                "covered": covered,
            }
        )
    return found


def as_row(name: str, runs: list[dict[str, Any]]) -> list[str]:
    """One row of the table."""
    settled = [run for run in runs if run["settled"]]
    early = [run for run in runs if run["early"] and not run["settled"]]
    covered = [one for run in runs for one in run["covered"]]
    return [
        name,
        str(len(runs)),
        f"{statistics.median(run['share'] for run in runs):.2f}",
        f"{np.mean([run['early'] for run in runs]):.2f}",
        f"{len(settled) / len(runs):.2f}",
        f"{np.mean([run['same'] for run in settled]):.3f} of {len(settled)}" if settled else "-",
        f"{np.mean([run['same'] for run in early]):.3f} of {len(early)}" if early else "-",
        f"{np.mean(covered):.3f} of {len(covered)}" if covered else "-",
    ]


def main() -> None:
    """Run the grid and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--domains", nargs="+", default=["tables", "texts", "images"])
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--step", type=int, default=8, help="every so many of the held-out instances")
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    grids = {"tables": tables, "texts": texts, "images": images}
    every: list[dict[str, Any]] = []
    rows = []
    for domain in arguments.domains:
        runs = [
            run for case in grids[domain](arguments.step) for run in measure(case, arguments.seeds, arguments.large)
        ]
        names = dict.fromkeys(run["case"] for run in runs)
        rows += [as_row(name, [run for run in runs if run["case"] == name]) for name in names]
        rows.append(as_row(f"all {domain}", runs))
        every += runs
    if arguments.json:
        print(json.dumps(every))
        return
    rows.append(as_row("everything", every))
    same = ["same features if settled", "if stopped early"]
    header = ["case", "runs", "calls / budget", "early", "settled", *same, "coverage"]
    print(format_table(header, rows))


if __name__ == "__main__":
    main()
