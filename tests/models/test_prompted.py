"""Language models as models of texts, with fakes that answer from the words of the prompt."""

import asyncio
import math
import pickle
from typing import Any, cast

import numpy as np
import pytest

import lime

TEMPLATE = 'Answer {"label": ...}. Is this good or bad? {text} Answer:'
TEXT = "A bad start, then a good and truly good end"


def judge(prompts):
    """An answer in words, of how often the text says good and bad."""
    assert all(prompt.startswith('Answer {"label": ...}') and prompt.endswith("Answer:") for prompt in prompts)
    texts = [prompt.split("bad?")[1] for prompt in prompts]
    return ["Good!" if text.count("good") > text.count("bad") else "It is bad." for text in texts]


def logarithms(prompts):
    texts = [prompt.split("bad?")[1] for prompt in prompts]
    return [[1.5 * text.count("good"), 1.5 * text.count("bad")] for text in texts]


async def later(prompts):
    await asyncio.sleep(0)
    return logarithms(prompts)


def shy(prompts):
    return ["I would rather not say" if "start" in prompt else "good" for prompt in prompts]


def test_the_instruction_is_held_fixed_and_the_answer_is_read():
    predict = lime.prompted(judge, ["good", "bad"], template=TEMPLATE)
    exp = lime.LimeTextExplainer(random_state=0).explain_instance(TEXT, predict, top_labels=1)
    assert exp.class_names == ["good", "bad"]
    assert exp.top_labels == [0]
    assert exp.as_list(0)[0][0] == "good"
    assert exp.as_list(0)[0][1] > 0.3


def test_logarithms_of_probabilities_are_probabilities():
    predict = lime.prompted(logarithms, ["good", "bad"], template=TEMPLATE)
    found = predict(["good", "bad bad", "so"])
    np.testing.assert_allclose(found[:, 0], 1 / (1 + np.exp([-1.5, 3.0, 0.0])))
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


def test_a_mapping_names_the_labels_and_what_it_lacks_is_impossible():
    predict = lime.prompted(lambda prompts: [{" Bad": -1.0, "other": 0.0}, {"good": -9.0}], ["good", "bad"])
    np.testing.assert_array_equal(predict(["a", "b"]), [[0, 1], [1, 0]])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Bad, not good", [0, 1, 0]),
        ("GOOD", [1, 0, 0]),
        ("very good, they say", [0, 0, 1]),
        ("goodness", [0, 0, 0]),
        ("", [0, 0, 0]),
    ],
)
def test_the_label_that_comes_first_as_a_word_counts(answer, expected):
    predict = lime.prompted(lambda prompts: [answer] * len(prompts), ["good", "bad", "very good"])
    np.testing.assert_array_equal(predict(["x"]), [expected])


def test_an_answer_without_a_label_is_told():
    predict = lime.prompted(shy, ["good", "bad"])
    exp = lime.LimeTextExplainer(random_state=0).explain_instance(TEXT, predict, labels=(0,), num_samples=100)
    assert any("named none of the labels" in sentence for sentence in exp.diagnostics())
    assert dict(exp.as_list(0))["start"] < -0.5


def test_a_parser_of_ones_own():
    predict = lime.prompted(lambda p: ["<1>"] * len(p), ["good", "bad"], parse=lambda a: ["bad", "good"][int(a[1])])
    np.testing.assert_array_equal(predict(["x"]), [[1, 0]])
    wrong = lime.prompted(lambda p: ["?"] * len(p), ["good", "bad"], parse=lambda a: "ugly")
    with pytest.raises(ValueError, match=r"parse returned 'ugly': expected one of 'good', 'bad', or None"):
        wrong(["x"])


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: lime.remote(one, batch_size=7)])
def test_a_generator_that_is_awaited_gives_the_same_numbers(wrap):
    now = lime.prompted(logarithms, ["good", "bad"], template=TEMPLATE)
    then = wrap(lime.prompted(later, ["good", "bad"], template=TEMPLATE))
    explainer = lime.LimeTextExplainer(random_state=0)
    one = explainer.explain_instance(TEXT, now, num_samples=120)
    other = explainer.explain_instance(TEXT, then, num_samples=120)
    assert one.as_list() == other.as_list()
    assert other.class_names == ["good", "bad"]


def test_answers_are_kept(tmp_path):
    asked = []

    def counted(prompts):
        asked.extend(prompts)
        return logarithms(prompts)

    predict = lime.cached(lime.prompted(counted, ["good", "bad"], template=TEMPLATE), tmp_path)
    explainer = lime.LimeTextExplainer(random_state=0)
    one = explainer.explain_instance(TEXT, predict, num_samples=120)
    before = len(asked)
    assert explainer.explain_instance(TEXT, predict, num_samples=120).as_list() == one.as_list()
    assert len(asked) == before == len(set(asked))


def test_it_goes_to_workers():
    predict = pickle.loads(pickle.dumps(lime.prompted(judge, ["good", "bad"], template=TEMPLATE)))
    np.testing.assert_array_equal(predict(["good"]), [[1, 0]])
    np.testing.assert_array_equal(predict.classes_, ["good", "bad"])


class Coin:
    """A generator that answers good with a chance that two words move; its own random numbers."""

    def __init__(self, seed):
        self.rng, self.asked = np.random.default_rng(seed), 0

    def __call__(self, prompts):
        self.asked += len(prompts)
        return ["good" if self.rng.random() < chance(prompt) else "bad" for prompt in prompts]


