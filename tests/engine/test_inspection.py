"""What can be told about something that a user gave, without using it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from lime.engine.inspection import has_arg, is_sparse, is_whole, raised_in


def function(a: int, /, b: int, *rest: int, c: int = 0, **more: int) -> None: ...


class Made:
    def __init__(self, size: int) -> None: ...

    def __call__(self, batch: Any) -> None: ...


@pytest.mark.parametrize(
    ("fn", "name", "expected"),
    [
        (function, "a", False),  # by position only
        (function, "b", True),
        (function, "c", True),
        (function, "rest", False),
        (function, "more", False),
        (function, "anything", False),
        (partial(function, c=1), "c", True),
        (Made, "size", True),
        (Made(1), "batch", True),
        (Made(1), "self", False),
        (dict, "size", False),  # tells no signature
    ],
)
def test_parameters_that_may_be_given_by_keyword(fn: Any, name: str, expected: bool) -> None:
    assert has_arg(fn, name) is expected


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="fn=3 is a int: expected a callable"):
        has_arg(3, "x")  # type: ignore[arg-type]


def test_sparse_and_whole() -> None:
    assert is_sparse(sparse.csr_matrix(np.eye(2)))
    assert is_sparse(sparse.coo_array(np.eye(2)))
    assert not is_sparse(np.eye(2))
    assert [is_whole(one) for one in (1, np.int8(1), True, np.True_, 1.0, "1")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]


def test_an_error_of_the_users_keeps_its_type_and_gets_a_note() -> None:
    with pytest.raises(KeyError) as caught, raised_in("hide_color", "hide_color(image)", "a colour"):
        raise KeyError("red")
    assert caught.value.__notes__ == ["hide_color raised this; it was called as hide_color(image), to return a colour."]
