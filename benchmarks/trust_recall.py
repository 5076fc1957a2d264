"""Measure how many of the words that a model truly uses explanations find: Ribeiro et al. 2016, section 5.2.

Models are logistic regression with an L1 penalty and a decision tree on which words are there, each as flexible as
it can be while it uses at most 10 words of any text: its gold words. Explanations of 10 words, ours and lime
0.2.0.1's, with the settings both have by default, are made for the same held-out texts with the same models; recall
is the share of a text's gold words among its explanation's, averaged over texts. Texts without a gold word are left
out. Beside them stand 10 words at random (exactly) and the greedy removal of the words that speak most for the
predicted class until the class changes.

Words of a tree that have no weight in the limit are found by the luck of a seed, on either side: each text is explained
under several seeds, and its recall is the mean over them.

    python benchmarks/trust_recall.py [--corpus FOLDER] [--pair A B ...] [--texts 60] [--seeds 5] [--samples 5000]

FOLDER has one folder of text files a class; without it pairs of 20 newsgroups are taken, from scikit-learn's cache
where they are in it. Without --pair: all pairs of the folder's classes, or two pairs of newsgroups.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from processes import SIDES, Worker, format_table
from recall_cases import GOLD, NEWSGROUP_PAIRS, SEED, fit, folder_pairs, greedy, load_pair


def recall(found: list[list[str]], gold: list[set[str]]) -> np.ndarray:
    """Return the share of each text's gold words that were found."""
    return np.array([len(truth.intersection(words)) / len(truth) for words, truth in zip(found, gold, strict=True)])


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of a mean over texts."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def measure(
    pair: tuple[str, str], name: str, arguments: argparse.Namespace, workers: dict[str, Worker], folder: str
) -> dict[str, Any]:
    """Fit one model on one pair, and measure both sides and the baselines."""
    train, test = load_pair(arguments.corpus, pair, arguments.most)
    model, all_gold = fit(name, train, test, arguments.features)
    usable = [i for i, words in enumerate(all_gold) if words]
    rng = np.random.default_rng(SEED)
    chosen = sorted(rng.permutation(usable)[: arguments.texts].tolist())
    gold = [all_gold[i] for i in chosen]
    path = str(Path(folder) / "case.joblib")
    joblib.dump({"texts": test[0], "models": {name: model}}, path)
    request = {
        "model": name,
        "texts": chosen,
        "num_features": arguments.features,
        "num_samples": arguments.samples,
    }
    for worker in workers.values():
        worker.ask(case=path)
    runs: dict[str, list[np.ndarray]] = {side: [] for side in SIDES}
    seconds = dict.fromkeys(SIDES, 0.0)
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        for worker in workers.values():
            worker.send(explain={**request, "seed": seed})
        for side, worker in workers.items():
            answer = worker.receive()
            runs[side].append(recall(answer["words"], gold))
            seconds[side] += answer["seconds"] / (len(chosen) * arguments.seeds)
    found = {side: np.mean(several, axis=0) for side, several in runs.items()}
    words = [len(set(model[0].build_analyzer()(test[0][i]))) for i in chosen]
    by_chance = np.minimum(1.0, arguments.features / np.array(words))
    by_removal = recall([greedy(model, test[0][i], arguments.features) for i in chosen], gold)
    difference = found["ours"] - found["peer"]
    return {
        "pair": list(pair),
        "model": name,
        "accuracy": float(model.score(*test)),
        "texts": len(chosen),
        "words": float(np.mean(words)),
        "gold": float(np.mean([len(words) for words in gold])),
        "gold_words": sum(len(words) for words in gold),
        **{side: float(found[side].mean()) for side in SIDES},
        **{f"{side}_error": standard_error(found[side]) for side in SIDES},
        "difference": float(difference.mean()),
        "difference_error": standard_error(difference),
        "better": int(np.sum(difference > 0)),
        "worse": int(np.sum(difference < 0)),
        "greedy": float(by_removal.mean()),
        "random": float(by_chance.mean()),
        "by_seed": [float((ours - peer).mean()) for ours, peer in zip(runs["ours"], runs["peer"], strict=True)],
        "seconds": seconds,
    }


def main() -> None:
    """Run all cells and print their recalls."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, metavar="FOLDER", help="a folder with one folder of text files a class")
    parser.add_argument("--pair", nargs=2, action="append", metavar=("A", "B"), help="two classes; may be repeated")
    parser.add_argument("--models", nargs="+", choices=sorted(GOLD), default=sorted(GOLD))
    parser.add_argument("--texts", type=int, default=60, help="most texts explained in a cell (default: %(default)s)")
    parser.add_argument("--samples", type=int, default=5000, help="samples an explanation (default: %(default)s)")
    parser.add_argument("--features", type=int, default=10, help="words of an explanation, and most gold words")
    parser.add_argument("--most", type=int, default=2000, help="most characters of a text (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="first seed of both sides (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=5, help="explanations of each text (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    if arguments.texts < 2:
        parser.error(f"--texts {arguments.texts}: expected at least 2, for a standard error")
    pairs = [tuple(pair) for pair in arguments.pair or ()]
    if not pairs:
        pairs = NEWSGROUP_PAIRS if arguments.corpus is None else folder_pairs(arguments.corpus)
    workers = {side: Worker("recall.py", side) for side in SIDES}
    try:
        with tempfile.TemporaryDirectory() as folder:
            cells = [measure(pair, name, arguments, workers, folder) for pair in pairs for name in arguments.models]
    finally:
        for worker in workers.values():
            worker.close()
    if arguments.json:
        print(json.dumps({"cells": cells}, indent=1))
        return
    header = ["pair", "model", "accuracy", "texts", "words", "gold", "random", "greedy", "peer", "ours"]
    header += ["ours - peer", "its error", "better/worse"]
    rows = [
        [
            " / ".join(cell["pair"]),
            cell["model"],
            f"{cell['accuracy']:.2f}",
            str(cell["texts"]),
            f"{cell['words']:.0f}",
            f"{cell['gold']:.1f}",
            *(f"{100 * cell[name]:.1f}" for name in ("random", "greedy", "peer", "ours")),
            f"{100 * cell['difference']:+.1f}",
            f"{100 * cell['difference_error']:.1f}",
            f"{cell['better']}/{cell['worse']}",
        ]
        for cell in cells
    ]
    print(format_table(header, rows))
    below = [cell for cell in cells if cell["difference"] < 0]
    print(f"{len(cells) - len(below)} of {len(cells)} cells at least as good as lime 0.2.0.1 (all should be)")
    for cell in below:
        # Two sides that estimate the same differ by noise: within two standard errors is no difference to tell.
        # Of a tree some gold words have no weight at all in the limit, and are found by luck.
        told = "within" if -cell["difference"] <= 2 * cell["difference_error"] else "beyond"
        print(f"  below: {' / '.join(cell['pair'])}, {cell['model']}: {told} two standard errors of the difference")


if __name__ == "__main__":
    main()
