"""Exact explanations of many rows from arrays to columns, without an object for each.

One row of a chunk goes the way of single rows: it tells what all rows have in common, and its numbers must come out
here digit by digit. Whatever is out of the ordinary is left to that way altogether.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.fit_warnings import POOR_FIT, LabelFit, about_label, misfit_warnings
from lime.domains.labels import resolve_labels
from lime.domains.tabular.columns import Binned
from lime.domains.tabular.exact_law import codes_of_rows
from lime.domains.tabular.input import DrawColumns, Naming, RowInput
from lime.domains.tabular.rows import RowBatch, explain_rows
from lime.domains.tabular.table import Table
from lime.engine.exact_fit import Fits, added, chosen_features, fit_features, left_over
from lime.engine.exact_law import CodedColumn, Expectations
from lime.engine.kernels import effective_share, weights_of_squares
from lime.engine.links import IDENTITY
from lime.results.columns import Columns, Filled, Word, columns_of, to_columns
from lime.results.explanation import Explanation
from lime.results.gravity import gravest

BLOCK = 64
"""Rows whose samples are looked at together."""

ALIKE = 1e-9
"""Range of a model's predictions, as a share of their size, up to which they may be called equal."""

FLOAT, WHOLE = 1, 2
"""Positions in `lime.results.columns.VALUE_TYPES`."""

Floats = NDArray[np.float64]


def explain_rows_in_columns(
    batch: RowBatch, rows: Any, draw: DrawColumns, naming: Naming, names: tuple[Sequence[int], Sequence[Any]]
) -> Columns | None:
    """Explain the rows of a chunk straight into columns; None where they must be explained one by one.

    Parameters
    ----------
    batch : RowBatch
    rows : table
        As the data has them.
    draw : callable
    naming : Naming
    names : tuple
        Positions of the rows in the data, and what the data calls them.
    """
    if not _is_plain(batch):
        return None
    try:
        values = batch.distribution.encode_all(rows)
    except Exception:
        return None  # read one by one, the row that is wrong is found
    block = _Rows.of(batch, values)
    if block is None:
        return None
    (first,) = explain_rows(batch, [_row(rows, 0)], draw, naming)
    if not isinstance(first, Explanation):
        return None
    first.fit_data = None
    expected = to_columns([first], names[0][:1], names[1][:1])
    common = json.loads(expected.lines()[0])
    found = columns_of(_fill(block, first, common, draw, naming), *names)
    return found if _same(found.take([0]), expected) else None


def _is_plain(batch: RowBatch) -> bool:
    """Whether nothing is asked for but weights of columns in bins and categories."""
    shared, settings, table = batch.shared, batch.settings, batch.distribution.table
    if (
        settings.target is not None
        or settings.link != IDENTITY
        or shared.exact is None
        or settings.stopping is not None
        or settings.fit.base.verbose
    ):
        return False
    if not isinstance(table, Table) or any(stored.scale is not None for stored in table.storage):
        return False
    answers = shared.answers
    flat = np.ptp(answers, axis=0) <= ALIKE * np.abs(answers).max(axis=0)
    plain = all(isinstance(law, CodedColumn) for law in shared.exact.laws)
    return plain and bool(np.isfinite(answers).all()) and not bool(flat[list(shared.outputs)].any())


def _row(rows: Any, place: int) -> Any:
    """One row of a table, as the data has it."""
    return rows.iloc[place] if hasattr(rows, "iloc") else rows[place]


@dataclass(frozen=True)
class _Rows:
    """Rows that were read, and predicted.

    Attributes
    ----------
    batch : RowBatch
    values : ndarray of float, shape (n, d)
    bins : ndarray of float, shape (n, d), or None
    codes, instance : ndarray, shape (n, d)
        See `codes_of_rows`.
    predictions : ndarray of float, shape (n, k)
    labels : ndarray of int, shape (n, l)
    top : bool
        Whether these are each row's own top ones.
    """

    batch: RowBatch
    values: Floats
    bins: Floats | None
    codes: NDArray[np.intp]
    instance: Floats
    predictions: Floats
    labels: NDArray[np.intp]
    top: bool

    @classmethod
    def of(cls, batch: RowBatch, values: Floats) -> _Rows | None:
        """None where a row holds what the training data has not, or the model predicts something odd."""
        distribution, settings = batch.distribution, batch.settings
        bins = distribution.bins(values)
        codes, instance = codes_of_rows(distribution, values, bins)
        if (codes < 0).any() or not len(values):
            return None
        try:
            request = replace(batch.model, progress_bar=False).request(
                lambda start, stop: distribution.decode(values[start:stop].copy()), len(values)
            )
            predictions = request.predictions()
        except Exception:
            return None
        if not np.isfinite(predictions).all() or predictions.shape[1] != batch.shared.answers.shape[1]:
            return None
        names, _ = batch.model.names(predictions[0])
        asked = settings.labels, settings.top_labels
        wanted, top = resolve_labels(*asked, predictions[0], batch.model.mode, names)
        labels = np.tile(np.array(wanted, dtype=np.intp), (len(values), 1))
        if top:
            labels = np.array([resolve_labels(*asked, one, batch.model.mode, names)[0] for one in predictions])
        if not wanted or (labels < 0).any():
            return None
        return cls(batch, values, bins, codes, instance, predictions, labels, top)


