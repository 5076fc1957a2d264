"""The fragment in pages of others: their styles, their themes, no styles at all; and names and texts of any length."""

from __future__ import annotations

import html.parser
import re

import numpy as np
import pytest

from explanation_samples import SAMPLES, BlockMapper, FakeMapper, fill, house, review, wine
from image_samples import IMAGE_SAMPLES
from lime.explanation import Explanation
from lime.results.explanations import Explanations

# What style sheets of frameworks and notebooks say about elements, and about classes of plain names.
HOSTILE_STYLE = """
html{font-size:10px}
*,*::before,*::after{box-sizing:border-box;letter-spacing:.1em}
body{font:italic 18px/2 serif;color:#639;text-align:right;text-transform:uppercase;word-spacing:1em}
.row{display:flex;margin-left:-15px;margin-right:-15px}
.row::before,.row::after{display:table;content:" "}
.row>*{width:100%;padding:0 15px}
.bar,.card,.text,.num,.name,.head,.range,.track,.scale,.fit,.warn,.chip,.show,.pic,.part,.one,.two,.many,.on,
.for,.against,.soft,.more,.open,.table
{position:absolute;float:left;width:9px;background:#f0f!important;border:5px solid
red;padding:30px;display:inline-block}
h1,h2,h3,h4{margin:40px 0;font:italic 30px/3 serif;color:red}
p,ul,dl,ol{margin:0 0 30px}
li{margin:20px}
table{width:100%;margin:30px;border-collapse:collapse;background:#eee;font-size:30px}
table tr:nth-child(odd){background:#fdd}
th,td{padding:20px;border:3px solid red;vertical-align:bottom;text-align:center}
thead th{border-bottom:9px solid}
tbody tr:hover>td,.host tbody tr:nth-child(even) td,.host div table tr
th{background:#dfd;padding:33px;max-width:10px}
dt{float:left;width:160px;clear:left}
dd{margin-left:180px}
label{display:inline-block;margin-bottom:50px;font-weight:700;max-width:9px}
mark{padding:20px;background:red}
svg,img{vertical-align:middle;max-width:20px;height:9px}
summary{display:block;margin:30px}
details{margin:30px}
strong,b,i,span,bdi,section,div.host div{color:red;font-weight:100;margin:7px;padding:7px}
code,pre{padding:20px}
input[type=radio]{margin:30px;line-height:9}
"""
MEASURE = """() => [...document.querySelectorAll('.lime, .lime *')].filter(e => e.tagName !== 'STYLE').map(e => {
    const r = e.getBoundingClientRect(), root = document.querySelector('.lime').getBoundingClientRect();
    const s = getComputedStyle(e);
    return [e.tagName, e.className.baseVal ?? e.className, r.x - root.x, r.y - root.y, r.width, r.height, s.color,
            s.backgroundColor, s.fontSize, s.fontStyle, s.fontWeight,
            e.ownerSVGElement ? '' : s.letterSpacing, s.textTransform, s.borderTop];
})"""
TABLE_OF_ROWS = {"rows": lambda: Explanations.of([wine(), wine(labels=(0,))])}
REPORTS = {"card": lambda: wine().trust()}
FRAGMENTS = {**SAMPLES, **IMAGE_SAMPLES, **TABLE_OF_ROWS, **REPORTS}


def page_of(fragment, style="", html="", body=""):
    return (
        f"<!doctype html><html {html}><meta charset=utf-8><style>{style}</style>"
        f"<body {body}><div class=host><div style='width:900px;margin:0;padding:0'>{fragment}</div></div>"
    )


@pytest.mark.parametrize("name", ["wine_three", "house", "review", "picture", "rows", "card"])
def test_no_style_of_the_host_changes_anything(open_page, name):
    fragment = FRAGMENTS[name]()._repr_html_()
    alone = open_page(page_of(fragment)).evaluate(MEASURE)
    hosted = open_page(page_of(fragment, HOSTILE_STYLE)).evaluate(MEASURE)
    assert len(alone) > 20
    for one, other in zip(alone, hosted, strict=True):
        assert one[:2] + one[6:] == other[:2] + other[6:]
        assert one[2:6] == pytest.approx(other[2:6], abs=0.1), one[:2]


