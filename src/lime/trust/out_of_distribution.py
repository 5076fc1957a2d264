"""Out of distribution: how much of a neighbourhood lies where the training data does not.

An explanation depends on the model's predictions for its samples. Columns are sampled independently of each other, so
many samples resemble no training row. There a model may predict anything, by neglect or by design (Slack et al. 2020,
"Fooling LIME and SHAP", whose attack predicts differently for samples and for data).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

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
from lime.engine.moments import FLAT, Moments
from lime.engine.targets import Target
from lime.models.calling import call_model
from lime.trust.out_of_distribution_report import OutOfDistributionReport, Side

if TYPE_CHECKING:
    from lime.domains.explainer import Explainer

__all__ = ["OutOfDistributionReport", "Side", "out_of_distribution"]

TREES = 200
DATA_LEFT_OUT = 0.05
"""Share of training rows that score below the threshold: what lies there looks less like data than these 5%."""

FEW_ROWS = 4
"""Training rows for each column, in rows of equal weight, below which nothing is fitted to them."""

PLACES = 50
"""Training rows around which samples are drawn where no instance is given and they depend on it."""

SMALLEST = 30
"""Training rows below which no classifier can tell anything."""


@dataclass(frozen=True)
class _Around:
    """Draws, as numbers, as the method sees them, and their weights."""

    values: NDArray[np.float64]
    z: NDArray[Any]
    instance: NDArray[np.float64]
    weights: NDArray[np.float64]
    of_data: bool = False
    """Whether they are training rows themselves, which nothing can tell from the data."""


def out_of_distribution(
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
) -> OutOfDistributionReport:
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
    OutOfDistributionReport

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
    # What is held fixed, and what a group's first column stands for, is not drawn.
    varying = explainer.training_distribution.varying
    at = varying.of(np.arange(rows.shape[1]))
    around = _surround_near(explainer, instance, rows, count, metric=distance_metric, rng=rng)
    if around is None:
        around = _surround(explainer, instance, count, distance_metric, rng)
    if around.of_data:
        of_rows, of_draws = np.zeros(len(rows)), np.zeros(len(around.values))
        told = np.zeros(len(at))
    else:
        of_rows, of_draws, told = _scores_as_data(rows[:, at], around.values, int(rng.integers(2**31)))
    threshold = float(np.quantile(of_rows, DATA_LEFT_OUT, method="lower"))
    # Many rows may score the same: of those at the threshold, the part that makes 5 % of the rows counts as below.
    outside = _below(of_draws, of_rows, threshold)
    mass = around.weights / around.weights.sum()
    share = float(mass @ outside)
    names = _names(explainer, at)
    order = np.argsort(-told, kind="stable")
    report = OutOfDistributionReport(
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
    report: OutOfDistributionReport,
    explainer: LimeTabularExplainer,
    instance: Any,
    around: _Around,
    rows: NDArray[np.float64],
    *,
    metric: Any,
    predict_fn: Any,
    label: Any,
    target: Target | None,
) -> OutOfDistributionReport:
    """The report with the surrogates of samples and of training rows beside each other."""
    distribution = explainer.training_distribution
    predict = explainer.predict_function(predict_fn)
    row = distribution.encode(instance)
    at = distribution.varying.of(np.arange(rows.shape[1]))
    asked = np.concatenate([around.values, rows[:, at]])
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
        Side(int(j), name, float(a), float(b), float(error))
        for j, name, a, b, error in zip(
            at, _names(explainer, at), every.coefficients, alike.coefficients, errors, strict=True
        )
    ]
    return replace(
        report,
        sides=tuple(sorted(sides, key=lambda one: -abs(one.on_data))),
        score=every.held_out_score,
        score_on_data=alike.held_out_score,
        score_carried_over=_agreement(y_rows[:, 0], on_data.z @ every.coefficients, on_data.weights),
    )


def _names(explainer: LimeTabularExplainer, columns: NDArray[np.intp]) -> list[str]:
    """Names of columns, and of groups by their first one."""
    varying = explainer.training_distribution.varying
    groups = {group.first: group.name for group in varying.groups}
    return [groups.get(j, explainer.feature_names[j]) for j in columns.tolist()]


def _rows_around(explainer: LimeTabularExplainer, rows: NDArray[np.float64], instance: Any, metric: Any) -> _Around:
    """Training rows as the method would see them if they were samples around an instance."""
    distribution = explainer.training_distribution
    row = distribution.encode(instance)
    columns = distribution.column_distributions(row)
    cut = distribution.bins(rows)
    rows = rows[:, row.columns]
    bins = [None] * len(rows) if cut is None else list(cut[:, row.columns])
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
