"""Sampling in stages until an explanation is settled (``num_samples="auto"``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lime.engine import stopping
from lime.engine.contests import Contest
from lime.engine.surrogate import Surrogate
from lime.models.requests import ExplanationCoroutine, is_one_of_many
from lime.results.explanation import Explanation
from lime.results.gravity import Gravity

INTERRUPTED = "it was interrupted"

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

    Attributes
    ----------
    ended : str
        What ended the sampling where it was no look; empty otherwise.
    seconds : list of float
        When each stage ended, since the beginning; that stands first.
    """

    def __init__(self, requested: stopping.Auto, sizes: list[int], ids: NDArray[np.intp]) -> None:
        self.requested, self.sizes, self.ids = requested, sizes, ids
        self.latest: dict[int, stopping.Look] = {}
        self.taken = 0
        self.ended = ""
        self.seconds = [0.0]
        self._began = requested.clock()

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

    def note_time(self) -> None:
        """Note that a stage has ended."""
        self.seconds.append(self.requested.clock() - self._began)

    def seconds_to(self, stage: int) -> float:
        """How long it takes from now to the end of a later stage, at the pace of the latest.

        Parameters
        ----------
        stage : int
            Counted from 1.
        """
        sizes = [0, *self.sizes]
        pace = (self.seconds[-1] - self.seconds[-2]) / (sizes[self.taken] - sizes[self.taken - 1])
        return pace * (sizes[stage] - sizes[self.taken])

    @property
    def too_slow(self) -> bool:
        """Whether the next stage would take longer than there is time."""
        most = self.requested.max_seconds
        return most is not None and self.seconds[-1] + self.seconds_to(self.taken + 1) > most

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
    exp: _Explained | None = None
    before: dict[int, stopping.Look] = {}
    for size in stages.sizes:
        stages.taken += 1
        try:
            exp = yield from explain_stage(size)
            stages.note_time()
        except KeyboardInterrupt:
            if exp is None or is_one_of_many():
                raise
            stages.taken -= 1
            stages.latest, stages.ended = before, INTERRUPTED
            break
        before = dict(stages.latest)
        if not _goes_on(exp, stages, size):
            break
    assert exp is not None
    record_stopping(exp, stages, stages.sizes[stages.taken - 1])
    return exp


def _goes_on(exp: Explanation, stages: SequentialStopping, size: int) -> bool:
    """Whether the sample is to grow, once the callback knows how far it has come."""
    last = size == stages.sizes[-1]
    if stages.requested.callback is not None:
        try:
            stages.requested.callback(_report(exp, stages, size))
        except KeyboardInterrupt:
            if is_one_of_many():
                raise
            stages.ended = INTERRUPTED
    if not (stages.ended or stages.decided or last) and stages.too_slow:
        stages.ended = f"max_seconds={stages.requested.max_seconds:g} leaves no time for more"
    return not (stages.ended or stages.decided or last)


def _report(exp: Explanation, stages: SequentialStopping, size: int) -> stopping.StageReport:
    left = 0.0 if stages.decided else stages.seconds_to(len(stages.sizes))
    if stages.requested.max_seconds is not None:
        left = min(left, max(0.0, stages.requested.max_seconds - stages.seconds[-1]))
    found = () if stages.settled else tuple(_found_open(exp, stages, size))
    return stopping.StageReport(exp.num_model_calls or 0, size, stages.sizes[-1], stages.seconds[-1], left, found)


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
    requested = stages.requested
    early = size < stages.sizes[-1]
    spent = f"after {size} of at most {stages.sizes[-1]} samples at {requested.confidence:.0%} confidence"
    found = [*_found_open(exp, stages, size), *_found_alike(exp, stages)]
    if not found:
        widest = max(look.widest for look in stages.latest.values())
        found.append(f"no interval is wider than {widest:.0%} of the largest weight")
    if stages.settled:
        state = "Settled"
    else:
        state = "Interrupted, not settled" if stages.ended == INTERRUPTED else "Not settled"
        state = "Stopped early, not settled" if early and not stages.ended else state
        if stages.ended and stages.ended != INTERRUPTED:
            found.insert(0, stages.ended)
        elif not early and requested.max_calls is not None and size + 1 >= requested.max_calls:
            found.insert(0, f"max_calls={requested.max_calls} leaves no calls for more")
    return f"{state} {spent}: {'; '.join(found)}."


def _found_open(exp: Explanation, stages: SequentialStopping, size: int) -> list[str]:
    """What is not settled, in words."""
    requested, looks = stages.requested, stages.latest.values()
    widest = max(look.widest for look in looks)
    found = []
    if widest > requested.width:
        found.append(
            f"the widest interval is {widest:.0%} of the largest weight, {requested.width:.0%} was requested"
            if np.isfinite(widest)
            else "a shown feature has the same value in all samples, so that nothing is known of its weight"
        )
    early = size < stages.sizes[-1]
    hopeless = "are not likely to be told apart within the budget" if early else "are not told apart"
    for choice, how in (("close", hopeless), ("undecided", "are not told apart")):
        rivals = [look.rivals for look in looks if look.choice == choice and look.rivals is not None]
        found += _pairs(exp, stages, f"{{}}, shown, and {{}}, not shown, {how}", rivals)
    pairs = [pair for look in looks for pair in (*look.undecided, *look.close)]
    return [*found, *_pairs(exp, stages, "the order of {} and {} is open", pairs)]


def _found_alike(exp: Explanation, stages: SequentialStopping) -> list[str]:
    """Which neighbours are known to be alike, in words."""
    pairs = [pair for look in stages.latest.values() for pair in look.alike]
    return _pairs(exp, stages, "{} and {} are alike in size", pairs)


def _pairs(exp: Explanation, stages: SequentialStopping, sentence: str, pairs: list[tuple[int, int]]) -> list[str]:
    """A sentence on the first of some pairs, and how many more there are; none where there is no pair."""
    if not pairs:
        return []
    one, other = (exp.domain_mapper.map_exp_ids([(int(stages.ids[i]), 0.0)])[0][0] for i in pairs[0])
    return [sentence.format(one, other) + (f" (and {len(pairs) - 1} more)" if len(pairs) > 1 else "")]
