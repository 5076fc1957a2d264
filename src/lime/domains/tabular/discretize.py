"""Discretizers: cut numeric columns into bins, name the bins, and draw values inside them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import truncnorm
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets

from lime.domains.tabular.columns import SMALLEST_STD, holds_one_value

TREE_EXPONENT = 20
"""Power of two below which a column's largest number lies when a tree sees it."""


class BaseDiscretizer:
    """Cuts the numeric columns of a table; subclasses say where by overriding `bins`.

    A value v falls into bin number ``count of edges < v``, so that a bin is open on the left and closed on the
    right. A missing value (NaN) falls into a bin of its own after the last.

    Parameters
    ----------
    data : ndarray of float, shape (n, d)
        Training data.
    categorical_features : sequence of int
        Columns that are left alone.
    feature_names : sequence of str
        Names of all columns.
    labels : array_like, shape (n,), optional
        Training labels, for discretizers that use them.
    random_state : int, RandomState or None
        For `undiscretize`.
    data_stats : mapping, optional
        ``means``, ``stds``, ``mins``, ``maxs`` by column, in place of those of `data`.

    Attributes
    ----------
    to_discretize : list of int
        The columns that are cut.
    names : dict of int to list of str
        A name for each bin of a column.
    lambdas : dict of int to callable
        Turns values of a column into bin numbers.
    means, stds, mins, maxs : dict of int to list of float
        Of the training values in each bin of a column, in its unit; the outer bins end at the column's extremes.

    Raises
    ------
    ValueError
        If `bins` gives edges for more or fewer columns than there are to cut, or for one of them none or one that is
        not finite.
    """

    def __init__(  # noqa: PLR0917 (as in lime 0.2.0.1)
        self,
        data: NDArray[Any],
        categorical_features: Sequence[int],
        feature_names: Sequence[str],
        labels: Any = None,
        random_state: int | np.random.RandomState | None = None,
        data_stats: Mapping[str, Any] | None = None,
    ) -> None:
        data = np.asarray(data)
        self.to_discretize = [j for j in range(data.shape[1]) if j not in set(categorical_features)]
        self.data_stats = data_stats
        self.names: dict[int, list[str]] = {}
        self.lambdas: dict[int, Callable[[Any], Any]] = {}
        self.means: dict[int, list[float]] = {}
        self.stds: dict[int, list[float]] = {}
        self.mins: dict[int, list[float]] = {}
        self.maxs: dict[int, list[float]] = {}
        self.random_state = check_random_state(random_state)

        edges = [np.unique(np.asarray(cut, dtype=np.float64)) for cut in self.bins(data, labels)]
        if len(edges) != len(self.to_discretize):
            raise ValueError(
                f"{type(self).__name__}.bins returned edges for {len(edges)} columns: "
                f"expected one array for each of the {len(self.to_discretize)} numeric columns"
            )
        if data_stats:
            self.means, self.stds = data_stats["means"], data_stats["stds"]
            self.mins, self.maxs = data_stats["mins"], data_stats["maxs"]
        for feature, cut in zip(self.to_discretize, edges, strict=True):
            if not cut.size or not np.isfinite(cut).all():
                raise ValueError(
                    f"{type(self).__name__}.bins returned {cut.tolist()} for column {feature_names[feature]!r}: "
                    "expected at least one finite edge"
                )
            column = np.asarray(data[:, feature], dtype=np.float64)
            missing = np.isnan(column)
            self.names[feature] = bin_names(feature_names[feature], cut)
            if missing.any():
                self.names[feature].append(f"{feature_names[feature]} is missing")
            self.lambdas[feature] = partial(bin_numbers, cut)
            if not data_stats:
                self._describe(feature, column[~missing], cut)

    def _describe(self, feature: int, column: NDArray[np.float64], cut: NDArray[np.float64]) -> None:
        numbers = np.searchsorted(cut, column)
        self.means[feature], self.stds[feature] = [], []
        for number in range(len(cut) + 1):
            inside = column[numbers == number]
            # The mean of equal numbers can be an ulp off, and a model may look for the very number.
            single = inside.size and inside.min() == inside.max()
            mean, std = (inside[0], 0.0) if single else _moments(inside) if inside.size else (0.0, 0.0)
            self.means[feature].append(float(mean))
            self.stds[feature].append(float(std))
        self.mins[feature] = [float(column.min()), *cut.tolist()]
        self.maxs[feature] = [*cut.tolist(), float(column.max())]

    def bins(self, data: NDArray[Any], labels: Any) -> list[NDArray[np.float64]]:
        """Edges for each column of `to_discretize`; to be overridden.

        Parameters
        ----------
        data : ndarray, shape (n, d)
            Training data.
        labels : array_like, shape (n,), or None
            Training labels.

        Returns
        -------
        list of ndarray of float
            The inner edges of the bins of each column.

        Raises
        ------
        NotImplementedError
            Always: a subclass says where to cut.
        """
        raise NotImplementedError(f"{type(self).__name__} must override bins(data, labels)")

    def discretize(self, data: NDArray[Any]) -> NDArray[Any]:
        """Replace the values of the numeric columns by their bin numbers.

        Parameters
        ----------
        data : ndarray, shape (n, d) or (d,)
            Rows, or one; a missing value (NaN) gets the number after that of the last bin.

        Returns
        -------
        ndarray
            A copy of `data`, same shape.
        """
        result = np.array(data)
        for feature, number in self.lambdas.items():
            result[..., feature] = number(result[..., feature])
        return result

    def get_undiscretize_values(self, feature: int, values: Any) -> NDArray[np.float64]:
        """Draw a value inside each of the given bins of one column, as lime 0.2.0.1 does: number for number.

        A bin whose bounds meet yields them, and no random number is spent on it.

        Parameters
        ----------
        feature : int
            Column.
        values : array_like of int
            Bin numbers; past the last bin means missing.

        Returns
        -------
        ndarray of float
            Same shape as `values`.
        """
        numbers = np.asarray(values, dtype=np.intp)
        missing = numbers >= len(self.means[feature])
        inside = np.where(missing, 0, numbers)
        mean, std, low, high = (
            np.asarray(stats[feature], dtype=np.float64)[inside]
            for stats in (self.means, self.stds, self.mins, self.maxs)
        )
        # Next to the one value of such a bin, as 0.2.0.1 is; and no farther in columns of small numbers.
        size = np.maximum(np.abs(low), np.abs(high))
        std = np.where(holds_one_value(std), SMALLEST_STD * np.where(size > 0.0, np.minimum(size, 1.0), 1.0), std)
        below, above = (low - mean) / std, (high - mean) / std
        wide = (below != above) & ~missing
        drawn = np.where(missing, np.nan, low)
        if wide.any():
            drawn[wide] = truncnorm.rvs(
                below[wide], above[wide], loc=mean[wide], scale=std[wide], random_state=self.random_state
            )
        return drawn

    def undiscretize(self, data: NDArray[Any]) -> NDArray[Any]:
        """Replace the bin numbers of the numeric columns by values drawn inside the bins.

        Parameters
        ----------
        data : ndarray, shape (n, d) or (d,)
            Bin numbers in the numeric columns.

        Returns
        -------
        ndarray
            A copy of `data`, same shape.
        """
        result = np.array(data)
        # In the order of the statistics, which a user may have given: it is the order of the random numbers.
        for feature in [feature for feature in self.means if feature in self.lambdas]:
            numbers = np.asarray(result[..., feature]).astype(np.intp)
            result[..., feature] = self.get_undiscretize_values(feature, numbers)
        return result


