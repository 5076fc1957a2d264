"""Measure given attributions with captum and Quantus; needs torch, captum and quantus, and no lime.

``python metrics.py TASKS ANSWERS``: TASKS is a joblib file with a list of dicts of arrays, ANSWERS gets their figures.
The model of every task is the same small network in torch, float64, from the weights that the task holds.
"""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from typing import Any

import joblib
import numpy as np
import torch
from captum.metrics import infidelity, sensitivity_max

if not hasattr(np, "trapz"):
    setattr(np, "trapz", np.trapezoid)  # noqa: B010 - numpy dropped the name that Quantus 0.6 calls it by

with contextlib.redirect_stdout(io.StringIO()):
    import quantus


class Network(torch.nn.Module):
    """``sigmoid(tanh(x @ first + bias) @ second)`` on flat inputs; columns 1 - p and p."""

    def __init__(self, task: dict[str, Any]) -> None:
        super().__init__()
        self.first, self.bias, self.second = (
            torch.nn.Parameter(torch.as_tensor(task[name], dtype=torch.float64)) for name in ("first", "bias", "second")
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.to(torch.float64).reshape(len(x), -1)
        p = torch.sigmoid(torch.tanh(flat @ self.first + self.bias) @ self.second)
        return torch.stack([1 - p, p], dim=1)


def measure_infidelity(task: dict[str, Any]) -> dict[str, Any]:
    """In the units of the interpretable features z, from which `center` and `scale` lead back to inputs."""
    model = Network(task)
    center, scale, changes = (torch.as_tensor(task[name]) for name in ("center", "scale", "changes"))
    removed = torch.as_tensor(~task["masks"], dtype=torch.float64)
    z = torch.as_tensor(task["z"])[None]

    def forward(inputs: torch.Tensor) -> torch.Tensor:
        return model(center + scale * inputs)[:, 1]

    def perturb(inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        moves = removed * changes
        return moves, inputs - moves

    phi = torch.as_tensor(task["weights"])[None]
    found = {}
    for name, normalize in (("value", False), ("normalized", True)):
        answer = infidelity(forward, perturb, z, phi, n_perturb_samples=len(removed), normalize=normalize)
        found[name] = float(answer[0])
    return found


def measure_sensitivity(task: dict[str, Any]) -> dict[str, Any]:
    """The explanations of the instance and of those nearby are given: captum is handed them as they were made."""
    known = {tuple(row): weights for row, weights in zip(task["rows"].tolist(), task["explanations"], strict=True)}

    def explain(inputs: Any) -> tuple[torch.Tensor]:
        batch = inputs[0] if isinstance(inputs, tuple) else inputs
        return (torch.as_tensor(np.array([known[tuple(row)] for row in batch.tolist()])),)

    def perturb(inputs: Any) -> torch.Tensor:
        return torch.as_tensor(task["rows"][1:])

    start = torch.as_tensor(task["rows"][:1])
    answer = sensitivity_max(explain, start, perturb, n_perturb_samples=len(task["rows"]) - 1)
    return {"maximum": float(answer[0])}


def measure_deletion(task: dict[str, Any]) -> dict[str, Any]:
    """Quantus' pixel flipping, one pixel at a time, to 0 (its "black" is the smallest value of the image)."""
    side = task["image"].shape[0]
    shape = (1, 1, side, side)
    metric = quantus.PixelFlipping(
        features_in_step=1, abs=False, normalise=False, perturb_baseline=0.0, disable_warnings=True
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        curves = metric(
            model=Network(task).eval(),
            x_batch=task["image"].reshape(shape),
            y_batch=np.array([1]),
            a_batch=task["weights"].reshape(shape),
            softmax=False,
            device="cpu",
            channel_first=True,
        )
    return {"curve": np.asarray(curves[0], dtype=float), "auc": float(metric.get_auc_score)}


MEASURES = {"infidelity": measure_infidelity, "sensitivity": measure_sensitivity, "deletion": measure_deletion}


def main(tasks: str, answers: str) -> None:
    joblib.dump([MEASURES[task["measure"]](task) for task in joblib.load(tasks)], answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