def _fill(block: _Rows, first: Explanation, common: dict[str, Any], draw: DrawColumns, naming: Naming) -> Filled:
    """Everything of all rows in arrays."""
    shared, settings = block.batch.shared, block.batch.settings
    assert shared.exact is not None
    parts = shared.exact.compile(block.batch.distribution, shared.outputs)
    found = added(parts, block.codes, block.values, shared.exact.kernel_width)
    outputs = list(shared.outputs)
    left, deviation, effective = _of_samples(block, found, outputs)
    fits: list[Fits] = []
    for place in range(len(outputs)):
        features = chosen_features(
            found.weights[:, :, place],
            found.z_variance,
            block.instance,
            settings.num_features,
            method=settings.fit.feature_selection,
        )
        fits.append(fit_features(found, place, features, block.instance, left[:, place]))
    at = np.searchsorted(outputs, block.labels)  # (n, l)
    every = np.arange(len(at))[:, None]

    def of_labels(name: str) -> NDArray[Any]:
        """Of each row and label."""
        return np.stack([getattr(one, name) for one in fits])[at, every]

    features, coefficients = of_labels("features"), of_labels("coefficients")
    order = np.argsort(-np.abs(coefficients), axis=2, kind="stable")
    contributions = np.take_along_axis(of_labels("contributions"), order, axis=2)
    features, coefficients = (
        np.take_along_axis(features, order, axis=2),
        np.take_along_axis(coefficients, order, axis=2),
    )
    prediction = block.predictions[every, block.labels]
    numbers = {
        "prediction": prediction,
        "intercept": of_labels("intercept"),
        "score": of_labels("score"),
        "local_prediction": of_labels("local_prediction"),
        "degrees": np.full(at.shape, np.inf),
        "baseline": of_labels("baseline"),
    }
    words = _Words.of(block, draw, naming)
    rows = every[:, :, None]
    shown = block.labels
    if block.batch.model.mode == "regression":
        shown = np.full(at.shape, first.explained_labels()[0])
    return Filled(
        label=shown,
        numbers=numbers,
        index=features,
        word=words.word[rows, features],
        value_type=words.value_type[rows, features],
        value=words.value[rows, features],
        weight=coefficients,
        standard_error=np.zeros(coefficients.shape),
        contribution=contributions,
        words=words.words,
        texts=words.texts,
        contents=_contents(
            block, first, common, numbers, deviation=deviation[every, at], features=features, effective=effective
        ),
    )


def _of_samples(block: _Rows, found: Expectations, outputs: list[int]) -> tuple[Floats, Floats, Floats]:
    """What the fits miss, the deviation of the model (n, outputs), and the effective share of the samples (n,)."""
    shared, settings = block.batch.shared, block.batch.settings
    seen = np.asarray(shared.draws.codes)
    own = np.empty(block.codes.shape, dtype=seen.dtype)
    for j, column in enumerate(shared.columns):
        codes = column.numbers[block.codes[:, j]] if isinstance(column, Binned) else block.codes[:, j]
        own[:, j] = codes
    n, d = block.values.shape
    left, deviation, effective = np.empty((n, len(outputs))), np.empty((n, len(outputs))), np.empty(n)
    columns = [np.ascontiguousarray(seen[:, j]) for j in range(d)]
    for start in range(0, n, BLOCK):
        rows = slice(start, start + BLOCK)
        alike = [columns[j] == own[rows, j][:, None] for j in range(d)]
        steps = d - np.add.reduce(np.stack(alike), axis=0, dtype=np.intp)
        weights = np.stack([weights_of_squares(settings.fit.base.kernel_fn, one, d) for one in steps])
        part = Expectations(found.weights[rows], found.mean[rows], found.z_mean[rows], found.z_variance[rows])
        effective[rows] = [effective_share(one) for one in weights]
        total = weights.sum(axis=1)
        for place, output in enumerate(outputs):
            predictions = np.ascontiguousarray(shared.answers[:, output])
            left[rows, place] = left_over(part, place, alike.__getitem__, predictions, weights)
            mean = weights @ predictions / total
            spread = np.square(predictions - mean[:, None])
            deviation[rows, place] = np.sqrt((weights * spread).sum(axis=1) / total)
    return left, deviation, effective


