"""Models that are asked over a network or are ``async def``: cut into calls, at a time, again, within limits."""

import asyncio
import inspect
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import lime
from lime.models.calling import classes_of, resolve_predict
from lime.models.rates import Clock
from lime.models.remote import is_passing, remote
from slow_server import FakeClock, ServiceError, count_tokens, score_of, serving

TEXTS = [" ".join("abcdefgh"[: 1 + i % 8]) + f" k{i}" for i in range(200)]
TEXT = "a bad cold day ended early for good hikers in july"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def service(clock):
    with serving(clock) as found:
        yield found


def at(clock, predict, **settings):
    """A remote model whose waiting takes no time."""
    return replace(remote(predict, **settings), clock=Clock(clock.now, clock.sleep))


def expected(texts):
    scores = np.array([score_of(text) for text in texts])
    return np.column_stack([1 - scores, scores])


async def halves(batch):
    return [[0.5, 0.5] for _ in batch]


@pytest.mark.parametrize("client", ["asynchronous", "plain"])
def test_a_service_that_fails_one_in_five_answers_all_the_same(service, clock, client):
    service.fails_every = 5
    predict = at(clock, getattr(service, client), batch_size=7)
    np.testing.assert_allclose(predict(TEXTS), expected(TEXTS))
    assert service.failed >= 5
    assert service.paid_twice == []
    assert service.calls == 29 + service.failed
    assert service.most_under_way <= 8


def test_calls_a_minute_are_never_exceeded(service, clock):
    service.calls_a_minute = 20
    service.fails_every = 5
    predict = at(clock, service.asynchronous, batch_size=2, calls_per_minute=20)
    np.testing.assert_allclose(predict(TEXTS), expected(TEXTS))
    assert service.exceeded == 0
    assert service.calls >= 100 + service.failed > 110
    assert clock.time - 1000.0 >= 60.0 * (service.calls // 20 - 1)


def test_tokens_a_minute_are_never_exceeded(service, clock):
    service.tokens_a_minute = 150
    predict = at(clock, service.asynchronous, batch_size=4, tokens_per_minute=150, count_tokens=count_tokens)
    np.testing.assert_allclose(predict(TEXTS), expected(TEXTS))
    assert service.exceeded == 0
    assert count_tokens(TEXTS) > 3 * 150


def test_a_limit_holds_for_several_threads_together(service, clock):
    service.calls_a_minute = 10
    predict = at(clock, service.asynchronous, batch_size=5, calls_per_minute=10)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(predict, [TEXTS[i::4] for i in range(4)]))
    for i, part in enumerate(parts):
        np.testing.assert_allclose(part, expected(TEXTS[i::4]))
    assert service.exceeded == 0


def test_what_a_server_says_of_when_to_come_again_is_heeded(service, clock):
    service.calls_a_minute = 20
    predict = at(clock, service.asynchronous, batch_size=2, concurrency=1)
    np.testing.assert_allclose(predict(TEXTS), expected(TEXTS))
    assert service.exceeded == 4  # one for each full minute: not one call came before its time
    assert service.paid_twice == []


def test_an_explainer_takes_what_is_async_def_as_it_is(service):
    explainer = lime.LimeTextExplainer(random_state=0)
    exp = explainer.explain_instance(TEXT, service.asynchronous, num_features=3)
    plain = explainer.explain_instance(TEXT, expected, num_features=3)
    assert exp.as_list() == plain.as_list()
    assert service.paid_twice == []


def test_it_works_where_a_loop_is_running(service):
    async def cell():
        return lime.LimeTextExplainer(random_state=0).explain_instance(TEXT, service.asynchronous, num_samples=64)

    assert asyncio.run(cell()).num_model_calls == sum(service.paid.values())


class Model:
    classes_ = np.array(["no", "yes"])

    async def predict_proba(self, rows):
        return np.column_stack([rows[:, 0], 1 - rows[:, 0]])

    async def predict(self, rows):
        return rows[:, 0]


