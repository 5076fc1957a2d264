"""Exact explanations of many rows from arrays to columns, without an object for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.fit_warnings import POOR_FIT, LabelFit, about_label, misfit_warnings
from lime.domains.tabular.chunks import Found, ReadRows, Shown, Words, explain_in_columns
from lime.domains.tabular.columns import Binned
from lime.domains.tabular.input import DrawColumns, Naming
from lime.domains.tabular.one_label import LabelFits, write
from lime.domains.tabular.rows import RowBatch, explain_rows
from lime.domains.tabular.table import Table
from lime.engine.exact_columns import CodedColumn
from lime.engine.exact_fit import Fits, added, chosen_features, fit_features, left_over
from lime.engine.kernels import effective_shares, weights_of_squares
from lime.engine.links import IDENTITY
from lime.engine.measures import Expectations
from lime.results.columns import Columns
from lime.results.explanation import Explanation
from lime.results.filling import Filled
from lime.results.gravity import gravest

BLOCK = 16
"""Rows whose samples are looked at together."""

ALIKE = 1e-9
"""Range of a model's predictions, as a share of their size, up to which they may be called equal."""

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
    outputs = batch.shared.predictions.shape[1]
    block = ReadRows.of(batch.distribution, batch.model, batch.settings, rows, outputs)
    if block is None:
        return None
    found = Found(block.predictions, np.any(block.codes < 0, axis=1), partial(_fill, batch, block))

    def alone(some: Sequence[Any], predictions: Floats) -> Iterator[Explanation | Exception]:
        return explain_rows(batch, some, draw, naming, predictions)

    return explain_in_columns(found, alone, rows=rows, speaking=(draw, naming), names=names)


def _is_plain(batch: RowBatch) -> bool:
    """Whether nothing is asked for but weights of columns in bins and categories."""
    shared, settings, table = batch.shared, batch.settings, batch.distribution.table
    if shared.exact is None or settings.link != IDENTITY or settings.stopping is not None or settings.fit.base.verbose:
        return False
    if not isinstance(table, Table) or any(stored.scale is not None for stored in table.storage):
        return False
    answers = shared.predictions
    flat = np.ptp(answers, axis=0) <= ALIKE * np.abs(answers).max(axis=0)
    plain = all(isinstance(one, CodedColumn) for one in shared.exact.distributions)
    return plain and bool(np.isfinite(answers).all()) and not bool(flat[list(shared.outputs)].any())


def _fill(batch: RowBatch, block: ReadRows, shown: Shown) -> Filled:
    """Everything of all rows in arrays."""
    shared, settings = batch.shared, batch.settings
    assert shared.exact is not None
    parts = shared.exact.compile(batch.distribution, shared.outputs)
    found = added(parts, block.codes, block.values, shared.exact.kernel_width)
    outputs = list(shared.outputs)
    left, deviation, effective = _of_samples(batch, block, found, outputs)
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
    if at.shape[1] == 1:
        return _of_one_label(
            batch,
            block,
            shown,
            Fits(*(of_labels(one.name)[:, 0] for one in fields(Fits))),
            (deviation[every, at][:, 0], effective),
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
    words = Words.of(block, shown.draw, shown.naming)
    rows = every[:, :, None]
    return Filled(
        label=block.shown_labels(shown.exp),
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
            batch, block, shown, numbers, deviation=deviation[every, at], features=features, effective=effective
        ),
    )


def _of_one_label(
    batch: RowBatch, block: ReadRows, shown: Shown, fits: Fits, of_samples: tuple[Floats, Floats]
) -> Filled:
    """Everything of all rows, each with one label, in arrays."""
    deviation, effective = of_samples
    n = len(deviation)
    found = LabelFits(
        features=fits.features,
        coefficients=fits.coefficients,
        errors=np.zeros(fits.coefficients.shape),
        contributions=fits.contributions,
        prediction=fits.local_prediction,
        intercept=fits.intercept,
        score=fits.score,
        held_out=np.full(n, np.nan),
        degrees=np.full(n, np.inf),
        baseline=fits.baseline,
        deviation=deviation,
        effective=effective,
    )
    odd = np.zeros(n, dtype=bool)
    return write(block, found, shown, answers=batch.shared.predictions, odd=odd)


def _of_samples(
    batch: RowBatch, block: ReadRows, found: Expectations, outputs: list[int]
) -> tuple[Floats, Floats, Floats]:
    """What the fits miss, the deviation of the model (n, outputs), and the effective share of the samples (n,)."""
    shared, settings = batch.shared, batch.settings
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
        steps = np.full(alike[0].shape, d, dtype=np.uint8 if d <= np.iinfo(np.uint8).max else np.intp)
        for one in alike:
            steps -= one.view(np.uint8)
        weights = weights_of_squares(settings.fit.base.kernel_fn, steps, d)
        part = Expectations(found.weights[rows], found.mean[rows], found.z_mean[rows], found.z_variance[rows])
        effective[rows] = effective_shares(weights)
        total = weights.sum(axis=1)
        for place, output in enumerate(outputs):
            predictions = np.ascontiguousarray(shared.predictions[:, output])
            left[rows, place] = left_over(part, place, alike.__getitem__, predictions, weights)
            mean = weights @ predictions / total
            spread = np.square(predictions - mean[:, None])
            deviation[rows, place] = np.sqrt((weights * spread).sum(axis=1) / total)
    return left, deviation, effective


def _contents(
    batch: RowBatch,
    block: ReadRows,
    shown: Shown,
    numbers: dict[str, Floats],
    *,
    deviation: Floats,
    features: NDArray[np.intp],
    effective: Floats,
) -> list[dict[str, Any]]:
    """What the arrays do not hold of each row."""
    first, common, k = shown.exp, shown.content, block.predictions.shape[1]
    classifies = block.model.mode == "classification"
    at_label = 0 if block.top else -1
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

    own = of_row(shown.place)[0]
    base = [sentence for sentence in first.diagnostics() if sentence not in own]
    usual, _ = gravest(base, first.gravities, {}, first.explained_labels())
    in_order = np.sort(features.reshape(len(features), -1), axis=1)
    low, high = batch.shared.predictions.min(axis=0), batch.shared.predictions.max(axis=0)
    result = []
    for i, labels in enumerate(block.labels):
        content = dict(common)
        sentences, concerned = of_row(i)
        shown_warnings = usual
        if sentences:
            explained = labels.tolist() if classifies else first.explained_labels()
            shown_warnings, _ = gravest([*base, *sentences], first.gravities, concerned, explained)
        content.update(
            score=float(score[i, at_label]),
            local_pred=[float(local[i, at_label])],
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
