"""Off the data: how much of a neighbourhood lies where the training data does not.

An explanation depends on the model's predictions for its samples. Columns are sampled independently of each other, so
many samples resemble no training row. There a model may predict anything, by neglect or by design (Slack et al. 2020,
"Fooling LIME and SHAP", whose attack predicts differently for samples and for data).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lime.domains.checks import check_count
from lime.domains.labels import resolve_labels
from lime.domains.protocols import Sampling
from lime.domains.tabular.columns import Draws, codes_of, draw
from lime.domains.tabular.explainer import LimeTabularExplainer
from lime.domains.tabular.neighborhoods.input import NeighborhoodInput
from lime.domains.tabular.neighborhoods.protocols import INDEPENDENT
from lime.engine import surrogate
from lime.engine.designs import independent
from lime.engine.kernels import distances_to, effective_share, kernel_weights
from lime.engine.model import call_model
from lime.engine.moments import FLAT, Moments
from lime.engine.targets import Target
from lime.results.report import Report, ReportColumn
from lime.trust.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lime.domains.explainer import Explainer

__all__ = ["OffDataReport", "Side", "off_data"]

TREES = 200
DATA_LEFT_OUT = 0.05
"""Share of training rows that score below the threshold: what lies there looks less like data than these 5%."""

RESTS_OFF_DATA = 0.5
"""Share of the neighbourhood's weight out of distribution above which the explanation depends on such samples."""

FEW_ROWS = 4
"""Training rows for each column, in rows of equal weight, below which nothing is fitted to them."""

PARTS = 0.5
"""Fall of R² from a surrogate of the training rows to that of the samples, beyond which the model is said to behave
differently on the data. Models that were only trained fall by less (see benchmarks/trust_offdata.py)."""

PLACES = 50
"""Training rows around which samples are drawn where no instance is given and they depend on it."""

SMALLEST = 30
"""Training rows below which no classifier can tell anything."""


RESTS = (
    "The explanation depends mostly on samples that are out of distribution. It describes the model there. It "
    "describes the model on the data only as far as the model behaves the same."
)
DIFFERS = "The model behaves differently on the data and out of distribution. The explanation is not about the data."


@dataclass(frozen=True)
class Side:
    """Weights of one column from samples and from training rows.

    Attributes
    ----------
    index : int
        Of the column.
    name : str
        Of the column.
    everywhere, on_data : float
        Its weight in the fit to the samples, and in that to the training rows.
    difference_error : float
        Standard error of the difference, the two taken for independent (it overstates it a little).
    """

    index: int
    name: str
    everywhere: float
    on_data: float
    difference_error: float


