"""What an explanation holds beside linear weights: its target, surrogates that are not linear, effects in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lime import _upper
from lime.engine.standard_errors import quantile
from lime.engine.targets import Target
from lime.results.labels import Labelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lime.results.interpreter import Interpreter
    from lime.results.surrogates import PairTerm, TermSurrogate, TreeSurrogate

__all__ = ["SurrogateNumbers"]


class SurrogateNumbers(Labelled):
    """The part of an explanation's numbers that not every explanation has; `lime.Explanation` documents them."""

    predict_proba: Any
    predicted_value: Any
    min_value: Any
    max_value: Any
    domain_mapper: Any
    degrees_of_freedom: dict[Any, float]
    error_share: float
    contributions_by_label: dict[Any, dict[int, float]]
    surrogates: dict[Any, TermSurrogate | TreeSurrogate]
    interpreter: Interpreter | None
    stored_differences: dict[Any, dict[int, str]]

    # In which features a table's samples were shown, where a call says; and the R² on samples left out of each.
    representation: str | None = None
    compared: dict[str, float] | None = None
    # What of the model's predictions is explained, where it is no single output of the model.
    target: Target | None = None

    def speak_of(self, target: Target) -> None:
        """Make this the explanation of one number that is made of the model's predictions.

        Parameters
        ----------
        target : Target
            What it is of; it then has one output, as that of a regression has.
        """
        self.target = target
        if self.mode == "classification":
            self.mode = "regression"
            del self.predict_proba, self.top_labels
            self.predicted_value, self.min_value, self.max_value, self.dummy_label = None, 0.0, 1.0, 1

    def pair_terms(self, label: Any = None) -> tuple[PairTerm, ...]:
        """Return the products of two features that a surrogate of pairs has beside its features.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        tuple of PairTerm
            By falling size of their contribution; empty where the surrogate has none.

        Raises
        ------
        KeyError
            The label was not explained.
        """
        found = self.surrogates.get(self.resolve_label(label))
        return () if found is None else tuple(sorted(found.pairs, key=lambda term: -abs(term.contribution)))

    def differences(self, label: Any = None) -> dict[int, str]:
        """Return how far the instance is from the neighbourhood's mean, by feature and in words.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        dict of feature id -> str
            Such as "3 more rooms", "since 41 days later" or "job=nurse against the neighbourhood's mix". Empty where
            features have no unit, as in texts and pictures, where a tree was fitted, or where it was not kept.

        Raises
        ------
        KeyError
            The label was not explained.
        """
        key = self.resolve_label(label)
        if key in self.stored_differences:
            return dict(self.stored_differences[key])
        tell = getattr(self.domain_mapper, "difference", None)
        if tell is None or key not in self.contributions_by_label:
            return {}
        surrogate = self.surrogates.get(key)
        if surrogate is None:
            added = self.contributions_by_label[key]
            moved = {i: added[i] / float(weight) for i, weight in self.local_exp[key] if weight and i in added}
        else:
            moved = surrogate.moved_by_id()
        found = {int(feature): tell(feature, distance) for feature, distance in moved.items()}
        return {feature: words for feature, words in found.items() if words}

    def effects(self, label: Any = None, level: float = 0.95) -> list[str]:
        """Return the contributions in words, in the model's own unit: "+147,938 for 3 more rooms (... to ...)".

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.
        level : float
            Of the intervals in brackets, between 0 and 1, both excluded. See `contribution_intervals`.

        Returns
        -------
        list of str
            One for each of `differences`, by falling size; without brackets where no interval is known.

        Raises
        ------
        KeyError
            The label was not explained.
        ValueError
            Contributions are not known.
        """
        effects_of: Any = _upper.effects_of

        found: list[str] = effects_of(self, label, level)
        return found

    def interval_of(
        self, term: PairTerm, label: Any = None, level: float = 0.95, *, contribution: bool = False
    ) -> tuple[float, float] | None:
        """Return the interval of the weight of two features together, or of their contribution.

        Parameters
        ----------
        term : PairTerm
            One of `pair_terms`.
        label : int, str or None
            See `resolve_label`.
        level : float
            Between 0 and 1, both excluded.
        contribution : bool
            Whether the interval is that of the contribution.

        Returns
        -------
        (low, high), or None
            None where no standard error is known.
        """
        error = term.standard_error
        if error is None or error != error:
            return None
        reach = self._reach_of_one(self.resolve_label(label), level) * error
        if not contribution:
            return term.weight - reach, term.weight + reach
        reach *= abs(term.contribution / term.weight) if term.weight else 0.0
        return term.contribution - reach, term.contribution + reach

    def _comparison(self) -> list[str]:
        """What representations were compared by, where one was chosen."""
        if not self.compared:
            return []
        scores = ", ".join(f"{name} {score:.2f}" for name, score in self.compared.items())
        kinds = {one.kind for one in self.surrogates.values()} or {self.representation or "linear"}
        return [
            (
                f"Compared by R² on samples that took no part in the fit: {scores}. The simplest within one standard "
                f"error of the best was taken: {kinds.pop()}."
            )
        ]

    def _reach_of_one(self, label: Any, level: float) -> float:
        """Half the width of an interval for a standard error of 1."""
        freedom = float(self.degrees_of_freedom.get(label, np.inf))
        return float(quantile(1.0 - 0.5 * (1.0 - level) * self.error_share, freedom))

    def surrogate(self, instances: Any, label: Any = None) -> NDArray[np.float64]:
        """Return the surrogate's own predictions for other instances, so that anybody can check how well it fits.

        Parameters
        ----------
        instances : table, or array of bool of shape (n, d)
            Of a table rows in the form of the training data; of a text or an image masks, True where a unit is kept.
        label : int or str, optional
            By position or name; the first explained one when None.

        Returns
        -------
        ndarray of float, shape (n,)
            In the unit of the model's predictions.

        Raises
        ------
        KeyError
            The label was not explained.
        ValueError
            The explanation was stored, or made together with many others; or these are no such instances.
        """
        chosen = self.resolve_label(label)
        if self.interpreter is None:
            raise ValueError(
                "this explanation no longer knows how instances become features, as it was stored or made together "
                "with many others: explain the instance again, alone"
            )
        found = self.surrogates.get(chosen)
        if found is not None:
            seen = self.interpreter.numbers if found.numbers else self.interpreter.interpret
            return found.predict(seen(instances), self.interpreter.ids, chosen)
        return self.interpreter.predict(instances, self.intercept[chosen], self.local_exp[chosen])
