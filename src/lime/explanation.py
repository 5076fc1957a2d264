"""The classic address of `Explanation`, `DomainMapper` and `id_generator`."""

from __future__ import annotations

from lime.results.exceptions import LimeError
from lime.results.explanation import DomainMapper, Explanation, id_generator

__all__ = ["DomainMapper", "Explanation", "LimeError", "id_generator"]