class QuartileDiscretizer(BaseDiscretizer):
    """Cuts at the quartiles of the training data.

    Parameters
    ----------
    data : ndarray of float, shape (n, d)
        Training data.
    categorical_features : sequence of int
        Columns that are left alone.
    feature_names : sequence of str
        Names of all columns.
    labels : array_like, shape (n,), optional
        Not used.
    random_state : int, RandomState or None
        For `undiscretize`.
    data_stats : mapping, optional
        ``means``, ``stds``, ``mins``, ``maxs`` by column, in place of those of `data`.
    """

    def bins(self, data: NDArray[Any], labels: Any) -> list[NDArray[np.float64]]:
        """Quartiles of each numeric column, of the values that are there.

        Parameters
        ----------
        data : ndarray of float, shape (n, d)
            Training data.
        labels : array_like, shape (n,), or None
            Not used.

        Returns
        -------
        list of ndarray of float, shape (3,)
            One for each column of `to_discretize`, rising, in the unit of its values; equal edges are still there.
        """
        return _percentiles(data, self.to_discretize, (25, 50, 75))


class DecileDiscretizer(BaseDiscretizer):
    """Cuts at the deciles of the training data.

    Parameters
    ----------
    data : ndarray of float, shape (n, d)
        Training data.
    categorical_features : sequence of int
        Columns that are left alone.
    feature_names : sequence of str
        Names of all columns.
    labels : array_like, shape (n,), optional
        Not used.
    random_state : int, RandomState or None
        For `undiscretize`.
    data_stats : mapping, optional
        ``means``, ``stds``, ``mins``, ``maxs`` by column, in place of those of `data`.
    """

    def bins(self, data: NDArray[Any], labels: Any) -> list[NDArray[np.float64]]:
        """Deciles of each numeric column, of the values that are there.

        Parameters
        ----------
        data : ndarray of float, shape (n, d)
            Training data.
        labels : array_like, shape (n,), or None
            Not used.

        Returns
        -------
        list of ndarray of float, shape (9,)
            One for each column of `to_discretize`, rising, in the unit of its values; equal edges are still there.
        """
        return _percentiles(data, self.to_discretize, (10, 20, 30, 40, 50, 60, 70, 80, 90))


