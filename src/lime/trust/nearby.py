"""Fit where it matters: the surrogate of an explanation, asked about real rows near its instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lime.domains.checks import check_count
from lime.domains.tabular.explainer import LimeTabularExplainer
from lime.domains.tabular.input import RowInput
from lime.domains.tabular.neighborhoods.judge import fit_on_rows
from lime.domains.tabular.neighborhoods.protocols import Place
from lime.engine.local_fit import LocalFit
from lime.models.calling import call_model

if TYPE_CHECKING:
    from lime.domains.explainer import Explainer
    from lime.results.explanation import Explanation

__all__ = ["LocalFit", "local_fit"]


def local_fit(
    explainer: Explainer,
    training_data: Any,
    explanation: Explanation,
    instance: Any,
    predict_fn: Any,
    *,
    num_samples: int = 5000,
) -> dict[Any, LocalFit]:
    """Judge an explanation's surrogate by the model's predictions for real rows near its instance.

    Explanations in a neighbourhood for which the explainer keeps training rows have it already, as their `local_fit`.
    For all others the model is asked about the rows here, and the explanation keeps what is found.

    Parameters
    ----------
    explainer : LimeTabularExplainer
        The one that made it, for dense tables or series.
    training_data : table
        Rows like those that the explainer was made with, which took no part in the fit.
    explanation : Explanation
        The one to judge; it keeps what is found.
    instance : row
        The one that was explained.
    predict_fn : callable or model
        As for `explain_instance`.
    num_samples : int
        Rows at most that the model is asked about; of more, a random sample.

    Returns
    -------
    dict of label -> LocalFit
        R^2 and error on the rows, weighted by nearness: a Gaussian kernel whose width is the distance, in standard
        deviations of the columns, within which 5 % of the rows lie.

    Raises
    ------
    TypeError
        The explainer is not for dense tables.
    ValueError
        There is no row.
    """
    if not isinstance(explainer, LimeTabularExplainer) or explainer.training_distribution.is_sparse:
        what = "one for sparse data" if isinstance(explainer, LimeTabularExplainer) else f"a {type(explainer).__name__}"
        raise TypeError(f"explainer is {what}: expected a LimeTabularExplainer with dense training data")
    most = check_count("num_samples", num_samples, least=1)
    distribution = explainer.training_distribution
    rows = distribution.encode_all(training_data)
    if not len(rows):
        raise ValueError("training_data has no rows: expected some near the instance")
    if len(rows) > most:
        rows = rows[np.sort(np.random.default_rng(0).choice(len(rows), most, replace=False))]
    given = explainer.interpretable_input(instance, explainer.check_arguments(explainer.complete_settings({})))
    assert isinstance(given, RowInput)
    rows = distribution.varying.with_fixed(rows, given.row.values)  # what the surrogate does not speak of stays
    place = Place(distribution, given.row, given.own, given.columns, explainer.base.kernel_fn, 1.0)
    truth = call_model(
        explainer.predict_function(predict_fn),
        lambda start, stop: distribution.decode(rows[start:stop].copy(), given.row),
        len(rows),
        explainer.mode,
    )
    found = {label: fit_on_rows(explanation, label, place, rows, truth) for label in explanation.local_exp}
    explanation.local_fit.update(found)
    return found
