"""A row of a table as the method sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.comparison import Represented
from lime.domains.neighborhood import Alternative
from lime.domains.protocols import Ablation, Model, Predictions, Samples, Sampling
from lime.domains.tabular.assisted import TableAssistance
from lime.domains.tabular.columns import ColumnDistribution, Draws
from lime.domains.tabular.mapper import RowWords, map_row
from lime.domains.tabular.neighborhoods.features import codes_of_rows
from lime.domains.tabular.numbers import conditions, is_numeric, numbers_of
from lime.domains.tabular.represented import features_as
from lime.domains.tabular.training_distribution import Interpreted, Row, TrainingDistribution
from lime.engine.base import LimeBase
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.registry import sampler_label
from lime.engine.stopping import look_sizes
from lime.models.requests import ExplanationCoroutine, predictions_for
from lime.results.explanation import Explanation
from lime.results.gravity import Gravity
from lime.results.opening import Members

DEFAULT_SAMPLES = 5000

SOBOL = "sobol"

NO_BINS = "discretize_continuous=False"

MOST_CELLS = 5_000_000
"""Cells of a neighbourhood up to which its values are kept until the fit is known."""

DrawColumns = Callable[[Row, list[ColumnDistribution], Sampling], Draws]
"""Draws the neighbourhood of a row from the distributions of its columns."""


@dataclass(frozen=True)
class Naming:
    """How a table's features are called in an explanation.

    Attributes
    ----------
    mode : {"classification", "regression"}
    feature_names : sequence of str
    categorical_names : mapping or sequence
        Names of integer codes by column.
    random_state : RandomState
        Kept by the explanation.
    notes : sequence of str
        What a reader must know of the columns.
    """

    mode: str
    feature_names: Sequence[str]
    categorical_names: Any
    random_state: np.random.RandomState
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class RowInput:
    """One row as the method sees it: an `InterpretableInput`.

    Attributes
    ----------
    distribution : TrainingDistribution
    row : Row
    columns : list of ColumnDistribution
        Distributions of the row's columns.
    own : Interpreted
        The row's own interpretable features.
    draw : callable
        Draws the neighbourhood.
    naming : Naming
    assistance : TableAssistance or None
        What may help to estimate its weights.
    """

    distribution: TrainingDistribution
    row: Row
    columns: list[ColumnDistribution]
    own: Interpreted
    draw: DrawColumns
    naming: Naming
    assistance: TableAssistance | None = field(default=None, kw_only=True)

    @classmethod
    def of(cls, distribution: TrainingDistribution, row: Row, draw: DrawColumns, naming: Naming) -> RowInput:
        """The input that a row makes."""
        columns = distribution.column_distributions(row)
        return cls(distribution, row, columns, distribution.interpret_row(row, columns), draw, naming)

    @property
    def feature_ids(self) -> NDArray[np.intp]:
        """Positions of the columns that are sampled, shape (m,)."""
        return self.row.columns

    @property
    def instance(self) -> NDArray[np.float64]:
        """The row's own interpretable features, shape (m,)."""
        return self.own.features

    @property
    def default_samples(self) -> int:
        """Samples of 0.2.0.1."""
        return DEFAULT_SAMPLES

    def sample(self, sampling: Sampling) -> Samples:
        """Draw the neighbourhood from the distributions of the columns."""
        draws = self.draw(self.row, self.columns, sampling)
        samples = replace(self.samples_of(draws, sampling), values=draws.values, kinds=self._kinds(draws))
        if sampling.with_rows:
            samples = replace(samples, rows=draws.values)
        if self.assistance is not None:
            help_of_row = self.assistance.for_row(self.assistance.models_of(draws.values), self.distribution, self.row)
            samples = replace(samples, assistance=help_of_row)
        return replace(samples, alternative=self._slopes(draws))

    def _slopes(self, draws: Draws) -> Alternative | None:
        """The samples with numbers in the place of bins; None where nothing is cut, or they are too many to keep."""
        discretizer = self.distribution.discretizer
        if discretizer is None or draws.values.size > MOST_CELLS:
            return None
        cut = np.isin(self.row.columns, list(discretizer.lambdas))
        return (
            Alternative(partial(self._with_slopes, draws, cut), "Slopes in place of bins", NO_BINS)
            if cut.any()
            else None
        )

    def _with_slopes(self, draws: Draws, cut: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Interpretable features of samples and row with standardised numbers where columns are `cut` into bins."""
        at = self.row.columns
        scale = np.where(self.distribution.stds[at] > 0, self.distribution.stds[at], 1.0)
        center = self.distribution.means[at]
        columns = np.array(draws.values.T, order="C")  # one after the other, as the fit reads them
        columns -= center[:, None]
        columns /= scale[:, None]
        z = columns.T
        if not cut.all():
            z[:, ~cut] = draws.codes[:, ~cut] == self.own.codes[~cut].astype(draws.codes.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            complete = np.isfinite(z.sum())
        if not complete:
            z[np.isnan(z)] = 0.0  # a missing number is neither above nor below the mean
        own = np.where(cut, np.nan_to_num((self.row.values[at] - center) / scale), 1.0)
        return z, own

    def samples_of(self, draws: Draws, sampling: Sampling) -> Samples:
        """The draws as the method sees them, without what builds the model's inputs."""
        samples = self.distribution.samples_around(draws, self.row, self.own, sampling.metric)
        stages = look_sizes(len(self.row.columns), len(samples)) if sampling.in_stages else None
        design = SOBOL if sampling.method == "auto" else sampler_label(sampling.method)
        return replace(samples, design=design, uncorrelated=not sampling.is_classic, stages=stages)

    def _kinds(self, draws: Draws) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
        """Where every column has few values, the same row comes up again and again and is asked about once."""
        if draws.loose or not all(column.is_discrete for column in self.columns):
            return None
        _, first, inverse = np.unique(draws.codes, axis=0, return_index=True, return_inverse=True)
        return np.append(0, first + 1), np.append(0, inverse.ravel() + 1)

    def predict(self, model: Model, samples: Samples, positions: NDArray[np.intp]) -> ExplanationCoroutine[Predictions]:
        """Step to the model's predictions for the row and for samples."""

        def inputs(start: int, stop: int) -> Any:
            return self.model_inputs(samples, positions[start:stop])

        predictions = yield from predictions_for(model.request(inputs, len(positions)))
        return predictions, len(positions)

    def model_inputs(self, samples: Samples, positions: NDArray[np.intp]) -> Any:
        """The rows at some positions, in the form of the training data."""
        own = self.row.values[self.row.columns]
        # A copy: a model may change what it is handed, and be asked again where its memory did not suffice.
        known = len(samples) > 0 and samples.values is not None
        values = (
            np.take(samples.values, np.maximum(positions, 1) - 1, axis=0) if known else _as_many(own, len(positions))
        )
        values[positions == 0] = own
        return self.distribution.decode(values, self.row)

    def predict_draws(self, model: Model, draws: Draws) -> ExplanationCoroutine[Predictions]:
        """Step to the model's predictions for draws alone, (n, k), which other rows may share."""
        samples, kinds = Samples(draws.codes, values=draws.values), self._kinds(draws)
        if kinds is None:
            return (yield from self.predict(model, samples, np.arange(1, len(samples) + 1)))
        first, kind = kinds
        predictions, calls = yield from self.predict(model, samples, first[1:])
        return predictions[kind[1:] - 1], calls

    def size_distribution(self, base: LimeBase, samples: Samples, labels: int) -> MaskSizeDistribution | None:
        """None: columns have frequencies of their own."""
        return None

    def interpret(self, instances: Any) -> NDArray[np.float64]:
        """Interpretable features of other rows as they are around this one.

        Parameters
        ----------
        instances : table
            Rows (n, d) in any form that the explainer reads.

        Returns
        -------
        ndarray of float, shape (n, m)
        """
        rows = self.distribution.encode_all(instances)
        bins, at = self.distribution.bins(rows), self.row.columns
        values = rows[:, at]
        codes = codes_of_rows(self.columns, values, None if bins is None else bins[:, at])
        found = self.distribution.interpret(Draws(values, codes, None), self.row, self.own)
        return np.asarray(found, dtype=np.float64)

    def members(self, samples: Samples) -> dict[int, Members]:
        """What groups of columns consist of, as the samples see it."""
        words = self.words()
        found = {}
        for group in self.distribution.varying.groups:
            cells = None if samples.cells is None else samples.cells.get(group.first)
            if cells is not None:
                found[group.first] = group.opened(cells, words.members(group), words.value_of)
        return found

    def ablate(self, model: Model, baseline: Any = None) -> Ablation:
        """The row as something whose values give way to those of a baseline row.

        Parameters
        ----------
        model : Model
        baseline : row, optional
            When None the training data's means and most frequent categories, and 0 where the training data is sparse.

        Raises
        ------
        ValueError
            If the baseline holds a category that the training data has not.
        """
        distribution, row = self.distribution, self.row
        if baseline is None:
            other, description = distribution.typical_row()
        else:
            other, unseen = distribution.read(baseline, "baseline")
            if unseen:
                group = distribution.varying.group(next(iter(unseen)))
                name = self.naming.feature_names[next(iter(unseen))] if group is None else group.name
                raise ValueError(
                    f"baseline holds a category of {name!r} that the training data has not: expected a known one"
                )
            description = "the baseline row's value"
        at = row.columns

        def inputs(kept: NDArray[np.bool_]) -> Any:
            return distribution.decode(np.where(kept, row.values[at], other[at]), row)

        def predict(kept: NDArray[np.bool_]) -> Predictions:
            request = model.request(lambda start, stop: inputs(kept[start:stop]), len(kept))
            return request.predictions(), len(kept)

        theirs = distribution.interpret_row(replace(row, values=other, bins=distribution.bins(other)), self.columns)
        return Ablation(at, self._changes(theirs), predict, description, inputs)

    def _changes(self, theirs: Interpreted) -> NDArray[np.float64]:
        """By how much the interpretable features differ from those of another row."""
        straight = self.own.is_number & theirs.is_number
        differs = (self.own.codes != theirs.codes).astype(np.float64)
        result: NDArray[np.float64] = np.where(straight, self.own.features - theirs.features, differs)
        return result

    def perturb(self, radius: float, rng: np.random.Generator) -> Any:
        """A row whose numbers have each moved by up to `radius` standard deviations of their column, uniformly.

        Categories and missing values stay; whole numbers of a frame move by whole numbers.
        """
        distribution, row = self.distribution, self.row
        moved = row.values.copy()
        numeric = np.setdiff1d(row.columns, list(distribution.categorical))
        moved[numeric] += rng.uniform(-radius, radius, size=len(numeric)) * distribution.stds[numeric]
        return distribution.decode(moved[None, row.columns], row)

    def new_explanation(self, class_names: list[str] | None) -> Explanation:
        """An explanation with the names and values of the row."""
        naming, words = self.naming, self.words()
        mapper = map_row(words, self.own.features)
        exp = Explanation(mapper, mode=naming.mode, class_names=class_names, random_state=naming.random_state)
        exp.warnings.extend(
            f"The value of {words.name(int(self.row.columns[place]))} does not occur in the training data: "
            "nothing can be said about its effect, and its weight is 0."
            for place in np.flatnonzero(self.own.codes < 0)
        )
        for note in naming.notes:
            exp.add_warning(note, gravity=Gravity.UNSURE)
        return exp

    @property
    def representations(self) -> tuple[str, ...]:
        """In which the samples can be shown, the simplest first; the values of sparse rows stay as they are."""
        if self.distribution.is_sparse:
            return ()
        return ("slopes", "curves") if self.distribution.cuts is None else ("bins", "slopes", "curves")

    def represented(self, name: str, rows: NDArray[np.float64]) -> Represented:
        """Samples of some rows (n, d) in one representation."""
        distribution = replace(self.distribution, discretizer=self.distribution.cuts if name == "bins" else None)
        seen = replace(self, distribution=distribution, row=replace(self.row, bins=distribution.bins(self.row.values)))
        z, own = features_as(name, distribution, self.row, rows)

        def interpret(instances: Any) -> NDArray[np.float64]:
            read = features_as(name, distribution, self.row, self.distribution.encode_all(instances))
            return np.asarray(read[0], dtype=np.float64)

        numeric = np.flatnonzero(is_numeric(distribution, self.row)) if name != "bins" else np.empty(0, dtype=np.intp)
        return Represented(z, own, numeric, map_row(seen.words(), own), interpret)

    def words(self) -> RowWords:
        """Where the words of the row come from."""
        distribution, naming = self.distribution, self.naming
        return RowWords(
            table=distribution.table,
            names=naming.feature_names,
            discretizer=distribution.discretizer,
            categorical=distribution.categorical,
            categorical_names=naming.categorical_names,
            codes=self.row.values,
            unseen=self.row.unseen,
            columns=self.row.columns,
            bins=self.row.bins,
            groups=distribution.varying.groups,
            spreads=distribution.stds,
        )

    def numbers(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Features of samples (n, m) and row as numbers, whether or not they are shown in bins."""
        return numbers_of(self.distribution, self.row, values)

    def numbers_of_instances(self, instances: Any) -> NDArray[np.float64]:
        """The same of other rows (n, d) in any form that the explainer reads, shape (n, m)."""
        return self.numbers(self.distribution.encode_all(instances)[:, self.row.columns])[0]

    def conditions(self, place: int, threshold: float) -> tuple[str, str]:
        """The words for a column up to a threshold of `numbers`, and above it."""
        return conditions(self.distribution, self.row, self.words(), place, threshold)

    def nothing_to_explain(self) -> str:
        """A sentence for a sparse row of zeros, and for one that is held fixed."""
        if self.distribution.varying.fixed:
            return "All columns of the row that could vary are held fixed: there is nothing to explain."
        return "The row has no value that could be varied: there is nothing to explain."


def _as_many(row: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    return np.repeat(row[None], n, axis=0)
