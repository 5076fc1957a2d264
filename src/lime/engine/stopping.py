"""When to stop sampling: looks at a growing sample, and what must be known at one of them for an answer to be settled.

At each look the weights' errors are known. Sampling stops once every shown weight's interval is narrow, and every two
features between which the answer decides are told apart or known to be alike: neighbours in the order of those that
are shown, and each choice of one of them over the strongest rival that is not shown; or so close that the next look,
for a choice the whole budget, is not likely to tell them apart. The answer is settled if none is left that close: no
more draws would show other features. Looking several times, and at several gaps, gives chance more than one occasion:
the level of each such statement is shared among them (Bonferroni), so that all of them hold together at the stated
confidence.
That two features are alike is the finding of an equivalence test (two one-sided tests, Schuirmann 1987); it claims
nothing about which is first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lime.engine.errors import quantile
from lime.engine.inspection import is_whole
from lime.engine.selection import Contest

FIRST_LOOK = 256
DRAWS_A_FEATURE = 8
"""Draws at the first look: this many, or so many for each feature, whichever is more."""


RATE = 0.6
"""Power of the number of draws with which errors are expected to fall: 0.5 for plain draws, more for better designs."""


@dataclass(frozen=True)
class Auto:
    """What ``num_samples="auto"`` asks for, to be passed in its place where other values are wanted.

    Parameters
    ----------
    confidence : float
        At which an answer that is called settled is right, and that of the intervals; from 0.5 to below 1.
    width : float
        Widest interval of a shown weight as a share of the largest; features count as alike in order where they are
        known to differ by less than a quarter of it.
    budget : int, optional
        Most inputs that the model is asked about; the domain's default number of samples when None.

    Raises
    ------
    ValueError
        If an argument is not what is described here; the message names it.
    """

    confidence: float = 0.95
    width: float = 0.5
    budget: int | None = None

    def __post_init__(self) -> None:
        if not 0.5 <= self.confidence < 1:
            raise ValueError(f"confidence={self.confidence!r}: expected a number from 0.5 to below 1")
        if not self.width > 0:
            raise ValueError(f"width={self.width!r}: expected a number above 0")
        if self.budget is not None and (not is_whole(self.budget) or self.budget < 2):
            raise ValueError(f"budget={self.budget!r}: expected a whole number of at least 2, or None")


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
        Neighbours in the order of the shown features that are known to be alike, those that the
        next look is not likely to tell apart, and those that it may.
    choice : {"apart", "close", "undecided"}
        Whether the shown features are told from their strongest rivals among the others.
    rivals : tuple of (int, int), or None
        The two of them that are closest; None where all features are shown.
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
        """Whether the rest of the budget is not likely to decide anything more."""
        return self.narrow and not self.undecided and self.choice != "undecided"

    @property
    def settled(self) -> bool:
        """Whether the shown features, up to the order of those that are alike, are what endless draws would show."""
        return self.decided and self.choice == "apart" and not self.close


def look_sizes(d: int, budget: int) -> list[int]:
    """Numbers of draws at which to look, doubling from the first to the budget.

    Parameters
    ----------
    d : int
        Number of interpretable features.
    budget : int
        Most draws.

    Returns
    -------
    list of int
        Rising; the last is the budget.
    """
    sizes = []
    size = max(FIRST_LOOK, DRAWS_A_FEATURE * d)
    while size < budget:
        sizes.append(size)
        size *= 2
    return [*sizes, budget]


def look(
    shown: NDArray[np.intp],
    weights: NDArray[np.float64],
    errors: NDArray[np.float64],
    degrees: float,
    contests: Sequence[Contest],
    contest_degrees: float,
    asked: Auto,
    looks: int,
    taken: int = 1,
    spent: float = 1.0,
) -> Look:
    """Judge one output's weights.

    Parameters
    ----------
    shown : ndarray of int, shape (m,)
        Features that are shown.
    weights, errors : ndarray of float, shape (m,)
        Their weights, and the standard errors of these.
    degrees : float
        Degrees of freedom of the errors.
    contests : sequence of Contest
        The choices that the selection of these features rests on.
    contest_degrees : float
        Degrees of freedom of the errors of their gaps.
    asked : Auto
        What the user wants: confidence and width.
    looks : int
        How often the sample is looked at, at most.
    taken : int
        How often it has been, this look included: intervals share their level among so many.
    spent : float
        Share of the budget that has been spent.

    Returns
    -------
    Look
    """
    largest = float(np.abs(weights).max(initial=0.0))
    if largest == 0.0:
        # A model may be constant on the first few draws alone: look once more.
        return Look(0.0, choice="undecided" if taken == 1 and spent < 1.0 else "apart")
    tail = 1.0 - asked.confidence
    widest = 2.0 * _reach(degrees, 0.5 * tail / taken) * float(errors.max()) / largest
    gaps = max(1, len(shown) - 1 + len(contests))
    shared = 0.5 * tail / (looks * gaps)

    def compare(gap: float, error: float, freedom: float, alike: float, ahead: float) -> str:
        reach = _reach(freedom, shared) * error
        if gap > reach:
            return "apart"
        if abs(gap) + _reach(freedom, tail) * error < alike:
            return "alike"
        # After `ahead` times as many draws errors will be smaller by a power of their number.
        return "undecided" if gap > reach * ahead**-RATE and ahead > 1.0 else "close"

    found: dict[str, list[tuple[int, int]]] = {"apart": [], "alike": [], "close": [], "undecided": []}
    zone, next_look = 0.25 * asked.width * largest, min(2.0, 1.0 / spent)
    order = np.argsort(-np.abs(weights), kind="stable")
    for one, after in pairwise(order):
        gap = float(abs(weights[one]) - abs(weights[after]))
        how = compare(gap, float(np.hypot(errors[one], errors[after])), degrees, zone, next_look)
        found[how].append((int(shown[one]), int(shown[after])))
    choice, rivals = "apart", None
    if contests:
        # Which feature is shown matters to a reader however alike two are: they are told apart or they are not.
        least = min(contests, key=lambda contest: contest.gap / contest.error if contest.error else np.inf)
        choice = compare(least.gap, least.error, contest_degrees, 0.0, 1.0 / spent)
        rivals = (least.chosen, least.other)
    return Look(
        widest,
        widest <= asked.width,
        tuple(found["alike"]),
        tuple(found["close"]),
        tuple(found["undecided"]),
        choice,
        rivals,
    )


def _reach(degrees: float, tail: float) -> float:
    """How many standard errors it takes to leave no more than `tail` above."""
    return -quantile(tail, degrees)
