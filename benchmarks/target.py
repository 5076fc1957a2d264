"""One table over all data types: whether our weights and those of lime 0.2.0.1 estimate the same quantity.

Runs `tabular_agreement.py`, `text_agreement.py` and `image_agreement.py`, which say how, one after the other, and puts
their differences together: a row holds the settings of one data type, its weights, and their differences in units of
the standard errors (of both sides together), which are standard normal where both aim at one target.

    python benchmarks/target.py [--domains tables texts images] [--json]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from processes import format_table

SCRIPTS = {
    "tables": ("tabular_agreement.py", "200,000"),
    "texts": ("text_agreement.py", "200,000"),
    "images": ("image_agreement.py", "100,000"),
}


MANY = 100_000


def run(script: str) -> list[dict[str, Any]]:
    """Return what a script measures, as it prints it for machines."""
    here = Path(__file__).parent
    done = subprocess.run([sys.executable, str(here / script), "--json"], check=True, stdout=subprocess.PIPE, text=True)
    # Texts are explained with few samples too, where a cheap model may assist: another question.
    return [one for one in json.loads(done.stdout) if one.get("samples", MANY) >= MANY]


def summary(name: str, samples: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the differences of one data type together."""
    z = np.concatenate([one["z"] for one in results])
    return {
        "domain": name,
        "samples": samples,
        "settings": len(results),
        "weights": len(z),
        "rms": float(np.sqrt(np.mean(z**2))),
        "mean": float(z.mean()),
        "most": float(np.abs(z).max()),
        "expected": float(np.sqrt(2 * np.log(len(z)))),
        "beyond": float(np.mean(np.abs(z) > 2)),
    }


def main() -> None:
    """Run the scripts and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--domains", nargs="+", choices=list(SCRIPTS), default=list(SCRIPTS))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = [summary(name, SCRIPTS[name][1], run(SCRIPTS[name][0])) for name in arguments.domains]
    if arguments.json:
        print(json.dumps(found, indent=1))
        return
    rows = [
        [
            one["domain"],
            one["samples"],
            str(one["settings"]),
            str(one["weights"]),
            f"{one['rms']:.3f}",
            f"{one['mean']:+.3f}",
            f"{one['most']:.2f}",
            f"{one['expected']:.2f}",
            f"{one['beyond']:.3f}",
        ]
        for one in found
    ]
    header = ["data", "samples", "settings", "weights", "rms z", "mean z", "max |z|", "of normal", "|z| > 2 (.046)"]
    print(format_table(header, rows))


if __name__ == "__main__":
    main()
