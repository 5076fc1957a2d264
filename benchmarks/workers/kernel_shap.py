"""shap's KernelExplainer, in an environment of its own: one JSON line with paths in, one out.

A request names a joblib file with the model, background rows, rows to explain and the output of each; the values and
the base value of each are written to another.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import joblib
import numpy as np
import pandas as pd
import shap

SAMPLES = 300


def explain(request: dict[str, Any]) -> dict[str, Any]:
    """Values (n, d) and base values (n,)."""
    model, columns, classifies = request["model"], request["columns"], request["classifies"]

    def predict(matrix: np.ndarray) -> np.ndarray:
        rows: Any = matrix
        if columns is not None:
            rows = pd.DataFrame(
                {
                    name: matrix[:, j]
                    if categories is None
                    else pd.Categorical.from_codes(matrix[:, j].astype(int), categories)
                    for j, (name, categories) in enumerate(columns)
                }
            )
        found: np.ndarray = model.predict_proba(rows) if classifies else model.predict(rows)[:, None]
        return found

    np.random.seed(0)  # noqa: NPY002 (what shap draws from)
    explainer = shap.KernelExplainer(predict, request["background"])
    found = np.asarray(explainer.shap_values(request["rows"], nsamples=SAMPLES, silent=True))  # (n, d, k)
    labels, base = request["labels"], np.atleast_1d(explainer.expected_value)
    return {
        "values": np.stack([found[i, :, label] for i, label in enumerate(labels)]),
        "base": np.array([base[label] for label in labels]),
    }


def main() -> None:
    """Answer until the input ends."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        asked = json.loads(line)
        joblib.dump(explain(joblib.load(asked["request"])), asked["answer"])
        print(json.dumps({"done": True}), flush=True)


if __name__ == "__main__":
    main()
