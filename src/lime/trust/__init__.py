"""Trust: how good an explanation is, measured before it is believed.

Stability (`stability`), fidelity on fresh draws (`fidelity`), faithfulness (`deletion`, `insertion`, `infidelity`,
`sensitivity`), pairs of features that work together (`interactions`), draws where the data is not (`off_data`), fit on
real rows nearby (`local_fit`), and all of it in one block (`card`). Each but `local_fit` returns a report that prints,
plots and converts to a frame, a dict and JSON.
"""

from __future__ import annotations

from lime.results.card import TrustCard
from lime.results.finding import Finding
from lime.trust.card import card
from lime.trust.curves import CurveReport, deletion, insertion
from lime.trust.fresh import FidelityReport, WidthReport, fidelity
from lime.trust.interactions import InteractionReport, PairEffect, interactions
from lime.trust.nearby import LocalFit, local_fit
from lime.trust.offdata import OffDataReport, off_data
from lime.trust.perturbed import InfidelityReport, SensitivityReport, infidelity, sensitivity
from lime.trust.repeated import StabilityReport, compare, stability

__all__ = [
    "CurveReport",
    "FidelityReport",
    "Finding",
    "InfidelityReport",
    "InteractionReport",
    "LocalFit",
    "OffDataReport",
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
    "off_data",
    "sensitivity",
    "stability",
]
