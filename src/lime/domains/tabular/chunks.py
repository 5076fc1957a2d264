"""Rows of a chunk on their way from arrays to columns, without an object for each.

One row of a chunk goes the way of single rows: it tells what all rows have in common, and its numbers must come out
here again. Rows that are out of the ordinary are left to that way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.labels import Unsaid, resolve_labels, top_outputs
from lime.domains.protocols import Model
from lime.domains.settings import ExplainSettings
from lime.domains.surrogates import LINEAR
from lime.domains.tabular.exact_columns import codes_of_rows
from lime.domains.tabular.input import DrawColumns, Naming, RowInput
from lime.domains.tabular.table import Table
from lime.domains.tabular.training_distribution import TrainingDistribution
from lime.engine.links import IDENTITY
from lime.results.columns import Columns, Word
from lime.results.explanation import Explanation
from lime.results.filling import Filled, columns_of, to_columns
from lime.results.gravity import SHOWN, Gravity
from lime.results.joining import joined

Floats = NDArray[np.float64]

FLOAT, WHOLE = 1, 2
"""Positions in `lime.results.columns.VALUE_TYPES`."""

CLOSE = 1e-9
"""How far numbers of the row that goes both ways may be apart, as a share of their size: algebra rounds differently by
the shapes of its arrays in some libraries."""

Alone = Callable[[Sequence[Any], Floats], Iterable[Explanation | BaseException]]
"""Explains rows (r) one by one, whose predictions (r, k) are known."""


@dataclass(frozen=True)
class Found:
    """What explanations of rows are made of.

    Attributes
    ----------
    predictions : ndarray of float, shape (r, k)
        The model's for the rows.
    odd : ndarray of bool, shape (r,)
        Rows that are left to the way of single rows, whatever stands in the arrays.
    write : callable
        Everything of all rows in arrays, when one of them was explained alone.
    """

    predictions: Floats
    odd: NDArray[np.bool_]
    write: Callable[[Shown], Filled]


@dataclass(frozen=True)
class Shown:
    """The explanation of one row, made alone.

    Attributes
    ----------
    place : int
        Which row.
    exp : Explanation
    content : dict
        What its columns do not hold; see `Columns.lines`.
    draw : callable
    naming : Naming
    """

    place: int
    exp: Explanation
    content: Mapping[str, Any]
    draw: DrawColumns
    naming: Naming


@dataclass(frozen=True)
class ReadRows:
    """Rows that were read, and predicted.

    Attributes
    ----------
    distribution : TrainingDistribution
    model : Model
    settings : ExplainSettings
    values : ndarray of float, shape (n, d)
    bins : ndarray of float, shape (n, d), or None
    codes, instance : ndarray, shape (n, d)
        See `codes_of_rows`.
    predictions : ndarray of float, shape (n, k)
    labels : ndarray of int, shape (n, l)
    top : bool
        Whether these are each row's own top ones.
    """

    distribution: TrainingDistribution
    model: Model
    settings: ExplainSettings
    values: Floats
    bins: Floats | None
    codes: NDArray[np.intp]
    instance: Floats
    predictions: Floats
    labels: NDArray[np.intp]
    top: bool

    @classmethod
    def of(
        cls,
        distribution: TrainingDistribution,
        model: Model,
        settings: ExplainSettings,
        rows: Any,
        outputs: int,
        *,
        known: tuple[Floats, Floats] | None = None,
    ) -> ReadRows | None:
        """None where a row cannot be read or explained, or the model predicts something odd.

        Parameters
        ----------
        distribution : TrainingDistribution
        model : Model
        settings : ExplainSettings
        rows : table
            As the data has them.
        outputs : int
            How many the model has.
        known : tuple of (ndarray of float, shape (m, d), ndarray of float, shape (m, k)), optional
            Rows whose predictions are known, and these.
        """
        table = distribution.table
        if not isinstance(table, Table) or any(stored.scale is not None for stored in table.storage):
            return None
        if distribution.varying.groups or distribution.varying.fixed:
            return None
        usual = settings.surrogate == LINEAR and settings.representation is None and settings.link == IDENTITY
        if settings.target is not None or not usual:
            return None
        if hasattr(rows, "column_names"):
            return None  # what stands at a place in it is a column, not a row
        try:
            values = distribution.encode_all(rows)
        except Exception:
            return None  # read one by one, the row that is wrong is found
        bins = distribution.bins(values)
        codes, instance = codes_of_rows(distribution, values, bins)
        if not len(values):
            return None
        try:
            predictions = _predict(distribution, model, values, known)
        except Exception:
            return None
        if not np.isfinite(predictions).all() or predictions.shape[1] != outputs:
            return None
        names, _ = model.names(predictions[0])
        asked = settings.labels, settings.top_labels
        if settings.top_labels and settings.labels is not None and not isinstance(settings.labels, Unsaid):
            return None  # each row is told where these are not the same
        wanted, top = resolve_labels(*asked, predictions[0], model.mode, names)
        if top:
            labels = top_outputs(predictions, settings.top_labels)
        else:
            labels = np.tile(np.array(wanted, dtype=np.intp), (len(values), 1))
        if not wanted or (labels < 0).any():
            return None
        return cls(distribution, model, settings, values, bins, codes, instance, predictions, labels, top)

    def shown_labels(self, first: Explanation) -> NDArray[np.intp]:
        """The labels as explanations call them, shape (n, l): a regression's one output has another key there."""
        if self.model.mode == "regression":
            return np.full(self.labels.shape, first.explained_labels()[0])
        return self.labels


