"""`SubmodularPick`: a few explanations that stand for a whole table."""

from __future__ import annotations

import warnings
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from sklearn.utils import check_random_state

from lime.domains.explainer import Explainer
from lime.results.explanation import Explanation
from lime.results.explanations import Explanations
from lime.scale.data import Source
from lime.scale.run import explain_instances

__all__ = ["SubmodularPick"]


class SubmodularPick:
    """Explains rows and picks a few that together show what matters (SP-LIME, Ribeiro et al. 2016).

    Parameters
    ----------
    explainer : LimeTabularExplainer, LimeTextExplainer, ...
        Explains the rows; its seed decides the sample.
    data : array, frame, sparse matrix, list or iterable
        Rows, texts or images.
    predict_fn : callable or model
        As for `explain_instance`.
    method : {"sample", "full"}
        Explain `sample_size` rows drawn at random, or all of them.
    sample_size : int
        How many rows to explain with ``"sample"``; all where there are fewer, with a warning.
    num_exps_desired : int
        How many to pick.
    num_features : int
        Most features in an explanation.
    **kwargs
        Settings of `explain_instance` and of `Explainer.explain_instances`; ``top_labels`` is 1 unless it is given.

    Attributes
    ----------
    explanations : list of Explanation
        Of all rows that were explained.
    sp_explanations : list of Explanation
        The picked ones.
    V : list of int
        Where these stand in `explanations`.
    positions : list of int
        Where they stand in `data`.
    all : Explanations
        The explanations as a table, for `importance`, `plot` and the like.

    Raises
    ------
    ValueError
        If `method` is unknown or a number is no whole number of at least 1.

    Notes
    -----
    With an int as the explainer's ``random_state`` the sample and the choice between equals are pure functions of
    it; otherwise they take numpy's global state, as in 0.2.0.1.
    """

    def __init__(
        self,
        explainer: Explainer,
        data: Any,
        predict_fn: Any,
        method: str = "sample",
        sample_size: int = 1000,
        num_exps_desired: int = 5,
        num_features: int = 10,
        **kwargs: Any,
    ) -> None:
        if method not in ("sample", "full"):
            raise ValueError(f"method={method!r}: expected 'sample' or 'full'")
        for name, value in (("sample_size", sample_size), ("num_exps_desired", num_exps_desired)):
            if isinstance(value, bool) or value != int(value) or value < 1:
                raise ValueError(f"{name}={value!r}: expected a whole number of at least 1")
        if not hasattr(data, "__len__"):
            data = list(data)
        total = Source(data, explainer._instance_dimensions).total or 0
        state = check_random_state(explainer._seed)
        places = np.arange(total)
        if method == "sample":
            if sample_size > total:
                warnings.warn(
                    f"sample_size={sample_size}, but data has {total} rows: all of them are explained", stacklevel=2
                )
            places = state.permutation(total)[: int(sample_size)]
        settings = {"top_labels": 1, **kwargs, "num_features": num_features}
        self.all: Explanations = explain_instances(explainer, _rows_at(data, places), predict_fn, **settings)
        if num_exps_desired > total:
            warnings.warn(
                f"num_exps_desired={num_exps_desired}, but {len(self.all)} rows were explained: all are returned",
                stacklevel=2,
            )
        self.explanations: list[Explanation] = list(self.all)
        self.V: list[int] = self.all.pick(int(num_exps_desired), random_state=state) if len(self.all) else []
        self.positions: list[int] = [int(places[place]) for place in self.V]
        self.sp_explanations: list[Explanation] = [self.explanations[place] for place in self.V]


def _rows_at(data: Any, places: Any) -> Any:
    """Some rows of data, in the order of their places."""
    native = nw.to_native(data, pass_through=True)
    if hasattr(native, "iloc"):
        return native.iloc[places]
    if isinstance(native, list | tuple):
        return [native[place] for place in places.tolist()]
    if isinstance(native, np.ndarray):
        return native[places]
    if nw.dependencies.is_into_dataframe(native) or nw.dependencies.is_into_series(native):
        return nw.from_native(native, eager_only=True, allow_series=True)[places.tolist()].to_native()
    return native.tocsr()[places] if hasattr(native, "tocsr") else native[places]
