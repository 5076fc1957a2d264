"""An explanation of several parts as matplotlib plots, one a part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lime.render.words import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lime.results.multi import MultiInputExplanation
    from lime.results.volume import VolumeExplanation

__all__ = ["plot_parts", "plot_slices"]

# Inches: the width, and the height of one part.
_WIDTH, _HEIGHT = 8.0, 2.8


def plot_parts(exp: MultiInputExplanation, label: Any) -> list[Axes]:
    """Draw each part in its own form; see `MultiInputExplanation.plot_parts`.

    Parameters
    ----------
    exp : MultiInputExplanation
    label : int
        An explained one.

    Returns
    -------
    list of matplotlib.axes.Axes
    """
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        len(exp.parts), 1, figsize=(_WIDTH, _HEIGHT * len(exp.parts)), squeeze=False, layout="constrained"
    )
    totals = exp.part_totals(label) if label in exp.baseline_values else {}
    for ax, name in zip(axes[:, 0], exp.parts, strict=True):
        exp.part(name).plot(label, ax=ax)
        total = f": {totals[name]:+.3g}" if name in totals else ""
        ax.set_title("")  # the class stands once, above all parts
        ax.set_title(clean(f"{name}{total}"), loc="left")
    figure.suptitle(clean(f"Why {exp.label_name(label)}" if exp.mode == "classification" else "What moves the value"))
    figure.canvas.draw_idle()
    return list(axes[:, 0])


def plot_slices(exp: VolumeExplanation, label: Any, numbers: list[int]) -> list[Axes]:
    """Draw slices of a volume side by side; see `VolumeExplanation.plot_slices`.

    Parameters
    ----------
    exp : VolumeExplanation
    label : int
        An explained one.
    numbers : list of int
        Which slices.

    Returns
    -------
    list of matplotlib.axes.Axes
    """
    from matplotlib import pyplot

    columns = min(3, max(1, len(numbers)))
    rows = -(-len(numbers) // columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(_WIDTH, _HEIGHT * rows), squeeze=False, layout="constrained")
    drawn = list(axes.ravel()[: len(numbers)])
    for ax in axes.ravel()[len(numbers) :]:
        ax.set_axis_off()
    for ax, number in zip(drawn, numbers, strict=True):
        exp.slice(number).plot(label, ax=ax)
        ax.set_title(clean(f"{exp.slice_name} {number}"))
    figure.suptitle(clean(f"Why {exp.label_name(label)}" if exp.mode == "classification" else "What moves the value"))
    return drawn
