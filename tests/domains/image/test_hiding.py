"""What stands in place of a segment that is hidden."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lime import LimeImageExplainer
from segment_samples import GRID, PICTURE, QUIET, SEEN, linear, watching

# -- hiding


@pytest.mark.parametrize(
    ("hide", "expected"),
    [
        (7, np.full((32, 40, 3), 7.0)),
        ((1, 2, 3), np.broadcast_to([1.0, 2.0, 3.0], (32, 40, 3))),
        (PICTURE[::-1].copy(), PICTURE[::-1]),
        (lambda image, segments: image + segments[:, :, None], PICTURE + GRID[:, :, None]),
    ],
)
def test_hidden_segments_look_as_asked(hide: Any, expected: np.ndarray) -> None:
    SEEN.clear()
    LimeImageExplainer(random_state=0).explain_instance(
        PICTURE, watching, num_samples=30, **{**QUIET, "hide_color": hide}
    )
    images = np.concatenate(SEEN)
    assert ((images == PICTURE) | (images == expected)).all()
    assert (images == expected)[1:].mean() > 0.3


def test_segments_are_hidden_in_their_mean_colour_or_blurred() -> None:
    SEEN.clear()
    explainer = LimeImageExplainer(random_state=0)
    explainer.explain_instance(PICTURE, watching, num_samples=40, **{**QUIET, "hide_color": None})
    expected = PICTURE.copy()
    for label in range(20):
        expected[label == GRID] = PICTURE[label == GRID].mean(axis=0)
    images = np.concatenate(SEEN)
    assert (np.isclose(images, PICTURE) | np.isclose(images, expected)).all()
    SEEN.clear()
    explainer.explain_instance(PICTURE, watching, num_samples=200, **{**QUIET, "hide_color": "blur"})
    changed = np.concatenate(SEEN)[1:]
    darkest, brightest = changed.min(axis=0), changed.max(axis=0)
    assert (brightest - darkest).max() > 50
    assert np.minimum(np.abs(darkest - PICTURE), np.abs(brightest - PICTURE)).max() < 1e-9


@pytest.mark.parametrize(
    ("hide", "message"),
    [
        ("blurr", "'blurr'"),
        ((1, 2), r"shape \(2,\)"),
        (np.zeros((3, 3, 3)), r"\(3, 3, 3\)"),
        ({}, "hide_color="),
        (lambda image, segments: None, "returned None"),
    ],
)
def test_other_ways_to_hide_are_refused(hide: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        LimeImageExplainer().explain_instance(PICTURE, linear, **{**QUIET, "hide_color": hide})


def test_a_colour_that_bytes_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 255"):
        LimeImageExplainer().explain_instance(PICTURE.astype(np.uint8), linear, **{**QUIET, "hide_color": 300})
