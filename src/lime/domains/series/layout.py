"""Between series of shape (timesteps, features) and flat rows of a table, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.tabular.reading import numbers_of_objects
from lime.domains.tabular.scales import exceeds_floats
from lime.engine.inspection import is_whole
from lime.engine.warn import warn_user


@dataclass(frozen=True)
class Layout:
    """How a series is written as one row: feature by feature, and within a feature from the first step to the last.

    Attributes
    ----------
    n_timesteps, n_features : int
    dtype : numpy.dtype
        What the model was trained on, where that was floats or whole numbers that floats round; else float64.
    """

    n_timesteps: int
    n_features: int
    dtype: np.dtype[Any]

    @classmethod
    def read(cls, data: Any) -> tuple[Layout, NDArray[Any]]:
        """The layout of training data, and the data as a table.

        Parameters
        ----------
        data : array_like, shape (n, timesteps, features)

        Returns
        -------
        layout : Layout
        table : ndarray, shape (n, features * timesteps)

        Raises
        ------
        ValueError
            If the data has another number of dimensions, one of them is empty, or holds anything but numbers.
        """
        array = _as_array("training_data", data)
        if array.ndim != 3 or 0 in array.shape:
            hint = "; LimeTabularExplainer explains rows of two-dimensional data" if array.ndim == 2 else ""
            raise ValueError(
                f"training_data has shape {array.shape}: expected (n, timesteps, features), none of them 0{hint}"
            )
        dtype = array.dtype if array.dtype.kind == "f" else np.dtype(np.float64)
        if array.dtype.kind in "iu" and exceeds_floats(array.astype(np.float64)):
            dtype = array.dtype
        layout = cls(int(array.shape[1]), int(array.shape[2]), dtype)
        return layout, layout.flat(array)

    def flat(self, series: NDArray[Any]) -> NDArray[Any]:
        """Write series (n, timesteps, features) as rows (n, features * timesteps)."""
        return series.transpose(0, 2, 1).reshape(len(series), self.n_features * self.n_timesteps)

    def series(self, rows: Any) -> NDArray[Any]:
        """Read rows (n, features * timesteps) as series (n, timesteps, features) in the training data's type."""
        array = np.asarray(rows, dtype=self.dtype).reshape(len(rows), self.n_features, self.n_timesteps)
        return np.ascontiguousarray(array.transpose(0, 2, 1))

    def flat_row(self, series: Any, argument: str = "data_row") -> NDArray[Any]:
        """Write one series (timesteps, features), or a batch of one, as a row.

        One of another shape and of as many numbers is read with a warning, in the order in which 0.2.0.1 reads it.

        Raises
        ------
        ValueError
            If it has more or fewer numbers, or holds anything else.
        """
        array = _as_array(argument, series)
        expected = (self.n_timesteps, self.n_features)
        # A series of one feature is the same numbers lying down, and programs hand it over as a row of a frame.
        lying = self.n_features == 1 and array.shape in ((self.n_timesteps,), (1, self.n_timesteps))
        if array.shape not in (expected, (1, *expected)) and not lying:
            message = (
                f"{argument} has shape {array.shape}: expected one series of shape {expected}, timesteps by features"
            )
            if array.size != self.n_timesteps * self.n_features:
                raise ValueError(message)
            warn_user(f"{message}; its numbers are taken feature by feature")
            return array.T.reshape(-1)
        row: NDArray[Any] = self.flat(array.reshape(1, *expected))[0]
        return row

    def names(self, feature_names: Iterable[Any] | None) -> tuple[list[str], list[str]]:
        """Names of the features, ``'0'``, ``'1'``, ... where there are none, and names of the table's columns.

        A column is called ``'{feature}_t-{k}'``, k steps before the last.

        Raises
        ------
        ValueError
            If there is not one name for each feature.
        """
        if isinstance(feature_names, str) and len(feature_names) >= self.n_features:
            warn_user(f"feature_names is the string {feature_names!r}: each letter is taken for a name")
        if feature_names is not None and not isinstance(feature_names, Iterable):
            raise ValueError(f"feature_names={feature_names!r}: expected a sequence of names, or None")
        given = range(self.n_features) if feature_names is None else feature_names
        names = [str(name) for name in given]
        if len(names) > self.n_features:
            warn_user(
                f"feature_names has {len(names)} names, but training_data has {self.n_features} features: only the "
                "first are used, as in lime 0.2.0.1",
            )
            names = names[: self.n_features]
        if len(names) != self.n_features:
            raise ValueError(
                f"feature_names has {len(names)} names, but training_data has {self.n_features} features: "
                "expected one name for each"
            )
        steps = range(self.n_timesteps - 1, -1, -1)
        return names, [f"{name}_t-{back}" for name in names for back in steps]

    def columns(self, features: Iterable[Any] | None, names: list[str]) -> list[int]:
        """Columns of some features, given by position or name, at every step.

        Positions of which one is beyond the features are those of columns, which is what lime 0.2.0.1 took them for.
        What is no feature is left out with a warning, as programs of 0.2.0.1 have it.

        Raises
        ------
        ValueError
            If it is no sequence.
        """
        if isinstance(features, str) and features in names:
            warn_user(f"categorical_features is the name {features!r}: expected a list, such as [{features!r}]")
            features = [features]
        if isinstance(features, str) or (features is not None and not isinstance(features, Iterable)):
            raise ValueError(f"categorical_features={features!r}: expected a sequence of features, or None")
        listed = [] if features is None else list(features)
        if listed and len(listed) == self.n_features and all(isinstance(one, bool | np.bool_) for one in listed):
            warn_user("categorical_features is a list of True and False: it is taken for a mask")
            listed = [feature for feature, chosen in enumerate(listed) if chosen]
        listed = [int(one) if isinstance(one, float | np.floating) and one.is_integer() else one for one in listed]
        n_columns = self.n_features * self.n_timesteps
        if all(is_whole(one) and 0 <= one < n_columns for one in listed) and max(listed, default=0) >= self.n_features:
            return list(dict.fromkeys(int(one) for one in listed))
        chosen = [self._feature(one, names, "categorical_features") for one in listed]
        known = dict.fromkeys(feature for feature in chosen if feature is not None)
        return [j for feature in known for j in self._steps(feature)]

    def categories(self, categorical_names: Any, categorical: list[int], names: list[str]) -> dict[int, Any] | None:
        """Names of the categories by column, from names by feature.

        A sequence has an entry for every feature, and only those of the `categorical` columns count. One that is longer
        has an entry for every column.

        Raises
        ------
        ValueError
            If they are neither a mapping nor a sequence.
        """
        if categorical_names is None:
            return None
        if isinstance(categorical_names, str) or not hasattr(categorical_names, "__getitem__"):
            raise ValueError(
                f"categorical_names={categorical_names!r}: expected a mapping from feature to names, or a sequence"
            )
        listed = isinstance(categorical_names, Mapping)
        by_feature = categorical_names.items() if listed else enumerate(categorical_names)
        if not listed and len(categorical_names) > self.n_features:
            # As lime 0.2.0.1 reads all of them.
            by_column = dict(by_feature)
            return {j: by_column[j] for j in categorical if j in by_column}
        by_column = {}
        for one, of_feature in by_feature:
            feature = self._feature(one, names, "categorical_names")
            if feature is not None:
                by_column.update(dict.fromkeys(self._steps(feature), of_feature))
        return by_column if listed else {j: by_column[j] for j in categorical if j in by_column}

    def _steps(self, feature: int) -> range:
        return range(feature * self.n_timesteps, (feature + 1) * self.n_timesteps)

    def _feature(self, one: Any, names: list[str], argument: str) -> int | None:
        """Position of a feature; None, after a warning, where there is no such feature."""
        if isinstance(one, str) and names.count(one) == 1:
            return names.index(one)
        if is_whole(one) and -self.n_features <= one < 0:
            warn_user(f"{argument} has {one!r}: it is taken for the feature {names[one]!r}, counted from the end")
            return int(one) + self.n_features
        if not is_whole(one) or not 0 <= one < self.n_features:
            warn_user(
                f"{argument} has {one!r}, which is left out: expected features by position, 0 to "
                f"{self.n_features - 1}, or by name, one of {', '.join(map(repr, names))}"
            )
            return None
        return int(one)


def _as_array(argument: str, data: Any) -> NDArray[Any]:
    if hasattr(data, "detach"):  # a torch tensor, wherever it lives
        data = data.detach().cpu()
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(f"{argument} has series of different lengths: expected a rectangular array") from error
    if array.dtype.kind == "O" and array.ndim > 1:
        # What does not consist of numbers is refused below, by its type.
        numbers = numbers_of_objects(array)
        array = _whole_of_objects(array) if numbers is None else numbers
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"{argument} holds values of dtype {array.dtype}: expected numbers, with categories as whole numbers"
        )
    return array.astype(np.float64) if array.dtype.kind == "b" else array


def _whole_of_objects(array: NDArray[Any]) -> NDArray[Any]:
    """Objects as the whole numbers that they all are; as they are where some are not, or fit into no dtype."""
    if not all(is_whole(value) for value in array.ravel()):
        return array
    try:
        whole = np.array(array.tolist())
    except OverflowError:
        return array
    return whole if whole.dtype.kind in "iu" else array
