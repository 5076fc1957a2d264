"""Columns of some rows put behind those of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.results.columns import VALUE_TYPES, Columns, squeeze
from lime.results.filling import as_ids

TEXT = VALUE_TYPES.index("str")


def joined(parts: Sequence[Columns]) -> Columns:
    """Put rows of several columns one behind the other.

    Parameters
    ----------
    parts : sequence of Columns
        At least one, each with at least one row.

    Returns
    -------
    Columns
    """
    words: dict[Any, int] = {}
    texts: dict[str, int] = {}
    word, value, errors, start = [], [], {}, 0
    for part in parts:
        of_words = [words.setdefault(one, len(words)) for one in part.words]
        of_texts = [texts.setdefault(one, len(texts)) for one in part.texts]
        word.append(np.array(of_words, dtype=np.int32)[part.word] if of_words else part.word)
        values, is_text = part.value.copy(), part.value_type == TEXT
        if is_text.any():
            values[is_text] = np.array(of_texts, dtype=np.float64)[values[is_text].astype(np.intp)]
        value.append(values)
        errors.update({start + place: reason for place, reason in part.errors.items()})
        start += len(part)
    ids = [one for part in parts for one in part.ids.tolist()]
    plain = ("positions", "label", "prediction", "intercept", "score", "held_out_score", "local_prediction", "degrees")
    more = ("baseline", "index", "value_type", "weight", "standard_error", "contribution")
    lines = [line for part in parts for line in part.lines()]
    return Columns(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in (*plain, *more)},
        ids=as_ids(ids),
        label_start=_behind([part.label_start for part in parts]),
        feature_start=_behind([part.feature_start for part in parts]),
        word=np.concatenate(word),
        value=np.concatenate(value),
        words=list(words),
        texts=list(texts),
        errors=errors,
        details=squeeze(lines),
    )


def _behind(starts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    counts = np.concatenate([np.diff(one) for one in starts])
    return np.append(0, np.cumsum(counts)).astype(np.int64)