def explain_in_columns(
    found: Found,
    alone: Alone,
    *,
    rows: Any,
    speaking: tuple[DrawColumns, Naming],
    names: tuple[Sequence[int], Sequence[Any]],
) -> Columns | None:
    """Explain rows straight into columns; None where they must be explained one by one.

    Parameters
    ----------
    found : Found
        Of all rows.
    alone : callable
    rows : table
        The same as the data has them.
    speaking : tuple
        How columns are drawn, and what they are called.
    names : tuple
        Positions of the rows in the data, and what the data calls them.
    """
    odd, (positions, ids) = found.odd, names

    def one_by_one(places: list[int]) -> Columns:
        explained = alone([_row(rows, place) for place in places], found.predictions[places])
        kept = (_without_samples(one) for one in explained)
        return to_columns(kept, [positions[place] for place in places], [ids[place] for place in places])

    try:
        if odd.all():
            return one_by_one(list(range(len(odd))))
        place = int(np.argmin(odd))
        (first,) = alone([_row(rows, place)], found.predictions[[place]])
        expected = to_columns([_without_samples(first)], positions[place : place + 1], ids[place : place + 1])
        assert isinstance(first, Explanation)
        shown = Shown(place, first, json.loads(expected.lines()[0]), *speaking)
        whole = columns_of(found.write(shown), *names)
        if not _same(whole.take([place]), expected):
            return one_by_one(list(range(len(odd))))
        if not odd.any():
            return whole
        places = np.flatnonzero(odd)
        good = np.flatnonzero(~odd)
        together = joined([whole.take(good), one_by_one(places.tolist())])
        return together.take(np.argsort(np.append(good, places), kind="stable"))
    except _Failed:
        return None  # who explains them one by one knows what is to become of errors


class _Failed(Exception):
    """A row could not be explained."""


def _without_samples(found: Explanation | BaseException) -> Explanation:
    if not isinstance(found, Explanation):
        raise _Failed from found
    found.fit_data = None  # megabytes a row
    return found


def _row(rows: Any, place: int) -> Any:
    """One row of a table, as the data has it."""
    return rows.iloc[place] if hasattr(rows, "iloc") else rows[place]


def _predict(
    distribution: TrainingDistribution, model: Model, values: Floats, known: tuple[Floats, Floats] | None
) -> Floats:
    """The model's predictions for rows; those that are known are not asked for."""
    places: dict[bytes, int] = {}
    if known is not None:
        places = {one.tobytes(): place for place, one in enumerate(known[0])}
    found = np.array([places.get(one.tobytes(), -1) for one in values], dtype=np.intp)
    new = values[found < 0]
    if not len(new):
        assert known is not None
        return known[1][found]
    request = replace(model, progress_bar=False).request(
        lambda start, stop: distribution.decode(new[start:stop].copy()), len(new)
    )
    predictions: Floats = request.predictions()
    if known is None or len(new) == len(values):
        return predictions
    result = known[1][found]
    result[found < 0] = predictions  # of another number of outputs it raises, and is refused one by one
    return result


