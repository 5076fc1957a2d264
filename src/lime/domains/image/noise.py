"""Images nearby: the same picture with a little noise."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.image.pixels import Picture, finite_range
from lime.models.networks import is_tensor


def move_image(picture: Picture, radius: float, rng: np.random.Generator) -> Any:
    """The picture with each of its numbers moved by up to `radius` of the range, uniformly, in its own type and kind.

    The range is 255 for numbers that reach above 1 and for bytes, 1 for those within 0..1, and what the picture
    spans where it has negative numbers; nothing is moved out of it.
    """
    values = picture.values
    low, high = finite_range(values)
    if values.dtype.kind in "ui":
        low, high = 0.0, float(np.iinfo(values.dtype).max)
    elif low >= 0.0:
        low, high = 0.0, (1.0 if high <= 1.0 else 255.0 if high <= 255.0 else high)
    shifted = np.clip(values + rng.uniform(-radius, radius, values.shape) * (high - low), low, high)
    moved: NDArray[Any]
    if values.dtype.kind == "b":
        moved = shifted >= 0.5
    else:
        moved = (np.rint(shifted) if values.dtype.kind in "ui" else shifted).astype(values.dtype)
    if is_tensor(picture.given):
        torch = sys.modules["torch"]
        return torch.as_tensor(moved, dtype=picture.given.dtype, device=picture.given.device)
    return moved
