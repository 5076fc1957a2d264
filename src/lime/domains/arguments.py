"""Arguments of an explainer's `explain_instance`: which there are, and what those are that a call leaves out."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from lime.engine.links import IDENTITY, check_link

ARGUMENTS = frozenset(
    {
        "labels",
        "top_labels",
        "num_features",
        "num_samples",
        "distance_metric",
        "model_regressor",
        "sampling_method",
        "batch_size",
        "progress_bar",
        "callback",
        "anchored",
        "target",
        "surrogate",
        "representation",
        "estimator",
        "link",
    }
)
"""Arguments of `explain_instance` that the pipeline takes; all others are a data type's own."""


def completed(kind: type, settings: dict[str, Any]) -> dict[str, Any]:
    """Settings of `explain_instance` with its defaults for those that are not given.

    Parameters
    ----------
    kind : type
        The class of the explainer.
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
    defaults: dict[str, Any] = {}
    for ancestor in kind.__mro__:
        if "explain_instance" in vars(ancestor):
            parameters = list(inspect.signature(vars(ancestor)["explain_instance"]).parameters.values())
            named = [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
            # The first three are the explainer, the instance and the model.
            defaults |= {one.name: one.default for one in named[3:] if one.name not in defaults}
            if all(one.kind is not one.VAR_KEYWORD for one in parameters):
                break  # else it hands on what it does not name
    unknown = [name for name in settings if name not in defaults]
    if unknown:
        raise TypeError(
            f"{unknown[0]}={settings[unknown[0]]!r}: explain_instance has no such setting; expected one of "
            f"{', '.join(defaults)}"
        )
    optional = {name: value for name, value in defaults.items() if value is not inspect.Parameter.empty}
    return {**optional, **settings}


def link_of(arguments: Mapping[str, Any], mode: str) -> str:
    """The unit in which a call explains predictions; see `lime.engine.links.check_link`."""
    return check_link(arguments.get("link"), mode)


def unit_of(explanation: Any) -> dict[str, Any]:
    """Settings of `explain_instance` with which a model's predictions are in the unit of an explanation."""
    return {} if explanation.link == IDENTITY else {"link": explanation.link}