class EntropyDiscretizer(BaseDiscretizer):
    """Cuts at the thresholds of an entropy tree of depth 3 on the training labels, so into at most 8 bins.

    Parameters
    ----------
    data : ndarray of float, shape (n, d)
        Training data.
    categorical_features : sequence of int
        Columns that are left alone.
    feature_names : sequence of str
        Names of all columns.
    labels : array_like, shape (n,)
        Training labels: classes, by number or name.
    random_state : int, RandomState or None
        For ties between splits, and `undiscretize`.

    Raises
    ------
    ValueError
        If there are no labels, more or fewer than rows, or they are not classes.
    """

    def __init__(
        self,
        data: NDArray[Any],
        categorical_features: Sequence[int],
        feature_names: Sequence[str],
        labels: Any = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        if labels is None:
            raise ValueError(
                "discretizer='entropy' came without labels: expected training_labels, one for each training row"
            )
        super().__init__(data, categorical_features, feature_names, labels=labels, random_state=random_state)

    def bins(self, data: NDArray[Any], labels: Any) -> list[NDArray[np.float64]]:
        """Thresholds of the tree on each column, its median where the tree does not split.

        Parameters
        ----------
        data : ndarray of float, shape (n, d)
            Training data.
        labels : array_like, shape (n,)
            Training labels: classes, by number or name.

        Returns
        -------
        list of ndarray of float, shape (m,)
            One for each column of `to_discretize`, rising, with 1 to 7 edges in the unit of its values.

        Raises
        ------
        ValueError
            If labels are more or fewer than rows, or are not classes.
        """
        edges = []
        labels = np.asarray(labels)
        if labels.shape != (len(data),):
            raise ValueError(
                f"training_labels has shape {labels.shape} for {len(data)} training rows: expected ({len(data)},)"
            )
        try:
            check_classification_targets(labels)
        except ValueError as error:
            raise ValueError(
                "training_labels are not classes, but discretizer='entropy' cuts where classes part: "
                "expected whole numbers or names, or another discretizer"
            ) from error
        for feature in self.to_discretize:
            column = np.asarray(data[:, feature], dtype=np.float64)
            there = ~np.isnan(column)
            tree = DecisionTreeClassifier(criterion="entropy", max_depth=3, random_state=self.random_state)
            # The tree goes by single precision and takes what is less than 1e-7 apart for equal.
            unit = np.ldexp(1.0, np.frexp(np.abs(column[there]).max())[1] - TREE_EXPONENT)
            grown = tree.fit(column[there, None] / unit, labels[there]).tree_
            cut = grown.threshold[grown.children_left > -1] * unit
            edges.append(np.sort(cut) if cut.size else np.array([np.median(column[there])]))
        return edges


class StatsDiscretizer(BaseDiscretizer):
    """Cuts where the given statistics say: ``data_stats["bins"]`` by column.

    Parameters
    ----------
    data : ndarray of float, shape (n, d)
        Training data.
    categorical_features : sequence of int
        Columns that are left alone.
    feature_names : sequence of str
        Names of all columns.
    labels : array_like, shape (n,), optional
        Not used.
    random_state : int, RandomState or None
        For `undiscretize`.
    data_stats : mapping
        ``bins``, the inner edges by column, and ``means``, ``stds``, ``mins``, ``maxs`` by column, in place of those of
        `data`.

    Raises
    ------
    ValueError
        If a column that is to be cut has no edges, or one that is not finite.
    """

    def bins(self, data: NDArray[Any], labels: Any) -> list[NDArray[np.float64]]:
        """Edges from ``data_stats``.

        Parameters
        ----------
        data : ndarray of float, shape (n, d)
            Not used.
        labels : array_like, shape (n,), or None
            Not used.

        Returns
        -------
        list of ndarray of float, shape (m,)
            One for each column of `to_discretize`, as given, in the unit of its values.

        Raises
        ------
        ValueError
            If a column has none; the message names it.
        """
        given = (self.data_stats or {}).get("bins") or {}
        missing = [feature for feature in self.to_discretize if feature not in given]
        if missing:
            raise ValueError(f"training_data_stats['bins'] has no edges for columns {missing}: expected some for each")
        return [np.asarray(given[feature], dtype=np.float64) for feature in self.to_discretize if feature in given]


def bin_numbers(edges: NDArray[np.float64], values: Any) -> Any:
    """Number of edges below each value; a missing value is in bin ``len(edges) + 1``, a bin of its own."""
    if np.ndim(values) == 0:
        # One row at a time is how explainers come here, where a whole array's machinery costs ten times the search.
        return len(edges) + 1 if values != values else bisect_left(edges, values)
    values = np.asarray(values, dtype=np.float64)
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values))


