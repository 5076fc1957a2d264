"""Settings that hold for everything lime does: read, set for good, or set for a while."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypedDict

SAMPLING_METHODS = ("auto", "sobol", "gaussian", "lhs", "exact", "classic")
ENVIRONMENT_VARIABLE = "LIME_SAMPLING_METHOD"


class Config(TypedDict):
    """The settings as :func:`get_config` returns them."""

    sampling_method: str


# set_config holds for the whole process, config_context for the thread or task that entered it. The process's
# settings start empty so that the environment is read at first use, not at import. There is no lock, which a fork could
# find taken: reading and setting one entry of a dict is a single step.
_process: dict[str, str] = {}
_context: ContextVar[dict[str, str] | None] = ContextVar("lime_config", default=None)


def get_config() -> Config:
    """Return the settings in force here.

    Returns
    -------
    dict
        ``sampling_method`` (str): how neighbourhoods are drawn where a call does not say so itself.

    Raises
    ------
    ValueError
        If the environment variable ``LIME_SAMPLING_METHOD`` is read and names no sampling method.
    """
    local = _context.get()
    if local is not None:
        return Config(sampling_method=local["sampling_method"])
    if "sampling_method" not in _process:
        # An empty variable is the usual way of unsetting one.
        name = os.environ.get(ENVIRONMENT_VARIABLE) or "auto"
        _process.setdefault("sampling_method", check_sampling_method(name, ENVIRONMENT_VARIABLE))
    return Config(sampling_method=_process["sampling_method"])


def set_config(*, sampling_method: str | None = None) -> None:
    """Change settings for the whole process.

    Inside a :func:`config_context` the change lasts until that context ends.

    Parameters
    ----------
    sampling_method : {"auto", "sobol", "gaussian", "lhs", "exact", "classic"}, optional
        How neighbourhoods are drawn where a call does not say so itself. ``None`` leaves it as it is. ``"exact"`` is
        for tables, and for models that can be read: others are refused there. Other data keeps its own best.

    Raises
    ------
    ValueError
        If a name is not known.
    """
    if sampling_method is None:
        return
    name = check_sampling_method(sampling_method)
    if _context.get() is not None:
        _context.set({"sampling_method": name})
        return
    _process["sampling_method"] = name


@contextmanager
def config_context(*, sampling_method: str | None = None) -> Iterator[None]:
    """Change settings inside a ``with`` block, for the current thread or task alone.

    Parameters
    ----------
    sampling_method : {"auto", "sobol", "gaussian", "lhs", "classic"}, optional
        As in :func:`set_config`.

    Yields
    ------
    None

    Raises
    ------
    ValueError
        If a name is not known.
    """
    name = get_config()["sampling_method"] if sampling_method is None else check_sampling_method(sampling_method)
    token = _context.set({"sampling_method": name})
    try:
        yield
    finally:
        _context.reset(token)


def check_sampling_method(name: object, argument: str = "sampling_method") -> str:
    """Return `name` if it names a sampling method.

    Parameters
    ----------
    name : object
        What was given.
    argument : str
        Where it was given: the error says it.

    Returns
    -------
    str
        The same name.

    Raises
    ------
    ValueError
        If it is none of :data:`SAMPLING_METHODS`.
    """
    from lime.engine.registry import sampler_names

    known = (*SAMPLING_METHODS, *sampler_names("points"), *sampler_names("masks"))
    if isinstance(name, str) and name in known:
        return name
    raise ValueError(f"{argument}={name!r} is unknown: expected one of {', '.join(map(repr, known))}")
