"""An explanation of an instance with several parts: weights by part and unit, and each part in its own form."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lime import _upper
from lime.results.exceptions import LimeError
from lime.results.explanation import Explanation
from lime.results.mapper import DomainMapper, describe_feature, instance_features, refuse_keywords
from lime.results.segments import add_places

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PART_COLUMNS", "MultiInputExplanation", "MultiInputMapper"]

PART_COLUMNS = ("part",)

# What an explanation of a part takes from that of the whole: as it is, and by label.
_KEPT = (
    *("mode", "class_names", "mirrored", "exact", "anchored", "score", "local_pred", "num_model_calls", "num_samples"),
    *("predict_proba", "top_labels", "predicted_value", "min_value", "max_value", "dummy_label"),
)
_BY_LABEL = (
    *("intercept", "scores", "local_preds", "model_preds", "degrees_of_freedom", "held_out_scores"),
    *("baseline_values", "ranges"),
)

Kind = TypeVar("Kind", bound=Explanation)


def filled_from(empty: Kind, whole: Explanation, own_id: Callable[[int], int | None]) -> Kind:
    """A copy of an explanation of a part, with the numbers of the whole and the weights of its own features.

    Parameters
    ----------
    empty : Explanation
        Of the part.
    whole : Explanation
    own_id : callable
        From a feature of the whole to the part's own, None where it has not got it.

    Returns
    -------
    Explanation
    """
    own = copy.copy(empty)

    def chosen(pairs: Iterable[tuple[int, Any]]) -> list[tuple[int, Any]]:
        found = [(own_id(int(feature)), value) for feature, value in pairs]
        return [(feature, value) for feature, value in found if feature is not None]

    for key in _KEPT:
        if hasattr(whole, key):
            setattr(own, key, getattr(whole, key))
    for key in _BY_LABEL:
        setattr(own, key, dict(getattr(whole, key)))
    own.local_exp = {label: chosen(pairs) for label, pairs in whole.local_exp.items()}
    for key in ("standard_errors", "contributions_by_label"):
        setattr(own, key, {label: dict(chosen(by.items())) for label, by in getattr(whole, key).items()})
    own.warnings, own.more_warnings, own.findings = list(empty.warnings), [], {}
    return own


class MultiInputMapper(DomainMapper):
    """Names features by their part, and by what that part calls them.

    Parameters
    ----------
    mappers : mapping of str to DomainMapper
        Of the parts.
    starts : mapping of str to int
        The id of each part's feature 0.
    """

    warns_once = True

    def __init__(self, mappers: Mapping[str, Any], starts: Mapping[str, int]) -> None:
        self.mappers = dict(mappers)
        self.starts = dict(starts)

    def part_of(self, feature_id: int) -> tuple[str, int]:
        """The part that a feature belongs to, and its id there.

        Raises
        ------
        KeyError
            There is no part.
        """
        name = max((one for one in self.starts if self.starts[one] <= feature_id), key=self._start, default=None)
        if name is None:
            raise KeyError(f"feature id {feature_id!r} belongs to no part")
        return name, int(feature_id) - self.starts[name]

    def _start(self, name: str) -> tuple[int, int]:
        # A part without features starts where the next one does, which comes later.
        return self.starts[name], list(self.starts).index(name)

    def map_exp_ids(self, exp: Sequence[tuple[Any, float]], **kwargs: Any) -> list[tuple[Any, float]]:
        """Replace feature ids by words such as "title: good"."""
        named = []
        for feature_id, weight in exp:
            name, own = self.part_of(feature_id)
            ((word, _),) = self.mappers[name].map_exp_ids([(own, weight)], **kwargs)
            named.append((f"{name}: {word}", weight))
        return named

    def describe(self, feature_id: int) -> dict[str, Any]:
        """Describe a feature as its part does; beside the common keys its `part`."""
        name, own = self.part_of(feature_id)
        found = describe_feature(self.mappers[name], own)
        more = {"feature": f"{name}: {found['feature']}", "name": f"{name}: {found['name']}"}
        return {**found, **more, "index": int(feature_id), "part": name}

    def instance_features(self) -> list[int]:
        """Features that tables of the parts show."""
        return [self.starts[name] + int(one) for name in self.mappers for one in instance_features(self.mappers[name])]

    def instance_block(self, exp: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Choose the parts, each in its own form, to show the instance."""
        if kwargs:
            refuse_keywords(kwargs)
        return {"kind": "parts"}


