"""The arguments of `explain_instance`, checked once, with what the explainer itself says of the fit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lime._config import get_config
from lime.domains.checks import (
    check_estimator,
    check_features,
    check_samples,
    check_surrogate,
    refuse_assisted,
    refuse_auto,
    refuse_together,
    settings_notes,
    whose_fit,
)
from lime.domains.protocols import Sampling
from lime.domains.representations import check_representation
from lime.domains.surrogates import LINEAR, check_surrogate_name
from lime.domains.targets import check_target, labels_of
from lime.engine.base import LimeBase
from lime.engine.designs import UNIT_DESIGNS
from lime.engine.links import IDENTITY, check_link
from lime.engine.registry import Sampler, Selector, sampler_names
from lime.engine.selection import check_method
from lime.engine.stopping import Auto
from lime.engine.targets import is_class

CLASSIC = "classic"

EXACT = "exact"
"""Weights from the model's own trees or coefficients, without samples."""

EXACT_SAMPLES = 512
"""Inputs that the model predicts beside exact weights: R² and the check of what was read need no more."""


@dataclass(frozen=True)
class FitSettings:
    """What an explainer says of sampling and fit at the time of a call.

    Attributes
    ----------
    base : LimeBase
        Holds the kernel; one of a user's own class takes over selection and fit.
    feature_selection : str or callable
    random_state : RandomState
        The explainer's stream.
    new_rng : callable
        Gives the random numbers of one call.
    default_samples : int
        Most samples where ``num_samples="auto"`` does not say.
    samplers : sequence of str
        Names of the data type's samplers.
    sampler_kind : {"points", "masks"}
        Which samplers of users' own it takes; see `lime.register_sampler`.
    what : str
        What they are for, for messages.
    usual_top : int or None
        `top_labels` where a call does not say.
    """

    base: LimeBase
    feature_selection: str | Selector
    random_state: np.random.RandomState
    new_rng: Callable[[], np.random.Generator]
    default_samples: int
    samplers: Sequence[str]
    sampler_kind: str
    what: str
    usual_top: int | None = None

    def sampler(self, sampling_method: Any) -> Any:
        """The sampler that is asked for; see `sampler_name`."""
        return sampler_name(sampling_method, self.samplers, self.what, self.sampler_kind)


