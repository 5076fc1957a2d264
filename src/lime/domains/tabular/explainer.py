"""`LimeTabularExplainer`: explains single predictions of a model on rows of a table."""

from __future__ import annotations

import copy
import inspect
import itertools
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from lime._config import get_config
from lime.domains.base import (
    Looking,
    Neighborhood,
    answer_warnings,
    check_count,
    check_samples,
    check_surrogate,
    fill,
    keep_labels,
    mirror_regression,
    pauses,
    refuse_auto,
    resolve_labels,
    same_outputs,
    settle,
    show_answers,
)
from lime.domains.class_names import check_class_names
from lime.domains.explainer import Explainer, check_mode
from lime.domains.probe import Probe
from lime.domains.tabular import classic
from lime.domains.tabular.arrays import for_table
from lime.domains.tabular.columns import Binned, Discrete, Draws, Law, Normal, draw
from lime.domains.tabular.discretize import DISCRETIZERS, BaseDiscretizer, StatsDiscretizer, bin_names
from lime.domains.tabular.forms import listing
from lime.domains.tabular.mapper import map_row
from lime.domains.tabular.probe import move_row, probe_row
from lime.domains.tabular.sparse import SparseTable
from lime.domains.tabular.surroundings import Shared, Surroundings, interpret, surround
from lime.domains.tabular.suspicions import codes, identifiers
from lime.domains.tabular.table import Table
from lime.engine.designs import UNIT_DESIGNS, first_draws
from lime.engine.inspection import is_sparse
from lime.engine.kernels import Kernel, distances_to
from lime.engine.model import Predict, ask, call_model, check_batch_size, coerce_answer
from lime.engine.requests import Steps, drive, drive_together
from lime.engine.selection import check_method
from lime.engine.stopping import Auto, look_sizes
from lime.results.explanation import Explanation

CLASSIC = "classic"
DEFAULT_SAMPLES = 5000
STATISTICS = ("means", "mins", "maxs", "stds", "feature_values", "feature_frequencies")


_Known = tuple[NDArray[np.float64], dict[int, Any], NDArray[np.float64] | None, NDArray[np.float64] | Exception]
"""A row, categories that the training data does not have, the row in numbers of bins, the model's answer to it."""

_More = Callable[[NDArray[np.intp]], tuple[NDArray[np.float64], int]]


