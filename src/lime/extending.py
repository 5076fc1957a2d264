"""Everything that a data type of your own needs, in one place; see the page "Extending lime".

A data type is a class derived from `MaskedInput` (its features are units that samples hide) or one that implements
`InterpretableInput`, and an explainer derived from `Explainer` or `MaskedExplainer` that reads an instance into it.
"""

from __future__ import annotations

from lime.domains.explainer import Explainer
from lime.domains.masked import MaskedExplainer, MaskedInput
from lime.domains.protocols import (
    Ablatable,
    Ablation,
    InterpretableInput,
    Model,
    Perturbable,
    Samples,
    Sampling,
)
from lime.domains.settings import ExplainSettings
from lime.domains.tabular.neighborhoods.protocols import RowNeighborhood
from lime.engine.designs import Points
from lime.engine.masks import Masks
from lime.engine.registry import register_column_distribution, register_sampler, register_selector
from lime.results.explanation import Explanation
from lime.results.mapper import DomainMapper, NamesMapper

__all__ = [
    "Ablatable",
    "Ablation",
    "DomainMapper",
    "ExplainSettings",
    "Explainer",
    "Explanation",
    "InterpretableInput",
    "MaskedExplainer",
    "MaskedInput",
    "Masks",
    "Model",
    "NamesMapper",
    "Perturbable",
    "Points",
    "RowNeighborhood",
    "Samples",
    "Sampling",
    "register_column_distribution",
    "register_sampler",
    "register_selector",
]
