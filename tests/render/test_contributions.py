"""How contributions look: in the terminal, on the page, as a waterfall; and that classic explanations look as ever.

``python tests/render/test_contributions.py`` draws the stored pictures anew; look at them before you keep them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import matplotlib.style
import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images

from contribution_samples import anchored_wine, classic_house, one_of, with_contributions
from explanation_samples import SAMPLES, wine
from lime import Explanations
from lime.engine.local_fit import LocalFit
from lime.render.console import render_console

BASELINE = Path(__file__).resolve().parent / "baseline"
TOLERANCE = 12.0  # as in test_plot.py


def _rows():
    rows = [anchored_wine() for _ in range(24)]
    for k, exp in enumerate(rows):
        factor = (k % 7 - 3) / 3.0
        exp.contributions_by_label[1] = {i: factor * value for i, value in exp.contributions_by_label[1].items()}
        exp.domain_mapper.values = [1.0 + factor + j for j in range(13)]
    return Explanations.of(rows)


PICTURES = {
    "waterfall": lambda: anchored_wine().plot(kind="waterfall").figure,
    "waterfall_classic": lambda: classic_house().plot(kind="waterfall").figure,
    "contribution_bars": lambda: anchored_wine().plot().figure,
    "rows_bar": lambda: _rows().plot(kind="bar", contributions=True).figure,
    "rows_heatmap": lambda: _rows().plot(kind="heatmap", contributions=True).figure,
    "rows_dependence": lambda: _rows().plot(kind="dependence", contributions=True).figure,
}


def save(name, path):
    with mpl.rc_context(), mpl.style.context("default"):
        PICTURES[name]().savefig(path, dpi=80, metadata={"Software": None})


@pytest.mark.parametrize("name", PICTURES)
def test_looks_like_the_stored_picture(name, tmp_path):
    path = tmp_path / f"{name}.png"
    save(name, path)
    assert compare_images(str(BASELINE / f"{name}.png"), str(path), TOLERANCE) is None


def test_the_terminal_tells_the_sum():
    shown = render_console(anchored_wine(), width=80, color=False)
    exp = anchored_wine()
    total = sum(exp.contributions().values())
    assert exp.baseline_value + total == pytest.approx(0.4374)
    assert "baseline 0.335, contributions +0.102, prediction 0.437; fit R² 0.71" in shown
    first = next(line for line in shown.splitlines() if line.startswith("flavanoids"))
    assert "-0.143 ±0.015" in first
    assert "surrogate" not in shown


def test_a_label_without_contributions_is_shown_by_weights():
    exp = anchored_wine(labels=(1, 0))
    del exp.contributions_by_label[0]
    shown = str(exp)
    assert shown.count("baseline ") == shown.count("intercept ") == 1


def test_the_page_tells_the_sum():
    page = anchored_wine().as_html()
    for word in ("<dt>baseline</dt>", "<dt>contributions</dt>", "<dt>prediction</dt>", ">Adds"):
        assert page.count(word) >= 1, word
    assert "surrogate</dt>" not in page
    assert "\u22120.143" in page  # what flavanoids add
    assert "± 0.015" in page


@pytest.mark.parametrize("name", SAMPLES)
def test_a_classic_explanation_looks_as_ever(name):
    known, unknown = with_contributions(SAMPLES[name]()), SAMPLES[name]()
    assert known.as_html() == unknown.as_html()
    assert str(known) == str(unknown)


def test_contributions_stand_in_the_order_of_their_size():
    exp = one_of("regression")
    ax = exp.plot()
    sizes = [abs(patch.get_width()) for patch in ax.patches]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(patch.get_width() for patch in ax.patches) == pytest.approx(exp.predicted_value - exp.baseline_value)
    assert ax.get_xlabel() == "contribution, with its 95% interval"
    weights = [patch.get_width() for patch in exp.as_pyplot_figure().axes[0].patches]
    assert weights == [weight for _, weight in exp.as_list()]


# ---- the waterfall


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_steps_lead_from_the_baseline_to_the_prediction():
    exp = anchored_wine()
    ax = exp.plot(kind="waterfall")
    lefts = [patch.get_x() for patch in ax.patches]
    widths = [patch.get_width() for patch in ax.patches]
    assert lefts[0] == pytest.approx(exp.baseline_value)
    for left, width, following in zip(lefts, widths, lefts[1:], strict=False):
        assert left + width == pytest.approx(following)
    assert lefts[-1] + widths[-1] == pytest.approx(exp.model_preds[1])
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert (names[0], names[-1]) == ("baseline", "prediction")
    assert words(ax)[0] == "\u22120.143"
    assert words(ax)[-1] == "0.437"
    assert ax.get_xlabel() == "each step is a contribution, with its 95% interval"
    assert ax.get_title() == "Why grignolino"


def test_a_classic_waterfall_ends_at_the_surrogate_and_says_so():
    ax = classic_house().plot(kind="waterfall")
    assert ax.get_yticklabels()[-1].get_text() == "surrogate"
    assert "they end at the surrogate's value; the model says 291,400" in ax.get_xlabel()


def test_of_many_features_the_small_ones_are_one_step():
    exp = anchored_wine()
    exp.contributions_by_label[1] |= dict.fromkeys(range(10, 13), 0.001)
    exp.local_exp[1] = [*exp.local_exp[1], *((i, 0.002) for i in range(10, 13)), *((i, 0.001) for i in (13, 14, 15))]
    exp.contributions_by_label[1] |= dict.fromkeys((13, 14, 15), 0.0005)
    for k in (13, 14, 15):
        exp.domain_mapper.names.append(f"more {k}")
        exp.domain_mapper.features.append(f"more {k}")
        exp.domain_mapper.values.append(1.0)
        exp.domain_mapper.lows.append(None)
        exp.domain_mapper.highs.append(None)
    ax = exp.plot(kind="waterfall")
    assert ax.get_yticklabels()[-3].get_text() == "nonflavanoid_phenols = 0.28"
    assert len(ax.patches) == 13
    assert ax.get_yticklabels()[-2].get_text() == "4 other features"


@pytest.mark.parametrize("name", ["classes", "texts", "pictures", "series", "regression"])
def test_every_data_type_has_bars_and_a_waterfall(name):
    exp = one_of(name)
    for kind in ("bars", "waterfall"):
        figure = Figure()
        given = figure.add_subplot()
        assert exp.plot(ax=given, kind=kind) is given
        figure.canvas.draw()


def test_what_a_plot_cannot_be():
    with pytest.raises(ValueError, match="kind='pie': expected 'bars' or 'waterfall'"):
        wine().plot(kind="pie")
    with pytest.raises(ValueError, match="contributions are not known"):
        wine().plot(kind="waterfall")
    with pytest.raises(TypeError, match="ax=3"):
        anchored_wine().plot(kind="waterfall", ax=3)
    with pytest.raises(KeyError, match="label 7"):
        anchored_wine().plot(kind="waterfall", label=7)


if __name__ == "__main__":
    for drawn in sys.argv[1:] or PICTURES:
        save(drawn, BASELINE / f"{drawn}.png")


def test_the_fit_on_real_rows_stands_beside_that_in_the_neighbourhood():
    exp = anchored_wine()
    assert "real rows" not in str(exp)
    assert "real rows" not in exp.as_html()
    exp.local_fit[1] = LocalFit(0.4321, 0.1, 20.0)
    assert "on real rows nearby 0.43" in str(exp)
    assert "R² on real rows nearby</dt><dd>0.43</dd>" in exp.as_html()
    exp.local_fit[1] = LocalFit(0.4321, 0.1, 20.0, "samples")  # of which the other R² tells as well
    assert "real rows" not in str(exp)
    exp.local_fit[1] = LocalFit(float("nan"), 0.1, 20.0)
    assert "R² on real rows" not in exp.as_html()
