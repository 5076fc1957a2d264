"""Address of 0.2.0.1 for what explains tables, in :mod:`lime.domains.tabular`."""

from __future__ import annotations

from lime import explanation, lime_base
from lime.discretize import (
    BaseDiscretizer,
    DecileDiscretizer,
    EntropyDiscretizer,
    QuartileDiscretizer,
    StatsDiscretizer,
)
from lime.domains.series.explainer import RecurrentTabularExplainer
from lime.domains.tabular.explainer import LimeTabularExplainer
from lime.domains.tabular.mapper import TableDomainMapper

__all__ = [
    "BaseDiscretizer",
    "DecileDiscretizer",
    "EntropyDiscretizer",
    "LimeTabularExplainer",
    "QuartileDiscretizer",
    "RecurrentTabularExplainer",
    "StatsDiscretizer",
    "TableDomainMapper",
    "explanation",
    "lime_base",
]
