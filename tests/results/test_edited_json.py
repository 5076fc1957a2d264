"""JSON that somebody edited by hand is an explanation that can be shown, or one error that names what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lime import Explanation, ImageExplanation, LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer
from lime.exceptions import LimeError

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame({"a": RNG.normal(size=60), "b": RNG.choice(["x", "y", "z"], 60)})
WRONG: list[Any] = [None, True, -1, 1.5, float("inf"), 2**63, 10**400, "", "1e999", [], {}, [[]], [None], {"a": 1}]


def probabilities(batch: Any) -> Any:
    p = np.linspace(0.2, 0.8, len(batch))
    return np.column_stack([1 - p, p])


def stored(kind: str) -> Any:
    if kind == "table":
        exp: Any = LimeTabularExplainer(FRAME, random_state=0).explain_instance(
            FRAME.iloc[0], probabilities, num_samples=60
        )
    elif kind == "text":
        exp = LimeTextExplainer(random_state=0).explain_instance("one two three", probabilities)
    else:
        exp = LimeImageExplainer(random_state=0).explain_instance(
            RNG.random((6, 6, 3)),
            probabilities,
            segmentation_fn=np.arange(36).reshape(6, 6) // 12,
            num_samples=30,
            progress_bar=False,
        )
    exp.interactions()  # so that something that was measured is stored, too
    content = json.loads(exp.to_json())
    del content["checksum"]  # as whoever edits it on purpose does
    return content


def places(part: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if above:
        yield above
    inner = part.items() if isinstance(part, dict) else enumerate(part[:2]) if isinstance(part, list) else ()
    for key, one in inner:
        yield from places(one, (*above, key))


def changed(content: Any, place: tuple[Any, ...], change: Any) -> Any:
    copied = json.loads(json.dumps(content))
    part = copied
    for key in place[:-1]:
        part = part[key]
    change(part, place[-1])
    return copied


def is_shown_or_refused(kind: type[Explanation], content: Any) -> bool:
    try:
        exp = kind.from_json(json.dumps(content))
    except LimeError:
        return True
    if not exp.local_exp or (exp.domain_mapper.block is not None and "kind" not in exp.domain_mapper.block):
        return True  # without labels there is nothing to show
    assert isinstance(str(exp), str)
    assert isinstance(repr(exp), str)
    exp.to_dict()
    exp.records()
    try:
        assert "<div" in exp._repr_html_()
    except LimeError as error:
        assert "instance_block returned kind=" in str(error)  # noqa: PT017 - one of two good ends
    return True


KINDS = [("table", Explanation), ("text", Explanation), ("image", ImageExplanation)]


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_any_part_may_be_of_another_type(name: str, kind: type[Explanation]) -> None:
    content = stored(name)
    for number, place in enumerate(places(content)):
        for k in range(2):
            wrong = WRONG[(2 * number + k) % len(WRONG)]
            assert is_shown_or_refused(
                kind,
                changed(
                    content,
                    place,
                    lambda part, key, w=wrong: (
                        part.update({key: w}) if isinstance(part, dict) else part.__setitem__(key, w)
                    ),
                ),
            )


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_any_part_may_be_missing(name: str, kind: type[Explanation]) -> None:
    content = stored(name)
    for place in places(content):
        assert is_shown_or_refused(kind, changed(content, place, lambda part, key: part.pop(key)))


@pytest.mark.parametrize(
    ("name", "place", "wrong", "words"),
    [
        ("table", ("num_samples",), 10**400, "num_samples of the explanation is int"),
        ("table", ("features", 0, "value"), 10**400, r"value of features\[0\] is int"),
        ("table", ("features", 0, "low"), -(10**400), r"low of features\[0\]"),
        ("table", ("predict_proba",), [0.5, 10**400], "predict_proba of the explanation"),
        ("table", ("labels", 0, "weights", 0, "weight"), "3", r"weight of labels\[0\].weights\[0\] is str '3'"),
        ("text", ("instance_block", "pieces"), {"a": 1}, "pieces of instance_block is dict"),
        ("text", ("instance_block", "pieces", 0, "text"), 3, r"text of instance_block.pieces\[0\] is int"),
        ("text", ("instance_block", "pieces", 0, "feature"), [1], r"feature of instance_block.pieces\[0\] is list"),
        ("text", ("trust", 0, "findings", "interactions", "value"), None, "value of finding 'interactions' is"),
        ("image", ("features", 0, "share"), "all", r"share of features\[0\] is str"),
    ],
)
def test_the_part_is_named(name: str, place: tuple[Any, ...], wrong: Any, words: str) -> None:
    content = changed(stored(name), place, lambda part, key: part.__setitem__(key, wrong))
    with pytest.raises(LimeError, match=words):
        Explanation.from_json(json.dumps(content)) if name != "image" else ImageExplanation.from_json(
            json.dumps(content)
        )


@pytest.mark.parametrize("key", ["feature", "name", "value", "low", "high"])
def test_what_a_feature_lacks_is_named(key: str) -> None:
    content = changed(stored("table"), ("features", 0, key), lambda part, name: part.pop(name))
    with pytest.raises(LimeError, match=rf"features\[0\] has no '{key}'"):
        Explanation.from_json(json.dumps(content))
