"""Plots: what is drawn, where, and how it looks beside the stored pictures.

``python tests/render/test_plot.py`` draws the stored pictures anew; look at them before you keep them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images

from explanation_samples import SAMPLES, FakeMapper, fill, hostile, house, review, wine
from lime.explanation import Explanation
from lime.render.plot import save_plot

BASELINE = Path(__file__).resolve().parent / "baseline"
# Root mean square over all pixels, of 255. Other versions of freetype move letters by parts of a pixel.
TOLERANCE = 12.0


def _as_pyplot_figure(make):
    figure = make().as_pyplot_figure()
    plt.close(figure)
    return figure


def _on_given_axes():
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    wine(labels=(1, 0)).plot(label=1, ax=left)
    wine(labels=(1, 0)).plot(label=0, ax=right)
    return figure


PICTURES = {
    "wine": lambda: wine().plot().figure,
    "house": lambda: house().plot().figure,
    "review": lambda: review().plot().figure,
    "hostile": lambda: hostile().plot().figure,
    "wine_pyplot": lambda: _as_pyplot_figure(wine),
    "two_axes": _on_given_axes,
}


def save(name, path):
    with mpl.rc_context(), mpl.style.context("default"):
        PICTURES[name]().savefig(path, dpi=80, metadata={"Software": None})


@pytest.mark.parametrize("name", PICTURES)
def test_looks_like_the_stored_picture(name, tmp_path):
    path = tmp_path / f"{name}.png"
    save(name, path)
    assert compare_images(str(BASELINE / f"{name}.png"), str(path), TOLERANCE) is None


def test_a_wrong_picture_is_noticed(tmp_path):
    exp = wine()
    exp.local_exp[1] = [(i, -weight) for i, weight in exp.local_exp[1]]
    path = tmp_path / "turned.png"
    with mpl.style.context("default"):
        exp.plot().figure.savefig(path, dpi=80)
    assert compare_images(str(BASELINE / "wine.png"), str(path), TOLERANCE) is not None


def bars(ax):
    return [patch.get_width() for patch in ax.patches]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_draws_without_a_warning(name):
    figure = SAMPLES[name]().plot().figure
    figure.canvas.draw()


def test_bars_names_and_whiskers():
    exp = wine()
    ax = exp.plot()
    assert bars(ax) == [weight for _, weight in exp.as_list()]
    names = [text.get_text().replace("\n", " ") for text in ax.get_yticklabels()]
    assert [name.replace(" ", "") for name in names] == [name.replace(" ", "") for name, _ in exp.as_list()]
    heights = [patch.get_y() for patch in ax.patches]
    assert heights == sorted(heights, reverse=True)
    (container,) = ax.containers[1:]
    segments = container.lines[2][0].get_segments()
    intervals = exp.confidence_intervals()
    for segment, (feature_id, _) in zip(segments, exp.local_exp[1], strict=True):
        np.testing.assert_allclose(segment[:, 0], intervals[feature_id])


def test_labels_of_a_plot():
    exp = wine(labels=(2, 0))
    assert exp.plot().get_title() == "Why barbera"
    assert exp.plot(label=0).get_title() == "Why barolo"
    with pytest.raises(KeyError, match="label 7"):
        exp.plot(label=7)
    before = plt.get_fignums()
    with pytest.raises(KeyError, match="label 7"):
        exp.as_pyplot_figure(label=7)
    assert plt.get_fignums() == before


def test_plot_without_axes_makes_the_current_figure(monkeypatch, tmp_path):
    monkeypatch.setattr(plt, "show", lambda *a, **k: pytest.fail("plt.show() was called"))
    before = plt.figure()
    ax = wine().plot()
    assert plt.get_fignums() == [1, 2]
    assert plt.gcf() is ax.figure is not before
    assert plt.gca() is ax
    path = tmp_path / "saved.png"
    plt.savefig(path)
    shown = plt.imread(path)[..., :3]
    assert (shown < 0.5).any()
    # What people call next: none of it warns.
    plt.tight_layout()
    plt.subplots_adjust(left=0.5)
    plt.savefig(path, bbox_inches="tight")


def test_plot_on_given_axes_leaves_pyplot_alone():
    given = Figure().add_subplot()
    mine = plt.figure()
    assert wine().plot(ax=given) is given
    assert len(given.patches) == 10
    assert plt.get_fignums() == [mine.number]
    assert plt.gcf() is mine


def test_a_label_that_is_not_there_leaves_no_empty_figure():
    with pytest.raises(KeyError, match="label 7"):
        wine().plot(label=7)
    assert plt.get_fignums() == []


def test_saving_for_a_command_needs_no_pyplot(tmp_path):
    save_plot(wine(), tmp_path / "saved.png")
    assert plt.get_fignums() == []
    assert (plt.imread(tmp_path / "saved.png")[..., :3] < 0.5).any()


def test_thousands_are_apart_at_the_axis():
    ax = house().plot()
    ax.figure.canvas.draw()
    assert "20,000" in [text.get_text() for text in ax.get_xticklabels()]


def test_as_pyplot_figure_is_the_current_figure(tmp_path):
    figure = wine().as_pyplot_figure(label=1, figsize=(5, 3))
    assert plt.gcf() is figure
    assert tuple(figure.get_size_inches()) == (5, 3)
    plt.tight_layout()
    plt.savefig(tmp_path / "x.png", dpi=150, bbox_inches="tight")
    plt.close(figure)
    figure = wine().as_pyplot_figure()
    assert tuple(figure.get_size_inches()) == (4, 4)
    plt.close(figure)


@pytest.mark.parametrize("count", [1, 3, 10, 40])
def test_height_follows_the_number_of_features_and_nothing_overlaps(count):
    names = [f"a rather long name of feature number {i}, which has to wrap somewhere" for i in range(count)]
    exp = Explanation(FakeMapper(names, names, [None] * count))
    fill(exp, 1, np.linspace(1, 2, count))
    figures = [exp.plot().figure]
    if count <= 10:
        figures.append(exp.as_pyplot_figure())
        plt.close(figures[-1])  # type: ignore[arg-type]
    for figure in figures:
        figure.canvas.draw()
        (ax,) = figure.axes
        boxes = [text.get_window_extent() for text in ax.get_yticklabels()]
        assert all(upper.y0 >= lower.y1 - 1 for upper, lower in itertools.pairwise(boxes))
        assert all(box.x0 >= 0 for box in boxes)
        assert ax.get_window_extent().width > 0.3 * figure.bbox.width
    assert figures[0].get_figheight() >= 0.35 * count  # type: ignore[union-attr]


def test_dollars_are_no_formula():
    names = ["$x^2$ costs $5", "$\\frac{"]
    exp = Explanation(FakeMapper(names, names, [1, 2]), class_names=["no", "$\\nonsense{$"])
    fill(exp, 1, [0.5, -0.25])
    ax = exp.plot()
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.get_yticklabels()] == names
    assert not any(text.get_parse_math() for text in [*ax.get_yticklabels(), ax.title])


def test_no_error_no_whiskers():
    exp = wine()
    exp.standard_errors = {}
    ax = exp.plot()
    assert len(ax.containers) == 1
    assert ax.get_xlabel() == "weight"


def test_what_is_no_axes_is_refused():
    with pytest.raises(TypeError, match=r"ax=3 is of type int: expected a matplotlib Axes"):
        wine().plot(ax=3)


if __name__ == "__main__":
    for picture in PICTURES:
        save(picture, BASELINE / f"{picture}.png")
    sys.exit(0)
