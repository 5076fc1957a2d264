"""Questions to a model that are asked side by side."""

import numpy as np
import pytest

from lime import LimeImageExplainer, LimeTextExplainer
from lime.models.requests import Request, drive, drive_together


def double(batch):
    return np.array([[2.0 * one, 1.0] for one in batch])


def steps(values, predict=double, key="same", batch_size=None):
    """Ask about some values, then about the first of them again."""
    first = yield Request(predict, lambda a, b: list(values[a:b]), len(values), "regression", batch_size, key=key)
    again = yield Request(predict, lambda a, b: [values[0]][a:b], 1, "regression", batch_size, key=key)
    return first[:, 0].tolist(), again[0, 0]


def counted(calls, function=double):
    def predict(batch):
        calls.append(len(batch))
        return function(batch)

    return predict


def test_together_gives_what_each_gets_alone_in_fewer_calls():
    calls = []
    predict = counted(calls)
    many = [[1.0, 2.0], [3.0], [4.0, 5.0, 6.0]]
    together = drive_together([steps(values, predict) for values in many])
    assert calls == [6, 3]
    assert together == [drive(steps(values)) for values in many]


def test_batches_run_over_the_edges_of_requests():
    calls = []
    together = drive_together([steps([1.0, 2.0, 3.0], counted(calls), batch_size=2) for _ in range(3)])
    # Three models of their own, but one key: the first is asked about all.
    assert together == [([2.0, 4.0, 6.0], 2.0)] * 3
    assert calls == [2, 2, 2, 2, 1, 2, 1]


def test_without_a_key_each_is_asked_alone():
    calls = []
    drive_together([steps([1.0, 2.0], counted(calls), key=None) for _ in range(2)])
    assert calls == [2, 2, 1, 1]


def pausing(name, log, pauses, fails=False):
    """Note each step, and pause between them."""
    for step in range(pauses):
        log.append((name, step))
        assert (yield None) is None
    if fails:
        raise ValueError(name)
    return name


def test_from_pause_to_pause_together():
    log = []
    results = drive_together([pausing("a", log, 2), pausing("b", log, 3, fails=True), pausing("c", log, 1)])
    assert log == [("a", 0), ("b", 0), ("c", 0), ("a", 1), ("b", 1), ("b", 2)]
    assert (results[0], results[2]) == ("a", "c")
    assert isinstance(results[1], ValueError)
    assert drive(pausing("d", [], 3)) == "d"


def test_those_that_wait_for_a_model_wait_for_those_that_pause():
    calls = []

    def mixed(values, pauses):
        yield from pausing("x", [], pauses)
        return (yield from steps(values, counted(calls)))

    assert drive_together([mixed([1.0], 0), mixed([2.0, 3.0], 4)]) == [([2.0], 2.0), ([4.0, 6.0], 4.0)]
    assert calls == [3, 2], "one call for both, however long one of them paused"


def test_one_that_fails_takes_no_other_with_it():
    def picky(batch):
        if 13.0 in batch:
            raise RuntimeError("thirteen")
        return double(batch)

    results = drive_together([steps([1.0], picky), steps([13.0], picky), steps([2.0], picky)])
    assert results[0] == ([2.0], 2.0)
    assert isinstance(results[1], RuntimeError)
    assert results[2] == ([4.0], 4.0)


def test_an_error_is_raised_where_the_answer_was_awaited():
    def careful():
        try:
            yield Request(lambda batch: 1 / 0, lambda a, b: [0], 1, "regression")
        except ZeroDivisionError:
            return "seen"

    assert drive(careful()) == "seen"
    assert drive_together([careful(), careful()]) == ["seen", "seen"]


def test_texts_share_calls_and_get_the_numbers_of_each_alone():
    calls = []

    def model(texts):
        calls.append(len(texts))
        p = np.array([(1 + t.count("a")) / (2 + len(t)) for t in texts])
        return np.column_stack([1 - p, p])

    texts = ["a b c", "b d a e", "", "e a"]
    explainer = LimeTextExplainer(random_state=0)
    alone = [explainer.explain_instance(text, model).as_map() for text in texts]
    calls.clear()
    together = list(explainer.explain_batch(None, texts, model, {}))
    assert [exp.as_map() for exp in together] == alone  # type: ignore[union-attr]
    assert len(calls) == 1


@pytest.mark.parametrize("count", [16, 40])
def test_images_share_batches_and_get_the_numbers_of_each_alone(count):
    calls = []

    def model(images):
        calls.append(len(images))
        p = images[:, :2].mean(axis=(1, 2, 3)) / 255
        return np.column_stack([1 - p, p])

    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, size=(6, 6, 3)).astype(np.uint8) for _ in range(3)]
    settings = {
        "segmentation_fn": np.kron(np.arange(4).reshape(2, 2), np.ones((3, 3), dtype=int)),
        "num_samples": count,
        "batch_size": 12,
        "progress_bar": False,
    }
    explainer = LimeImageExplainer(random_state=0)
    alone = [explainer.explain_instance(picture, model, **settings).as_map() for picture in pictures]
    calls.clear()
    together = list(explainer.explain_batch(None, pictures, model, settings))
    assert [exp.as_map() for exp in together] == alone  # type: ignore[union-attr]
    assert calls == [12] * (16 * 3 // 12)  # all masks of four segments, three times over
