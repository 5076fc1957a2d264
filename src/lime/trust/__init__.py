"""Trust: measures of how good an explanation is.

Stability (`stability`), fidelity on fresh samples (`fidelity`), faithfulness (`deletion`, `insertion`, `infidelity`,
`sensitivity`), pairs of features that work together (`interactions`), samples that are out of distribution
(`out_of_distribution`), fit on real rows nearby (`local_fit`), and all of it in one block (`card`). Each but
`local_fit` returns a report that prints, plots and converts to a frame, a dict and JSON.
"""

from __future__ import annotations

from lime.results.card import TrustCard
from lime.results.finding import Finding
from lime.trust.card import card
from lime.trust.curve_report import CurveReport
from lime.trust.deletion import deletion, insertion
from lime.trust.fidelity import FidelityReport, fidelity
from lime.trust.infidelity import InfidelityReport, infidelity
from lime.trust.interactions import InteractionReport, PairEffect, interactions
from lime.trust.nearby import LocalFit, local_fit
from lime.trust.out_of_distribution import out_of_distribution
from lime.trust.out_of_distribution_report import OutOfDistributionReport
from lime.trust.sensitivity import SensitivityReport, sensitivity
from lime.trust.stability import StabilityReport, compare, stability
from lime.trust.widths import WidthReport

__all__ = [
    "CurveReport",
    "FidelityReport",
    "Finding",
    "InfidelityReport",
    "InteractionReport",
    "LocalFit",
    "OutOfDistributionReport",
    "PairEffect",
    "SensitivityReport",
    "StabilityReport",
    "TrustCard",
    "WidthReport",
    "card",
    "compare",
    "deletion",
    "fidelity",
    "infidelity",
    "insertion",
    "interactions",
    "local_fit",
    "out_of_distribution",
    "sensitivity",
    "stability",
]
