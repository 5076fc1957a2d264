"""How many threads linear algebra takes."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from lime.engine import threads
from lime.engine.threads import run_in_threads_for, threads_for
from lime.models.requests import drive


def blas_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_small_work_takes_one_thread_and_gives_the_others_back():
    before = blas_threads()
    with threads_for(1e3), threads_for(1e3):
        assert set(blas_threads()) == {1}
    assert blas_threads() == before
    with pytest.raises(RuntimeError), threads_for(1e3):
        raise RuntimeError
    assert blas_threads() == before


def test_each_step_takes_one_thread_and_pauses_give_the_others_back():
    before = blas_threads()

    for _ in run_in_threads_for(1e3, single(), True):
        assert blas_threads() == before
    assert list(run_in_threads_for(1e3, single(), False)) == [], "no pause"
    with threads_for(1e3):
        assert set(drive(run_in_threads_for(1e3, single(), True))) == {1}
    assert set(drive(run_in_threads_for(1e3, single(), True))) == {1}
    assert blas_threads() == before


def single():
    yield None
    return blas_threads()


class FakeBlas:
    """Has one number of threads for the whole process, and limits that put back what they found."""

    def __init__(self):
        self.threads = 8

    def limit(self, limits, user_api):
        assert user_api == "blas"
        before, self.threads = self.threads, limits
        return SimpleNamespace(restore_original_limits=lambda: setattr(self, "threads", before))


def test_blocks_of_two_threads_that_overlap_leave_the_limit_as_it_was(monkeypatch):
    """Whoever ends last must not put back what the other one had set."""
    blas = FakeBlas()
    monkeypatch.setattr(threads, "_controller", lambda: blas)
    one_is_in, other_is_in = threading.Event(), threading.Event()
    seen = []

    def first():
        with threads.threads_for(1e3):
            one_is_in.set()
            other_is_in.wait(10)

    def second():
        one_is_in.wait(10)
        with threads.threads_for(1e3):
            other_is_in.set()
            earlier.join(10)
            seen.append(blas.threads)

    earlier, later = threading.Thread(target=first), threading.Thread(target=second)
    earlier.start()
    later.start()
    later.join(10)
    assert seen == [1]
    assert blas.threads == 8
