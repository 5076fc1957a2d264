"""Plots of pictures: what is drawn, where, and how it looks beside the stored pictures.

``python tests/render/test_image_plot.py`` draws the stored pictures anew; look at them before you keep them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images

from image_samples import hostile_picture, picture
from lime.render.plot import AGAINST, FOR

BASELINE = Path(__file__).resolve().parent / "baseline"
TOLERANCE = 12.0
KINDS = ("overlay", "heatmap", "boundaries", "top")


def _four():
    figure = Figure(figsize=(9, 6), layout="constrained")
    for ax, kind in zip(figure.subplots(2, 2).flat, KINDS, strict=True):
        picture(labels=(2, 0)).plot(label=0, ax=ax, kind=kind, num_features=3)
    return figure


PICTURES = {
    **{f"picture_{kind}": lambda kind=kind: picture().plot(kind=kind).figure for kind in KINDS},  # type: ignore[misc]
    "picture_four": _four,
}


def save(name, path):
    with mpl.rc_context(), mpl.style.context("default"):
        PICTURES[name]().savefig(path, dpi=60, metadata={"Software": None})


@pytest.mark.parametrize("name", PICTURES)
def test_looks_like_the_stored_picture(name, tmp_path):
    path = tmp_path / f"{name}.png"
    save(name, path)
    assert compare_images(str(BASELINE / f"{name}.png"), str(path), TOLERANCE) is None


def test_a_wrong_picture_is_noticed(tmp_path):
    exp = picture()
    exp.local_exp[2] = [(i, -weight) for i, weight in exp.local_exp[2]]
    path = tmp_path / "wrong.png"
    with mpl.rc_context(), mpl.style.context("default"):
        exp.plot(kind="heatmap").figure.savefig(path, dpi=60)
    assert compare_images(str(BASELINE / "picture_heatmap.png"), str(path), TOLERANCE) is not None


def test_tints_follow_sign_and_size():
    exp = picture()
    ax = exp.plot()
    tints = ax.images[1].get_array()
    weights = exp.heatmap()
    np.testing.assert_allclose(tints[weights > 0][:, :3], np.broadcast_to(to_rgb(FOR), ((weights > 0).sum(), 3)))
    np.testing.assert_allclose(tints[weights < 0][:, :3], np.broadcast_to(to_rgb(AGAINST), ((weights < 0).sum(), 3)))
    np.testing.assert_allclose(tints[..., 3], 0.06 + 0.62 * np.abs(weights) / np.abs(weights).max())


def test_the_heatmap_holds_the_weights_on_a_scale_around_zero():
    exp = picture()
    shown = exp.plot(kind="heatmap").images[0]
    assert (shown.get_array() == exp.heatmap()).all()
    largest = np.abs(exp.heatmap()).max()
    assert shown.get_clim() == (-largest, largest)
    np.testing.assert_allclose(shown.cmap(1.0)[:3], to_rgb(FOR))
    np.testing.assert_allclose(shown.cmap(0.0)[:3], to_rgb(AGAINST))


@pytest.mark.parametrize("kind", ["overlay", "boundaries", "top"])
def test_the_strongest_are_outlined_and_numbered(kind):
    exp = picture()
    for count in (0, 1, 5, 24, 1000):
        ax = exp.plot(kind=kind, num_features=count)
        expected = min(count, 24)
        assert [text.get_text() for text in ax.texts] == [str(rank) for rank in range(1, expected + 1)]
        lines = [found for found in ax.collections if isinstance(found, LineCollection)]
        assert len(lines) == 2 * expected
        for line, text, (feature_id, weight) in zip(lines[1::2], ax.texts, exp.local_exp[2], strict=False):
            np.testing.assert_allclose(line.get_colors()[0][:3], to_rgb(FOR if weight > 0 else AGAINST))  # type: ignore[arg-type, index]
            column, row = text.get_position()
            assert exp.segments[round(row), round(column)] == feature_id


def test_top_fades_all_else():
    exp = picture()
    shown = exp.plot(kind="top", num_features=2).images[0].get_array()
    kept = np.isin(exp.segments, [feature_id for feature_id, _ in exp.local_exp[2][:2]])
    assert (shown[kept] == exp.image[kept]).all()
    assert shown[~kept].min() > 200


def test_a_given_axes_is_drawn_on_and_without_one_pyplot_has_the_figure():
    figure = Figure()
    ax = figure.add_subplot()
    assert picture().plot(ax=ax) is ax
    assert plt.get_fignums() == []
    own = picture().plot()
    assert plt.gcf() is own.figure is not figure
    plt.tight_layout()
    with pytest.raises(TypeError, match="expected a matplotlib Axes"):
        picture().plot(ax=3)


def test_bars_of_the_strongest():
    figure = picture().as_pyplot_figure(2, figsize=(6, 4))
    try:
        names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
        assert names == [record["feature"] for record in picture().records()[:10]]
    finally:
        plt.close(figure)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "pie"}, "kind='pie': expected one of 'overlay', 'heatmap', 'boundaries', 'top'"),
        ({"num_features": -1}, "num_features=-1: expected a whole number"),
        ({"num_features": 2.5}, "num_features=2.5: expected a whole number"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        picture().plot(**options)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_and_weights_are_drawn(kind):
    hostile_picture().plot(0, kind=kind).figure.canvas.draw()


def test_titles_name_what_is_explained():
    assert picture(labels=(2, 0)).plot(0).get_title() == "Why boat"
    with pytest.raises(KeyError):
        picture().plot(17)


if __name__ == "__main__":
    for name in PICTURES:
        save(name, BASELINE / f"{name}.png")
    sys.exit(0)