@dataclass(frozen=True)
class ExplainSettings:
    """The arguments of `explain_instance` that all data types have, checked.

    Attributes
    ----------
    labels : iterable of int or str, int, str or None
    top_labels : int or None
    num_features : int
    notes : list of str
        What a reader must know of these settings.
    num_samples : int
        Most inputs that the model predicts, the instance included.
    stopping : Auto or None
        What to settle with as few samples as that takes; None where `num_samples` is exact.
    distance_metric : str or callable
    model_regressor : estimator or None
    sampling_method : str or callable
    fit : FitSettings
    anchored : bool
        Whether the surrogate is held to the model's prediction for the instance.
    target : tuple, str, callable, Target or None
        What of the predictions is explained, where it is no single output; see `lime.engine.targets`.
    surrogate : str
        What is fitted; see `lime.domains.surrogates`.
    representation : str or None
        In which features samples of rows are shown; see `lime.domains.comparison`.
    estimator : {"auto", "plain", "assisted"} or None
        Whether a cheap model may assist; None leaves it to what else is asked for.
    link : str
        In what unit the predictions are explained; see `lime.engine.links`.
    """

    labels: Any
    top_labels: Any
    num_features: int
    num_samples: int
    stopping: Auto | None
    distance_metric: str | Callable[..., float]
    model_regressor: Any
    sampling_method: str | Sampler
    fit: FitSettings
    notes: list[str]
    anchored: bool = False
    target: Any = None
    surrogate: str = LINEAR
    representation: str | None = None
    estimator: str | None = None
    link: str = IDENTITY

    @classmethod
    def check(cls, arguments: Mapping[str, Any], fit: FitSettings) -> ExplainSettings:
        """Check the arguments of one call.

        Parameters
        ----------
        arguments : mapping
            All of them by name; what a data type has beside these is left to it.
        fit : FitSettings

        Raises
        ------
        TypeError, ValueError
            If an argument is not what is described in `explain_instance`; the message names it.
        """
        count, stopping = check_samples(arguments["num_samples"], fit.default_samples)
        regressor = arguments["model_regressor"]
        if stopping is not None:
            refuse_auto(fit.base, regressor)
        # Of the instance alone there is nothing to draw, and the fit is that of 0.2.0.1.
        alone = count == 1 and stopping is None
        method = CLASSIC if alone else fit.sampler(arguments["sampling_method"])
        if stopping is not None and method == CLASSIC:
            raise ValueError("num_samples='auto' with sampling_method='classic': expected a number of samples")
        check_method(fit.feature_selection)
        check_surrogate(fit.base, regressor)
        anchored = bool(arguments.get("anchored", False))
        own_fit = whose_fit(fit.base, regressor, is_classic=method == CLASSIC and not alone)
        if anchored:
            refuse_together("anchored=True", own_fit)
        estimator = check_estimator(arguments.get("estimator"))
        if estimator == "assisted":
            refuse_assisted(fit.base, regressor, method if isinstance(method, str) and not alone else "")
        kept = check_features(arguments["num_features"], fit.feature_selection)
        target = check_target(arguments.get("target"))
        surrogate = check_surrogate_name(arguments.get("surrogate", LINEAR), own_fit, anchored=anchored)
        labels, top_labels = labels_of(target, arguments["labels"], arguments["top_labels"], fit.usual_top)
        return cls(
            labels=labels,
            top_labels=top_labels,
            num_features=kept,
            num_samples=count,
            stopping=stopping,
            distance_metric=arguments["distance_metric"],
            model_regressor=regressor,
            sampling_method=method,
            fit=fit,
            notes=settings_notes(count, arguments["num_features"], kept),
            anchored=anchored,
            target=None if is_class(target) else target,
            surrogate=surrogate,
            representation=check_representation(arguments.get("representation"), own_fit, surrogate=surrogate),
            estimator=estimator,
            link=check_link(arguments.get("link")),
        )

    @property
    def is_classic(self) -> bool:
        """Whether the numbers of lime 0.2.0.1 are wanted."""
        return isinstance(self.sampling_method, str) and self.sampling_method == CLASSIC

    @property
    def is_plain_linear(self) -> bool:
        """Whether single outputs are explained by linear weights of the explainer's own features."""
        return self.target is None and self.surrogate == LINEAR and self.representation is None

    @property
    def is_exact(self) -> bool:
        """Whether the weights are to be computed without samples."""
        return isinstance(self.sampling_method, str) and self.sampling_method == EXACT

    @property
    def clock(self) -> Callable[[], float]:
        """Tells the time in seconds."""
        return time.monotonic if self.stopping is None else self.stopping.clock

    @property
    def may_assist(self) -> bool:
        """Whether a cheap model may be fitted, if it is worth its time or was asked for."""
        return self.estimator in ("auto", "assisted") or (self.estimator is None and self._in_time)

    @property
    def _in_time(self) -> bool:
        """Whether the clock has a say already, so that another pace may give other numbers."""
        return self.stopping is not None and self.stopping.max_seconds is not None

    def sampling(self) -> Sampling:
        """What the neighbourhood is drawn by; the random numbers of one call start here."""
        return Sampling(
            size=(min(self.num_samples, EXACT_SAMPLES) if self.is_exact else self.num_samples) - 1,
            method="auto" if self.is_exact else self.sampling_method,
            rng=None if self.is_classic else self.fit.new_rng(),
            state=self.fit.random_state,
            metric=self.distance_metric,
            in_stages=self.stopping is not None and not self.is_exact,
            with_rows=self.surrogate != LINEAR or self.representation is not None,
            in_time=self._in_time,
        )


def sampler_name(sampling_method: Any, samplers: Sequence[str], what: str, kind: str) -> Any:
    """Return the sampler that is asked for, or the one that `lime.set_config` says.

    Parameters
    ----------
    sampling_method : str, callable or None
    samplers : sequence of str
        Ours.
    what : str
        What they are for, for the message.
    kind : {"points", "masks"}
        Which samplers of users' own count.

    Raises
    ------
    ValueError
        If there is no such sampler.
    """
    if sampling_method is None:
        configured: str = get_config()["sampling_method"]
        # Settings that name a sampler for tables alone leave masks with their own best.
        known = {*samplers, *sampler_names(kind)}
        other = "masks" if kind == "points" else "points"
        of_others = configured in {*UNIT_DESIGNS, EXACT, *sampler_names(other)} and configured not in known
        return "auto" if of_others else sampler_name(configured, samplers, what, kind)
    if callable(sampling_method):
        return sampling_method
    names = (*samplers, *sampler_names(kind))
    if sampling_method not in names:
        raise ValueError(
            f"sampling_method={sampling_method!r} is not a design for {what}: "
            f"expected one of {', '.join(map(repr, names))}, or a function"
        )
    return sampling_method