def bin_names(name: str, edges: NDArray[np.float64], written: Sequence[str] | None = None) -> list[str]:
    """Names of the bins between `edges`: two decimals, and more only where two edges would look alike.

    What else the edges stand for, such as dates, comes already `written`.
    """
    written = _written(edges) if written is None else written
    inner = [f"{low} < {name} <= {high}" for low, high in pairwise(written)]
    return [f"{name} <= {written[0]}", *inner, f"{name} > {written[-1]}"]


def _written(edges: NDArray[np.float64]) -> list[str]:
    for style in [f"%.{digits}f" for digits in range(2, 9)] + [f"%.{digits}g" for digits in range(3, 17)]:
        written = [style % edge for edge in edges]
        if len(set(map(float, written))) == len(written):  # -0.00 is 0.00
            return written
    return [repr(float(edge)) for edge in edges]


def _moments(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation, also of numbers whose squares no float holds."""
    largest = float(np.abs(values).max())
    scale = largest if largest > 1e150 else 1.0
    return float((values / scale).mean() * scale), float((values / scale).std() * scale)


def _percentiles(data: NDArray[Any], columns: list[int], shares: Sequence[int]) -> list[NDArray[np.float64]]:
    edges = []
    for column in columns:
        values = np.asarray(data[:, column], dtype=np.float64)
        edges.append(np.percentile(values[~np.isnan(values)], shares))
    return edges


DISCRETIZERS: dict[str, type[QuartileDiscretizer] | type[DecileDiscretizer] | type[EntropyDiscretizer]] = {
    "quartile": QuartileDiscretizer,
    "decile": DecileDiscretizer,
    "entropy": EntropyDiscretizer,
}
