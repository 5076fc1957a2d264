"""Pages and terminal tables of pictures; how they look in a browser is tested beside the other pages."""

from __future__ import annotations

import html as html_text
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from image_samples import IMAGE_SAMPLES, blocks, crowd, hostile_picture, picture, scene
from lime.render.console import render_console
from lime.results import ImageExplanation


def titles(page):
    return [html_text.unescape(text) for text in re.findall(r"<title>([^<]*: [^<]*)</title></path>", page)]


def test_every_segment_says_its_weight_and_interval():
    exp = picture(labels=(2, 0))
    page = exp.as_html(labels=0)
    records = exp.records(0)
    found = titles(page)
    assert len(found) == len(records) == 24
    first = records[0]
    low, high = exp.confidence_intervals(0)[first["index"]]
    expected = f"{first['feature']}: {first['weight']:+.3f} ± {(high - low) / 2:.3f}, {100 * first['share']:.1f}% "
    # The strongest one is drawn last, so that it is on top.
    assert found[-1].replace("\u2212", "-") == expected + "of the picture"
    places = re.findall(r'data-segment="(-?\d+)"', page)
    assert [int(place) for place in places] == [record["index"] for record in records][::-1]


def test_colours_follow_sign_and_size():
    exp = picture()
    page = exp.as_html()
    found = re.findall(
        r'<path class="lime-(for|against)[^"]*" fill="(#\w+)" fill-opacity="([.\d]+)" data-segment="(-?\d+)"', page
    )
    weights = dict(exp.local_exp[2])
    assert len(found) == 24
    for side, fill, _, segment in found:
        assert (side, fill) == (("for", "#2a6fbb") if weights[int(segment)] > 0 else ("against", "#d2691e"))
    opacities = [float(opacity) for *_, opacity, _ in found]
    assert opacities == sorted(opacities)
    assert opacities[-1] == 0.68
    flat = re.findall(r'fill-opacity="([.\d]+)"', exp.as_html(opacity=False))
    assert set(flat) == {"0.68"}


def test_the_picture_is_there_once_for_all_labels():
    page = picture(labels=(0, 1, 2)).as_html()
    assert page.count("data:image/") == 1
    assert page.count('class="lime-photo') == 3
    assert page.count("<form") == 1
    assert len(set(re.findall(r'name="([^"]+)"', page)) - {"viewport"}) == 1


def test_two_pictures_have_controls_of_their_own():
    names = {re.search(r'name="(lime-\w+)"', exp._repr_html_())[1] for exp in (picture(), picture(labels=(1,)))}
    assert len(names) == 2
    assert picture()._repr_html_() == picture()._repr_html_()


class Tags(HTMLParser):
    """Which tags and attributes a page has."""

    def __init__(self):
        super().__init__()
        self.tags, self.keys = set(), set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.keys.update(key for key, _ in attrs)


@pytest.mark.parametrize("name", IMAGE_SAMPLES)
def test_no_script_no_link_no_id(name):
    found = Tags()
    found.feed(IMAGE_SAMPLES[name]().as_html())
    found.close()
    assert not found.tags & {"script", "img", "iframe", "object", "link", "image", "use", "a", "base", "foreignobject"}
    assert not {key for key in found.keys if key.startswith("on")}
    assert not found.keys & {"id", "href", "xlink:href", "src", "action", "srcset"}


def test_pages_are_small():
    assert len(picture().as_html()) < 60_000
    page = crowd().as_html()
    assert len(page) < 1_000_000
    assert page.count('class="lime-photo') == 5
    one = crowd().as_html(labels=3)
    assert len(one) < 500_000


