"""Silence about warnings, in one thread alone."""

from __future__ import annotations

import threading
import warnings

import pytest

from lime.engine.quiet import without_warnings


def test_only_the_category_is_silent_and_only_inside() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with without_warnings(FutureWarning):
            warnings.warn("not shown", FutureWarning, stacklevel=1)
            warnings.warn("shown", UserWarning, stacklevel=1)
        warnings.warn("shown again", FutureWarning, stacklevel=1)
    assert [str(one.message) for one in told] == ["shown", "shown again"]


def test_filters_are_as_they_were_after_an_error_too() -> None:
    before = list(warnings.filters)
    with pytest.raises(KeyError), without_warnings(FutureWarning):
        raise KeyError
    assert list(warnings.filters) == before


def test_another_thread_sees_its_own() -> None:
    inside, done, raised = threading.Event(), threading.Event(), []

    def other() -> None:
        assert inside.wait(30)
        try:
            warnings.warn("an error in tests", FutureWarning, stacklevel=1)
        except FutureWarning as error:
            raised.append(str(error))
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with without_warnings(FutureWarning):
        inside.set()
        assert done.wait(30)
    thread.join()
    assert raised == ["an error in tests"]


def test_blocks_may_end_in_any_order() -> None:
    before = list(warnings.filters)
    first, second = without_warnings(FutureWarning), without_warnings(FutureWarning)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    warnings.warn("not shown", FutureWarning, stacklevel=1)
    second.__exit__(None, None, None)
    assert list(warnings.filters) == before
