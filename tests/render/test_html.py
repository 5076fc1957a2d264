"""The page as text: complete, small, inert, and every keyword with its effect."""

from __future__ import annotations

import html.parser
import importlib.resources
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explanation_samples import (
    HOSTILE,
    SAMPLES,
    BlockMapper,
    FakeMapper,
    fill,
    hostile,
    house,
    review,
    wine,
    wine_warned,
)
from lime.exceptions import LimeError
from lime.explanation import DomainMapper, Explanation

VOID = {"meta", "rect", "path", "br", "img", "link", "input", "wbr"}


class Page(html.parser.HTMLParser):
    """Checks that tags are balanced, and collects tags, attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.data, self.attributes = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.tags[-1:] == ["wbr"]:
            self.data[-1] += data
        elif not self.open or self.open[-1] != "style":
            self.data.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.data).split())


TAGS = "html head meta title body div style section h3 bdi svg rect path p span ul li dl dt dd strong i mark wbr"
ALLOWED = {*TAGS.split(" "), "details", "summary", "table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize("name", SAMPLES)
def test_page_is_static_and_self_contained(name):
    page = Page(SAMPLES[name]().as_html())
    assert set(page.tags) <= ALLOWED
    for _, attributes in page.attributes:
        assert not {a for a in attributes if a.startswith("on")}
        assert not {"src", "href", "id", "action"} & set(attributes)
    text = SAMPLES[name]().as_html()
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "hostile"])
def test_page_is_small(name):
    assert len(SAMPLES[name]().as_html(show_all=True).encode()) < 44_000


def test_page_says_all():
    page = Page(wine_warned().as_html())
    for words in ("barolo", "0.034", "grignolino", "0.437", "flavanoids <= 1.20", "−0.238", "± 0.024"):
        assert words in page.text
    assert "intercept 0.250 + weights 0.170 = surrogate 0.420" in page.text
    assert "model 0.437 fit R² 0.71" in page.text
    assert "5,001 model calls" in page.text
    for warning in wine_warned().warnings:
        assert warning in page.text
    assert "291,400" in Page(house().as_html()).text


def test_bars_have_sign_and_length():
    exp = wine()
    bars = [a for tag, a in Page(exp.as_html()).attributes if tag == "rect" and "data-weight" in a]
    weights = [weight for _, weight in exp.as_list()]
    assert [float(a["data-weight"]) for a in bars] == weights
    unit = float(bars[0]["width"]) / abs(weights[0])
    for a, weight in zip(bars, weights, strict=True):
        assert math.isclose(float(a["width"]), unit * abs(weight), abs_tol=0.01)
        assert math.isclose(float(a["x"]), min(unit * weight, 0), abs_tol=0.01)
        assert a["class"] == ("lime-for" if weight > 0 else "lime-against")
    whiskers = [a for _, a in Page(exp.as_html()).attributes if "data-reach" in a]
    low, high = exp.confidence_intervals()[0]
    ends = re.match(r"M(\S+) 10H([^M]+)M", whiskers[0]["d"])
    assert math.isclose(float(ends[1]), unit * low, abs_tol=0.02)
    assert math.isclose(float(ends[2]), unit * high, abs_tol=0.02)


def test_labels():
    exp = wine(labels=(1, 0, 2))
    assert re.findall(r"Why (\w+)</bdi>", exp.as_html()) == ["grignolino", "barolo", "barbera"]
    assert re.findall(r"Why (\w+)</bdi>", exp.as_html(labels=[2])) == ["barbera"]
    assert re.findall(r"Why (\w+)</bdi>", exp.as_html(labels=(0, 2))) == ["barolo", "barbera"]
    with pytest.raises(KeyError, match="label 5 was not explained"):
        exp.as_html(labels=[5])
    with pytest.raises(KeyError, match="label 1 was not explained"):
        wine(labels=(0,)).as_html(labels=[1])


def test_keywords_have_their_effect():
    assert "0.034" in Page(wine().as_html()).text
    assert "0.034" not in Page(wine().as_html(predict_proba=False)).text
    assert "412,500" in Page(house().as_html()).text
    assert "412,500" not in Page(house().as_html(show_predicted_value=False)).text
    assert "1065" in Page(wine().as_html()).text
    assert "1065" not in Page(wine().as_html(show_table=False)).text
    assert "alcalinity_of_ash" not in wine().as_html()
    assert "alcalinity_of_ash" in wine().as_html(show_all=True)
    assert "<mark" in review().as_html()
    assert "<mark" not in review().as_html(text=False)
    strengths = re.findall(r"--lime-o:([\d.]+)", review().as_html())
    assert len(set(strengths)) == 5
    assert set(re.findall(r"--lime-o:([\d.]+)", review().as_html(opacity=False))) == {"0.45"}
    with pytest.raises(TypeError, match="unknown keyword 'show_tabel'"):
        wine().as_html(show_tabel=False)


def test_instance_marks_what_contributes():
    page = wine(labels=(1, 0)).as_html(show_all=True)
    assert page.count('class="lime-irow lime-used"') == 10
    assert page.count('class="lime-irow"') == 3
    assert page.count('class="lime-chip') == 20


def test_the_mapper_chooses_the_instance_block():
    class Own(FakeMapper):
        def instance_block(self, exp, shout=False):
            text = "hello"
            return {"kind": "text", "pieces": [{"text": text.upper() if shout else text, "feature": 0}]}

    exp = Explanation(Own(["hello"], ["hello"], [None]))
    fill(exp, 1, [0.5])
    assert ">HELLO</mark>" in exp.as_html(shout=True)
    exp.domain_mapper = BlockMapper(["hello"], ["hello"], [None], {"kind": "hologram"})
    with pytest.raises(LimeError, match="kind='hologram'"):
        exp.as_html()


def test_a_mapper_with_a_script_of_old_is_told():
    class Old(DomainMapper):
        def visualize_instance_html(self, exp, label, div_name, exp_object_name, **kwargs):
            return "explanation.show();"

    exp = Explanation(Old())
    fill(exp, 1, [0.5])
    with pytest.warns(UserWarning, match=r"Old.visualize_instance_html returned a script"):
        page = exp.as_html()
    assert "explanation.show" not in page


def test_hostile_text_is_text():
    page = Page(hostile().as_html())
    for name in HOSTILE[:3]:
        assert name in page.text
    assert "{{ 7 * 7 }} {% raw %}" in page.text
    hostile().as_html().encode("utf-8")
    assert set(page.tags) <= ALLOWED


TEXT = st.text(max_size=40) | st.sampled_from(HOSTILE)
NUMBER = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXT, NUMBER, NUMBER, TEXT | NUMBER | st.none()), min_size=1, max_size=4), TEXT, NUMBER)
def test_any_names_and_numbers_leave_the_page_valid(rows, class_name, number):
    names = [name for name, *_ in rows]
    values = [value for *_, value in rows]
    block = {"kind": "text", "pieces": [{"text": n, "feature": i} for i, n in enumerate(names)]}
    mapper = FakeMapper(names, names, values) if len(rows) % 2 else BlockMapper(names, names, values, block)
    exp = Explanation(mapper, class_names=[class_name])
    exp.local_exp[0] = [(i, np.float64(weight)) for i, (_, weight, *_) in enumerate(rows)]
    exp.standard_errors[0] = {i: abs(error) for i, (_, _, error, _) in enumerate(rows)}
    exp.intercept[0] = exp.scores[0] = exp.local_preds[0] = exp.model_preds[0] = number
    exp.predict_proba = np.array([number])
    exp.warnings = [class_name]
    page = Page(exp.as_html(show_all=True))
    assert set(page.tags) <= ALLOWED
    for tag, attributes in page.attributes:
        for name in ("x", "width"):
            if tag == "rect" and name in attributes:
                assert -100 <= float(attributes[name]) <= 100
    str(exp).encode("utf-8")


def test_an_explanation_filled_by_hand_as_of_old():
    exp = Explanation(DomainMapper(), class_names=["no", "yes"])
    exp.local_exp[1] = [(0, 0.5), (1, -0.25)]
    exp.intercept[1], exp.score, exp.local_pred = 0.1, 0.9, np.array([0.35])
    text = Page(exp.as_html()).text
    assert "intercept 0.100 + weights 0.250 = surrogate 0.350" in text
    assert "fit R² 0.90" in text
    exp.local_exp[0] = [(0, -0.5)]
    assert "fit R²" not in Page(exp.as_html()).text


def test_long_words_may_break_where_a_reader_would():
    page = wine().as_html()
    assert "2.78 &lt; od280/<wbr>od315_<wbr>of_<wbr>diluted_<wbr>wines &lt;= 3.17" in page
    assert 'title="2.78 &lt; od280/od315_of_diluted_wines &lt;= 3.17"' in page
    assert "proline &gt; 985.00</bdi>" in page


def test_files(tmp_path):
    path = tmp_path / "page.html"
    hostile().save_to_file(path)
    assert path.read_text(encoding="utf-8") == hostile().as_html()
    wine().save_to_file(str(path), None, False, show_all=True)
    assert path.read_text(encoding="utf-8") == wine().as_html(predict_proba=False, show_all=True)


def test_templates_and_style_are_files_of_the_package():
    folder = importlib.resources.files("lime.render") / "templates"
    for name in (
        "page.html",
        "fragment.html",
        "parts.html",
        "style.css",
        "blocks/table.html",
        "blocks/text.html",
    ):
        assert folder.joinpath(name).is_file()


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_wcag_aa():
    style = (importlib.resources.files("lime.render") / "templates" / "style.css").read_text()
    both = dict(re.findall(r"--lime-([\w-]+):light-dark\(([^)]+)\)", style))
    plain = dict(re.findall(r"--lime-([\w-]+):(#\w+)", style))
    assert plain == {name: value.split(",")[0] for name, value in both.items()}
    for scheme in (0, 1):
        colors = {name: value.split(",")[scheme].replace("#fff", "#ffffff") for name, value in both.items()}
        colors = {name: value[:7] for name, value in colors.items()}
        for words in ("ink", "soft"):
            for ground in ("bg", "warn-bg"):
                assert contrast(colors[words], colors[ground]) >= 4.5, (words, ground)
        for shape in ("for", "against", "grey"):
            assert contrast(colors[shape], colors["bg"]) >= 3.0, shape
        for sign in ("for", "against"):  # ink on the strongest tint of a marked word
            tint = [int(colors[sign][i : i + 2], 16) for i in (1, 3, 5)]
            ground = [int(colors["bg"][i : i + 2], 16) for i in (1, 3, 5)]  # type: ignore[assignment]
            mixed = "#" + "".join(f"{round(0.45 * t + 0.55 * g):02x}" for t, g in zip(tint, ground, strict=True))  # type: ignore[operator]
            assert contrast(colors["ink"], mixed) >= 4.5, sign


def test_one_label_needs_no_list():
    exp = wine(labels=(1, 0))
    assert exp.as_html(labels=0) == exp.as_html(labels=np.int64(0)) == exp.as_html(labels=[0])
    assert exp.as_html(labels=0) != exp.as_html()
    with pytest.raises(KeyError, match="label 2 was not explained"):
        exp.as_html(labels=2)


def test_each_output_has_its_own_range():
    exp = Explanation(FakeMapper(["a"], ["a"], [1]), mode="regression")
    fill(exp, 0, [0.5], model=0.5)
    fill(exp, 1, [7.5], model=-13.25)
    exp.min_value, exp.max_value = -2.0, 3.0
    exp.ranges = {1: (-217.0, 151.0)}
    page = exp.as_html()
    assert "217" in page
    assert "151" in page
    exp.ranges = {}
    assert "217" not in exp.as_html()
