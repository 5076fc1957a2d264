"""`LimeTabularExplainer`: explains single predictions of a model on rows of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lime.domains.checks import check_count, check_mode
from lime.domains.class_names import check_class_names
from lime.domains.described import described
from lime.domains.labels import UNSAID, keep_labels
from lime.domains.pipeline import KnownPredictions
from lime.domains.protocols import Model, Samples, Sampling
from lime.domains.settings import CLASSIC, EXACT, ExplainSettings, sampler_name
from lime.domains.tabular.columns import ColumnDistribution
from lime.domains.tabular.discretize import BaseDiscretizer
from lime.domains.tabular.drawing import data_and_inverse, samples_of_own
from lime.domains.tabular.input import DEFAULT_SAMPLES, RowInput
from lime.domains.tabular.learning import (
    Discretization,
    categorical_columns,
    check_categorical_names,
    keeps_integers,
    learn_columns,
    learn_own,
    learn_sparse,
    read_training_data,
)
from lime.domains.tabular.neighborhoods.learned import Surroundings, check_neighborhood
from lime.domains.tabular.neighborhoods.protocols import (
    INDEPENDENT,
    UNSAID_BINS,
    WITHOUT_KERNEL,
    RowNeighborhood,
)
from lime.domains.tabular.sparse import SparseTable
from lime.domains.tabular.statistics import check_keys
from lime.domains.tabular.suspicions import codes, identifiers
from lime.domains.tabular.table import Table
from lime.domains.tabular.table_explainer import TableExplainer
from lime.domains.tabular.varying import Varying, check_discretizer
from lime.engine.designs import UNIT_DESIGNS
from lime.engine.kernels import Kernel
from lime.engine.registry import Sampler, Selector
from lime.engine.selection import check_method
from lime.engine.stopping import Auto
from lime.engine.warn import warn_user
from lime.models.requests import drive
from lime.results.explanation import Explanation

SAMPLERS = ("auto", *UNIT_DESIGNS, EXACT, CLASSIC)


class LimeTabularExplainer(TableExplainer):
    """Explains predictions on tabular data.

    Around a row, draws are made column by column from the distributions of the training data; the model is asked about
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
    feature_selection : {"auto", "forward_selection", "lasso_path", "highest_weights", "none"} or callable
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
    fixed : column, or sequence of columns, optional
        Columns by name or position that keep the row's value in every sample, such as numbers, dates and protected
        columns. They have no weight, and no part in the distance. Neighbourhoods of training rows take the row's
        values there; ``'copula'`` draws the other columns as they are where these have the row's values.
    features : column, or sequence of columns, optional
        All columns that vary; the others are held fixed.
    groups : mapping or "auto", optional
        Columns that are one feature, such as ``{"job": ["job_clerk", "job_nurse"]}``: they are drawn together, with
        values that training rows have together (at most 10,000 are kept), so that of one-hot columns exactly one is on.
        The feature is 1 where a sample is as the row is: in the same category, and a number in the same quartile. Its
        id is the first column's; see `Explanation.open_group` for its members. ``'auto'`` finds the columns of 0 and 1
        that stand side by side and of which exactly one is on in every training row.

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

    _model_argument = "predict_fn"
    _default_samples = DEFAULT_SAMPLES
    _samplers = SAMPLERS
    _sampler_kind = "points"
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
        feature_selection: str | Selector = "auto",
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
        fixed: Any = None,
        features: Any = None,
        groups: Mapping[str, Any] | str | None = None,
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
        self._table, looked_at = read_training_data(
            training_data,
            feature_names=feature_names,
            categorical_features=categorical_features,
            categorical_names=categorical_names,
        )
        several = self._names_of_several()
        self._varying, matrix = Varying.learn(
            self._table, looked_at, fixed=fixed, features=features, groups=groups, more=several
        )
        self.feature_names: list[str] = list(self._table.names)
        self.categorical_names: Any = {} if categorical_names is None else categorical_names
        self._keep_integers = keeps_integers(self._table, keep_integers)
        self.categorical_features: list[int] = categorical_columns(self._table, matrix, self._varying.firsts)
        check_categorical_names(self.categorical_names, self.categorical_features, self.feature_names)
        if neighborhood is not INDEPENDENT or spread is not None:
            check_neighborhood(neighborhood, spread, is_sparse=matrix is None)
        if discretize_continuous is UNSAID_BINS and neighborhood != INDEPENDENT:
            discretize_continuous = False  # slopes, where rows are near each other; bins have to be asked for

        cut = bool(discretize_continuous) and matrix is not None
        if sample_around_instance and cut and len(self.categorical_features) < len(self.feature_names):
            warn_user(
                "sample_around_instance=True has no effect on columns that are cut into bins: "
                "pass discretize_continuous=False too"
            )
        bins = Discretization(discretizer, training_labels, training_data_stats, self.random_state)
        bins.warn_of_ignored(cut, sparse_data=matrix is None)
        self.discretizer: BaseDiscretizer | None = None
        self._categorical = frozenset(self.categorical_features)
        if cut and matrix is not None:
            own_seed = bins.seed_of_own()
            if own_seed is not None:
                self._discretizer_seed = own_seed
            self.discretizer = bins.fit(matrix, self._table, self.categorical_features, self.feature_names)

        self._fixed_laws: dict[int, ColumnDistribution] = {}
        if column_distributions:
            self._own_columns = learn_own(column_distributions, matrix, self._categorical, self.feature_names)
        if self.discretizer is not None:
            self.categorical_features = list(range(len(self.feature_names)))
            self._categorical = frozenset(self.categorical_features).difference(self.discretizer.lambdas)
        self._learn(matrix)
        check_discretizer(self._varying, self.training_distribution.fills_bins_itself)
        if isinstance(self._table, Table) and looked_at is not None:
            looked_at = self._varying.without_named(looked_at)
            for sentence in identifiers(self._table, looked_at):
                warn_user(sentence)
            self._suspicions = codes(self._table, looked_at, self.training_distribution.column)
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

    def _learn(self, matrix: NDArray[np.float64] | None) -> None:
        """Take up the statistics of the columns; `matrix` is None where the data is sparse."""
        if isinstance(self._table, SparseTable):
            learned = learn_sparse(self._table)
        else:
            assert matrix is not None
            learned = learn_columns(
                matrix,
                self.discretizer,
                self.categorical_features,
                feature_names=self.feature_names,
                stats=self.training_data_stats,
            )
        self.scaler, self._means, self._stds = learned.scaler, learned.means, learned.stds
        self._missing = learned.missing
        self.feature_values, self.feature_frequencies = learned.feature_values, learned.feature_frequencies

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
        check_keys(training_data_stats)

    @described
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
        sampling_method: str | Sampler | None = None,
        batch_size: int | None = None,
        progress_bar: bool = False,
        *,
        anchored: bool = False,
        target: Any = None,
        surrogate: str = "linear",
        representation: str | None = None,
        estimator: str | None = None,
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
        sampling_method : {"auto", "sobol", "gaussian", "lhs", "exact", "classic"} or callable, optional
            How to draw; None is what `lime.set_config` says, which is ``'sobol'`` where nothing was set. ``'exact'``
            computes the weights from the model itself, without sampling error, where it consists of trees or is
            linear. It then predicts at most 512 rows, for R² and as a check. ``'auto'`` is ``'exact'`` where that can
            be, and else ``'sobol'``; `Explanation.sampling_reason` says why. ``'classic'`` gives the numbers of lime
            0.2.0.1, whose stream each call advances.
        batch_size : int, optional
            Most rows in one call of the model; all in one when None.
        progress_bar : bool
            Whether to show a bar over the model calls.
        <anchored>
        <target>
        <surrogate>
        <representation>
        estimator : {"auto", "plain", "assisted"}, optional
            Whether a cheap model of the predictions (kernel ridge or trees) takes over what it can predict, so that
            fewer model calls are needed for the same error; where it predicts too little, the samples alone decide.
            ``'assisted'`` always tries it, ``'auto'`` where the model's measured time is larger than its own: the
            clock then has a say in the numbers, also with a seed. When None it is ``'plain'``, but ``'auto'`` with
            ``Auto(max_seconds=...)``, where the clock has its say already.
        <link>

        Returns
        -------
        Explanation

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's prediction is not what is described here.
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
            "surrogate": surrogate,
            "representation": representation,
            "estimator": estimator,
            "link": link,
        }
        exp: Explanation = drive(self._explain_steps(data_row, predict_fn, settings))
        return exp

    @property
    def neighborhood(self) -> Any:
        """The neighbourhood as it was asked for: a name, or an object of the user's."""
        return INDEPENDENT if self._surroundings is None else self._surroundings.asked

    def choose_neighborhood(self, predict_fn: Any, *, batch_size: int | None = None) -> str:
        """Choose the neighbourhood, or its spread, that fits a model best near some training rows.

        With ``neighborhood='auto'`` or ``spread='auto'`` this happens at a model's first explanation, and the choice is
        kept for later ones of that model. Each model has its own: one that was fitted again, or another one, is chosen
        for anew. A model is known by being the same object; in a loaded explainer, or a worker, by its predictions for
        at most 100 training rows. Near 8 training rows each candidate is
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
        return self._choose_neighborhood(predict_fn, batch_size)

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
        return data_and_inverse(given, sampling)

    def _overrides_sampling(self) -> bool:
        """Whether a subclass, or whoever has the object, put another function in the place of `__data_inverse`."""
        return getattr(self.__data_inverse, "__func__", None) is not LimeTabularExplainer.__data_inverse

    def _own_samples(
        self, instance: Any, given: Any, predict_fn: Any, model: Model, settings: ExplainSettings
    ) -> tuple[Samples, KnownPredictions]:
        """Samples of a program's own `__data_inverse`."""
        return samples_of_own(self.__data_inverse, instance, given, model, settings)
