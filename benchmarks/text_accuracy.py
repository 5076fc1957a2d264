"""Compare the error of our text weights with that of lime 0.2.0.1's at the same number of samples.

The error is the root-mean-square difference of all weights to those of a very large sample of ours under another
seed, over seeds; a ratio is ours divided by theirs. Posts are test posts of 20 newsgroups of `--least` to `--most`
characters, spread over the test set from post `--first` on, models naive Bayes, logistic regression, a random forest
and an MLP on TF-IDF.

    python benchmarks/text_accuracy.py [--samples 1000] [--seeds 10] [--posts 6] [--first 30] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from typing import Any

import joblib
import numpy as np

from processes import SIDES, Worker, format_table
from text_cases import save_case

MODELS = ["naive Bayes", "logistic", "forest", "MLP"]


def rmse(found: list[dict[str, float]], target: dict[str, float]) -> float:
    """Root-mean-square difference of weights to the target, over words and seeds."""
    return float(np.sqrt(np.mean([(one[word] - target[word]) ** 2 for one in found for word in target])))


def compare(
    model: str, text: int, samples: int, seeds: int, *, large: int, workers: dict[str, Worker]
) -> dict[str, Any]:
    """Measure both sides on one post and model."""
    request = {"model": model, "text": text, "num_samples": large, "seeds": [12345]}
    (target,) = workers["ours"].ask(explain=request)
    request = {**request, "num_samples": samples, "seeds": list(range(seeds))}
    for worker in workers.values():
        worker.send(explain=request)
    errors = {side: rmse(worker.receive(), target) for side, worker in workers.items()}
    return {"model": model, "post": text, "words": len(target), **errors, "ratio": errors["ours"] / errors["peer"]}


def main() -> None:
    """Run all pairs of posts and models and print their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--posts", type=int, default=6)
    parser.add_argument(
        "--first", type=int, default=30, help="first post; earlier ones chose the estimator's constants"
    )
    parser.add_argument("--large", type=int, default=100_000, help="samples of the target")
    parser.add_argument("--least", type=int, default=300, help="fewest characters of a post")
    parser.add_argument("--most", type=int, default=1500, help="most characters of a post")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = save_case(folder, MODELS)
        texts = joblib.load(path)["texts"]
        fitting = [i for i, text in enumerate(texts) if arguments.least < len(text) <= arguments.most]
        fitting = [i for i in fitting if i >= arguments.first]
        posts = fitting[:: max(1, len(fitting) // arguments.posts)][: arguments.posts]
        workers = {side: Worker("text.py", side) for side in SIDES}
        try:
            for worker in workers.values():
                worker.ask(case=path)
            results = [
                compare(model, post, arguments.samples, arguments.seeds, large=arguments.large, workers=workers)
                for model in MODELS
                for post in posts
            ]
        finally:
            for worker in workers.values():
                worker.close()
    ratios = [r["ratio"] for r in results]
    if arguments.json:
        print(json.dumps({"cells": results, "median": statistics.median(ratios), "largest": max(ratios)}, indent=1))
        return
    rows = [
        [r["model"], str(r["post"]), str(r["words"]), f"{r['peer']:.2e}", f"{r['ours']:.2e}", f"{r['ratio']:.3f}"]
        for r in results
    ]
    print(format_table(["model", "post", "words", "peer rmse", "ours rmse", "ratio"], rows))
    print(f"median {statistics.median(ratios):.3f} (at most 0.5), largest {max(ratios):.3f} (at most 1.05)")


if __name__ == "__main__":
    main()
