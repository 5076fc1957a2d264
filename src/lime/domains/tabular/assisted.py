"""Cheap models of a table's predictions whose weights are known, for the model-assisted estimator.

Kernel ridge regression and boosted trees are fitted to samples that the model has predicted. They know nothing of the
row, so that rows which share samples share them too. `lime.engine.assisted_product` chooses among them for each row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError

from lime.domains.settings import ExplainSettings
from lime.domains.tabular.exact_columns import codes_of_rows, exact_columns_of, kernel_width_of
from lime.domains.tabular.training_distribution import Row, TrainingDistribution
from lime.engine.assisted_product import SAMPLES_A_FEATURE, Helper
from lime.engine.exact_columns import CodedColumn, ExactColumn
from lime.engine.exact_fit import Exact
from lime.engine.exact_kernel import ExactKernel
from lime.engine.exact_trees import ExactTrees
from lime.engine.kernel_ridge import fit_kernel_ridge
from lime.engine.precision import unit_of
from lime.engine.threads import one_thread_of_openmp, threads_for
from lime.engine.trees import ModelColumns, TreeArrays, Unreadable, join
from lime.models.sklearn_trees import read_histogram

Floats = NDArray[np.float64]

OTHERWISE = "leave estimator out for the samples alone"

MOST_IN_KERNEL = 20_000
"""Samples up to which kernels are fitted; with more of them trees alone are."""

FOLDS = 5
"""Parts of the samples that trees are not fitted to, one after the other."""

NOTHING_LEFT = 0.02
"""Share of an output's variance that kernels may leave for trees not to be tried."""

SAVED = 1.2
"""Model calls that a cheap model saves for each that was made, in the median over tables and models."""


@dataclass(frozen=True)
class Fitted:
    """A cheap model of one output.

    Attributes
    ----------
    name : str
    left : ndarray of float, shape (n,)
        What it leaves of samples that took no part in its fit.
    exact : Exact
        Its weights for any row.
    """

    name: str
    left: Floats
    exact: Exact


@dataclass(frozen=True)
class CheapModels:
    """Cheap models of some samples, fitted when they are first needed.

    Attributes
    ----------
    values : ndarray of float, shape (n, d)
    laws : sequence of ExactColumn
        Of the columns.
    fitted : dict
        Those of an output, by its position and the number of outputs.
    parts : dict of int
        Those of the first samples, by their number.
    """

    values: Floats
    laws: Sequence[ExactColumn]
    fitted: dict[tuple[int, int], list[Fitted]] = field(default_factory=dict)
    parts: dict[int, CheapModels] = field(default_factory=dict)

    def first(self, rows: NDArray[np.intp]) -> CheapModels:
        """Those of some of the samples."""
        if len(rows) not in self.parts:
            self.parts[len(rows)] = CheapModels(self.values[rows], self.laws)
        return self.parts[len(rows)]

    def of(self, predictions: Floats, outputs: Sequence[int]) -> list[list[Fitted]]:
        """Cheap models of some outputs of predictions (n, k); the numbers of one do not depend on the others."""
        k = predictions.shape[1]
        # One thread gives the same numbers wherever they are made; numbers near the end of the range help nobody.
        with threads_for(0.0), np.errstate(all="ignore"):
            for output in outputs:
                if (output, k) not in self.fitted:
                    self.fitted[output, k] = _fit(self.values, predictions[:, output], self.laws)
        return [self.fitted[output, k] for output in outputs]


@dataclass(frozen=True)
class RowAssistance:
    """What may help with one row: an `Assistance`.

    Attributes
    ----------
    cheap : CheapModels
    codes : ndarray of int, shape (1, d)
    numbers : ndarray of float, shape (1, d)
        The row.
    kernel_width : float
    by_time : bool
        Whether it helps only where the model took longer than the help takes.
    """

    cheap: CheapModels
    codes: NDArray[np.intp]
    numbers: Floats
    kernel_width: float
    by_time: bool

    def first(self, rows: NDArray[np.intp]) -> RowAssistance:
        """That of some of the samples."""
        return replace(self, cheap=self.cheap.first(rows))

    def helpers(self, predictions: Floats, labels: Sequence[int], seconds: float) -> list[list[Helper]] | None:
        """Cheap models of some outputs of predictions (n, k) that took the model some seconds; None without worth."""
        n, d = self.cheap.values.shape
        if n < SAMPLES_A_FEATURE * (d + 1) or not np.isfinite(predictions).all():
            return None
        if self.by_time and not is_worth(n, d, len(labels), seconds):
            return None
        outputs = [label % predictions.shape[1] for label in labels]
        return [[self._seen(one) for one in some] for some in self.cheap.of(predictions, outputs)]

    def _seen(self, one: Fitted) -> Helper:
        known = one.exact.expectations(self.codes, self.numbers, self.kernel_width)
        return Helper(one.name, one.left, known)


