"""Settings of explanations that are made on the way to a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lime.domains.explainer import Explainer


def quietly(explainer: Explainer, settings: dict[str, Any]) -> dict[str, Any]:
    """A copy of settings of `explain_instance`, checked, in which no progress bar is shown that was not asked for.

    Raises
    ------
    TypeError
        If there is no such setting; the message names it.
    """
    every = explainer._complete(settings)
    return {"progress_bar": False, **settings} if "progress_bar" in every else dict(settings)
