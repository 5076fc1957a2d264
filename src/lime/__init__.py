"""Explanations of single predictions of any model, with their own errors told.

Everything here is loaded when it is first used, so that ``import lime`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lime import (
        discretize,
        exceptions,
        explanation,
        lime_base,
        lime_image,
        lime_tabular,
        lime_text,
        submodular_pick,
        targets,
        trust,
        wrappers,
    )
    from lime._config import config_context, get_config, set_config
    from lime.domains.front.explainer import Explainer
    from lime.domains.image.explainer import LimeImageExplainer
    from lime.domains.multi.explainer import LimeMultiInputExplainer
    from lime.domains.prompt.explainer import LimePromptExplainer
    from lime.domains.series.explainer import RecurrentTabularExplainer
    from lime.domains.tabular.explainer import LimeTabularExplainer
    from lime.domains.text.explainer import LimeTextExplainer
    from lime.domains.timeseries.explainer import LimeTimeSeriesExplainer
    from lime.domains.volume.explainer import LimeVolumeExplainer
    from lime.engine.registry import register_column_distribution, register_sampler, register_selector
    from lime.engine.stopping import Auto
    from lime.exceptions import LimeError
    from lime.models.cached import cached
    from lime.models.prompted import prompted, scored, word_overlap
    from lime.models.remote import remote
    from lime.results.explanation import Explanation
    from lime.results.explanations import Explanations
    from lime.results.image import ImageExplanation
    from lime.results.multi import MultiInputExplanation
    from lime.results.timeseries import TimeSeriesExplanation
    from lime.results.volume import VolumeExplanation
    from lime.scale.submodular import SubmodularPick

    __version__: str

# Where each name lives.
_NAMES = {
    "Auto": "lime.engine.stopping",
    "Explainer": "lime.domains.front.explainer",
    "Explanation": "lime.results.explanation",
    "Explanations": "lime.results.explanations",
    "ImageExplanation": "lime.results.image",
    "LimeError": "lime.exceptions",
    "LimeImageExplainer": "lime.domains.image.explainer",
    "LimeMultiInputExplainer": "lime.domains.multi.explainer",
    "LimePromptExplainer": "lime.domains.prompt.explainer",
    "LimeTabularExplainer": "lime.domains.tabular.explainer",
    "LimeTextExplainer": "lime.domains.text.explainer",
    "LimeTimeSeriesExplainer": "lime.domains.timeseries.explainer",
    "LimeVolumeExplainer": "lime.domains.volume.explainer",
    "MultiInputExplanation": "lime.results.multi",
    "RecurrentTabularExplainer": "lime.domains.series.explainer",
    "SubmodularPick": "lime.scale.submodular",
    "TimeSeriesExplanation": "lime.results.timeseries",
    "VolumeExplanation": "lime.results.volume",
    "cached": "lime.models.cached",
    "config_context": "lime._config",
    "get_config": "lime._config",
    "prompted": "lime.models.prompted",
    "register_column_distribution": "lime.engine.registry",
    "register_sampler": "lime.engine.registry",
    "register_selector": "lime.engine.registry",
    "remote": "lime.models.remote",
    "scored": "lime.models.prompted",
    "set_config": "lime._config",
    "word_overlap": "lime.models.prompted",
}
_MODULES = (
    "discretize",
    "exceptions",
    "explanation",
    "lime_base",
    "lime_image",
    "lime_tabular",
    "lime_text",
    "submodular_pick",
    "targets",
    "trust",
    "wrappers",
)

__all__ = [
    "Auto",
    "Explainer",
    "Explanation",
    "Explanations",
    "ImageExplanation",
    "LimeError",
    "LimeImageExplainer",
    "LimeMultiInputExplainer",
    "LimePromptExplainer",
    "LimeTabularExplainer",
    "LimeTextExplainer",
    "LimeTimeSeriesExplainer",
    "LimeVolumeExplainer",
    "MultiInputExplanation",
    "RecurrentTabularExplainer",
    "SubmodularPick",
    "TimeSeriesExplanation",
    "VolumeExplanation",
    "__version__",
    "cached",
    "config_context",
    "discretize",
    "exceptions",
    "explanation",
    "get_config",
    "lime_base",
    "lime_image",
    "lime_tabular",
    "lime_text",
    "prompted",
    "register_column_distribution",
    "register_sampler",
    "register_selector",
    "remote",
    "scored",
    "set_config",
    "submodular_pick",
    "targets",
    "trust",
    "word_overlap",
    "wrappers",
]


def __getattr__(name: str) -> object:
    value: object
    if name in _NAMES:
        value = getattr(importlib.import_module(_NAMES[name]), name)
    elif name in _MODULES:
        value = importlib.import_module(f"lime.{name}")
    elif name == "__version__":
        from importlib.metadata import version

        value = version("lime")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
