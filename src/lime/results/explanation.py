"""One explanation: weights by label, how sure they are, how well they fit, and what the model said."""

from __future__ import annotations

import os
import string
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lime import _upper
from lime.engine.standard_errors import quantile
from lime.engine.wording import counted
from lime.results.errors import LimeError
from lime.results.mapper import DomainMapper, describe_feature
from lime.results.naming import position_of_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lime.results.card import TrustCard
    from lime.results.finding import Finding
    from lime.results.paid import Paid
    from lime.trust.interactions import InteractionReport

__all__ = ["DomainMapper", "Explanation", "id_generator"]

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


class Explanation:
    """Why a model said what it said about one instance.

    Explainers make and fill it; it is a plain object whose attributes may be read and changed, and to which a user
    may add attributes of his own.

    Parameters
    ----------
    domain_mapper : DomainMapper
        Turns feature ids into words.
    mode : {"classification", "regression"}
        What the model does; it decides which of the attributes below there are.
    class_names : sequence of str, optional
        By column of the model's answer; a class without a name is called by its number.
    random_state : numpy.random.RandomState, optional
        Kept as an attribute; rendering does not draw from it.

    Attributes
    ----------
    local_exp : dict of label -> list of (int feature id, numpy.float64 weight)
        By falling size of the weight. In regression with one output the labels are 0 and 1, and 0 is 1 negated.
    intercept : dict of label -> float
    scores, local_preds, model_preds : dict of label -> float
        Weighted R^2 of the surrogate; the surrogate's value and the model's value at the instance.
    held_out_scores : dict of label -> float
        Leave-one-out R^2 of the surrogate, which does not flatter where draws are few; no entry where it is unknown.
    score : float
    local_pred : numpy.ndarray, shape (1,)
        Both of the last explained label.
    standard_errors : dict of label -> dict of feature id -> float
        Sampling error of the weights; empty where none is known.
    degrees_of_freedom : dict of label -> float
        Of Student's t for the intervals; may be infinite.
    num_model_calls, num_samples : int
        Rows the model was asked about; size of the neighbourhood.
    sampling_method : str
    effective_samples : float
        Effective share of the sample size, in (0, 1].
    warnings : list of str
        What a reader must know before trusting the numbers.
    predict_proba : numpy.ndarray, shape (k,), or None
        Classification: the model's answer.
    top_labels : list of int or None
        Classification: the explained labels by falling probability, where the user asked for the top ones.
    predicted_value, min_value, max_value : float
        Regression: the model's answer, and the range of its answers over the neighbourhood.
    settled : bool or None
        With ``num_samples="auto"``, whether the shown features, their order and their weights are settled at the
        stated confidence; None where the number of samples was given.
    stopping : str
        A sentence about it; empty where the number of samples was given.
    looks : int
        How often the growing sample was looked at; 1 where the number of samples was given.
    error_share : float
        Share of an interval's error that was left for the last of these looks, in (0, 1].
    exact : bool
        Whether all draws that there are were asked about: the weights have no sampling error.
    ranges : dict of label -> (float, float)
        Regression with several outputs: the range of each output's answers over the neighbourhood; `min_value` and
        `max_value` stand in for a label without one.
    mirrored : bool
        Regression: `local_exp` holds one output under the labels 1 and, negated, 0.
    dummy_label : int
        Regression: the label that stands for the only output.

    Raises
    ------
    LimeError
        An unknown mode.
    """

    predict_proba: Any
    top_labels: list[int] | None
    predicted_value: Any
    min_value: Any
    max_value: Any
    dummy_label: int

    # Which estimator gave a label's weights: 'plain', 'custom', or one of `lime.engine.assisted`.
    estimators: dict[Any, str]

    # The width that an explainer with kernel_width="auto" chose; None where it was given.
    kernel_width: float | None = None
    # How many features a table shows (None: all of them), and what a frame holds beside the columns of every record.
    _most_rows: int | None = None
    _more_columns: tuple[str, ...] = ()

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
        self.local_preds: dict[Any, float] = {}
        self.model_preds: dict[Any, float] = {}
        self.standard_errors: dict[Any, dict[int, float]] = {}
        self.degrees_of_freedom: dict[Any, float] = {}
        self.score: float | None = None
        self.local_pred: Any = None
        self.num_model_calls: int | None = None
        self.num_samples: int | None = None
        self.sampling_method: str | None = None
        self.effective_samples: float | None = None
        self._warnings: list[str] = []
        # Which labels a sentence among the warnings is about; one that is not in it concerns the whole explanation.
        self._concerned: dict[str, list[Any]] = {}
        self._looked_for_pairs = False
        self._paid: Paid | None = None
        self._pair_findings: dict[Any, dict[str, Any]] = {}
        self._asked_findings: dict[Any, dict[str, Finding]] = {}
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

    @property
    def warnings(self) -> list[str]:
        """What a reader must know before trusting the numbers; a list to read, extend or replace.

        What takes time to find out, whether pairs of features work together, is looked for when it is first read.
        """
        if not self._looked_for_pairs and self._paid is not None:
            self._looked_for_pairs = True
            interaction_warnings = _upper.interaction_warnings

            for label, sentence in interaction_warnings(self):
                self._warn(label, [sentence])
        return self._warnings

    @warnings.setter
    def warnings(self, sentences: list[str]) -> None:
        self._warnings = sentences
        self._looked_for_pairs = True

    def _warn(self, label: Any, sentences: Sequence[str]) -> None:
        """Add what a reader must know of one label."""
        for sentence in sentences:
            self._warn_of([label], sentence)

    def _warn_of(self, labels: Sequence[Any], sentence: str) -> None:
        """Add what a reader must know of some labels."""
        self._concerned.setdefault(sentence, []).extend(labels)
        self._warnings.append(sentence)

    def _labels_of_warnings(self) -> list[list[Any] | None] | None:
        """For each warning the labels that it is about, None for all; None where there is nothing to tell apart."""
        if len(self.explained_labels()) < 2 or not self._concerned:
            return None
        return [self._concerned.get(sentence) for sentence in self.warnings]

    def interactions(
        self, label: Any = None, top: int = 10, level: float = 0.95, *, rate: float = 0.05, method: str = "bh"
    ) -> InteractionReport:
        """Test which pairs of the strongest features work together, from the answers that were already paid for.

        See `lime.trust.interactions`, which this calls.

        Parameters
        ----------
        label : int or str, optional
            By position or name; the first explained one when None.
        top : int
            How many of the strongest shown features to pair, at least 2.
        level : float
            Of the intervals, between 0 and 1, both excluded.
        rate : float
            Expected share of false discoveries among all, between 0 and 1, both excluded.
        method : {"bh", "by"}
            Benjamini & Hochberg 1995, or the more careful Benjamini & Yekutieli 2001.

        Returns
        -------
        InteractionReport

        Raises
        ------
        ValueError
            The model's answers are gone, as from an explanation that was stored; or an argument is not what is
            described here.
        KeyError
            The label was not explained.
        """
        interactions = _upper.interactions

        return interactions(self, label, top=top, level=level, rate=rate, method=method)

    def trust(self, label: Any = None, **asked: Any) -> TrustCard:
        """Tell how far this explanation can be trusted, in one block.

        Without more than a label it asks the model nothing. What was measured stays with the explanation, so that its
        page and its JSON tell the same.

        Parameters
        ----------
        label : int or str, optional
            By position or name; the first explained one when None.
        **asked
            The other parameters of `lime.trust.card`, which measure more.

        Returns
        -------
        TrustCard

        Raises
        ------
        KeyError
            The label was not explained.
        TypeError
            There is no such parameter or setting.
        ValueError
            Something is asked for without what it takes.
        """
        card = _upper.card

        return card(self, label, **asked)

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled and copied: all but the draws and answers; what depends on them is found out before."""
        if self._paid is not None:
            keep_findings = _upper.keep_findings

            keep_findings(self)
        return {**self.__dict__, "_paid": None, "_warnings": list(self.warnings)}

    # ---- labels

    def available_labels(self) -> list[Any]:
        """Return the explained labels of a classification.

        Returns
        -------
        list of int
            `top_labels` where they were asked for, by falling probability; else the keys of `local_exp`.

        Raises
        ------
        NotImplementedError
            In regression; the outputs are the keys of `local_exp`.
        """
        if self.mode != "classification":
            raise NotImplementedError("available_labels() is for classification; this explanation is of a regression")
        return list(self.top_labels if self.top_labels else self.local_exp)

    def explained_labels(self) -> list[Any]:
        """Return the labels that a reader may ask for, the first explained one first.

        A regression with one output has one, `dummy_label`, although `local_exp` holds its mirror image as well.

        Returns
        -------
        list of int
            Empty where nothing was explained yet.
        """
        if self._is_single_output():
            return [self.dummy_label]
        labels = list(self.local_exp)
        if self.mode == "classification" and self.top_labels:
            first = [label for label in self.top_labels if label in self.local_exp]
            return first + [label for label in labels if label not in first]
        return labels

    def label_name(self, label: Any) -> str:
        """Return what a reader calls a label: the class's name, or "class 3" or "output 3" where it has none.

        Parameters
        ----------
        label : int
            Explained or not.

        Returns
        -------
        str
            "value" for the only output of a regression.
        """
        if self.mode == "regression" and self._is_single_output():
            return "value"
        names = self.class_names
        if names is not None and isinstance(label, int | np.integer) and -len(names) <= label < len(names):
            return str(names[int(label)])
        return f"{'class' if self.mode == 'classification' else 'output'} {label}"

    def _is_single_output(self) -> bool:
        """Tell the mirrored pair of a regression with one output from two outputs that were explained."""
        if self.mode != "regression" or self.local_exp.keys() != {0, 1}:
            return False
        if self.mirrored:
            return True
        # Filled by hand, or stored before there was the flag. Two outputs that are each other's negation have
        # negated intercepts and answers as well; the mirror has the same ones.
        for by_label in (self.intercept, self.model_preds, self.local_preds):
            first, second = by_label.get(0), by_label.get(1)
            if first != second and not (first != first and second != second):
                return False
        down, up = self.local_exp[0], self.local_exp[1]
        return len(down) == len(up) and all(
            i == j and (v == -w or (v != v and w != w)) for (i, v), (j, w) in zip(down, up, strict=True)
        )

    def resolve_label(self, label: Any = None) -> Any:
        """Return the explained label that is meant.

        Parameters
        ----------
        label : int, str or None
            By position or by the name of the class. None means the first explained label, and so does 1, the default
            of the classic methods, where 1 was not explained. A regression with one output has one answer to every
            label.

        Returns
        -------
        int
            A key of `local_exp`.

        Raises
        ------
        KeyError
            The label was not explained.
        """
        explained = self.explained_labels()
        if not explained:
            raise self._without_labels(label)
        if self._is_single_output():
            return self.dummy_label
        if label is None:
            return explained[0]
        try:
            return self.find_label(label)
        except KeyError:
            if label == 1:
                return explained[0]
            raise

    def find_label(self, label: Any) -> Any:
        """Return the explained label that is exactly meant: by its key, its position or the name of the class.

        Parameters
        ----------
        label : int or str
            A position may count from the end, as Python's do.

        Returns
        -------
        int
            A key of `local_exp`.

        Raises
        ------
        KeyError
            The label was not explained, or no class or several have this name.
        """
        if label in self.local_exp:
            return label
        names = self.class_names
        place = label
        if isinstance(label, str) and names is not None:
            try:
                place = position_of_name(label, names)
            except KeyError as error:
                raise KeyError(f"label {label!r}: {error.args[0]}") from None
        answer = getattr(self, "predict_proba", None)
        k = len(names) if names is not None else 0 if answer is None else len(answer)
        if isinstance(place, int | np.integer) and -k <= place < k:
            # The same class may have been asked for from the other end.
            for same in (place, place - k, place + k):
                if same in self.local_exp:
                    return same
        explained = self.explained_labels()
        if not explained:
            raise self._without_labels(label)
        named = "" if names is None else f" ({', '.join(self.label_name(one)[:80] for one in explained[:20])})"
        raise KeyError(f"label {label!r} was not explained; the explained labels are {explained}{named}")

    def _without_labels(self, label: Any) -> KeyError:
        # A row of many that failed says why.
        why = " ".join(" ".join(self.warnings).split()) or "this explanation holds none yet"
        return KeyError(f"label {label!r} was not explained: {why}")

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
            open), weight, standard_error (None where unknown) and label.

        Raises
        ------
        KeyError
            The label was not explained.
        """
        plain = _upper.plain

        label = self.resolve_label(label)
        errors = self.standard_errors.get(label, {})
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
                    "label": plain(label),
                }
            )
        return found

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
        freedom = float(self.degrees_of_freedom.get(label, np.inf))
        reach_of_one = quantile(1.0 - 0.5 * (1.0 - level) * self.error_share, freedom)
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
        return records_to_frame(records, backend, self._more_columns)

    def to_dict(self) -> dict[str, Any]:
        """Return everything a reader needs as plain values, with a schema version; see `from_dict`.

        The model, the training data and attributes that a user set are not part of it.

        Returns
        -------
        dict
            Of str, bool, int, float, None, and lists and dicts of these; NaN and infinities as ``{"float": "nan"}``.
        """
        explanation_to_dict = _upper.explanation_to_dict

        return explanation_to_dict(self)

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return `to_dict` as strict JSON, and write it to a file if a path is given.

        Parameters
        ----------
        path : str or path, optional
            A file to write, in ASCII; one that is there is replaced.

        Returns
        -------
        str
            Of JSON without NaN and infinities, for which it has no numbers.
        """
        write_json = _upper.write_json

        return write_json(self.to_dict(), path)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Explanation:
        """Return the explanation that `to_dict` wrote: it prints, plots and renders the same.

        Parameters
        ----------
        content : dict
            As `to_dict` or `json.loads` gives it.

        Returns
        -------
        Explanation
            An `ImageExplanation` where one was written.

        Raises
        ------
        LimeError
            This is no explanation, or one of a schema that this release does not know, or it is damaged.
        """
        explanation_from_dict = _upper.explanation_from_dict

        return explanation_from_dict(content, cls._from_stored)

    @classmethod
    def _from_stored(cls, content: dict[str, Any], mapper: DomainMapper) -> Explanation:
        """Make the explanation that `content` tells of, with no label in it yet."""
        if content.get("domain") == "image":
            ImageExplanation = _upper.ImageExplanation

            return ImageExplanation._from_stored(content, mapper)
        return cls(mapper, mode=content["mode"], class_names=content["class_names"])

    @classmethod
    def from_json(cls, text_or_path: str | bytes | os.PathLike[str]) -> Explanation:
        """Return the explanation that `to_json` wrote, from its text or from a file.

        Parameters
        ----------
        text_or_path : str, bytes or path
            JSON; a str that begins with neither ``{`` nor ``[`` is taken for a path.

        Returns
        -------
        Explanation
            An `ImageExplanation` where one was written.

        Raises
        ------
        LimeError
            This is no JSON, no explanation, or one of a schema that this release does not know, or it is damaged.
        FileNotFoundError
            There is no such file.
        """
        read_json = _upper.read_json

        return cls.from_dict(read_json(text_or_path))

    # ---- pictures

    def plot(self, label: Any = None, ax: Axes | None = None) -> Axes:
        """Draw the weights of a label as horizontal bars with their 95 % intervals, and return the Axes.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.
        ax : matplotlib.axes.Axes, optional
            Where to draw; pyplot is left alone then. None makes a new figure, sized to the number of features, which
            becomes pyplot's current one: a notebook shows it, and ``plt.savefig(...)`` saves it.

        Returns
        -------
        Axes

        Raises
        ------
        KeyError
            The label was not explained.
        TypeError
            `ax` is no Axes.
        """
        plot_explanation = _upper.plot_explanation

        return plot_explanation(self, label=label, ax=ax)

    def as_pyplot_figure(self, label: Any = 1, figsize: tuple[float, float] = (4, 4), **kwargs: Any) -> Figure:
        """Draw the weights of a label on a new pyplot figure, which becomes the current one, and return it.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.
        figsize : (float, float)
            Width and height in inches.
        **kwargs
            Passed to the domain mapper, as by `as_list`.

        Returns
        -------
        Figure

        Raises
        ------
        KeyError
            The label was not explained.
        """
        pyplot_figure = _upper.pyplot_figure

        return pyplot_figure(self, label=label, figsize=figsize, **kwargs)

    def as_html(
        self,
        labels: Sequence[Any] | int | str | None = None,
        predict_proba: bool = True,
        show_predicted_value: bool = True,
        **kwargs: Any,
    ) -> str:
        """Return the explanation as one self-contained HTML page, without scripts and without outside links.

        Parameters
        ----------
        labels : int, str or sequence of these, optional
            The labels to show, by position or name; all explained ones by default.
        predict_proba : bool
            Classification: show the probabilities.
        show_predicted_value : bool
            Regression: show the value within its range.
        **kwargs
            show_table (True) shows the instance's values, show_all (False) those without weight as well; text (True)
            shows a text with its words marked, image (True) a picture with its segments tinted, opacity (True) the
            stronger the heavier they weigh. Others go to the mapper's `instance_block`.

        Returns
        -------
        str

        Raises
        ------
        KeyError
            A label was not explained.
        TypeError
            A keyword that neither the page nor the mapper knows.
        """
        render_page = _upper.render_page

        return render_page(
            self,
            labels=labels,
            predict_proba=predict_proba,
            show_predicted_value=show_predicted_value,
            **kwargs,
        )

    def save_to_file(
        self,
        file_path: str | os.PathLike[str],
        labels: Sequence[Any] | int | str | None = None,
        predict_proba: bool = True,
        show_predicted_value: bool = True,
        **kwargs: Any,
    ) -> None:
        """Write the page of `as_html` to a file, in UTF-8.

        Parameters
        ----------
        file_path : str or path
            A file that is there is replaced.
        labels : int, str or sequence of these, optional
            The labels to show, by position or name; all explained ones by default.
        predict_proba : bool
            Classification: show the probabilities.
        show_predicted_value : bool
            Regression: show the value within its range.
        **kwargs
            The others of `as_html`.

        Raises
        ------
        KeyError
            A label was not explained.
        TypeError
            A keyword that neither the page nor the mapper knows.
        """
        page = self.as_html(
            labels=labels, predict_proba=predict_proba, show_predicted_value=show_predicted_value, **kwargs
        )
        write_text = _upper.write_text

        write_text(file_path, page)

    def show_in_notebook(
        self,
        labels: Sequence[Any] | int | str | None = None,
        predict_proba: bool = True,
        show_predicted_value: bool = True,
        **kwargs: Any,
    ) -> None:
        """Show the explanation in the notebook cell; where there is no notebook, print it.

        Parameters
        ----------
        labels : int, str or sequence of these, optional
            The labels to show, by position or name; all explained ones by default.
        predict_proba : bool
            Classification: show the probabilities.
        show_predicted_value : bool
            Regression: show the value within its range.
        **kwargs
            The others of `as_html`.

        Raises
        ------
        KeyError
            A label was not explained.
        TypeError
            A keyword that neither the page nor the mapper knows.
        """
        show = _upper.show

        show(
            self,
            labels=labels,
            predict_proba=predict_proba,
            show_predicted_value=show_predicted_value,
            **kwargs,
        )

    def __str__(self) -> str:
        if not self.local_exp:
            return repr(self)
        render_console = _upper.render_console

        return render_console(self)

    def __repr__(self) -> str:
        if not self.local_exp:
            # A row of many that failed says why.
            what = " ".join(self.warnings) or "nothing explained yet"
            return f"<{type(self).__name__} of a {self.mode}, {what}>"
        labels = self.explained_labels()
        about = ", ".join(
            f"{self.label_name(label)[:40]!r}: {counted(len(self.local_exp[label]), 'feature')}"
            + (f", R^2 {self.scores[label]:.2f}" if label in self.scores else "")
            for label in labels[:5]
        )
        more = f", and {len(labels) - 5} more" if len(labels) > 5 else ""
        return f"<{type(self).__name__} of a {self.mode}; {about}{more}>"

    def _repr_html_(self) -> str | None:
        if not self.local_exp:
            return None
        render_fragment = _upper.render_fragment

        return render_fragment(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if not self.local_exp:
            return {"text/plain": repr(self)}
        mimebundle = _upper.mimebundle

        return mimebundle(self, include, exclude)
