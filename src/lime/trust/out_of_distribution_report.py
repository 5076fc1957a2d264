"""How much of a neighbourhood is out of distribution, as a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lime.results.report import Report, ReportColumn
from lime.trust.words import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes


MOSTLY = 0.5
"""Share of the neighbourhood's weight out of distribution above which the explanation depends on such samples."""

PARTS = 0.5
"""Fall of R² from a surrogate of the training rows to that of the samples, beyond which the model is said to behave
differently on the data. Models that were only trained fall by less (see benchmarks/trust_out_of_distribution.py)."""


RESTS = (
    "The explanation depends mostly on samples that are out of distribution. It describes the model there. It "
    "describes the model on the data only as far as the model behaves the same."
)
DIFFERS = "The model behaves differently on the data and out of distribution. The explanation is not about the data."


@dataclass(frozen=True)
class Side:
    """Weights of one column from samples and from training rows.

    Attributes
    ----------
    index : int
        Of the column.
    name : str
        Of the column.
    everywhere, on_data : float
        Its weight in the fit to the samples, and in that to the training rows.
    difference_error : float
        Standard error of the difference, the two taken for independent (it overstates it a little).
    """

    index: int
    name: str
    everywhere: float
    on_data: float
    difference_error: float


@dataclass(frozen=True, repr=False)
class OutOfDistributionReport(Report):
    """How much of a neighbourhood lies where the training data does not.

    Attributes
    ----------
    share : float
        Of the neighbourhood's weight that looks less like data than 95% of the training rows do.
    share_error : float
        Its standard error over samples.
    auc : float
        Chance that a training row scores above a sample, samples by their weight: 0.5 where nothing tells them apart.
    threshold : float
        Out-of-bag probability of being data that 95% of the training rows reach.
    rows, samples : int
        That the classifier learned to tell apart.
    importance : tuple of (str, float)
        Columns by how much they told, adding up to 1.
    label_name : str or None
        The output that was compared; None where no model was given.
    sides : tuple of Side
        By falling size of the weight on the data; empty where no model was given or the rows are too few.
    score, score_on_data : float
        R² (leave-one-out) of the fits to the samples and to the training rows; NaN where there is none.
    score_carried_over : float
        Squared correlation of the samples' surrogate with the model on the training rows: R² after the best shift and
        scale, which correlated columns alone would ask for.
    effective_on_data : float
        Number of training rows of equal weight that those around the instance count as.
    num_model_calls : int
        Rows that the model was given: 0 where no model was given.
    """

    schema: ClassVar[str] = "lime.out-of-distribution/1"

    share: float
    share_error: float
    auc: float
    threshold: float
    rows: int
    samples: int
    importance: tuple[tuple[str, float], ...]
    label_name: str | None = None
    sides: tuple[Side, ...] = ()
    score: float = float("nan")
    score_on_data: float = float("nan")
    score_carried_over: float = float("nan")
    effective_on_data: float = float("nan")
    num_model_calls: int = 0

    @property
    def title(self) -> str:
        """What was measured."""
        return "The neighbourhood and the training data"

    @property
    def mostly_out_of_distribution(self) -> bool:
        """Whether most of the neighbourhood's weight is out of distribution."""
        return self.share > MOSTLY

    @property
    def predictions_differ(self) -> bool | None:
        """Whether the model behaves differently on the data than the samples' surrogate predicts; None if unknown."""
        if np.isnan(self.score_carried_over):
            return None
        return self.score_on_data - self.score_carried_over > PARTS

    def sentences(self) -> list[str]:
        """How much is out of distribution, and whether the model behaves differently there.

        Returns
        -------
        list of str
        """
        said = [
            (
                f"{percent(self.share)} of the neighbourhood's weight looks less like data than 95% of the training "
                "rows do. It would be 5% if samples were like data. A classifier tells samples from rows with AUC "
                f"{self.auc:.2f}."
            )
        ]
        if self.mostly_out_of_distribution:
            said.append(RESTS)
        if self.label_name is None:
            return said
        if not self.sides:
            said.append(
                f"The training rows count as {self.effective_on_data:.0f} of equal weight around the instance, too few "
                "to compare the model on them and on the samples."
            )
            return said
        carried = (
            f"On training rows the surrogate of the samples has R² {self.score_carried_over:.2f} (up to shift and "
            f"scale), one fitted to them has {self.score_on_data:.2f}"
        )
        if not self.predictions_differ:
            return [*said, f"{carried}: the model does not behave differently there."]
        here = self.sides[0]
        there = max(self.sides, key=lambda one: abs(one.everywhere))
        strongest = (
            f"the strongest on the data is {here.name} ({here.on_data:.3g}), over the samples {there.name} "
            f"({there.everywhere:.3g})"
            if here.index != there.index
            else f"the strongest, {here.name}, has weight {here.on_data:.3g} on the data and {here.everywhere:.3g} "
            "over the samples"
        )
        return [*said, DIFFERS, f"{carried}: {strongest}."]

    def alarms(self) -> list[str]:
        """What a reader of the explanation must know of it; empty where there is nothing.

        Returns
        -------
        list of str
        """
        return [RESTS] * self.mostly_out_of_distribution + [DIFFERS] * bool(self.predictions_differ)

    def numbers(self) -> dict[str, Any]:
        """The figures of the whole report.

        Returns
        -------
        dict
            Of str to numbers, words and bools; what is not known is None or NaN.
        """
        return {
            "share": self.share,
            "share_error": self.share_error,
            "auc": self.auc,
            "threshold": self.threshold,
            "rows": self.rows,
            "samples": self.samples,
            "mostly_out_of_distribution": self.mostly_out_of_distribution,
            "label_name": self.label_name,
            "score": self.score,
            "score_on_data": self.score_on_data,
            "score_carried_over": self.score_carried_over,
            "effective_on_data": self.effective_on_data,
            "predictions_differ": self.predictions_differ,
            "num_model_calls": self.num_model_calls,
        }

    def columns(self) -> list[ReportColumn]:
        """One row a column of the table: how much it told, or its weights over training rows and over samples.

        Returns
        -------
        list of ReportColumn
            ``name`` and ``importance``; where the sides were compared ``everywhere``, ``on_data`` and
            ``difference_error`` too.
        """
        if not self.sides:
            return [
                ReportColumn("name", "column", [name for name, _ in self.importance], "text"),
                ReportColumn("importance", "tells them apart", [share for _, share in self.importance], "share"),
            ]
        of, told = self.sides, dict(self.importance)
        return [
            ReportColumn("name", "column", [one.name for one in of], "text"),
            ReportColumn("importance", "tells them apart", [told[one.name] for one in of], "share"),
            ReportColumn("everywhere", "samples", [one.everywhere for one in of]),
            ReportColumn("on_data", "rows", [one.on_data for one in of]),
            ReportColumn("difference_error", "error", [one.difference_error for one in of]),
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the weights on the data against those of all samples, or what told samples from rows.

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
        from lime.render.report_plots import draw_pairs, draw_reaches

        if not self.sides:
            names = [name for name, _ in self.importance]
            shares = np.array([share for _, share in self.importance])
            axes = draw_reaches(names, shares, np.zeros(len(shares)), self.title, ax)
            axes.set_xlabel("share in telling samples from training rows")
            return axes
        return draw_pairs(
            np.array([one.everywhere for one in self.sides]),
            np.array([one.on_data for one in self.sides]),
            x_label="weight over the samples",
            y_label="weight over training rows",
            title=self.title,
            ax=ax,
        )
