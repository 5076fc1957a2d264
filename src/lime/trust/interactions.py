"""Interactions: which pairs of features work together in a way that weights of single features cannot show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lime.domains.checks import check_count
from lime.engine.interactions import PairEffects, pair_effects
from lime.engine.standard_errors import quantile
from lime.engine.support import FEW
from lime.engine.threads import threads_for
from lime.results.explanation import Explanation
from lime.results.finding import Finding
from lime.results.mapper import describe_feature
from lime.results.report import Report, ReportColumn
from lime.results.wording import counted
from lime.trust.settings import explained_label
from lime.trust.words import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lime.results.fit_data import FitData

__all__ = ["InteractionReport", "PairEffect", "interactions"]

RATE = 0.05
"""Rate at which false discoveries are held."""

MATTERS = 0.02
"""Share of the model's variation that a pair must add to R² for a reader to care. With several thousand samples far
smaller effects are found with certainty; they change nothing in what the weights tell."""

TOP, LEVEL = 10, 0.95
NAMED = 3
"""Pairs that a warning names."""


@dataclass(frozen=True)
class PairEffect:
    """What the model does with two features together, beyond what it does with each.

    Attributes
    ----------
    first, second : int
        Feature ids.
    first_name, second_name : str
        What a reader calls them.
    size : float
        Coefficient of the product of the two interpretable features, in the model's unit: where these are 0 or 1, by
        how much both together differ from the sum of each alone.
    standard_error, low, high : float
        Its sampling error and interval; the interval is not widened for the number of pairs.
    p_value, q_value : float
        Two-sided; `q_value` is adjusted for the number of pairs.
    share : float
        What the product adds to the R² of all features and all other products.
    found : bool
        Whether it counts as a discovery at the rate of false ones that was asked for.
    matters : bool
        Whether it is found and its share is large enough for a reader to care.
    decided : bool
        Whether enough samples have each of the four combinations of the two features for a test.
    """

    first: int
    second: int
    first_name: str
    second_name: str
    size: float
    standard_error: float
    low: float
    high: float
    p_value: float
    q_value: float
    share: float
    found: bool
    matters: bool
    decided: bool = True


@dataclass(frozen=True, repr=False)
class InteractionReport(Report):
    """Tests of all pairs among the strongest features of an explanation.

    Attributes
    ----------
    label : int
        The output.
    label_name : str
        What a reader calls it.
    pairs : tuple of PairEffect
        Fitted pairs, those that are decided and have the largest share first.
    n_requested : int
        Pairs among the features that were to be tested.
    n_inseparable : int
        Pairs whose product the samples cannot tell from single features or other pairs.
    score, score_with : float
        R² of a straight fit on all features, and with the products of all tested pairs: leave-one-out, so that
        neither is too high, except where the samples are all that there are.
    columns_in_fit : int
        Columns of the straight part of the fit.
    degrees : float
        Degrees of freedom of the errors.
    rate : float
        Rate at which false discoveries are held.
    level : float
        Of the intervals.
    exact : bool
        Whether the samples are all that there are: there is no sampling error then.
    """

    schema: ClassVar[str] = "lime.interactions/1"

    label: Any
    label_name: str
    pairs: tuple[PairEffect, ...]
    n_requested: int
    n_inseparable: int
    score: float
    score_with: float
    columns_in_fit: int
    degrees: float
    rate: float
    level: float
    exact: bool

    @property
    def title(self) -> str:
        """What was tested."""
        return f"Pairs of features that work together, for {self.label_name}"

    @property
    def found(self) -> tuple[PairEffect, ...]:
        """The pairs that count as discoveries."""
        return tuple(pair for pair in self.pairs if pair.found)

    @property
    def material(self) -> tuple[PairEffect, ...]:
        """The pairs that are found and large enough for a reader to care."""
        return tuple(pair for pair in self.pairs if pair.matters)

    @property
    def undecided(self) -> tuple[PairEffect, ...]:
        """The pairs of which too few samples have one of the four combinations for a test."""
        return tuple(pair for pair in self.pairs if not pair.decided)

    @property
    def tested(self) -> tuple[PairEffect, ...]:
        """The pairs that were tested: all that are decided."""
        return tuple(pair for pair in self.pairs if pair.decided)

    @property
    def rows_to_read(self) -> int:
        """The pairs that were found, or the ten strongest."""
        return max(10, len(self.found))

    def sentences(self) -> list[str]:
        """How many pairs interact, and how much that is.

        Returns
        -------
        list of str
        """
        said = [self.summary()]
        if self.pairs:
            said.append(
                f"With the products of all tested pairs R² is {self.score_with:.2f}, without {self.score:.2f}"
                + ("." if self.exact else " (leave-one-out).")
            )
        missing = self.n_requested - len(self.pairs) - self.n_inseparable
        if missing:
            said.append(f"There are too few samples to test {counted(missing, 'further pair')}. Use more samples.")
        few = len(self.undecided)
        if few:
            said.append(
                f"{counted(few, 'pair')} {'is' if few == 1 else 'are'} not decided: fewer than {FEW} samples have one "
                "of the combinations of the two features."
            )
        if self.n_inseparable:
            said.append(
                f"{counted(self.n_inseparable, 'pair')} cannot be told from single features or from other pairs in "
                "these samples."
            )
        return said

    def summary(self) -> str:
        """The finding in one sentence.

        Returns
        -------
        str
        """
        if not self.tested:
            return "No pair could be tested."
        few = len(self.undecided)
        tested = counted(len(self.tested), "tested pair") + (f" ({few} more not decided)" if few else "")
        if not self.found:
            return f"Of {tested} none is found to work together beyond what each feature does alone."
        held = "without sampling error" if self.exact else f"false discoveries held at {percent(self.rate)}"
        largest = self.found[0]
        size = f"the largest, {largest.first_name} with {largest.second_name}, adds {_share(largest.share)} to R²"
        return f"Of {tested} {len(self.found)} work together ({held}); {size}."

    def numbers(self) -> dict[str, Any]:
        """The figures of the whole report.

        Returns
        -------
        dict
            Of str to numbers, words and bools.
        """
        return {
            "label": self.label,
            "label_name": self.label_name,
            "tested": len(self.tested),
            "undecided": len(self.undecided),
            "n_requested": self.n_requested,
            "n_inseparable": self.n_inseparable,
            "found": len(self.found),
            "material": len(self.material),
            "score": self.score,
            "score_with": self.score_with,
            "columns_in_fit": self.columns_in_fit,
            "degrees": self.degrees,
            "rate": self.rate,
            "level": self.level,
            "exact": self.exact,
        }

    def columns(self) -> list[ReportColumn]:
        """One row a pair.

        Returns
        -------
        list of ReportColumn
            The fields of `PairEffect`, save ``matters``; features as ``first_index`` and ``second_index``, and their
            names as ``first`` and ``second``.
        """
        of = self.pairs
        return [
            ReportColumn("first", "feature", [one.first_name for one in of], "text"),
            ReportColumn("second", "with", [one.second_name for one in of], "text"),
            ReportColumn("first_index", "", [one.first for one in of], "int"),
            ReportColumn("second_index", "", [one.second for one in of], "int"),
            ReportColumn("size", "size", [one.size for one in of]),
            ReportColumn("standard_error", "error", [one.standard_error for one in of]),
            ReportColumn("low", "", [one.low for one in of]),
            ReportColumn("high", "", [one.high for one in of]),
            ReportColumn("p_value", "", [one.p_value for one in of]),
            ReportColumn("q_value", "q", [one.q_value for one in of]),
            ReportColumn("share", "adds to R²", [one.share for one in of], "fit"),
            ReportColumn(
                "found", "", ["yes" if one.found else "no" if one.decided else "not decided" for one in of], "text"
            ),
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the pairs' sizes with their intervals, the largest on top.

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
        from lime.render.report_plots import draw_reaches

        names = [(f"{one.first_name} ×", one.second_name) for one in self.pairs]
        sizes = np.array([one.size for one in self.pairs])
        reaches = np.array([(one.high - one.low) / 2.0 for one in self.pairs])
        axes = draw_reaches(names, sizes, reaches, self.title, ax)
        axes.set_xlabel(f"size of the interaction, {percent(self.level)} interval")
        return axes


def interactions(
    explanation: Explanation,
    label: Any = None,
    *,
    top: int = TOP,
    level: float = LEVEL,
    rate: float = RATE,
    method: str = "bh",
) -> InteractionReport:
    """Test which pairs of an explanation's strongest features work together; the model is not called again.

    The predictions that the explanation was fitted to are fitted with all features and the products of all pairs of
    the strongest shown ones; see `lime.engine.interactions`. What a model varies beside the interpretable features,
    such as within a bin, is noise here and no interaction.

    The report is kept in the explanation: the same call returns it again. From the first call on, the explanation's
    warnings, page, JSON and trust card tell what was found.

    Parameters
    ----------
    explanation : Explanation
        As an explainer made it: one that was stored and read again holds no predictions.
    label : int or str, optional
        The first explained one when None.
    top : int
        How many of the strongest shown features to pair, at least 2.
    level : float
        Of the intervals, between 0 and 1.
    rate : float
        Expected share of false discoveries among all, between 0 and 1.
    method : {"bh", "by"}
        'bh' (Benjamini & Hochberg 1995) holds the rate under independence or positive dependence of the tests, 'by'
        (Benjamini & Yekutieli 2001) under any, and finds less.

    Returns
    -------
    InteractionReport

    Raises
    ------
    ValueError
        If the model's predictions are gone, or an argument is not what is described here.
    KeyError
        If the label was not explained.
    """
    count = check_count("top", top, least=2)
    for name, value in (("level", level), ("rate", rate)):
        if not 0.0 < value < 1.0:
            raise ValueError(f"{name}={value!r}: expected a number between 0 and 1, both excluded")
    label = explained_label(explanation, label)
    shown = [int(i) for i, _ in explanation.local_exp[label]]
    arguments = (label, tuple(shown), count, level, rate, method)
    report = explanation.interaction_reports.get(arguments)
    if report is None:
        data = explanation.fit_data
        if data is None:
            raise ValueError(
                "the model's predictions are gone: expected an explanation as its explainer made it, not one that was "
                "stored, pickled, copied, made for many rows or fitted by a base of the user's own"
            )
        report = _test_pairs(explanation, data, _PairTest(label, count, level, rate, method))
        explanation.interaction_reports[arguments] = report
    _tell(explanation, report)
    return report


@dataclass(frozen=True)
class _PairTest:
    """The checked arguments of `interactions`."""

    label: Any
    top: int
    level: float
    rate: float
    method: str


def _test_pairs(explanation: Explanation, data: FitData, test: _PairTest) -> InteractionReport:
    label = test.label
    output = 0 if len(data.labels) == 1 else data.labels.index(label)
    place = {int(i): column for column, i in enumerate(data.features)}
    shown = [int(i) for i, _ in explanation.local_exp[label] if int(i) in place][: test.top]
    z = data.z
    places, known = np.array([place[i] for i in shown], dtype=np.intp), data.known
    exact = data.exact or (known is not None and known.pairs is not None)
    if known is not None and exact:
        found = known.pair_effects(data.labels[output], places, z, data.predictions[:, output], data.weights)
        return _report(explanation, data, test, found, shown=shown, exact=True)
    with threads_for(float(z.shape[0]) * (z.shape[1] + test.top * test.top) ** 2):
        found = pair_effects(
            z,
            data.predictions[:, output],
            data.weights,
            places,
            groups=data.groups,
            exact=data.exact,
            method=test.method,
        )
    return _report(explanation, data, test, found, shown=shown, exact=exact)


def _report(
    explanation: Explanation,
    data: FitData,
    test: _PairTest,
    found: PairEffects,
    *,
    shown: list[int],
    exact: bool,
) -> InteractionReport:
    label = test.label
    reach = quantile(0.5 + test.level / 2.0, found.degrees)
    names = {i: str(describe_feature(explanation.domain_mapper, i)["feature"]) for i in shown}
    order = np.lexsort((-found.shares, ~found.decided))
    return InteractionReport(
        label=label,
        label_name=explanation.label_name(label),
        pairs=tuple(_pair(found, k, data.features, names, (reach, test.rate)) for k in order),
        n_requested=len(shown) * (len(shown) - 1) // 2,
        n_inseparable=len(found.inseparable),
        score=found.score,
        score_with=found.score_with,
        columns_in_fit=found.columns,
        degrees=found.degrees,
        rate=test.rate,
        level=test.level,
        exact=exact,
    )


def _tell(explanation: Explanation, report: InteractionReport) -> None:
    """Write a report into the explanation: as a part of the card and, where pairs matter, among the warnings."""
    label = report.label
    explanation.findings.setdefault(label, {})["interactions"] = Finding(
        "interactions",
        "interactions",
        f"{len(report.found)} of {len(report.tested)} pairs found" if report.tested else "no pair to test",
        report.summary(),
        report.numbers() | {"summary": report.summary()},
    )
    about = "" if explanation.is_single_output() else f" for {report.label_name}"
    sentence = _warning(report, about)
    # A report with other arguments takes the place of an earlier one.
    of_label = (one for one in explanation.interaction_reports.values() if one.label == label)
    earlier = {_warning(one, about) for one in of_label} - {sentence}
    explanation.warnings[:] = [one for one in explanation.warnings if one not in earlier]
    if sentence and sentence not in explanation.warnings:
        explanation.add_warning(sentence, [label])


def _warning(report: InteractionReport, about: str) -> str:
    """Say which pairs matter; empty where none does."""
    material = report.material
    if not material:
        return ""
    named = "; ".join(f"{one.first_name} with {one.second_name} ({number(one.size, 2)})" for one in material[:NAMED])
    more = f"; and {len(material) - NAMED} more" if len(material) > NAMED else ""
    return f"Features work together{about} in a way that single weights cannot show: {named}{more}. See interactions()."


def _pair(
    found: PairEffects,
    k: int,
    ids: np.ndarray[Any, Any],
    names: dict[int, str],
    bounds: tuple[float, float],
) -> PairEffect:
    """The k-th fitted pair, given half the width of an interval of error 1 and the rate of false discoveries."""
    reach, rate = bounds
    first, second = (int(ids[column]) for column in found.pairs[k])
    size, error, share = float(found.sizes[k]), float(found.errors[k]), float(found.shares[k])
    discovered = bool(found.q_values[k] <= rate)
    return PairEffect(
        first=first,
        second=second,
        first_name=names[first],
        second_name=names[second],
        size=size,
        standard_error=error,
        low=size - reach * error,
        high=size + reach * error,
        p_value=float(found.p_values[k]),
        q_value=float(found.q_values[k]),
        share=share,
        found=discovered,
        matters=discovered and share >= MATTERS,
        decided=bool(found.decided[k]),
    )


def _share(share: float) -> str:
    return "less than 0.1%" if share < 0.001 else f"{100.0 * share:.1f}%"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
