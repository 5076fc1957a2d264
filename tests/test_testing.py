"""`lime.testing`: our own explainers pass every check; one that breaks a promise fails at that door and no other."""

from __future__ import annotations

import re
from typing import Any

import broken_explainers
import numpy as np
import pytest
from numpy.typing import NDArray

from lime import (
    LimeError,
    LimeImageExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
    RecurrentTabularExplainer,
)
from lime.testing import CHECKS, CheckReport, CheckResult, check_explainer

ROWS = np.random.default_rng(0).normal(size=(60, 3))


def binary(score: Any) -> NDArray[np.float64]:
    p = 1.0 / (1.0 + np.exp(-np.asarray(score, dtype=float)))
    return np.column_stack([1.0 - p, p])


def of_rows(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return binary(x[:, 0] - 0.5 * x[:, 1] * x[:, 2])


def of_texts(texts: list[str]) -> NDArray[np.float64]:
    return binary([2.0 * ("good" in text) - ("dull" in text) * ("long" in text) for text in texts])


def of_images(images: NDArray[np.float64]) -> NDArray[np.float64]:
    images = np.asarray(images, dtype=float)
    return binary(images[:, :8, :8].mean(axis=(1, 2, 3)) / 64.0 - images[:, 8:, 8:].mean(axis=(1, 2, 3)) / 128.0)


def of_series(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return binary(x[:, -1, 0] - x[:, 0, 1])


def quarters(image: NDArray[Any]) -> NDArray[np.intp]:
    down, right = np.indices(image.shape[:2]) // 8
    return np.asarray(2 * down + right)


def an_image() -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 255, (16, 16, 3), dtype=np.uint8)


def test_tables_pass() -> None:
    report = check_explainer(LimeTabularExplainer(ROWS, random_state=0), ROWS[0], of_rows, instances=list(ROWS[:3]))
    assert {one.status for one in report} == {"passed"}


def test_texts_pass() -> None:
    texts = ["a good film but long and dull near the end", "dull", "good and long"]
    report = check_explainer(LimeTextExplainer(random_state=0), texts[0], of_texts, instances=texts)
    assert {one.status for one in report} == {"passed"}


def test_images_pass() -> None:
    settings: dict[str, Any] = {"segmentation_fn": quarters, "progress_bar": False}
    report = check_explainer(LimeImageExplainer(random_state=0), an_image(), of_images, **settings)
    assert {one.status for one in report} == {"passed"}


def test_series_pass() -> None:
    series = np.random.default_rng(2).normal(size=(60, 4, 2))
    explainer = RecurrentTabularExplainer(series, feature_names=["a", "b"], random_state=0)
    report = check_explainer(explainer, series[0], of_series, instances=list(series[:3]))
    assert {one.status for one in report} == {"passed"}


def check(kind: type[LimeTabularExplainer], **settings: Any) -> CheckReport:
    names = ["x0", "x1", "x2"]
    return check_explainer(kind(ROWS, feature_names=names, random_state=0), ROWS[0], of_rows, **settings)


def test_every_door_has_an_explainer_that_breaks_it() -> None:
    assert list(broken_explainers.BROKEN) == list(CHECKS)


def test_changing_nothing_is_no_breach() -> None:
    assert check(broken_explainers.Tampered).passed


@pytest.mark.parametrize("door", broken_explainers.BROKEN)
def test_a_broken_explainer_fails_at_its_door_alone(door: str) -> None:
    report = check(broken_explainers.BROKEN[door], raise_error=False)
    assert [one.name for one in report.failed] == [door], str(report)
    (found,) = report.failed
    assert found.exception is not None
    assert found.message.startswith(type(found.exception).__name__)


def test_the_error_names_the_explainer_the_door_and_the_reason() -> None:
    with pytest.raises(
        LimeError, match=re.escape("Unsorted failed 1 of 19 checks: explanation: AssertionError: the weights")
    ):
        check(broken_explainers.Unsorted)


class WithoutDeletion(LimeTabularExplainer):
    def ablation(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("There is nothing that could take a feature's place.")


def test_an_optional_door_may_be_refused_in_one_sentence() -> None:
    report = check(WithoutDeletion)
    refused = [one for one in report if one.status == "not offered"]
    # Files of explainers hold no class that is not ours.
    assert [one.name for one in refused] == ["deletion", "save and load"]
    assert refused[0].message == "NotImplementedError: There is nothing that could take a feature's place."


def test_a_report_prints_a_line_for_each_door() -> None:
    report = CheckReport("Mine", (CheckResult("list", "passed"), CheckResult("classic", "failed", "why", ValueError())))
    assert str(report).splitlines() == ["check_explainer(Mine)", "list     passed", "classic  failed: why"]
    assert not report.passed
    assert len(report) == 2
    assert report[0].name == "list"
