"""An explanation in a notebook cell, for every IPython since 7, and on the console where there is none."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from lime.render.console import render_console
from lime.render.html import render_fragment
from lime.results.explanation import Explanation

__all__ = ["mimebundle", "show"]

_PRINTED: tuple[str, ...] = ("labels", "predict_proba", "show_predicted_value", "text")


def show(exp: Explanation, **kwargs: Any) -> None:
    """Display an explanation through IPython, or print it where IPython is missing or not running.

    The parameters are those of `Explanation.as_html`.
    """
    fragment = render_fragment(exp, **kwargs)
    shown = {name: kwargs[name] for name in _PRINTED if name in kwargs}
    try:
        from IPython.display import HTML, display
    except ImportError:
        print(render_console(exp, **shown))
        return

    class Shown(HTML):
        """HTML that reads as a table where no HTML can be shown."""

        def __repr__(self) -> str:
            return render_console(exp, **shown)

        __str__ = __repr__

    display(Shown(fragment))  # type: ignore[no-untyped-call]


def mimebundle(
    exp: Explanation, include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> dict[str, str]:
    """Return the explanation as plain text and as HTML, less what a front end does not want."""
    bundle = {"text/plain": render_console(exp, color=False), "text/html": render_fragment(exp)}
    return {
        kind: content
        for kind, content in bundle.items()
        if (not include or kind in include) and (not exclude or kind not in exclude)
    }
