"""``num_samples=Auto(max_calls=, max_seconds=, callback=)``: the sample grows as far as its price allows."""

import pickle

import numpy as np
import pytest

import lime
from lime.engine.stopping import StageReport

RNG = np.random.default_rng(3)
TABLE = RNG.normal(size=(400, 6))
TEXT = " ".join(f"word{i}" for i in range(30))
IMAGE = RNG.random((16, 16, 3))


def noise(x):
    """A checkerboard far finer than the bins: no column counts, and nothing is ever settled."""
    p = np.abs(np.sin(1e5 * np.asarray(x, float).reshape(len(x), -1).sum(axis=1)))
    return np.column_stack([1 - p, p])


def noisy_texts(texts):
    p = np.array([np.abs(np.sin(1e3 * sum(hash_of(word) for word in text.split()) ** 2)) for text in texts])
    return np.column_stack([1 - p, p])


def hash_of(word):
    return int(word.removeprefix("word") or 0) * 0.7310585


def steep(x):
    p = 0.5 + 0.2 * np.sign(x[:, 0]) + 0.1 * np.sign(x[:, 1]) + 0.05 * np.sign(x[:, 2])
    return np.column_stack([1 - p, p])


class Clock:
    """A clock that a model moves on."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def explained(kind, predict, auto):
    if kind == "table":
        explainer = lime.LimeTabularExplainer(TABLE, random_state=0)
        return explainer.explain_instance(TABLE[0], predict, num_samples=auto, num_features=3)
    if kind == "series":
        series = TABLE.reshape(100, 4, 6)
        explainer = lime.RecurrentTabularExplainer(series, feature_names=list("abcdef"), random_state=0)
        return explainer.explain_instance(TABLE[:4], predict, num_samples=auto, num_features=3)
    if kind == "text":
        return lime.LimeTextExplainer(random_state=0).explain_instance(TEXT, predict, num_samples=auto, num_features=3)
    segments = np.arange(256).reshape(16, 16) // 8
    return lime.LimeImageExplainer(random_state=0).explain_instance(
        IMAGE, predict, num_samples=auto, num_features=3, segmentation_fn=lambda _: segments, hide_color=0
    )


KINDS = {"table": noise, "series": noise, "text": noisy_texts, "image": noise}


def intervals(exp, label):
    found, weights = exp.confidence_intervals(label), dict(exp.local_exp[label])
    return [(low, weights[feature], high) for feature, (low, high) in found.items()]


@pytest.mark.parametrize("kind", KINDS)
def test_calls_stay_within_their_price(kind):
    seen = []

    def counted(batch):
        seen.append(len(batch))
        return KINDS[kind](batch)

    exp = explained(kind, counted, lime.Auto(max_calls=600))
    assert sum(seen) <= exp.num_model_calls <= 600
    assert exp.num_model_calls > 300
    assert not exp.settled
    assert "max_calls=600 leaves no calls for more" in exp.stopping
    assert exp.stopping in exp.warnings


def test_the_smaller_of_budget_and_price_counts():
    assert explained("table", noise, lime.Auto(budget=400, max_calls=900)).num_model_calls == 400
    assert explained("table", noise, lime.Auto(budget=900, max_calls=400)).num_model_calls == 400


def test_what_is_settled_before_costs_no_more():
    exp = explained("table", steep, lime.Auto(max_calls=4000, max_seconds=1e6))
    assert exp.settled
    assert exp.num_model_calls < 2500
    assert exp.stopping.startswith("Settled after")


@pytest.mark.parametrize("kind", KINDS)
def test_the_sample_stops_growing_where_the_next_stage_would_take_too_long(kind):
    clock, reports = Clock(), []

    def slow(batch):
        clock.now += 0.5 * len(batch)
        return KINDS[kind](batch)

    auto = lime.Auto(max_seconds=300.0, clock=clock, callback=reports.append)
    exp = explained(kind, slow, auto)
    assert len(reports) == exp.looks >= 1
    assert clock.now - 100.0 <= 300.0
    # One more stage, which at least doubles the sample, would have been too much.
    assert reports[-1].seconds * 2 > 0.9 * 300.0
    assert not exp.settled
    assert "max_seconds=300 leaves no time for more" in exp.stopping
    assert all(len(errors) for errors in exp.standard_errors.values())


def test_the_first_stage_is_always_taken():
    clock = Clock()

    def slow(batch):
        clock.now += 10.0 * len(batch)
        return noise(batch)

    exp = explained("table", slow, lime.Auto(max_seconds=1.0, clock=clock))
    assert exp.num_model_calls == 257
    assert exp.looks == 1


def test_few_units_come_in_stages_where_time_is_short():
    clock = Clock()

    def slow(texts):
        clock.now += len(texts)
        return noisy_texts(texts)

    def explain(auto):
        text = " ".join(f"word{i}" for i in range(11))
        return lime.LimeTextExplainer(random_state=0).explain_instance(text, slow, num_samples=auto, num_features=3)

    assert explain("auto").num_model_calls == 2048
    exp = explain(lime.Auto(max_seconds=600.0, clock=clock))
    assert exp.num_model_calls <= 600
    assert not exp.exact


def test_a_callback_is_told_calls_seconds_and_what_is_open():
    clock, reports = Clock(), []

    def slow(batch):
        clock.now += 0.01 * len(batch)
        return noise(batch)

    exp = explained("table", slow, lime.Auto(budget=1001, clock=clock, callback=reports.append))
    assert all(isinstance(one, StageReport) for one in reports)
    assert [one.samples for one in reports][:2] == [256, 512]
    assert [one.calls for one in reports][:2] == [257, 513]
    assert [one.most for one in reports] == [1000] * len(reports)
    assert reports[0].seconds == pytest.approx(2.57)
    assert reports[0].seconds_left == pytest.approx(2.57 / 256 * 744)
    assert all(one.still_open for one in reports)
    assert any("told apart" in sentence or "interval" in sentence for sentence in reports[0].still_open)
    assert exp.looks == len(reports)


def test_a_settled_explanation_leaves_nothing_open():
    reports = []
    explained("table", steep, lime.Auto(callback=reports.append))
    assert reports[-1].still_open == ()
    assert reports[-1].seconds_left == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupt_gives_the_explanation_that_there_is(kind):
    asked = []

    def interrupted(batch):
        asked.append(len(batch))
        if sum(asked) > 700:
            raise KeyboardInterrupt
        return KINDS[kind](batch)

    reports = []
    # Another width leaves something open however clear the model is.
    exp = explained(kind, interrupted, lime.Auto(budget=4000, width=1e-9, callback=reports.append))
    assert exp.settled is False
    assert exp.stopping.startswith("Interrupted, not settled after")
    assert exp.stopping in exp.warnings
    assert exp.looks == len(reports) >= 1
    assert exp.num_model_calls == reports[-1].calls <= 700
    label = exp.available_labels()[0]
    assert all(low < weight < high for low, weight, high in intervals(exp, label))


def test_an_interrupted_explanation_is_that_of_its_stages():
    def at(count):
        def stop(report):
            if report.samples >= count:
                raise KeyboardInterrupt

        return stop

    exp = explained("table", noise, lime.Auto(callback=at(512)))
    assert exp.looks == 2
    assert exp.num_model_calls == 513
    assert 0.0 < exp.error_share < 1.0


def test_an_interrupt_before_the_first_stage_ends_is_one():
    def interrupted(batch):
        raise KeyboardInterrupt

    for auto in (lime.Auto(), 500):
        with pytest.raises(KeyboardInterrupt):
            explained("table", interrupted, auto)


@pytest.mark.parametrize("kind", ["table", "text"])
def test_an_interrupt_of_many_rows_ends_them_all(kind):
    def stop(report):
        raise KeyboardInterrupt

    auto = lime.Auto(callback=stop, width=1e-9)
    tables, texts = lime.LimeTabularExplainer(TABLE, random_state=0), lime.LimeTextExplainer(random_state=0)
    explainer, rows = (tables, TABLE[:3]) if kind == "table" else (texts, [TEXT] * 3)
    with pytest.raises(KeyboardInterrupt):
        explainer.explain_instances(rows, KINDS[kind], num_samples=auto)
    with pytest.raises(KeyboardInterrupt):
        explainer.stability(rows[0], KINDS[kind], num_samples=auto)


@pytest.mark.parametrize(
    "arguments",
    [{"max_calls": 1}, {"max_calls": 2.5}, {"max_seconds": 0}, {"max_seconds": float("nan")}, {"callback": "tell me"}],
)
def test_a_wrong_price_is_refused_by_name(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"^{name}="):
        lime.Auto(**arguments)


def test_a_price_can_be_sent_to_workers():
    auto = lime.Auto(max_calls=300, max_seconds=5.0)
    assert pickle.loads(pickle.dumps(auto)) == auto
