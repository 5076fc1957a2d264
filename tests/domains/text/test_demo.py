"""What the command shows of text, without newsgroup posts in scikit-learn's cache and with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sklearn.datasets import fetch_20newsgroups, get_data_home

from lime.cli.demo import explain_text


def test_without_posts_a_review_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    headline, explanation = explain_text()
    assert "reviews of cafes" in headline
    words = dict(explanation.as_list(0))
    assert words["cold"] > 0 > words["delicious"]


def test_posts_are_explained_where_they_are_cached() -> None:
    try:
        fetch_20newsgroups(subset="test", download_if_missing=False)
    except OSError:
        pytest.skip(f"optional: no newsgroup posts in {get_data_home()}")
    headline, explanation = explain_text()
    assert "newsgroup posts" in headline
    assert explanation.model_path == "counts"  # type: ignore[attr-defined]
    assert "rutgers" in dict(explanation.as_list(None))
