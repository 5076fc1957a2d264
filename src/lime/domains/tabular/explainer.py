"""`LimeTabularExplainer`: explains single predictions of a model on rows of a table."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from lime._config import get_config
from lime.domains.checks import check_count
from lime.domains.class_names import check_class_names
from lime.domains.explainer import Explainer, check_mode
from lime.domains.fit_warnings import prediction_warnings
from lime.domains.labels import UNSAID, keep_labels, resolve_labels
from lime.domains.pipeline import KnownPredictions
from lime.domains.protocols import Model, Samples, Sampling
from lime.domains.settings import CLASSIC, EXACT, ExplainSettings, sampler_name
from lime.domains.tabular import classic
from lime.domains.tabular.arrays import with_arrays_where_needed
from lime.domains.tabular.columns import ColumnDistribution, Draws, draw
from lime.domains.tabular.discretize import DISCRETIZERS, BaseDiscretizer, StatsDiscretizer, bin_names
from lime.domains.tabular.exact import ANCHORED, ExactModel, agreeing, exact_model, explain_exactly, refusal
from lime.domains.tabular.exact_rows import explain_rows_in_columns
from lime.domains.tabular.forms import listing
from lime.domains.tabular.input import DEFAULT_SAMPLES, SOBOL, Naming, RowInput
from lime.domains.tabular.neighborhoods.explain import PreparedRows, explain_near, explain_rows_near
from lime.domains.tabular.neighborhoods.input import NeighborhoodInput
from lime.domains.tabular.neighborhoods.kept import predict_kept
from lime.domains.tabular.neighborhoods.learned import Surroundings, check_neighborhood
from lime.domains.tabular.neighborhoods.protocols import (
    INDEPENDENT,
    UNSAID_BINS,
    WITHOUT_KERNEL,
    Place,
    RowNeighborhood,
)
from lime.domains.tabular.rows import RowBatch, SharedSamples, explain_rows
from lime.domains.tabular.sparse import SparseTable
from lime.domains.tabular.statistics import check_bins, frequencies_of
from lime.domains.tabular.suspicions import codes, identifiers
from lime.domains.tabular.table import Table
from lime.domains.tabular.training_distribution import Row, TrainingDistribution
from lime.domains.targets import explained_column
from lime.engine.answers import refuse_unknown
from lime.engine.designs import UNIT_DESIGNS
from lime.engine.inspection import is_sparse, is_whole
from lime.engine.kernels import Kernel, distances_to
from lime.engine.links import unlinked
from lime.engine.memory import room_for_samples
from lime.engine.model import Predict
from lime.engine.registry import COLUMNS, find, registered
from lime.engine.requests import ExplanationCoroutine, drive
from lime.engine.selection import check_method
from lime.engine.stopping import Auto
from lime.engine.trees import Unreadable
from lime.engine.warn import warn_user
from lime.engine.wording import counted
from lime.results.columns import Columns
from lime.results.explanation import Explanation

AUTO = "auto"
EXACT_AS_READ = "exact weights: the model could be read"
NOT_EXACT = "no exact weights: {}"

SAMPLERS = ("auto", *UNIT_DESIGNS, EXACT, CLASSIC)
STATISTICS = ("means", "mins", "maxs", "stds", "feature_values", "feature_frequencies")

REMEMBERED_CELLS = 1_000_000
"""Cells of a neighbourhood up to which it is remembered for the next row: 10 MB."""


class LimeTabularExplainer(Explainer):
    """Explains predictions on tabular data.

    Around a row, draws are made column by column from the laws of the training data; the model is asked about
    them; and a sparse linear surrogate is fitted to its answers, weighted by proximity (Ribeiro et al. 2016).

    Parameters
    ----------
    training_data : array, frame or sparse matrix, shape (n, d)
        numpy, pandas, polars, pyarrow or scipy sparse. Columns of strings, categories and booleans are
        categorical without being listed; missing values are values of their own. Only statistics are kept, but
        for some values of `neighborhood`.
    mode : {"classification", "regression"}
        What the model does: give probabilities of classes, or values.
    training_labels : array_like, shape (n,), optional
        Used by the ``'entropy'`` discretizer.
    feature_names : sequence of str, optional
        Column names; those of a frame, or ``'0'``, ``'1'``, ... when None.
    categorical_features : sequence of int or str, optional
        Numeric columns whose numbers stand for categories, by position or name.
    categorical_names : mapping or sequence, optional
        For such a column, the names of its categories by number.
    kernel_width : float or "auto", optional
        Width of the kernel in units of distance; ``0.75 * sqrt(d)`` when None. ``'auto'`` chooses it for each row
        from the answers to the draws (see `lime.engine.widths`), and so moves the quantity that is estimated.
    kernel : callable, optional
        ``kernel(distances, kernel_width)`` -> weights; `lime.engine.kernels.exponential_kernel` when None.
    verbose : bool
        Whether to print the surrogate's and the model's values at the instance.
    class_names : sequence of str, optional
        Names of the classes in the order of the model's columns; the model's own ``classes_`` when None.
    feature_selection : {"auto", "forward_selection", "lasso_path", "highest_weights", "none"}
        ``'auto'`` is forward selection up to 6 features and the highest weights above.
    discretize_continuous : bool
        Whether to cut numeric columns into bins; not done for sparse data.
    discretizer : {"quartile", "decile", "entropy"} or BaseDiscretizer
        How to cut them.
    sample_around_instance : bool
        Whether numeric draws are centred on the instance instead of the training mean; without bins only.
    random_state : int, RandomState or None
        With an int every call is a pure function of seed, row and settings. A RandomState is advanced by each
        call. None takes numpy's global state, so that ``numpy.random.seed`` has its effect.
    training_data_stats : mapping, optional
        ``means``, ``mins``, ``maxs``, ``stds``, ``feature_values``, ``feature_frequencies`` (and ``bins``) by
        column, in place of those of the training data.
    keep_integers : bool, optional
        Whether integer columns reach the model as whole numbers. Rounding moves the target a little. When None,
        a frame's integer columns keep their dtype, since the model was trained on it, and a bare array's are
        drawn as fractions, as lime 0.2.0.1 does.
    column_distributions : mapping, optional
        Distributions of numeric columns in place of the usual ones, by position or name of the column: a name that
        `lime.register_column_distribution` knows, or a function like those. They move the target.
    neighborhood : {"independent", "rows", "copula", "near", "gaussian", "auto"} or RowNeighborhood
        What is drawn around a row. ``'independent'``: each column by itself, as in lime 0.2.0.1. ``'rows'``: the
        training rows themselves, weighted by nearness; the model is asked about them once for all explanations.
        ``'copula'``: new rows with the correlations of the training data. ``'near'``: new rows, mixed from near
        training rows. ``'gaussian'``: normal around the row, column by column. ``'auto'``: of these four the one that
        fits a model best near training rows, see `choose_neighborhood`. An object of your own has the method of
        `lime.extending.RowNeighborhood`. In all but the first numbers are shown as slopes, by standard deviation,
        unless ``discretize_continuous=True`` is given. With ``'rows'``, ``'near'`` and ``'auto'`` the explainer keeps
        training rows, at most 10,000, also in the files that `save` writes.
    spread : float or "auto", optional
        How wide it is. Of ``'rows'`` and ``'near'`` the share of the training rows within the kernel's usual width (0.1
        when None); of ``'copula'`` the kernel's width in normal scores over the root of the number of columns (0.5); of
        ``'gaussian'`` the standard deviation of draws over that of the training data (0.5). ``'auto'`` compares some,
        see `choose_neighborhood`.

    Attributes
    ----------
    base : LimeBase
        Holds the kernel; one of a user's own class takes over selection and fit.
    discretizer : BaseDiscretizer or None
    scaler : StandardScaler
        Means and scales of the columns, 0 and 1 where z is 0 or 1.
    feature_values, feature_frequencies : dict of int
        Bins or categories of a column that occur, and their shares.

    Raises
    ------
    ValueError
        If an argument is not what is described here; the message names it.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from lime import LimeTabularExplainer
    >>> wine = load_wine(as_frame=True)
    >>> model = RandomForestClassifier(random_state=0).fit(wine.data, wine.target)
    >>> explainer = LimeTabularExplainer(wine.data, random_state=0)
    >>> explanation = explainer.explain_instance(wine.data.iloc[0], model, num_features=3)
    >>> len(explanation.as_list())
    3
    """

    _surroundings: Surroundings | None = None
    """The neighbourhood, where it is another than that of independent columns."""

    _resample: int | None = None
    """Seed of a bootstrap sample of training rows, in copies that tell how stable an explanation is."""

    _suspicions: Sequence[str] = ()
    """What is odd about columns, for every explanation."""

    _discretizer_seed: int | None = None
    """Of a discretizer that came with random numbers of its own."""

    _model_argument = "predict_fn"
    _default_samples = DEFAULT_SAMPLES
    _samplers = SAMPLERS
    _sampler_kind = "points"
    _own_columns: Mapping[int, Any] = MappingProxyType({})
    _what = "tables"

    def __init__(  # noqa: PLR0917 (as in lime 0.2.0.1)
        self,
        training_data: Any,
        mode: str = "classification",
        training_labels: ArrayLike | None = None,
        feature_names: Iterable[Any] | None = None,
        categorical_features: Iterable[Any] | None = None,
        categorical_names: Mapping[Any, Any] | Sequence[Any] | None = None,
        kernel_width: float | str | None = None,
        kernel: Kernel | None = None,
        verbose: bool = False,
        class_names: Any = None,
        feature_selection: str = "auto",
        discretize_continuous: bool = UNSAID_BINS,
        discretizer: str | BaseDiscretizer = "quartile",
        sample_around_instance: bool = False,
        random_state: int | np.random.RandomState | None = None,
        training_data_stats: Mapping[str, Any] | None = None,
        *,
        keep_integers: bool | None = None,
        column_distributions: Mapping[Any, Any] | None = None,
        neighborhood: str | RowNeighborhood = INDEPENDENT,
        spread: float | str | None = None,
    ) -> None:
        check_method(feature_selection)
        self.seed_with(random_state)
        self.mode = check_mode(mode)
        self.sample_around_instance = sample_around_instance
        self.training_data_stats = training_data_stats
        if training_data_stats is not None:
            self.validate_training_data_stats(training_data_stats)
        self.class_names = check_class_names(class_names)
        self.feature_selection = feature_selection

        self._table: Table | SparseTable
        matrix: NDArray[np.float64] | None = None
        if is_sparse(training_data):
            self._table = SparseTable.read(training_data, feature_names, categorical_features)
        else:
            self._table, matrix = Table.read(
                training_data,
                feature_names=feature_names,
                categorical_features=categorical_features,
                categorical_names=categorical_names,
            )
        d = len(self._table.names)
        self.feature_names: list[str] = list(self._table.names)
        self.categorical_names: Any = {} if categorical_names is None else categorical_names
        self._keep_integers = self._table.kind != "numpy" if keep_integers is None else bool(keep_integers)
        if isinstance(self._table, Table):
            self._keep_large(self._table)

        listed = self._table.categorical_features
        # A column in which nothing is known has no numbers to cut or scale: "is missing" is its only category.
        empty = [] if matrix is None else np.flatnonzero(np.isnan(matrix).all(axis=0)).tolist()
        self.categorical_features: list[int] = list(dict.fromkeys([*listed, *empty]))
        self._check_categorical_names()
        if neighborhood is not INDEPENDENT or spread is not None:
            check_neighborhood(neighborhood, spread, is_sparse=matrix is None)
        if discretize_continuous is UNSAID_BINS and neighborhood != INDEPENDENT:
            discretize_continuous = False  # slopes, where rows are near each other; bins have to be asked for
        self._warn_of_ignored(discretize_continuous, discretizer, sparse_data=matrix is None, d=d)
        self.discretizer: BaseDiscretizer | None = None
        if discretize_continuous and matrix is not None:
            self.discretizer = self._make_discretizer(discretizer, matrix, training_labels)

        self._categorical = frozenset(self.categorical_features)
        self._fixed_laws: dict[int, ColumnDistribution] = {}
        if column_distributions:
            self._own_columns = self._learn_own(column_distributions, matrix)
        if isinstance(self._table, SparseTable):
            self._learn_sparse(self._table)
        elif matrix is not None:
            self._learn_columns(matrix)
        if isinstance(self._table, Table) and matrix is not None:
            for sentence in identifiers(self._table, matrix):
                warn_user(sentence)
            self._suspicions = codes(self._table, matrix, self.training_distribution.column)
            for sentence in self._suspicions:
                warn_user(sentence)

        if neighborhood != INDEPENDENT:
            self._surroundings = Surroundings(neighborhood, spread, matrix, self._categorical)
            if neighborhood in WITHOUT_KERNEL and (kernel_width is not None or kernel is not None):
                warn_user(
                    f"kernel and kernel_width have no effect with neighborhood={neighborhood!r}: pass spread instead"
                )
                kernel, kernel_width = None, None
        usual = self._usual_width
        self._weigh_with(kernel, usual if kernel_width is None else kernel_width, verbose, usual, ", or None")

    @property
    def _usual_width(self) -> float:
        """The kernel's width where none is given."""
        return 0.75 * float(np.sqrt(len(self._table.names)))

    def _repr_settings(self) -> dict[str, Any]:
        # Not `categorical_features`, which holds the columns that are cut into bins as well.
        d, categorical = len(self._table.names), len(self._table.categorical_features)
        kinds = ((d - categorical, "numeric"), (categorical, "categorical"))
        kept = ", ".join(f"{number} {kind}" for number, kind in kinds if number)
        more: dict[str, Any] = {}
        if self.discretizer is None and not isinstance(self._table, SparseTable):
            more = {"discretize_continuous": False}
        elif self.discretizer is not None and type(self.discretizer).__name__ != "QuartileDiscretizer":
            more = {"discretizer": type(self.discretizer).__name__}
        if self._surroundings is not None:
            more.pop("discretize_continuous", None)
            more |= self._surroundings.told()
        return {
            "things": f"{counted(d, 'column')} ({kept})",
            "usual_width": self._usual_width,
            "more": more,
        }

    @staticmethod
    def convert_and_round(values: Iterable[float]) -> list[str]:
        """Write numbers with two decimals.

        Parameters
        ----------
        values : iterable of float
            In any unit.

        Returns
        -------
        list of str
            As many, such as ``'0.33'``.
        """
        return [f"{value:.2f}" for value in values]

    @staticmethod
    def validate_training_data_stats(training_data_stats: Mapping[str, Any]) -> None:
        """Check that statistics have all the keys that they need.

        Parameters
        ----------
        training_data_stats : mapping
            ``means``, ``mins``, ``maxs``, ``stds``, ``feature_values``, ``feature_frequencies``, each by column.

        Raises
        ------
        ValueError
            If it is no mapping or lacks a key; the message names what is missing.
        """
        if not isinstance(training_data_stats, Mapping):
            raise ValueError(f"training_data_stats={training_data_stats!r}: expected a mapping with {list(STATISTICS)}")
        missing = [key for key in STATISTICS if key not in training_data_stats]
        if missing:
            raise ValueError(f"training_data_stats lacks {missing}: expected the keys {list(STATISTICS)}")

    def explain_instance(  # noqa: PLR0917 (as in lime 0.2.0.1)
        self,
        data_row: Any,
        predict_fn: Any,
        labels: Any = UNSAID,
        top_labels: int | None = None,
        num_features: int = 10,
        num_samples: int | str | Auto = DEFAULT_SAMPLES,
        distance_metric: str | Callable[..., float] = "euclidean",
        model_regressor: Any = None,
        sampling_method: str | None = None,
        batch_size: int | None = None,
        progress_bar: bool = False,
        *,
        anchored: bool = False,
        target: Any = None,
        link: str | None = None,
    ) -> Explanation:
        """Explain the model's prediction for one row.

        Parameters
        ----------
        data_row : array, Series, dict, frame of one row or sparse row
            The row, by position or by the names of the training data's columns.
        predict_fn : callable or model
            Takes rows in the form of the training data, returns probabilities of shape (n, k), or values of
            shape (n,) or (n, k) in regression; or a model with ``predict_proba`` or ``predict``.
        labels : iterable of int or str
            Classes by position or name, or outputs of a regression with several by position, to explain.
            Positions may count from the end, as Python's do.
        top_labels : int, optional
            Explain the classes with the highest probabilities instead, this many.
        num_features : int
            Most features in the explanation.
        num_samples : int, "auto" or Auto
            Rows that the model is asked about, the instance included. With ``'auto'`` draws are made in stages
            until the answer is settled (see `Auto`), at most 5000.
        distance_metric : str or callable
            A metric of :func:`sklearn.metrics.pairwise_distances`.
        model_regressor : estimator, optional
            Takes the place of ridge regression; its weights carry no standard errors.
        sampling_method : {"auto", "sobol", "gaussian", "lhs", "exact", "classic"}, optional
            How to draw; None is what `lime.set_config` says, which is ``'sobol'`` where nothing was set. ``'exact'``
            computes the weights from the model itself, without sampling error, where it consists of trees or is
            linear. It then predicts at most 512 rows, for R² and as a check. ``'auto'`` is ``'exact'`` where that can
            be, and else ``'sobol'``; `Explanation.sampling_reason` says why. ``'classic'`` gives the numbers of lime
            0.2.0.1, whose stream each call advances.
        batch_size : int, optional
            Most rows in one call of the model; all in one when None.
        progress_bar : bool
            Whether to show a bar over the model calls.
        anchored : bool
            Whether the surrogate is held to the model's prediction for the instance. Baseline and contributions then
            add up to the prediction; see `Explanation.contributions`.
        target : int, str, tuple, "margin" or callable, optional
            What of the predictions is explained, in place of `labels`: a class by name or number; a pair of classes,
            for why the first rather than the second; ``"margin"``, the top class against the runner-up; or a function
            that takes predictions of shape (n, k) and returns n numbers.
        link : {"identity", "logit"}, optional
            Unit in which probabilities are explained. ``"logit"``: their log-odds, clipped at 13.8 on either side.
            `target` is then made of these.

        Returns
        -------
        Explanation

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's answer is not what is described here.
        """
        settings = {
            "labels": keep_labels(labels),
            "top_labels": top_labels,
            "num_features": num_features,
            "num_samples": num_samples,
            "distance_metric": distance_metric,
            "model_regressor": model_regressor,
            "sampling_method": sampling_method,
            "batch_size": batch_size,
            "progress_bar": progress_bar,
            "anchored": anchored,
            "target": target,
            "link": link,
        }
        exp: Explanation = drive(self._explain_steps(data_row, predict_fn, settings))
        return exp

    @property
    def training_distribution(self) -> TrainingDistribution:
        """What was learned from the training data, with the attributes of this explainer as they are now."""
        return TrainingDistribution(
            table=self._table,
            names=self.feature_names,
            discretizer=self.discretizer,
            scaler=self.scaler,
            feature_values=self.feature_values,
            feature_frequencies=self.feature_frequencies,
            categorical=self._categorical,
            means=self._means,
            stds=self._stds,
            missing=self._missing,
            keep_integers=self._keep_integers,
            around_instance=self.sample_around_instance,
            learned=self._fixed_laws,
            own=self._own_columns,
        )

    def interpretable_input(self, instance: Any, settings: ExplainSettings, **of_this_type: Any) -> RowInput:
        """A row as the method sees it; see `Explainer.interpretable_input`.

        Parameters
        ----------
        instance : row
            As for `explain_instance`.
        settings : ExplainSettings
            The checked arguments of the call.
        **of_this_type
            None for tables.

        Returns
        -------
        RowInput
        """
        distribution = self.training_distribution
        return self._input_of(distribution, distribution.encode(instance))

    def _input_of(self, distribution: TrainingDistribution, row: Row) -> RowInput:
        given = RowInput.of(distribution, row, self._draw, self._naming())
        found = self._surroundings
        if found is None or found.is_open or self._overrides_sampling():
            return given
        return NeighborhoodInput.beside(given, found.current(self._resample), self.base.kernel_fn, self._usual_width)

    @property
    def neighborhood(self) -> Any:
        """The neighbourhood as it was asked for: a name, or an object of the user's."""
        return INDEPENDENT if self._surroundings is None else self._surroundings.asked

    def choose_neighborhood(self, predict_fn: Any, *, batch_size: int | None = None) -> str:
        """Choose the neighbourhood, or its spread, that fits a model best near some training rows.

        With ``neighborhood='auto'`` or ``spread='auto'`` this happens once, at the first explanation, and the choice is
        kept for later ones, also of other models; this method chooses anew. Near 8 training rows each candidate is
        drawn from two thirds of the training rows, and its surrogate judged on those of the others that are near. Of
        candidates as good as the best, by one standard error, the one is taken that puts least weight on columns that
        the model does not use. The model is asked about the training rows (at most 2,000), and about 300 to 1,000
        samples for each row and candidate that is not made of training rows.

        Parameters
        ----------
        predict_fn : callable or model
            As for `explain_instance`.
        batch_size : int, optional
            Most rows in one call of the model.

        Returns
        -------
        str
            Name of the neighbourhood that explanations have from now on.
        """
        found = self._surroundings
        if found is None or not found.chooses:
            return INDEPENDENT if found is None else found.name
        arguments = self.complete_settings({"batch_size": batch_size})
        model, distribution = self._model(predict_fn, None, arguments), self.training_distribution

        def place_of(row: Row) -> Place:
            given = RowInput.of(distribution, row, self._draw, self._naming())
            return Place(distribution, row, given.own, given.columns, self.base.kernel_fn, self._usual_width)

        drive(found.choose(predict_fn, model, place_of, distribution))
        return found.name

    def _settle_neighborhood(self, predict_fn: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Choose what is to be chosen; the arguments without a sampling method that is for independent columns."""
        found, settings = self._surroundings, dict(arguments)
        assert found is not None
        if settings["sampling_method"] is None and get_config()["sampling_method"] in (CLASSIC, EXACT):
            settings["sampling_method"] = "auto"
        if settings["sampling_method"] == CLASSIC:
            raise ValueError(
                f"sampling_method='classic' with neighborhood={found.asked!r}: expected neighborhood='independent', as "
                "lime 0.2.0.1 had no other"
            )
        if settings["sampling_method"] == EXACT:
            raise refusal(Unreadable(_dependent(found.asked)))
        if found.is_open:
            self.choose_neighborhood(predict_fn, batch_size=settings["batch_size"])
        return settings

    def _explain_steps(self, instance: Any, predict_fn: Any, arguments: Mapping[str, Any]) -> ExplanationCoroutine[Any]:
        if arguments["sampling_method"] == AUTO:
            return (yield from self._explain_exactly_or_sampled(instance, predict_fn, arguments))
        if self._surroundings is None and self.check_arguments(arguments).is_exact:
            try:
                return (yield from self._explain_exactly(instance, predict_fn, arguments))
            except Unreadable as error:
                raise refusal(error) from error
        return (yield from self._explain_sampled(instance, predict_fn, arguments))

    def _explain_sampled(
        self, instance: Any, predict_fn: Any, arguments: Mapping[str, Any]
    ) -> ExplanationCoroutine[Any]:
        if self._surroundings is None or self._overrides_sampling():
            return (yield from super()._explain_steps(instance, predict_fn, arguments))
        arguments = self._settle_neighborhood(predict_fn, arguments)
        settings, given, model = self._read(instance, predict_fn, arguments)
        assert isinstance(given, NeighborhoodInput)
        return (yield from explain_near(given, model, settings, self._surroundings, predict_fn))

    def independent_copies(self, count: int) -> list[Self]:  # noqa: D102 (inherited)
        copies = super().independent_copies(count)
        for one in copies:
            # Where training rows are the neighbourhood nothing is drawn: what varies is which rows there were.
            one._resample = one.current_seed()  # noqa: SLF001 (copies of its own class)
        return copies

    def _explain_exactly(
        self, instance: Any, predict_fn: Any, arguments: Mapping[str, Any]
    ) -> ExplanationCoroutine[Explanation]:
        settings, given, model = self._read(instance, predict_fn, arguments)
        assert isinstance(given, RowInput)
        read = partial(self._exact, predict_fn, settings, given.distribution)
        return (yield from explain_exactly(read, given, model, settings, self))

    def _explain_exactly_or_sampled(
        self, instance: Any, predict_fn: Any, arguments: Mapping[str, Any]
    ) -> ExplanationCoroutine[Any]:
        reason = self._why_not_exact(predict_fn, arguments)
        if reason is None:
            try:
                exp = yield from self._explain_exactly(instance, predict_fn, {**arguments, "sampling_method": EXACT})
            except Unreadable as error:  # it gives other predictions than what was read of it
                reason = str(error)
            else:
                exp.sampling_reason = EXACT_AS_READ
                return exp
        exp = yield from self._explain_sampled(instance, predict_fn, arguments)
        exp.sampling_reason = NOT_EXACT.format(reason)
        return exp

    def why_not_exact(self, predict_fn: Any, **settings: Any) -> str | None:
        """Say why there are no exact weights of a model; see ``sampling_method="exact"`` of `explain_instance`.

        The model is read, and not called.

        Parameters
        ----------
        predict_fn : callable or model
            As for `explain_instance`.
        **settings
            Those of `explain_instance`.

        Returns
        -------
        str or None
            One sentence without a stop; None where there are exact weights.

        Raises
        ------
        TypeError
            If there is no such setting.
        """
        return self._why_not_exact(predict_fn, self.complete_settings(settings))

    def _why_not_exact(self, predict_fn: Any, arguments: Mapping[str, Any]) -> str | None:
        if self._surroundings is not None:
            return _dependent(self._surroundings.asked)
        anchored = arguments["anchored"]
        checked = self.check_arguments({**arguments, "sampling_method": EXACT, "anchored": False})
        if not checked.is_exact:
            return "one sample is the row itself"
        distribution = self.training_distribution
        try:
            found = self._exact(predict_fn, checked, distribution)
            found.compile(distribution, range(found.arrays.outputs))
        except Unreadable as error:
            return str(error)
        return ANCHORED if anchored else None  # said last, as lime.Explainer asks for it where nothing is exact

    def _exact(self, predict_fn: Any, settings: ExplainSettings, distribution: TrainingDistribution) -> ExactModel:
        """The model as arrays.

        Raises
        ------
        Unreadable
            If there are no exact weights.
        """
        if self._overrides_sampling():
            raise Unreadable("this explainer draws its samples in a way of its own")
        return exact_model(predict_fn, distribution, settings, self.mode, self)

    def _naming(self) -> Naming:
        return Naming(self.mode, self._names_now(), self.categorical_names, self.random_state, self._suspicions)

    def predict_function(self, model: Any) -> Predict:  # noqa: D102 (inherited)
        return with_arrays_where_needed(self._table, super().predict_function(model), self._model_argument)

    # ---- many rows

    def _prepare_rows(self, predict_fn: Any, settings: dict[str, Any]) -> PreparedRows | None:
        """What rows share whose neighbourhood are the training rows."""
        assert self._surroundings is not None
        arguments = self._settle_neighborhood(predict_fn, self.complete_settings(settings))
        checked, kept = self.check_arguments(arguments), self._surroundings.kept
        if self.overrides_explain() or self._surroundings.name != "rows" or kept is None or checked.num_samples == 1:
            return None
        model, size = self._model(predict_fn, None, arguments), min(checked.num_samples - 1, len(kept))
        _, known = drive(predict_kept(kept, size, predict_fn, model, distribution=self.training_distribution))
        _check_labels(checked, model, known)
        return PreparedRows(known)

    def prepare_batch(self, predict_fn: Any, settings: dict[str, Any]) -> SharedSamples | PreparedRows | None:  # noqa: D102 (inherited)
        if self._surroundings is not None and not self._overrides_sampling():
            return self._prepare_rows(predict_fn, settings)
        distribution = self.training_distribution
        if distribution.around_instance or distribution.is_sparse:
            return None
        if self._overrides_sampling() or self.overrides_explain():
            return None
        arguments = self.complete_settings(settings)
        reason = ""
        if arguments["sampling_method"] == AUTO:
            why = self._why_not_exact(predict_fn, arguments)
            reason = EXACT_AS_READ if why is None else NOT_EXACT.format(why)
            if why is None:
                arguments = {**arguments, "sampling_method": EXACT}
        checked = self.check_arguments(arguments)
        if checked.is_classic:
            return None  # every call draws anew
        model = self._model(predict_fn, None, arguments)
        row = distribution.row_of(np.zeros(len(distribution.names)), {})
        given = RowInput.of(distribution, row, self._draw, self._naming())
        sampling = checked.sampling()
        draws = self._draw(row, given.columns, sampling)
        predictions, calls = drive(given.predict_draws(model, draws))
        labels, top = _check_labels(checked, model, predictions)
        k = predictions.shape[1]
        every = top or checked.target is not None
        exact, outputs = None, tuple(range(k) if every else sorted({label % k for label in labels}))
        if checked.is_exact:
            try:
                read = partial(self._exact, predict_fn, checked, distribution)
                exact = agreeing(read, distribution, draws.values, predictions, self)
                exact.compile(distribution, outputs)
            except Unreadable as error:
                if reason:
                    return None  # each row goes its own way
                raise refusal(error) from error
        if not any(column.is_number for column in given.columns):
            draws = replace(draws, values=draws.values[:0])  # the codes say all; workers need not be sent the rest
        found = prediction_warnings(unlinked(predictions, checked.link), self.mode)
        return SharedSamples(draws, predictions, given.columns, sampling, calls, found, exact, outputs, reason)

    def explain_batch(  # noqa: D102 (inherited)
        self, prepared: Any, instances: Sequence[Any], predict_fn: Any, settings: dict[str, Any]
    ) -> Iterator[Explanation | Exception]:
        if prepared is None:
            yield from super().explain_batch(prepared, instances, predict_fn, settings)
            return
        arguments = self.complete_settings(settings)
        model = self._model(predict_fn, None, arguments)
        if isinstance(prepared, PreparedRows):
            assert self._surroundings is not None
            asked = arguments["sampling_method"]
            arguments = self._settle_neighborhood(predict_fn, arguments)
            distribution = self.training_distribution
            reason = "" if asked != AUTO else NOT_EXACT.format(_dependent(self._surroundings.asked))
            for exp in explain_rows_near(
                prepared,
                instances,
                lambda row: self._input_of(distribution, row),
                self._surroundings,
                distribution=distribution,
                model=model,
                settings=self.check_arguments(arguments),
            ):
                if isinstance(exp, Explanation):
                    exp.sampling_reason = reason
                yield exp
            return
        shared: SharedSamples = prepared
        batch = RowBatch(self.training_distribution, shared, self._settings_of(shared, arguments), model)
        yield from explain_rows(batch, instances, self._draw, self._naming())

    def explain_columns(  # noqa: D102 (inherited)
        self, prepared: Any, rows: Any, predict_fn: Any, settings: dict[str, Any], names: tuple[Any, Any]
    ) -> Columns | None:
        if not isinstance(prepared, SharedSamples) or prepared.exact is None:
            return None
        arguments = self.complete_settings(settings)
        model = self._model(predict_fn, None, arguments)
        batch = RowBatch(self.training_distribution, prepared, self._settings_of(prepared, arguments), model)
        return explain_rows_in_columns(batch, rows, self._draw, self._naming(), names)

    def _settings_of(self, shared: SharedSamples, arguments: Mapping[str, Any]) -> ExplainSettings:
        """The settings of a call, with the way that was taken for all of its rows."""
        taken = arguments if shared.exact is None else {**arguments, "sampling_method": EXACT}
        return self.check_arguments(taken)

    def __data_inverse(self, data_row: Any, num_samples: int, sampling_method: str = "gaussian") -> tuple[Any, Any]:
        """Draw a neighbourhood as lime 0.2.0.1 did, for programs that call or override this method of its class.

        Parameters
        ----------
        data_row : array or sparse row, shape (d,)
        num_samples : int
        sampling_method : {"gaussian", "sobol", "lhs"}
            ``'gaussian'`` takes the draws of 0.2.0.1 from the stream `random_state`.

        Returns
        -------
        data : ndarray or sparse matrix of float, shape (num_samples, d)
            Values of numeric columns that are not cut; 1 in all others where a draw agrees with the row, else 0.
        inverse : shape (num_samples, d)
            The draws, in the form of the training data. In both the first row is the instance's.
        """
        distribution = self.training_distribution
        row = distribution.encode(data_row)
        given = RowInput.of(distribution, row, self._draw, self._naming())
        classic_ones = sampling_method == "gaussian"
        sampling = Sampling(
            size=check_count("num_samples", num_samples, least=1) - 1,
            method=CLASSIC if classic_ones else sampler_name(sampling_method, SAMPLERS, self._what, self._sampler_kind),
            rng=None if classic_ones else self.new_generator(),
            state=self.random_state,
            metric="euclidean",
        )
        draws = self._draw(row, given.columns, sampling)
        z = distribution.interpret(draws, row, given.own)
        scaler, columns = self.scaler, row.columns
        data = np.concatenate([given.instance[None], z]) * scaler.scale_[columns] + scaler.mean_[columns]
        rows = np.concatenate([row.values[None, columns], draws.values])
        return (distribution.decode(data, row) if distribution.is_sparse else data), distribution.decode(rows, row)

    def _overrides_sampling(self) -> bool:
        """Whether a subclass, or whoever has the object, put another function in the place of `__data_inverse`."""
        return getattr(self.__data_inverse, "__func__", None) is not LimeTabularExplainer.__data_inverse

    def _own_samples(
        self, instance: Any, given: Any, predict_fn: Any, model: Model, settings: ExplainSettings
    ) -> tuple[Samples, KnownPredictions] | None:
        """Samples of a program's own `__data_inverse`."""
        if not self._overrides_sampling():
            return None
        row: Row = given.row
        draw_own: Callable[..., Any] = self.__data_inverse
        takes_method = len(inspect.signature(draw_own).parameters) > 2
        more = ("gaussian",) if takes_method else ()
        data, inverse = draw_own(given.distribution.as_row(instance), settings.num_samples, *more)
        dense = np.asarray(data.toarray() if is_sparse(data) else data, dtype=np.float64)[:, row.columns]
        z = (dense - self.scaler.mean_[row.columns]) / self.scaler.scale_[row.columns]
        distances = distances_to(z[1:], z[0], settings.distance_metric)
        samples = Samples(z[1:], distances, design=CLASSIC, sequences=True)
        predictions = model.request(lambda start, stop: inverse[start:stop], len(z)).predictions()
        return samples, KnownPredictions(predictions[0], predictions[1:], len(z))

    def _draw(self, row: Row, columns: list[ColumnDistribution], sampling: Sampling) -> Draws:
        d = len(columns)
        with room_for_samples(sampling.size + 1, d, 2 * sampling.size * d):  # the draws, and what they mean
            return self._drawn(row, columns, sampling)

    def _drawn(self, row: Row, columns: list[ColumnDistribution], sampling: Sampling) -> Draws:
        distribution = self.training_distribution
        if sampling.rng is None:
            scale = self.scaler.scale_[row.columns]
            order = self.categorical_features
            return classic.draw(
                sampling.state, sampling.size + 1, columns, order=order, scale=scale, discretizer=self.discretizer
            )
        # With a seed, and distributions that do not depend on the row, every row has the same draws: made once.
        lasting = self._seed is not None and self.random_state is self._seeded_state and self._all_fixed(columns)
        lasting = lasting and (sampling.size + 1) * len(columns) <= REMEMBERED_CELLS and type(self).__hash__ is not None
        seeds = (self._seed, self._discretizer_seed)
        key = (sampling.size, sampling.method, *seeds, *map(id, columns)) if lasting else None
        before = None if key is None else _REMEMBERED.get(self)
        if before is not None and before[0] == key:
            return before[1]
        points = sampling.own_points(len(columns))
        if points is None:
            name = SOBOL if sampling.method == "auto" else str(sampling.method)
            points = UNIT_DESIGNS[name](sampling.size, len(columns), sampling.rng)
        draws = distribution.fill_bins(draw(columns, points.u, points.groups))
        if key is not None:
            _REMEMBERED[self] = (key, draws)
        return draws

    def _all_fixed(self, columns: Sequence[ColumnDistribution]) -> bool:
        """Whether distributions, and what a discretizer makes of them, are the same for every row and call."""
        fills = self.training_distribution.fills_bins_itself
        return not fills and all(column is self._fixed_laws.get(j) for j, column in enumerate(columns))

    def _names_now(self) -> tuple[str, ...]:
        """Names of the columns: `feature_names` as they are at the call, which programs set after construction."""
        names = tuple(self.feature_names)
        if len(names) != len(self._table.names):
            raise ValueError(
                f"feature_names has {len(names)} names: expected {len(self._table.names)}, one for each column"
            )
        return names

    def seed_with(self, random_state: int | np.random.RandomState | None) -> None:
        """Take an int as the seed of every call, also of the discretizer's, or a RandomState as a stream.

        Parameters
        ----------
        random_state : int, RandomState or None
            None is fresh entropy.
        """
        super().seed_with(random_state)
        discretizer = getattr(self, "discretizer", None)
        if discretizer is not None:
            # A copy of an explainer is given a seed of its own: classic draws fill bins from the discretizer's stream.
            self.discretizer = copy.copy(discretizer)
            # One with random numbers of its own keeps their seed beside the explainer's.
            seeds = (self._seed, self._discretizer_seed)
            self.discretizer.random_state = (
                self.random_state if None in seeds else np.random.RandomState(np.array(seeds, dtype=np.int64))
            )

    def new_generator(self) -> np.random.Generator:  # noqa: D102 (inherited)
        seeded = self.random_state is self._seeded_state
        if self._discretizer_seed is None or self._seed is None or not seeded:
            return super().new_generator()
        # Other random numbers fill the bins: other samples, and so another explanation, as with lime 0.2.0.1.
        return np.random.default_rng([self._seed, self._discretizer_seed])

    def _keep_large(self, table: Table) -> None:
        """Keep an array whole where floats would round what is in it."""
        if table.kind != "numpy" or table.header.kind not in "iu" or self._keep_integers:
            return
        large = [
            column.name
            for column, stored in zip(table.columns, table.storage, strict=True)
            if stored.scale is not None or column.categories is not None
        ]
        if large:
            warn_user(
                f"training_data has whole numbers beyond 2^53 in {listing(large)}, which floats round: the model is "
                f"handed arrays of {table.header} instead of floats",
            )
            self._keep_integers = True

    def _make_discretizer(
        self, discretizer: str | BaseDiscretizer, matrix: NDArray[np.float64], labels: ArrayLike | None
    ) -> BaseDiscretizer:
        if isinstance(discretizer, BaseDiscretizer):
            own = getattr(discretizer, "random_state", None)
            if isinstance(own, np.random.RandomState) and own not in (check_random_state(None), self.random_state):
                # What it would draw next, without drawing it.
                self._discretizer_seed = int(copy.deepcopy(own).randint(2**31))
            return discretizer
        made = self._made_discretizer(discretizer, matrix, labels)
        for j in made.names:
            scale = self._table.storage[j].scale if isinstance(self._table, Table) else None
            if scale is not None:
                # Edges of dates are dates to a reader.
                bins, name = len(made.mins[j]), self.feature_names[j]
                named = bin_names(name, np.array(made.mins[j][1:]), scale.texts(np.array(made.mins[j][1:])))
                made.names[j] = [*named, *made.names[j][bins:]]
        return made

    def _made_discretizer(
        self, discretizer: str, matrix: NDArray[np.float64], labels: ArrayLike | None
    ) -> BaseDiscretizer:
        arguments = (matrix, self.categorical_features, self.feature_names)
        if self.training_data_stats is not None:
            check_bins(self.training_data_stats, set(range(matrix.shape[1])).difference(self.categorical_features))
            return StatsDiscretizer(
                *arguments, labels=labels, random_state=self.random_state, data_stats=self.training_data_stats
            )
        if discretizer not in DISCRETIZERS:
            raise ValueError(
                f"discretizer={discretizer!r} is unknown: expected 'quartile', 'decile', 'entropy' or a BaseDiscretizer"
            )
        return DISCRETIZERS[discretizer](*arguments, labels=labels, random_state=self.random_state)

    def _learn_columns(self, matrix: NDArray[np.float64]) -> None:
        """Means and scales of numeric columns, values and frequencies of all others."""
        self.scaler = StandardScaler(with_mean=False)
        numeric = np.where(np.isnan(matrix).all(axis=0), 0.0, matrix)
        with np.errstate(over="ignore", invalid="ignore"):
            self.scaler.fit(numeric)
        cut = () if self.discretizer is None else self.discretizer.lambdas
        huge = np.array([j for j in np.flatnonzero(~np.isfinite(self.scaler.var_)) if j not in cut], dtype=np.intp)
        if huge.size:
            raise ValueError(
                f"training_data holds numbers up to {np.nanmax(np.abs(matrix[:, huge[0]])):.3g} in column "
                f"{self.feature_names[huge[0]]!r}: expected numbers whose squares can be added up"
            )
        # The mean of equal numbers can be an ulp off, and an ulp of a large number is far away at scale 1.
        only = np.fmin.reduce(numeric, axis=0)
        same = np.flatnonzero(only == np.fmax.reduce(numeric, axis=0))
        self.scaler.mean_[same], self.scaler.var_[same], self.scaler.scale_[same] = only[same], 0.0, 1.0
        self._means, self._stds = self.scaler.mean_.copy(), np.sqrt(self.scaler.var_)
        self._missing = np.isnan(matrix).mean(axis=0)
        discretized = matrix
        if self.discretizer is not None:
            self.categorical_features = list(range(matrix.shape[1]))
            discretized = self.discretizer.discretize(matrix.copy())
            self._categorical = frozenset(self.categorical_features).difference(self.discretizer.lambdas)
        self.feature_values: dict[int, list[Any]] = {}
        self.feature_frequencies: dict[int, NDArray[np.float64]] = {}
        for j in self.categorical_features:
            if self.training_data_stats is None:
                values, counts = np.unique(discretized[:, j], return_counts=True)
            else:
                values, counts = frequencies_of(self.training_data_stats, j, self.feature_names[j])
            self.feature_values[j] = values.tolist()
            self.feature_frequencies[j] = counts / counts.sum()
            self.scaler.mean_[j], self.scaler.scale_[j] = 0.0, 1.0

    def _learn_own(self, wanted: Mapping[Any, Any], matrix: NDArray[np.float64] | None) -> dict[int, Any]:
        """Distributions of users' own, learned from the training values of their columns."""
        if wanted and matrix is None:
            raise ValueError("column_distributions with sparse training_data: expected None")
        learned: dict[int, Any] = {}
        for key, given in wanted.items():
            j = int(key) if is_whole(key) else self.feature_names.index(key) if key in self.feature_names else -1
            if not 0 <= j < len(self.feature_names) or j in self._categorical:
                raise ValueError(f"column_distributions has {key!r}: expected the position or name of a numeric column")
            learn = find(COLUMNS, given) if isinstance(given, str) else given
            if not callable(learn):
                known = ", ".join(map(repr, registered(COLUMNS))) or "none is registered"
                raise ValueError(
                    f"column_distributions has {given!r}: expected a registered name ({known}) or a function"
                )
            assert matrix is not None
            learned[j] = learn(matrix[:, j].copy())
            if not callable(getattr(learned[j], "quantile", None)):
                raise TypeError(
                    f"column_distributions of {key!r} gave {learned[j]!r}: expected an object with quantile(u)"
                )
        return learned

    def _learn_sparse(self, table: SparseTable) -> None:
        self.scaler = StandardScaler(with_mean=False)
        self.scaler.mean_, self.scaler.var_ = table.mean, np.square(table.std)
        self.scaler.scale_ = np.where(table.std > 0, table.std, 1.0)
        self.scaler.n_features_in_ = len(table.names)
        self._means, self._stds, self._missing = table.mean, table.std, np.zeros(len(table.names))
        self.feature_values, self.feature_frequencies = {}, {}

    def _check_categorical_names(self) -> None:
        """Refuse names of categories that no column can take."""
        names = self.categorical_names
        if isinstance(names, str) or not isinstance(names, Mapping | Sequence | np.ndarray):
            raise ValueError(f"categorical_names={names!r}: expected a mapping from column to names, or a sequence")
        if not isinstance(names, Mapping):
            return
        known = {*self.categorical_features, *(self.feature_names[j] for j in self.categorical_features)}
        idle = [key for key in names if key not in known]
        if idle:
            warn_user(f"categorical_names has names for {idle}, which are not among the categorical_features: ignored")

    def _warn_of_ignored(
        self, discretize_continuous: bool, discretizer: str | BaseDiscretizer, sparse_data: bool, d: int
    ) -> None:
        """Warn of options that have no effect beside each other."""
        cut = discretize_continuous and not sparse_data
        if self.sample_around_instance and cut and len(self.categorical_features) < d:
            warn_user(
                "sample_around_instance=True has no effect on columns that are cut into bins: "
                "pass discretize_continuous=False too"
            )
        if discretizer != "quartile" and not cut:
            reason = "sparse data is not cut into bins" if sparse_data else "discretize_continuous=False"
            warn_user(f"discretizer has no effect: {reason}")
        if self.training_data_stats is not None and not cut:
            warn_user("training_data_stats has no effect where columns are not cut into bins")


_REMEMBERED: WeakKeyDictionary[LimeTabularExplainer, tuple[tuple[Any, ...], Draws]] = WeakKeyDictionary()
"""The last neighbourhood of each explainer, beside it: no part of what is pickled, copied or saved."""


def _dependent(neighborhood: Any) -> str:
    return f"under neighborhood={neighborhood!r} the columns are not independent"


def _check_labels(settings: ExplainSettings, model: Model, predictions: NDArray[np.float64]) -> tuple[list[int], bool]:
    """Labels of all rows, and whether each row has top ones of its own; what is wrong for every row is refused now."""
    names, _ = model.names(predictions[0])
    if settings.target is not None:
        explained_column(settings.target, predictions, predictions[0], names, model.argument)
        return [], False
    labels, top = resolve_labels(settings.labels, settings.top_labels, predictions[0], model.mode, names)
    if not top:
        refuse_unknown(predictions, model.argument, labels, names)
    return labels, top
