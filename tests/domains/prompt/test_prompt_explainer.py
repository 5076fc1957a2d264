"""`LimePromptExplainer`: named fields of a prompt, their sentences or words, with the instruction held fixed."""

import numpy as np
import pytest

import lime
from lime.testing import check_explainer

TEMPLATE = 'Reply {"wet": true} or no. News: {news} Place: {place} Again: {place}'
FIELDS = {"news": "Much rain is on its way. It stays so. Stay in.", "place": "Ulm on the river"}


def wet(prompts):
    assert all(prompt.startswith('Reply {"wet": true} or no. News: ') for prompt in prompts)
    p = np.array([0.1 + 0.5 * ("rain" in one) + 0.2 * ("river" in one) for one in prompts])
    return np.column_stack([1 - p, p])


def explainer(unit="field", **settings):
    return lime.LimePromptExplainer(TEMPLATE, unit=unit, random_state=0, **settings)


def test_fields_are_units():
    exp = explainer().explain_instance(FIELDS, wet)
    assert exp.exact
    assert exp.num_model_calls == 4
    weights = dict(exp.as_list())
    assert weights == pytest.approx({"news": 0.5, "place": 0.2})
    assert FIELDS["news"] in exp.to_json()


def test_sentences_and_words_are_units():
    exp = explainer("sentence").explain_instance(FIELDS, wet)
    weights = dict(exp.as_list())
    assert weights["news: Much rain is on its way."] == pytest.approx(0.5)
    assert weights["news: It stays so."] == pytest.approx(0.0, abs=1e-9)
    assert len(weights) == 4
    words = dict(explainer("word").explain_instance(FIELDS, wet).as_list())
    assert words["news: rain"] == pytest.approx(0.5, abs=0.05)
    assert words["place: river"] == pytest.approx(0.2, abs=0.05)


def test_what_is_asked():
    seen = []

    def remember(prompts):
        seen.extend(prompts)
        return wet(prompts)

    explainer().explain_instance(FIELDS, remember)
    news, place = FIELDS["news"], FIELDS["place"]
    expected = {
        f'Reply {{"wet": true}} or no. News: {one} Place: {other} Again: {other}'
        for one in (news, "")
        for other in (place, "")
    }
    assert set(seen) == expected


def test_the_same_word_twice_is_told_apart():
    one = lime.LimePromptExplainer("{text}", unit="word", random_state=0)
    names = dict(one.explain_instance("so it is so", lambda p: np.array([[0.5, 0.5]] * len(p))).as_list())
    assert set(names) == {"text: so", "text: it", "text: is", "text: so (2)"}


def test_a_long_unit_has_a_short_name():
    exp = explainer("sentence").explain_instance({**FIELDS, "news": "rain " * 40}, wet)
    assert max(len(name) for name, _ in exp.as_list()) <= 60 + len("news: ")


def test_empty_fields():
    exp = explainer().explain_instance({"news": "rain", "place": ""}, wet)
    assert [name for name, _ in exp.as_list()] == ["news"]
    nothing = explainer().explain_instance({"news": "", "place": ""}, wet)
    assert nothing.as_list() == []
    assert any("nothing to explain" in one for one in nothing.warnings)


@pytest.mark.parametrize("unit", ["field", "word"])
def test_every_door_is_open(unit):
    report = check_explainer(explainer(unit), FIELDS, wet)
    assert {one.name for one in report if one.status != "passed"} == {"sensitivity", "save and load"}


def test_many_and_a_language_model():
    def generate(prompts):
        return [[np.log(1 - p), np.log(p)] for p in wet(prompts)[:, 1]]

    several = [FIELDS, {"news": "sun", "place": "river"}]
    found = explainer().explain_instances(several, lime.prompted(generate, ["dry", "wet"]))
    assert found[1].class_names == ["dry", "wet"]
    assert dict(found[1].as_list())["place"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("instance", "message"),
    [
        ({"news": "x"}, "expected a dict with the fields 'news', 'place'"),
        ({**FIELDS, "more": "x"}, "expected a dict with the fields"),
        ("text", "expected a dict with the fields"),
        ({"news": "x", "place": 3}, "the field 'place' is 3: expected a text"),
    ],
)
def test_wrong_instances_are_refused(instance, message):
    with pytest.raises(ValueError, match=message):
        explainer().explain_instance(instance, wet)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"template": "no field"}, r"template='no field': expected a text with fields in braces"),
        ({"template": TEMPLATE, "unit": "letter"}, "unit='letter': expected one of 'field', 'sentence', 'word'"),
    ],
)
def test_wrong_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        lime.LimePromptExplainer(**arguments)