AT_ONCE = 32
"""Rows that share draws and go through the steps of the method together; see `lime.engine.requests`."""

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
        categorical without being listed; missing values are values of their own. Only statistics are kept.
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

    _suspicions: Sequence[str] = ()
    """What is odd about columns, for every explanation."""

    _discretizer_seed: int | None = None
    """Of a discretizer that came with random numbers of its own."""

    _model_argument = "predict_fn"

    def __init__(
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
        discretize_continuous: bool = True,
        discretizer: str | BaseDiscretizer = "quartile",
        sample_around_instance: bool = False,
        random_state: int | np.random.RandomState | None = None,
        training_data_stats: Mapping[str, Any] | None = None,
        *,
        keep_integers: bool | None = None,
    ) -> None:
        check_method(feature_selection)
        self._seed_with(random_state)
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
        self._warn_of_ignored(discretize_continuous, discretizer, sparse_data=matrix is None, d=d)
        self.discretizer: BaseDiscretizer | None = None
        if discretize_continuous and matrix is not None:
            self.discretizer = self._make_discretizer(discretizer, matrix, training_labels)

        self._categorical = frozenset(self.categorical_features)
        self._fixed_laws: dict[int, Law] = {}
        if isinstance(self._table, SparseTable):
            self._learn_sparse(self._table)
        elif matrix is not None:
            self._learn_columns(matrix)
        if isinstance(self._table, Table) and matrix is not None:
            for sentence in identifiers(self._table, matrix):
                warnings.warn(sentence, UserWarning, stacklevel=2)
            self._suspicions = codes(self._table, matrix, lambda j: self._law(j, np.nan))
            for sentence in self._suspicions:
                warnings.warn(sentence, UserWarning, stacklevel=2)

        usual = 0.75 * float(np.sqrt(d))
        self._weigh_with(kernel, usual if kernel_width is None else kernel_width, verbose, usual, ", or None")

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

    def explain_instance(
        self,
        data_row: Any,
        predict_fn: Any,
        labels: Iterable[int] | int | None = (1,),
        top_labels: int | None = None,
        num_features: int = 10,
        num_samples: int | str | Auto = DEFAULT_SAMPLES,
        distance_metric: str | Callable[..., float] = "euclidean",
        model_regressor: Any = None,
        sampling_method: str | None = None,
        batch_size: int | None = None,
        progress_bar: bool = False,
    ) -> Explanation:
        """Explain the model's prediction for one row.

        Parameters
        ----------
        data_row : array, Series, dict, frame of one row or sparse row
            The row, by position or by the names of the training data's columns.
        predict_fn : callable or model
            Takes rows in the form of the training data, returns probabilities of shape (n, k), or values of
            shape (n,) or (n, k) in regression; or a model with ``predict_proba`` or ``predict``.
        labels : iterable of int
            Classes, or outputs of a regression with several, to explain.
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
        sampling_method : {"auto", "sobol", "gaussian", "lhs", "classic"}, optional
            How to draw; None is what `lime.set_config` says. ``'auto'`` is ``'sobol'``. ``'classic'`` gives the
            numbers of lime 0.2.0.1, whose stream each call advances.
        batch_size : int, optional
            Most rows in one call of the model; all in one when None.
        progress_bar : bool
            Whether to show a bar over the model calls.

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
        }
        count, auto, method, size = self._check(settings)
        predict = self._function_of(predict_fn)
        row, unseen = self._table.read_row(data_row)
        columns = self._varying(row)
        if self._draws_itself():
            return self._explain_own_draws(data_row, row, unseen, columns, predict, predict_fn, settings)
        laws = self._laws(row, columns)
        draws = self._draw(laws, count, method, columns)
        # Before the model sees the draws: it is handed them as they are, and may change them in place.
        around = self._surroundings(draws, laws, row, columns, distance_metric)
        if auto is not None:
            answer, calls = self._ask(predict, draws.at(slice(0)), laws, row, unseen, columns, size, False)
            more = partial(self._ask_some, predict, draws, laws, columns, size, progress_bar)
            return drive(self._settle(row, unseen, columns, around, more, answer[0], calls, predict_fn, settings, auto))
        answers, calls = self._ask(predict, draws, laws, row, unseen, columns, size, progress_bar)
        del draws  # a wide neighbourhood is large, and only z is needed from here on
        return drive(self._conclude(row, unseen, columns, around, answers[1:], answers[0], calls, predict_fn, settings))

    def _prepare(self, predict_fn: Any, settings: dict[str, Any]) -> Shared | None:
        if self.sample_around_instance or isinstance(self._table, SparseTable):
            return None
        if self._draws_itself() or self._goes_its_own_way():
            return None
        settings = self._complete(settings)
        count, _, method, size = self._check(settings)
        if method == CLASSIC:
            return None  # every call draws anew
        predict = self._function_of(predict_fn)
        columns = np.arange(len(self._table.names))
        laws = self._laws(np.zeros(len(columns)), columns)
        draws = self._draw(laws, count, method, columns)
        # The model may change what it is handed: it gets a copy, since rows to come need the draws.
        handed = Draws(draws.values.copy(), draws.codes, draws.groups)
        answers, calls = self._ask(predict, handed, laws, None, {}, columns, size, settings["progress_bar"])
        # A label that the model does not have is wrong for every row: it is refused before the first.
        resolve_labels(settings["labels"], settings["top_labels"], answers[0], self.mode)
        if not any(isinstance(law, Normal) for law in laws):
            draws = replace(draws, values=draws.values[:0])  # the codes say all; workers need not be sent the rest
        return Shared(draws, answers, laws, calls, answer_warnings(answers, self.mode))

    def _explain_batch(
        self, prepared: Any, instances: Sequence[Any], predict_fn: Any, settings: dict[str, Any]
    ) -> Iterator[Explanation | Exception]:
        if prepared is None:
            yield from super()._explain_batch(prepared, instances, predict_fn, settings)
            return
        settings = self._complete(settings)
        _, auto, _, size = self._check(settings)
        predict = self._function_of(predict_fn)
        reads = [self._read_or_fail(instance) for instance in instances]
        good = [read for read in reads if not isinstance(read, Exception)]
        bins = iter(self._bins(np.array([row for row, _ in good]))) if good else iter(())
        own = self._ask_own(predict, good, size)
        known = (read if isinstance(read, Exception) else (*read, next(bins), next(own)) for read in reads)
        waiting = (self._explain_shared(prepared, one, predict_fn, settings, auto) for one in known)
        while some := list(itertools.islice(waiting, AT_ONCE)):
            yield from drive_together(some)

    def _explain_shared(
        self, shared: Shared, known: _Known | Exception, predict_fn: Any, settings: Mapping[str, Any], auto: Auto | None
    ) -> Steps[Explanation]:
        """Explain one row from draws and answers that others share."""
        if isinstance(known, Exception):
            raise known
        row, unseen, bins, answer = known
        if isinstance(answer, Exception):
            raise answer
        columns, metric = np.arange(len(row)), settings["distance_metric"]
        odd = None if auto is not None else shared.odd  # of all answers, of which auto looks at some
        around = self._surroundings(shared.draws, shared.laws, row, columns, metric, bins)
        around = replace(around, shared=True, odd=odd)
        if auto is not None:
            more = partial(_answered, shared.answers)
            return (yield from self._settle(row, unseen, columns, around, more, answer, 1, predict_fn, settings, auto))
        if pauses(around.z):
            yield None
        calls = shared.calls + 1
        return (
            yield from self._conclude(row, unseen, columns, around, shared.answers, answer, calls, predict_fn, settings)
        )

    def _bins(self, rows: NDArray[np.float64]) -> NDArray[np.float64] | list[None]:
        """Rows (n, d) with their numbers replaced by those of their bins; as many None where nothing is cut."""
        return [None] * len(rows) if self.discretizer is None else self.discretizer.discretize(rows)

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
        row, unseen = self._table.read_row(data_row)
        columns = self._varying(row)
        laws = self._laws(row, columns)
        method = CLASSIC if sampling_method == "gaussian" else _design_name(sampling_method)
        draws = self._draw(laws, check_count("num_samples", num_samples, least=1), method, columns)
        bins = None if self.discretizer is None else self.discretizer.discretize(row)
        z, instance, _ = interpret(draws, laws, row, columns, bins, self.scaler)
        data = np.concatenate([instance[None], z]) * self.scaler.scale_[columns] + self.scaler.mean_[columns]
        rows = np.concatenate([row[None, columns], draws.values])
        if isinstance(self._table, SparseTable):
            return self._table.build_at(data, columns), self._table.build_at(rows, columns)
        return data, self._table.build(rows, unseen, keep_integers=self._keep_integers)

    def _draws_itself(self) -> bool:
        """Whether a subclass, or whoever has the object, put another function in the place of `__data_inverse`."""
        return getattr(self.__data_inverse, "__func__", None) is not LimeTabularExplainer.__data_inverse

    def _explain_own_draws(
        self,
        data_row: Any,
        row: NDArray[np.float64],
        unseen: dict[int, Any],
        columns: NDArray[np.intp],
        predict: Predict,
        predict_fn: Any,
        settings: Mapping[str, Any],
    ) -> Explanation:
        """Explain from the draws of a program's own `__data_inverse`, with the fit of 0.2.0.1."""
        count, auto, _, size = self._check(settings)
        if auto is not None:
            raise ValueError(
                f"num_samples={settings['num_samples']!r}: expected a number, as the draws are a program's"
            )
        draw_own: Callable[..., Any] = self.__data_inverse
        takes_method = len(inspect.signature(draw_own).parameters) > 2
        data, inverse = draw_own(data_row, count, *(("gaussian",) if takes_method else ()))
        dense = np.asarray(data.toarray() if is_sparse(data) else data, dtype=np.float64)[:, columns]
        z = (dense - self.scaler.mean_[columns]) / self.scaler.scale_[columns]
        bins = None if self.discretizer is None else self.discretizer.discretize(row)
        around = Surroundings(z[1:], z[0], distances_to(z[1:], z[0], settings["distance_metric"]), None, bins, [])
        answers = call_model(
            predict,
            lambda start, stop: inverse[start:stop],
            len(z),
            self.mode,
            size,
            progress_bar=settings["progress_bar"],
        )
        settings = {**settings, "sampling_method": CLASSIC}
        return drive(
            self._conclude(row, unseen, columns, around, answers[1:], answers[0], len(z), predict_fn, settings)
        )

    def _read_or_fail(self, instance: Any) -> tuple[NDArray[np.float64], dict[int, Any]] | Exception:
        try:
            return self._table.read_row(instance)
        except Exception as error:
            return error

    def _ask_own(
        self, predict: Predict, rows: list[tuple[NDArray[np.float64], dict[int, Any]]], batch_size: int | None
    ) -> Iterator[NDArray[np.float64] | Exception]:
        """The model's answers to rows themselves, in one call where no row holds a category of its own."""
        assert isinstance(self._table, Table)
        plain = [row for row, unseen in rows if not unseen]
        together: NDArray[np.float64] | None = None
        if plain:
            matrix = np.stack(plain)
            table = self._table
            try:
                together = call_model(
                    predict,
                    lambda start, stop: table.build(matrix[start:stop].copy(), {}, keep_integers=self._keep_integers),
                    len(plain),
                    self.mode,
                    batch_size,
                    self._model_argument,
                )
            except Exception:
                together = None  # asked one by one, the row that the model refuses is found
        place = 0
        for row, unseen in rows:
            if not unseen and together is not None:
                yield together[place]
                place += 1
                continue
            try:
                # A copy: the model may change what it is handed.
                one = self._table.build(row[None, :].copy(), unseen, keep_integers=self._keep_integers)
                yield coerce_answer(ask(predict, one), 1, self.mode, self._model_argument)[0].copy()
            except Exception as error:
                yield error

    def _check(self, settings: Mapping[str, Any]) -> tuple[int, Auto | None, str, int | None]:
        """Refuse settings that cannot be; return number of samples, what to settle, design and batch size."""
        count, auto = check_samples(settings["num_samples"], DEFAULT_SAMPLES)
        if auto is not None:
            refuse_auto(self.base, settings["model_regressor"])
        check_surrogate(self.base, settings["model_regressor"])
        check_count("num_features", settings["num_features"], least=1)
        check_method(self.feature_selection)
        method = _design_name(settings["sampling_method"])
        if auto is not None and method == CLASSIC:
            raise ValueError("num_samples='auto' goes with every sampling_method but 'classic': expected a number")
        return count, auto, method, check_batch_size(settings["batch_size"])

    def _draw(self, laws: list[Law], count: int, method: str, columns: NDArray[np.intp]) -> Draws:
        if method == CLASSIC:
            scale = self.scaler.scale_[columns]
            return classic.draw(self.random_state, count, laws, self.categorical_features, scale, self.discretizer)
        # With a seed, and laws that do not depend on the row, every row has the same draws: they are made once.
        lasting = self._seed is not None and self.random_state is self._seeded_state and self._all_fixed(laws)
        lasting = lasting and count * len(laws) <= REMEMBERED_CELLS and type(self).__hash__ is not None
        key = (count, method, self._seed, *map(id, laws)) if lasting else None
        before = None if key is None else _REMEMBERED.get(self)
        if before is not None and before[0] == key:
            return replace(before[1], values=before[1].values.copy())
        points = UNIT_DESIGNS[method](count - 1, len(laws), self._generator())
        draws = self._as_discretizer_says(draw(laws, points.u, points.groups))
        if key is None:
            return draws
        _REMEMBERED[self] = (key, draws)
        return replace(draws, values=draws.values.copy())  # a model may change what it is handed

    def _all_fixed(self, laws: Sequence[Law]) -> bool:
        """Whether laws, and what a discretizer makes of them, are the same for every row and call."""
        fills = ("undiscretize", "get_undiscretize_values")
        kind = type(self.discretizer)
        plain = self.discretizer is None or all(getattr(kind, m) is getattr(BaseDiscretizer, m) for m in fills)
        return plain and all(law is self._fixed_laws.get(j) for j, law in enumerate(laws))

    def _surroundings(
        self,
        draws: Draws,
        laws: list[Law],
        row: NDArray[np.float64],
        columns: NDArray[np.intp],
        distance_metric: str | Callable[..., float],
        bins: NDArray[np.float64] | None = None,
    ) -> Surroundings:
        """The draws as the method sees them around a row; `bins` is the row in numbers of bins, where known."""
        if bins is None and self.discretizer is not None:
            bins = self.discretizer.discretize(row)
        return surround(draws, laws, row, columns, bins, self.scaler, self.feature_names, distance_metric)

    def _conclude(
        self,
        row: NDArray[np.float64],
        unseen: dict[int, Any],
        columns: NDArray[np.intp],
        around: Surroundings,
        answers: NDArray[np.float64],
        answer: NDArray[np.float64],
        calls: int,
        predict_fn: Any,
        settings: Mapping[str, Any],
        looking: Looking | None = None,
    ) -> Steps[Explanation]:
        """From the model's answers to the explanation of a row."""
        answers, answer = same_outputs(answers, answer)
        wanted, top = resolve_labels(settings["labels"], settings["top_labels"], answer, self.mode)
        class_names, misnamed = self._names_of_classes(predict_fn, answer)
        mapper = map_row(
            self._table,
            self._names_now(),
            self.discretizer,
            self._categorical,
            self.categorical_names,
            row,
            unseen,
            around.instance,
            columns,
            around.bins,
        )
        exp = Explanation(mapper, mode=self.mode, class_names=class_names, random_state=self.random_state)
        show_answers(exp, answer, answers, wanted, top)
        exp.num_model_calls, exp.num_samples = calls, len(answers) + 1
        exp.sampling_method = method = _design_name(settings["sampling_method"])
        exp.warnings.extend([*misnamed, *around.strangers, *self._suspicions])
        neighborhood = Neighborhood(
            z=around.z,
            instance=around.instance,
            far=around.far,
            steps=around.steps,
            groups=around.groups,
            answers=answers,
            answer=answer,
            reference_samples=DEFAULT_SAMPLES,
            features=columns,
            uncorrelated=method != CLASSIC,
            shared=around.shared,
            odd=around.odd,
        )
        if method == CLASSIC:
            neighborhood = neighborhood.instance_first()
        kept, regressor = int(settings["num_features"]), settings["model_regressor"]
        neighborhood, base = self._suit(exp, neighborhood, wanted, kept)
        yield from fill(exp, neighborhood, wanted, base, kept, self.feature_selection, regressor, looking)
        mirror_regression(exp, len(answer))
        return exp

    def _names_now(self) -> tuple[str, ...]:
        """Names of the columns: `feature_names` as they are at the call, which programs set after construction."""
        names = tuple(self.feature_names)
        if len(names) != len(self._table.names):
            raise ValueError(
                f"feature_names has {len(names)} names: expected {len(self._table.names)}, one for each column"
            )
        return names

    def _settle(
        self,
        row: NDArray[np.float64],
        unseen: dict[int, Any],
        columns: NDArray[np.intp],
        around: Surroundings,
        more: _More,
        answer: NDArray[np.float64],
        calls: int,
        predict_fn: Any,
        settings: Mapping[str, Any],
        auto: Auto,
    ) -> Steps[Explanation]:
        """Explain from a growing part of the draws; `more` asks the model about some of them."""
        looking = Looking(auto, look_sizes(len(columns), len(around.z)), columns)
        answers = np.empty((len(around.z), len(answer)))
        asked = np.zeros(len(around.z), dtype=bool)
        spent = calls

        def conclude(size: int) -> Steps[Explanation]:
            nonlocal spent, answers, answer
            rows = first_draws(around.groups, len(around.z), size)
            new = rows[~asked[rows]]
            found, cost = more(new)
            if found.shape[1] < len(answer):
                answers, answer = answers[:, -1:], answer[-1:]  # a single column turns out to be a score
            answers[new] = found[:, -len(answer) :]
            asked[new] = True
            spent += cost
            part = around.at(rows)
            return (
                yield from self._conclude(
                    row, unseen, columns, part, answers[rows], answer, spent, predict_fn, settings, looking
                )
            )

        return (yield from settle(looking, conclude))

    def _probe(
        self,
        instance: Any,
        predict_fn: Any,
        explanation: Explanation,
        baseline: Any,
        batch_size: int | None,
        settings: Mapping[str, Any],
    ) -> Probe:
        return probe_row(self, instance, predict_fn, baseline, batch_size)

    def _moved(self, instance: Any, radius: float, rng: np.random.Generator) -> Any:
        return move_row(self, instance, radius, rng)

    def _flattened(self, data: Any, instance: Any, predict_fn: Any) -> tuple[Any, Any, Any]:
        """Training data, an instance (or None) and a model (or None) as those of a table; all three are that here."""
        return data, instance, predict_fn

    def _seed_with(self, random_state: int | np.random.RandomState | None) -> None:
        super()._seed_with(random_state)
        discretizer = getattr(self, "discretizer", None)
        if discretizer is not None:
            # A copy of an explainer is given a seed of its own: classic draws fill bins from the discretizer's stream.
            self.discretizer = copy.copy(discretizer)
            self.discretizer.random_state = self.random_state

    def _function_of(self, predict_fn: Any) -> Predict:
        return for_table(self._table, super()._function_of(predict_fn), self._model_argument)

    def _generator(self) -> np.random.Generator:
        seeded = self.random_state is self._seeded_state
        if self._discretizer_seed is None or self._seed is None or not seeded:
            return super()._generator()
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
            warnings.warn(
                f"training_data has whole numbers beyond 2^53 in {listing(large)}, which floats round: the model is "
                f"handed arrays of {table.header} instead of floats",
                UserWarning,
                stacklevel=3,
            )
            self._keep_integers = True

    def _varying(self, row: NDArray[np.float64]) -> NDArray[np.intp]:
        """Columns that are drawn: all of a dense row, the non-zero ones of a sparse row."""
        return np.flatnonzero(row) if isinstance(self._table, SparseTable) else np.arange(len(row))

    def _laws(self, row: NDArray[np.float64], columns: NDArray[np.intp]) -> list[Law]:
        """Laws of the columns; they depend on the row only where draws are centred on it."""
        return [self._law(int(j), float(row[j])) for j in columns]

    def _law(self, j: int, value: float) -> Law:
        if j in self._fixed_laws:
            return self._fixed_laws[j]
        if self.discretizer is not None and j in self.discretizer.lambdas:
            stats = self.discretizer
            self._fixed_laws[j] = Binned.of(
                self.feature_values[j],
                self.feature_frequencies[j],
                stats.means[j],
                stats.stds[j],
                stats.mins[j],
                stats.maxs[j],
                self._is_whole(j),
            )
            return self._fixed_laws[j]
        if j in self.feature_values:
            self._fixed_laws[j] = Discrete.of(self.feature_values[j], self.feature_frequencies[j])
            return self._fixed_laws[j]
        around = self.sample_around_instance and not np.isnan(value)
        return Normal(
            value if around else float(self._means[j]), float(self._stds[j]), float(self._missing[j]), self._is_whole(j)
        )

    def _is_whole(self, j: int) -> bool:
        scaled = isinstance(self._table, Table) and self._table.storage[j].scale is not None
        return (self._keep_integers or scaled) and self._table.columns[j].is_integer

    def _as_discretizer_says(self, draws: Draws) -> Draws:
        """Let a discretizer of the user's own fill the bins that were drawn, where it has its own way of doing so."""
        kind = type(self.discretizer)
        methods = ("undiscretize", "get_undiscretize_values")
        if self.discretizer is None or all(getattr(kind, m) is getattr(BaseDiscretizer, m) for m in methods):
            return draws
        cut = list(self.discretizer.lambdas)
        bins = draws.values.copy()
        bins[:, cut] = draws.codes[:, cut]
        values = draws.values
        values[:, cut] = self.discretizer.undiscretize(bins)[:, cut]
        return Draws(values, draws.codes, draws.groups)

    def _ask(
        self,
        predict: Callable[[Any], Any],
        draws: Draws,
        laws: Sequence[Law],
        row: NDArray[np.float64] | None,
        unseen: dict[int, Any],
        columns: NDArray[np.intp],
        batch_size: int | None,
        progress_bar: bool,
    ) -> tuple[NDArray[np.float64], int]:
        """The model's answers to the instance, if given, and to the draws; and how many rows it was asked about.

        Where every column has few values, the same row comes up again and again and is asked about once.
        """
        values, inverse = draws.values, None
        if not draws.loose and all(law.is_discrete for law in laws):
            _, first, inverse = np.unique(draws.codes, axis=0, return_index=True, return_inverse=True)
            values = values[first]
        own = 0 if row is None else 1
        total = len(values) + own

        def inputs(start: int, stop: int) -> Any:
            # A copy: a model may change what it is handed, and be asked again where its memory did not suffice.
            rows = values[max(0, start - own) : stop - own]
            if row is not None and start == 0:
                rows = np.concatenate([row[None, columns], rows])
            else:
                rows = rows.copy()
            if isinstance(self._table, SparseTable):
                return self._table.build_at(rows, columns)
            return self._table.build(rows, unseen, keep_integers=self._keep_integers)

        answers = call_model(predict, inputs, total, self.mode, batch_size, self._model_argument, progress_bar)
        if inverse is not None:
            answers = np.concatenate([answers[:own], answers[own:][inverse.ravel()]])
        return answers, total

    def _ask_some(
        self,
        predict: Predict,
        draws: Draws,
        laws: Sequence[Law],
        columns: NDArray[np.intp],
        batch_size: int | None,
        progress_bar: bool,
        rows: NDArray[np.intp],
    ) -> tuple[NDArray[np.float64], int]:
        """The model's answers to some of the draws, and how many rows it was asked about."""
        return self._ask(predict, draws.at(rows), laws, None, {}, columns, batch_size, progress_bar)

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
            discretized = self.discretizer.discretize(matrix)
            self._categorical = frozenset(self.categorical_features).difference(self.discretizer.lambdas)
        self.feature_values: dict[int, list[Any]] = {}
        self.feature_frequencies: dict[int, NDArray[np.float64]] = {}
        for j in self.categorical_features:
            if self.training_data_stats is None:
                values, counts = np.unique(discretized[:, j], return_counts=True)
            else:
                values = np.asarray(self.training_data_stats["feature_values"][j])
                counts = np.asarray(self.training_data_stats["feature_frequencies"][j])
            self.feature_values[j] = values.tolist()
            self.feature_frequencies[j] = counts / counts.sum()
            self.scaler.mean_[j], self.scaler.scale_[j] = 0.0, 1.0

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
            _warn(f"categorical_names has names for {idle}, which are not among the categorical_features: ignored")

    def _warn_of_ignored(
        self, discretize_continuous: bool, discretizer: str | BaseDiscretizer, sparse_data: bool, d: int
    ) -> None:
        """Warn of options that have no effect beside each other."""
        cut = discretize_continuous and not sparse_data
        if self.sample_around_instance and cut and len(self.categorical_features) < d:
            _warn(
                "sample_around_instance=True has no effect on columns that are cut into bins: "
                "pass discretize_continuous=False too"
            )
        if discretizer != "quartile" and not cut:
            reason = "sparse data is not cut into bins" if sparse_data else "discretize_continuous=False"
            _warn(f"discretizer has no effect: {reason}")
        if self.training_data_stats is not None and not cut:
            _warn("training_data_stats has no effect where columns are not cut into bins")


_REMEMBERED: WeakKeyDictionary[LimeTabularExplainer, tuple[tuple[Any, ...], Draws]] = WeakKeyDictionary()
"""The last neighbourhood of each explainer, beside it: no part of what is pickled, copied or saved."""


def _answered(answers: NDArray[np.float64], rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], int]:
    """Answers to some of the draws that were asked about before."""
    return answers[rows], len(rows)


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=4)


def _design_name(sampling_method: str | None) -> str:
    name = get_config()["sampling_method"] if sampling_method is None else sampling_method
    if name == "auto":
        return "sobol"
    if name not in UNIT_DESIGNS and name != CLASSIC:
        raise ValueError(
            f"sampling_method={name!r} is not a design for tables: "
            f"expected 'auto', {', '.join(map(repr, UNIT_DESIGNS))}, or 'classic'"
        )
    return name
