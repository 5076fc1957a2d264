"""Check that our weights and those of lime 0.2.0.1 estimate the same quantity: at 200,000 samples they agree
within noise.

Every setting (data, discretised or not, selection, kernel width, regressor) is explained once by each side,
under seeds that differ between settings. z = (ours - theirs) / sqrt(our standard error^2 + theirs^2), where
theirs is the sandwich error of independent draws for the fit they made and ours is what the explanation
reports; it reports none for a regressor of the user's, whose least squares are given the error of our ridge
fit on the same draws. If both aim at one target, z is about standard normal: rms near 1, and the largest of
m values near sqrt(2 ln m). Weights are compared on the features that both chose; where the choices differ
the table says so and how far apart the exchanged features' weights are.

    python benchmarks/tabular_agreement.py [--samples 200000] [--only wine] [--json]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from cases import Case, make_case
from processes import Worker, format_table

CASES = (("wine", "forest"), ("cancer", "mlp"), ("diabetes", "boosting"), ("mixed", "logistic"))
SELECTIONS = ("none", "highest_weights", "forward_selection", "lasso_path")
#: In units of the square root of the number of columns; 0.75 is the default.
WIDTHS = (0.75, 0.5)
ROWS = 3
NUM_FEATURES = 4


def compare(case: Case, setting: dict[str, Any], index: int, samples: int, sides: dict[str, Worker]) -> dict[str, Any]:
    """Explain one row on both sides and return the z values of the features that both chose."""
    request = {
        "feature_selection": setting["selection"],
        "num_features": case.columns if setting["selection"] == "none" else NUM_FEATURES,
        "discretize": setting["discretize"],
        "kernel_width": setting["width"] * float(np.sqrt(case.columns)),
        "least_squares": setting["regressor"] == "least squares",
        "row": index % ROWS,
        "num_samples": samples,
        "errors": True,
    }
    for offset, worker in enumerate(sides.values()):
        worker.send(explain={**request, "seeds": [2 * index + offset]})
    answers = {side: worker.receive()[0] for side, worker in sides.items()}
    table = {
        s: {i: (w, e) for i, w, e in zip(a["ids"], a["weights"], a["errors"], strict=True)} for s, a in answers.items()
    }
    ours, peer = table["ours"], table["peer"]
    both = sorted(set(ours) & set(peer))
    z = [(ours[i][0] - peer[i][0]) / float(np.hypot(ours[i][1], peer[i][1])) for i in both]
    return {
        "case": case.name,
        **setting,
        "features": both,
        "z": z,
        "ours": [ours[i][0] for i in both],
        "peer": [peer[i][0] for i in both],
        "ours_errors": [ours[i][1] for i in both],
        "peer_errors": [peer[i][1] for i in both],
        "only_ours": {i: ours[i][0] for i in sorted(set(ours) - set(peer))},
        "only_peer": {i: peer[i][0] for i in sorted(set(peer) - set(ours))},
    }


def as_text(results: list[dict[str, Any]]) -> str:
    """Return one line a setting and the summary."""
    rows = []
    for r in results:
        z = np.array(r["z"])
        share = np.median(np.array(r["ours_errors"]) / np.array(r["peer_errors"])) if len(z) else np.nan
        exchanged = "" if not (r["only_ours"] or r["only_peer"]) else f"{r['only_ours']} for {r['only_peer']}"
        rows.append(
            [
                r["case"],
                "bins" if r["discretize"] else "values",
                r["selection"],
                f"{r['width']}",
                r["regressor"],
                f"{len(z)}",
                f"{np.sqrt(np.mean(z**2)):.2f}" if len(z) else "-",
                f"{np.abs(z).max():.2f}" if len(z) else "-",
                f"{share:.2f}",
                exchanged,
            ]
        )
    header = [
        "data model",
        "on",
        "selection",
        "width",
        "regressor",
        "weights",
        "rms z",
        "max |z|",
        "ours/peer error",
        "chosen otherwise",
    ]
    z = np.concatenate([r["z"] for r in results])
    changed = sum(bool(r["only_ours"] or r["only_peer"]) for r in results)
    beyond = {limit: np.mean(np.abs(z) > limit) for limit in (2, 3)}
    lines = [
        f"{len(z)} weights in {len(results)} settings",
        f"rms z {np.sqrt(np.mean(z**2)):.3f}, mean z {z.mean():+.3f}",
        f"max |z| {np.abs(z).max():.2f} (of as many normal values: about {np.sqrt(2 * np.log(len(z))):.2f})",
        f"|z| > 2: {beyond[2]:.3f} (normal .046), |z| > 3: {beyond[3]:.4f} (normal .0027)",
        f"settings in which the two sides chose other features: {changed}",
    ]
    return format_table(header, rows) + "\n\n" + "\n".join(lines)


def main() -> None:
    """Run every setting and print how the two sides agree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=200_000, help="samples an explanation")
    parser.add_argument("--only", help="only data and models whose name contains this")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    settings = [
        {"discretize": discretize, "selection": selection, "width": width, "regressor": "ridge"}
        for discretize in (True, False)
        for selection in SELECTIONS
        for width in WIDTHS
    ]
    settings += [
        {"discretize": discretize, "selection": selection, "width": WIDTHS[0], "regressor": "least squares"}
        for discretize in (True, False)
        for selection in SELECTIONS[:2]
    ]
    results = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Worker("weights.py", "peer") as peer,
        Worker("weights.py", "ours") as ours,
    ):
        sides = {"peer": peer, "ours": ours}
        for number, (data, kind) in enumerate(CASES):
            if arguments.only is not None and arguments.only not in f"{data} {kind}":
                continue
            case = make_case(data, kind, ROWS)
            path = case.save(Path(folder))
            for side, worker in sides.items():
                if (difference := worker.ask(case=path)) > 1e-6:
                    raise RuntimeError(f"the model of {case.name} answers differently on the side {side}: {difference}")
            for index, setting in enumerate(settings):
                results.append(compare(case, setting, 1000 * number + index, arguments.samples, sides))
    print(json.dumps(results, indent=1) if arguments.json else as_text(results))


if __name__ == "__main__":
    main()
