"""The page in a real browser: nothing runs, nothing is asked of the network, bars are where they belong."""

from __future__ import annotations

import math

import pytest

from browser_fixtures import missing
from explanation_samples import HOSTILE, SAMPLES, hostile, wine
from image_samples import IMAGE_SAMPLES, picture

SCHEMES = ("light", "dark")
WIDTHS = (360, 1280)


def test_a_missing_browser_fails_where_ci_is_set(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI must not go without"):
        missing("no browser")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception):
        missing("no browser")


# Where bars, axis and whisker of each row are on the screen: left end and length, without the width of lines.
ON_SCREEN = """charts => charts.map(chart => [...chart.querySelectorAll('.lime-row:not(.lime-head)')].map(row => {
    const place = what => {
        const shape = row.querySelector(what), box = shape.getBBox(), matrix = shape.getScreenCTM();
        return [box.x * matrix.a + matrix.e, box.width * matrix.a];
    };
    return {bar: place('rect'), axis: place('.lime-axis'), whisker: place('.lime-whisker')};
}))"""


def overflow(page):
    return page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", [*SAMPLES, *IMAGE_SAMPLES])
def test_nothing_runs_and_nothing_overflows(open_page, name, scheme, width):
    page = open_page({**SAMPLES, **IMAGE_SAMPLES}[name]().as_html(show_all=True), scheme, width)
    assert page.locator("script, img, iframe, object, link").count() == 0
    assert overflow(page) <= 0
    assert page.locator(".lime").count() == 1
    assert page.locator(".lime h3").first.is_visible()


def test_the_guard_of_these_tests_notices_a_script_and_a_request(browser, tmp_path):
    path = tmp_path / "bad.html"
    path.write_text("<img src='http://127.0.0.1:9/x.png'><script>console.log('ran')</script>")
    page = browser.new_page()
    seen = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.goto(path.as_uri())
    page.wait_for_timeout(200)
    page.close()
    assert "ran" in seen
    assert "http://127.0.0.1:9/x.png" in seen


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["wine", "wine_three", "house"])
def test_bars_have_the_right_signs_and_lengths(open_page, name, scheme, width):
    exp = SAMPLES[name]()
    page = open_page(exp.as_html(), scheme, width)
    charts = page.locator(".lime-chart")
    assert charts.count() == len(exp.explained_labels())
    units = set()
    for chart, label in zip(charts.evaluate_all(ON_SCREEN), exp.explained_labels(), strict=True):
        intervals = exp.confidence_intervals(label)
        assert len(chart) == len(exp.local_exp[label])
        unit = chart[0]["bar"][1] / abs(exp.local_exp[label][0][1])
        zero = chart[0]["axis"][0]
        units.add(unit)
        assert unit * max(abs(weight) for _, weight in exp.local_exp[label]) > 30
        for row, (feature_id, weight) in zip(chart, exp.local_exp[label], strict=True):
            start, length = row["bar"]
            assert math.isclose(row["axis"][0], zero, abs_tol=0.01)
            assert math.isclose(length, unit * abs(weight), abs_tol=0.5)
            assert math.isclose(start, zero if weight > 0 else zero - length, abs_tol=0.5)
            start, length = row["whisker"]
            low, high = intervals[feature_id]
            assert math.isclose(start, zero + unit * low, abs_tol=0.5)
            assert math.isclose(start + length, zero + unit * high, abs_tol=0.5)
    assert max(units) - min(units) <= 0.02 * max(units)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["wine", "wine_three", "picture"])
