"""What data types have in common whose features are units that a draw hides: words of a text, segments of an image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lime._config import get_config
from lime.domains.base import Looking, tell
from lime.domains.explainer import Explainer
from lime.engine import masks
from lime.engine.answers import join_answers
from lime.engine.designs import UNIT_DESIGNS
from lime.engine.requests import Steps, drive_together
from lime.results.explanation import Explanation

EXACT = "Settled: the model was asked about everything that can be left, and the weights are exact."

AT_ONCE = 8
"""Instances that are explained side by side, so that what is left of them shares the model's batches."""

Ask = Callable[[NDArray[np.bool_]], Steps[tuple[NDArray[np.float64], int]]]
"""``ask(z)`` steps to the model's answers to what masks (n, d) leave, shape (n, k), and how many inputs that took."""

_Explained = TypeVar("_Explained", bound=Explanation)
Conclude = Callable[..., Steps[_Explained]]
"""``conclude(draws, answer, answers, calls, looking)`` steps to the explanation; `answer` is that to the instance."""


class MaskedExplainer(Explainer):
    """An explainer whose explanations wait for the model's answers, so that several can share its batches."""

    def _steps(self, instance: Any, predict_fn: Any, *args: Any, **settings: Any) -> Steps[Any]:
        """The steps of `explain_instance`, with all of its settings."""
        raise NotImplementedError(f"{type(self).__name__} must define _steps")

    def _draws_itself(self) -> bool:
        """Whether a program has put a way of its own to draw and ask in the place of ours."""
        raise NotImplementedError(f"{type(self).__name__} must define _draws_itself")

    def _explain_batch(
        self, prepared: Any, instances: Sequence[Any], predict_fn: Any, settings: dict[str, Any]
    ) -> Iterator[Explanation | Exception]:
        settings = self._complete(settings)
        if "classic" in (settings["sampling_method"], get_config()["sampling_method"]) or self._draws_itself():
            yield from super()._explain_batch(prepared, instances, predict_fn, settings)
            return
        for start in range(0, len(instances), AT_ONCE):
            some = instances[start : start + AT_ONCE]
            yield from drive_together([self._steps(one, predict_fn, **settings) for one in some])


def different(z: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of the first of each kind in order of appearance, and for each row its kind.

    Parameters
    ----------
    z : ndarray of bool, shape (n, d)
    """
    place: dict[bytes, int] = {}
    kind = np.array([place.setdefault(row.tobytes(), len(place)) for row in np.packbits(z, axis=1)], dtype=np.intp)
    first = np.full(len(place), -1, dtype=np.intp)
    first[kind[::-1]] = np.arange(len(z))[::-1]
    return first, kind


def few(d: int, count: int) -> bool:
    """Whether all masks of `d` units are so few that nothing is won by asking about some of them."""
    return d < 60 and 2**d <= count // 2


def explain_draws(draws: masks.Masks, ask: Ask, conclude: Conclude[_Explained], auto: Any) -> Steps[_Explained]:
    """Explain from draws that are asked about at once; `auto` says that as few as suffice were wanted."""
    answers, calls = yield from ask(np.concatenate([_whole(draws.z.shape[1]), draws.z]))
    exp = yield from conclude(draws, answers[0], answers[1:], calls, None)
    if auto is not None:
        exp.settled, exp.stopping = True, EXACT
    return exp


def explain_in_stages(
    looking: Looking, draws: masks.Masks, ask: Ask, conclude: Conclude[_Explained]
) -> Steps[_Explained]:
    """Explain from more and more of the draws, until nothing is open or all are asked about; none is asked twice."""
    every = np.concatenate([_whole(draws.z.shape[1]), draws.z])
    first, kind = different(every)
    known, spent = np.empty((0, 0)), 0
    for size in looking.sizes:
        looking.taken += 1
        stop = int(np.searchsorted(first, size + 1))
        if stop > len(known):  # the draws that a stage adds may all have come up before
            answers, calls = yield from ask(every[first[len(known) : stop]])
            known = join_answers([known, answers]) if len(known) else answers
            spent += calls
        exp: _Explained = yield from conclude(draws.first(size), known[0], known[kind[1 : size + 1]], spent, looking)
        if looking.decided:
            break
    return tell(exp, looking, size)


def _whole(d: int) -> NDArray[np.bool_]:
    return np.ones((1, d), dtype=bool)


def design_name(sampling_method: str | None, designs: Sequence[str], what: str) -> str:
    """Return the design that is asked for, or the one that `lime.set_config` says.

    Parameters
    ----------
    sampling_method : str or None
    designs : sequence of str
        Those that there are.
    what : str
        What they are for, for the message.

    Raises
    ------
    ValueError
        If there is no such design.
    """
    if sampling_method is None:
        configured: str = get_config()["sampling_method"]
        # Settings that name a design for tables alone leave masks with their own best.
        of_tables = configured in UNIT_DESIGNS and configured not in designs
        return "auto" if of_tables else design_name(configured, designs, what)
    if sampling_method not in designs:
        raise ValueError(
            f"sampling_method={sampling_method!r} is not a design for {what}: "
            f"expected one of {', '.join(map(repr, designs))}"
        )
    return sampling_method
