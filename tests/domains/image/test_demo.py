"""What the command shows of a photograph: the face, found where it is, by a model that tells faces."""

from __future__ import annotations

import numpy as np
from skimage.filters import gaussian

from lime.cli.demo import explain_photo
from lime.cli.faces import find_faces, learn_faces, portrait
from lime.results.image import ImageExplanation

FACE = (slice(60, 190), slice(90, 210))
"""Where the face is in the portrait, from the brow to the chin and from ear to ear, as a person sees it."""


def test_the_detector_tells_faces_from_what_is_none() -> None:
    model, right, held_out = learn_faces()
    assert held_out == 40
    assert right >= 0.9  # 0.5 by chance
    photograph = portrait()
    hidden = photograph.copy()
    blurred = gaussian(photograph, sigma=20, channel_axis=-1, preserve_range=True)
    hidden[FACE] = np.round(blurred[FACE]).astype(np.uint8)
    found = find_faces(model, np.stack([photograph, hidden]))
    assert found.shape == (2, 2)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert found[0, 1] > 0.9
    assert found[1, 1] < found[0, 1] - 0.3  # what is left is how much the likeliest other window looks like one


def test_the_face_is_what_speaks_for_a_face() -> None:
    headline, explanation = explain_photo()
    assert isinstance(explanation, ImageExplanation)
    assert "Eileen Collins" in headline
    (label,) = explanation.top_labels
    assert explanation.class_names[label] == "a face"
    heat = explanation.heatmap(label)
    rest = np.ones(heat.shape, dtype=bool)
    rest[FACE] = False
    assert heat[FACE].mean() > 0.05 > heat[rest].mean()
    strongest = max(explanation.local_exp[label], key=lambda pair: pair[1])[0]
    row, column = np.argwhere(explanation.segments == strongest).mean(axis=0)
    assert FACE[0].start < row < FACE[0].stop
    assert FACE[1].start < column < FACE[1].stop
