"""What an explainer learned of its neighbourhood, and which one it draws."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from lime._config import get_config
from lime.domains.protocols import Model
from lime.domains.settings import CLASSIC, EXACT
from lime.domains.tabular.assisted import refusal as refusal_of_help
from lime.domains.tabular.exact import refusal
from lime.domains.tabular.neighborhoods import copula, gaussian, near, rows
from lime.domains.tabular.neighborhoods.choice import Candidate, Choice, choose
from lime.domains.tabular.neighborhoods.copula import Copula
from lime.domains.tabular.neighborhoods.gaussian import Around
from lime.domains.tabular.neighborhoods.kept import (
    MODELS_AT_MOST,
    KeptRows,
    agree,
    identity,
    is_unchanged,
    note_calls,
    predict_kept,
)
from lime.domains.tabular.neighborhoods.near import Mixtures
from lime.domains.tabular.neighborhoods.own import Own
from lime.domains.tabular.neighborhoods.protocols import NAMES, Neighborhood, Place, RowNeighborhood, unit_errors_of
from lime.domains.tabular.neighborhoods.rows import Rows
from lime.domains.tabular.training_distribution import Row, TrainingDistribution
from lime.engine.inspection import is_whole
from lime.engine.nearness import LEAST_ROWS
from lime.engine.trees import Unreadable
from lime.engine.wording import counted
from lime.models.requests import ExplanationCoroutine

USUAL = {
    "gaussian": gaussian.SPREAD,
    "copula": copula.SPREAD,
    "rows": rows.SHARE,
    "near": near.SHARE,
}
"""Spreads where none is given. The order is that in which ties are broken: the first puts least weight on columns that
the model does not use (benchmarks/local_fit.py)."""

TRIED = {
    "gaussian": (0.25, 0.5, 1.0),
    "copula": (0.3, 0.5, 0.7),
    "rows": (0.05, 0.1, 0.2, 0.4),
    "near": (0.05, 0.2),
}
"""Spreads that are compared with ``spread='auto'``."""

SHARES = ("rows", "near")
"""Neighbourhoods whose spread is a share of the rows."""

HOLDING_ROWS = ("rows", "near", "auto")
"""Neighbourhoods for which training rows are kept."""

HELD_OUT = 5
"""Of the rows that are kept for mixtures, one in so many is not mixed, and judges the fit."""

CHOSEN_BY = 2000
"""Most kept rows by which a neighbourhood is chosen."""

KNOWN_BY = 100
"""Kept rows by the predictions for which a model is known again that is no longer the same object."""


_MIXED: WeakKeyDictionary[KeptRows, KeptRows] = WeakKeyDictionary()
"""Beside the explainers: it can be worked out again, and is one object, by which the partners of its rows are known."""


@dataclass(frozen=True)
class _ChosenFor:
    """What was chosen for a model of this process."""

    who: Callable[[], Any]
    function: Any
    mode: str
    choice: Choice


_CHOSEN: WeakKeyDictionary[Surroundings, list[_ChosenFor]] = WeakKeyDictionary()
"""Beside the explainers: models are no part of what is pickled, copied or saved."""


class Surroundings:
    """What an explainer learned of its neighbourhood; its copies share it.

    Parameters
    ----------
    asked : str or RowNeighborhood
        As the user gave it; not ``'independent'``.
    spread : float, "auto" or None
    matrix : ndarray of float, shape (n, d), or None
        Training rows; None where the data is sparse.
    categorical : collection of int
        Columns of categories.

    Attributes
    ----------
    asked, spread
        As they were given.
    kept : KeptRows or None
        Training rows, where these are needed.
    copula : Copula or None
    unit_errors : ndarray of float, shape (d,), or None
        Relative standard errors of the columns' standard deviations.
    """

    unit_errors: NDArray[np.float64] | None = None

    def __init__(
        self, asked: Any, spread: Any, matrix: NDArray[np.float64] | None, categorical: Collection[int]
    ) -> None:
        check_neighborhood(asked, spread, is_sparse=matrix is None)
        self.asked, self.spread = asked, spread
        self.kept: KeptRows | None = None
        self.copula: Copula | None = None
        self._choice: Choice | None = None
        if matrix is not None and (self.chooses or asked in HOLDING_ROWS):
            self.kept = KeptRows.of(matrix)
        if matrix is not None and asked in ("copula", "auto"):
            self.copula = Copula.learn(matrix, categorical)
        if matrix is not None and asked in ("gaussian", "auto"):
            self.unit_errors = unit_errors_of(matrix, categorical)
        self._categorical = frozenset(categorical)

    @property
    def choice(self) -> Choice | None:
        """What was chosen for the last model; None where nothing was, or nothing is to be."""
        return self._choice

    @property
    def is_open(self) -> bool:
        """Whether something is still to be chosen."""
        return self._choice is None and self.chooses

    @property
    def chooses(self) -> bool:
        """Whether there is anything to choose."""
        return isinstance(self.asked, str) and "auto" in (self.asked, self.spread)

    def chosen(self, choice: Choice | None) -> Self:
        """The same with what was chosen for a model; for the last one where None.

        Parameters
        ----------
        choice : Choice or None

        Returns
        -------
        Surroundings
        """
        if choice is None or choice is self._choice:
            return self
        found = copy.copy(self)
        found._choice = choice  # noqa: SLF001 (a copy of its own class)
        return found

    def recall(self, predict_fn: Any, mode: str) -> Choice | None:
        """What was chosen for a model that has not changed since; None where it is not known.

        Parameters
        ----------
        predict_fn : callable or model
            As the user gave it.
        mode : {"classification", "regression"}

        Returns
        -------
        Choice or None
        """
        if self.kept is None or not is_unchanged(self.kept, predict_fn, mode):
            return None
        who, function = identity(predict_fn)
        for one in _CHOSEN.get(self, []):
            if one.who() is who and one.function is function and one.mode == mode:
                self._choice = one.choice
                return one.choice
        return None

    def told(self) -> dict[str, Any]:
        """What a repr of an explainer says."""
        said: dict[str, Any] = {"neighborhood": self.asked if isinstance(self.asked, str) else self.name}
        if self.spread is not None:
            said["spread"] = self.spread
        if self.kept is not None:
            said["kept"] = counted(len(self.kept), "training row")
        if self._choice is not None:
            said["chosen"] = Candidate(self._choice.name, self._choice.spread).label
        return said

    @property
    def name(self) -> str:
        """Name of the neighbourhood that is drawn; ``'auto'`` before it is chosen."""
        if not isinstance(self.asked, str):
            return type(self.asked).__name__
        return self.asked if self._choice is None else self._choice.name

    def current(self, resample: int | None = None) -> Neighborhood:
        """The neighbourhood as it is drawn.

        Parameters
        ----------
        resample : int, optional
            Seed of a bootstrap sample of the rows, where these are the neighbourhood.
        """
        if not isinstance(self.asked, str):
            return Own(self.asked)
        if self.is_open:
            raise ValueError("the neighbourhood has not been chosen yet: call choose_neighborhood(predict_fn) first")
        name = self.name
        spread = USUAL[name] if self.spread is None else self.spread
        if self._choice is not None:
            spread = self._choice.spread
        kept = self._mixed if name == "near" else self.kept
        found = _make(Candidate(name, float(spread)), kept, self.copula, resample)
        return replace(found, unit_errors=self.unit_errors) if isinstance(found, Around) else found

    @property
    def judging(self) -> int:
        """How many of the first kept rows take no part in the samples, and judge the fit; 0 where none are left out."""
        if self.kept is None or self.name == "rows":
            return 0
        if self.name != "near":
            return len(self.kept)
        count = len(self.kept) // HELD_OUT
        return count if count >= LEAST_ROWS else 0

    @property
    def _mixed(self) -> KeptRows | None:
        """The kept rows without those that judge mixtures of them."""
        if self.kept is None or not self.judging:
            return self.kept
        found = _MIXED.get(self.kept)
        if found is None:
            found = _MIXED[self.kept] = KeptRows(self.kept.matrix[self.judging :], self.kept.total)
        return found

    def choose(
        self,
        predict_fn: Any,
        model: Model,
        place_of: Callable[[Row], Place],
        distribution: TrainingDistribution,
    ) -> ExplanationCoroutine[Choice]:
        """Step to the neighbourhood that fits a model best near some training rows; it is kept for that model.

        A model that is known again, by itself or by its predictions for some rows, has what was chosen for it.

        Parameters
        ----------
        predict_fn : callable or model
            As the user gave it.
        model : Model
        place_of : callable
            From a row to where it is.
        distribution : TrainingDistribution
        """
        assert self.kept is not None
        size = min(len(self.kept), CHOSEN_BY)
        few = min(size, KNOWN_BY)
        _, known = yield from predict_kept(self.kept, few, predict_fn, model, distribution=distribution)
        choice = self._known_again(predict_fn, known)
        if choice is None:
            _, every = yield from predict_kept(self.kept, size, predict_fn, model, distribution=distribution)
            found = yield from choose(
                self._candidates(), self._build, place_of, kept=self.kept, known=every, model=model,
                distribution=distribution,
            )  # fmt: skip
            choice = replace(found, predictions=known.copy())
        self._remember(predict_fn, model.mode, choice)
        note_calls(self.kept, predict_fn, model.mode)
        return choice

    def _candidates(self) -> list[Candidate]:
        found = []
        for name in [self.asked] if self.asked != "auto" else list(USUAL):
            given = self.spread if isinstance(self.spread, int | float) else USUAL[name]
            found += [Candidate(name, spread) for spread in (TRIED[name] if self.spread == "auto" else (given,))]
        return found

    def _build(self, one: Candidate, matrix: NDArray[np.float64]) -> Neighborhood:
        learned = Copula.learn(matrix, self._categorical) if one.name == "copula" else None
        return _make(one, KeptRows(matrix, len(matrix)), learned)

    def _known_again(self, predict_fn: Any, known: NDArray[np.float64]) -> Choice | None:
        """What was chosen for a model with these predictions (m, k), unless that is another one which still lives."""
        who, _ = identity(predict_fn)
        entries = _CHOSEN.get(self, [])
        found = [one.choice for one in entries if one.who() is None or one.who() is who]
        if self._choice is not None and all(one.choice is not self._choice for one in entries):
            found.append(self._choice)  # of a file, or of the process that this worker serves
        for choice in found:
            if choice.predictions is not None and agree(known, choice.predictions):
                return choice
        return None

    def _remember(self, predict_fn: Any, mode: str, choice: Choice) -> None:
        self._choice = choice
        who, function = identity(predict_fn)
        try:
            reference: Callable[[], Any] = weakref.ref(who)
        except TypeError:
            reference = _nobody  # known again by its predictions alone
        others = [
            one
            for one in _CHOSEN.get(self, [])
            if one.choice is not choice and not (one.who() is who and one.function is function and one.mode == mode)
        ]
        _CHOSEN[self] = [_ChosenFor(reference, function, mode, choice), *others][:MODELS_AT_MOST]


def _nobody() -> None:
    """What no longer lives."""


def _make(one: Candidate, kept: KeptRows | None, learned: Copula | None, resample: int | None = None) -> Neighborhood:
    if one.name == "gaussian":
        return Around(one.spread)
    if one.name == "copula":
        assert learned is not None
        return replace(learned, spread=one.spread)
    assert kept is not None
    return Rows(kept, one.spread, resample) if one.name == "rows" else Mixtures(kept, one.spread)


def check_neighborhood(asked: Any, spread: Any, is_sparse: bool = False) -> None:
    """Refuse what is no neighbourhood, or no width of one.

    Parameters
    ----------
    asked : object
        What came as ``neighborhood``.
    spread : object
        What came as ``spread``.
    is_sparse : bool
        Whether the training data is a sparse matrix.

    Raises
    ------
    ValueError, TypeError
        The message names the argument.
    """
    known = ", ".join(map(repr, NAMES))
    if isinstance(asked, str):
        if asked not in NAMES:
            raise ValueError(f"neighborhood={asked!r} is unknown: expected one of {known}, or an object with around()")
    elif isinstance(asked, type) or not isinstance(asked, RowNeighborhood):
        raise TypeError(
            f"neighborhood={asked!r}: expected one of {known}, or an object with the method around(row, size, rng)"
        )
    if is_sparse and asked not in ("independent", "gaussian"):
        raise ValueError(
            f"neighborhood={asked!r} with sparse training_data: expected 'independent' or 'gaussian', or dense data"
        )
    if spread is None:
        return
    if asked == "independent" or not isinstance(asked, str):
        raise ValueError(f"spread={spread!r} has no meaning with neighborhood={asked!r}: expected None")
    if isinstance(spread, str):
        if spread != "auto" or is_sparse:
            raise ValueError(f"spread={spread!r}: expected a number above 0{'' if is_sparse else ', auto'}, or None")
        return
    if isinstance(spread, bool) or not (isinstance(spread, float) or is_whole(spread)) or not 0.0 < spread < np.inf:
        raise ValueError(f"spread={spread!r}: expected a number above 0, 'auto', or None")
    if asked == "auto":
        raise ValueError(f"spread={spread!r} with neighborhood='auto': expected 'auto' or None, as each has its own")
    if asked in SHARES and spread > 1.0:
        raise ValueError(f"spread={spread!r} with neighborhood={asked!r}: expected a share of the rows, at most 1")


def dependent(asked: Any) -> str:
    """Why there is nothing exact under a neighbourhood."""
    return f"under neighborhood={asked!r} the columns are not independent"


def settings_near(asked: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of `explain_instance` without a sampling method that is for independent columns.

    Parameters
    ----------
    asked : str or RowNeighborhood
        The neighbourhood.
    arguments : mapping

    Raises
    ------
    ValueError
        If the call asks for such a method.
    """
    settings = dict(arguments)
    if settings["sampling_method"] is None and get_config()["sampling_method"] in (CLASSIC, EXACT):
        settings["sampling_method"] = "auto"
    if settings["sampling_method"] == CLASSIC:
        raise ValueError(
            f"sampling_method='classic' with neighborhood={asked!r}: expected neighborhood='independent', as "
            "lime 0.2.0.1 had no other"
        )
    if settings["sampling_method"] == EXACT:
        raise refusal(Unreadable(dependent(asked)))
    if settings["estimator"] == "assisted":
        raise refusal_of_help(Unreadable(dependent(asked)))
    return settings
