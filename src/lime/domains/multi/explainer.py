"""`LimeMultiInputExplainer`: explains single predictions of a model that takes several inputs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from lime.domains.arguments import ARGUMENTS
from lime.domains.checks import check_mode
from lime.domains.class_names import check_class_names
from lime.domains.described import described
from lime.domains.explainer import Explainer
from lime.domains.labels import UNSAID, keep_labels
from lime.domains.multi.batches import FORMS, as_arguments
from lime.domains.multi.input import DEFAULT_SAMPLES, MultiInput, Part
from lime.domains.protocols import InterpretableInput
from lime.domains.settings import ExplainSettings
from lime.domains.tabular.explainer import LimeTabularExplainer
from lime.engine.selection import check_method
from lime.engine.stopping import Auto
from lime.engine.widths import ChosenWidth
from lime.engine.wording import counted
from lime.models.calling import Predict
from lime.models.networks import is_module
from lime.models.requests import drive
from lime.results.explanation import Explanation
from lime.results.multi import MultiInputExplanation

AT_ONCE = 500
"""Instances in one call of the model where nobody says how many."""

OF_ROWS = ("independent", "rows", "copula", "gaussian")
"""Neighbourhoods of tables whose samples are independent of each other."""


class LimeMultiInputExplainer(Explainer):
    """Explains predictions of a model that takes several inputs at once: texts, rows, pictures, series.

    Each part is varied in the way of its own explainer, independently of the others, and one linear surrogate is
    fitted over all of them: its weights can be compared across parts.

    Parameters
    ----------
    parts : mapping of str to explainer
        An explainer for each input, such as ``{"title": LimeTextExplainer(), "row": LimeTabularExplainer(X)}``. A pair
        of texts is two parts. Their kernels and neighbourhoods count; of tables these are ``'independent'``,
        ``'rows'``, ``'copula'`` or ``'gaussian'``.
    inputs : {"rows", "batches", "tuple", "arguments"}
        How the model takes instances: a list of mappings from part to input; one mapping from part to a batch; a
        tuple of batches in the order of `parts`; or a batch in each argument. A batch is what a model of that part
        alone would take, a list of texts or a frame for instance.
    settings : mapping of str to mapping, optional
        By part, settings of its `explain_instance` that other kinds of data do not have, such as
        ``{"photo": {"hide_color": 0}}``.
    class_names : sequence of str, optional
        Names of the classes in the order of the model's columns; the model's own ``classes_`` when None.
    feature_selection : str or callable
        ``'auto'``, ``'forward_selection'``, ``'lasso_path'``, ``'highest_weights'``, ``'none'``, or one that is
        registered.
    random_state : int, RandomState or None
        With an int every call is a pure function of seed, instance and settings. Those of the parts' explainers do not
        count.
    verbose : bool
        Whether to print the surrogate's and the model's values at the instance.
    mode : {"classification", "regression"}
        What the model does: give probabilities of classes, or values.

    Attributes
    ----------
    parts : dict of str to explainer

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is described here; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from lime import LimeMultiInputExplainer, LimeTabularExplainer, LimeTextExplainer
    >>> rows = np.random.default_rng(0).normal(size=(100, 2))
    >>> parts = {"title": LimeTextExplainer(), "row": LimeTabularExplainer(rows, feature_names=["a", "b"])}
    >>> explainer = LimeMultiInputExplainer(parts, mode="regression", random_state=0)
    >>> def model(instances):
    ...     return np.array([("good" in one["title"]) + 0.5 * (one["row"][0] > 0) for one in instances])
    >>> explanation = explainer.explain_instance({"title": "a good day", "row": np.array([2.0, 0.0])}, model)
    >>> explanation.as_list()[0][0]
    'title: good'
    """

    _default_samples = DEFAULT_SAMPLES
    _samplers = ("auto", "gaussian")
    _what = "several inputs"

    def __init__(
        self,
        parts: Mapping[str, Any],
        *,
        inputs: str = "rows",
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        class_names: Any = None,
        feature_selection: Any = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
        mode: str = "classification",
    ) -> None:
        self.parts = _check_parts(parts)
        if inputs not in FORMS:
            raise ValueError(f"inputs={inputs!r}: expected one of {', '.join(map(repr, FORMS))}")
        self.inputs = inputs
        self.settings = _check_settings(settings, self.parts)
        self.mode = check_mode(mode)
        self.feature_selection = check_method(feature_selection)
        self.class_names = check_class_names(class_names)
        self.seed_with(random_state)
        # Nearness is in the weights of the parts: the kernel sees everything at distance 0.
        self._weigh_with(None, 1.0, verbose, 1.0)

    def _repr_settings(self) -> dict[str, Any]:
        kinds = [f"{name} ({type(one).__name__})" for name, one in self.parts.items()]
        return {"things": f"{counted(len(kinds), 'part')}: {', '.join(kinds)}", "usual_width": 1.0}

    @described
    def explain_instance(
        self,
        instance: Any,
        predict_fn: Any,
        *,
        labels: Any = UNSAID,
        top_labels: int | None = None,
        num_features: int = 10,
        num_samples: int | str | Auto = DEFAULT_SAMPLES,
        model_regressor: Any = None,
        sampling_method: Any = None,
        batch_size: int | None = None,
        progress_bar: bool = False,
        anchored: bool = False,
        estimator: str | None = None,
        target: Any = None,
        surrogate: str = "linear",
        link: str | None = None,
    ) -> MultiInputExplanation:
        """Explain the model's prediction for one instance.

        Parameters
        ----------
        instance : mapping, or tuple in the order of the parts
            An input for each part, as its own explainer takes it. None where the instance has none: the model then
            gets None.
        predict_fn : callable or model
            Takes instances in the form that `inputs` of the explainer says, returns probabilities of shape (n, k), or
            values of shape (n,) or (n, k) in regression; or a model with ``predict_proba`` or ``predict``.
        labels : iterable of int or str
            Classes by position or name, or outputs of a regression with several by position, to explain.
        top_labels : int, optional
            Explain the classes with the highest probabilities instead, this many.
        num_features : int
            Most features in the explanation, all parts together.
        num_samples : int, "auto" or Auto
            Instances that the model predicts, this one included. Where all parts are texts, pictures or series, and
            so many show every combination of their units, there is no sampling error.
        model_regressor : estimator, optional
            Takes the place of ridge regression; its weights carry no standard errors.
        sampling_method : {"auto", "gaussian"}, optional
            ``'gaussian'`` draws even where all combinations are few; None is what `lime.set_config` says.
        batch_size : int, optional
            Most instances in one call of the model; 500 when None.
        progress_bar : bool
            Whether to show a bar over the model calls.
        <anchored>
        <estimator of masks>
        <target>
        <surrogate>
        <link>

        Returns
        -------
        MultiInputExplanation

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's prediction is not what is described here.
        """
        arguments = {
            "labels": keep_labels(labels),
            "top_labels": top_labels,
            "num_features": num_features,
            "num_samples": num_samples,
            "model_regressor": model_regressor,
            "sampling_method": sampling_method,
            "batch_size": batch_size,
            "progress_bar": progress_bar,
            "anchored": anchored,
            "target": target,
            "surrogate": surrogate,
            "link": link,
            "estimator": estimator,
        }
        exp: MultiInputExplanation = drive(self._explain_steps(instance, predict_fn, arguments))
        return exp

    def check_arguments(self, arguments: Mapping[str, Any]) -> ExplainSettings:  # noqa: D102 (inherited)
        return super().check_arguments({"distance_metric": "euclidean", "estimator": None, **arguments})

    def interpretable_input(self, instance: Any, settings: ExplainSettings, **of_this_type: Any) -> MultiInput:
        """An instance as the method sees it; see `Explainer.interpretable_input`.

        Parameters
        ----------
        instance : mapping or tuple
            As for `explain_instance`.
        settings : ExplainSettings
            The checked arguments of the call.
        **of_this_type
            None.

        Returns
        -------
        MultiInput
        """
        given = self._read_parts(instance)
        parts: dict[str, Part] = {}
        start = 0
        for name, explainer in self.parts.items():
            if given[name] is None:
                continue
            seen, metric = _seen(name, explainer, given[name], self.settings.get(name, {}))
            parts[name] = Part(seen, explainer.base, metric, start)
            start += int(seen.feature_ids.max(initial=-1)) + 1
        starts = {name: part.start for name, part in parts.items()}

        def new(class_names: list[str] | None, explanations: dict[str, Any]) -> MultiInputExplanation:
            return MultiInputExplanation(
                explanations, starts, mode=self.mode, class_names=class_names, random_state=self.random_state
            )

        missing = tuple(name for name, part in given.items() if part is None)
        return MultiInput(parts, missing, tuple(self.parts), self.inputs, new)

    def typical_instance(self) -> Any:  # noqa: D102 (inherited)
        parts = {name: explainer.typical_instance() for name, explainer in self.parts.items()}
        return None if any(part is None for part in parts.values()) else parts

    def _in_form_of(self, given: InterpretableInput | None, predict: Predict) -> Predict:
        # A torch module takes a tuple as its arguments already.
        of_several = self.inputs != "arguments" or is_module(getattr(predict, "__self__", None))
        return predict if of_several else as_arguments(predict)

    def _batches(self, batch_size: int | None) -> tuple[int | None, tuple[str, ...]]:
        return (AT_ONCE if batch_size is None else batch_size), ()

    def perturb_instance(self, instance: Any, radius: float, rng: np.random.Generator) -> Any:
        """An instance of which each part is one nearby; see `Explainer.perturb_instance`.

        Parameters
        ----------
        instance : mapping or tuple
            As for `explain_instance`.
        radius : float
            How near, in the unit of each part's explainer.
        rng : numpy.random.Generator
            Where its random numbers come from.

        Returns
        -------
        dict
        """
        given = self._read_parts(instance)
        return {
            name: None if given[name] is None else explainer.perturb_instance(given[name], radius, rng)
            for name, explainer in self.parts.items()
        }

    def feature_key(self, exp: Explanation, feature: int) -> Hashable:  # noqa: D102 (inherited)
        assert isinstance(exp, MultiInputExplanation)
        name, own = exp.part_of(feature)
        return name, self.parts[name].feature_key(exp.parts[name], own)

    def has_feature(self, exp: Explanation, key: Hashable) -> bool:  # noqa: D102 (inherited)
        assert isinstance(exp, MultiInputExplanation)
        assert isinstance(key, tuple)
        name, own = key
        return name in exp.parts and bool(self.parts[name].has_feature(exp.parts[name], own))

    def _read_parts(self, instance: Any) -> dict[str, Any]:
        """The parts of an instance by name.

        Raises
        ------
        TypeError, ValueError
            If there is one too many or too few.
        """
        names = ", ".join(self.parts)
        if isinstance(instance, tuple):
            if len(instance) != len(self.parts):
                raise ValueError(f"the instance has {counted(len(instance), 'part')}: expected {names}")
            return dict(zip(self.parts, instance, strict=True))
        if not isinstance(instance, Mapping):
            raise TypeError(f"the instance is {type(instance).__name__}: expected a mapping with {names}")
        lacking = [name for name in self.parts if name not in instance]
        if lacking:
            raise ValueError(
                f"the instance lacks the part {lacking[0]!r}: expected a mapping with {names}, and None for a part "
                "that an instance has not"
            )
        unknown = [name for name in instance if name not in self.parts]
        if unknown:
            raise ValueError(f"the instance has {unknown[0]!r}, which is no part of the explainer: expected {names}")
        return {name: instance[name] for name in self.parts}


def _seen(name: str, explainer: Explainer, instance: Any, own: Mapping[str, Any]) -> tuple[Any, Any]:
    """A part as its explainer sees it, and the metric of its distances."""
    arguments = explainer.complete_settings(dict(own))
    if "random_seed" in arguments and arguments["random_seed"] is None:
        arguments["random_seed"] = 0  # the same segments each time
    more = {key: value for key, value in arguments.items() if key not in ARGUMENTS}
    try:
        given = explainer.interpretable_input(instance, explainer.check_arguments(arguments), **more)
    except Exception as error:
        error.add_note(f"This is about the part {name!r} of the instance.")
        raise
    if not hasattr(given, "model_inputs"):
        raise TypeError(f"{type(given).__name__} must define model_inputs to be a part of several inputs")
    return given, arguments["distance_metric"]


def _check_parts(parts: Any) -> dict[str, Explainer]:
    if not isinstance(parts, Mapping) or not parts:
        raise ValueError(f"parts={parts!r}: expected a mapping from names to explainers, at least one")
    for name, one in parts.items():
        if not isinstance(name, str):
            raise ValueError(f"parts has the name {name!r}: expected a str")
        if not isinstance(one, Explainer) or isinstance(one, LimeMultiInputExplainer):
            hint = " (such as lime.Explainer(...).explainer)" if hasattr(one, "explainer") else ""
            raise TypeError(f"parts[{name!r}] is {type(one).__name__}: expected an explainer of one kind of data{hint}")
        if isinstance(one.base.kernel_fn, ChosenWidth):
            raise ValueError(f"parts[{name!r}] has kernel_width='auto', which suits one part alone: pass a number")
        if isinstance(one, LimeTabularExplainer) and one.neighborhood not in OF_ROWS:
            known = ", ".join(map(repr, OF_ROWS))
            raise ValueError(f"parts[{name!r}] has neighborhood={one.neighborhood!r}: expected one of {known}")
    return dict(parts)


def _check_settings(settings: Any, parts: Mapping[str, Explainer]) -> dict[str, dict[str, Any]]:
    if settings is None:
        return {}
    if not isinstance(settings, Mapping):
        raise TypeError(f"settings={settings!r}: expected a mapping from a part to its settings")
    for name, own in settings.items():
        if name not in parts:
            raise ValueError(f"settings has {name!r}, which is no part: expected one of {', '.join(parts)}")
        parts[name].complete_settings(dict(own))
        shared = [one for one in own if one in ARGUMENTS and one != "distance_metric"]
        if shared:
            raise ValueError(
                f"settings[{name!r}] has {shared[0]!r}, which is for all parts together: pass it to explain_instance"
            )
    return {name: dict(own) for name, own in settings.items()}