class MultiInputExplanation(Explanation):
    """Why a model said what it said about an instance with several parts.

    Everything that an `Explanation` has; features are called by their part, as in ``title: good``.

    Parameters
    ----------
    parts : mapping of str to Explanation
        What each part looks like: an explanation of its own kind, in which no label need be.
    starts : mapping of str to int
        The id of each part's feature 0.
    mode : {"classification", "regression"}
        What the model does.
    class_names : sequence of str, optional
        By column of the model's predictions.
    random_state : numpy.random.RandomState, optional
        Kept as an attribute.

    Attributes
    ----------
    parts : dict of str to Explanation
        As given; `part` fills one with its weights.
    starts : dict of str to int

    Raises
    ------
    LimeError
        An unknown mode.
    """

    more_columns = PART_COLUMNS

    def __init__(
        self,
        parts: Mapping[str, Explanation],
        starts: Mapping[str, int],
        *,
        mode: str = "classification",
        class_names: Sequence[Any] | None = None,
        random_state: np.random.RandomState | None = None,
    ) -> None:
        self.parts = dict(parts)
        self.starts = dict(starts)
        mapper = MultiInputMapper({name: one.domain_mapper for name, one in self.parts.items()}, self.starts)
        super().__init__(mapper, mode, class_names, random_state)

    # ---- data

    def part_of(self, feature: int) -> tuple[str, int]:
        """Return the part that a feature belongs to, and its id there.

        Parameters
        ----------
        feature : int
            As in `local_exp`.

        Returns
        -------
        (str, int)

        Raises
        ------
        KeyError
            There is no part.
        """
        mapper: MultiInputMapper = self.domain_mapper
        return mapper.part_of(feature)

    def part(self, name: str) -> Explanation:
        """Return the explanation of one part: of its own kind, with the weights of its features alone.

        Baseline, intercept and fit are those of all parts together.

        Parameters
        ----------
        name : str
            Of the part.

        Returns
        -------
        Explanation

        Raises
        ------
        KeyError
            There is no such part.
        """
        if name not in self.parts:
            raise KeyError(f"{name!r} is no part of this explanation: expected one of {', '.join(self.parts)}")

        def own_id(feature: int) -> int | None:
            part, own = self.part_of(feature)
            return own if part == name else None

        return filled_from(self.parts[name], self, own_id)

    def part_totals(self, label: Any = None) -> dict[str, float]:
        """Return what each part adds to the baseline: the sum of its contributions.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        dict of str to float
            In the order of the parts. With ``num_features`` below the number of features, those that are left out are
            in the baseline.

        Raises
        ------
        KeyError
            The label was not explained.
        ValueError
            There are no contributions, as with a regressor of the user's own.
        """
        totals = dict.fromkeys(self.parts, 0.0)
        for feature, value in self.contributions(label).items():
            totals[self.part_of(feature)[0]] += float(value)
        return totals

    def records(self, label: Any = None) -> list[dict[str, Any]]:
        """Return one dict of plain values a feature, by falling size of the weight.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        list of dict
            With the keys of `Explanation.records`, and part.

        Raises
        ------
        KeyError
            The label was not explained.
        """
        return add_places(super().records(label), self.domain_mapper, PART_COLUMNS)

    def to_dict(self) -> dict[str, Any]:
        """Return everything a reader needs as plain values; see `Explanation.to_dict`.

        Returns
        -------
        dict
            Of plain values; JSON can hold them. Each part is there as its own explanation.
        """
        content = super().to_dict()
        content["domain"] = "parts"
        content["parts"] = [
            {"name": name, "start": self.starts[name], "explanation": self.part(name).to_dict()} for name in self.parts
        ]
        return content

    @classmethod
    def from_stored(cls, content: dict[str, Any], mapper: DomainMapper) -> MultiInputExplanation:
        """Make the explanation that a stored dict describes, with no label in it yet.

        Parameters
        ----------
        content : dict
            As `to_dict` gives it.
        mapper : DomainMapper
            Not needed: the parts bring their own.

        Returns
        -------
        MultiInputExplanation

        Raises
        ------
        LimeError
            It is not of several parts.
        """
        if content.get("domain") != "parts":
            raise LimeError("not an explanation of several parts: expected one that a MultiInputExplanation wrote")
        parts = {str(one["name"]): Explanation.from_dict(one["explanation"]) for one in content["parts"]}
        starts = {str(one["name"]): int(one["start"]) for one in content["parts"]}
        return cls(parts, starts, mode=content["mode"], class_names=content["class_names"])

    # ---- pictures

    def __str__(self) -> str:
        """The table of weights, and what each part adds."""
        lines = [super().__str__()]
        for label in self.explained_labels()[:1] if self.baseline_values else []:
            totals = self.part_totals(label)
            width = max(map(len, totals), default=0)
            lines += ["", "By part, against the baseline"]
            lines += [f"  {name:<{width}}  {total:+.4f}" for name, total in totals.items()]
        return "\n".join(lines)

    def plot_parts(self, label: Any = None) -> list[Axes]:
        """Draw each part in its own form, one below the other: pictures and series tinted, others as bars.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        list of matplotlib.axes.Axes
            One a part, in a new figure, which becomes pyplot's current one.

        Raises
        ------
        KeyError
            The label was not explained.
        """
        plot_parts = _upper.plot_parts

        return plot_parts(self, self.resolve_label(label))
