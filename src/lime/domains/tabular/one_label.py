"""Explanations of rows with one label each, in arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.fit_warnings import (
    ABOUT,
    LabelFit,
    about_label,
    inseparable_sentence,
    misfit_warnings,
    open_sign_sentence,
    open_signs,
)
from lime.domains.tabular.chunks import ReadRows, Shown, Warned, Words
from lime.engine.stacked import first_of_groups
from lime.engine.standard_errors import quantile
from lime.results.filling import Filled
from lime.results.gravity import Gravity

OF_ROWS = frozenset(
    {
        "score",
        "local_pred",
        "effective_samples",
        "warnings",
        "more_warnings",
        "instance_features",
        "predict_proba",
        "top_labels",
        "ranges",
        "predicted_value",
        "min_value",
        "max_value",
        "local_fit",
    }
)
"""What the line of a row says that is its own; see `lime.results.columns.Columns.lines`."""

LEVEL = 0.95
"""Of the intervals that warnings speak of."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LabelFits:
    """Fits of s rows on m features each.

    Attributes
    ----------
    features : ndarray of int, shape (s, m)
        In the order of their choice.
    coefficients, errors, contributions : ndarray of float, shape (s, m)
    prediction : ndarray of float, shape (s,)
        The surrogate's for the row.
    intercept, score, held_out, degrees, baseline : ndarray of float, shape (s,)
    deviation : ndarray of float, shape (s,)
        Weighted standard deviation of the model's predictions.
    effective : ndarray of float, shape (s,)
        Effective share of the samples.
    together : ndarray of bool, shape (s, m, m), or None
        Which of the features vary together; None where nobody asks.
    """

    features: NDArray[np.intp]
    coefficients: Floats
    errors: Floats
    contributions: Floats
    prediction: Floats
    intercept: Floats
    score: Floats
    held_out: Floats
    degrees: Floats
    baseline: Floats
    deviation: Floats
    effective: Floats
    together: NDArray[np.bool_] | None = None


def write(
    block: ReadRows,
    fits: LabelFits,
    shown: Shown,
    *,
    answers: Floats,
    odd: NDArray[np.bool_],
    more: Callable[[int, int], Mapping[str, Any]] | None = None,
) -> Filled:
    """Everything of all rows in arrays.

    Parameters
    ----------
    block : ReadRows
    fits : LabelFits
    shown : Shown
    answers : ndarray of float, shape (n, k)
        The model's predictions for the samples.
    odd : ndarray of bool, shape (s,)
        Rows of which nothing is needed.
    more : callable, optional
        What else there is to be said of a row, by its place and its label.
    """
    order = np.argsort(-np.abs(fits.coefficients), axis=1, kind="stable")
    features: NDArray[np.intp] = np.take_along_axis(fits.features, order, axis=1)
    weight: Floats = np.take_along_axis(fits.coefficients, order, axis=1)
    errors: Floats = np.take_along_axis(fits.errors, order, axis=1)
    contributions: Floats = np.take_along_axis(fits.contributions, order, axis=1)
    rows = np.arange(len(features))[:, None]
    words = Words.of(block, shown.draw, shown.naming)
    model = np.take_along_axis(block.predictions, block.labels, axis=1)[:, 0]
    numbers = {
        "prediction": model,
        "intercept": fits.intercept,
        "score": fits.score,
        "held_out_score": fits.held_out,
        "local_prediction": fits.prediction,
        "degrees": fits.degrees,
        "baseline": fits.baseline,
    }
    reach = np.array([quantile(1.0 - 0.5 * (1.0 - LEVEL), one) for one in fits.degrees.tolist()])
    what_matters = contributions if block.settings.anchored else weight
    told = _Told(block, shown, words, fits, features, open_signs(weight, reach[:, None] * errors, what_matters))
    return Filled(
        label=block.shown_labels(shown.exp),
        numbers={name: values[:, None] for name, values in numbers.items()},
        index=features[:, None],
        word=words.word[rows, features][:, None],
        value_type=words.value_type[rows, features][:, None],
        value=words.value[rows, features][:, None],
        weight=weight[:, None],
        standard_error=errors[:, None],
        contribution=contributions[:, None],
        words=words.words,
        texts=words.texts,
        contents=list(told.contents(answers, odd, more)),
        common={key: value for key, value in shown.content.items() if key not in OF_ROWS},
    )


