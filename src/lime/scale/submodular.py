"""`SubmodularPick`: a few explanations that stand for a whole table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from sklearn.utils import check_random_state

from lime._config import get_config
from lime.domains.explainer import Explainer
from lime.engine.warn import warn_user
from lime.models.requests import one_of_many
from lime.results.explanation import DomainMapper, Explanation
from lime.results.explanations import Explanations
from lime.results.wording import counted
from lime.scale.data import instances_of
from lime.scale.run import explain_each, explain_instances

__all__ = ["SubmodularPick"]

OF_MANY = frozenset({"n_jobs", "checkpoint", "errors"})
"""Settings that only `Explainer.explain_instances` has; explanations are made again from its numbers then."""


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

    def __init__(  # noqa: PLR0917 (as in lime 0.2.0.1)
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
        if method == "sample":
            sample_size = _at_least_one("sample_size", sample_size)
        num_exps_desired = _at_least_one("num_exps_desired", num_exps_desired)
        if not hasattr(data, "__len__"):
            data = list(data)
        total = _count(data)
        state = check_random_state(getattr(explainer, "_seed", None))
        places = np.arange(total)
        if method == "sample":
            if sample_size > total:
                warn_user(
                    f"sample_size={sample_size}, but data has {counted(total, 'row')}: all of them are explained",
                )
            places = state.permutation(total)[:sample_size]
        settings = {"top_labels": 1, **kwargs, "num_features": num_features}
        rows = _rows_at(data, places)
        self.all: Explanations
        self.explanations: list[Any]
        if not OF_MANY.isdisjoint(settings):
            self.all = explain_instances(explainer, rows, predict_fn, **settings)
            self.explanations = list(self.all)
        else:
            self.explanations = list(_explained(explainer, rows, predict_fn, settings))
            self.all = Explanations.of([_as_explanation(one) for one in self.explanations])
        if num_exps_desired > total:
            warn_user(
                f"num_exps_desired={num_exps_desired}, but {len(self.all)} rows were explained: all are returned",
            )
        self.V: list[int] = self.all.pick(num_exps_desired, random_state=state) if len(self.all) else []
        self.positions: list[int] = [int(places[place]) for place in self.V]
        self.sp_explanations: list[Any] = [self.explanations[place] for place in self.V]


def _at_least_one(name: str, value: Any) -> int:
    """A number as 0.2.0.1 took it: by `int`, which leaves out what follows the point."""
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}={value!r}: expected a whole number of at least 1") from error
    if number < 1 or isinstance(value, bool):
        raise ValueError(f"{name}={value!r}: expected a whole number of at least 1")
    return number


def _explained(explainer: Any, rows: Any, predict_fn: Any, settings: dict[str, Any]) -> Iterator[Any]:
    """Explanations as the explainer makes them.

    One of a program's own, and one that takes its draws from a single stream, is asked row by row, as in 0.2.0.1;
    rows of the others share what they can.
    """
    ours = isinstance(explainer, Explainer) and not explainer.overrides_explain()
    method = settings.get("sampling_method") or get_config()["sampling_method"]
    if ours and method != "classic":
        yield from explain_each(explainer, rows, predict_fn, **settings)
        return
    for instance in instances_of(rows, getattr(explainer, "feature_names", None)):
        with one_of_many():
            found = explainer.explain_instance(instance, predict_fn, **settings)
        yield found


def _as_explanation(found: Any) -> Explanation:
    """What an explainer of a program's own gave, as far as it says what 0.2.0.1 asked of it: `as_map`."""
    if isinstance(found, Explanation):
        return found
    plain = Explanation(getattr(found, "domain_mapper", None) or _Numbers())
    plain.local_exp = dict(found.as_map())
    return plain


class _Numbers(DomainMapper):
    """Calls features by their numbers."""

    def map_exp_ids(self, exp: Sequence[tuple[Any, float]], **kwargs: Any) -> list[tuple[Any, float]]:
        return [(str(feature), weight) for feature, weight in exp]


def _count(data: Any) -> int:
    """How many rows data has; a sparse matrix has no length."""
    return int(data.shape[0]) if hasattr(data, "shape") else len(data)


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