def test_the_bars_of_the_answer_begin_and_end_together(open_page, name, width):
    # The explained class is bold: a track measured in ch on its row would be wider than the others.
    exp = {**SAMPLES, "picture": picture}[name]()
    page = open_page(exp.as_html(), width=width)
    boxes = [bar.bounding_box() for bar in page.locator(".lime-ans .lime-bar").all()]
    assert len(boxes) > 1
    assert page.locator(".lime-ans.lime-on").count() in range(1, len(boxes) + 1)
    assert {(box["x"], box["width"]) for box in boxes} == {(boxes[0]["x"], boxes[0]["width"])}


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_drawn_over_its_neighbour(open_page, width):
    page = open_page(wine().as_html(), width=width)
    for row in page.locator(".lime-chart .lime-row:not(.lime-head)").all():
        svg = row.locator("svg").bounding_box()
        number = row.locator(".lime-num").bounding_box()
        name = row.locator(".lime-name").bounding_box()
        assert svg["x"] + svg["width"] <= number["x"] + 0.5
        assert name["x"] + name["width"] <= svg["x"] or name["y"] + name["height"] <= svg["y"] + 0.5
    page = open_page(SAMPLES["wine_three"]().as_html(show_all=True), width=width)
    clipped = page.evaluate(
        "() => [...document.querySelectorAll('.lime .lime-num')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert clipped == 0


def test_two_explanations_in_one_notebook_do_not_disturb_each_other(open_page):
    rules = "h3{color:red}p{margin:40px}dt{float:left;width:20%}.jp-RenderedHTMLCommon h3{margin:90px 0}"
    first, second = wine()._repr_html_(), SAMPLES["house"]()._repr_html_()
    alone = open_page(f"<!doctype html><body style='margin:0'><div class=jp-RenderedHTMLCommon>{first}</div>")
    both = open_page(
        f"<!doctype html><style>{rules}</style><body style='margin:0'><div class=jp-RenderedHTMLCommon>{first}</div>"
        f"<p id=other>own</p><div class=jp-RenderedHTMLCommon>{second}</div>"
    )
    measure = """() => [...document.querySelector('.lime').querySelectorAll('*')].map(e => {
        const r = e.getBoundingClientRect(), s = getComputedStyle(e);
        return [e.tagName, r.x, r.y, r.width, r.height, s.color];
    })"""
    assert both.evaluate(measure) == alone.evaluate(measure)
    assert both.locator(".lime").count() == 2
    assert both.locator("#other").evaluate("e => getComputedStyle(e).margin") == "40px"
    assert both.evaluate("() => document.querySelectorAll('.lime [id], .lime [name]').length") == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_names_are_shown_as_they_are(open_page, width):
    page = open_page(hostile().as_html(), width=width)
    names = page.locator(".lime-chart .lime-row:not(.lime-head) .lime-name")
    shown = [text.strip() for text in names.all_text_contents()]
    for name in HOSTILE[:5]:
        assert name in shown
    titles = [name.get_attribute("title") for name in names.all()]
    assert "n" * 10_000 in titles
    assert page.locator(".lime b").count() == 0
    assert page.title().startswith("Explanation:")


def test_roles_for_a_screen_reader(open_page):
    page = open_page(wine().as_html())
    assert page.get_by_role("table", name="Weights for grignolino").count() == 1
    assert page.get_by_role("table", name="Class probabilities").count() == 1
    row = page.get_by_role("row", name="proline > 985.00")
    assert row.get_by_role("rowheader").inner_text() == "proline > 985.00"
    assert row.get_by_role("cell").last.inner_text().split() == ["+0.216", "±", "0.023"]
    assert page.get_by_role("heading", name="Why grignolino").count() == 1
    assert page.get_by_role("columnheader", name="Feature").count() == 2


# Where the picture is on the screen, and each segment's box within it, in shares of the picture.
SEGMENTS = """pic => {
    const whole = pic.getBoundingClientRect();
    return [...pic.querySelectorAll('path[data-segment]')].map(path => {
        const box = path.getBoundingClientRect(), style = getComputedStyle(path);
        return {
            segment: Number(path.dataset.segment), fill: style.fill, shown: style.display !== 'none',
            left: (box.left - whole.left) / whole.width, right: (box.right - whole.left) / whole.width,
            top: (box.top - whole.top) / whole.height, bottom: (box.bottom - whole.top) / whole.height,
        };
    });
}"""
TINTS = {
    "light": {True: "rgb(42, 111, 187)", False: "rgb(210, 105, 30)"},
    "dark": {True: "rgb(108, 171, 242)", False: "rgb(240, 149, 74)"},
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_segments_lie_where_they_are_and_have_the_colour_of_their_sign(open_page, scheme, width):
    exp = picture()
    page = open_page(exp.as_html(), scheme, width)
    pic = page.locator(".lime-pic")
    box = pic.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(96 / 64, rel=0.02)
    assert box["width"] >= 300
    weights = dict(exp.local_exp[2])
    found = pic.evaluate(SEGMENTS)
    assert {one["segment"] for one in found} == set(weights)
    for one in found:
        rows, columns = (exp.segments == one["segment"]).nonzero()
        assert one["fill"] == TINTS[scheme][bool(weights[one["segment"]] > 0)]
        assert one["left"] == pytest.approx(columns.min() / 96, abs=0.005)
        assert one["right"] == pytest.approx((columns.max() + 1) / 96, abs=0.005)
        assert one["top"] == pytest.approx(rows.min() / 64, abs=0.005)
        assert one["bottom"] == pytest.approx((rows.max() + 1) / 64, abs=0.005)


def test_the_picture_is_drawn_under_its_segments(open_page):
    """The pixels on the screen, with all tints off, are those of the picture."""
    import io

    import numpy as np
    from PIL import Image

    exp = picture()
    page = open_page(exp.as_html(), "light", 1280)
    page.locator("input.lime-alone").check(force=True)
    shot = (
        Image.open(io.BytesIO(page.locator(".lime-pic").screenshot()))
        .convert("RGB")
        .resize((96, 64), Image.Resampling.BOX)
    )
    inner = (slice(4, -4), slice(4, -4))
    assert np.abs(np.asarray(shot).astype(float) - exp.image)[inner].mean() < 8


def test_what_is_shown_can_be_chosen_without_script(open_page):
    exp = picture(labels=(2, 0))
    page = open_page(exp.as_html())
    pics = page.locator(".lime-pic").all()
    assert len(pics) == 2

    def shown(pic):
        return {one["segment"] for one in pic.evaluate(SEGMENTS) if one["shown"]}

    def badges(pic):
        return {badge.get_attribute("data-rank") for badge in pic.locator("b").all() if badge.is_visible()}

    for choice, keep in (
        ("strongest 5", lambda rank, weight: rank <= 5),
        ("strongest 10", lambda rank, weight: rank <= 10),
        ("only for", lambda rank, weight: weight > 0),
        ("only against", lambda rank, weight: weight < 0),
        ("all segments", lambda rank, weight: True),
    ):
        page.get_by_role("radio", name=choice).check(force=True)
        for pic, label in zip(pics, exp.explained_labels(), strict=True):
            ranked = [(rank, *pair) for rank, pair in enumerate(exp.local_exp[label], 1)]
            assert shown(pic) == {i for rank, i, weight in ranked if keep(rank, weight)}
            assert badges(pic) == {str(rank) for rank, _, weight in ranked if rank <= 10 and keep(rank, weight)}
    page.get_by_role("radio", name="picture alone").check(force=True)
    assert not pics[0].locator("svg").is_visible()
    assert page.locator(".lime-photo").first.evaluate("e => getComputedStyle(e).filter") == "none"
    # By the keyboard, and the return key does not leave the page.
    page.get_by_role("radio", name="picture alone").press("ArrowLeft")
    assert page.get_by_role("radio", name="only against").is_checked()
    before = page.url
    page.get_by_role("radio", name="only against").press("Enter")
    page.wait_for_timeout(50)
    assert page.url == before
    assert page.get_by_role("radio", name="only against").is_checked()


def test_the_same_picture_twice_in_a_notebook_can_be_chosen_apart(open_page):
    fragment = picture()._repr_html_()
    page = open_page(f"<!doctype html><meta charset=utf-8><div>{fragment}</div><div>{fragment}</div>")
    first, second = page.locator(".lime").all()
    first.get_by_role("radio", name="strongest 5").check(force=True)
    second.get_by_role("radio", name="only for").check(force=True)
    assert first.get_by_role("radio", name="strongest 5").is_checked()
    assert first.locator("path[data-segment]:visible").count() == 5
    assert second.locator("path[data-segment].lime-against:visible").count() == 0


def test_a_row_of_the_table_lights_its_segment_up(open_page):
    exp = picture()
    page = open_page(exp.as_html())
    third = page.locator(f'path[data-segment="{exp.local_exp[2][2][0]}"]')
    opacity = "e => Number(getComputedStyle(e).fillOpacity)"
    before = third.evaluate(opacity)
    page.locator(".lime-chart .lime-row:not(.lime-head)").nth(2).hover()
    assert third.evaluate(opacity) == 0.9 > before
    page.mouse.move(0, 0)
    assert third.evaluate(opacity) == before
    page.locator(".lime-chart .lime-row:not(.lime-head)").nth(3).hover()
    assert third.evaluate(opacity) == before


def test_pointing_at_a_segment_finds_its_title(open_page):
    exp = picture()
    page = open_page(exp.as_html())
    box = page.locator(".lime-pic").bounding_box()
    for record in exp.records():
        rows, columns = (exp.segments == record["index"]).nonzero()
        at = len(rows) // 2
        x = box["x"] + box["width"] * (columns[at] + 0.5) / 96
        y = box["y"] + box["height"] * (rows[at] + 0.5) / 64
        title = page.evaluate(
            "([x, y]) => document.elementFromPoint(x, y).querySelector('title').textContent", [float(x), float(y)]
        )
        assert title.startswith(record["feature"] + ": ")