TABLE = np.random.default_rng(0).random((100, 3))


@pytest.mark.parametrize("wrap", [lambda model: model, remote, lambda model: remote(remote(model))])
def test_a_model_with_asynchronous_methods_is_a_model(wrap):
    model = wrap(Model())
    explainer = lime.LimeTabularExplainer(TABLE, random_state=0)
    exp = explainer.explain_instance(TABLE[0], model, num_samples=100)
    assert exp.class_names == ["no", "yes"]
    numbers = lime.LimeTabularExplainer(TABLE, mode="regression", random_state=0)
    assert numbers.explain_instance(TABLE[0], model, num_samples=100).predicted_value == pytest.approx(TABLE[0, 0])
    assert lime.Explainer(model, TABLE, random_state=0)(TABLE[0], num_samples=50).class_names == ["no", "yes"]


def test_a_bound_method_tells_its_owner_through_the_wrapper():
    model = Model()
    assert classes_of(remote(model)) == classes_of(remote(model.predict_proba)) == ["no", "yes"]
    function: Any = resolve_predict(remote(model), "classification")
    assert function.__self__ is model
    assert not inspect.iscoroutinefunction(function)
    np.testing.assert_array_equal(remote(model).predict(TABLE), TABLE[:, 0])


def test_as_many_calls_are_under_way_as_are_asked_for():
    arrived, most, everyone = 0, 0, asyncio.Event()

    async def together(batch):
        nonlocal arrived, most
        arrived += 1
        most = max(most, arrived)
        if most == 4:
            everyone.set()
        await everyone.wait()
        await asyncio.sleep(0)
        arrived -= 1
        return [[0.5, 0.5] for _ in batch]

    remote(together, concurrency=4, batch_size=1, timeout=None)(TABLE[:12])
    assert most == 4


def test_a_time_out_is_tried_again(clock):
    tries = []

    async def hangs_once(batch):
        tries.append(len(batch))
        if len(tries) == 1:
            await asyncio.Event().wait()
        return [[0.5, 0.5] for _ in batch]

    assert np.shape(at(clock, hangs_once, timeout=0.01)(TABLE[:3])) == (3, 2)
    assert tries == [3, 3]


def test_a_time_out_for_good_is_told(clock):
    async def hangs(batch):
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError, match=r"no prediction within timeout=0\.01 seconds"):
        at(clock, hangs, timeout=0.01, retries=1)(TABLE[:3])


def test_waits_double_from_try_to_try(clock):
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    async def down(batch):
        raise ConnectionError("down")

    with pytest.raises(ConnectionError, match="down") as caught:
        replace(remote(down, retries=4), clock=Clock(clock.now, sleep))(TABLE[:3])
    assert waits == [0.5, 1.0, 2.0, 4.0]
    assert caught.value.__notes__ == ["0 of 3 inputs were predicted: lime.cached keeps such predictions."]