def _contents(
    block: _Rows,
    first: Explanation,
    common: dict[str, Any],
    numbers: dict[str, Floats],
    *,
    deviation: Floats,
    features: NDArray[np.intp],
    effective: Floats,
) -> list[dict[str, Any]]:
    """What the arrays do not hold of each row."""
    k = block.predictions.shape[1]
    classifies = block.batch.model.mode == "classification"
    shown = 0 if block.top else -1
    score, local = numbers["score"], numbers["local_prediction"]
    model = numbers["prediction"]
    odd = ((score < POOR_FIT) | (np.abs(local - model) > deviation)).tolist()
    about = {label: about_label(first, label, k) for label in np.unique(block.labels).tolist()}

    def of_row(i: int) -> tuple[list[str], dict[str, list[int]]]:
        """What is said of a row's fits, and of which labels."""
        sentences: list[str] = []
        concerned: dict[str, list[int]] = {}
        for place in range(len(odd[i])):
            if not odd[i][place]:
                continue
            label = int(block.labels[i, place])
            at = (i, place)
            fit = LabelFit(label, float(score[at]), float(local[at]), float(model[at]), float(deviation[at]))
            for sentence in misfit_warnings(about[label], fit):
                sentences.append(sentence)
                concerned.setdefault(sentence, []).append(label)
        return sentences, concerned

    own = of_row(0)[0]
    base = [sentence for sentence in first.diagnostics() if sentence not in own]
    usual, _ = gravest(base, first.gravities, {}, first.explained_labels())
    in_order = np.sort(features.reshape(len(features), -1), axis=1)
    low, high = block.batch.shared.answers.min(axis=0), block.batch.shared.answers.max(axis=0)
    result = []
    for i, labels in enumerate(block.labels):
        content = dict(common)
        sentences, concerned = of_row(i)
        shown_warnings = usual
        if sentences:
            explained = labels.tolist() if classifies else first.explained_labels()
            shown_warnings, _ = gravest([*base, *sentences], first.gravities, concerned, explained)
        content.update(
            score=float(score[i, shown]),
            local_pred=[float(local[i, shown])],
            effective_samples=float(effective[i]),
            warnings=shown_warnings,
            instance_features=list(dict.fromkeys(in_order[i].tolist())),
        )
        content.pop("concerned", None)
        if len(labels) > 1 and concerned:
            content["concerned"] = [concerned.get(sentence) for sentence in content["warnings"]]
        prediction = block.predictions[i]
        if classifies:
            content["predict_proba"] = prediction.tolist()
            if block.top:
                content["top_labels"] = labels.tolist()
        else:
            least, most = np.minimum(low, prediction).tolist(), np.maximum(high, prediction).tolist()
            at = int(labels[0])
            content["ranges"] = [[label, [least[label], most[label]]] for label in labels.tolist()]
            content.update(predicted_value=float(prediction[at]), min_value=least[at], max_value=most[at])
        result.append(content)
    return result


@dataclass(frozen=True)
class _Words:
    """What features of rows are called, and their values, as `Columns` has them: arrays (n, d), words and texts."""

    word: NDArray[np.intp]
    value_type: NDArray[np.intp]
    value: Floats
    words: list[Word]
    texts: list[str]

    @classmethod
    def of(cls, block: _Rows, draw: DrawColumns, naming: Naming) -> _Words:
        """The words of each bin and category, from one row that is in it."""
        distribution = block.batch.distribution
        table = distribution.table
        assert isinstance(table, Table)
        shape = block.codes.shape
        result = cls(np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=np.intp), block.values.copy(), [], [])
        known: dict[Word, int] = {}
        briefs: dict[int, Any] = {}
        for j in range(shape[1]):
            _, places, variant = np.unique(block.codes[:, j], return_index=True, return_inverse=True)
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


def _same(one: Columns, other: Columns) -> bool:
    """Whether two single rows say the same."""
    numbers = ("label", "prediction", "intercept", "score", "local_prediction", "degrees", "baseline")
    for name in (*numbers, "contribution", "index", "weight", "standard_error", "value_type"):
        if not np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True):
            return False
    words = [columns.words[place] for columns in (one, other) for place in columns.word]
    half = len(words) // 2
    same = json.loads(one.lines()[0]) == json.loads(other.lines()[0])
    return same and words[:half] == words[half:] and one.values() == other.values()
