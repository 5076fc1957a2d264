"""An explanation in the terminal."""

from __future__ import annotations

import io
import re
import sys

import numpy as np
import pytest

from explanation_samples import SAMPLES, FakeMapper, fill, hostile, house, wine, wine_warned
from lime.explanation import Explanation
from lime.render import render_console
from lime.render.words import display_width


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_every_line_fits(name, width):
    for line in render_console(SAMPLES[name](), width=width).splitlines():
        assert display_width(line) <= width, line
        assert line == line.rstrip()


def test_what_the_model_said_comes_first():
    lines = str(wine()).splitlines()
    assert lines[0] == "The model's prediction"
    assert re.fullmatch(r"  barolo +0\.034  █+▌?", lines[1])
    assert lines[2].startswith("  grignolino  0.437")
    lines = str(house()).splitlines()
    assert lines[0] == "The model's prediction  291,400"
    assert re.fullmatch(r"  118,000 ├─+●─+┤ 412,500", lines[1])
    share = lines[1].index("●") - lines[1].index("├") - 1
    room = lines[1].index("┤") - lines[1].index("├") - 2
    assert abs(share / room - (291400 - 118000) / (412500 - 118000)) < 1 / room


def test_bars_stand_on_the_right_side_with_the_right_length():
    exp = wine()
    rows = [line for line in str(exp).splitlines() if "±" in line and "│" in line]
    assert len(rows) == 10
    axis = {line.index("│") for line in rows}
    assert len(axis) == 1
    at = axis.pop()
    lengths = {}
    for row, (name, weight) in zip(rows, exp.as_list(), strict=True):
        left, right = row[at - 13 : at].strip(), row[at + 1 : at + 13].strip()
        length = len((right if weight > 0 else left).replace("▌", "").replace("▐", ""))
        assert (left == "") == (weight > 0), name
        assert (right == "") == (weight < 0), name
        lengths[name] = length
        assert f"{weight:+.3f}" in row
    assert lengths["flavanoids <= 1.20"] > lengths["4.69 < color_intensity <= 6.20"] > 0


def test_value_interval_fit_calls_and_warnings_are_there():
    text = str(wine_warned())
    assert re.search(r"proline > 985.00 +1065 .*\+0\.216 ±0\.023", text)
    assert "intercept 0.250 + weights 0.170 = surrogate 0.420" in text
    assert "the model says 0.437, fit R² 0.71" in text
    assert "sampling error alone" in text
    assert "5,001 model calls" in text
    assert "! The interval of 'ash' contains zero" in text


def test_slopes_are_not_said_to_add_up():
    exp = house()
    exp.local_preds[1] = 250000.0
    assert "intercept 241,000 + weights × scaled values 9,000 = surrogate 250,000" in str(exp)


def test_the_sum_has_the_decimals_of_the_weights():
    exp = wine()
    exp.model_preds[1] = 1.0
    assert "intercept 0.250 + weights 0.170 = surrogate 0.420" in str(exp)


def test_no_error_no_interval():
    exp = wine()
    exp.standard_errors = {}
    assert "±" not in str(exp)


def test_color_only_on_a_terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b" not in str(wine())
    monkeypatch.setattr(sys, "stdout", Terminal())
    colored = str(wine())
    assert "\x1b[34m" in colored
    assert "\x1b[33m" in colored
    plain = re.sub(r"\x1b\[\d+m", "", colored)
    assert [line.rstrip() for line in plain.splitlines()] == render_console(wine(), width=80, color=False).splitlines()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in str(wine())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in str(wine())


def test_ascii_where_the_encoding_has_no_blocks(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    exp = wine_warned()
    exp.class_names = ["barolo", "Größe", "重量"]
    print(exp)
    stream.flush()
    text = stream.buffer.getvalue().decode("ascii")
    assert re.search(r"proline > 985.00 +1065 +\|#{8,}", text)
    assert "+-0.023" in text
    assert "Gr\\xf6\\xdfe" in text


def test_hostile_text_commands_nothing():
    text = str(hostile())
    assert not set(text) & set("\x1b\x07\x00\r\t\u202e\u2067")
    text.encode("utf-8")
    assert r"line\nbreak\ttab\x00nul" in text
    assert len(text) < 6000


def test_many_classes_are_summed_up():
    names = ["a"]
    exp = Explanation(FakeMapper(names, names, [1]), class_names=[f"c{i}" for i in range(1000)])
    exp.predict_proba = np.full(1000, 0.0005)
    exp.predict_proba[700] = 0.5005
    fill(exp, 700, [0.5])
    text = str(exp)
    assert "c700" in text
    assert "and 990 more classes, 0.495 together" in text


def test_width_is_checked():
    with pytest.raises(ValueError, match="width=10"):
        render_console(wine(), width=10)


def test_each_output_has_its_own_value_and_range():
    exp = Explanation(FakeMapper(["a", "b"], ["a", "b"], [1, 2]), mode="regression")
    for label, model in ((0, 0.5), (1, -13.5), (2, 1.5)):
        fill(exp, label, [0.5 + label, -0.25], model=model)
    exp.predicted_value, exp.min_value, exp.max_value = 0.5, -2.0, 3.0
    exp.ranges = {0: (-2.0, 3.0), 1: (-200.0, 150.0)}
    lines = str(exp).splitlines()
    answers = [line.split("  ")[-1] for line in lines if line.startswith("The model's prediction, ")]
    assert [float(answer) for answer in answers] == [0.5, -13.5, 1.5]
    scales = [(line.split()[0], line.split()[-1]) for line in lines if "├" in line]
    assert [(float(low), float(high)) for low, high in scales] == [(-2.0, 3.0), (-200.0, 150.0), (-2.0, 3.0)]


@pytest.mark.parametrize("size", [200, 5000])
def test_a_long_name_is_cut_in_its_middle(size):
    words = "-0.69 < " + "b" * size + " <= -0.02"
    exp = Explanation(FakeMapper(["b"], [words], [1]))
    fill(exp, 1, [0.5], errors=[0.1])
    text = str(exp)
    assert "-0.69 < " in text
    assert "<= -0.02" in text
    assert "…" in text
    assert all(display_width(line) <= 80 for line in text.splitlines())
