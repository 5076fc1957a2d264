"""Check that our text weights and those of lime 0.2.0.1 estimate the same quantity: at 200,000 samples they agree.

Every setting (how a text is cut, what leaves and what takes its place, model) is explained once by each side with
all of its units, under seeds that differ. z = (ours - theirs) / sqrt(our standard error^2 + theirs^2), where theirs
is the sandwich error of independent draws for the fit they made and ours is what the explanation reports. If both
aim at one target, z is about standard normal: rms near 1, and the largest of m values near sqrt(2 ln m). The same is
done with ours at 5000 samples, where a cheap model may assist.

    python benchmarks/text_agreement.py [--samples 200000] [--only characters] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from typing import Any

import joblib
import numpy as np

from processes import SIDES, Worker, format_table
from text_cases import save_case

SETTINGS: dict[str, dict[str, Any]] = {
    "bow": {},
    "bow, narrow kernel": {"kernel_width": 10},
    "positions": {"bow": False},
    "positions, removed": {"bow": False, "mask_string": ""},
    "callable, bow": {"callable": True},
    "callable, positions": {"callable": True, "bow": False},
    "characters, bow": {"char_level": True},
    "characters, positions": {"char_level": True, "bow": False},
}
CELLS = [
    ("bow", "logistic"),
    ("bow", "naive Bayes"),
    ("bow", "forest"),
    ("bow", "MLP"),
    ("bow, narrow kernel", "logistic"),
    ("positions", "naive Bayes"),
    ("positions", "word pairs"),
    ("positions, removed", "word pairs"),
    ("callable, bow", "forest"),
    ("callable, positions", "word pairs"),
    ("characters, bow", "characters"),
    ("characters, bow", "logistic"),
    ("characters, positions", "characters"),
]
FEW = 5000


def compare(
    setting: str, model: str, text: int, seed: int, *, samples: int, workers: dict[str, Worker]
) -> list[dict[str, Any]]:
    """Explain one text on both sides, with many samples and, ours only, with few; return the z values of all units."""
    request = {"settings": SETTINGS[setting], "model": model, "text": text, "num_samples": samples}
    for offset, worker in enumerate(workers.values()):
        worker.send(estimate={**request, "seed": 2 * seed + offset})
    answers = {side: worker.receive() for side, worker in workers.items()}
    peer = answers["peer"]
    found = []
    for count in (samples, FEW):
        ours = answers["ours"]
        if count != samples:
            ours = workers["ours"].ask(estimate={**request, "num_samples": count, "seed": 10_000 + seed})
        gap = np.array(ours["weights"]) - np.array(peer["weights"])
        z = gap / np.hypot(ours["errors"], peer["errors"])
        found.append(
            {
                "setting": setting,
                "model": model,
                "samples": count,
                "estimator": ours["estimator"],
                "z": z.tolist(),
                "error_ratio": float(np.median(np.array(ours["errors"]) / np.array(peer["errors"]))),
            }
        )
    return found


def as_text(results: list[dict[str, Any]]) -> str:
    """Return one line a setting, model and number of samples, and a summary of each number of samples."""
    rows = [
        [
            r["setting"],
            r["model"],
            f"{r['samples']}",
            r["estimator"],
            f"{len(r['z'])}",
            f"{np.sqrt(np.mean(np.square(r['z']))):.2f}",
            f"{np.abs(r['z']).max():.2f}",
            f"{r['error_ratio']:.2f}",
        ]
        for r in results
    ]
    header = ["units", "model", "our samples", "estimator", "weights", "rms z", "max |z|", "ours/peer error"]
    lines = []
    for count in dict.fromkeys(r["samples"] for r in results):
        z = np.concatenate([r["z"] for r in results if r["samples"] == count])
        lines.append(
            f"ours with {count} samples: {len(z)} weights, rms z {np.sqrt(np.mean(z**2)):.3f}, mean z {z.mean():+.3f}, "
            f"max |z| {np.abs(z).max():.2f} (of as many normal values: about {np.sqrt(2 * np.log(len(z))):.2f}), "
            f"|z| > 2: {np.mean(np.abs(z) > 2):.3f} (normal .046)"
        )
    return format_table(header, rows) + "\n\n" + "\n".join(lines)


def main() -> None:
    """Run every setting and print how the two sides agree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=200_000, help="samples an explanation")
    parser.add_argument("--only", default="", help="only settings and models whose name contains this")
    parser.add_argument("--characters", type=int, default=330, help="length of the posts, about")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    cells = [cell for cell in CELLS if arguments.only in " ".join(cell)]
    with tempfile.TemporaryDirectory() as folder:
        path = save_case(folder, list(dict.fromkeys(model for _, model in cells)))
        texts = joblib.load(path)["texts"]
        posts = sorted(range(len(texts)), key=lambda i: abs(len(texts[i]) - arguments.characters))
        workers = {side: Worker("text.py", side) for side in SIDES}
        try:
            for worker in workers.values():
                worker.ask(case=path)
            results = []
            for seed, (setting, model) in enumerate(cells):
                results += compare(setting, model, posts[seed % 5], seed, samples=arguments.samples, workers=workers)
                worst = max(max(map(abs, line["z"])) for line in results[-2:])
                print(f"{setting}, {model}: max |z| {worst:.2f}", file=sys.stderr, flush=True)
        finally:
            for worker in workers.values():
                worker.close()
    print(json.dumps(results, indent=1) if arguments.json else as_text(results))


if __name__ == "__main__":
    main()
