"""Record what lime 0.2.0.1's `ImageExplanation.get_image_and_mask` returns, for tests/results/test_image.py.

Run it with a Python that has lime 0.2.0.1 and scikit-image (never this project's own environment):

    python tools/record_image_masks.py > tests/results/data/image_masks_0.2.0.1.json
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.color import gray2rgb

from lime.lime_image import ImageExplanation

SEGMENTS = [[7, 7, -3, -3], [7, 100, 100, -3], [0, 0, 100, 2]]
WEIGHTS = [(100, 0.5), (7, -0.375), (-3, 0.25), (0, -0.125), (2, 0.0625)]


def pictures() -> Iterator[tuple[str, NDArray[Any], NDArray[Any]]]:
    rng = np.random.RandomState(0)
    eight_bits = rng.randint(0, 256, (3, 4, 3)).astype(np.uint8)
    yield "uint8", eight_bits, eight_bits
    quarters = rng.randint(0, 5, (3, 4, 3)) / 4.0
    yield "float in 0..1", quarters, quarters
    normalised = (rng.randint(-8, 9, (3, 4, 3)) / 4.0).astype(np.float32)
    yield "float32 around 0", normalised, normalised
    four = rng.randint(0, 256, (3, 4, 4)).astype(np.uint8)
    yield "four channels", four, four
    grey = rng.randint(0, 256, (3, 4)).astype(np.uint8)
    # The explainer of 0.2.0.1 makes three channels of two dimensions before it makes the explanation.
    yield "two dimensions", grey, gray2rgb(grey)  # type: ignore[no-untyped-call]


def record() -> dict[str, Any]:
    cases = []
    for name, given, seen in pictures():
        exp = ImageExplanation(seen, np.array(SEGMENTS))
        exp.local_exp[3] = WEIGHTS
        answers = []
        for sides, hide_rest, num_features, min_weight in itertools.product(
            ((True, False), (False, True), (False, False)), (False, True), (1, 3, 5), (0.0, 0.25)
        ):
            image, mask = exp.get_image_and_mask(
                3,
                positive_only=sides[0],
                negative_only=sides[1],
                hide_rest=hide_rest,
                num_features=num_features,
                min_weight=min_weight,
            )
            answers.append(
                {
                    "positive_only": sides[0],
                    "negative_only": sides[1],
                    "hide_rest": hide_rest,
                    "num_features": num_features,
                    "min_weight": min_weight,
                    "dtype": str(image.dtype),
                    "image": image.ravel().tolist(),
                    "mask_dtype": str(mask.dtype),
                    "mask": mask.ravel().tolist(),
                }
            )
        cases.append(
            {
                "name": name,
                "dtype": str(given.dtype),
                "shape": list(given.shape),
                "image": given.ravel().tolist(),
                "answers": answers,
            }
        )
    return {"segments": SEGMENTS, "weights": WEIGHTS, "cases": cases}


if __name__ == "__main__":
    print(json.dumps(record(), separators=(",", ":")))
