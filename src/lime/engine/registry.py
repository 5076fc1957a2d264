"""Samplers, selectors and column distributions by name: what users register beside ours.

A name that is registered is accepted wherever ours are, reaches workers, and counts in checkpoints. A function itself
is accepted wherever a name is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.designs import UNIT_DESIGNS, Points
from lime.engine.masks import Masks

__all__ = [
    "Sampler",
    "find_sampler",
    "register_column_distribution",
    "register_sampler",
    "register_selector",
    "registered",
    "restore",
    "sampler_names",
]

Sampler = Callable[[int, int, np.random.Generator], Any]
"""``sampler(n, d, rng)`` -> n samples of d dimensions."""

Selector = Callable[..., Any]
"""``selector(moments, output, instance, num_features)`` -> ids of features."""

SELECTION_METHODS = ("auto", "forward_selection", "lasso_path", "highest_weights", "none")
"""Names of our own selectors."""

KINDS = ("points", "masks")
SAMPLERS, SELECTORS, COLUMNS = "sampler", "selector", "column distribution"

OURS: Mapping[tuple[str, str], frozenset[str]] = {
    (SAMPLERS, "points"): frozenset({"auto", "classic", *UNIT_DESIGNS}),
    (SAMPLERS, "masks"): frozenset({"auto", "classic", "pairs", "balanced", "gaussian", "enumeration"}),
    (SELECTORS, ""): frozenset(SELECTION_METHODS),
    (COLUMNS, ""): frozenset({"auto", "binned", "discrete", "normal"}),
}

_registered: dict[tuple[str, str, str], Callable[..., Any]] = {}


def register_sampler(name: str, fn: Sampler, *, kind: str = "points") -> None:
    """Make a sampler known by a name, for ``sampling_method=`` and `lime.set_config`.

    Parameters
    ----------
    name : str
        What users will type.
    fn : callable
        ``fn(n, d, rng)``, a pure function of its arguments; `rng` is a numpy Generator. It must be possible to pickle
        it (with cloudpickle) where workers are used.
    kind : {"points", "masks"}
        ``"points"``, for tables and series: it returns points of the open unit cube, shape (n, d), uniform in each
        column, or `lime.engine.designs.Points` with replicates. ``"masks"``, for texts, images and others whose units
        are hidden: it returns an array of bool, shape (n, d), True where a unit is kept; or
        `lime.engine.masks.Masks` with weights that lead back to the distribution that is meant.

    Raises
    ------
    TypeError
        `fn` cannot be called.
    ValueError
        The kind is unknown, or the name is one of ours or another function's.
    """
    if kind not in KINDS:
        raise ValueError(f"kind={kind!r}: expected 'points' or 'masks'")
    _register(SAMPLERS, kind, name, fn)


def register_selector(name: str, fn: Callable[..., Any]) -> None:
    """Make a feature selection known by a name, for ``feature_selection=``.

    Parameters
    ----------
    name : str
        What users will type.
    fn : callable
        ``fn(moments, output, instance, num_features)`` -> ids of at most `num_features` features, in the order in
        which they were chosen: `moments` is a `lime.engine.moments.Moments`, `output` the column of its outputs.

    Raises
    ------
    TypeError
        `fn` cannot be called.
    ValueError
        The name is one of ours or another function's.
    """
    _register(SELECTORS, "", name, fn)


def register_column_distribution(name: str, fn: Callable[..., Any]) -> None:
    """Make a distribution of single columns known by a name, for ``column_distributions=`` of tables.

    Parameters
    ----------
    name : str
        What users will type.
    fn : callable
        ``fn(values)`` -> an object with ``quantile(u)``, which turns uniform numbers into values. It learns from the
        values of a training column, shape (n,), NaN where they are missing.

    Raises
    ------
    TypeError
        `fn` cannot be called.
    ValueError
        The name is one of ours or another function's.
    """
    _register(COLUMNS, "", name, fn)


def _register(what: str, kind: str, name: Any, fn: Any) -> None:
    if not name or not isinstance(name, str):
        raise ValueError(f"name={name!r}: expected a str that is not empty")
    if not callable(fn) or isinstance(fn, str):
        raise TypeError(f"fn={fn!r}: expected a function")
    if name in OURS[what, kind]:
        raise ValueError(f"name={name!r} is a {what} of lime: expected another name")
    before = _registered.get((what, kind, name))
    if before is not None and before is not fn and not _same_code(before, fn):
        raise ValueError(f"name={name!r} is registered for another {what}: expected another name")
    _registered[what, kind, name] = fn


def _same_code(one: Any, other: Any) -> bool:
    """Whether two functions were made by the same lines, as where a cell of a notebook runs again."""
    names = ("__module__", "__qualname__")
    return all(getattr(one, name, None) == getattr(other, name, one) for name in names)


def registered(what: str, kind: str = "") -> tuple[str, ...]:
    """Names that users registered.

    Parameters
    ----------
    what : {"sampler", "selector", "column distribution"}
        Of what.
    kind : str
        Of a sampler.

    Returns
    -------
    tuple of str
    """
    return tuple(name for one, of, name in _registered if one == what and of == kind)


def find(what: str, name: str, kind: str = "") -> Callable[..., Any] | None:
    """What is registered under a name; None where nothing is.

    Parameters
    ----------
    what : {"sampler", "selector", "column distribution"}
        Of what.
    name : str
        The name.
    kind : str
        Of a sampler.

    Returns
    -------
    callable or None
    """
    return _registered.get((what, kind, name))


def snapshot() -> dict[tuple[str, str, str], Callable[..., Any]]:
    """Everything that users registered, to take along to another process.

    Returns
    -------
    dict
    """
    return dict(_registered)


def restore(taken: Mapping[tuple[str, str, str], Callable[..., Any]]) -> None:
    """Register what another process took along.

    Parameters
    ----------
    taken : mapping
        From `snapshot`.
    """
    _registered.update(taken)


def used(names: Iterable[Any]) -> dict[str, Callable[..., Any]]:
    """What is registered under any of some names, by what and name: what a checkpoint must know.

    Parameters
    ----------
    names : iterable
        Values of settings; those that are no names count for nothing.

    Returns
    -------
    dict of str
    """
    wanted = {name for name in names if isinstance(name, str)}
    return {f"{what} {kind} {name}": fn for (what, kind, name), fn in sorted(_registered.items()) if name in wanted}


def sampler_names(kind: str) -> tuple[str, ...]:
    """Names of the samplers that users registered for a kind of data.

    Parameters
    ----------
    kind : {"points", "masks"}
        Which.

    Returns
    -------
    tuple of str
    """
    return registered(SAMPLERS, kind)


def find_sampler(method: Any, kind: str) -> Sampler | None:
    """The sampler of a user's own that is asked for, by name or itself; None where it is one of ours.

    Parameters
    ----------
    method : str or callable
        What came as ``sampling_method``.
    kind : {"points", "masks"}
        For which kind of data.

    Returns
    -------
    callable or None
    """
    return find(SAMPLERS, method, kind) if isinstance(method, str) else method


def sampler_label(method: Any) -> str:
    """What an explanation calls a sampler: its name.

    Parameters
    ----------
    method : str or callable
        What came as ``sampling_method``.

    Returns
    -------
    str
    """
    return method if isinstance(method, str) else str(getattr(method, "__name__", type(method).__name__))


def points_of(sampler: Sampler, n: int, d: int, rng: np.random.Generator) -> Points:
    """Points of a user's sampler, refused where they are none.

    Parameters
    ----------
    sampler : callable
        See `register_sampler`.
    n : int
        Number of points.
    d : int
        Number of dimensions.
    rng : numpy.random.Generator
        Where its random numbers come from.

    Returns
    -------
    Points

    Raises
    ------
    ValueError
        If what it returns is not n points of the open unit cube.
    """
    given = sampler(n, d, rng)
    points = given if isinstance(given, Points) else Points(np.array(given, dtype=np.float64), None)
    u = points.u
    if u.shape != (n, d):
        raise ValueError(f"{sampler_label(sampler)} returned points of shape {u.shape}: expected ({n}, {d})")
    if not ((u > 0.0) & (u < 1.0)).all():  # not true of NaN
        raise ValueError(f"{sampler_label(sampler)} returned points outside the open unit cube: expected 0 < u < 1")
    return points


def masks_of(sampler: Sampler, n: int, d: int, rng: np.random.Generator) -> Masks:
    """Masks of a user's sampler, refused where they are none.

    Parameters
    ----------
    sampler : callable
        See `register_sampler`.
    n : int
        Number of masks.
    d : int
        Number of units.
    rng : numpy.random.Generator
        Where its random numbers come from.

    Returns
    -------
    Masks

    Raises
    ------
    ValueError
        If what it returns is not n masks of d units.
    """
    given = sampler(n, d, rng)
    drawn = given if isinstance(given, Masks) else Masks(_as_masks(given), np.ones(len(given)))
    if drawn.z.shape != (n, d):
        raise ValueError(f"{sampler_label(sampler)} returned masks of shape {drawn.z.shape}: expected ({n}, {d})")
    return drawn


def _as_masks(given: Any) -> NDArray[np.bool_]:
    array = np.asarray(given)
    if array.dtype != np.bool_ and not np.isin(array, (0, 1)).all():
        raise ValueError("a sampler of masks returned other values than 0 and 1: expected True where a unit is kept")
    return array.astype(np.bool_)
