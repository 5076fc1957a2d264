"""What only a part needs is named with the line that installs it, at every door that needs it."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import lime
from lime import LimeTabularExplainer
from lime._optional import EXTRAS, install_line, missing_message, require

ROOT = Path(__file__).parents[1]


def without(monkeypatch, *packages):
    """Make packages look as if they were not installed."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in packages else find_spec(name))
    for package in packages:
        monkeypatch.setitem(sys.modules, package, None)


def explanations():
    X = np.random.default_rng(0).normal(size=(30, 2))
    return LimeTabularExplainer(X, random_state=0).explain_instances(
        X[:2], lambda rows: np.stack([rows[:, 0] > 0, rows[:, 0] <= 0], axis=1).astype(float), num_samples=50
    )


def test_every_extra_is_one_of_the_package():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for package, extra in EXTRAS.items():
        assert any(re.match(rf"{package}\b", wanted) for wanted in extras[extra]), package


def test_the_install_line_names_the_extra_or_the_package():
    assert install_line("pyarrow") == "pip install 'lime[tables]'"
    assert install_line("shap") == "pip install shap"
    assert missing_message("pandas", "to_frame") == (
        "to_frame needs pandas, which is not installed: pip install 'lime[tables]'"
    )


def test_what_is_there_is_imported():
    assert require("numpy", "this test") is np


@pytest.mark.parametrize(
    ("packages", "use"),
    [
        (("pandas", "polars", "pyarrow"), lambda exps: exps.to_frame()),
        (("pandas", "polars", "pyarrow"), lambda exps: exps[0].to_frame()),
        (("pandas",), lambda exps: exps.to_frame("pandas")),
        (("pandas",), lambda exps: exps[0].to_frame("pandas")),
        (("pyarrow",), lambda exps: exps.to_parquet("never.parquet")),
        (("pyarrow",), lambda exps: lime.Explanations.from_parquet("never.parquet")),
        (("shap",), lambda exps: exps[0].to_shap()),
        (("diskcache",), lambda exps: lime.cached(np.asarray, "never")),
        (("tenacity",), lambda exps: lime.remote(np.asarray)),
    ],
    ids=[
        "frames",
        "frame",
        "frames of pandas",
        "frame of pandas",
        "to_parquet",
        "from_parquet",
        "shap",
        "cached",
        "remote",
    ],
)
def test_a_missing_package_is_named_with_its_install_line(packages, use, monkeypatch, tmp_path):
    exps = explanations()
    monkeypatch.chdir(tmp_path)
    without(monkeypatch, *packages)
    missing = "which is not installed" if len(packages) == 1 else "of which none is installed"
    with pytest.raises(ImportError, match=rf"needs {packages[0]},.* {missing}: ") as caught:
        use(exps)
    assert str(caught.value).endswith(install_line(packages[0]))
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_says_what_it_needs_before_it_calls_the_model(monkeypatch, tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 2))
    explainer = LimeTabularExplainer(X, mode="regression", random_state=0)
    without(monkeypatch, "pyarrow")
    with pytest.raises(ImportError, match=r"checkpoint needs pyarrow.*lime\[tables\]"):
        explainer.explain_instances(X, lambda rows: pytest.fail("asked"), checkpoint=tmp_path / "night")


def test_change_points_say_what_they_need(monkeypatch):
    without(monkeypatch, "ruptures")
    explainer = lime.LimeTimeSeriesExplainer(segmentation="change_points", mode="regression")
    with pytest.raises(ImportError, match=r'needs ruptures.*lime\[series\].*segmentation="equal"'):
        explainer.explain_instance(np.arange(20.0), lambda batch: np.zeros(len(batch)))
