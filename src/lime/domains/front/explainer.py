"""`lime.Explainer`: the door that finds its own way."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lime import _upper
from lime._config import get_config
from lime.domains.front.detect import KINDS, OF_COLUMNS, Kind, is_one, kind_of_data, kind_of_instance, task_of
from lime.domains.image.explainer import LimeImageExplainer
from lime.domains.series.explainer import RecurrentTabularExplainer
from lime.domains.surrogates import TREES
from lime.domains.tabular.explainer import LimeTabularExplainer
from lime.domains.text.explainer import LimeTextExplainer
from lime.domains.timeseries.explainer import LimeTimeSeriesExplainer
from lime.domains.volume.explainer import LimeVolumeExplainer
from lime.engine.inspection import is_sparse
from lime.engine.wording import counted

if TYPE_CHECKING:
    from lime.domains.explainer import Explainer as ClassicExplainer

CLASSES: Mapping[Kind, type[Any]] = {
    "table": LimeTabularExplainer,
    "text": LimeTextExplainer,
    "image": LimeImageExplainer,
    "series": RecurrentTabularExplainer,
    "timeseries": LimeTimeSeriesExplainer,
    "volume": LimeVolumeExplainer,
}
OF_CALLS = ("n_jobs", "checkpoint", "errors")
"""Settings of `explain_instances` that a call may add."""

BEST: Mapping[str, Any] = {"random_state": 0, "neighborhood": "auto"}
"""Settings of explainers that are better than those of 0.2.0.1, whose defaults the classic names keep."""

OF_TABLES: Mapping[str, Any] = {"groups": "auto"}
"""And of tables: one-hot columns are drawn together."""

OF_INDEPENDENT_COLUMNS = ("sample_around_instance", "column_distributions", "training_data_stats", "discretizer")
"""Settings of explainers that mean columns which are drawn independently of each other."""


FIT_ALONE = ("classic", "exact")
"""Samplers that fit in a way of their own, so that the surrogate is not held to the prediction."""


class Explainer:
    """Explain single predictions of a model, with the best-known defaults.

    It finds out what kind of data there is, what the model does, and what its classes are called. It explains the
    model's top class. The same call gives the same numbers. Of tables and series it takes the neighbourhood that fits
    the model best near real rows, which is chosen at the first explanation; one-hot columns are one feature. Baseline
    and contributions add up to the model's prediction.

    Parameters
    ----------
    model : callable or model
        A fitted model, its bound method, or a function on batches.
    data : frame, array, sparse matrix or None
        Training data of a table or of series. None for texts and images; time series can do without.
    kind : {"table", "text", "image", "series", "timeseries", "volume"}, optional
        What an instance is. When None, it is told by `data`, or by the first instance. ``"timeseries"`` explains
        segments of one series, ``"series"`` features at each of a fixed number of steps. Volumes and videos are never
        told by themselves, as arrays of four dimensions may be several pictures.
    **settings
        Any argument of the constructor or of `explain_instance` of the classic explainers:
        `lime.LimeTabularExplainer`, `lime.LimeTextExplainer`, `lime.LimeImageExplainer`,
        `lime.RecurrentTabularExplainer`, `lime.LimeTimeSeriesExplainer`, `lime.LimeVolumeExplainer`.

    Attributes
    ----------
    model : callable or model
    kind : {"table", "text", "image", "series", "timeseries", "volume"} or None
        None as long as there is nothing to tell it by.
    mode : {"classification", "regression"} or None
        What the model does.
    explainer : Explainer or None
        The explainer that does the work, of one of the classes above.

    Raises
    ------
    TypeError
        If there is no such setting.
    ValueError
        If `kind` is unknown, a table or series come without data, or a setting is not what its explainer expects.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> import lime
    >>> wine = load_wine()
    >>> forest = RandomForestClassifier(random_state=0).fit(wine.data, wine.target)
    >>> explain = lime.Explainer(forest, wine.data, feature_names=wine.feature_names)
    >>> print(explain(wine.data[0]))                                                          # doctest: +SKIP
    """

    def __init__(self, model: Any, data: Any = None, *, kind: Kind | None = None, **settings: Any) -> None:
        if kind is not None and kind not in KINDS:
            raise ValueError(f"kind={kind!r}: expected one of {', '.join(KINDS)}, or None to have it found")
        self.model = model
        self.kind: Kind | None = kind or kind_of_data(data)
        if kind is None and data is not None and self.kind is None:
            raise ValueError(
                f"data is {type(data).__name__}, which does not tell what an instance is: "
                f"expected kind= to be one of {', '.join(KINDS)}"
            )
        self.explainer: ClassicExplainer | None = None
        self._given = settings
        self._per_call: dict[str, Any] = {}
        if self.kind is not None:
            self._set_up(self.kind, data)

    def __call__(self, instance: Any, **settings: Any) -> Any:
        """Explain the model's prediction for one instance, or for each of several.

        Parameters
        ----------
        instance : row, text, image, series, or a collection of these
        **settings
            Arguments of `explain_instance`, which go before those of the constructor. With several instances also
            `n_jobs`, `checkpoint` and `errors` of `explain_instances`.

        Returns
        -------
        Explanation
            Of one instance: a Series, dict, tuple or 1-D array as a row; a str; an image; a 2-D array as a series.
        Explanations
            Of several: a frame, a 2-D array, or a list.

        Raises
        ------
        ValueError
            If there is nothing to tell the kind of data by, or the instance is not what the model was trained on.
        TypeError
            If there is no such setting.
        """
        if self.kind is None:
            kind = kind_of_instance(instance)
            if kind is None:
                raise ValueError(
                    f"the instance is {type(instance).__name__}, which does not tell what it is without training data: "
                    "pass data= for a table, or kind="
                )
            self._set_up(kind, None)
            self.kind = kind
        assert self.kind is not None
        assert self.explainer is not None
        arguments = self._arguments(settings)
        if is_one(instance, self.kind):
            return self.explainer.explain_instance(instance, self.model, **arguments)
        return self.explainer.explain_instances(instance, self.model, **arguments)

    @property
    def mode(self) -> str | None:
        """What the model does: ``"classification"`` or ``"regression"``; None until the kind is known."""
        return None if self.explainer is None else self.explainer.mode

    def __repr__(self) -> str:
        """Say what it explains, and how."""
        if self.explainer is None:
            return f"<Explainer of {_name(self.model)}: the first instance tells what it explains>"
        return f"<Explainer of {_name(self.model)}: {self.explainer!r}>"

    def _repr_html_(self) -> str:
        """What it will do as a table, and the columns that it knows, for notebooks."""
        columns = [] if self.explainer is None else self.explainer.known_columns()
        return _upper.render_explainer("lime.Explainer", self._told(), columns)

    def _arguments(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of one call: what it says goes before what the constructor said, and that before our own."""
        assert self.explainer is not None
        return best_settings(self.explainer, {**self._per_call, **settings}, self.model)

    def _told(self) -> list[tuple[str, str]]:
        """What a reader wants to know of it, as names and texts."""
        told = [("model", _name(self.model)), ("instance", self.kind or "told by the first one")]
        if self.explainer is None:
            return told + [(name, repr(value)) for name, value in sorted(self._given.items()) if name != "data"]
        told += [("by", type(self.explainer).__name__), *self.explainer.facts().items()]
        known = {name for name, _ in told} | {"data", "class_names"}
        settings = sorted(self._arguments(self._per_call).items())
        return told + [(name, repr(value)) for name, value in settings if name not in known]

    def _set_up(self, kind: Kind, data: Any) -> None:
        """Make the classic explainer, and sort the settings by where they go."""
        made_by = CLASSES[kind]
        of_constructor = _names(made_by.__init__)
        of_call = _names(made_by.explain_instance)[2:]  # without the instance and the model
        unknown = [name for name in self._given if name not in {*of_constructor, *of_call, *OF_CALLS}]
        if unknown:
            raise TypeError(
                f"{unknown[0]}={self._given[unknown[0]]!r}: {made_by.__name__} has no such setting; expected "
                f"{counted(len(of_constructor) + len(of_call), 'name')} such as {', '.join(sorted(of_call)[:5])}"
            )
        own = {name: value for name, value in self._given.items() if name in of_constructor}
        best = {name: value for name, value in BEST.items() if name in of_constructor}
        independent = _sampler(self._given) != "auto" or any(name in own for name in OF_INDEPENDENT_COLUMNS)
        if kind == "table" and not is_sparse(data) and _sampler(self._given) == "auto" and "discretizer" not in own:
            best |= OF_TABLES
        if independent or self._given.get("estimator") == "assisted" or is_sparse(data):
            best.pop("neighborhood", None)
        if kind in OF_COLUMNS:
            if data is None:
                raise ValueError(f"data=None: expected the training data of the {kind}, which tells how columns vary")
            own = {"mode": task_of(self.model, data, kind), **own}
            self.explainer = made_by(data, **{**best, **own})
        else:
            if "mode" in of_constructor:
                own = {"mode": task_of(self.model, data, kind), **own}
            if kind == "timeseries" and data is not None:
                own = {"training_data": data, **own}
            self.explainer = made_by(**{**best, **own})
        self._per_call = {name: value for name, value in self._given.items() if name not in of_constructor}


