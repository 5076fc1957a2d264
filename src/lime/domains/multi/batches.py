"""Batches of instances with several parts, in the form that a model takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lime.engine.inspection import is_sparse

FORMS = ("rows", "batches", "tuple", "arguments")
"""How a model takes instances: a list of mappings, a mapping of batches, a tuple of batches, or an argument each."""


def joined(batches: Mapping[str, Any], count: int, form: str) -> Any:
    """A batch for the model from batches of its parts.

    Parameters
    ----------
    batches : mapping of str
        A batch of each part, in the part's own form.
    count : int
        How many instances there are.
    form : {"rows", "batches", "tuple", "arguments"}

    Returns
    -------
    list of dict, dict, or tuple
        A tuple for the last two, which `as_arguments` hands on.
    """
    if form == "batches":
        return dict(batches)
    if form != "rows":
        return tuple(batches.values())
    parts = {name: items_of(batch) for name, batch in batches.items()}
    return [{name: items[place] for name, items in parts.items()} for place in range(count)]


def items_of(batch: Any) -> list[Any]:
    """The instances of a batch, one by one: rows of a frame as its library has them, of an array as arrays."""
    if isinstance(batch, list):
        return batch
    if is_sparse(batch):
        rows = batch.tocsr()
        return [rows[place : place + 1] for place in range(rows.shape[0])]
    if hasattr(batch, "iloc"):
        return [batch.iloc[place] for place in range(len(batch))]
    if hasattr(batch, "iter_rows"):
        return list(batch.iter_rows(named=True))
    if hasattr(batch, "to_pylist"):
        found: list[Any] = batch.to_pylist()
        return found
    return [batch[place] for place in range(len(batch))]


def as_arguments(predict: Callable[..., Any]) -> Callable[[Any], Any]:
    """A function of one tuple from one of several arguments."""

    def of_tuple(batches: Any) -> Any:
        return predict(*batches)

    return of_tuple
