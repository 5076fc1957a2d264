"""Calls that lime 0.2.0.1 takes, and labels by the names of their classes, in all four explainers."""

from __future__ import annotations

import inspect
import unicodedata
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from lime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer, RecurrentTabularExplainer, trust
from lime.results.explanation import Explanation
from lime.wrappers.scikit_image import BaseWrapper

NAMES = ["ant", "bee", "cat"]
TABLE = np.random.default_rng(0).normal(size=(60, 3))
SERIES = np.random.default_rng(1).normal(size=(40, 2, 2))
PICTURE = np.random.default_rng(2).random((12, 12, 3))
SEGMENTS = (np.arange(12) // 6)[:, None] * 2 + np.arange(12) // 6
TEXT = "one two three two four"


def shares(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Three probabilities, of which the last is the largest everywhere."""
    p = 0.05 + 0.2 / (1.0 + np.exp(-score))
    return np.column_stack([p, 0.3 - p, np.full(len(p), 0.7)])


def of_rows(rows: Any) -> NDArray[np.float64]:
    return shares(np.asarray(rows, dtype=float)[:, 0])


def of_series(series: NDArray[np.float64]) -> NDArray[np.float64]:
    return shares(series[:, 0, 0])


def of_texts(texts: list[str]) -> NDArray[np.float64]:
    return shares(np.array([float("two" in text) for text in texts]))


def of_images(images: Any) -> NDArray[np.float64]:
    return shares(np.asarray(images)[:, :6].mean(axis=(1, 2, 3)))


def table(**settings: Any) -> Explanation:
    return LimeTabularExplainer(TABLE, class_names=NAMES, random_state=0).explain_instance(
        TABLE[0], of_rows, **{"num_samples": 200, **settings}
    )


def series(**settings: Any) -> Explanation:
    return RecurrentTabularExplainer(SERIES, class_names=NAMES, random_state=0).explain_instance(
        SERIES[0], of_series, **{"num_samples": 200, **settings}
    )


def text(**settings: Any) -> Explanation:
    return LimeTextExplainer(class_names=NAMES, random_state=0).explain_instance(TEXT, of_texts, **settings)


def image(**settings: Any) -> Any:
    usual = {"segmentation_fn": SEGMENTS, "progress_bar": False, "top_labels": None}
    return LimeImageExplainer(class_names=NAMES, random_state=0).explain_instance(
        PICTURE, of_images, **{**usual, **settings}
    )


EXPLAIN = [table, series, text, image]


def about(exp: Explanation, word: str) -> list[str]:
    return [sentence for sentence in exp.warnings if word in sentence]


@pytest.mark.parametrize("explain", EXPLAIN)
class TestLabels:
    def test_a_class_may_be_named(self, explain: Callable[..., Explanation]) -> None:
        plain = explain(labels=(0,))
        for labels in (["ant"], "ant", np.array(["ant"]), ("ant",), {"ant"}, pd.Index(["ant"])):
            assert explain(labels=labels).local_exp == plain.local_exp
        assert explain(labels=["cat", 0, "bee"]).available_labels() == [2, 0, 1]

    def test_an_unknown_name_lists_the_names(self, explain: Callable[..., Explanation]) -> None:
        with pytest.raises(
            ValueError, match=r"labels holds 'dog': no class has this name; the classes are ant, bee, cat"
        ):
            explain(labels=["dog"])

    def test_positions_may_count_from_the_end(self, explain: Callable[..., Explanation]) -> None:
        exp = explain(labels=[1, -3])
        assert list(exp.local_exp) == [1, -3]
        assert dict(exp.local_exp[-3]) == pytest.approx(dict(explain(labels=[0]).local_exp[0]), abs=1e-12)
        assert exp.as_list(label=-3) == exp.as_list(label=0) == exp.as_list(label="ant")
        assert exp.label_name(-3) == "ant"
        assert "ant" in str(exp)
        assert "ant" in exp.as_html()
        assert Explanation.from_json(exp.to_json()).as_list("ant") == exp.as_list("ant")
        with pytest.raises(ValueError, match="labels holds -4"):
            explain(labels=[-4])

    def test_any_collection_of_numbers_will_do(self, explain: Callable[..., Explanation]) -> None:
        for labels in (np.array([0, 1]), range(2), (i for i in (0, 1)), {0, 1}, {0: "", 1: ""}.keys(), [0, 1, 0]):
            assert set(explain(labels=labels).local_exp) == {0, 1}
        assert set(explain(labels=np.int64(1)).local_exp) == {1}

    def test_top_labels_as_0_2_0_1_took_them(self, explain: Callable[..., Explanation]) -> None:
        assert explain(top_labels=True).available_labels() == [2]
        assert explain(top_labels=1.0).available_labels() == [2]
        assert explain(top_labels=0.0, labels=(0,)).available_labels() == [0]
        exp = explain(top_labels=-1)
        assert len(exp.available_labels()) == 2
        assert about(exp, "top_labels=-1 is negative")
        with pytest.raises(ValueError, match=r"top_labels=1\.5"):
            explain(top_labels=1.5)

    def test_nothing_said_about_labels_is_told(self, explain: Callable[..., Explanation]) -> None:
        (sentence,) = about(explain(), "labels was not given")
        assert "bee" in sentence
        assert "cat" in sentence
        assert "top_labels=1" in sentence
        for said in ({"labels": (1,)}, {"labels": (2,)}, {"top_labels": 1}, {"labels": None, "top_labels": 2}):
            assert not about(explain(**said), "labels was not given")

    def test_labels_beside_top_labels_are_told(self, explain: Callable[..., Explanation]) -> None:
        exp = explain(labels=(0,), top_labels=1)
        assert exp.available_labels() == [2]
        (sentence,) = about(exp, "has no effect")
        assert "top_labels=None" in sentence
        assert not about(explain(labels=(0, 1, 2), top_labels=5), "has no effect")
        assert not about(explain(top_labels=1), "has no effect")

    def test_no_labels_explain_nothing(self, explain: Callable[..., Explanation]) -> None:
        exp = explain(labels=[])
        assert exp.local_exp == {}
        assert about(exp, "labels is empty")

    def test_one_sample_is_the_instance_alone(self, explain: Callable[..., Explanation]) -> None:
        exp = explain(num_samples=1, labels=(1,))
        assert exp.num_model_calls == 1
        assert {float(weight) for _, weight in exp.local_exp[1]} == {0.0}
        assert exp.intercept[1] == pytest.approx(exp.predict_proba[1], abs=1e-12)
        assert about(exp, "num_samples=1")

    @pytest.mark.parametrize("most", [None, float("inf"), 10**9])
    def test_num_features_may_be_all(self, explain: Callable[..., Explanation], most: Any) -> None:
        exp = explain(num_features=most, labels=(0,))
        assert len(exp.as_list(0)) == 4 - (explain is table)
        assert not about(exp, "num_features")


def test_the_default_of_labels_is_what_it_was() -> None:
    for kind in (LimeTabularExplainer, RecurrentTabularExplainer, LimeTextExplainer, LimeImageExplainer):
        default = inspect.signature(kind.explain_instance).parameters["labels"].default
        assert default == (1,)
        assert repr(default) == "(1,)"


def test_default_top_labels_of_images_are_told_beside_labels() -> None:
    exp = LimeImageExplainer(random_state=0).explain_instance(
        PICTURE, of_images, labels=(0,), segmentation_fn=SEGMENTS, progress_bar=False
    )
    assert exp.available_labels() == [2, 1, 0] or set(exp.available_labels()) == {0, 1, 2}
    assert about(exp, "top_labels=None")


def test_two_classes_need_no_word_about_labels() -> None:
    exp = LimeTabularExplainer(TABLE, random_state=0).explain_instance(TABLE[0], lambda x: of_rows(x)[:, :2] / 0.3)
    assert not about(exp, "labels")


def test_names_that_are_numbers_are_names_where_they_are_strings() -> None:
    model = LogisticRegression().fit(TABLE, np.where(TABLE[:, 0] > 0, 5, 3))
    explainer = LimeTabularExplainer(TABLE, random_state=0)
    assert explainer.explain_instance(TABLE[0], model, labels=["3"]).available_labels() == [0]
    with pytest.raises(ValueError, match="pass '3' for the class of that name"):
        explainer.explain_instance(TABLE[0], model, labels=[3])


def test_a_name_of_two_classes_needs_a_number() -> None:
    explainer = LimeTabularExplainer(TABLE, class_names=["a", "a", "b"], random_state=0)
    with pytest.raises(ValueError, match="the classes 0, 1 all have this name"):
        explainer.explain_instance(TABLE[0], of_rows, labels=["a"])
    exp = explainer.explain_instance(TABLE[0], of_rows, labels=[0, 1])
    with pytest.raises(KeyError, match="all have this name"):
        exp.as_list("a")


def test_of_several_outputs_the_first_is_explained_unasked() -> None:
    explainer = LimeTabularExplainer(TABLE, mode="regression", random_state=0)
    exp = explainer.explain_instance(TABLE[0], lambda x: x[:, :2])
    assert exp.as_list()[0][0] == exp.as_list(label=0)[0][0]
    assert exp.as_list()[0][0].startswith(("0 ", "-")) or " 0 " in exp.as_list()[0][0]
    assert about(exp, "labels was not given")
    assert explainer.explain_instance(TABLE[0], lambda x: x[:, :2], labels=(1,)).explained_labels() == [1]


class TestNamesAfterwards:
    def test_every_reader_of_a_label(self, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
        exp = table(top_labels=3)
        assert exp.as_list("ant") == exp.as_list(0)
        assert exp.records("ant") == exp.records(0)
        assert exp.confidence_intervals("ant") == exp.confidence_intervals(0)
        assert exp.to_frame(label="ant").equals(exp.to_frame(label=0))
        assert exp.as_html("ant") == exp.as_html(labels=["ant"]) == exp.as_html([0])
        assert exp.trust("ant").label == 0
        assert exp.interactions("ant").label == 0
        assert exp.resolve_label("ant") == exp.find_label("ant") == 0
        assert "ant" in exp.plot("ant").get_title()
        assert "ant" in exp.as_pyplot_figure("ant").axes[0].get_title()
        exp.save_to_file(tmp_path / "page.html", labels="ant")
        assert (tmp_path / "page.html").read_text(encoding="utf-8") == exp.as_html([0])
        exp.show_in_notebook(labels="ant")
        assert capsys.readouterr().out

    def test_what_was_not_explained_is_named(self) -> None:
        exp = table(labels=[0])
        with pytest.raises(KeyError, match=r"'cat' was not explained; the explained labels are \[0\] \(ant\)"):
            exp.as_list("cat")
        with pytest.raises(KeyError, match="'dog': no class has this name; the classes are ant, bee, cat"):
            exp.as_html("dog")
        for absent in (3, 4, -4):
            with pytest.raises(KeyError, match="was not explained"):
                table(labels=[0, 1]).as_list(absent)

    def test_pictures(self) -> None:
        exp = image(top_labels=3)
        assert all(map(np.array_equal, exp.get_image_and_mask("ant"), exp.get_image_and_mask(0)))
        assert np.array_equal(exp.heatmap("ant"), exp.heatmap(0))
        with pytest.raises(KeyError, match="no class has this name"):
            exp.get_image_and_mask("dog")

    def test_many_rows(self) -> None:
        explainer = LimeTabularExplainer(TABLE, class_names=NAMES, random_state=0)
        exps = explainer.explain_instances(TABLE[:3], of_rows, labels=["ant", "cat"], num_samples=100)
        assert exps.labels == [0, 2]
        assert exps.importance("ant").equals(exps.importance(0))
        assert "ant" in exps.plot("ant").get_title()
        with pytest.raises(ValueError, match="'bee' was not explained"):
            exps.importance("bee")
        with pytest.raises(ValueError, match="label=1 was not explained in any row"):
            exps.importance(1)

    def test_reports(self) -> None:
        explainer = LimeTabularExplainer(TABLE, class_names=NAMES, random_state=0)
        settings: dict[str, Any] = {"num_samples": 100, "labels": ["ant", "cat"]}
        exp = explainer.explain_instance(TABLE[0], of_rows, **settings)
        assert explainer.stability(TABLE[0], of_rows, 2, label="cat", **settings).label == 2
        assert trust.deletion(explainer, TABLE[0], of_rows, exp, label="cat").label == 2
        assert trust.fidelity(explainer, TABLE[0], of_rows, exp, label="cat", num_samples=100).label == 2


def test_many_rows_are_told_once_that_nothing_was_said_about_labels() -> None:
    explainer = LimeTabularExplainer(TABLE, class_names=NAMES, random_state=0)
    with pytest.warns(UserWarning, match="labels was not given") as told:
        exps = explainer.explain_instances(TABLE[:5], of_rows, num_samples=100)
    assert len(told) == 1
    assert told[0].filename == __file__
    assert not any(about(exp, "labels was not given") for exp in exps)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        explainer.explain_instances(TABLE[:5], of_rows, num_samples=100, labels=(1,))
        explainer.explain_instances(TABLE[:5], of_rows, num_samples=100, top_labels=1)


class TestKernels:
    @pytest.mark.parametrize(("given", "read"), [(-2.0, 2.0), (True, 1.0), ("3", 3.0)])
    def test_odd_widths_are_read_with_a_warning(self, given: Any, read: float) -> None:
        with pytest.warns(UserWarning, match=f"kernel_width={given!r} was read as {read:g}"):
            odd = LimeTabularExplainer(TABLE, kernel_width=given, random_state=0)
        plain = LimeTabularExplainer(TABLE, kernel_width=read, random_state=0)
        one, other = (e.explain_instance(TABLE[0], of_rows, labels=(0,), num_samples=99) for e in (odd, plain))
        assert one.local_exp == other.local_exp

    @pytest.mark.parametrize("width", [float("inf"), 1e300])
    @pytest.mark.parametrize("method", ["auto", "classic"])
    def test_at_an_endless_width_all_draws_count_alike(self, width: float, method: str) -> None:
        exp = LimeTabularExplainer(TABLE, kernel_width=width, random_state=0).explain_instance(
            TABLE[0], of_rows, labels=(0,), num_samples=99, sampling_method=method
        )
        assert exp.effective_samples == pytest.approx(1.0, abs=1e-12)

    def test_a_kernel_may_work_in_place(self) -> None:
        def in_place(distances: NDArray[np.float64], kernel_width: float) -> NDArray[np.float64]:
            np.square(distances, out=distances)
            distances *= -0.5 / kernel_width**2
            return np.exp(distances, out=distances)

        for method in ("auto", "classic"):
            one, other = (
                LimeTabularExplainer(TABLE, kernel=kernel, random_state=0).explain_instance(
                    TABLE[0], of_rows, labels=(0, 1), num_samples=99, sampling_method=method
                )
                for kernel in (in_place, None)
            )
            for label in (0, 1):
                assert dict(one.as_list(label)) == pytest.approx(dict(other.as_list(label)), abs=1e-9)

    def test_a_kernel_without_an_answer_counts_all_alike(self) -> None:
        explainer = LimeTabularExplainer(TABLE, kernel=lambda d, kernel_width: None, random_state=0)
        with pytest.warns(UserWarning, match="kernel returned None"):
            exp = explainer.explain_instance(TABLE[0], of_rows, labels=(0,), num_samples=99)
        assert exp.effective_samples == pytest.approx(1.0)


class TestCutting:
    @pytest.mark.parametrize(
        "words",
        ["यह फिल्म अच्छी है", "ไม่ รู้ สู้ หวัง", "আমি ভালো আছি", "தமிழ் மொழி", unicodedata.normalize("NFD", "un café très bon")],
    )
    def test_words_cut_at_their_marks_are_told(self, words: str) -> None:
        def ask(texts: list[str]) -> NDArray[np.float64]:
            return shares(np.array([float(len(one)) for one in texts]))

        (sentence,) = about(LimeTextExplainer().explain_instance(words, ask, labels=(1,)), "cuts words at their marks")
        assert "unit='word'" in sentence
        for settings in (
            {"unit": "word"},
            {"char_level": True},
            {"split_expression": str.split},
            {"split_expression": " "},
        ):
            exp = LimeTextExplainer(**settings).explain_instance(words, ask, labels=(1,))
            assert not about(exp, "cuts words")

    @pytest.mark.parametrize("words", ["naïve café", "plain words", "日本語 text", "wow ❤️ 1️⃣"])
    def test_other_texts_are_not(self, words: str) -> None:
        exp = LimeTextExplainer().explain_instance(words, of_texts, labels=(1,))
        assert not about(exp, "cut")

    @pytest.mark.parametrize("expression", ["(", "[", "*a", "(?P<n"])
    def test_what_is_no_expression_is_named(self, expression: str) -> None:
        with pytest.raises(ValueError, match=r"split_expression=.* is no regular expression"):
            LimeTextExplainer(split_expression=expression).explain_instance(TEXT, of_texts)

    @pytest.mark.parametrize("expression", ["x*", "", r"\b"])
    def test_an_expression_that_matches_nothing_is_told(self, expression: str) -> None:
        exp = LimeTextExplainer(split_expression=expression).explain_instance(TEXT, of_texts, labels=(1,))
        assert about(exp, "matches where there is no character")

    @pytest.mark.parametrize("expression", [None, 3])
    def test_what_else_came_is_read_as_it_prints(self, expression: Any) -> None:
        exp = LimeTextExplainer(split_expression=expression).explain_instance(TEXT, of_texts, labels=(1,))
        assert [word for word, _ in exp.as_list()] == [TEXT]
        assert about(exp, "was read as the regular expression")


class TestWorkInPlace:
    """What a function does to what it is handed must not reach the caller's image."""

    @pytest.mark.parametrize("picture", [PICTURE, (PICTURE * 255).astype(np.uint8), PICTURE[:, :, 0]])
    @pytest.mark.parametrize("method", ["auto", "classic"])
    def test_images(self, picture: NDArray[Any], method: str) -> None:
        given = picture.copy()

        def cut(image: NDArray[Any]) -> NDArray[np.int64]:
            image[:] = 0
            return SEGMENTS

        def hide(image: NDArray[Any], segments: NDArray[np.int64]) -> NDArray[Any]:
            image[:] = 1
            segments[:] = 0
            return image

        def ask(images: NDArray[Any]) -> NDArray[np.float64]:
            answer = shares(images.reshape(len(images), -1).mean(axis=1))
            images[:] = 0
            return answer

        exp = LimeImageExplainer(random_state=0).explain_instance(
            given, ask, segmentation_fn=cut, hide_color=hide, progress_bar=False, sampling_method=method
        )
        assert np.array_equal(given, picture)
        assert np.array_equal(exp.segments, SEGMENTS)

    def test_segments_are_the_explanations_own(self) -> None:
        own = SEGMENTS.copy()
        exp = image(segmentation_fn=lambda _: own, labels=(1,))
        own[:] = 0
        assert np.array_equal(exp.segments, SEGMENTS)

    def test_rows(self) -> None:
        data, row = TABLE.copy(), TABLE[0].copy()

        def ask(rows: NDArray[np.float64]) -> NDArray[np.float64]:
            answer = of_rows(rows)
            rows[:] = 0
            return answer

        LimeTabularExplainer(data, random_state=0).explain_instance(row, ask, labels=(0,), num_samples=50)
        assert np.array_equal(data, TABLE)
        assert np.array_equal(row, TABLE[0])


class TestOwnFunctions:
    """Whatever a function of the user's raises says as which argument it came."""

    @pytest.mark.parametrize("argument", ["hide_color", "segmentation_fn"])
    def test_of_images(self, argument: str) -> None:
        def fails(*given: Any) -> Any:
            raise ZeroDivisionError("mine")

        with pytest.raises(ZeroDivisionError, match=f"{argument} raised this"):
            image(**{argument: fails}, labels=(1,))

    def test_of_texts(self) -> None:
        def fails(word: str) -> str:
            raise ZeroDivisionError("mine")

        with pytest.raises(ZeroDivisionError, match="mask_string raised this"):
            LimeTextExplainer(mask_string=fails).explain_instance(TEXT, of_texts)
        with pytest.raises(ZeroDivisionError, match="split_expression raised this"):
            LimeTextExplainer(split_expression=fails).explain_instance(TEXT, of_texts)
        with pytest.raises(TypeError, match="mask_string=3"):
            LimeTextExplainer(mask_string=3, bow=False).explain_instance(TEXT, of_texts)  # type: ignore[arg-type]

    def test_of_distances(self) -> None:
        def fails(*given: Any) -> Any:
            raise ZeroDivisionError("mine")

        with pytest.raises(ZeroDivisionError, match="kernel raised this"):
            LimeTabularExplainer(TABLE, kernel=lambda d, kernel_width: fails()).explain_instance(TABLE[0], of_rows)
        with pytest.raises(ZeroDivisionError, match="distance_metric raised this"):
            table(distance_metric=fails)


class TestImages:
    def test_labels_of_segments_that_are_no_whole_numbers_are_numbered(self) -> None:
        plain = image(labels=(0,))
        for labels in (SEGMENTS + 0.5, SEGMENTS.astype(str), SEGMENTS.astype(object)):
            exp = image(segmentation_fn=lambda _, labels=labels: labels, labels=(0,))
            assert np.array_equal(exp.segments, SEGMENTS)
            assert exp.local_exp == plain.local_exp
            assert bool(about(exp, "numbered from 0")) == (labels.dtype.kind == "f")

    @pytest.mark.parametrize("size", [0, -1, 2.5, "3"])
    def test_odd_batch_sizes_give_all_images_at_once(self, size: Any) -> None:
        batches = []

        def ask(images: NDArray[Any]) -> NDArray[np.float64]:
            batches.append(len(images))
            return of_images(images)

        exp = LimeImageExplainer(random_state=0).explain_instance(
            PICTURE, ask, segmentation_fn=SEGMENTS, progress_bar=False, batch_size=size
        )
        assert batches == [16]
        assert about(exp, f"batch_size={size!r}")

    @pytest.mark.parametrize("seed", ["a", 1.5, -1, 2**40])
    def test_odd_seeds_have_no_effect(self, seed: Any) -> None:
        assert about(image(labels=(0,), random_seed=seed), f"random_seed={seed!r} has no effect")

    def test_a_picture_of_objects(self) -> None:
        exp = LimeImageExplainer(random_state=0).explain_instance(
            PICTURE.astype(object), of_images, segmentation_fn=SEGMENTS, progress_bar=False
        )
        assert exp.image.dtype == np.float64

    def test_hide_color_is_what_numpy_would_write(self) -> None:
        one, other = (image(labels=(0,), hide_color=color) for color in (np.array([[0.1, 0.2, 0.3]]), (0.1, 0.2, 0.3)))
        assert one.local_exp == other.local_exp


@pytest.mark.parametrize("thing", [[1, 2, 3], 3, "name"])
def test_a_wrapper_of_what_cannot_be_called(thing: Any) -> None:
    wrapper = BaseWrapper(thing)
    with pytest.raises(AttributeError, match="target_fn"):
        wrapper._check_params({})
    with pytest.raises(AttributeError, match="target_fn"):
        wrapper.set_params(a=1)
    with pytest.raises(TypeError, match="target_fn is None"):
        BaseWrapper()._check_params({})