def test_the_hostile_style_would_be_noticed(open_page):
    fragment = re.sub(r"<style>.*?</style>", "", wine()._repr_html_())
    alone, hosted = (open_page(page_of(fragment, style)).evaluate(MEASURE) for style in ("", HOSTILE_STYLE))
    assert alone != hosted


@pytest.mark.parametrize("name", FRAGMENTS)
def test_every_class_and_variable_bears_our_name(name):
    text = FRAGMENTS[name]()._repr_html_()
    tags = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    classes = {part for found in re.findall(r'class="([^"]*)"', tags) for part in found.split()}
    assert classes
    assert {one for one in classes if one != "lime" and not one.startswith("lime-")} == set()
    assert " id=" not in tags
    (style,) = re.findall(r"<style>(.*?)</style>", text, flags=re.DOTALL)
    assert {one for one in re.findall(r"--[a-z][\w-]*(?=[:)])", text) if not one.startswith("--lime-")} == set()
    own = set(re.findall(r"\.(?=[a-z])([\w-]+)", style))
    assert {one for one in own if not re.match(r"lime(-|$)|vscode-", one)} == set()
    # Each rule is about what is in the fragment; only the page of our own names its html and body.
    for rule in re.findall(r"([^{}]+)\{", re.sub(r"@[^{]+\{", "", style)):
        assert ".lime" in rule, rule


class Stripped(html.parser.HTMLParser):
    """What a front end leaves of a fragment that it does not trust: no style, no drawing, no script, no form."""

    GONE = ("style", "svg", "script")

    def __init__(self, text):
        super().__init__()
        self.out, self.depth = [], 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.depth += tag in self.GONE
        if not self.depth and tag not in ("form", "input"):
            kept = "".join(f' {name}="{value}"' for name, value in attrs if name in ("class", "scope", "colspan"))
            self.out.append(f"<{tag}{kept}>")

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.depth and tag not in ("form", "input"):
            self.out.append(f"</{tag}>")
        self.depth -= tag in self.GONE

    def handle_data(self, data):
        if not self.depth:
            self.out.append(data.replace("&", "&amp;").replace("<", "&lt;"))


ROWS = """() => [...document.querySelectorAll('table')].map(table =>
    [...table.rows].map(row => [...row.cells].map(cell => cell.innerText.replace(/\\s+/g, ' ').trim())))"""


def test_without_styles_and_drawings_tables_and_a_sentence_are_left(open_page):
    page = open_page(page_of("".join(Stripped(wine()._repr_html_()).out)))
    answers, weights, values = page.evaluate(ROWS)
    assert answers[1] == ["grignolino", "", "0.437"]
    assert weights[0] == ["Feature", "Value", "against / for", "Weight ± 95%"]
    assert weights[1] == ["flavanoids <= 1.20", "0.76", "against", "−0.238 ± 0.024"]
    assert weights[2] == ["proline > 985.00", "1065", "for", "+0.216 ± 0.023"]
    assert len(weights) == 11
    assert values[1] == ["flavanoids", "0.76", "−0.238"]
    boxes = (
        page.locator("table")
        .nth(1)
        .locator("tr")
        .evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.getBoundingClientRect().x))")
    )
    assert all(box == boxes[0] for box in boxes)
    assert page.get_by_text("this notebook is not trusted").is_visible()


@pytest.mark.parametrize("name", ["house", "review", "picture", "rows", "card"])
def test_the_sentence_is_seen_only_without_styles(open_page, name):
    fragment = FRAGMENTS[name]()._repr_html_()
    assert not open_page(page_of(fragment)).get_by_text("is not trusted").is_visible()
    page = open_page(page_of("".join(Stripped(fragment).out)))
    assert page.get_by_text("is not trusted").is_visible()
    words = page.locator(".lime").inner_text()
    if name == "house":
        assert "291,400 in a range from 118,000 to 412,500" in words
    if name == "picture":
        assert page.evaluate(ROWS)[1][1] == ["segment 4, top", "4.2%", "against", "−0.728 ± 0.059"]
        assert "strongest" not in words