@dataclass(frozen=True)
class _Told:
    """What is said of rows beside their numbers; `features` and `unsure` (s, m) are by the size of the weight."""

    block: ReadRows
    shown: Shown
    words: Words
    fits: LabelFits
    features: NDArray[np.intp]
    unsure: NDArray[np.bool_]

    def contents(
        self,
        answers: Floats,
        odd: NDArray[np.bool_],
        more: Callable[[int, int], Mapping[str, Any]] | None,
    ) -> Iterator[dict[str, Any]]:
        """What the arrays do not hold of each row."""
        block, fits = self.block, self.fits
        classifies = block.model.mode == "classification"
        sentences = self._sentences()
        warned = Warned(self.shown.exp, [sentence for sentence, _ in sentences[self.shown.place]])
        low, high = answers.min(axis=0).tolist(), answers.max(axis=0).tolist()
        columns = zip(
            odd.tolist(),
            block.labels[:, 0].tolist(),
            block.predictions.tolist(),
            np.sort(self.features, axis=1).tolist(),
            fits.prediction.tolist(),
            fits.score.tolist(),
            fits.effective.tolist(),
            sentences,
            strict=True,
        )
        for i, (is_odd, label, model, in_order, local, score, effective, said) in enumerate(columns):
            if is_odd:
                yield {}
                continue
            warnings, others = warned.split(said)
            content: dict[str, Any] = {
                "score": score,
                "local_pred": [local],
                "effective_samples": effective,
                "warnings": warnings,
                "instance_features": in_order,
            }
            if others:
                content["more_warnings"] = others
            if classifies:
                content.update(predict_proba=model, top_labels=[label] if block.top else None)
            else:
                least, most = min(low[label], model[label]), max(high[label], model[label])
                content["ranges"] = [[label, [least, most]]]
                content.update(predicted_value=model[label], min_value=least, max_value=most)
            if more is not None:
                content.update(more(i, label))
            yield content

    def _sentences(self) -> list[list[tuple[str, Gravity]]]:
        """What is said of each row alone, and how grave it is."""
        block, fits = self.block, self.fits
        firsts: list[list[int] | None] = [None] * len(self.features)
        if fits.together is not None:
            firsts = first_of_groups(fits.together).tolist()
        outputs = block.predictions.shape[1]
        abouts = {label: about_label(self.shown.exp, label, outputs) for label in np.unique(block.labels).tolist()}
        model = np.take_along_axis(block.predictions, block.labels, axis=1)[:, 0]
        columns = zip(
            block.labels[:, 0].tolist(),
            fits.score.tolist(),
            fits.prediction.tolist(),
            model.tolist(),
            fits.deviation.tolist(),
            np.any(self.unsure, axis=1).tolist(),
            firsts,
            strict=True,
        )
        result = []
        for i, (label, score, local, value, deviation, is_unsure, first) in enumerate(columns):
            about, found = abouts[label], []
            misfits = misfit_warnings(about, LabelFit(label, score, local, value, deviation))
            if is_unsure:
                found.append(open_sign_sentence(self._names(i, self.features[i, self.unsure[i]].tolist())))
            if first is not None:
                groups: dict[int, list[int]] = {}
                for feature, group in zip(fits.features[i].tolist(), first, strict=True):
                    groups.setdefault(group, []).append(feature)
                several = [self._names(i, group) for group in groups.values() if len(group) > 1]
                if several:
                    found.append(inseparable_sentence(several))
            result.append(
                [
                    *((sentence, Gravity.DOUBTFUL) for sentence in misfits),
                    *((sentence.replace(ABOUT, about), Gravity.UNSURE) for sentence in found),
                ]
            )
        return result

    def _names(self, row: int, features: list[int]) -> list[str]:
        return [self.words.feature(row, feature) for feature in features]
