"""Surrogates that are not linear, as an explanation holds them: plain numbers and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["OF_PAIR", "PairTerm", "Rule", "TermSurrogate", "TreeSurrogate", "surrogate_from_dict", "surrogate_to_dict"]

Floats = NDArray[np.float64]

OF_PAIR = -1
"""Index of a record that is about two features together."""


@dataclass(frozen=True)
class PairTerm:
    """The product of two features, or the square of one.

    Attributes
    ----------
    first, second : int
        Feature ids; the same twice for a square.
    about_first, about_second : float
        The values that are subtracted before they are multiplied.
    weight : float
        For the product.
    standard_error : float or None
        Of the weight; None where it is not known.
    contribution : float
        What it adds at the instance to the neighbourhood's mean.
    name : str
        Of both features together.
    """

    first: int
    second: int
    about_first: float
    about_second: float
    weight: float
    standard_error: float | None
    contribution: float
    name: str


@dataclass(frozen=True)
class TermSurrogate:
    """A linear surrogate with products beside its features.

    Attributes
    ----------
    kind : {"pairs", "curves"}
        Products of two features, or squares of numbers.
    ids : tuple of int
        Features in the fit.
    weights : tuple of float
        For the features themselves.
    intercept : float
        In the unit of the predictions.
    terms : tuple of PairTerm
        Products of two features, or squares.
    moved : tuple of float
        How far the instance is from the neighbourhood's mean, by feature.
    numbers : bool
        Whether features are numbers in place of bins.
    """

    kind: str
    ids: tuple[int, ...]
    weights: tuple[float, ...]
    intercept: float
    terms: tuple[PairTerm, ...]
    moved: tuple[float, ...]
    numbers: bool = False

    @property
    def bent(self) -> frozenset[int]:
        """Features with a square beside them, so that a contribution is no multiple of a weight."""
        return frozenset(term.first for term in self.terms if term.first == term.second)

    def moved_by_id(self) -> dict[int, float]:
        """Return how far the instance is from the neighbourhood's mean, by feature id.

        Returns
        -------
        dict of int -> float
        """
        return dict(zip(self.ids, self.moved, strict=True))

    @property
    def pairs(self) -> tuple[PairTerm, ...]:
        """Products of two features."""
        return tuple(term for term in self.terms if term.first != term.second)

    def predict(self, z: Floats, ids: Sequence[int], label: int) -> Floats:
        """Return its predictions for instances.

        Parameters
        ----------
        z : ndarray of float, shape (n, d)
            Their interpretable features.
        ids : sequence of int
            Feature ids of the d columns.
        label : int
            Its only one.

        Returns
        -------
        ndarray of float, shape (n,)
        """
        place = {feature: column for column, feature in enumerate(ids)}
        found: Floats = np.full(len(z), self.intercept)
        for feature, weight in zip(self.ids, self.weights, strict=True):
            found += weight * z[:, place[feature]]
        for term in self.terms:
            one, other = z[:, place[term.first]] - term.about_first, z[:, place[term.second]] - term.about_second
            found += term.weight * one * other
        return found

    def lines(self, label: int) -> list[str]:
        """Return none: its features and products stand among the weights.

        Parameters
        ----------
        label : int
            Its only one.

        Returns
        -------
        list of str
        """
        return []

    def sentences(self, label: int) -> list[str]:
        """Return what a reader must know beside weights.

        Parameters
        ----------
        label : int
            Its only one.

        Returns
        -------
        list of str
        """
        if self.kind == "curves":
            return ["Weights are slopes at the instance; what a number adds has its square in it."] if self.bent else []
        none = ["No pair of features makes the surrogate better on samples that took no part in the fit."]
        return [] if self.pairs else none


@dataclass(frozen=True)
class Rule:
    """One leaf of a tree: its conditions, and what the surrogate says where they hold.

    Attributes
    ----------
    conditions : tuple of str
        What holds in it, all of them together.
    coverage : float
        Share of the weight of the samples.
    values : tuple of float
        By output of the tree.
    holds : bool
        Whether the instance is in it.
    """

    conditions: tuple[str, ...]
    coverage: float
    values: tuple[float, ...]
    holds: bool

    @property
    def text(self) -> str:
        """The conditions in one line."""
        return " and ".join(self.conditions) or "always"


@dataclass(frozen=True)
class TreeSurrogate:
    """A shallow tree over all outputs that were looked at, or the rules that its leaves make.

    Attributes
    ----------
    kind : {"tree", "rules"}
        How it is shown.
    feature : tuple of int
        Feature id that each node splits; -1 at a leaf. The root is first.
    threshold : tuple of float
        In the unit of the features that the tree was fitted to.
    left, right : tuple of int
        Children; -1 at a leaf. What is up to the threshold goes to the left.
    below, above : tuple of str
        Each split's two conditions in words.
    value : tuple of tuple of float
        By node and output.
    share : tuple of float
        Each node's share of the weight of the samples.
    own : tuple of float
        The instance's value at each split.
    outputs : tuple of int
        Labels of the outputs.
    names : tuple of str
        What these are called.
    total : int
        Outputs of the model.
    fidelity : float
        On samples that took no part in the fit, where known: with several classes, the share of the weight where the
        surrogate's top class is the model's; else R².
    agreement : bool
        Whether `fidelity` is such a share.
    held_out : bool
        Whether `fidelity` is of samples that took no part in the fit, and not of all that there are.
    classes : bool
        Whether the outputs are all classes of the model, so that it says one of them.
    """

    kind: str
    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    below: tuple[str, ...]
    above: tuple[str, ...]
    value: tuple[tuple[float, ...], ...]
    share: tuple[float, ...]
    own: tuple[float, ...]
    outputs: tuple[int, ...]
    names: tuple[str, ...]
    total: int
    fidelity: float
    agreement: bool
    held_out: bool
    classes: bool

    @property
    def numbers(self) -> bool:
        """Trees are fitted to numbers, whether or not these are shown in bins."""
        return True

    @property
    def bent(self) -> frozenset[int]:
        """No feature has a weight of which its contribution is a multiple."""
        return frozenset(feature for feature in self.feature if feature >= 0)

    def moved_by_id(self) -> dict[int, float]:
        """Return nothing: what a split adds is for its side, not for a distance.

        Returns
        -------
        dict
        """
        return {}

    @property
    def pairs(self) -> tuple[PairTerm, ...]:
        """None: a tree has no products."""
        return ()

    def predict(self, z: Floats, ids: Sequence[int], label: int) -> Floats:
        """Return its predictions of one label for instances.

        Parameters
        ----------
        z : ndarray of float, shape (n, d)
            Their features, numbers in place of bins.
        ids : sequence of int
            Feature ids of the d columns.
        label : int
            One of `outputs`.

        Returns
        -------
        ndarray of float, shape (n,)
        """
        place = {feature: column for column, feature in enumerate(ids)}
        columns = np.array([place.get(feature, -1) for feature in self.feature])
        # Thresholds were found in single precision.
        single, at = np.asarray(z, dtype=np.float32), np.zeros(len(z), dtype=np.intp)
        left, right, threshold = np.array(self.left), np.array(self.right), np.array(self.threshold)
        inner = np.array(self.feature) >= 0
        while inner[at].any():
            rows = np.flatnonzero(inner[at])
            nodes = at[rows]
            below = single[rows, columns[nodes]] <= threshold[nodes]
            at[rows] = np.where(below, left[nodes], right[nodes])
        found: Floats = np.array(self.value)[at, self._place(label)]
        return found

    @property
    def path(self) -> list[int]:
        """Nodes from the root to the instance's leaf."""
        path = [0]
        while self.feature[path[-1]] >= 0:
            node = path[-1]
            below = np.float32(self.own[node]) <= self.threshold[node]
            path.append(self.left[node] if below else self.right[node])
        return path

    def rules(self) -> list[Rule]:
        """Return the leaves as rules, the instance's first, then by falling coverage.

        Returns
        -------
        list of Rule
        """
        own, every = self.path[-1], range(len(self.feature))
        leaves = [node for node in every if self.feature[node] < 0]
        found = [Rule(self._words(leaf), self.share[leaf], self.value[leaf], leaf == own) for leaf in leaves]
        return sorted(found, key=lambda rule: (not rule.holds, -rule.coverage))

    def counterfactual(self, label: int) -> str:
        """Return one sentence: the least change of the instance for which the surrogate would say something else.

        Parameters
        ----------
        label : int
            One of `outputs`.

        Returns
        -------
        str
            Empty where the tree has one leaf alone.
        """
        own, place = self.path[-1], self._place(label)
        here = self.value[own]
        best: tuple[tuple[float, ...], int] | None = None
        for leaf in range(len(self.feature)):
            if self.feature[leaf] >= 0 or leaf == own:
                continue
            broken, far = self._broken(leaf)
            moved = self._says(leaf) != self._says(own) if self.classes else None
            change = abs(self.value[leaf][place] - here[place])
            # Another class first, then few conditions, then near ones; of numbers the change itself counts.
            key = (
                (float(not moved), float(len(broken)), far) if moved is not None else (float(len(broken)), -change, far)
            )
            if best is None or key < best[0]:
                best = key, leaf
        if best is None:
            return ""
        leaf = best[1]
        words = " and ".join(_were(one) for one in self._broken(leaf)[0])
        number = _number(self.value[leaf][place])
        if self.classes and self._says(leaf) != self._says(own):
            top = self._says(leaf)
            return f"Were {words}, the surrogate would say {self.names[top]} ({_number(self.value[leaf][top])})."
        about = f" for {self.names[place]}" if self.classes else ""
        return f"Were {words}, the surrogate would say {number}{about} instead of {_number(here[place])}."

    def sentences(self, label: int) -> list[str]:
        """Return how well it agrees with the model, and the counterfactual.

        Parameters
        ----------
        label : int
            One of `outputs`.

        Returns
        -------
        list of str
        """
        said = []
        if np.isfinite(self.fidelity):
            where = "On samples that took no part in the fit" if self.held_out else "Over all samples that there are"
            said.append(
                f"{where} its top class is the model's in {self.fidelity:.0%} of the weight."
                if self.agreement
                else f"{where} its R² is {self.fidelity:.2f}."
            )
        found = self.counterfactual(label)
        return [*said, found or "The tree has one leaf: nothing that is looked at makes a difference."]

    def lines(self, label: int) -> list[str]:
        """Return the tree, or its rules, as lines of text with what the surrogate says of one label.

        Parameters
        ----------
        label : int
            One of `outputs`.

        Returns
        -------
        list of str
            The instance's way is marked by ``>``.
        """
        if self.kind == "rules":
            return [
                f"{'>' if rule.holds else ' '} if {rule.text}: {self._told(rule.values, label)}, "
                f"coverage {rule.coverage:.0%}"
                for rule in self.rules()
            ]
        lines: list[str] = []
        path = set(self.path)

        def walk(node: int, depth: int) -> None:
            for child, words in ((self.left[node], self.below[node]), (self.right[node], self.above[node])):
                said = ""
                if self.feature[child] < 0:
                    said = f": {self._told(self.value[child], label)}, coverage {self.share[child]:.0%}"
                lines.append(f"{'>' if child in path else ' '} {'  ' * depth}{words}{said}")
                if self.feature[child] >= 0:
                    walk(child, depth + 1)

        if self.feature[0] < 0:
            return [f"> always: {self._told(self.value[0], label)}, coverage 100%"]
        walk(0, 0)
        return lines

    def _told(self, values: Sequence[float], label: int) -> str:
        place = self._place(label)
        if not self.classes:
            return _number(values[place])
        top = int(np.argmax(values))
        if top == place:
            return f"{self.names[top]} ({_number(values[top])})"
        return f"{self.names[top]} ({_number(values[top])}), {self.names[place]} ({_number(values[place])})"

    def _says(self, leaf: int) -> int:
        return int(np.argmax(self.value[leaf]))

    def _place(self, label: int) -> int:
        if len(self.outputs) == 1:
            return 0
        return self.outputs.index(label if label >= 0 else label + self.total)

    def _way(self, leaf: int) -> list[tuple[int, bool]]:
        """Splits from the root to a leaf, and whether the way goes below the threshold."""
        parents = {}
        for node in range(len(self.feature)):
            if self.feature[node] >= 0:
                parents[self.left[node]], parents[self.right[node]] = (node, True), (node, False)
        way = []
        while leaf:
            leaf, below = parents[leaf]
            way.append((leaf, below))
        return way[::-1]

    def _tightest(self, leaf: int) -> list[tuple[int, bool]]:
        """The same without splits that a later one of the same feature and side makes superfluous."""
        kept = {(self.feature[node], below): node for node, below in self._way(leaf)}  # further down is tighter
        return [(node, below) for (_, below), node in kept.items()]

    def _words(self, leaf: int) -> tuple[str, ...]:
        return tuple(self.below[node] if below else self.above[node] for node, below in self._tightest(leaf))

    def _broken(self, leaf: int) -> tuple[list[str], float]:
        """Conditions of a leaf that the instance does not meet, and how far it is from them."""
        words, far = [], 0.0
        for node, below in self._tightest(leaf):
            if (np.float32(self.own[node]) <= self.threshold[node]) != below:
                words.append(self.below[node] if below else self.above[node])
                far += abs(self.own[node] - self.threshold[node])
        return words, far


def surrogate_from_dict(content: Mapping[str, Any]) -> TermSurrogate | TreeSurrogate:
    """Return the surrogate that `asdict` wrote.

    Parameters
    ----------
    content : mapping

    Returns
    -------
    TermSurrogate or TreeSurrogate
    """
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in content.items()}
    if content["kind"] in ("pairs", "curves"):
        plain["terms"] = tuple(PairTerm(**term) for term in content["terms"])
        return TermSurrogate(**plain)
    plain["value"] = tuple(tuple(map(float, row)) for row in content["value"])
    return TreeSurrogate(**plain)


def surrogate_to_dict(surrogate: TermSurrogate | TreeSurrogate) -> dict[str, Any]:
    """Return a surrogate as plain values.

    Parameters
    ----------
    surrogate : TermSurrogate or TreeSurrogate

    Returns
    -------
    dict
    """
    return asdict(surrogate)


def _were(condition: str) -> str:  # "job is not nurse" is "were job not nurse"
    return condition if " <= " in condition or " > " in condition else condition.replace(" is ", " ", 1)


def _number(value: float) -> str:
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
