"""How an explanation's order of features does beside random ones, as a report with its curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from lime.results.report import Report, ReportColumn
from lime.results.wording import counted
from lime.trust.words import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes


Kind = Literal["deletion", "insertion"]


@dataclass(frozen=True, repr=False)
class CurveReport(Report):
    """The model's predictions as features leave or come, in the explanation's order and in random orders.

    Attributes
    ----------
    kind : {"deletion", "insertion"}
        Whether features leave or come.
    label : int
        The output.
    label_name : str
        What a reader calls it.
    order : tuple of int
        Ids of all features of the instance by falling effect on the label: first those that the explanation says
        speak for it, then those that it does not name, in random order, then those that speak against it.
    explained : int
        How many of them the explanation names.
    counts : ndarray of int, shape (points,)
        How many features have left or come at each point of the curves; from 0 to all.
    names : tuple of str
        What left or came since the point before.
    predictions : ndarray of float, shape (points,)
        The model's predictions in the explanation's order.
    random_predictions : ndarray of float, shape (r, points)
        The same in random orders of all features.
    area : float
        Area under the curve over the share of the features, by the trapezoidal rule: its mean level, in the model's
        unit. Low is faithful for deletion, high for insertion (Petsiuk, Das & Saenko 2018).
    random_areas : ndarray of float, shape (r,)
        Those of the random orders.
    baseline_description : str
        What takes the place of a feature.
    num_model_calls : int
        Inputs that the model was given for the curves.
    """

    schema: ClassVar[str] = "lime.curve/1"

    kind: Kind
    label: Any
    label_name: str
    order: tuple[int, ...]
    explained: int
    counts: NDArray[np.intp]
    names: tuple[str, ...]
    predictions: NDArray[np.float64]
    random_predictions: NDArray[np.float64]
    area: float
    random_areas: NDArray[np.float64]
    baseline_description: str
    num_model_calls: int

    @property
    def title(self) -> str:
        """What left or came."""
        doing = "leave" if self.kind == "deletion" else "come"
        return f"{self.kind.capitalize()}: the model's prediction for {self.label_name} as features {doing} in order"

    @property
    def random_mean(self) -> float:
        """Mean area of the random orders."""
        return float(self.random_areas.mean())

    @property
    def random_std(self) -> float:
        """Standard deviation of the areas of the random orders; NaN for one."""
        return float(self.random_areas.std(ddof=1)) if len(self.random_areas) > 1 else float("nan")

    @property
    def share_beaten(self) -> float:
        """Share of the random orders whose area is worse than the explanation's."""
        slack = 1e-12 * max(1.0, abs(self.area))
        gap = self.random_areas - self.area if self.kind == "deletion" else self.area - self.random_areas
        return float(np.mean(gap > slack))

    def sentences(self) -> list[str]:
        """How the explanation's order does beside random ones.

        Returns
        -------
        list of str
        """
        low, wish = ("low", "lower") if self.kind == "deletion" else ("high", "higher")
        beaten = round(self.share_beaten * len(self.random_areas))
        spread = "" if np.isnan(self.random_std) else f" (standard deviation {number(self.random_std)})"
        said = [
            (
                f"The mean of the curve is {number(self.area)}. For {len(self.random_areas)} random orders it is "
                f"{number(self.random_mean)} on average{spread}. A {wish} value means a more faithful order. The "
                f"explanation beats {beaten} of {len(self.random_areas)}."
            ),
            (
                f"The prediction goes from {number(self.predictions[0])} to {number(self.predictions[-1])}. A feature "
                f"that is taken away is replaced by {self.baseline_description}. Such an input may be out of "
                "distribution."
            ),
        ]
        others = len(self.order) - self.explained
        if others:
            said.append(
                f"The explanation names {self.explained} of {counted(len(self.order), 'feature')}. The others are "
                "placed at random between features with positive and with negative weights."
            )
        if not np.ptp(self.predictions):
            said.append(f"The prediction does not change, so no order can be {low}.")
        return [*said, f"This took {counted(self.num_model_calls, 'model call')}."]

    def numbers(self) -> dict[str, Any]:
        """Areas and what they were taken over.

        Returns
        -------
        dict
            Of str to numbers, words and an array, ``random_areas``.
        """
        return {
            "kind": self.kind,
            "label": self.label,
            "label_name": self.label_name,
            "area": self.area,
            "random_mean": self.random_mean,
            "random_std": self.random_std,
            "random_areas": self.random_areas,
            "share_beaten": self.share_beaten,
            "features": len(self.order),
            "explained": self.explained,
            "baseline_description": self.baseline_description,
            "num_model_calls": self.num_model_calls,
        }

    def columns(self) -> list[ReportColumn]:
        """One row a step; the first is before any.

        Returns
        -------
        list of ReportColumn
            ``feature``, ``count``, ``prediction``, ``random_mean`` and ``random_std``, each with a cell a point.
        """
        spread = (
            self.random_predictions.std(axis=0, ddof=1)
            if len(self.random_predictions) > 1
            else np.full(len(self.predictions), np.nan)
        )
        return [
            ReportColumn("feature", "feature", ["(none yet)", *self.names], "text"),
            ReportColumn("count", "so far", self.counts.tolist(), "int"),
            ReportColumn("prediction", "prediction", self.predictions.tolist()),
            ReportColumn("random_mean", "random orders", self.random_predictions.mean(axis=0).tolist()),
            ReportColumn("random_std", "their spread", spread.tolist()),
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the explanation's curve, the random ones and their mean.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw. None makes a new figure, which becomes pyplot's current one.

        Returns
        -------
        Axes

        Raises
        ------
        TypeError
            `ax` is no Axes.
        """
        from lime.render.report_plots import draw_curves

        which = "taken away" if self.kind == "deletion" else "put in"
        return draw_curves(
            self.counts / len(self.order),
            self.predictions,
            self.random_predictions,
            x_label=f"share of the features {which}",
            title=self.title,
            ax=ax,
        )


def area_under(predictions: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Areas under curves by the trapezoidal rule over the last axis.

    Parameters
    ----------
    predictions : ndarray of float, shape (..., points)
    shares : ndarray of float, shape (points,)
        Places on the x axis, from 0 to 1.
    """
    return np.asarray(np.trapezoid(predictions, shares, axis=-1))
