"""Explanations of many rows: a sequence, a long table, and the whole picture."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lime import _upper
from lime._optional import require
from lime.results.columns import NO_IDS, Columns
from lime.results.explanation import Explanation
from lime.results.files import write_text
from lime.results.filling import to_columns
from lime.results.frame import choose_backend
from lime.results.importance import check_whole, sizes_by_row, weigh_features
from lime.results.row_sequence import ExplanationSequence
from lime.results.tidy import Cells, frame_of, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Explanations", "check_whole"]


class Explanations(ExplanationSequence):
    """Explanations of many rows, held as arrays; each is made again when it is asked for.

    ``exps[i]`` is the explanation of the i-th explained row, ``exps["row-17"]`` that of the row with this id. A slice,
    a mask, or a list of places or ids gives fewer rows. A row that could not be explained is an explanation without
    labels, whose warnings say why; `errors` names them all.

    What an explanation that is made again does not have: the values of features without weight, attributes that a
    user set, and the domain's own mapper (its names and values are there). Pairs of features
    cannot be tested on it, because its samples are not kept: explain such a row by itself and call `interactions`.

    Rows that came from a file or a checkpoint are read from there when they are asked for: it must stay as it is. A
    pickle holds all rows.

    Parameters
    ----------
    pieces : iterable of Columns or of what can `load` them
        In the order of the rows.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.linear_model import LogisticRegression
    >>> from lime import LimeTabularExplainer
    >>> wine = load_wine()
    >>> model = LogisticRegression(max_iter=10_000).fit(wine.data, wine.target)
    >>> explainer = LimeTabularExplainer(wine.data, feature_names=wine.feature_names, random_state=0)
    >>> exps = explainer.explain_instances(wine.data[:20], model, num_features=3, top_labels=1)
    >>> len(exps), len(exps[0].as_list())
    (20, 3)
    """

    @classmethod
    def of(cls, explanations: Iterable[Explanation], ids: Sequence[Any] | None = None) -> Explanations:
        """Put explanations that were made one by one together.

        Parameters
        ----------
        explanations : iterable of Explanation
            All of one kind, in the order of the rows.
        ids : sequence, optional
            What the rows are called; their numbers when None.

        Returns
        -------
        Explanations
            Positions count from 0.

        Raises
        ------
        ValueError
            `ids` are more or fewer than the explanations.
        """
        every = list(explanations)
        if ids is not None and len(ids) != len(every):
            raise ValueError(f"ids has {len(ids)} names for {len(every)} explanations: expected one for each")
        return cls([to_columns(every, range(len(every)), range(len(every)) if ids is None else ids)])

    # ---- tables

    def to_frame(self, backend: str | None = None) -> Any:
        """Return one record for each row, label and feature; the columns are those of `lime.results.tidy`.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"} or None
            None takes the first of these that is installed.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table

        Raises
        ------
        ValueError
            An unknown backend.
        ImportError
            The backend is not installed, or none is.
        """
        chosen = choose_backend(backend)
        parts = [tidy(columns) for columns in self.arrays()]
        return frame_of(parts or [tidy(to_columns([], [], NO_IDS))], chosen)

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write all rows to a Parquet file: the frame, and what makes the explanations again.

        Needs pyarrow. Rows stream through, and the file appears under its name when it is complete.

        Parameters
        ----------
        path : str or path
            A file that is there is replaced.

        Raises
        ------
        ImportError
            pyarrow is not installed.
        """
        require("pyarrow", "to_parquet")
        table_of = _upper.table_of
        write_tables = _upper.write_tables

        pieces: Iterable[Columns] = self.arrays() if self._pieces else [to_columns([], [], NO_IDS)]
        write_tables(map(table_of, pieces), path)

    @classmethod
    def from_parquet(cls, path: str | os.PathLike[str]) -> Explanations:
        """Open a file that `to_parquet` wrote, or the folder of a checkpoint; rows are read when they are asked for.

        Parameters
        ----------
        path : str or path
            It must stay where it is, as it is, for as long as rows are asked for. Of a checkpoint, whose run may
            not have come to its end, all finished rows are read, in their order.

        Returns
        -------
        Explanations

        Raises
        ------
        LimeError
            It is no file of explanations, or one of a schema that this release does not know, or a folder without
            finished rows. Also, when rows are asked for, another file has taken its place.
        FileNotFoundError
            There is no such file.
        ImportError
            pyarrow is not installed.
        """
        require("pyarrow", "from_parquet")
        read_parts = _upper.read_parts

        return cls(read_parts(path))

    # ---- the whole picture

    def importance(self, label: int | str | None = None, by: str = "name", backend: str | None = None) -> Any:
        """Return how much features weigh over all rows, the heaviest first.

        Parameters
        ----------
        label : int or str, optional
            Count this label alone, by position or the class's name; all explained labels when None.
        by : {"name", "feature"}
            A record for each column or word, or for each of its bins and categories as well.
        backend : {"pandas", "polars", "pyarrow"} or None
            None takes the first of these that is installed.

        Returns
        -------
        frame
            ``name`` (or ``feature``), ``importance``: the mean of the weight's size, ``spread``: the standard
            deviation of that size, ``mean``: the mean of the weight with its sign, ``share``: in which part of the
            explanations it has weight, ``count``: in how many. Means are over all explanations of the label; where
            a feature has no weight it counts as 0. Of a row with several labels each one is an explanation: with
            both classes of two, whose weights are each other's negation, ``mean`` is 0.

        Raises
        ------
        ValueError
            `by` is neither, no row was explained for `label`, or an unknown backend.
        ImportError
            The backend is not installed, or none is.
        """
        found = self.weigh(label, by)
        order = np.argsort(-found["importance"], kind="stable")
        names = found.pop("names")
        cells = {by: Cells("text", order, words=names)}
        for name, values in found.items():
            cells[name] = Cells("int" if name == "count" else "float", values[order])
        return frame_of([cells], choose_backend(backend))

    def mean_abs(
        self, label: int | str | None = None, by: str = "name", contributions: bool = False
    ) -> dict[str, float]:
        """Return the mean size of the weight of each feature over all rows, the heaviest first.

        Parameters
        ----------
        label : int or str, optional
            Count this label alone, by position or the class's name; all explained labels when None.
        by : {"name", "feature"}
            A number for each column or word, or for each of its bins and categories as well.
        contributions : bool
            The mean size of the contribution, in the unit of the predictions.

        Returns
        -------
        dict of str -> float
            As `importance` has them.

        Raises
        ------
        ValueError
            `by` is neither, no row was explained for `label`, or the contributions of no row are known.
        """
        found = self.weigh(label, by, contributions)
        order = np.argsort(-found["importance"], kind="stable")
        return {found["names"][k]: float(found["importance"][k]) for k in order}

    def weigh(self, label: int | str | None = None, by: str = "name", contributions: bool = False) -> dict[str, Any]:
        """Return the columns of `importance` as a list of names and arrays, in no order.

        Parameters
        ----------
        label : int or str, optional
            Count this label alone, by position or the class's name; all explained labels when None.
        by : {"name", "feature"}
            One entry for each column or word, or for each of its bins and categories as well.
        contributions : bool
            Take contributions for weights.

        Returns
        -------
        dict
            ``names``, a list of m str, and arrays of shape (m,): ``importance``, ``spread``, ``mean``, ``share``
            (float) and ``count`` (int), which `importance` explains.

        Raises
        ------
        ValueError
            `by` is neither, no row was explained for `label`, or the contributions of no row are known.
        """
        if by not in ("name", "feature"):
            raise ValueError(f"by={by!r}: expected 'name' or 'feature'")
        label = None if label is None else self.find_label(label)
        return weigh_features(self.arrays(), label, by, contributions)

    def pick(self, k: int, random_state: int | np.random.RandomState | None = 0) -> list[int]:
        """Choose rows whose explanations together show what matters in the data: submodular pick (SP-LIME).

        Greedily, each next row adds the most importance of features that no row before it has; a feature's
        importance is the square root of its summed weight sizes (Ribeiro et al. 2016, section 4), summed over rows
        and labels. When nothing is left to add, it begins anew. Rows in which nothing has weight come last, in
        their order.

        Parameters
        ----------
        k : int
            How many rows; at most as many as could be explained.
        random_state : int, RandomState or None
            Decides between rows that add the same.

        Returns
        -------
        list of int
            Positions of the rows in the data, in the order of their choice.

        Raises
        ------
        ValueError
            `k` is no whole number above 0.
        """
        pick_rows = _upper.pick_rows

        k = check_whole("k", k)
        rows, words, sizes = sizes_by_row(self.arrays())
        chosen = pick_rows(rows, words, sizes, k, random_state)
        positions = self.positions
        others = np.setdiff1d(np.arange(len(self)), chosen)
        explained = others[~np.isin(positions[others], list(self.errors))]
        # Where fewer than k rows have weight, all that have are chosen.
        return [int(position) for position in positions[np.append(chosen, explained)[:k]]]

    # ---- pictures

    def to_shap(self, label: Any = None) -> Any:
        """Return the contributions as shap's `Explanation`, so that shap's plots work on them. Needs shap.

        Parameters
        ----------
        label : int or str, optional
            By position or the class's name; the first explained label of each row when None.

        Returns
        -------
        shap.Explanation
            `values` and `data` of shape (n, d), `base_values` of shape (n,), `feature_names`. Features that have
            weight in no row are not there; where a feature has none in a row its value is 0.

        Raises
        ------
        ImportError
            shap is not installed.
        ValueError
            A row was not explained for the label, or its contributions are not known.
        """
        explanations_to_shap = _upper.explanations_to_shap

        return explanations_to_shap(self, label)

    def plot(
        self,
        label: int | str | None = None,
        max_features: int = 12,
        ax: Axes | None = None,
        kind: str = "beeswarm",
        *,
        feature: str | None = None,
        contributions: bool = False,
    ) -> Axes:
        """Draw what moves the predictions of all rows.

        Parameters
        ----------
        label : int or str, optional
            By position or the class's name; the label that is explained in most rows when None.
        max_features : int
            How many features to draw, those with the largest mean size of the weight.
        ax : matplotlib.axes.Axes, optional
            Where to draw. None makes a new figure, which becomes pyplot's current one.
        kind : {"beeswarm", "bar", "heatmap", "dependence"}
            "beeswarm" has a dot for each row, coloured by the row's value; "bar" the mean size of the weight;
            "heatmap" a column for each row, rows of like weights beside each other; "dependence" the weights of one
            feature by its value.
        feature : str, optional
            Of "dependence": the column's name; the heaviest with numbers when None.
        contributions : bool
            Draw contributions, in the unit of the predictions, and not weights.

        Returns
        -------
        Axes

        Raises
        ------
        ValueError
            An unknown `kind`, no row was explained for the label, `max_features` is no whole number of at least 1,
            there is no such `feature`, or the contributions are not known.
        TypeError
            `ax` is no Axes.
        """
        plot_many = _upper.plot_many

        return plot_many(
            self, label, max_features=max_features, ax=ax, kind=kind, feature=feature, contributions=contributions
        )

    def as_html(self, max_rows: int = 10_000) -> str:
        """Return a page with a searchable, sortable table of the rows, which opens each one's explanation.

        Parameters
        ----------
        max_rows : int
            Of more rows than these, evenly spaced ones are shown, and the page says so.

        Returns
        -------
        str

        Raises
        ------
        ValueError
            `max_rows` is no whole number of at least 1.

        Notes
        -----
        The page needs nothing else and asks for nothing. Unlike the page of one explanation it runs a script, its
        own, and its content security policy allows no other.
        """
        render_many = _upper.render_many

        return render_many(self, max_rows)

    def save_to_file(self, file_path: str | os.PathLike[str], max_rows: int = 10_000) -> None:
        """Write the page of `as_html` to a file, in UTF-8.

        Parameters
        ----------
        file_path : str or path
            A file that is there is replaced.
        max_rows : int
            Of more rows than these, evenly spaced ones are shown, and the page says so.

        Raises
        ------
        ValueError
            `max_rows` is no whole number of at least 1.
        """
        page = self.as_html(max_rows)
        write_text(file_path, page)

    def _repr_html_(self) -> str | None:
        if not len(self):
            return None
        render_many_fragment = _upper.render_many_fragment

        return render_many_fragment(self)

    def __repr__(self) -> str:
        return f"<Explanations of {len(self):,} row{'' if len(self) == 1 else 's'}>"
