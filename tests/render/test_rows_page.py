"""The page of many rows: nothing but its own script can run, and rows can be found, sorted and opened."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest

from contribution_samples import anchored_wine
from explanation_samples import HOSTILE, hostile, house, wine
from lime import Explanation, Explanations, LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer
from lime.render.overall import Overall


def wine_three():
    return wine(labels=(1, 0, 2))


def many(n):
    """n rows of three explanations."""
    exps = Explanations.of([wine(), wine_three(), house()])
    return exps[[k % 2 for k in range(n)]]


def count(page, text):
    from playwright.sync_api import expect

    expect(page.locator("#lime-count")).to_have_text(text)


def test_search_sort_and_open(open_page):
    exps = Explanations.of([wine(), wine_three()], ids=["first", "second"])
    page = open_page(exps.as_html())
    entries = sum(len(exp.explained_labels()) for exp in exps)
    count(page, f"{entries} of {entries}")
    page.fill("#lime-search", "SECOND proline")
    count(page, f"{entries - 1} of {entries}")
    page.fill("#lime-search", "no such thing")
    count(page, f"0 of {entries}")
    page.fill("#lime-search", "")
    count(page, f"{entries} of {entries}")
    fit = page.get_by_role("button", name="Fit R²")
    for direction, reverse in (("ascending", False), ("descending", True)):
        fit.click()
        head = page.get_by_role("columnheader", name="Fit R²")
        assert head.get_attribute("aria-sort") == direction
        fits = [
            float(text.replace("−", "-")) for text in page.locator("tr.lime-entry td:nth-child(5)").all_text_contents()
        ]
        assert fits == sorted(fits, reverse=reverse)
    page.get_by_role("columnheader", name="Row").get_by_role("button").click()
    row = page.locator("tr.lime-entry").first
    assert row.get_by_role("button").get_attribute("aria-expanded") == "false"
    row.get_by_role("button").press("Enter")
    assert page.locator("tr.lime-entry").first.get_by_role("button").get_attribute("aria-expanded") == "true"
    opened = page.locator("tr.lime-opened")
    names = [text.split(" · ")[0] for text in opened.locator(".lime-name").all_text_contents()]
    assert names == [feature for feature, _ in exps[0].as_list(None)]
    weights = [float(text.split("±")[0].replace("−", "-")) for text in opened.locator(".lime-num").all_text_contents()]
    np.testing.assert_allclose(weights, [weight for _, weight in exps[0].as_list(None)], atol=5e-4)
    widths = opened.locator("rect").evaluate_all("rects => rects.map(r => [r.x.baseVal.value, r.width.baseVal.value])")
    for (x, width), (_, weight) in zip(widths, exps[0].as_list(None), strict=True):
        assert (x < 0) == (weight < 0)
        assert width / widths[0][1] == pytest.approx(abs(weight / exps[0].as_list(None)[0][1]), rel=1e-3)
    page.locator("tr.lime-entry").first.click()
    assert page.locator("tr.lime-opened").count() == 0


@pytest.mark.parametrize(
    ("size", "error", "shown"),
    [
        (6.54e-4, 1e-9, "+0.000654 ± 2e−9"),
        (6.54e-4, 1e-5, "+0.000654 ± 0.000020"),
        (1.23e-7, 1e-8, "+1.23e−7 ± 1.96e−8"),
        (0.25, 0.0, "+0.250"),
    ],
)
def test_small_numbers_keep_their_digits(open_page, size, error, shown):
    exp = wine()
    (label,) = exp.explained_labels()
    exp.local_exp[label] = [(0, np.float64(size))]
    exp.standard_errors[label], exp.degrees_of_freedom[label] = {0: error}, np.inf
    page = open_page(Explanations.of([exp]).as_html())
    page.locator("tr.lime-entry").first.get_by_role("button").click()
    assert page.locator("tr.lime-opened .lime-num").inner_text() == shown


def test_classes_can_be_chosen(open_page):
    exps = Explanations.of([wine_three()])
    page = open_page(exps.as_html())
    names = page.locator("#lime-label option").all_text_contents()
    assert names == ["all", *(exps[0].label_name(label) for label in exps[0].explained_labels())]
    page.select_option("#lime-label", label=names[1])
    count(page, f"1 of {len(names) - 1}")


@pytest.mark.parametrize("width", [360, 1200])
def test_hostile_names_are_text(open_page, width):
    exp = hostile()
    exps = Explanations.of([exp], ids=["</script><script>alert(1)</script><!--"])
    page = open_page(exps.as_html(), width=width)
    page.locator("tr.lime-entry").first.get_by_role("button").click()
    shown = " ".join(page.locator("tr.lime-opened .lime-name").all_text_contents())
    for name in HOSTILE[:5]:
        assert name in shown
    assert page.get_by_text("</script><script>alert(1)</script><!--").count() >= 1
    assert page.locator("script").count() == 2
    assert page.locator(".lime b, img, iframe").count() == 0
    assert page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_the_policy_lets_nothing_else_run(browser, tmp_path):
    page_of = Explanations.of([wine()]).as_html()
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]{44}'", page_of)
    injected = page_of.replace(
        "</body>", "<script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\"></body>"
    )
    path = tmp_path / "page.html"
    path.write_text(injected, encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_timeout(100)
    assert page.title() == "Explanations of 1 row"
    page.close()


def test_ten_thousand_rows(open_page):
    page_of = many(10_000).as_html()
    assert len(page_of) < 16e6
    began = time.perf_counter()
    page = open_page(page_of)
    count(page, "20,000 of 20,000")
    assert page.locator("tr.lime-entry").count() == 50
    page.get_by_role("button", name="Next").click()
    assert page.locator("#lime-page").inner_text() == "Page 2 of 400"
    page.fill("#lime-search", "nothing of the kind")
    count(page, "0 of 20,000")
    assert time.perf_counter() - began < 120  # not a figure: it must end at all


def test_of_more_rows_some_are_shown():
    page = many(500).as_html(max_rows=100)
    assert "100 of 500 rows, evenly spaced" in page
    for wrong in (0, 2.5, "all"):
        with pytest.raises(ValueError, match="max_rows="):
            many(3).as_html(max_rows=wrong)


def test_texts_are_shown_with_their_words_marked(open_page):
    def model(texts):
        p = np.array([0.2 + 0.5 * ("good" in text) for text in texts])
        return np.column_stack([1 - p, p])

    exps = LimeTextExplainer(random_state=0).explain_instances(["a <b>good</b> day", ""], model, num_samples=60)
    page = open_page(exps.as_html())
    page.locator("tr.lime-entry").first.click()
    assert page.locator(".lime-text").text_content() == "a <b>good</b> day"
    assert "good" in page.locator(".lime-text mark.lime-for").all_text_contents()


def test_pictures_are_shown_with_their_segments_tinted(open_page):
    image = np.zeros((8, 8, 3))
    tiles = np.kron(np.arange(4).reshape(2, 2), np.ones((4, 4), dtype=int))

    def model(batch):
        left = np.asarray(batch)[:, :, :4].mean(axis=(1, 2, 3))
        return np.column_stack([left, 1 - left])

    explainer = LimeImageExplainer(random_state=0)
    exps = explainer.explain_instances(
        [image, image], model, hide_color=1.0, segmentation_fn=lambda _: tiles, top_labels=2, num_features=2
    )
    page = open_page(exps.as_html())
    assert page.locator("img.lime-picture").count() == 0
    for place in range(2):
        page.locator("button.lime-open").nth(place).click()
    page.wait_for_function("[...document.querySelectorAll('img.lime-picture')].every(one => one.naturalWidth === 8)")
    assert page.locator("img.lime-picture").count() == 2

    def mean_colour(place):
        return (
            page.locator("img.lime-picture")
            .nth(place)
            .evaluate(
                """image => { const drawing = document.createElement("canvas").getContext("2d");
                drawing.drawImage(image, 0, 0); return [...drawing.getImageData(1, 1, 1, 1).data]; }"""
            )
        )

    # A dark left half speaks for the second class, which comes first, and against the other.
    red, _, blue, _ = mean_colour(0)
    assert blue > red > 0
    red, _, blue, _ = mean_colour(1)
    assert red > blue > 0


def test_rows_that_failed_say_why(open_page):
    from lime.results.filling import to_columns

    exps = Explanations([to_columns([ValueError("<i>no</i>"), wine()], [0, 1], [0, 1])])
    for width in (360, 1200):
        page = open_page(exps.as_html(), width=width)
        failed = page.locator("tr.lime-entry").first
        assert failed.inner_text().endswith("ValueError: <i>no</i>")
        assert page.get_by_text("1 of them could not be explained").count() == 1
        # Its sentence is all there is: it does not open to say it again.
        failed.click()
        assert failed.get_by_role("button").count() == 0
        assert page.locator("tr.lime-opened").count() == 0


def test_the_notebooks_piece_runs_nothing():
    piece = Explanations.of([wine(), house()])._repr_html_()
    assert "<script" not in piece
    assert "What matters over 2 rows" in piece
    assert Explanations()._repr_html_() is None
    assert "Explanations of 0 rows" in Explanations().as_html()
    assert "nothing explained" not in Explanations.of([Explanation(wine().domain_mapper)]).as_html()


TABLE = np.random.default_rng(0).normal(size=(80, 3))


def three_outputs(x):
    """Three outputs of different scales; straight lines miss the first and the third."""
    return np.column_stack([3e5 + 5e4 * np.sin(5 * x[:, 0]), x[:, 1], np.sin(5 * x[:, 2])])


def two_classes(x):
    p = 0.5 + 0.5 * np.sin(5 * x[:, 0])
    return np.column_stack([1 - p, p])


@pytest.fixture(scope="module")
def outputs():
    explainer = LimeTabularExplainer(TABLE, feature_names=["a", "b", "c"], mode="regression", random_state=0)
    return explainer.explain_instances(TABLE[:4], three_outputs, labels=(0, 1, 2), num_samples=200, num_features=2)


@pytest.fixture(scope="module")
def classes():
    # One name begins with the other, and so does a feature's.
    explainer = LimeTabularExplainer(
        TABLE,
        feature_names=["a for class_1", "b", "c"],
        class_names=["class_1", "class_10"],
        random_state=0,
    )
    return explainer.explain_instances(TABLE[:4], two_classes, labels=(0, 1), num_samples=200)


def warnings_of(page, place):
    page.locator("button.lime-open").nth(place).click()
    return page.locator("tr.lime-opened .lime-warn li").all_text_contents()


def read_back(exps):
    """Store each explanation by itself, and put them together again."""
    return Explanations.of([Explanation.from_json(exp.to_json()) for exp in exps])


@pytest.mark.parametrize("again", [lambda exps: exps, read_back, lambda exps: exps[[0, 1]]])
def test_an_opened_row_warns_of_its_own_label(open_page, classes, outputs, again):
    for exps, names in ((classes, ["class_1", "class_10"]), (outputs, ["output 0", "output 1", "output 2"])):
        html = again(exps).as_html()
        for place, name in enumerate(names):
            said = warnings_of(open_page(html), place)
            # The first name in a sentence is what it is about; a feature's comes later.
            about = [re.match(rf".*? for ({'|'.join(names)})\b", sentence) for sentence in exps[0].warnings]
            assert said == [found.string for found in about if found and found[1] == name]
            assert said
        assert len(exps[0].warnings) == len(set(exps[0].warnings))
    assert any("The surrogate for output 2 fits poorly" in sentence for sentence in outputs[0].warnings)


def test_a_warning_of_the_whole_row_stands_once_with_each_label(open_page):
    exp = wine(labels=(1, 0), warnings=["One thing.", "Another.", "One thing."])
    exp.add_warning("The surrogate for barolo fits poorly.", [0])
    html = Explanations.of([exp]).as_html()
    both = ["One thing.", "Another."]
    assert warnings_of(open_page(html), 0) == both
    assert warnings_of(open_page(html), 1) == [*both, "The surrogate for barolo fits poorly."]
    # What its user writes in their place is about no label.
    exp.warnings = ["Mine."]
    assert warnings_of(open_page(Explanations.of([exp]).as_html()), 1) == ["Mine."]


def test_pairs_that_work_together_are_told_of_their_label(open_page):
    def model(texts):
        good, not_ = (np.array([word in text.split() for text in texts]) for word in ("good", "not"))
        return np.column_stack([1.0 * (good & ~not_), 0.5 * good, 0.2 * not_])

    explainer = LimeTextExplainer(mode="regression", random_state=0)
    exp = explainer.explain_instance("a day not so good", model, labels=(0, 1))
    exp.interactions(0)
    exps = Explanations.of([exp])
    sentence = next(said for said in exps[0].warnings if said.startswith("Features work together for output 0"))
    html = exps.as_html()
    assert sentence in warnings_of(open_page(html), 0)
    assert sentence not in warnings_of(open_page(html), 1)


def test_each_output_has_its_own_table_of_what_matters(open_page, outputs):
    page = open_page(outputs.as_html())
    parts = page.locator(".lime-part")
    assert parts.locator("summary").all_text_contents() == ["output 0", "output 1", "output 2"]
    assert [part.get_attribute("open") is not None for part in parts.all()] == [True, False, False]
    for part, heaviest in zip(parts.all(), ("a", "b", "c"), strict=True):
        assert part.locator(".lime-orow .lime-name").first.text_content() == heaviest
    page.select_option("#lime-label", label="output 2")
    assert [part.is_visible() for part in parts.all()] == [False, False, True]
    assert parts.nth(2).locator(".lime-orow").first.is_visible()
    page.select_option("#lime-label", label="all")
    assert all(part.is_visible() for part in parts.all())
    assert page.get_by_role("columnheader", name="Output").count() == 1
    assert "Class" not in page.locator("#lime-rows").inner_text()
    assert page.locator("#lime-labels").inner_text().startswith("Output")
    piece = outputs._repr_html_()
    assert piece.count("<details") == 3


def test_the_table_of_what_matters_follows_the_chosen_class(open_page, classes):
    page = open_page(classes.as_html())

    def shown():
        return [part.get_attribute("data-label") for part in page.locator(".lime-part").all() if part.is_visible()]

    assert shown() == [None]
    page.select_option("#lime-label", label="class_10")
    assert shown() == ["class_10"]
    page.select_option("#lime-label", label="all")
    assert shown() == [None]
    assert classes._repr_html_().count('class="lime-part"') == 1


@pytest.mark.parametrize("label", [None, 0, 2])
def test_tables_of_what_matters_are_those_of_weigh(outputs, label):
    # From pieces, as a file has them.
    pieces = Explanations([outputs[[0, 1]]._columns(0), outputs[[2, 3]]._columns(0)])
    found, known = Overall.of(pieces).table(label), outputs.weigh(label)
    assert found["features"]
    for feature in found["features"]:
        k = known["names"].index(feature["name"])
        for key, shown in (("importance", feature["importance"]), ("spread", feature["spread"])):
            assert float(shown.replace(",", "")) == pytest.approx(
                known[key][k], rel=1e-2, abs=5e-3 if label == 2 else 0.5
            )
        assert feature["share"] == f"{100 * known['share'][k]:.0f}%"


def test_of_very_many_outputs_some_have_a_table():
    exp = Explanation(wine().domain_mapper, mode="regression")
    for label in range(52):
        exp.local_exp[label] = [(0, np.float64(1.0 + label))]
    piece = Explanations.of([exp])._repr_html_()
    assert piece.count("<details") == 50
    assert "and 2 more outputs" in piece


def test_one_more_feature_is_no_features(open_page):
    exp = wine()
    exp.local_exp[1] = [(k, np.float64(1.0 + k)) for k in range(13)]
    assert "and 1 more feature<" in Explanations.of([exp])._repr_html_()


def test_a_search_that_finds_nothing_says_so(open_page):
    page = open_page(Explanations.of([wine()]).as_html())
    page.fill("#lime-search", "no such thing")
    count(page, "0 of 1")
    assert page.locator("#lime-body").inner_text().strip() == "Nothing found"


def test_weights_are_written_alike_and_nothing_has_no_side(open_page):
    exp = wine()
    exp.local_exp[1] = [(0, np.float64(-0.16)), (1, np.float64(0.155)), (2, np.float64(0.0))]
    page = open_page(Explanations.of([exp]).as_html())
    chips = page.locator(".lime-chip")
    assert [text.rsplit(" ", 1)[1] for text in chips.all_text_contents()] == ["−0.160", "+0.155", "0.000"]
    assert [chip.get_attribute("class").split() for chip in chips.all()] == [
        ["lime-chip", "lime-against"],
        ["lime-chip", "lime-for"],
        ["lime-chip"],
    ]


def test_thousands_are_separated(open_page):
    exps = Explanations.of([house()])
    page = open_page(exps.as_html())
    assert page.locator(".lime-over td.lime-num").first.inner_text().startswith("31,250")
    row = page.locator("tr.lime-entry").first
    assert "+31,250" in row.inner_text()
    assert "291,400" in row.inner_text()
    row.click()
    assert page.locator("tr.lime-opened .lime-num").first.inner_text().startswith("+31,250 ± 2,")
    assert "surrogate 288,000" in page.locator("tr.lime-opened .lime-fit").inner_text()


def test_contributions_that_add_up_are_what_the_page_shows(open_page):
    exps = Explanations.of([anchored_wine(), anchored_wine()], ids=["first", "second"])
    page = open_page(exps.as_html())
    assert page.get_by_text("Mean size of the contribution").count() == 1
    assert page.get_by_text("Largest contributions").count() == 1
    page.locator("tr.lime-entry").first.click()
    opened = page.locator("tr.lime-opened")
    exp = exps[0]
    expected = sorted(exp.contributions().values(), key=lambda one: -abs(one))
    shown = [float(text.split("±")[0].replace("−", "-")) for text in opened.locator(".lime-num").all_text_contents()]
    np.testing.assert_allclose(shown, expected, atol=5e-4)
    reaches = [float(text.split("±")[1].replace("−", "-")) for text in opened.locator(".lime-num").all_text_contents()]
    intervals = exp.contribution_intervals()
    order = sorted(intervals, key=lambda one: -abs(exp.contributions()[one]))
    np.testing.assert_allclose(reaches, [(intervals[one][1] - intervals[one][0]) / 2.0 for one in order], atol=5e-4)
    told = opened.locator(".lime-fit").text_content() or ""
    assert told.startswith("baseline 0.")
    assert "surrogate" not in told
    assert "Mean size of the contribution" in exps._repr_html_()


def test_rows_of_which_some_add_up_are_shown_by_their_weights():
    exps = Explanations.of([wine(), anchored_wine()])
    assert "Mean size of the weight" in exps.as_html()
    assert '"contributions":false' in exps.as_html()
    said = wine()
    said.add_warning('"anchored": true')  # no key, but somebody's words
    assert '"contributions":false' in Explanations.of([said, hostile()]).as_html()
