"""`LimeTimeSeriesExplainer`: explains single predictions of a model on time series."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lime.domains.described import described
from lime.domains.labels import UNSAID, keep_labels
from lime.domains.masked import MaskedExplainer, MaskedInput
from lime.domains.protocols import InterpretableInput
from lime.domains.settings import ExplainSettings
from lime.domains.timeseries.hiding import check_hide, description, hidden_series, medians_for, medians_of
from lime.domains.timeseries.input import TimeSeriesInput
from lime.domains.timeseries.segmentation import check_num_segments, check_segmentation, find_segments
from lime.domains.timeseries.series import Series, check_channel_axis, read_all, read_series
from lime.domains.timeseries.together import check_groups, check_parts, told, vary
from lime.engine.kernels import Kernel
from lime.engine.registry import Sampler, Selector
from lime.engine.stopping import Auto
from lime.models.calling import OnRows, Predict
from lime.models.requests import drive
from lime.results.timeseries import TimeSeriesExplanation

CHANNELS = ("together", "apart")


class LimeTimeSeriesExplainer(MaskedExplainer):
    """Explains predictions on time series.

    A series is cut into segments. Samples hide about half of them each. The model predicts what is left, and a linear
    surrogate is fitted to its predictions, weighted by proximity (Ribeiro et al. 2016).

    Parameters
    ----------
    training_data : array or sequence of series, optional
        Only ``hide="median"`` needs it. Series of any lengths; their medians are kept, and nothing else of them.
    segmentation : {"equal", "change_points"}, array or callable
        How to cut a series: into segments of equal length; where its mean changes most, which needs the package
        ruptures (``pip install "lime[series]"``); at edges, rising numbers of steps at which a segment begins; by an
        array with a label for each step; or by a function of the series that returns edges or labels.
    num_segments : int, optional
        How many segments of the first two kinds; 20 when None, fewer where a series has fewer steps.
    hide : {"mean", "line", "noise", "median"}, number or array
        What is seen of a hidden segment: the mean of its channel; a straight line between the ends of what is kept;
        noise with the mean and the spectrum of the series, drawn once a call; the median of the training series at
        that step; a number, or one number a channel; or another series of the same shape.
    channels : {"together", "apart"}
        Whether a segment is hidden in all channels at once, or each channel has segments of its own.
    channel_axis : {None, 0, 1}
        Where one series, and one input of the model, has its channels: 0 for (channels, steps), as sktime and aeon
        take them; 1 for (steps, channels), which is also what two dimensions mean when None. A series of one
        dimension reaches the model as it is when None, and else with one channel at that place: with 0 a batch has the
        shape (n, 1, steps).
    channel_names : sequence of str, optional
        The columns of a frame when None, else numbers from 0.
    times : sequence, optional
        One number, date or str a step, which names of segments then use. The index of a pandas Series or frame when
        None, else steps are counted from 0.
    fixed : channel, steps, or sequence of these, optional
        What is never hidden: channels by name or position, and steps as ``(start, stop)``, a slice or a range.
    features : channel, steps, or sequence of these, optional
        All that may be hidden; the rest is held fixed.
    groups : mapping, optional
        Channels that are hidden together while others are apart, such as ``{"left": ["x1", "y1"]}``; `open_group` takes
        one apart.
    kernel_width : float or "auto"
        Width of the kernel in units of the cosine distance between masks.
    kernel : callable, optional
        ``kernel(distances, kernel_width)`` -> weights; `lime.engine.kernels.exponential_kernel` when None.
    verbose : bool
        Whether to print the surrogate's and the model's values at the instance.
    class_names : sequence of str, optional
        Names of the classes in the order of the model's columns; the model's own ``classes_`` when None.
    feature_selection : str or callable
        ``'auto'``, ``'forward_selection'``, ``'lasso_path'``, ``'highest_weights'``, ``'none'``, or one that is
        registered.
    random_state : int, RandomState or None
        With an int every call is a pure function of seed, series and settings.
    mode : {"classification", "regression"}
        What the model does: give probabilities of classes, or values.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is described here; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from lime import LimeTimeSeriesExplainer
    >>> def height_of_the_start(series):
    ...     p = series[:, :10].mean(axis=1)
    ...     return np.column_stack([1 - p, p])
    >>> series = np.r_[np.ones(10), np.zeros(30)]
    >>> explainer = LimeTimeSeriesExplainer(num_segments=4, hide=0, random_state=0)
    >>> explanation = explainer.explain_instance(series, height_of_the_start, num_features=2)
    >>> [(name, round(weight, 3) + 0) for name, weight in explanation.as_list()][0]
    ('steps 0 to 9', 1.0)
    """

    instance_dimensions = (1, 2)
    _what = "series"

    # Explainers of files that earlier releases wrote have none.
    fixed: list[Any] | None = None
    features: list[Any] | None = None
    groups: dict[str, list[Any]] | None = None

    def __init__(
        self,
        training_data: Any = None,
        *,
        segmentation: Any = "equal",
        num_segments: int | None = None,
        hide: Any = "mean",
        channels: str = "together",
        channel_axis: int | None = None,
        channel_names: Sequence[str] | None = None,
        times: Any = None,
        kernel_width: float | str = 0.25,
        kernel: Kernel | None = None,
        verbose: bool = False,
        class_names: Any = None,
        feature_selection: str | Selector = "auto",
        random_state: int | np.random.RandomState | None = None,
        mode: str = "classification",
        fixed: Any = None,
        features: Any = None,
        groups: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            kernel_width=kernel_width,
            kernel=kernel,
            verbose=verbose,
            class_names=class_names,
            feature_selection=feature_selection,
            random_state=random_state,
            mode=mode,
        )
        self.channel_axis = check_channel_axis(channel_axis)
        self.medians = None if training_data is None else medians_of(read_all(training_data, self.channel_axis))
        check_segmentation(segmentation)
        check_hide(hide, has_medians=self.medians is not None)
        self.segmentation = segmentation
        self.num_segments = check_num_segments(num_segments)
        self.hide = hide
        self.channels = _check_channels(channels)
        self.channel_names = None if channel_names is None else _names(channel_names)
        self.times = None if times is None else list(times)
        if fixed is not None and features is not None:
            raise ValueError("fixed and features were both given: expected one of them")
        self.fixed = None if fixed is None else check_parts("fixed", fixed)
        self.features = None if features is None else check_parts("features", features)
        if features is not None and not self.features:
            raise ValueError("features is empty: expected a channel or steps to explain, or None for all of them")
        self.groups = None if groups is None else check_groups(groups)

    def _repr_settings(self) -> dict[str, Any]:
        return {"more": told(self.fixed, self.features, self.groups)}

    def open_group(self, name: str) -> LimeTimeSeriesExplainer:
        """The same explainer with a group taken apart: its channels have segments of their own.

        Parameters
        ----------
        name : str
            Of the group.

        Returns
        -------
        LimeTimeSeriesExplainer

        Raises
        ------
        KeyError
            There is no such group.
        """
        if name not in (self.groups or {}):
            raise KeyError(f"{name!r} is no group of this explainer: expected one of {', '.join(self.groups or {})}")
        opened = copy.copy(self)
        opened.groups = {one: parts for one, parts in (self.groups or {}).items() if one != name}
        opened.channels = "apart"
        return opened

    @described
    def explain_instance(
        self,
        series: Any,
        predict_fn: Any,
        num_segments: int | None = None,
        *,
        segmentation: Any = None,
        hide: Any = None,
        channels: str | None = None,
        times: Any = None,
        labels: Any = UNSAID,
        top_labels: int | None = None,
        num_features: int = 10,
        num_samples: int | str | Auto = MaskedInput.default_samples,
        distance_metric: str | Callable[..., float] = "cosine",
        model_regressor: Any = None,
        sampling_method: str | Sampler | None = None,
        batch_size: int | None = None,
        progress_bar: bool = False,
        anchored: bool = False,
        target: Any = None,
        surrogate: str = "linear",
        estimator: str | None = None,
        link: str | None = None,
    ) -> TimeSeriesExplanation:
        """Explain the model's prediction for one series.

        Parameters
        ----------
        series : array, tensor, Series, frame or list, shape (steps,), (steps, channels) or (channels, steps)
            `channel_axis` of the explainer says where channels are. Of any length, and with missing values if the
            model takes these. A frame has a row a step; one with a single row is a series along its columns.
        predict_fn : callable or model
            Takes a batch of series in the form of `series`, with the batch first, as an array of its float dtype, or
            as a tensor on its device where it is one. Returns probabilities of shape (n, k), or values of shape (n,)
            or (n, k) in regression. Or a model with ``predict_proba`` or ``predict``; one that was fitted to rows as
            long as a series has numbers gets these.
        num_segments : int, optional
            This and the four that follow stand in for those of the explainer; see there.
        segmentation : str, array or callable, optional
            How to cut the series.
        hide : str, number or array, optional
            What is seen of a hidden segment.
        channels : {"together", "apart"}, optional
            Whether segments are hidden in all channels at once.
        times : sequence, optional
            One number, date or str a step.
        labels : iterable of int or str
            Classes by position or name, or outputs of a regression with several by position, to explain.
        top_labels : int, optional
            Explain the classes with the highest probabilities instead, this many.
        num_features : int
            Most segments in the explanation.
        num_samples : int, "auto" or Auto
            Series that the model predicts, the instance included. All that there are, without any sampling error,
            where so many show every combination of segments.
        distance_metric : str or callable
            A metric of :func:`sklearn.metrics.pairwise_distances`.
        model_regressor : estimator, optional
            Takes the place of ridge regression; its weights carry no standard errors.
        sampling_method : {"auto", "balanced", "gaussian"} or callable, optional
            How to draw masks; None is what `lime.set_config` says.
        batch_size : int, optional
            Most series in one call of the model; all in one when None, as far as the memory allows.
        progress_bar : bool
            Whether to show a bar over the model calls.
        <anchored>
        <target>
        <surrogate>
        <estimator of masks>
        <link>

        Returns
        -------
        TimeSeriesExplanation
            Its feature ids are numbers of segments, from 0; channel by channel where these are apart.

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's prediction is not what is described here.
        ImportError
            If change points are wanted, and ruptures is not installed.
        """
        arguments = {
            "num_segments": num_segments,
            "segmentation": segmentation,
            "hide": hide,
            "channels": channels,
            "times": times,
            "labels": keep_labels(labels),
            "top_labels": top_labels,
            "num_features": num_features,
            "num_samples": num_samples,
            "distance_metric": distance_metric,
            "model_regressor": model_regressor,
            "sampling_method": sampling_method,
            "batch_size": batch_size,
            "progress_bar": progress_bar,
            "anchored": anchored,
            "target": target,
            "surrogate": surrogate,
            "estimator": estimator,
            "link": link,
        }
        exp: TimeSeriesExplanation = drive(self._explain_steps(series, predict_fn, arguments))
        return exp

    def interpretable_input(self, instance: Any, settings: ExplainSettings, **of_this_type: Any) -> TimeSeriesInput:
        """A series as the method sees it; see `Explainer.interpretable_input`.

        Parameters
        ----------
        instance : array, tensor, Series, frame or list
            As for `explain_instance`.
        settings : ExplainSettings
            The checked arguments of the call.
        **of_this_type
            `num_segments`, `segmentation`, `hide`, `channels` and `times` of `explain_instance`.

        Returns
        -------
        TimeSeriesInput
        """
        own = {name: value for name, value in of_this_type.items() if value is not None}
        series = read_series(instance, self.channel_axis)
        segmentation, hide = own.get("segmentation", self.segmentation), own.get("hide", self.hide)
        check_segmentation(segmentation)
        check_hide(hide, has_medians=self.medians is not None)
        wanted = check_num_segments(own.get("num_segments", self.num_segments))
        segments, notes = find_segments(series, segmentation, wanted)
        channel_names = self.channel_names or series.channel_names
        units = vary(
            segments,
            series.values.shape[1],
            channel_names,
            apart=_check_channels(own.get("channels", self.channels)) == "apart",
            fixed=self.fixed,
            features=self.features,
            groups=self.groups,
        )
        medians = None if self.medians is None or not _is_median(hide) else medians_for(self.medians, series)
        hidden = hidden_series(series, hide, medians, settings.fit.new_rng)
        times = own.get("times", self.times if self.times is not None else series.times)

        def new(class_names: list[str] | None) -> TimeSeriesExplanation:
            exp = TimeSeriesExplanation(
                series.values[:, 0] if series.dimensions == 1 else series.values,
                units if units.shape[1] > 1 else units[:, 0],
                mode=self.mode,
                class_names=class_names,
                random_state=self.random_state,
                channel_names=channel_names,
                times=times,
            )
            exp.warnings.extend([*series.notes, *notes])
            return exp

        new(None)  # what does not fit is refused before the model is asked
        return TimeSeriesInput(series, units, hidden, new, description(hide))

    def typical_instance(self) -> Any:  # noqa: D102 (inherited)
        if any(np.ndim(own) > 0 for own in (self.segmentation, self.hide)):
            return None  # they are of a certain series
        known = 40 if self.medians is None else len(self.medians) - 1
        steps = known if self.times is None else len(self.times)
        channels = len(self.channel_names or [""]) if self.medians is None else self.medians.shape[1]
        values = np.add.outer(np.linspace(0.0, 1.0, steps), np.arange(channels))
        if channels == 1:
            return values[:, 0]
        return values.T if self.channel_axis == 0 else values

    def _in_form_of(self, given: InterpretableInput | None, predict: Predict) -> Predict:
        series: Series | None = getattr(given, "series", None)
        owner = getattr(predict, "__self__", predict)
        if series is None or len(series.shape) == 1 or getattr(owner, "n_features_in_", None) != series.values.size:
            return predict
        return OnRows(predict)

    def _ablation_settings(self, explanation: Any, baseline: Any) -> tuple[dict[str, Any], Any]:
        segments = np.asarray(explanation.segments)
        # Where a channel is held fixed its column tells nothing of the segments.
        column = 0 if segments.ndim == 1 else int(np.argmax(segments.max(axis=0) >= 0))
        own = {"segmentation": segments if segments.ndim == 1 else segments[:, column]}
        return (own if baseline is None else {**own, "hide": baseline}), None

    def held_fixed(self, instance: Any, settings: dict[str, Any]) -> dict[str, Any]:  # noqa: D102 (inherited)
        # The instance's own segments: change points of a series nearby may be others.
        segmentation, wanted = settings.get("segmentation"), settings.get("num_segments")
        found, _ = find_segments(
            read_series(instance, self.channel_axis),
            self.segmentation if segmentation is None else segmentation,
            check_num_segments(self.num_segments if wanted is None else wanted),
        )
        return {"segmentation": found}


def _check_channels(channels: Any) -> str:
    if channels not in CHANNELS:
        raise ValueError(f"channels={channels!r}: expected 'together' or 'apart'")
    return str(channels)


def _is_median(hide: Any) -> bool:
    return isinstance(hide, str) and hide == "median"


def _names(names: Any) -> list[str]:
    if isinstance(names, str):
        raise TypeError(f"channel_names={names!r} is one str: expected a name for each channel, such as [{names!r}]")
    return [str(name) for name in names]