@pytest.mark.parametrize(
    ("html", "body", "style", "scheme", "dark"),
    [
        ("", "", "", "light", False),
        ("", "", "", "dark", False),
        ("", "data-jp-theme-light=true", "", "dark", False),
        ("", "data-jp-theme-light=false", "", "light", True),
        ("", "class=vscode-light", "", "dark", False),
        ("", "class=vscode-dark", "", "light", True),
        ("theme=dark", "", "", "light", True),
        ("theme=light", "", "", "dark", False),
        ("data-bs-theme=dark", "", "", "light", True),
        ("data-theme=dark", "", "", "light", True),
        ("", "", ":root{color-scheme:dark}", "light", True),
        ("", "", ":root{color-scheme:light dark}", "dark", True),
        ("", "", ":root{color-scheme:light dark}", "light", False),
        ("", "", ":root{color-scheme:light}", "dark", False),
    ],
)
def test_the_fragment_is_dark_only_where_its_host_says_so(open_page, html, body, style, scheme, dark):
    page = open_page(page_of(wine()._repr_html_(), style, html, body), scheme)
    ground = page.locator(".lime").evaluate("e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]")
    light = ["rgb(255, 255, 255)", "rgb(29, 36, 48)"]
    assert ground == (["rgb(20, 24, 31)", "rgb(231, 234, 240)"] if dark else light)


@pytest.mark.parametrize("make", [wine, lambda: Explanations.of([wine()])])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_of_its_own_follows_the_reader(open_page, make, scheme):
    page = open_page(make().as_html(), scheme)
    grounds = page.locator("body, .lime").evaluate_all("all => all.map(e => getComputedStyle(e).backgroundColor)")
    assert len(grounds) > 1
    for ground in grounds:
        assert (max(map(int, re.findall(r"\d+", ground)[:3])) < 50) == (scheme == "dark")


def long_named(size):
    names = [letter * size + f" end {k}" for k, letter in enumerate("abcdefghij")]
    exp = Explanation(FakeMapper(names, [f"{n} <= 1.00" for n in names], names), class_names=names[:2])
    fill(exp, 1, np.linspace(0.1, 1.0, 10), np.full(10, 0.01))
    exp.predict_proba = np.array([0.25, 0.75])
    exp.warnings = [f"The weight of {name} is odd." for name in names]
    return exp


def test_a_page_of_very_long_names_is_small_and_opens(open_page):
    exp = long_named(100_000)
    for text in (exp.as_html(), Explanations.of([exp, exp]).as_html(), exp.trust()._repr_html_()):
        assert len(text) < 600_000
        page = open_page(text)
        assert page.locator(".lime").first.is_visible()
        assert page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    words = open_page(exp.as_html()).locator(".lime-chart .lime-name").nth(1)
    # The middle is left out, and the ends tell names apart; pointing at one shows more of it.
    assert words.text_content().strip().endswith("jjj end 9 <= 1.00")
    assert "…" in words.text_content()
    assert 5_000 < len(words.get_attribute("title")) <= 10_000
    assert len(str(exp)) < 20_000
    assert len(repr(exp)) < 400


def long_text():
    words = [f"word{i}" for i in range(9000)]
    pieces = [
        piece
        for i, word in enumerate(words)
        for piece in ({"text": word, "feature": i}, {"text": " ", "feature": None})
    ]
    exp = Explanation(BlockMapper(words, words, [None] * len(words), {"kind": "text", "pieces": pieces}))
    fill(exp, 1, np.ones(9000))
    exp.local_exp[1] = [pair for pair in exp.local_exp[1] if pair[0] % 40 == 0][:200]
    exp.standard_errors[1] = {}
    return exp


