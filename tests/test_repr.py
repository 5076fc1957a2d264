"""What an explainer says of itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

import lime
from lime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer, RecurrentTabularExplainer

TABLE = np.random.default_rng(0).random((40, 4))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: LimeTabularExplainer(TABLE), ["4 columns (4 numeric)", "mode='classification'", "random_state=None"]),
        (
            lambda: LimeTabularExplainer(np.round(TABLE, 1), categorical_features=[0], random_state=7),
            ["4 columns (3 numeric, 1 categorical)", "random_state=7"],
        ),
        (
            lambda: LimeTabularExplainer(
                TABLE, mode="regression", discretizer="decile", kernel_width=2, feature_selection="none"
            ),
            ["mode='regression'", "DecileDiscretizer", "kernel_width=2.0", "feature_selection='none'"],
        ),
        (lambda: LimeTabularExplainer(TABLE, discretize_continuous=False), ["discretize_continuous=False"]),
        (lambda: LimeTabularExplainer(sparse.csr_matrix(TABLE)), ["4 columns"]),
        (lambda: LimeTabularExplainer(TABLE[:, :1]), ["1 column (1 numeric)"]),
        (
            lambda: LimeTextExplainer(class_names=["bad", "good"], bow=False, random_state=1),
            ["class_names=['bad', 'good']", "bow=False", "random_state=1"],
        ),
        (lambda: LimeImageExplainer(kernel_width="auto"), ["kernel_width='auto'"]),
        (
            lambda: RecurrentTabularExplainer(TABLE.reshape(10, 8, 2), feature_names=["a", "b"]),
            ["8 timesteps of 2 features"],
        ),
    ],
)
def test_an_explainer_says_what_it_is(make, words):
    explainer = make()
    text = repr(explainer)
    assert text.startswith(f"<{type(explainer).__name__}: ")
    assert text.endswith(">")
    for word in words:
        assert word in text


def test_what_is_as_usual_is_not_told():
    assert repr(LimeTextExplainer()) == "<LimeTextExplainer: mode='classification', random_state=None>"
    plain = "<LimeTabularExplainer: 4 columns (4 numeric), mode='classification', random_state=None>"
    assert repr(LimeTabularExplainer(TABLE)) == plain


def test_long_names_and_many_stay_short():
    names = ["x" * 100_000, *(f"class {k}" for k in range(1000))]
    assert len(repr(LimeTextExplainer(class_names=names))) < 400


def test_a_class_of_a_program_has_it_too():
    class Own(LimeTextExplainer):
        def __init__(self, depth=3):
            super().__init__(random_state=2)
            self.depth = depth

    assert repr(Own(depth=4)) == "<Own: mode='classification', random_state=2, depth=4>"


def test_a_notebook_shows_settings_and_columns():
    people = pd.DataFrame({
        "age": [20.0, 30.0, np.nan] * 10,
        "job": ["cook", "nurse", None] * 10,
        "joined": pd.date_range("2020-01-01", periods=30),
        "children": [0, 1, 2] * 10,
        "income": np.linspace(1000, 9000, 30),
    })  # fmt: skip
    explainer = LimeTabularExplainer(people, class_names=["stays", "<leaves>"], random_state=3)
    assert explainer.known_columns() == [
        ("age", "number, some missing", "25.0 ± 5.0"),
        ("job", "category, some missing", "cook, nurse"),
        ("joined", "times without a time zone", "around 2020-01-15 12:00:00"),
        ("children", "whole number", "1.00 ± 0.82"),
        ("income", "number", "5,000 ± 2,388"),
    ]
    html = explainer._repr_html_()
    for words in ("LimeTabularExplainer", "5 columns (4 numeric, 1 categorical)", "random_state", "cook, nurse"):
        assert words in html
    assert "&lt;leaves&gt;" in html
    assert "<leaves>" not in html
    assert "<script" not in html


def test_a_wide_table_shows_thirty_columns():
    html = LimeTabularExplainer(np.random.default_rng(0).random((40, 33)))._repr_html_()
    assert "and 3 more columns" in html


def test_the_front_door_shows_the_model_and_what_it_will_do():
    model = LogisticRegression().fit(TABLE, TABLE[:, 0] > 0.5)
    html = lime.Explainer(model, TABLE)._repr_html_()
    for words in ("LogisticRegression", "LimeTabularExplainer", "anchored", "top_labels", "4 columns (4 numeric)"):
        assert words in html
    assert "LimeTextExplainer" in LimeTextExplainer()._repr_html_()
    assert "the first one" in lime.Explainer(lambda batch: batch)._repr_html_()
