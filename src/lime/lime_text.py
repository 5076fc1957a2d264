"""Address of 0.2.0.1 for what explains text, in :mod:`lime.domains.text`."""

from __future__ import annotations

from lime import explanation, lime_base
from lime.domains.text.explainer import LimeTextExplainer
from lime.domains.text.mapper import TextDomainMapper
from lime.domains.text.units import IndexedCharacters, IndexedString

__all__ = [
    "IndexedCharacters",
    "IndexedString",
    "LimeTextExplainer",
    "TextDomainMapper",
    "explanation",
    "lime_base",
]
