"""JSON: strict, versioned, and the same explanation after it."""

from __future__ import annotations

import datetime
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explanation_samples import SAMPLES, FakeMapper, fill, house, review, wine
from lime.exceptions import LimeError
from lime.explanation import Explanation
from lime.results.serialize import plain


def strict(text):
    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def pixels(exp):
    figure = exp.plot().figure
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())


@pytest.mark.parametrize("name", SAMPLES)
def test_round_trip_prints_plots_and_renders_the_same(name):
    exp = SAMPLES[name]()
    text = exp.to_json()
    strict(text)
    twin = Explanation.from_json(text)
    assert str(twin) == str(exp)
    assert twin.as_html() == exp.as_html()
    assert twin.as_html(show_all=True) == exp.as_html(show_all=True)
    assert repr(twin.as_list()) == repr(exp.as_list())
    assert repr(twin.records()) == repr(exp.records())
    assert twin.to_json() == text
    assert repr(twin) == repr(exp)
    np.testing.assert_array_equal(pixels(twin), pixels(exp))


@pytest.mark.parametrize("make", [wine, house])
def test_round_trip_keeps_types_and_attributes(make):
    exp = make()
    twin = Explanation.from_dict(exp.to_dict())
    for name in (
        "local_exp",
        "intercept",
        "scores",
        "local_preds",
        "model_preds",
        "standard_errors",
        "degrees_of_freedom",
        "score",
        "num_model_calls",
        "num_samples",
        "sampling_method",
        "effective_samples",
        "warnings",
        "mode",
        "class_names",
    ):
        assert getattr(twin, name) == getattr(exp, name), name
    label = exp.resolve_label()
    assert twin.local_exp[label][0][1].dtype == np.float64
    assert isinstance(twin.local_pred, np.ndarray)
    np.testing.assert_array_equal(twin.local_pred, exp.local_pred)
    if exp.mode == "classification":
        np.testing.assert_array_equal(twin.predict_proba, exp.predict_proba)
        assert twin.available_labels() == exp.available_labels()
    else:
        assert (twin.predicted_value, twin.min_value, twin.max_value) == (291400.0, 118000.0, 412500.0)


def test_files(tmp_path):
    path = tmp_path / "exp.json"
    exp = review()
    text = exp.to_json(path)
    content = strict(text)
    assert strict(path.read_text(encoding="utf-8")) == content
    assert len(content.pop("checksum")) == 32
    assert content == exp.to_dict()
    for source in (path, str(path), text, text.encode(), "  \n" + text):
        assert str(Explanation.from_json(source)) == str(exp)
    with pytest.raises(FileNotFoundError):
        Explanation.from_json(tmp_path / "none.json")


def test_values_that_json_has_not():
    values = [
        float("nan"),
        float("inf"),
        -float("inf"),
        "nan",
        None,
        np.datetime64("2020-01-02"),
        True,
        10**30,
    ]
    names = [f"c{i}" for i in range(len(values))]
    exp = Explanation(FakeMapper(names, names, values))
    fill(exp, 1, np.arange(len(values)) / 7 - 0.3, errors=[math.inf] * len(values))
    exp.degrees_of_freedom[1] = math.inf
    twin = Explanation.from_json(exp.to_json())
    read = {record["name"]: record["value"] for record in twin.records()}
    assert math.isnan(read["c0"])
    assert [read[f"c{i}"] for i in range(1, 8)] == [
        math.inf,
        -math.inf,
        "nan",
        None,
        "2020-01-02",
        True,
        10**30,
    ]
    assert read["c6"] is True
    assert twin.degrees_of_freedom == {1: math.inf}
    assert twin.standard_errors == exp.standard_errors


def test_plain():
    value = plain(
        {
            np.int64(3): np.float32(0.5),
            "b": (np.bool_(True), np.str_("x"), np.array([[1, 2]])),
            "c": datetime.date(2020, 1, 2),
            "d": {4},
            "e": np.array(7.0),
        }
    )
    assert value == {"3": 0.5, "b": [True, "x", [[1, 2]]], "c": "2020-01-02", "d": [4], "e": 7.0}
    assert type(value["b"][0]) is bool
    assert type(value["b"][1]) is str


def test_unknown_versions_and_other_files_are_refused():
    content = wine().to_dict()
    assert content["schema"] == "lime.explanation/1"
    with pytest.raises(LimeError, match=r"cannot read schema 'lime.explanation/2'.*reads 'lime.explanation/1'"):
        Explanation.from_dict({**content, "schema": "lime.explanation/2"})
    for other in ({}, {"schema": "somebody.else/1"}, {"schema": None}):
        with pytest.raises(LimeError, match="not an explanation"):
            Explanation.from_dict(other)
    for text in ("{", "[1, 2]", b"\xff"):
        with pytest.raises(LimeError, match="not an explanation"):
            Explanation.from_json(text)
    damaged = dict(content)
    del damaged["labels"]
    with pytest.raises(LimeError, match="damaged explanation: KeyError: 'labels'"):
        Explanation.from_dict(damaged)


def test_what_is_not_stored_is_refused_clearly():
    twin = Explanation.from_json(review().to_json())
    with pytest.raises(LimeError, match="cannot honour positions"):
        twin.as_list(positions=True)
    assert twin.as_list(positions=False) == review().as_list()
    with pytest.raises(TypeError, match="unknown keyword 'shout'"):
        twin.as_html(shout=True)
    with pytest.raises(KeyError, match="feature id 99 is not stored"):
        twin.domain_mapper.describe(99)


FLOATS = st.floats(allow_nan=True, allow_infinity=True, width=64)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(), FLOATS, FLOATS, FLOATS | st.text() | st.booleans() | st.none()),
        min_size=1,
        max_size=5,
    )
)
def test_any_names_and_numbers_survive(rows):
    names = [name for name, *_ in rows]
    exp = Explanation(FakeMapper(names, names, [value for *_, value in rows]))
    exp.local_exp[0] = [(i, np.float64(weight)) for i, (_, weight, *_) in enumerate(rows)]
    exp.standard_errors[0] = {i: error for i, (_, _, error, _) in enumerate(rows)}
    text = exp.to_json()
    strict(text)
    twin = Explanation.from_json(text)
    assert repr(twin.records()) == repr(exp.records())
    assert repr(twin.standard_errors) == repr(exp.standard_errors)
    assert twin.to_json() == text


def test_ranges_and_flag_survive_and_may_be_absent():
    exp = house()
    exp.mirrored, exp.ranges = True, {1: (np.float64(118000.0), 412500)}
    twin = Explanation.from_json(exp.to_json())
    assert (twin.mirrored, twin.ranges) == (True, {1: (118000.0, 412500.0)})
    old = exp.to_dict()
    del old["mirrored"]
    for entry in old["labels"]:
        del entry["range"]
    twin = Explanation.from_dict(old)
    assert (twin.mirrored, twin.ranges, twin.explained_labels()) == (False, {}, [1])
    assert str(twin) == str(exp)


def test_what_a_warning_is_about_is_stored_where_there_are_several_labels():
    exp = wine(labels=(1, 0), warnings=["Of all."])
    exp.add_warning("Of barolo.", [0])
    again = Explanation.from_json(exp.to_json())
    assert again.warnings == ["Of all.", "Of barolo."]
    assert again.labels_of_warnings() == [None, [0]]
    single = wine()
    single.add_warning("Of the only one.", [1])
    assert "concerned" not in single.to_dict()