def best_settings(explainer: ClassicExplainer, given: Mapping[str, Any], model: Any = None) -> dict[str, Any]:
    """Settings of one call with the best-known defaults: the top class, and contributions that add up.

    Parameters
    ----------
    explainer : Explainer
        That makes the explanation.
    given : mapping
        Arguments of `explain_instance` that were given, which stay.
    model : callable or model, optional
        What is explained.

    Returns
    -------
    dict
    """
    found = dict(given)
    if not found.keys() & {"labels", "top_labels", "target"} and explainer.mode == "classification":
        found["top_labels"] = 1
    alone = _sampler(found) in FIT_ALONE or found.get("surrogate") in TREES
    if found.get("model_regressor") is None and not alone:
        found.setdefault("anchored", not _takes_exact(explainer, model, found))
    return found


def _takes_exact(explainer: ClassicExplainer, model: Any, arguments: Mapping[str, Any]) -> bool:
    """Whether ``sampling_method="auto"``, where a user says so, finds exact weights."""
    if arguments.get("sampling_method") != "auto" or not isinstance(explainer, LimeTabularExplainer):
        return False
    of_rows = {name: value for name, value in arguments.items() if name not in OF_CALLS}
    return explainer.why_not_exact(model, **of_rows) is None


def _sampler(settings: Mapping[str, Any]) -> Any:
    """The sampler that a user asks for, or has configured."""
    return settings.get("sampling_method") or get_config()["sampling_method"]


def _names(function: Any) -> list[str]:
    """Names of a function's arguments, without the object's own."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [one.name for one in list(inspect.signature(function).parameters.values())[1:] if one.kind not in kinds]


def _name(model: Any) -> str:
    """What a reader calls a model: its class, or the name of its function."""
    owner = getattr(model, "__self__", None)
    if owner is not None:
        return f"{type(owner).__name__}.{getattr(model, '__name__', 'predict')}"
    return str(getattr(model, "__name__", type(model).__name__))
