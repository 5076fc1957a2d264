"""New figures to draw on: pyplot's for users, who look at them and save them by pyplot; others for commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["pyplot_axes", "require_axes", "thousands_apart", "unseen_axes"]


def pyplot_axes(size: tuple[float, float]) -> Axes:
    """Make pyplot's current figure, of `size` inches, and return its only Axes.

    Its layout is the tight one: `plt.tight_layout` and `plt.subplots_adjust` afterwards work without a warning.
    """
    import matplotlib.pyplot as plt

    return plt.figure(figsize=size, layout="tight").add_subplot()


def unseen_axes(size: tuple[float, float]) -> Axes:
    """Make a figure that pyplot does not know, and that needs no screen; return its only Axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="tight")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def require_axes(ax: Any) -> None:
    """Refuse what is neither an Axes nor None.

    Raises
    ------
    TypeError
        `ax` is something else.
    """
    from matplotlib.axes import Axes

    if ax is not None and not isinstance(ax, Axes):
        raise TypeError(f"ax={ax!r} is of type {type(ax).__name__}: expected a matplotlib Axes, or None")


def thousands_apart(ax: Axes, which: Literal["x", "y"] = "x") -> None:
    """Separate the thousands of the numbers at an axis, where these are large and can be written out."""
    low, high = ax.get_xlim() if which == "x" else ax.get_ylim()
    axis = ax.xaxis if which == "x" else ax.yaxis
    if 1e4 <= max(abs(low), abs(high)) < 1e8:
        axis.set_major_formatter(lambda value, place: f"{value:,.10g}".replace("-", "\u2212"))
