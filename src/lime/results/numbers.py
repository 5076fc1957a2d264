"""What an explanation holds: numbers by label, names, and what a reader must know. Nothing here computes."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lime import _upper
from lime.engine.local_fit import LocalFit
from lime.results.exceptions import LimeError
from lime.results.gravity import Gravity, gravest
from lime.results.mapper import describe_feature
from lime.results.surrogate_numbers import SurrogateNumbers
from lime.results.surrogates import OF_PAIR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lime.results.finding import Finding
    from lime.results.fit_data import FitData
    from lime.results.interpreter import Interpreter
    from lime.results.opening import Members
    from lime.results.surrogates import TermSurrogate, TreeSurrogate
    from lime.trust.interactions import InteractionReport

__all__ = ["ExplanationNumbers", "id_generator"]

_MODES = ("classification", "regression")


def id_generator(size: int = 15, random_state: np.random.RandomState | None = None) -> str:
    """Return a random identifier of upper-case letters and digits.

    Parameters
    ----------
    size : int
        The number of characters.
    random_state : numpy.random.RandomState, optional
        None takes fresh entropy.

    Returns
    -------
    str
        Of length `size`.
    """
    characters = list(string.ascii_uppercase + string.digits)
    state = np.random.RandomState() if random_state is None else random_state
    return "".join(state.choice(characters, size, replace=True))


class ExplanationNumbers(SurrogateNumbers):
    """The numbers and names of an explanation, and how they are read; `lime.Explanation` documents the attributes.

    Parameters
    ----------
    domain_mapper : DomainMapper
        Turns feature ids into words.
    mode : {"classification", "regression"}
        What the model does.
    class_names : sequence of str, optional
        One for each column of the model's prediction.
    random_state : numpy.random.RandomState, optional
        Kept as an attribute.

    Raises
    ------
    LimeError
        An unknown mode.
    """

    predict_proba: Any
    predicted_value: Any
    min_value: Any
    max_value: Any

    # Which estimator gave a label's weights: 'plain', 'custom', or one of `lime.engine.assisted`.
    estimators: dict[Any, str]

    # Whether baseline and contributions sum to the model's prediction, and not to the surrogate's alone.
    anchored: bool = False
    # The width that an explainer with kernel_width="auto" chose; None where it was given.
    kernel_width: float | None = None

    # Of tables and series: the neighbourhood that was drawn, and what the others that were compared reached.
    neighborhood: str | None = None
    neighborhood_scores: dict[str, float] | None = None
    # In what unit the predictions are explained: "logit" for log-odds.
    link: str = "identity"
    # Why weights are exact or sampled, where a call with sampling_method="auto" left that open.
    sampling_reason: str = ""
    # How many features a table shows (None: all of them), and what a frame holds beside the columns of every record.
    most_rows: int | None = None
    more_columns: tuple[str, ...] = ()

    def __init__(
        self,
        domain_mapper: Any,
        mode: str = "classification",
        class_names: Sequence[Any] | None = None,
        random_state: np.random.RandomState | None = None,
    ) -> None:
        if mode not in _MODES:
            raise LimeError(f"mode={mode!r}: expected 'classification' or 'regression'")
        self.random_state = random_state
        self.mode = mode
        self.domain_mapper = domain_mapper
        self.class_names = class_names
        self.local_exp: dict[Any, list[tuple[int, Any]]] = {}
        self.intercept: dict[Any, float] = {}
        self.scores: dict[Any, float] = {}
        self.held_out_scores: dict[Any, float] = {}
        self.local_fit: dict[Any, LocalFit] = {}
        self.local_preds: dict[Any, float] = {}
        self.model_preds: dict[Any, float] = {}
        self.standard_errors: dict[Any, dict[int, float]] = {}
        self.baseline_values: dict[Any, float] = {}
        self.contributions_by_label: dict[Any, dict[int, float]] = {}
        self.degrees_of_freedom: dict[Any, float] = {}
        self.score: float | None = None
        self.local_pred: Any = None
        self.num_model_calls: int | None = None
        self.num_samples: int | None = None
        self.sampling_method: str | None = None
        self.effective_samples: float | None = None
        self.warnings: list[str] = []
        self.more_warnings: list[str] = []
        self.gravities: dict[str, Gravity] = {}
        # Which labels a sentence among the warnings is about; one that is not in it is about the whole explanation.
        self.warned_labels: dict[str, list[Any]] = {}
        # What explicit calls measured later: for cards, by label and key; and reports, by their arguments.
        self.findings: dict[Any, dict[str, Finding]] = {}
        self.interaction_reports: dict[Any, InteractionReport] = {}
        # Surrogates that are not linear, and what fits to other samples predicted for each sample.
        self.surrogates: dict[Any, TermSurrogate | TreeSurrogate] = {}
        self.left_out: dict[Any, NDArray[np.float64]] = {}
        # What `differences` told of an explanation that was stored.
        self.stored_differences: dict[Any, dict[int, str]] = {}
        self.fit_data: FitData | None = None
        self.interpreter: Interpreter | None = None
        self.group_members: dict[int, Members] = {}
        self.ranges: dict[Any, tuple[float, float]] = {}
        self.settled: bool | None = None
        self.stopping = ""
        self.looks = 1
        self.error_share = 1.0
        self.exact = False
        self.mirrored = False
        if mode == "classification":
            self.predict_proba = None
            self.top_labels = None
        else:
            self.predicted_value = None
            self.min_value = 0.0
            self.max_value = 1.0
            self.dummy_label = 1

    # ---- what to know before trusting it

    def add_warning(self, sentence: str, labels: Sequence[Any] = (), gravity: Gravity = Gravity.DOUBTFUL) -> None:
        """Add a sentence that a reader must know.

        Parameters
        ----------
        sentence : str
            It is shown as it is.
        labels : sequence of int
            The labels that it is about; none means the whole explanation.
        gravity : Gravity
            Decides on its place where there are many.
        """
        self.gravities[sentence] = gravity
        if len(labels):
            self.warned_labels.setdefault(sentence, []).extend(labels)
        self.warnings.append(sentence)

    def keep_gravest(self) -> None:
        """Leave the three gravest warnings about each label in `warnings`; `diagnostics` gives all."""
        labels = self.explained_labels()
        shown, more = gravest(self.warnings, self.gravities, self.warned_labels, labels)
        self.warnings[:] = shown
        self.more_warnings += more

    def diagnostics(self) -> list[str]:
        """Return all warnings, the gravest first, and what was compared; `warnings` has at most three about each label.

        Returns
        -------
        list of str
        """
        return [*self.warnings, *self.more_warnings, *self._comparison()]

    def labels_of_warnings(self) -> list[list[Any] | None] | None:
        """Return the labels that each warning is about.

        Returns
        -------
        list, or None
            One entry for each warning: its labels, or None where it is about all of them. None where there are not
            several labels, or no warning is about some of them only.
        """
        if len(self.explained_labels()) < 2 or not self.warned_labels:
            return None
        return [self.warned_labels.get(sentence) for sentence in self.warnings]

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled and copied: all but the samples and the model's predictions."""
        state = {**self.__dict__, "fit_data": None, "interpreter": None, "left_out": {}, "group_members": {}}
        if self.target is not None:
            state["target"] = self.target.without_code()
        return state

    # ---- data

    def as_list(self, label: Any = 1, **kwargs: Any) -> list[tuple[Any, float]]:
        """Return the weights of a label as (words, weight), by falling size.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.
        **kwargs
            Passed to the domain mapper, such as `positions` for text.

        Returns
        -------
        list of (str, float)
            Where a mapper gives no words, what it gives stands in their place.

        Raises
        ------
        KeyError
            The label was not explained.
        """
        pairs = self.local_exp[self.resolve_label(label)]
        named = self.domain_mapper.map_exp_ids(pairs, **kwargs)
        return [(str(name) if isinstance(name, str) else name, float(weight)) for name, weight in named]

    def as_map(self) -> dict[Any, list[tuple[int, Any]]]:
        """Return `local_exp` itself, no copy.

        Returns
        -------
        dict of label -> list of (int feature id, numpy.float64 weight)
            By falling size of the weight.
        """
        return self.local_exp

    def records(self, label: Any = None) -> list[dict[str, Any]]:
        """Return one dict of plain values a feature, by falling size of the weight.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        list of dict
            With the keys feature (as in `as_list`), index, name, value, low, high (of the instance's bin, None where
            open), weight, standard_error and contribution (None where unknown; see `contributions`) and label. Pairs
            of features (see `pair_terms`) come after these, with the index -1.

        Raises
        ------
        KeyError
            The label was not explained.
        """
        plain = _upper.plain

        label = self.resolve_label(label)
        errors = self.standard_errors.get(label, {})
        added = self.contributions_by_label.get(label, {})
        found = []
        for feature_id, weight in self.local_exp[label]:
            described = describe_feature(self.domain_mapper, feature_id)
            error = errors.get(feature_id)
            found.append(
                {
                    "feature": described["feature"],
                    "index": plain(feature_id),
                    "name": described["name"],
                    "value": plain(described["value"]),
                    "low": plain(described["low"]),
                    "high": plain(described["high"]),
                    "weight": float(weight),
                    "standard_error": None if error is None or error != error else float(error),
                    "contribution": plain(added.get(feature_id)),
                    "label": plain(label),
                }
            )
        for term in self.pair_terms(label):
            unknown = dict.fromkeys(("value", "low", "high"))
            found.append(
                {
                    "feature": term.name,
                    "index": OF_PAIR,
                    "name": term.name,
                    **unknown,
                    "weight": term.weight,
                    "standard_error": term.standard_error,
                    "contribution": term.contribution,
                    "label": plain(label),
                }
            )
        return found

    @property
    def baseline_value(self) -> float:
        """The baseline of the first explained label; see `contributions`.

        Raises
        ------
        ValueError
            It is not known, as in an explanation by a `LimeBase` of the user's.
        """
        label = self.resolve_label(None)
        self._check_contributions(label)
        return self.baseline_values[label]

    def contributions(self, label: Any = None) -> dict[int, float]:
        """Return what each feature of the instance adds to the baseline.

        The baseline is the surrogate's mean over the neighbourhood. A feature adds its weight times the distance of
        the instance from the neighbourhood's mean. Baseline and contributions sum to the surrogate's prediction, and
        with ``anchored=True`` to the model's.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        dict of feature id -> float
            By falling size of the weight, in the unit of the predictions.

        Raises
        ------
        KeyError
            The label was not explained.
        ValueError
            Contributions are not known, as in an explanation by a `LimeBase` of the user's, or in one that was
            stored before there were any.
        """
        label = self.resolve_label(label)
        self._check_contributions(label)
        added = self.contributions_by_label[label]
        return {feature_id: added[feature_id] for feature_id, _ in self.local_exp[label] if feature_id in added}

    def contribution_intervals(self, label: Any = None, level: float = 0.95) -> dict[int, tuple[float, float]]:
        """Return an interval for each contribution whose weight has a known sampling error.

        A contribution is its weight times a distance, and so is the half-width of its interval.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.
        level : float
            Between 0 and 1, both excluded. See `confidence_intervals`, which tells what an interval says.

        Returns
        -------
        dict of feature id -> (low, high)
            In the unit of the predictions.

        Raises
        ------
        KeyError
            The label was not explained.
        ValueError
            Contributions are not known, or `level` is not between 0 and 1.
        """
        intervals, added = self.confidence_intervals(label, level), self.contributions(label)
        found, key = {}, self.resolve_label(label)
        bent = self.surrogates[key].bent if key in self.surrogates else frozenset()
        for feature_id, weight in self.local_exp[key]:
            if feature_id in intervals and feature_id in added and weight and feature_id not in bent:
                low, high = intervals[feature_id]
                reach = 0.5 * (high - low) * abs(added[feature_id] / float(weight))
                found[feature_id] = (added[feature_id] - reach, added[feature_id] + reach)
        return found

    def _check_contributions(self, label: Any) -> None:
        if label not in self.contributions_by_label:
            raise ValueError(
                "the contributions are not known: the surrogate was fitted by a base of the user's own, or the "
                "explanation was stored without them. Explain the instance again, with the explainer's usual base"
            )

    def confidence_intervals(self, label: Any = None, level: float = 0.95) -> dict[int, tuple[float, float]]:
        """Return an interval for each weight whose sampling error is known.

        The interval speaks of sampling error only: in `level` of all runs with fresh draws it contains the weight
        that endlessly many draws would give. It says nothing about how well a linear surrogate fits the model, nor
        about the choice of the neighbourhood, of the kernel or of the features. The features that are shown were
        chosen with the same draws, for coming out large: where few draws choose among many features of like size,
        the intervals of the chosen ones cover less often than `level`. More draws, or
        ``feature_selection="none"``, mend that. A sample that was looked at several times, with
        ``num_samples="auto"``, was left when it looked well: its intervals share what may go wrong among all looks that
        there might have been, in proportion to their draws (`error_share`), and are wider for it.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.
        level : float
            Between 0 and 1, both excluded.

        Returns
        -------
        dict of feature id -> (low, high)
            Weight -/+ standard error times the quantile of Student's t with `degrees_of_freedom` (of the normal where
            these are infinite or unknown), in the unit of the weights.

        Raises
        ------
        KeyError
            The label was not explained.
        ValueError
            `level` is not between 0 and 1.
        """
        if not 0.0 < level < 1.0:
            raise ValueError(f"level={level!r}: expected a number between 0 and 1, both excluded")
        label = self.resolve_label(label)
        reach_of_one = self._reach_of_one(label, level)
        errors = self.standard_errors.get(label, {})
        intervals = {}
        for feature_id, weight in self.local_exp[label]:
            error = errors.get(feature_id)
            if error is not None and error == error:
                reach = reach_of_one * float(error)
                intervals[feature_id] = (float(weight) - reach, float(weight) + reach)
        return intervals

    def to_frame(self, backend: str | None = None, label: Any = None) -> Any:
        """Return the records as a data frame.

        Parameters
        ----------
        backend : {"pandas", "polars", "pyarrow"} or None
            None takes the first of these that is installed.
        label : int, str or None
            One label, by position or name; None puts the records of all explained labels under one another.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table
            One row a record, with its keys as columns; the types do not hang on the content, save that of ``value``.

        Raises
        ------
        ValueError
            An unknown backend.
        ImportError
            The backend is not installed, or none is.
        KeyError
            The label was not explained.
        """
        records_to_frame = _upper.records_to_frame

        labels = self.explained_labels() if label is None else [label]
        records = [record for each in labels for record in self.records(each)]
        return records_to_frame(records, backend, self.more_columns)
