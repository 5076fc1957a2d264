"""What can be told to be wrong before the first row: for every row it would be wrong again, after a long wait."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from lime.cli.tables import TableFile, as_form
from lime.exceptions import LimeError
from lime.models.calling import call_model

__all__ = ["check_outputs", "check_texts", "check_types", "tell"]


def tell(sentence: str) -> None:
    """Say on standard error what should be known, and ends nothing."""
    print(f"lime: {sentence}", file=sys.stderr)


def check_texts(table: TableFile, column: str) -> None:
    """Refuse a column that holds no texts.

    Raises
    ------
    LimeError
        It holds something else; the message says what.
    """
    kind = table.schema.field(column).type
    if _class_of(kind) != "text":
        raise LimeError(f"--text {column}: in {table.path} this column holds {kind}, expected texts")


def check_types(table: TableFile, columns: Sequence[str], explainer: Any, learned_from: str) -> None:
    """Refuse a column of texts where the explainer learned numbers, and the other way round.

    Raises
    ------
    LimeError
        There is one; the message names it, and the first text that is no number.
    """
    for j, name in enumerate(columns):
        kind = table.schema.field(name).type
        expected, found = _expected(explainer.training_distribution.table, j), _class_of(kind)
        if expected is None or found in (expected, None):
            continue
        odd = _first_text(table, name) if expected == "number" and found == "text" else ""
        raise LimeError(
            f"column {name!r} of {table.path} holds {kind}{odd}: expected "
            f"{'texts' if expected == 'text' else 'numbers'}, as in {learned_from}"
        )


def check_outputs(
    table: TableFile, columns: Sequence[str], form: str, *, model: Any, explainer: Any, settings: dict[str, Any]
) -> None:
    """Ask the model about one row, to see that it has the outputs and the classes that are spoken of.

    Names of another number of classes are told on standard error.

    Raises
    ------
    ValueError
        A label is not the position of an output.
    """
    from lime.domains.labels import resolve_labels  # late, as all that takes long to load: help is to come at once

    head = table.take([0], columns)
    rows = as_form(head, form) if form != "text" else [head[columns[0]].to_pylist()[0] or ""]
    try:
        predict = explainer.predict_function(model)
        answer = call_model(predict, lambda start, stop: rows, 1, explainer.mode)[0]
    except Exception:  # other rows may fare better, and if they do not, each says why
        return
    complete = explainer.complete_settings(settings)
    resolve_labels(complete["labels"], complete["top_labels"], np.zeros(len(answer)), explainer.mode)
    for sentence in explainer.names_of_classes(model, answer)[1]:
        tell(sentence)


def _class_of(kind: Any) -> str | None:
    """What an Arrow type holds: numbers, text, anything else; None where it has no values at all."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_null(kind):
        return None
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "text"
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return "number" if number or pa.types.is_boolean(kind) else "other"


def _expected(table: Any, j: int) -> str | None:
    """What column `j` of an explainer's table takes: numbers or text; None for any other mixture."""
    if table.storage[j].scale is not None:
        return None  # dates and their like, which are read by value
    if table.columns[j].categories is None:
        return "number"
    return {"str": "text", "number": "number", "bool": "number"}.get(table.storage[j].accepts)


def _first_text(table: TableFile, column: str) -> str:
    """The first text of a column that is no number, in words; empty where all could be read as numbers."""
    start = 0
    for piece in table.pieces([column]):
        for k, text in enumerate(piece[column].to_pylist()):
            try:
                float(text or "0")
            except ValueError:
                return f" ({text!r} in row {start + k})"
        start += len(piece)
    return ""
