"""Measure how often planted interactions are found, and how often additive functions are said to have one.

Functions of the interpretable features with known products: on tables through the explainer's default design (Sobol
points, quartile bins; the model also varies within bins, which is noise here) and plain draws, on texts through
complementary pairs, on masks as pictures have them. The size of the planted product is given as the share of the
variation that it adds to R^2. Printed: the share of runs with any false pair (in additive functions the rate of false
discoveries and the family-wise rate are the same), the rate of false discoveries, and how often the planted pair is
found, for both ways of adjusting.

    python benchmarks/trust_interactions.py [--seeds 200] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import ndtri

from peer import SOURCE
from processes import format_table

sys.path.insert(0, str(SOURCE))

SHARES = (0.0, 0.005, 0.02, 0.05)
RATE = 0.05
Draws = tuple[np.ndarray, np.ndarray, np.ndarray, "np.ndarray | None"]


def table_draws(design: str, n: int, d: int, rng: np.random.Generator) -> Draws:
    """Quartile bins: z, what varies within bins, weights and groups."""
    from lime.engine.designs import UNIT_DESIGNS
    from lime.engine.kernels import exponential_kernel

    points = UNIT_DESIGNS[design](n, d, rng)
    z = points.u < 0.25
    weights = exponential_kernel(np.sqrt((~z).sum(axis=1)), kernel_width=0.75 * np.sqrt(d))
    return z, 0.3 * ndtri(points.u) @ np.linspace(0.2, 1.0, d), weights, points.groups


def text_draws(design: str, n: int, d: int, rng: np.random.Generator) -> Draws:
    """Words removed; beside their weights the answers have noise."""
    from lime.engine import masks

    law = masks.uniform_sizes(d)
    drawn = masks.pairs(n, law, law, rng) if design == "pairs" else masks.plain(n, law, law, rng)
    removed = d - drawn.z.sum(axis=1)
    weights = drawn.weights * np.exp(-8.0 * (1.0 - np.sqrt(1.0 - removed / d)) ** 2)
    return drawn.z, 0.5 * rng.normal(size=len(drawn.z)), weights, drawn.groups


def picture_draws(design: str, n: int, d: int, rng: np.random.Generator) -> Draws:
    """Segments hidden with probability one half, by Sobol bits or plainly."""
    from lime.engine.designs import UNIT_DESIGNS

    points = UNIT_DESIGNS[design](n, d, rng)
    z = points.u < 0.5
    share = z.mean(axis=1)
    weights = np.exp(-((1.0 - np.sqrt(share)) ** 2) / (2 * 0.25**2))
    return z, 0.5 * rng.normal(size=n), weights, points.groups


CASES: tuple[tuple[str, Callable[..., Draws], str, int, int], ...] = (
    ("table", table_draws, "sobol", 5000, 13),
    ("table", table_draws, "sobol", 5000, 30),
    ("table", table_draws, "sobol", 5000, 4),
    ("table", table_draws, "sobol", 1000, 13),
    ("table", table_draws, "gaussian", 1000, 13),
    ("text", text_draws, "pairs", 5000, 40),
    ("text", text_draws, "pairs", 1000, 40),
    ("text", text_draws, "plain", 300, 30),
    ("picture", picture_draws, "sobol", 1000, 50),
    ("picture", picture_draws, "gaussian", 1000, 50),
)


def measure(case: tuple[str, Callable[..., Draws], str, int, int], share: float, seeds: int) -> dict[str, Any]:
    """Test all pairs of the ten strongest features in every run; the planted pair is of the first two."""
    from lime.engine.interactions import adjust, pair_effects

    name, make, design, n, d = case
    any_false = {"bh": 0, "by": 0}
    false_rate = {"bh": 0.0, "by": 0.0}
    found = {"bh": 0, "by": 0}
    covered = 0
    size = 0.0
    for seed in range(seeds):
        z, rest, weights, groups = make(design, n, d, np.random.default_rng(seed))
        straight = z @ np.linspace(1.0, 0.2, d) + rest
        if seed == 0 and share:
            size = planted(z, straight, weights, share)
        effects = pair_effects(z, straight + size * (z[:, 0] & z[:, 1]), weights, np.arange(min(10, d)), groups=groups)
        true = (effects.pairs == [0, 1]).all(axis=1) if share else np.zeros(len(effects.pairs), dtype=bool)
        for method in ("bh", "by"):
            said = adjust(effects.p_values, method) <= RATE
            any_false[method] += bool((said & ~true).any())
            false_rate[method] += (said & ~true).sum() / max(1, said.sum())
            found[method] += bool((said & true).any())
        first = (effects.pairs == [0, 1]).all(axis=1)
        covered += bool((np.abs(effects.sizes - size) <= 1.96 * effects.errors)[first].all())
    return {
        "case": name,
        "design": design,
        "n": n,
        "features": d,
        "share": share,
        "size": size,
        "seeds": seeds,
        **{f"any_false_{method}": any_false[method] / seeds for method in any_false},
        **{f"false_rate_{method}": false_rate[method] / seeds for method in false_rate},
        **{f"found_{method}": found[method] / seeds for method in found},
        "covered": covered / seeds,
    }


def planted(z: np.ndarray, straight: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Size of the product of the first two features that adds this share to R^2."""
    columns = np.column_stack([np.ones(len(z)), z])
    root = np.sqrt(weights)[:, None]
    product = (z[:, 0] & z[:, 1]).astype(float)
    left = product - columns @ np.linalg.lstsq(columns * root, product * root[:, 0], rcond=None)[0]
    own = np.average(left**2, weights=weights)

    def adds(size: float) -> float:
        y = straight + size * product
        return size**2 * own / np.average((y - np.average(y, weights=weights)) ** 2, weights=weights)  # type: ignore[no-any-return]

    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if adds(middle) < share else (low, middle)
    return low


def main() -> None:
    """Run every case and share."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--only", help="only cases whose name contains this")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    cases = [case for case in CASES if arguments.only is None or arguments.only in case[0]]
    found = [measure(case, share, arguments.seeds) for case in cases for share in SHARES]
    if arguments.json:
        print(json.dumps(found, indent=1))
        return
    header = ["case", "design", "n", "d", "adds to R^2", "size", "any false", "by BY", "FDR", "by BY", "found", "by BY"]
    rows = [
        [
            one["case"],
            one["design"],
            str(one["n"]),
            str(one["features"]),
            f"{one['share']:.3f}",
            f"{one['size']:.2f}",
            *(f"{one[f'{what}_{m}']:.3f}" for what in ("any_false", "false_rate", "found") for m in ("bh", "by")),
            f"{one['covered']:.3f}",
        ]
        for one in found
    ]
    print(format_table([*header, "interval covers"], rows))


if __name__ == "__main__":
    main()