def chance(prompt):
    return 0.3 + 0.4 * ("sun" in prompt) - 0.2 * ("rain" in prompt)


SHORT = "sun rain wind fog"
TRUTH = {"sun": 0.4, "rain": -0.2, "wind": 0.0, "fog": 0.0}


def explain_coin(seed, repeats, num_samples):
    predict = lime.prompted(Coin(seed), ["bad", "good"], repeats=repeats, sampled=True)
    return lime.LimeTextExplainer(random_state=seed).explain_instance(SHORT, predict, num_samples=num_samples)


@pytest.mark.parametrize(("repeats", "num_samples"), [(8, 16), (1, 300)])
def test_the_noise_of_answers_is_in_the_intervals(repeats, num_samples):
    hits, widths = [], []
    for seed in range(40):
        exp = explain_coin(seed, repeats, num_samples)
        assert not exp.exact
        assert exp.num_model_calls == (16 if num_samples == 16 else exp.num_model_calls)
        weights = dict(exp.as_list())
        for i, (low, high) in exp.confidence_intervals(1).items():
            word = exp.domain_mapper.indexed_string.word(i)
            hits.append(low <= TRUTH[word] <= high)
            widths.append(high - low)
            assert np.isfinite(weights[word])
    # 160 intervals: 95% less three standard errors of 40 independent fits.
    assert np.mean(hits) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 40)
    assert min(widths) > 0.0
    assert np.mean(widths) < 1.5


def test_more_answers_to_each_prompt_narrow_the_intervals():
    few = [np.mean(list(explain_coin(seed, 2, 16).standard_errors[1].values())) for seed in range(5)]
    many = [np.mean(list(explain_coin(seed, 50, 16).standard_errors[1].values())) for seed in range(5)]
    assert 0.1 < np.mean(many) / np.mean(few) < 0.4  # a fifth, by the root of 25


def test_a_deterministic_one_is_exact_where_all_is_asked():
    predict = lime.prompted(logarithms, ["good", "bad"], template=TEMPLATE)
    exp = lime.LimeTextExplainer(random_state=0).explain_instance("good bad end", predict)
    assert exp.exact


def write(prompts):
    """A generator whose text follows the words of its prompt."""
    return [" ".join(word.upper() for word in prompt.split() if len(word) > 3) for prompt in prompts]


async def write_later(prompts):
    return write(prompts)


@pytest.mark.parametrize("generate", [write, write_later])
def test_a_generators_own_output_is_explained_by_its_similarity(generate):
    (output,) = write([TEXT])
    predict = lime.scored(lime.word_overlap(generate), output)
    exp = lime.LimeTextExplainer(random_state=0, mode="regression").explain_instance(TEXT, predict)
    weights = dict(exp.as_list(label=1))
    assert min(weights[word] for word in ("start", "then", "good", "truly")) > 0.05
    assert max(abs(weights.get(word, 0.0)) for word in ("A", "bad", "end")) < 0.01


def test_and_by_its_likelihood():
    def likelihood(prompts, output):
        return [-abs(len(prompt.split()) - len(output.split())) - ("good" not in prompt) for prompt in prompts]

    predict = lime.scored(likelihood, "x " * 10, template="{text}")
    exp = lime.LimeTextExplainer(random_state=0, mode="regression").explain_instance(TEXT, predict)
    assert exp.as_list(label=1)[0][0] == "good"


def test_nothing_in_common_and_nothing_at_all():
    score = lime.word_overlap(lambda prompts: ["", "a b", "b b"])
    assert score(["x", "y", "z"], "") == [1.0, 0.0, 0.0]
    assert score(["x", "y", "z"], "b c") == [0.0, 0.5, 0.5]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: lime.prompted(judge, "good"), "labels='good': expected two or more different ones"),
        (lambda: lime.prompted(judge, ["good", "Good"]), r"labels=\['good', 'Good'\]"),
        (lambda: lime.prompted(judge, ["a", "b"], template="no place"), r"template='no place'.*\{text\}"),
        (lambda: lime.prompted(judge, ["a", "b"], repeats=0), "repeats=0: expected a whole number of at least 1"),
        (lambda: lime.prompted(judge, ["a", "b"], parse=cast("Any", "json")), "parse='json'"),
        (lambda: lime.prompted("gpt", ["a", "b"]), "expected a function of a list of prompts, got 'gpt'"),
        (lambda: lime.scored("gpt", "text"), "expected a function of a list of prompts, got 'gpt'"),
        (lambda: lime.scored(print, cast("Any", 3)), "output=3: expected the text that the generator gave"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (["good"], "generate answered 1 prompt of 2: expected a list, with one for each"),
        ("good", "generate answered"),
        ([[0.0], [0.0]], "expected a text, a mapping from labels to logarithms"),
    ],
)
def test_wrong_answers_are_refused(answers, message):
    with pytest.raises(ValueError, match=message):
        lime.prompted(lambda prompts: answers, ["good", "bad"])(["x", "y"])


def test_impossible_labels_count_for_none():
    predict = lime.prompted(lambda prompts: [[-math.inf, -math.inf]], ["good", "bad"])
    np.testing.assert_array_equal(predict(["x"]), [[0, 0]])
