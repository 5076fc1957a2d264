"""Trust: how good an explanation is, measured before it is believed.

Stability (`stability`), fidelity on fresh draws (`fidelity`), faithfulness (`deletion`, `insertion`, `infidelity`,
`sensitivity`). Each returns a report that prints, plots and converts to a frame, a dict and JSON.
"""

from __future__ import annotations

from lime.trust.curves import CurveReport, deletion, insertion
from lime.trust.fresh import FidelityReport, WidthReport, fidelity
from lime.trust.perturbed import InfidelityReport, SensitivityReport, infidelity, sensitivity
from lime.trust.repeated import StabilityReport, compare, stability

__all__ = [
    "CurveReport",
    "FidelityReport",
    "InfidelityReport",
    "SensitivityReport",
    "StabilityReport",
    "WidthReport",
    "compare",
    "deletion",
    "fidelity",
    "infidelity",
    "insertion",
    "sensitivity",
    "stability",
]
