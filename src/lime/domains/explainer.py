"""What the explainers of all data types have in common: their kernel, their random numbers, their classes' names."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime._config import get_config
from lime.domains.arguments import ARGUMENTS, completed, link_of, unit_of
from lime.domains.class_names import names_in_order, names_of_outputs
from lime.domains.methods import ConvenienceMethods
from lime.domains.pipeline import Job, KnownPredictions, explain, explain_samples
from lime.domains.protocols import Ablatable, Ablation, InterpretableInput, Model, Perturbable, Samples
from lime.domains.representation import SelfDescribing
from lime.domains.settings import CLASSIC, ExplainSettings, FitSettings
from lime.domains.width import kernel_of_width
from lime.engine.base import LimeBase
from lime.engine.kernels import Kernel
from lime.engine.registry import Selector
from lime.engine.threads import threads_for
from lime.models.calling import Predict, check_batch_size, classes_of, resolve_predict
from lime.models.named_columns import names_of_columns
from lime.models.requests import ExplanationCoroutine, drive_together, one_of_many
from lime.results.columns import Columns
from lime.results.explanation import Explanation


class Explainer(SelfDescribing, ConvenienceMethods):
    """Settings that every explainer has; users may change them between calls.

    Attributes
    ----------
    base : LimeBase
        Weights samples by proximity and fits the surrogate; may be replaced by a subclass of the user's.
    random_state : RandomState
    class_names : sequence of str or None
    feature_selection : str or callable
    mode : {"classification", "regression"}
    """

    base: LimeBase
    class_names: Any = None
    feature_selection: str | Selector = "auto"
    mode: str = "classification"

    # What classes say of themselves: the name of the model's argument, samples where a call does not say, names of
    # samplers and what these are for, how many instances are explained side by side, and the default of `top_labels`.
    _model_argument: str = "predict_fn"
    _default_samples: int = 5000
    _samplers: Sequence[str] = ("auto",)
    _sampler_kind: str = "masks"
    _what: str = "this kind of data"
    _side_by_side: int = 1
    _usual_top: int | None = None

    # Dimensions that the array of one instance may have; 0 stands for a text.
    instance_dimensions: tuple[int, ...] = (1,)

    def _weigh_with(
        self, kernel: Kernel | None, kernel_width: Any, verbose: bool, usual_width: float, or_none: str = ""
    ) -> None:
        """Check a kernel and its width and make the base of them; ``'auto'`` samples with the usual width.

        Raises
        ------
        ValueError
            If the width is not a number above 0, or the kernel cannot be called; the message names the argument.
        """
        weigh = kernel_of_width(kernel, kernel_width, usual_width, or_none)
        self.base = LimeBase(weigh, verbose, random_state=self.random_state)

    def interpretable_input(self, instance: Any, settings: ExplainSettings, **of_this_type: Any) -> InterpretableInput:
        """One instance as the method sees it: the one thing that every data type defines.

        Parameters
        ----------
        instance : object
            As it was given to `explain_instance`.
        settings : ExplainSettings
            The checked arguments of the call.
        **of_this_type
            Arguments of `explain_instance` that other data types do not have.

        Returns
        -------
        InterpretableInput
        """
        raise NotImplementedError(f"{type(self).__name__} must define interpretable_input")

    def typical_instance(self) -> Any:
        """An instance that `explain_instance` takes, made of what was learned; None where nothing is known of any.

        Returns
        -------
        row, text, image, series or None
        """
        return None

    def _model(self, predict_fn: Any, given: InterpretableInput | None, arguments: Mapping[str, Any]) -> Model:
        """The model as the pipeline calls it."""
        batch_size, notes = self._batches(arguments["batch_size"])
        classes = classes_of(predict_fn)
        order = self._order_of(classes)
        return Model(
            self._in_form_of(given, resolve_predict(predict_fn, self.mode, self._model_argument, order)),
            self.mode,
            self._model_argument,
            partial(self._names_of_outputs, classes),
            check_batch_size(batch_size),
            bool(arguments["progress_bar"]),
            arguments.get("callback"),
            notes,
            link=link_of(arguments, self.mode),
        )

    def _batches(self, batch_size: int | None) -> tuple[int | None, tuple[str, ...]]:
        """How many inputs go into one call, and what a reader must know of it."""
        return batch_size, ()

    def _order_of(self, classes: list[str] | None) -> list[str] | None:
        """Names of the classes in the order of the model's columns; `classes` are those that it tells."""
        named = self.mode == "classification" and self.class_names is not None
        return names_in_order(self.class_names, classes) if named else None

    def _in_form_of(self, given: InterpretableInput | None, predict: Predict) -> Predict:
        """A function on batches that takes them in the form of an input, or of the training data where it is None."""
        return predict

    def check_arguments(self, arguments: Mapping[str, Any]) -> ExplainSettings:
        """Check the arguments of a call; see `ExplainSettings.check`.

        Parameters
        ----------
        arguments : mapping
            All of `explain_instance`, by name.

        Returns
        -------
        ExplainSettings

        Raises
        ------
        TypeError, ValueError
            If an argument is not what `explain_instance` describes; the message names it.
        """
        fit = FitSettings(
            base=self.base,
            feature_selection=self.feature_selection,
            random_state=self.random_state,
            new_rng=self.new_generator,
            default_samples=self._default_samples,
            samplers=self._samplers,
            sampler_kind=self._sampler_kind,
            what=self._what,
            usual_top=self._usual_top,
        )
        return ExplainSettings.check(arguments, fit)

    def _read(
        self, instance: Any, predict_fn: Any, arguments: Mapping[str, Any]
    ) -> tuple[ExplainSettings, InterpretableInput, Model]:
        """The arguments of a call, its instance and its model as the pipeline sees them."""
        settings = self.check_arguments(arguments)
        own = {name: value for name, value in arguments.items() if name not in ARGUMENTS}
        given = self.interpretable_input(instance, settings, **own)
        return settings, given, self._model(predict_fn, given, arguments)

    def _own_samples(
        self, instance: Any, given: Any, predict_fn: Any, model: Model, settings: ExplainSettings
    ) -> tuple[Samples, KnownPredictions]:
        """Samples that a program draws and predicts in its own way; see `_overrides_sampling`.

        `predict_fn` is what a user gave, for the program; `model` is the same as the pipeline calls it.
        """
        raise NotImplementedError(f"{type(self).__name__} must define _own_samples")

    def _explain_steps(self, instance: Any, predict_fn: Any, arguments: Mapping[str, Any]) -> ExplanationCoroutine[Any]:
        """Step to the explanation of an instance; `arguments` are all others of `explain_instance`."""
        settings, given, model = self._read(instance, predict_fn, arguments)
        if settings.stopping is not None and self._overrides_sampling():
            raise ValueError(
                f"num_samples={arguments['num_samples']!r}: expected a number, as this explainer draws its samples "
                "in a way of its own, all at once"
            )
        if self._overrides_sampling():
            drawn = self._own_samples(instance, given, predict_fn, model, settings)
            return (yield from explain_samples(Job(given, model, self._settings_of_own(settings)), *drawn))
        return (yield from explain(given, model, settings))

    def _settings_of_own(self, settings: ExplainSettings) -> ExplainSettings:
        """How samples that a program drew itself are fitted: as 0.2.0.1 did."""
        return replace(settings, sampling_method=CLASSIC)

    def explain_instance(self, *args: Any, **kwargs: Any) -> Explanation:
        """Explain one instance; every explainer has its own settings here."""
        raise NotImplementedError(f"{type(self).__name__} must define explain_instance")

    def complete_settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Settings of `explain_instance` with its defaults for those that are not given.

        Parameters
        ----------
        settings : dict
            Those that are given.

        Returns
        -------
        dict

        Raises
        ------
        TypeError
            If there is no such setting; the message names it.
        """
        return completed(type(self), settings)

    def overrides_explain(self) -> bool:
        """Whether a program overrides `explain_instance`, so that each instance must go through it.

        Returns
        -------
        bool
        """
        return "explain_instance" in vars(self) or not type(self).explain_instance.__module__.startswith("lime.")

    def _overrides_sampling(self) -> bool:
        """Whether a program has put a way of its own to draw and ask in the place of ours."""
        return False

    def prepare_batch(self, predict_fn: Any, settings: dict[str, Any]) -> Any:
        """Find what all instances share.

        Parameters
        ----------
        predict_fn : callable or model
            As for `explain_instance`.
        settings : dict
            Settings of `explain_instance`.

        Returns
        -------
        object
            It can be pickled. None where instances share nothing.

        Raises
        ------
        TypeError
            If there is no such setting.
        """
        self.complete_settings(settings)
        return None

    def explain_batch(
        self, prepared: Any, instances: Sequence[Any], predict_fn: Any, settings: dict[str, Any]
    ) -> Iterator[Explanation | Exception]:
        """Explain several instances with what `prepare_batch` found.

        The numbers of an explainer with a seed are those that each instance gets alone.

        Parameters
        ----------
        prepared : object
            What `prepare_batch` returned.
        instances : sequence
            As for `explain_instance` each.
        predict_fn : callable or model
            As for `explain_instance`.
        settings : dict
            Settings of `explain_instance`.

        Yields
        ------
        Explanation or Exception
            An instance that cannot be explained comes back as its error.
        """
        arguments = self.complete_settings(settings)
        classic = "classic" in (arguments["sampling_method"], get_config()["sampling_method"])
        if classic or self._side_by_side < 2 or self.overrides_explain() or self._overrides_sampling():
            for instance in instances:
                found: Explanation | Exception
                try:
                    with one_of_many():
                        found = self.explain_instance(instance, predict_fn, **settings)
                except Exception as error:
                    found = error
                yield found
            return
        for start in range(0, len(instances), self._side_by_side):
            some = instances[start : start + self._side_by_side]
            yield from drive_together([self._explain_steps(one, predict_fn, arguments) for one in some])

    def explain_columns(
        self, prepared: Any, rows: Any, predict_fn: Any, settings: dict[str, Any], names: tuple[Any, Any]
    ) -> Columns | None:
        """Explain the rows of a chunk straight into columns, with the numbers that `explain_batch` gives.

        Parameters
        ----------
        prepared : object
            What `prepare_batch` returned.
        rows : table
            In the form of the training data.
        predict_fn : callable or model
            As for `explain_instance`.
        settings : dict
            Settings of `explain_instance`.
        names : tuple
            Positions of the rows in the data, and what the data calls them.

        Returns
        -------
        Columns or None
            None where it takes explanations one by one.
        """
        return None

    def batch_context(self, prepared: Any) -> AbstractContextManager[None]:
        """What holds around calls of `explain_batch`: one thread where they are one small fit after another.

        Parameters
        ----------
        prepared : object
            What `prepare_batch` returned.

        Returns
        -------
        context manager
        """
        return nullcontext() if prepared is None else threads_for(0.0)

    def ablation(
        self, instance: Any, predict_fn: Any, explanation: Explanation, baseline: Any = None, **settings: Any
    ) -> Ablation:
        """The instance as something whose features can be taken away, for diagnostics.

        Parameters
        ----------
        instance : object
            As for `explain_instance`.
        predict_fn : callable or model
            Likewise.
        explanation : Explanation
            Of the instance, by this explainer.
        baseline : object, optional
            What takes the place of features; the data type's own choice when None.
        **settings
            Those of `explain_instance` that made the explanation.

        Returns
        -------
        Ablation

        Raises
        ------
        NotImplementedError
            The data type does not know how.
        ValueError
            The baseline is none for this data type.
        """
        own, baseline = self._ablation_settings(explanation, baseline)
        arguments = {**self.complete_settings({**unit_of(explanation), **settings, **own}), "progress_bar": False}
        _, given, model = self._read(instance, predict_fn, arguments)
        if not isinstance(given, Ablatable):
            raise NotImplementedError(f"{type(given).__name__} must define ablate to measure deletion or insertion")
        ablation = given.ablate(model, baseline)
        return ablation if explanation.target is None else ablation.of_target(explanation.target)

    def perturb_instance(self, instance: Any, radius: float, rng: np.random.Generator) -> Any:
        """An instance nearby, drawn at random, for diagnostics.

        Parameters
        ----------
        instance : object
            As for `explain_instance`.
        radius : float
            How near; in which unit is the data type's.
        rng : numpy.random.Generator
            Where its random numbers come from.

        Returns
        -------
        object
            In the form of `instance`.

        Raises
        ------
        NotImplementedError
            The data type does not know how.
        """
        given = self.interpretable_input(instance, self.check_arguments(self.complete_settings({})))
        if not isinstance(given, Perturbable):
            raise NotImplementedError(f"{type(given).__name__} must define perturb to measure sensitivity")
        return given.perturb(radius, rng)

    def _ablation_settings(self, explanation: Any, baseline: Any) -> tuple[dict[str, Any], Any]:
        """Settings that make the input of an explanation again, and the baseline that is left to it."""
        return {}, baseline

    def held_fixed(self, instance: Any, settings: dict[str, Any]) -> dict[str, Any]:
        """Settings that make explanations of instances nearby speak of the same features as this one's.

        Parameters
        ----------
        instance : object
            As for `explain_instance`.
        settings : dict
            Settings of `explain_instance`.

        Returns
        -------
        dict
        """
        return {}

    def has_feature(self, exp: Explanation, key: Hashable) -> bool:
        """Whether the instance of an explanation has the feature of this key, chosen or not.

        Parameters
        ----------
        exp : Explanation
            Of an instance.
        key : hashable
            What `feature_key` gives.

        Returns
        -------
        bool
        """
        return True

    def feature_key(self, exp: Explanation, feature: int) -> Hashable:
        """By what a feature is known again in the explanation of an instance nearby.

        Parameters
        ----------
        exp : Explanation
            Of an instance.
        feature : int
            Its id in this explanation.

        Returns
        -------
        hashable
        """
        return feature

    def predict_function(self, model: Any) -> Predict:
        """The function on batches of what a user passes for a model.

        Parameters
        ----------
        model : callable or model
            As for `explain_instance`.

        Returns
        -------
        callable

        Raises
        ------
        TypeError
            If there is nothing to call.
        """
        order = self._order_of(classes_of(model))
        return self._in_form_of(None, resolve_predict(model, self.mode, self._model_argument, order))

    def names_of_classes(self, model: Any, prediction: NDArray[np.float64]) -> tuple[list[str] | None, list[str]]:
        """Names of the classes of a model.

        Parameters
        ----------
        model : callable or model
            As the user gave it.
        prediction : ndarray of float, shape (k,)
            Of the model.

        Returns
        -------
        names : list of str, or None
            In the order of the model's columns; None in regression.
        notes : list of str
            Sentences where names that were given do not fit the model.
        """
        return self._names_of_outputs(classes_of(model), prediction)

    def _names_of_outputs(
        self, classes: list[str] | None, prediction: NDArray[np.float64]
    ) -> tuple[list[str] | None, list[str]]:
        """The same, where the classes that the model tells are known."""
        if self.mode != "classification":
            return None, []
        named = names_of_columns(prediction)
        return names_of_outputs(self.class_names, classes if named is None else named, len(prediction))
