"""Address of 0.2.0.1 for the discretizers in :mod:`lime.domains.tabular.discretize`."""

from __future__ import annotations

from lime.domains.tabular.discretize import (
    BaseDiscretizer,
    DecileDiscretizer,
    EntropyDiscretizer,
    QuartileDiscretizer,
    StatsDiscretizer,
)

__all__ = [
    "BaseDiscretizer",
    "DecileDiscretizer",
    "EntropyDiscretizer",
    "QuartileDiscretizer",
    "StatsDiscretizer",
]