def test_a_long_text_scrolls_in_a_box_and_prints_whole(open_page):
    page = open_page(page_of(long_text()._repr_html_()))
    text = page.locator(".lime-text")
    assert text.bounding_box()["height"] <= 500
    assert text.evaluate("e => e.scrollHeight > 2 * e.clientHeight")
    # The keyboard reaches it.
    text.focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.lime-text').scrollTop > 0")
    page.emulate_media(media="print")
    assert text.evaluate("e => e.scrollHeight <= e.clientHeight + 1")


def test_what_is_folded_is_printed(open_page):
    exp = review()
    pieces = [{"text": "good ", "feature": 0}, {"text": "filling words " * 200, "feature": None}]
    exp.domain_mapper = BlockMapper(["good"], ["good"], [None], {"kind": "text", "pieces": pieces})
    exp.local_exp[1], exp.standard_errors[1] = [(0, np.float64(0.5))], {}
    page = open_page(page_of(exp._repr_html_()))
    folded = page.locator(".lime-text").evaluate("e => e.scrollHeight")
    page.emulate_media(media="print")
    assert page.locator(".lime-text").evaluate("e => e.scrollHeight") > 2 * folded


def test_numbers_among_the_values_are_whole(open_page):
    values = [-0.00259226199818282, 123456.789, 1234567.0, 1e-300, -1.5e200]
    names = [f"measurement_{k}" for k in range(5)]
    exp = Explanation(FakeMapper(names, names, values))
    fill(exp, 1, np.arange(1.0, 6.0))
    for width in (360, 900, 1280):
        cells = open_page(exp.as_html(), width=width).locator(".lime-inst tbody td:nth-child(2)")
        assert cells.all_inner_texts() == ["-0.00259226", "123457", "1234567", "1e-300", "-1.5e+200"]
        assert cells.evaluate_all("all => all.every(e => e.scrollWidth <= e.clientWidth)")


def test_a_word_is_not_broken_where_there_is_room(open_page):
    names = ["Donaudampfschifffahrtsgesellschaft", "MedianHouseholdIncome"]
    exp = Explanation(FakeMapper(names, names, [1, 2]), class_names=["no", "Donaudampfschifffahrt"])
    fill(exp, 1, [0.5, 0.25])
    exp.predict_proba = np.array([0.25, 0.75])
    page = open_page(exp.as_html())
    heights = page.locator(".lime-chart tbody .lime-name, .lime-ans .lime-name").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().height)"
    )
    assert max(heights) < 1.5 * min(heights)
    first = str(exp).splitlines()
    assert any(line.startswith("Donaudampfschifffahrtsgesellschaft ") for line in first)


def test_a_bound_that_is_not_zero_is_not_shown_as_zero():
    features = ["-0.00 < s5 <= 0.03", "s6 <= -0.00", "s7 > 0.00", "0.00 < s8 <= 1.00", "s9 <= -0.00"]
    lows, highs = [-0.0018, None, 4e-9, 0.0, None], [0.0324, -0.0022, None, 1.0, -0.0]
    exp = Explanation(FakeMapper([f"s{k}" for k in range(5, 10)], features, [0.1] * 5, lows, highs))
    fill(exp, 1, np.arange(5.0, 0.0, -1.0))
    shown = ["-0.0018 < s5 <= 0.0324", "s6 <= -0.0022", "s7 > 4e-09", "0.00 < s8 <= 1.00", "s9 <= 0.00"]
    text, page = str(exp), exp.as_html()
    drawn = [label.get_text() for label in exp.plot().get_yticklabels()]
    for name in shown:
        assert name in text
        assert name.replace("<", "&lt;").replace(">", "&gt;") in page
        assert name in drawn
    assert [name for name, _ in exp.as_list()] == features


def test_counted_things_agree_with_their_number():
    exp = house()
    exp.num_model_calls = exp.num_samples = 1
    for text in (str(exp), exp.as_html()):
        assert "1 model call" in text
        assert "1 model calls" not in text
        assert "1 samples" not in text
    exp.num_model_calls = 5001
    assert "5,001 model calls" in str(exp)