def test_after_an_error_no_call_begins_and_those_under_way_end():
    begun, ended, failed = [], [], asyncio.Event()

    async def breaks(batch):
        begun.append(batch[0, 0])
        if len(begun) == 3:
            failed.set()
            raise ValueError("a mistake")
        await failed.wait()
        for _ in range(5):
            await asyncio.sleep(0)
        ended.append(batch[0, 0])
        return [[0.5, 0.5] for _ in batch]

    with pytest.raises(ValueError, match="a mistake") as caught:
        remote(breaks, concurrency=3, batch_size=1, timeout=None)(TABLE[:30])
    assert len(begun) == 3
    assert len(ended) == 2
    assert caught.value.__notes__[0].startswith("2 of 30 inputs were predicted")


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (ConnectionError(), True),
        (TimeoutError(), True),
        (ServiceError(429, {}), True),
        (ServiceError(503, {}), True),
        (ServiceError(400, {}), False),
        (ServiceError(401, {}), False),
        (ServiceError(402, {}), False),
        (ValueError(), False),
        (KeyError(), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_errors_that_pass_are_told_from_those_that_stay(error, passes):
    assert is_passing(error) is passes


def test_a_status_is_found_in_the_response_that_libraries_attach():
    class Response:
        status_code = 404

    error: Any = RuntimeError()
    error.response = Response()
    assert not is_passing(error)
    Response.status_code = 502
    assert is_passing(error)


def test_a_function_that_returns_something_to_be_awaited_is_awaited():
    assert np.shape(remote(lambda batch: halves(batch))(TABLE[:5])) == (5, 2)


def test_what_an_explainer_cannot_know_to_be_asynchronous_is_told(tmp_path):
    def function(batch):
        return halves(batch)

    explainer = lime.LimeTabularExplainer(TABLE, random_state=0)
    for predict in (function, lime.cached(function, tmp_path)):
        with pytest.raises(TypeError, match=r"returned a coroutine, which must be awaited: .* lime\.remote"):
            explainer.explain_instance(TABLE[0], predict, num_samples=20)


@pytest.mark.parametrize(
    ("answer", "mode"),
    [
        (lambda rows: [{"no": row[0], "yes": 1 - row[0]} for row in rows], "classification"),
        (lambda rows: rows[:, 0], "regression"),
        (lambda rows: rows[:, :1], "classification"),
    ],
)
def test_answers_of_several_calls_are_one_in_the_models_own_form(answer, mode):
    async def later(rows):
        return answer(rows)

    explainer = lime.LimeTabularExplainer(TABLE, mode=mode, class_names=["yes", "no"], random_state=0)
    found = explainer.explain_instance(TABLE[0], remote(later, batch_size=7), num_samples=60)
    plain = explainer.explain_instance(TABLE[0], answer, num_samples=60)
    assert found.class_names == plain.class_names
    assert found.as_list() == plain.as_list()


def test_equal_wrappers_are_equal_and_travel():
    assert resolve_predict(halves, "classification") == resolve_predict(halves, "classification")
    predict = remote(halves, calls_per_minute=100)
    again = pickle.loads(pickle.dumps(predict))
    assert again == predict
    assert np.shape(again(TABLE[:40])) == (40, 2)


@pytest.mark.parametrize(
    "arguments",
    [
        {"concurrency": 0},
        {"retries": -1},
        {"timeout": 0},
        {"batch_size": 1.5},
        {"calls_per_minute": 0},
        {"tokens_per_minute": True},
        {"tokens_per_minute": 100},
    ],
)
def test_wrong_settings_are_refused_by_name(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=name):
        remote(halves, **arguments)


def test_a_call_with_more_tokens_than_a_minute_has_is_refused():
    predict = remote(halves, tokens_per_minute=10, count_tokens=len, batch_size=16)
    with pytest.raises(ValueError, match="pass a smaller batch_size"):
        predict(TABLE)


def test_without_tenacity_the_way_to_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "tenacity", None)
    with pytest.raises(ImportError, match=r"pip install 'lime\[remote\]'"):
        remote(halves)
    with pytest.raises(ImportError, match=r"pip install 'lime\[remote\]'"):
        resolve_predict(halves, "classification")


def test_an_interrupt_ends_the_calls():
    begun, cancelled = threading.Event(), []

    async def waits(batch):
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(len(batch))
            done.set()
            raise

    done = threading.Event()
    real = asyncio.run_coroutine_threadsafe

    class Interrupted:
        def __init__(self, future):
            self.future, self.cancel = future, future.cancel

        def result(self):
            begun.wait(30)
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "run_coroutine_threadsafe", lambda *args: Interrupted(real(*args)))
        predict = remote(waits, timeout=None)
        with pytest.raises(KeyboardInterrupt):
            predict(TABLE[:3])
    assert done.wait(30)
    assert cancelled == [3]