@dataclass(frozen=True, repr=False)
class OffDataReport(Report):
    """How much of a neighbourhood lies where the training data does not.

    Attributes
    ----------
    share : float
        Of the neighbourhood's weight that looks less like data than 95% of the training rows do.
    share_error : float
        Its standard error over samples.
    auc : float
        Chance that a training row scores above a sample, samples by their weight: 0.5 where nothing tells them apart.
    threshold : float
        Out-of-bag probability of being data that 95% of the training rows reach.
    rows, samples : int
        That the classifier learned to tell apart.
    importance : tuple of (str, float)
        Columns by how much they told, adding up to 1.
    label_name : str or None
        The output that was compared; None where no model was given.
    sides : tuple of Side
        By falling size of the weight on the data; empty where no model was given or the rows are too few.
    score, score_on_data : float
        R² (leave-one-out) of the fits to the samples and to the training rows; NaN where there is none.
    score_carried_over : float
        Squared correlation of the samples' surrogate with the model on the training rows: R² after the best shift and
        scale, which correlated columns alone would ask for.
    effective_on_data : float
        Number of training rows of equal weight that those around the instance count as.
    num_model_calls : int
        Rows that the model was given: 0 where no model was given.
    """

    schema: ClassVar[str] = "lime.off-data/1"

    share: float
    share_error: float
    auc: float
    threshold: float
    rows: int
    samples: int
    importance: tuple[tuple[str, float], ...]
    label_name: str | None = None
    sides: tuple[Side, ...] = ()
    score: float = float("nan")
    score_on_data: float = float("nan")
    score_carried_over: float = float("nan")
    effective_on_data: float = float("nan")
    num_model_calls: int = 0

    @property
    def title(self) -> str:
        """What was measured."""
        return "The neighbourhood and the training data"

    @property
    def rests_off_data(self) -> bool:
        """Whether most of the neighbourhood's weight lies off the data."""
        return self.share > RESTS_OFF_DATA

    @property
    def predictions_differ(self) -> bool | None:
        """Whether the model behaves differently on the data than the samples' surrogate predicts; None if unknown."""
        if np.isnan(self.score_carried_over):
            return None
        return self.score_on_data - self.score_carried_over > PARTS

    def sentences(self) -> list[str]:
        """How much is out of distribution, and whether the model behaves differently there.

        Returns
        -------
        list of str
        """
        said = [
            (
                f"{percent(self.share)} of the neighbourhood's weight looks less like data than 95% of the training "
                "rows do. It would be 5% if samples were like data. A classifier tells samples from rows with AUC "
                f"{self.auc:.2f}."
            )
        ]
        if self.rests_off_data:
            said.append(RESTS)
        if self.label_name is None:
            return said
        if not self.sides:
            said.append(
                f"The training rows count as {self.effective_on_data:.0f} of equal weight around the instance, too few "
                "to compare the model on them and on the samples."
            )
            return said
        carried = (
            f"On training rows the surrogate of the samples has R² {self.score_carried_over:.2f} (up to shift and "
            f"scale), one fitted to them has {self.score_on_data:.2f}"
        )
        if not self.predictions_differ:
            return [*said, f"{carried}: the model does not behave differently there."]
        here = self.sides[0]
        there = max(self.sides, key=lambda one: abs(one.everywhere))
        strongest = (
            f"the strongest on the data is {here.name} ({here.on_data:.3g}), over the samples {there.name} "
            f"({there.everywhere:.3g})"
            if here.index != there.index
            else f"the strongest, {here.name}, has weight {here.on_data:.3g} on the data and {here.everywhere:.3g} "
            "over the samples"
        )
        return [*said, DIFFERS, f"{carried}: {strongest}."]

    def alarms(self) -> list[str]:
        """What a reader of the explanation must know of it; empty where there is nothing.

        Returns
        -------
        list of str
        """
        return [RESTS] * self.rests_off_data + [DIFFERS] * bool(self.predictions_differ)

    def numbers(self) -> dict[str, Any]:
        """The figures of the whole report.

        Returns
        -------
        dict
            Of str to numbers, words and bools; what is not known is None or NaN.
        """
        return {
            "share": self.share,
            "share_error": self.share_error,
            "auc": self.auc,
            "threshold": self.threshold,
            "rows": self.rows,
            "samples": self.samples,
            "rests_off_data": self.rests_off_data,
            "label_name": self.label_name,
            "score": self.score,
            "score_on_data": self.score_on_data,
            "score_carried_over": self.score_carried_over,
            "effective_on_data": self.effective_on_data,
            "predictions_differ": self.predictions_differ,
            "num_model_calls": self.num_model_calls,
        }

    def columns(self) -> list[ReportColumn]:
        """One row a column of the table: how much it told, or its weights on and off the data.

        Returns
        -------
        list of ReportColumn
            ``name`` and ``importance``; where the sides were compared ``everywhere``, ``on_data`` and
            ``difference_error`` too.
        """
        if not self.sides:
            return [
                ReportColumn("name", "column", [name for name, _ in self.importance], "text"),
                ReportColumn("importance", "tells them apart", [share for _, share in self.importance], "share"),
            ]
        of, told = self.sides, dict(self.importance)
        return [
            ReportColumn("name", "column", [one.name for one in of], "text"),
            ReportColumn("importance", "tells them apart", [told[one.name] for one in of], "share"),
            ReportColumn("everywhere", "samples", [one.everywhere for one in of]),
            ReportColumn("on_data", "rows", [one.on_data for one in of]),
            ReportColumn("difference_error", "error", [one.difference_error for one in of]),
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the weights on the data against those of all samples, or what told samples from rows.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw. None makes a new figure, which becomes pyplot's current one.

        Returns
        -------
        Axes

        Raises
        ------
        TypeError
            `ax` is no Axes.
        """
        from lime.render.report_plots import draw_pairs, draw_reaches

        if not self.sides:
            names = [name for name, _ in self.importance]
            shares = np.array([share for _, share in self.importance])
            axes = draw_reaches(names, shares, np.zeros(len(shares)), self.title, ax)
            axes.set_xlabel("share in telling samples from training rows")
            return axes
        return draw_pairs(
            np.array([one.everywhere for one in self.sides]),
            np.array([one.on_data for one in self.sides]),
            x_label="weight over the samples",
            y_label="weight over training rows",
            title=self.title,
            ax=ax,
        )


@dataclass(frozen=True)
class _Around:
    """Draws, as numbers, as the method sees them, and their weights."""

    values: NDArray[np.float64]
    z: NDArray[Any]
    instance: NDArray[np.float64]
    weights: NDArray[np.float64]
    of_data: bool = False
    """Whether they are training rows themselves, which nothing can tell from the data."""


def off_data(
    explainer: Explainer,
    training_data: Any,
    instance: Any = None,
    *,
    num_samples: int = 5000,
    predict_fn: Any = None,
    label: Any = 1,
    random_state: int | None = 0,
    distance_metric: Any = "euclidean",
    target: Target | None = None,
) -> OffDataReport:
    """Measure what share of a table's neighbourhood is out of distribution. No model is needed.

    A forest of 200 trees learns to tell training rows from as many samples. Each row and sample is scored by the
    trees that have not seen it (out of bag), further samples by all. A sample is out of distribution if it scores
    below a threshold that 95% of the training rows reach. If samples were like data, 5% of them would be.

    Parameters
    ----------
    explainer : LimeTabularExplainer
        One for dense tables.
    training_data : table
        Rows like those that the explainer was made with, at least 30.
    instance : row, optional
        Weighs samples by their proximity to it; all alike when None.
    num_samples : int
        Draws; at most as many training rows are used.
    predict_fn : callable or model, optional
        Predicts for samples and training rows, to compare the surrogate of the samples with one fitted to the rows.
    label : int or str
        The output to compare, by position or the class's name.
    random_state : int or None
        Seed of the samples and the forest.
    distance_metric : str or callable
        As for `explain_instance`.
    target : Target, optional
        That of an explanation, in place of `label`.

    Returns
    -------
    OffDataReport

    Raises
    ------
    TypeError
        If the explainer is not for dense tables: words taken out of one text, or segments out of one picture, can
        always be told from other texts and pictures, which says nothing.
    ValueError
        If the training data is too short or an argument is not what is described here.
    """
    if not isinstance(explainer, LimeTabularExplainer) or explainer.training_distribution.is_sparse:
        what = "one for sparse data" if isinstance(explainer, LimeTabularExplainer) else f"a {type(explainer).__name__}"
        raise TypeError(f"explainer is {what}: expected a LimeTabularExplainer with dense training data")
    if predict_fn is not None and instance is None:
        raise ValueError("instance=None with predict_fn: expected an instance whose surrogates can be compared")
    count = check_count("num_samples", num_samples, least=SMALLEST)
    rng = np.random.default_rng(random_state)
    rows = explainer.training_distribution.encode_all(training_data)
    if len(rows) < SMALLEST:
        raise ValueError(f"training_data has {len(rows)} rows: expected at least {SMALLEST}")
    if len(rows) > count:
        rows = rows[np.sort(rng.choice(len(rows), count, replace=False))]
    around = _surround_near(explainer, instance, rows, count, metric=distance_metric, rng=rng)
    if around is None:
        around = _surround(explainer, instance, count, distance_metric, rng)
    if around.of_data:
        of_rows, of_draws = np.zeros(len(rows)), np.zeros(len(around.values))
        told = np.zeros(rows.shape[1])
    else:
        of_rows, of_draws, told = _scores_as_data(rows, around.values, int(rng.integers(2**31)))
    threshold = float(np.quantile(of_rows, DATA_LEFT_OUT, method="lower"))
    # Many rows may score the same: of those at the threshold, the part that makes 5 % of the rows counts as below.
    outside = _below(of_draws, of_rows, threshold)
    mass = around.weights / around.weights.sum()
    share = float(mass @ outside)
    names = explainer.feature_names
    order = np.argsort(-told, kind="stable")
    report = OffDataReport(
        share=share,
        share_error=float(np.sqrt(np.square(mass) @ np.square(outside - share))),
        auc=_auc(of_rows, of_draws, mass),
        threshold=threshold,
        rows=len(rows),
        samples=len(around.values),
        importance=tuple((names[j], float(told[j])) for j in order),
    )
    if predict_fn is None:
        return report
    asked = {"metric": distance_metric, "predict_fn": predict_fn, "label": label, "target": target}
    return _with_model(report, explainer, instance, around, rows, **asked)


def _surround_near(
    explainer: LimeTabularExplainer,
    instance: Any,
    rows: NDArray[np.float64],
    count: int,
    *,
    metric: Any,
    rng: np.random.Generator,
) -> _Around | None:
    """Samples of a neighbourhood other than that of independent columns; None where it is that one.

    Without an instance they are those around some of the rows.
    """
    if explainer.neighborhood == INDEPENDENT:
        return None
    distribution, settings = explainer.training_distribution, explainer.check_arguments(explainer.complete_settings({}))
    places = [instance]
    if instance is None:
        some = rng.choice(len(rows), min(PLACES, len(rows)), replace=False)
        places = [distribution.decode(rows[[place]]) for place in some]
    parts = []
    for place in places:
        given = explainer.interpretable_input(place, settings)
        if not isinstance(given, NeighborhoodInput):
            raise ValueError("the neighbourhood has not been chosen yet: call choose_neighborhood(predict_fn) first")
        size = -(-count // len(places))
        samples = given.sample(Sampling(size, "gaussian", rng, explainer.random_state, metric))
        assert samples.distances is not None
        weights = kernel_weights(explainer.base.kernel_fn, samples.distances)
        weights = weights if samples.weights is None else weights * samples.weights
        parts.append(_Around(samples.values, samples.z, given.instance, weights, samples.design == "rows"))
    if len(parts) == 1:
        return parts[0]
    weights = np.concatenate([part.weights / part.weights.sum() for part in parts])
    values = np.concatenate([part.values for part in parts])
    return _Around(values, np.empty((len(values), 0)), np.empty(0), weights, parts[0].of_data)


def _surround(
    explainer: LimeTabularExplainer, instance: Any, count: int, metric: Any, rng: np.random.Generator
) -> _Around:
    """Independent samples of an explainer's distribution, with the weights that they have around an instance."""
    distribution = explainer.training_distribution
    if instance is None:
        row = distribution.row_of(np.full(len(distribution.names), np.nan), {})
    else:
        row = distribution.encode(instance)
    columns = distribution.column_distributions(row)
    draws = distribution.fill_bins(draw(columns, independent(count, len(columns), rng).u, None))
    if instance is None:
        return _Around(draws.values, np.empty((count, 0)), np.empty(0), np.ones(count))
    own = distribution.interpret_row(row, columns)
    z = distribution.interpret(draws, row, own)
    weights = kernel_weights(explainer.base.kernel_fn, distances_to(z, own.features, metric))
    return _Around(draws.values, z, own.features, weights)


def _scores_as_data(
    rows: NDArray[np.float64], draws: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Probability of being data, for training rows and samples, by trees that have not seen them; and importances."""
    from sklearn.ensemble import RandomForestClassifier

    learned = min(len(rows), len(draws))
    x = np.concatenate([rows, draws[:learned]])
    y = np.append(np.ones(len(rows), dtype=np.intp), np.zeros(learned, dtype=np.intp))
    forest = RandomForestClassifier(
        TREES, min_samples_leaf=2, oob_score=True, class_weight="balanced", random_state=seed, n_jobs=1
    ).fit(x, y)
    own = forest.oob_decision_function_[:, 1]
    of_draws = np.empty(len(draws))
    of_draws[:learned] = own[len(rows) :]
    if learned < len(draws):
        of_draws[learned:] = forest.predict_proba(draws[learned:])[:, 1]
    return own[: len(rows)], of_draws, np.asarray(forest.feature_importances_)


def _below(scores: NDArray[np.float64], of_rows: NDArray[np.float64], threshold: float) -> NDArray[np.float64]:
    """1 for scores below the threshold, and for those that equal it the part that makes the rows' share exact."""
    below, equal = float(np.mean(of_rows < threshold)), float(np.mean(of_rows == threshold))
    part = min(1.0, max(0.0, (DATA_LEFT_OUT - below) / equal)) if equal else 0.0
    result: NDArray[np.float64] = (scores < threshold) + part * (scores == threshold)
    return result


def _auc(of_rows: NDArray[np.float64], of_draws: NDArray[np.float64], mass: NDArray[np.float64]) -> float:
    """Chance that a row scores above a draw of weight `mass`, ties counting one half."""
    ordered = np.sort(of_rows)
    above = 1.0 - np.searchsorted(ordered, of_draws, side="right") / len(ordered)
    ties = (np.searchsorted(ordered, of_draws, side="right") - np.searchsorted(ordered, of_draws)) / len(ordered)
    return float(mass @ (above + ties / 2.0))


def _with_model(
    report: OffDataReport,
    explainer: LimeTabularExplainer,
    instance: Any,
    around: _Around,
    rows: NDArray[np.float64],
    *,
    metric: Any,
    predict_fn: Any,
    label: Any,
    target: Target | None,
) -> OffDataReport:
    """The report with the surrogates of samples and of training rows beside each other."""
    distribution = explainer.training_distribution
    predict = explainer.predict_function(predict_fn)
    row = distribution.encode(instance)
    asked = np.concatenate([around.values, rows])
    answers = call_model(
        predict,
        lambda start, stop: distribution.decode(asked[start:stop], row),
        len(asked),
        explainer.mode,
    )
    if target is not None:
        output, called, answers = 0, target.name, target.values(answers)[:, None]
    else:
        names, _ = explainer.names_of_classes(predict_fn, answers[0])
        (output,), _ = resolve_labels([label], None, answers[0], explainer.mode, names)
        called = "value" if names is None else names[output]
    report = replace(report, label_name=called, num_model_calls=len(asked))
    on_data = _rows_around(explainer, rows, instance, metric)
    effective = effective_share(on_data.weights) * len(rows)
    report = replace(report, effective_on_data=float(effective))
    columns = np.arange(around.z.shape[1])
    if effective < FEW_ROWS * max(len(columns), 10):
        return report
    y, y_rows = answers[: len(around.values), [output]], answers[len(around.values) :, [output]]
    every = surrogate.fit(Moments(around.z, y, around.weights), 0, columns, around.instance)
    alike = surrogate.fit(Moments(on_data.z, y_rows, on_data.weights), 0, columns, around.instance)
    assert every.standard_errors is not None
    assert alike.standard_errors is not None
    errors = np.hypot(every.standard_errors, alike.standard_errors)
    sides = [
        Side(j, explainer.feature_names[j], float(a), float(b), float(error))
        for j, (a, b, error) in enumerate(zip(every.coefficients, alike.coefficients, errors, strict=True))
    ]
    return replace(
        report,
        sides=tuple(sorted(sides, key=lambda one: -abs(one.on_data))),
        score=every.held_out_score,
        score_on_data=alike.held_out_score,
        score_carried_over=_agreement(y_rows[:, 0], on_data.z @ every.coefficients, on_data.weights),
    )


def _rows_around(explainer: LimeTabularExplainer, rows: NDArray[np.float64], instance: Any, metric: Any) -> _Around:
    """Training rows as the method would see them if they were samples around an instance."""
    distribution = explainer.training_distribution
    row = distribution.encode(instance)
    columns = distribution.column_distributions(row)
    cut = distribution.bins(rows)
    bins = [None] * len(rows) if cut is None else list(cut)
    codes = np.stack([codes_of(columns, one, own) for one, own in zip(rows, bins, strict=True)])
    own = distribution.interpret_row(row, columns)
    z = distribution.interpret(Draws(rows, codes, None), row, own)
    weights = kernel_weights(explainer.base.kernel_fn, distances_to(z, own.features, metric))
    return _Around(rows, z, own.features, weights)


def _agreement(y: NDArray[np.float64], predicted: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Squared weighted correlation: R² after the best shift and scale; 1 where there is nothing to predict."""
    mean = np.average(y, weights=weights)
    y = y - mean
    if np.abs(y).max() <= FLAT * abs(mean):  # what rounding leaves of predictions that are all the same
        return 1.0
    predicted = predicted - np.average(predicted, weights=weights)
    total = float(weights @ np.square(y))
    told = float(weights @ np.square(predicted))
    return 0.0 if told == 0.0 else float(weights @ (y * predicted)) ** 2 / (total * told)