def test_a_segment_of_each_pixel_is_bounded():
    rng = np.random.default_rng(0)
    segments = rng.permutation(100 * 100).reshape(100, 100)
    exp = ImageExplanation(rng.random((100, 100)), segments)
    weights = rng.normal(size=100 * 100)
    order = np.argsort(-abs(weights))
    exp.local_exp[0] = [(int(i), weights[i]) for i in order]
    page = exp.as_html()
    assert len(page) < 500_000
    assert page.count("data-segment=") == 400
    assert "and 9,990 smaller weights" in page
    assert len(render_console(exp).splitlines()) < 20


@pytest.mark.parametrize(
    ("image", "axis"),
    [
        (scene()[:, :, 0], None),
        (scene()[:, :, :1], None),
        (np.dstack([scene(), scene()]), None),
        (scene().transpose(2, 0, 1) / 255.0, 0),
        (np.full((64, 96, 3), np.nan), None),
    ],
)
def test_any_picture_has_a_page(image, axis):
    exp = picture(image=image, channel_axis=axis)
    assert "data:image/" in exp.as_html()
    assert len(titles(exp.as_html())) == 24


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (3, 3)])
def test_odd_sizes(shape):
    segments = np.arange(np.prod(shape)).reshape(shape) % 2
    exp = picture(image=np.zeros(shape), segments=segments)
    assert len(titles(exp.as_html())) == len(np.unique(segments))
    assert str(exp)
    for kind in ("overlay", "heatmap", "boundaries", "top"):
        exp.plot(kind=kind).figure.canvas.draw()


def test_pictures_without_pixels_or_weights():
    empty = ImageExplanation(np.zeros((0, 5, 3)), np.zeros((0, 5), int))
    empty.local_exp[0] = []
    assert "data:image" not in empty.as_html()
    still = picture()
    still.local_exp[2] = [(feature_id, np.float64(0.0)) for feature_id, _ in still.local_exp[2]]
    page = still.as_html()
    assert "data-segment" not in page
    assert "<form" not in page
    assert "data:image/" in page


def test_options():
    exp = picture(labels=(2, 0))
    assert "data:image/" not in exp.as_html(image=False)
    assert exp.as_html(labels=[0]).count('class="lime-photo') == 1
    with pytest.raises(TypeError, match=r"unknown keyword 'pictures'.*text, image or opacity"):
        exp.as_html(pictures=True)


def test_regression_says_raises_and_lowers():
    exp = picture(labels=(0,), mode="regression", names=None)
    exp.predicted_value = 0.7
    page = exp.as_html()
    assert "only what raises" in page
    assert "Blue raises, orange and dashed lowers" in page
    assert "speaks for" not in page


def test_hostile_names_are_text():
    page = hostile_picture().as_html()
    assert "<script" not in page
    assert "<img" not in page
    assert "--><style>" not in page


def test_the_terminal_shows_the_strongest_and_where_they_are():
    exp = picture()
    text = render_console(exp, width=80)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    rows = [line for line in lines if line.startswith("segment ")]
    assert len(rows) == 10
    for row, record in zip(rows, exp.records(), strict=False):
        assert row.startswith(f"{record['feature']} ")
        assert f" {100 * record['share']:.1f}% " in row
        assert f"{record['weight']:+.3f}" in row
    rest = sum(weight for _, weight in exp.local_exp[2][10:])
    assert re.search(rf"and 14 smaller weights, together +{re.escape(f'{rest:+.3f}')}$", text, re.M)


def test_one_more_than_fits_is_shown_after_all():
    exp = picture()
    exp.local_exp[2] = exp.local_exp[2][:11]
    text = render_console(exp, width=80)
    assert text.count("\nsegment ") == 11
    assert "smaller" not in text


def test_sums_count_the_hidden_ones():
    exp = picture()
    total = sum(weight for _, weight in exp.local_exp[2])
    sign, size = ("-" if total < 0 else "+"), f"{abs(total):.3f}"
    assert f"intercept 0.250 {sign} weights {size} = surrogate {0.25 + total:.3f}" in render_console(exp, width=100)
    assert len(np.unique(blocks())) == 24