@dataclass(frozen=True)
class Words:
    """What features of rows are called, and their values, as `Columns` has them: arrays (n, d), words and texts."""

    word: NDArray[np.intp]
    value_type: NDArray[np.intp]
    value: Floats
    words: list[Word]
    texts: list[str]

    @classmethod
    def of(cls, block: ReadRows, draw: DrawColumns, naming: Naming) -> Words:
        """The words of each bin and category, from one row that is in it."""
        distribution = block.distribution
        table = distribution.table
        assert isinstance(table, Table)
        shape = block.codes.shape
        result = cls(np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=np.intp), block.values.copy(), [], [])
        known: dict[Word, int] = {}
        briefs: dict[int, Any] = {}
        for j in range(shape[1]):
            kinds = 2 * block.codes[:, j] + np.isnan(block.values[:, j])  # a number that is missing has no code
            _, places, variant = np.unique(kinds, return_index=True, return_inverse=True)
            for number, place in enumerate(places.tolist()):
                if place not in briefs:
                    bins = None if block.bins is None else block.bins[place]
                    given = RowInput.of(distribution, distribution.row_of(block.values[place], {}, bins), draw, naming)
                    briefs[place] = given.new_explanation(None).domain_mapper
                mapper = briefs[place]
                described = mapper.describe(j)
                word = (described["feature"], described["name"], described["low"], described["high"])
                here = variant.ravel() == number
                result.word[here, j] = known.setdefault(word, len(known))
                result._set_values(here, j, described["value"], table.columns[j].is_integer)
        result.words.extend(known)
        return result

    def feature(self, row: int, j: int) -> str:
        """What a feature of a row is called in a sentence."""
        feature: str = self.words[self.word[row, j]][0]
        return feature

    def _set_values(self, here: NDArray[np.bool_], j: int, value: Any, is_integer: bool) -> None:
        """Values of a column in the rows `here`, of which one has `value`: of the others' kind it tells."""
        if value is None or isinstance(value, str | bool):
            self.value_type[here, j] = 0 if value is None else 4 if isinstance(value, bool) else 3
            if isinstance(value, str):
                if value not in self.texts:
                    self.texts.append(value)
                self.value[here, j] = self.texts.index(value)
            elif value is None:
                self.value[here, j] = np.nan
            else:
                self.value[here, j] = float(value)
            return
        numbers = self.value[here, j]
        whole = is_integer & (numbers == np.rint(numbers))
        self.value_type[here, j] = np.where(whole, WHOLE, FLOAT)


class Warned:
    """Which warnings each row of a chunk has, beside those that all have.

    Parameters
    ----------
    exp : Explanation
        That of one row.
    own : collection of str
        Which of its warnings are about itself.
    """

    def __init__(self, exp: Explanation, own: Collection[str]) -> None:
        base = [sentence for sentence in exp.diagnostics() if sentence not in own]
        self._base = [(exp.gravities.get(sentence, Gravity.DOUBTFUL), sentence) for sentence in base]

    def split(self, sentences: Sequence[tuple[str, Gravity]]) -> tuple[list[str], list[str]]:
        """What a reader is shown of a row with one label, and what only on demand; see `gravest`."""
        every = [*self._base, *((gravity, sentence) for sentence, gravity in sentences)]
        every.sort(key=itemgetter(0))
        found = list(dict.fromkeys(sentence for _, sentence in every))
        return found[:SHOWN], found[SHOWN:]


def _same(one: Columns, other: Columns) -> bool:
    """Whether two single rows say the same, to the digits that algebra in other shapes leaves."""
    numbers = ("prediction", "intercept", "score", "held_out_score", "local_prediction", "degrees", "baseline")
    for name in ("label", "index", "value_type"):
        if not np.array_equal(getattr(one, name), getattr(other, name)):
            return False
    for name in (*numbers, "contribution", "weight", "standard_error"):
        a, b = getattr(one, name), getattr(other, name)
        size = float(np.max(np.abs(b), initial=0.0, where=np.isfinite(b)))
        if a.shape != b.shape or not np.allclose(a, b, rtol=CLOSE, atol=CLOSE * size, equal_nan=True):
            return False
    words = [columns.words[place] for columns in (one, other) for place in columns.word]
    half = len(words) // 2
    same = _alike(json.loads(one.lines()[0]), json.loads(other.lines()[0]))
    return same and words[:half] == words[half:] and one.values() == other.values()


def _alike(one: Any, other: Any) -> bool:
    """Whether two contents are equal, but for rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return bool(np.isclose(one, other, rtol=CLOSE, atol=0.0, equal_nan=True))
    return bool(one == other)
