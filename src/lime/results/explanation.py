"""One explanation: weights by label, how sure they are, how well they fit, and what the model said."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lime import _upper
from lime.engine.wording import counted
from lime.results.mapper import DomainMapper
from lime.results.numbers import id_generator
from lime.results.opening import open_group
from lime.results.storable import StorableNumbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from lime.results.card import TrustCard
    from lime.trust.interactions import InteractionReport

__all__ = ["DomainMapper", "Explanation", "id_generator"]


class Explanation(StorableNumbers):
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
        By column of the model's prediction; a class without a name is called by its number.
    random_state : numpy.random.RandomState, optional
        Kept as an attribute; rendering does not draw from it.

    Attributes
    ----------
    local_exp : dict of label -> list of (int feature id, numpy.float64 weight)
        By falling size of the weight. In regression with one output the labels are 0 and 1, and 0 is 1 negated.
    intercept : dict of label -> float
    scores, local_preds, model_preds : dict of label -> float
        Weighted R² of the surrogate; the surrogate's value and the model's value at the instance.
    held_out_scores : dict of label -> float
        Leave-one-out R² of the surrogate, which does not flatter where draws are few; no entry where it is unknown.
    score : float
    local_pred : numpy.ndarray, shape (1,)
        Both of the last explained label.
    baseline_values : dict of label -> float
        The surrogate's mean over the neighbourhood; empty where a regressor of the user's was fitted.
    contributions_by_label : dict of label -> dict of feature id -> float
        What each feature of the instance adds to that: its weight times its distance from the neighbourhood's mean.
    anchored : bool
        Whether the baseline and the contributions sum to the model's prediction; else to the surrogate's.
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
        Classification: the model's prediction.
    top_labels : list of int or None
        Classification: the explained labels by falling probability, where the user asked for the top ones.
    predicted_value, min_value, max_value : float
        Regression: the model's prediction, and the range of its answers over the neighbourhood.
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
    neighborhood : str or None
        Tables and series: the neighbourhood, where it is another than that of independent columns.
    neighborhood_scores : dict of str to float, or None
        With ``neighborhood='auto'``, the local fit that each candidate reached.
    local_fit : dict of label -> LocalFit
        Fit of the surrogate on real rows near the instance that took no part in it; no entry where it is not known.
    representation : {"bins", "slopes", "curves"} or None
        In which features a table's samples are shown, where `explain_instance` was told or chose; None is the
        explainer's own.
    compared : dict of str -> float, or None
        With ``representation="auto"`` or ``surrogate="auto"``, the R² on samples left out of the fit that each of what
        was compared reached; `diagnostics` says it in words.
    surrogates : dict of label -> TermSurrogate or TreeSurrogate
        With ``surrogate="pairs"``, ``"tree"`` or ``"rules"``, and with curves, what was fitted in place of a linear
        surrogate.
    target : Target or None
        What of the model's predictions is explained, where it is no single output of the model but, say, the
        difference of two. The explanation is then that of a regression with one output, whatever the model is.
    link : {"identity", "logit"}
        In what unit the model's predictions are explained: ``"logit"`` for log-odds. `predict_proba` has probabilities.
    sampling_reason : str
        Why weights are exact or sampled, where ``sampling_method="auto"`` left that open; else empty.
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

    # ---- what explicit calls measure

    def open_group(self, group: Any, label: Any = None) -> list[dict[str, Any]]:
        """Return the weights of the members of a group of columns, from the samples that there are.

        The surrogate is fitted again with the members in the group's place, each 1 where a sample has the row's value
        or quartile. Of one-hot columns a member says what it does that the row is not in its category.

        Parameters
        ----------
        group : str or int
            Its name, or its feature id.
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        list of dict
            One a member: name (of the column), feature (with its value), weight and standard_error. The column of the
            row's own category has none: it is what the others are compared with.

        Raises
        ------
        KeyError
            There is no such group, or the label was not explained.
        ValueError
            The samples are gone: the explanation was stored, copied or made for many rows.
        """
        return open_group(self, group, label)

    def interactions(
        self, label: Any = None, top: int = 10, level: float = 0.95, *, rate: float = 0.05, method: str = "bh"
    ) -> InteractionReport:
        """Test which pairs of the strongest features work together. The model is not called again.

        The report is kept: from then on the warnings, the page, the JSON and the card tell what was found. See
        `lime.trust.interactions`, which this calls.

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
            The model's predictions are gone, as from an explanation that was stored; or an argument is not what is
            described here.
        KeyError
            The label was not explained.
        """
        interactions = _upper.interactions

        return interactions(self, label, top=top, level=level, rate=rate, method=method)

    def trust(self, label: Any = None, **asked: Any) -> TrustCard:
        """Tell how far this explanation can be trusted, in one block.

        With a label alone the model is not called: pairs of features are tested from the samples that the explanation
        still holds (see `interactions`). What was measured stays with the explanation, so that its page and its JSON
        tell the same.

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

    def known_trust(self, label: Any = None) -> TrustCard:
        """Return the trust card of what is known by now. Nothing is measured: the page and the JSON show this one.

        Parameters
        ----------
        label : int or str, optional
            By position or name; the first explained one when None.

        Returns
        -------
        TrustCard

        Raises
        ------
        KeyError
            The label was not explained.
        """
        known_card = _upper.known_card

        return known_card(self, self.resolve_label(label))

    # ---- pictures

    def plot(self, label: Any = None, ax: Axes | None = None, kind: str = "bars") -> Axes:
        """Draw a label as horizontal bars or as a waterfall, with 95% intervals, and return the Axes.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.
        ax : matplotlib.axes.Axes, optional
            Where to draw; pyplot is left alone then. None makes a new figure, sized to the number of features, which
            becomes pyplot's current one: a notebook shows it, and ``plt.savefig(...)`` saves it.
        kind : {"bars", "waterfall"}
            "bars" are the weights, or the contributions of an explanation that is `anchored`. A "waterfall" goes by
            the contributions from the baseline to the prediction; without `anchored` it ends at the surrogate's
            value, and says so.

        Returns
        -------
        Axes

        Raises
        ------
        KeyError
            The label was not explained.
        TypeError
            `ax` is no Axes.
        ValueError
            An unknown `kind`, or the contributions that a waterfall needs are not known.
        """
        if kind not in ("bars", "waterfall"):
            raise ValueError(f"kind={kind!r}: expected 'bars' or 'waterfall'")
        plot_explanation, plot_waterfall = _upper.plot_explanation, _upper.plot_waterfall

        return (plot_explanation if kind == "bars" else plot_waterfall)(self, label=label, ax=ax)

    def to_shap(self, label: Any = None) -> Any:
        """Return the contributions as shap's `Explanation`, so that shap's plots work on them. Needs shap.

        Parameters
        ----------
        label : int, str or None
            See `resolve_label`.

        Returns
        -------
        shap.Explanation
            `values` of shape (d,), 0 where a feature was not chosen; `base_values`, `data`, `feature_names`. Base
            value and values sum to the model's prediction where the explanation is `anchored`; else to the
            surrogate's.

        Raises
        ------
        ImportError
            shap is not installed.
        KeyError
            The label was not explained.
        ValueError
            The contributions are not known.
        """
        explanation_to_shap = _upper.explanation_to_shap

        return explanation_to_shap(self, label)

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
            + (f", R² {self.scores[label]:.2f}" if label in self.scores else "")
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
