"""When to stop sampling: looks at a growing sample, and what must be known for an explanation to be settled.

At each look the weights' errors are known. The explanation is settled once every shown weight's interval is narrow,
each choice of a shown feature over a rival that is not shown is beyond chance, and so is the order of neighbours among
the shown ones, but for those that are known to be alike. Sampling stops there, or where it is hopeless: where a choice
has next to no chance left to be told apart by the end of the budget, given what was seen (conditional power, Lan &
Wittes 1988); a sentence says what is left open.

Looking several times, and at several gaps, gives chance more than one occasion: what may go wrong is shared among the
looks in proportion to their samples, and among the gaps of a look evenly (Bonferroni), so that all statements hold
together at the stated confidence. That two features are alike is the finding of an equivalence test (two one-sided
tests, Schuirmann 1987); it claims nothing about which is first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from lime.engine.contests import Contest
from lime.engine.inspection import is_whole
from lime.engine.standard_errors import quantile

FIRST_LOOK, LEAST_LOOK = 256, 240
SAMPLES_A_FEATURE = 8
"""Samples at the first look: this many (at least, where they are halved), or so many a feature if that is more."""


RATE = 0.6
"""Power of the number of samples with which errors should fall: 0.5 for plain samples, more for better designs."""

HOPELESS = 0.1
"""Chance of being decided by the end of the budget below which a comparison is given up."""


@dataclass(frozen=True)
class StageReport:
    """What is told after each stage of a growing sample; see `Auto`.

    Attributes
    ----------
    calls : int
        How many inputs the model has predicted.
    samples, most : int
        Samples so far, and the most that there may be.
    seconds : float
        How long it has taken.
    seconds_left : float
        How much longer it takes if all samples are needed, at the pace of this stage, within `max_seconds`.
    still_open : tuple of str
        What is not settled yet, in words; empty where nothing is.
    """

    calls: int
    samples: int
    most: int
    seconds: float
    seconds_left: float
    still_open: tuple[str, ...]


@dataclass(frozen=True)
class Auto:
    """What ``num_samples="auto"`` asks for, to be passed in its place where other values are wanted.

    Parameters
    ----------
    confidence : float
        At which an explanation that is called settled is right, and that of the intervals; from 0.5 to below 1.
    width : float
        Widest interval of a shown weight as a share of the largest; features count as alike in order where they are
        known to differ by less than a quarter of it.
    budget : int, optional
        Most inputs that the model predicts; the domain's default number of samples when None.
    max_calls : int, optional
        Most inputs that the model predicts, whatever `budget` is: what they may cost.
    max_seconds : float, optional
        The sample stops growing where the next stage, at the measured pace, would end later. The first stage is always
        taken, and of short texts and pictures with few segments all that there is to ask may come in later stages.
    callback : callable, optional
        ``callback(report)`` is called after each stage with a `StageReport`. An interrupt (`KeyboardInterrupt`), raised
        there or by the keyboard, after the first stage gives the explanation that there is.
    clock : callable
        Tells the time in seconds.

    Raises
    ------
    ValueError
        If an argument is not what is described here; the message names it.
    """

    confidence: float = 0.95
    width: float = 0.5
    budget: int | None = None
    max_calls: int | None = None
    max_seconds: float | None = None
    callback: Callable[[StageReport], object] | None = None
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)

    def __post_init__(self) -> None:
        if not 0.5 <= self.confidence < 1:
            raise ValueError(f"confidence={self.confidence!r}: expected a number from 0.5 to below 1")
        if not self.width > 0:
            raise ValueError(f"width={self.width!r}: expected a number above 0")
        for name, most in (("budget", self.budget), ("max_calls", self.max_calls)):
            if most is not None and (not is_whole(most) or most < 2):
                raise ValueError(f"{name}={most!r}: expected a whole number of at least 2, or None")
        if self.max_seconds is not None and not self.max_seconds > 0:
            raise ValueError(f"max_seconds={self.max_seconds!r}: expected a number above 0, or None")
        if self.callback is not None and not callable(self.callback):
            raise ValueError(f"callback={self.callback!r}: expected a function of a StageReport, or None")

    def most_calls(self, default: int) -> int:
        """Most inputs that the model predicts.

        Parameters
        ----------
        default : int
            The domain's number of samples.

        Returns
        -------
        int
        """
        budget = default if self.budget is None else int(self.budget)
        return budget if self.max_calls is None else min(budget, int(self.max_calls))


@dataclass(frozen=True)
class Look:
    """What is known of one output's weights at one look.

    Attributes
    ----------
    widest : float
        Width of the widest interval of a shown weight as a share of the largest weight.
    narrow : bool
        Whether that is narrow enough.
    alike, close, undecided : tuple of (int, int)
        Neighbours in the order of the shown features that are known to be alike, those that are not likely to be
        told apart by the end of the budget, and those that may be.
    choice : {"apart", "close", "undecided"}
        Whether all shown features are told from their rivals among the others, one of them is not likely to be, or
        all that are not may still be.
    rivals : tuple of (int, int), or None
        The two of them that are told apart least; None where all features are shown.
    """

    widest: float
    narrow: bool = True
    alike: tuple[tuple[int, int], ...] = ()
    close: tuple[tuple[int, int], ...] = ()
    undecided: tuple[tuple[int, int], ...] = ()
    choice: str = "apart"
    rivals: tuple[int, int] | None = None

    @property
    def decided(self) -> bool:
        """Whether the rest of the budget is not likely to settle the explanation, or it is settled."""
        open_order = bool(self.undecided) and self.choice != "close"
        return self.narrow and self.choice != "undecided" and not open_order

    @property
    def settled(self) -> bool:
        """Whether the shown features, up to the order of those that are alike, are what endless samples would show."""
        return self.narrow and self.choice == "apart" and not self.close and not self.undecided


def look_sizes(d: int, budget: int) -> list[int]:
    """Numbers of samples at which to look, doubling from the first to the budget.

    From powers of two, at which points of low discrepancy are balanced.

    Parameters
    ----------
    d : int
        Number of interpretable features.
    budget : int
        Most samples.

    Returns
    -------
    list of int
        Rising; the last is the budget.
    """
    sizes = []
    size = max(FIRST_LOOK, SAMPLES_A_FEATURE * d)
    while size < budget:
        sizes.append(size)
        size *= 2
    return [*sizes, budget]


def halved_sizes(d: int, budget: int) -> list[int]:
    """Numbers of samples at which to look: the budget, its half, the half of that, and so on; all but it are even.

    For designs that are as good at any number: the last look is not wasted on little more than the one before.

    Parameters
    ----------
    d : int
        Number of interpretable features.
    budget : int
        Most samples.

    Returns
    -------
    list of int
        Rising; the last is the budget.
    """
    sizes = [budget]
    while (half := sizes[0] // 4 * 2) >= max(LEAST_LOOK, SAMPLES_A_FEATURE * d):
        sizes.insert(0, half)
    return sizes


def error_share(sizes: Sequence[int], taken: int) -> float:
    """Share of what may go wrong that one look spends: in proportion to its samples, all looks together 1.

    Early looks, whose errors are large anyway, spend little; the last one keeps about half.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of samples at which the sample is looked at.
    taken : int
        Which look, the first being 1.

    Returns
    -------
    float
        In (0, 1].
    """
    return sizes[taken - 1] / sum(sizes)


@dataclass(frozen=True)
class Stage:
    """How far a growing sample has come.

    Attributes
    ----------
    requested : Auto
        What the user wants: confidence and width.
    sizes : sequence of int
        Numbers of samples at which one looks; see `look_sizes`.
    taken : int
        How many looks there have been, this one included.
    """

    requested: Auto
    sizes: Sequence[int]
    taken: int

    @property
    def ahead(self) -> float:
        """How many times as large the last sample is as this one."""
        return self.sizes[-1] / self.sizes[self.taken - 1]

    def error_at(self, taken: int) -> float:
        """Probability of a wrong statement that one look may spend.

        Parameters
        ----------
        taken : int
            Which look, the first being 1.

        Returns
        -------
        float
        """
        return (1.0 - self.requested.confidence) * error_share(self.sizes, taken)


def look(
    shown: NDArray[np.intp],
    weights: NDArray[np.float64],
    errors: NDArray[np.float64],
    stage: Stage,
    *,
    degrees: float,
    contests: Sequence[Contest],
    contest_degrees: float,
) -> Look:
    """Judge one output's weights.

    Parameters
    ----------
    shown : ndarray of int, shape (m,)
        Features that are shown.
    weights, errors : ndarray of float, shape (m,)
        Their weights, and the standard errors of these.
    stage : Stage
        How far the sample has grown.
    degrees : float
        Degrees of freedom of the errors.
    contests : sequence of Contest
        The choices that the selection of these features rests on.
    contest_degrees : float
        Degrees of freedom of the errors of their gaps.

    Returns
    -------
    Look
    """
    largest = float(np.abs(weights).max(initial=0.0))
    requested, ahead = stage.requested, stage.ahead
    if largest == 0.0:
        # A model may be constant on the first few samples alone: look once more.
        return Look(0.0, choice="undecided" if stage.taken == 1 and ahead > 1.0 else "apart")
    gaps = max(1, len(shown) - 1 + len(contests))
    now, last = stage.error_at(stage.taken), stage.error_at(len(stage.sizes))
    widest = 2.0 * _reach(degrees, 0.5 * now) * float(errors.max()) / largest

    def compare(gap: float, error: float, freedom: float, alike: float) -> str:
        if gap > _reach(freedom, 0.5 * now / gaps) * error:
            return "apart"
        if abs(gap) + _reach(freedom, now / gaps) * error < alike:
            return "alike"
        if ahead <= 1.0 or error == 0.0:
            return "close"
        if np.isinf(error):
            return "undecided"  # no sample yet has, or lacks, what one of the two is about
        later = error * ahead**-RATE
        apart = _reach(freedom, 0.5 * last / gaps) * later
        zone = max(alike - _reach(freedom, last / gaps) * later, 0.0)
        # What the gap will be by then is this one with the part of its error that more samples take away.
        moves = np.sqrt(error**2 - later**2)
        chance = ndtr((gap - apart) / moves) + ndtr((zone - gap) / moves) - ndtr((-zone - gap) / moves)
        return "undecided" if chance > HOPELESS else "close"

    found: dict[str, list[tuple[int, int]]] = {"apart": [], "alike": [], "close": [], "undecided": []}
    order = np.argsort(-np.abs(weights), kind="stable")
    for one, after in pairwise(order):
        gap = float(abs(weights[one]) - abs(weights[after]))
        how = compare(gap, float(np.hypot(errors[one], errors[after])), degrees, 0.25 * requested.width * largest)
        found[how].append((int(shown[one]), int(shown[after])))
    # Which feature is shown matters to a reader however alike two are: they are told apart or they are not.
    judged = [compare(contest.gap, contest.error, contest_degrees, 0.0) for contest in contests]
    choice = next((how for how in ("close", "undecided") if how in judged), "apart")
    rivals = [contest for contest, how in zip(contests, judged, strict=True) if how == choice]
    least = min(rivals, key=lambda one: one.gap / one.error if one.error else np.inf, default=None)
    return Look(
        widest,
        widest <= requested.width,
        tuple(found["alike"]),
        tuple(found["close"]),
        tuple(found["undecided"]),
        choice,
        None if least is None else (least.chosen, least.other),
    )


def _reach(degrees: float, tail: float) -> float:
    """How many standard errors it takes to leave no more than `tail` above."""
    return -quantile(tail, degrees)
