"""Pictures per second of a torch network inside our image explainer, and of the bare network at the same batch size.

A small convolutional network with random weights on a picture of 224 x 224; its bare forward passes run on batches that
are ready in memory, in inference mode. Bare passes and whole calls of `explain_instance` (segments given, hiding,
composition, fit and errors included) take turns; a share is that of neighbouring turns. Where torch sees an
accelerator, the same is measured on it with a network of the size of a ResNet-50. Needs torch.

    python benchmarks/image_throughput.py [--samples 1000] [--batch-size 32] [--repeats 5] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from lime import LimeImageExplainer
from processes import format_table

SIDE, CLASSES = 224, 10


def small_network() -> nn.Module:
    """Return a convolutional network of half a million weights."""
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(128, 256, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(256, CLASSES),
        nn.Softmax(dim=1),
    )


class Bottleneck(nn.Module):
    """A residual block of three convolutions."""

    def __init__(self, width: int, inner: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, inner, 1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU(),
            nn.Conv2d(inner, inner, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(inner),
            nn.ReLU(),
            nn.Conv2d(inner, 4 * inner, 1, bias=False),
            nn.BatchNorm2d(4 * inner),
        )
        same = width == 4 * inner and stride == 1
        self.short = nn.Identity() if same else nn.Conv2d(width, 4 * inner, 1, stride=stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add what the block makes of x to x."""
        return torch.relu(self.body(x) + self.short(x))


def large_network() -> nn.Module:
    """Return a network with the blocks of a ResNet-50."""
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, stride=2, padding=3), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    width = 64
    for inner, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            layers.append(Bottleneck(width, inner, 2 if block == 0 and inner > 64 else 1))
            width = 4 * inner
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, CLASSES), nn.Softmax(dim=1))


def bare(network: nn.Module, batches: list[torch.Tensor]) -> float:
    """Seconds of the forward passes alone."""
    start = time.perf_counter()
    with torch.inference_mode():
        for batch in batches:
            answer = network(batch)
    answer.cpu()
    return time.perf_counter() - start


def whole(network: nn.Module, image: torch.Tensor, segments: np.ndarray, samples: int, size: int) -> float:
    """Seconds of one explanation."""
    start = time.perf_counter()
    LimeImageExplainer(random_state=0).explain_instance(
        image,
        network,
        top_labels=1,
        hide_color=0,
        num_samples=samples,
        batch_size=size,
        segmentation_fn=segments,
        progress_bar=False,
        channel_axis=0,
    )
    return time.perf_counter() - start


def measure(name: str, network: nn.Module, device: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Let bare passes and explanations take turns."""
    torch.manual_seed(0)
    network = network.to(device).eval()
    image = torch.rand(3, SIDE, SIDE, device=device)
    # As many as there are samples: one batch over and over would be read from the processor's cache, as no model's is.
    batches = list(torch.rand(arguments.samples, 3, SIDE, SIDE, device=device).split(arguments.batch_size))
    segments = np.kron(np.arange(49).reshape(7, 7), np.ones((SIDE // 7, SIDE // 7), dtype=int))
    bare(network, batches[:2])
    whole(network, image, segments, 128, arguments.batch_size)
    times: dict[str, list[float]] = {"bare": [], "whole": []}
    for _ in range(arguments.repeats):
        times["bare"].append(bare(network, batches))
        times["whole"].append(whole(network, image, segments, arguments.samples, arguments.batch_size))
    shares = [one / other for one, other in zip(times["bare"], times["whole"], strict=True)]
    return {"name": name, "device": device, "samples": arguments.samples, **times, "shares": shares}


def main() -> None:
    """Measure on the processor, and on an accelerator where there is one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    arguments = parser.parse_args()
    results = [measure("small network", small_network(), "cpu", arguments)]
    if torch.cuda.is_available():
        results.append(measure("ResNet-50 size", large_network(), "cuda", arguments))
    if arguments.json:
        print(json.dumps(results, indent=1))
        return
    rows = [
        [
            f"{one['name']}, {one['device']}",
            *(f"{one['samples'] / statistics.median(one[side]):.1f}" for side in ("bare", "whole")),
            f"{statistics.median(one['shares']):.3f}",
            f"{min(one['shares']):.3f}..{max(one['shares']):.3f}",
            "yes" if statistics.median(one["shares"]) >= 0.95 else "NO",
        ]
        for one in results
    ]
    print(format_table(["pictures a second", "bare", "ours", "share", "range", "at least .95"], rows))


if __name__ == "__main__":
    main()
