"""The classic address of `SubmodularPick`."""

from __future__ import annotations

from lime.scale.submodular import SubmodularPick

__all__ = ["SubmodularPick"]
