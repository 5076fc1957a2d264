"""What can be told about something that a user gave, without using it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy import sparse

_BY_KEYWORD = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def has_arg(fn: Callable[..., Any], arg_name: str) -> bool:
    """Tell whether `fn` names a parameter `arg_name` that may be given by keyword.

    Parameters
    ----------
    fn : callable
        A function, a method, a class (its constructor counts), a partial or any object that can be called.
    arg_name : str
        The parameter's name.

    Returns
    -------
    bool
        ``**kwargs`` does not count, since what is done with it cannot be seen; neither does a parameter that
        may only be given by position. A callable that does not tell its signature, as some written in C do
        not, has none.

    Raises
    ------
    TypeError
        If `fn` is not callable.
    """
    if not callable(fn):
        raise TypeError(f"fn={fn!r} is a {type(fn).__name__}: expected a callable")
    try:
        parameter = inspect.signature(fn).parameters.get(arg_name)
    except ValueError:
        return False
    return parameter is not None and parameter.kind in _BY_KEYWORD


def is_sparse(thing: Any) -> bool:
    """Whether `thing` is a scipy sparse matrix or array; narrows no type, unlike scipy's own check."""
    return bool(sparse.issparse(thing))


WHOLE = (int, np.integer)
"""A tuple, not a union: that would be made again at each of many calls."""


def is_whole(thing: Any) -> bool:
    """Whether `thing` is an integer of Python's or numpy's, which a boolean is not."""
    return isinstance(thing, WHOLE) and not isinstance(thing, bool)


@contextmanager
def raised_in(argument: str, called: str, expected: str) -> Iterator[None]:
    """Note on whatever a function of the user's raises inside a with-block which argument it came as.

    The error keeps its type, so that a program that catches it goes on to.

    Parameters
    ----------
    argument : str
        Name of the argument.
    called : str
        How the function was called, such as ``"hide_color(image, segments)"``.
    expected : str
        What it was to return.

    Yields
    ------
    None

    Raises
    ------
    Exception
        Whatever the function raised, with the note.
    """
    try:
        yield
    except Exception as error:
        error.add_note(f"{argument} raised this; it was called as {called}, to return {expected}.")
        raise