@dataclass(frozen=True)
class TableAssistance:
    """What may help with any row of a table.

    Attributes
    ----------
    laws : list of ExactColumn
    kernel_width : float
    by_time : bool
        See `RowAssistance`.
    """

    laws: list[ExactColumn]
    kernel_width: float
    by_time: bool

    def if_worth(self, n: int, d: int, outputs: int, seconds: float) -> TableAssistance | None:
        """The same for all rows, whatever the clock says from now on; None where it takes longer than it saves."""
        worth = not self.by_time or is_worth(n, d, outputs, seconds)
        return replace(self, by_time=False) if worth else None

    def models_of(self, values: Floats) -> CheapModels:
        """Cheap models of samples (n, d)."""
        return CheapModels(values, self.laws)

    def for_row(self, cheap: CheapModels, distribution: TrainingDistribution, row: Row) -> RowAssistance:
        """What may help with one row."""
        bins = None if row.bins is None else row.bins[None]
        codes, _ = codes_of_rows(distribution, row.values[None], bins)
        return RowAssistance(cheap, codes, row.values[None], self.kernel_width, self.by_time)


def table_assistance(
    distribution: TrainingDistribution, settings: ExplainSettings, *, own_sampling: bool
) -> TableAssistance | None:
    """What may help with rows of a table; None where nothing is to, or can.

    Raises
    ------
    ValueError
        If it was asked for, and cannot help; the message says why.
    """
    if not settings.may_assist or settings.is_exact or settings.is_classic:
        return None
    asked = settings.estimator == "assisted"
    try:
        if own_sampling:
            raise Unreadable("this explainer draws its samples in a way of its own")
        return TableAssistance(exact_columns_of(distribution), kernel_width_of(settings), not asked)
    except Unreadable as error:
        if asked:
            raise refusal(error) from error
        return None


def refusal(error: Unreadable) -> ValueError:
    """The error that a user sees."""
    return ValueError(f"estimator='assisted': {error}; {OTHERWISE}")


def is_worth(n: int, d: int, outputs: int, seconds: float) -> bool:
    """Whether cheap models save more of the model's time than they take, as measured on one core.

    Parameters
    ----------
    n, d : int
        Numbers of samples and columns.
    outputs : int
        How many outputs are explained.
    seconds : float
        The model's time for the samples.
    """
    kernels = 1.5e-8 * n * d * min(n, 3000) + 2e-10 * n * min(n, 1500) ** 2
    trees = 0.8 + 0.03 * d + 1.5e-5 * n * d
    return SAVED * seconds > 0.5 + outputs * (kernels + trees)


def _fit(x: Floats, y: Floats, laws: Sequence[ExactColumn]) -> list[Fitted]:
    """Cheap models of one output y (n,), none where it does not vary."""
    unit = float(unit_of(y))
    y = y / unit
    room = float(np.square(y - y.mean()).sum())
    if room <= 0.0:
        return []
    found = []
    if len(x) <= MOST_IN_KERNEL:
        single = np.array([isinstance(law, CodedColumn) and law.values_of is not None for law in laws])
        try:
            one = fit_kernel_ridge(x, y, single)
        except LinAlgError:  # of columns whose numbers are too large to be squared
            return []
        exact = ExactKernel(
            one.kernel, one.centers, unit * one.coefficients[:, None], np.array([unit * one.base]), laws
        )
        found.append(Fitted("kernel ridge", unit * one.left, exact))
        if float(np.square(one.left).sum()) <= NOTHING_LEFT * room:
            return found
    return [*found, _fit_trees(x, y, laws, unit)]


def _fit_trees(x: Floats, y: Floats, laws: Sequence[ExactColumn], unit: float) -> Fitted:
    from sklearn.ensemble import HistGradientBoostingRegressor

    fold = np.random.default_rng(0).permutation(len(x)) % FOLDS
    left, parts = np.empty(len(x)), []
    for k in range(FOLDS):
        out = fold == k
        with one_thread_of_openmp():
            trees = HistGradientBoostingRegressor(early_stopping=False, random_state=0).fit(x[~out], y[~out])
            left[out] = y[out] - trees.predict(x[out])
        (part,) = read_histogram(trees, "predict").parts
        assert isinstance(part.arrays, TreeArrays)
        parts.append(part.arrays.scaled(unit * float(out.mean())))
    return Fitted("trees", unit * left, ExactTrees(join(parts), ModelColumns.same(x.shape[1]), laws, _same_rows))


def _same_rows(rows: Floats) -> Floats:
    """The columns of the trees are those of the table."""
    return rows
