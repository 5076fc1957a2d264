"""Sampling in stages until an explanation is settled (``num_samples="auto"``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lime.engine import stopping
from lime.engine.contests import Contest
from lime.engine.requests import ExplanationCoroutine
from lime.engine.surrogate import Surrogate
from lime.results.explanation import Explanation
from lime.results.gravity import Gravity

_Explained = TypeVar("_Explained", bound=Explanation)


class SequentialStopping:
    """The stages of a growing sample, and what the last of them showed, by label.

    Parameters
    ----------
    requested : Auto
        What the user wants: confidence and width.
    sizes : list of int
        Numbers of samples at which to look; see `lime.engine.stopping.look_sizes`.
    ids : ndarray of int, shape (d,)
        Ids of the interpretable features.
    """

    def __init__(self, requested: stopping.Auto, sizes: list[int], ids: NDArray[np.intp]) -> None:
        self.requested, self.sizes, self.ids = requested, sizes, ids
        self.latest: dict[int, stopping.Look] = {}
        self.taken = 0

    def judge_exact(self, label: int) -> None:
        """Note that the weights of a label have no sampling error."""
        self.latest[label] = stopping.Look(0.0)

    def judge(self, label: int, shown: Surrogate, contests: list[Contest], contest_degrees: float) -> None:
        """Note what the fit of one label shows.

        Parameters
        ----------
        label : int
        shown : Surrogate
            On the selected features.
        contests : list of Contest
            The choices that the selection rests on.
        contest_degrees : float
            Degrees of freedom of the errors of their gaps.
        """
        assert shown.standard_errors is not None
        self.latest[label] = stopping.look(
            shown.features,
            shown.coefficients,
            shown.standard_errors,
            stopping.Stage(self.requested, self.sizes, self.taken),
            degrees=shown.degrees,
            contests=contests,
            contest_degrees=contest_degrees,
        )

    @property
    def decided(self) -> bool:
        """Whether more samples would decide nothing more for any label."""
        return all(look.decided for look in self.latest.values())

    @property
    def settled(self) -> bool:
        """Whether the explanation is settled for every label."""
        return all(look.settled for look in self.latest.values())


def run_sequential(
    stages: SequentialStopping, explain_stage: Callable[[int], ExplanationCoroutine[_Explained]]
) -> ExplanationCoroutine[_Explained]:
    """Explain growing samples until the explanation is settled, or nothing more can be decided.

    Parameters
    ----------
    stages : SequentialStopping
    explain_stage : callable
        ``explain_stage(size)`` steps to the explanation from the first `size` samples, and lets `stages` judge it.
    """
    for size in stages.sizes:
        stages.taken += 1
        exp = yield from explain_stage(size)
        if stages.decided:
            break
    record_stopping(exp, stages, size)
    return exp


def record_stopping(exp: Explanation, stages: SequentialStopping, size: int) -> None:
    """Write into an explanation how its sampling ended, with `size` samples in the last stage."""
    exp.settled, exp.looks = stages.settled, stages.taken
    exp.error_share = 1.0 if exp.exact else stopping.error_share(stages.sizes, stages.taken)
    exp.stopping = _stopping_sentence(exp, stages, size)
    if not exp.settled:
        exp.add_warning(exp.stopping, gravity=Gravity.DOUBTFUL)
        exp.keep_gravest()


def _stopping_sentence(exp: Explanation, stages: SequentialStopping, size: int) -> str:
    """One sentence: whether the explanation is settled, after how many samples, and what is open."""
    requested, looks = stages.requested, stages.latest.values()
    widest = max(look.widest for look in looks)
    early = size < stages.sizes[-1]
    spent = f"after {size} of at most {stages.sizes[-1]} samples at {requested.confidence:.0%} confidence"
    found = []
    if widest > requested.width:
        found.append(
            f"the widest interval is {widest:.0%} of the largest weight, {requested.width:.0%} was requested"
            if np.isfinite(widest)
            else "a shown feature has the same value in all samples, so that nothing is known of its weight"
        )

    def add(sentence: str, pairs: list[tuple[int, int]]) -> None:
        if pairs:
            one, other = (exp.domain_mapper.map_exp_ids([(int(stages.ids[i]), 0.0)])[0][0] for i in pairs[0])
            found.append(sentence.format(one, other) + (f" (and {len(pairs) - 1} more)" if len(pairs) > 1 else ""))

    hopeless = "are not likely to be told apart within the budget" if early else "are not told apart"
    for choice, how in (("close", hopeless), ("undecided", "are not told apart")):
        rivals = [look.rivals for look in looks if look.choice == choice and look.rivals is not None]
        add(f"{{}}, shown, and {{}}, not shown, {how}", rivals)
    add("the order of {} and {} is open", [pair for look in looks for pair in (*look.undecided, *look.close)])
    add("{} and {} are alike in size", [pair for look in looks for pair in look.alike])
    if not found:
        found.append(f"no interval is wider than {widest:.0%} of the largest weight")
    state = "Settled" if stages.settled else "Stopped early, not settled" if early else "Not settled"
    return f"{state} {spent}: {'; '.join(found)}."
