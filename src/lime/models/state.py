"""Whether a model is what it was: told by what can be seen of it from Python, without a model call."""

from __future__ import annotations

import functools
import types
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

__all__ = ["ModelState", "state_of"]

PARTS_AT_MOST = 500
"""Parts of a model that are looked at, the outer ones first."""

CONTENT_AT_MOST = 256
"""Elements of an array that are read: all, or as many at even distances."""

PLAIN = (bool, int, float, complex, str, bytes)


@dataclass(frozen=True)
class ModelState:
    """What was seen of a model at one time.

    Attributes
    ----------
    seen : tuple
        Numbers, texts, digests of arrays, and the identity of whatever cannot be looked into.
    alive : tuple of callable
        Each gives a thing that is known by its identity; None once it is gone, and another may have its address.
    """

    seen: tuple[Any, ...]
    alive: tuple[Callable[[], Any], ...]

    def is_same(self, other: ModelState) -> bool:
        """Whether a later state of the model shows no change.

        Parameters
        ----------
        other : ModelState

        Returns
        -------
        bool
        """
        return self.seen == other.seen and all(get() is not None for get in self.alive)


def state_of(model: Any) -> ModelState:
    """Look at a model: at its attributes, arrays and parts, and at what a function closes over.

    A model that is fitted again, loaded with other weights or changed in its attributes has another state. What lies
    outside of Python's sight, such as a server's model, shows no change.

    Parameters
    ----------
    model : callable or model

    Returns
    -------
    ModelState
    """
    waiting: deque[Any] = deque([model])
    met: set[int] = set()
    seen: list[Any] = []
    alive: list[Callable[[], Any]] = []
    while waiting and len(seen) < PARTS_AT_MOST:
        one = waiting.popleft()
        if one is None or type(one) in PLAIN:
            seen.append(repr(one) if isinstance(one, float | complex) else one)
            continue
        if id(one) in met:
            continue
        met.add(id(one))
        try:
            told = _told(one)
        except Exception:  # whatever a foreign object raises that is looked into
            told = None
        if told is None:
            seen.append(id(one))
            alive.append(_hold(one))
            continue
        token, parts = told
        seen.append(token)
        waiting.extend(islice(parts, PARTS_AT_MOST))
    return ModelState(tuple(seen), tuple(alive))


def _told(one: Any) -> tuple[Any, Iterable[Any]] | None:
    """What a thing tells by itself, and its parts; None where it is known by its identity alone."""
    if isinstance(one, types.ModuleType | type | types.BuiltinFunctionType):
        return id(one), ()  # these stay
    if isinstance(one, np.generic):
        return repr(one), ()
    if isinstance(one, np.ndarray):
        return _of_array(one)
    if isinstance(one, functools.partial):
        return "partial", (one.func, one.args, one.keywords)
    if isinstance(one, types.MethodType):
        return "method", (one.__func__, one.__self__)
    if isinstance(one, types.FunctionType):
        return one.__code__, _around(one)
    if isinstance(one, Mapping):
        return ("mapping", len(one)), [part for pair in islice(one.items(), PARTS_AT_MOST) for part in pair]
    if isinstance(one, list | tuple | set | frozenset | deque):
        return (type(one).__name__, len(one)), one
    if hasattr(one, "detach") and hasattr(one, "_version"):
        return None if one.__dict__ else _of_tensor(one)
    return _of_object(one)


def _of_array(one: np.ndarray[Any, Any]) -> tuple[Any, Iterable[Any]]:
    if one.dtype.hasobject:
        return ("objects", one.shape), one.ravel()[:PARTS_AT_MOST].tolist()
    step = max(1, -(-one.size // CONTENT_AT_MOST))
    return ("array", one.shape, one.dtype.str, hash(one.flat[::step].tobytes())), ()


def _of_tensor(one: Any) -> tuple[Any, Iterable[Any]]:
    """A tensor counts how often it was written to."""
    return ("tensor", id(one), one._version), ()  # noqa: SLF001 (torch's own counter)


def _of_object(one: Any) -> tuple[Any, Iterable[Any]] | None:
    inside = dict(vars(one)) if hasattr(one, "__dict__") else {}
    for kind in type(one).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(one, name) and not callable(vars(kind).get(name)):
                inside[name] = getattr(one, name)
    if not inside:
        return None
    return (type(one), len(inside)), [part for pair in islice(inside.items(), PARTS_AT_MOST) for part in pair]


def _around(function: types.FunctionType) -> list[Any]:
    """What a function uses: what it closes over, its defaults, and globals that it names."""
    parts: list[Any] = [function.__defaults__, function.__kwdefaults__]
    for cell in function.__closure__ or ():
        try:
            parts.append(cell.cell_contents)
        except ValueError:  # nothing is in it yet
            continue
    codes, names = [function.__code__], dict[str, None]()
    while codes:
        code = codes.pop()
        names |= dict.fromkeys(code.co_names)
        codes += [one for one in code.co_consts if isinstance(one, types.CodeType)]
    parts += [function.__globals__[name] for name in names if name in function.__globals__]
    return parts


def _hold(one: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(one)
    except TypeError:
        return lambda: one
