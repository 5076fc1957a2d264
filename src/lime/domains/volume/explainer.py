"""`LimeVolumeExplainer`: explains single predictions of a model on volumes and videos."""

from __future__ import annotations

from typing import Any

import numpy as np

from lime.domains.described import described
from lime.domains.labels import UNSAID, keep_labels
from lime.domains.masked import MaskedExplainer, MaskedInput
from lime.domains.settings import ExplainSettings
from lime.domains.volume.input import VolumeInput
from lime.domains.volume.volume import find_segments, hidden_volume, read_volume
from lime.engine.inspection import is_whole
from lime.engine.kernels import Kernel
from lime.engine.stopping import Auto
from lime.models.requests import drive
from lime.results.explanation import Explanation
from lime.results.volume import VolumeExplanation

WAYS = ("slic", "blocks")

AT_ONCE = 10
"""Volumes in one call of the model where nobody says how many."""


class LimeVolumeExplainer(MaskedExplainer):
    """Explains predictions on volumes and videos: arrays of pictures that lie one behind the other.

    A volume is cut into segments of three dimensions, which reach over several slices, or frames. Samples hide about
    half of them each, and a linear surrogate is fitted to the model's predictions (Ribeiro et al. 2016).

    Parameters
    ----------
    segmentation : {"slic", "blocks"}, array of int or callable
        How to cut a volume: into places that are near and alike; into blocks of about equal sides; by an array with a
        label for each place, of shape (slices, height, width); or by a function of the volume, channels last, that
        returns one.
    num_segments : int, optional
        About how many segments of the first two kinds; 50 when None.
    hide : "mean", number or array
        What is seen of a hidden segment: its mean, channel by channel; a number; or another volume of the same shape.
    channel_axis : int, optional
        Where the channels of four dimensions are; last when None. Three dimensions have none.
    slice_name : str
        What a reader calls the pictures: ``"slice"``, or ``"frame"`` for videos.
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
        With an int every call is a pure function of seed, volume and settings.
    mode : {"classification", "regression"}
        What the model does: give probabilities of classes, or values.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is described here; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from lime import LimeVolumeExplainer
    >>> volume = np.zeros((8, 16, 16))
    >>> volume[:4, :8, :8] = 1.0
    >>> bright = lambda batch: batch.mean(axis=(1, 2, 3))
    >>> explainer = LimeVolumeExplainer(segmentation="blocks", num_segments=8, hide=0, mode="regression")
    >>> explainer.explain_instance(volume, bright).as_list()[0][0]
    'segment 0, slices 0 to 7, top left'
    """

    instance_dimensions = (3, 4)
    _what = "volumes"
    _side_by_side = 1

    def __init__(
        self,
        *,
        segmentation: Any = "slic",
        num_segments: int | None = None,
        hide: Any = "mean",
        channel_axis: int | None = None,
        slice_name: str = "slice",
        kernel_width: float | str = 0.25,
        kernel: Kernel | None = None,
        verbose: bool = False,
        class_names: Any = None,
        feature_selection: Any = "auto",
        random_state: int | np.random.RandomState | None = None,
        mode: str = "classification",
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
        if segmentation is None or (isinstance(segmentation, str) and segmentation not in WAYS):
            raise ValueError(
                f"segmentation={segmentation!r}: expected 'slic', 'blocks', a label for each place, or a function of "
                "the volume that returns labels"
            )
        if num_segments is not None and (not is_whole(num_segments) or num_segments < 1):
            raise ValueError(f"num_segments={num_segments!r}: expected a whole number of at least 1, or None")
        self.segmentation = segmentation
        self.num_segments = None if num_segments is None else int(num_segments)
        self.hide = hide
        self.channel_axis = channel_axis
        self.slice_name = str(slice_name)

    @described
    def explain_instance(
        self,
        volume: Any,
        predict_fn: Any,
        num_segments: int | None = None,
        *,
        segmentation: Any = None,
        hide: Any = None,
        labels: Any = UNSAID,
        top_labels: int | None = None,
        num_features: int = 100_000,
        num_samples: int | str | Auto = MaskedInput.default_samples,
        distance_metric: Any = "cosine",
        model_regressor: Any = None,
        sampling_method: Any = None,
        batch_size: int | None = AT_ONCE,
        progress_bar: bool = False,
        anchored: bool = False,
        estimator: str | None = None,
        target: Any = None,
        surrogate: str = "linear",
        link: str | None = None,
    ) -> VolumeExplanation:
        """Explain the model's prediction for one volume or video.

        Parameters
        ----------
        volume : array or tensor, shape (slices, height, width), or with a dimension of channels
            `channel_axis` of the explainer says where channels are.
        predict_fn : callable or model
            Takes a batch of volumes in the form of `volume`, the batch first. Returns probabilities of shape (n, k), or
            values of shape (n,) or (n, k) in regression. Or a model with ``predict_proba`` or ``predict``.
        num_segments : int, optional
            This and the two that follow stand in for those of the explainer; see there.
        segmentation : str, array or callable, optional
            How to cut the volume.
        hide : "mean", number or array, optional
            What is seen of a hidden segment.
        labels : iterable of int or str
            Classes by position or name, or outputs of a regression with several by position, to explain.
        top_labels : int, optional
            Explain the classes with the highest probabilities instead, this many.
        num_features : int
            Most segments in the explanation.
        num_samples : int, "auto" or Auto
            Volumes that the model predicts, the instance included.
        distance_metric : str or callable
            A metric of :func:`sklearn.metrics.pairwise_distances`.
        model_regressor : estimator, optional
            Takes the place of ridge regression; its weights carry no standard errors.
        sampling_method : {"auto", "balanced", "gaussian"} or callable, optional
            How to draw masks; None is what `lime.set_config` says.
        batch_size : int, optional
            Most volumes in one call of the model; as many as the memory holds when None.
        progress_bar : bool
            Whether to show a bar over the model calls.
        <anchored>
        <estimator of masks>
        <target>
        <surrogate>
        <link>

        Returns
        -------
        VolumeExplanation
            Its feature ids are numbers of segments, from 0.

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's prediction is not what is described here.
        """
        arguments = {
            "num_segments": num_segments,
            "segmentation": segmentation,
            "hide": hide,
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
            "estimator": estimator,
            "target": target,
            "surrogate": surrogate,
            "link": link,
        }
        exp: VolumeExplanation = drive(self._explain_steps(volume, predict_fn, arguments))
        return exp

    def interpretable_input(self, instance: Any, settings: ExplainSettings, **of_this_type: Any) -> VolumeInput:
        """A volume as the method sees it; see `Explainer.interpretable_input`.

        Parameters
        ----------
        instance : array or tensor
            As for `explain_instance`.
        settings : ExplainSettings
            The checked arguments of the call.
        **of_this_type
            `num_segments`, `segmentation` and `hide` of `explain_instance`.

        Returns
        -------
        VolumeInput
        """
        own = {name: value for name, value in of_this_type.items() if value is not None}
        volume = read_volume(instance, self.channel_axis)
        segments = find_segments(
            volume, own.get("segmentation", self.segmentation), own.get("num_segments", self.num_segments)
        )
        hide = own.get("hide", self.hide)
        hidden = hidden_volume(volume, segments, hide)

        def new(class_names: list[str] | None) -> VolumeExplanation:
            return VolumeExplanation(
                volume.channels_last(),
                segments,
                mode=self.mode,
                class_names=class_names,
                random_state=self.random_state,
                slice_name=self.slice_name,
            )

        words = (
            "the segment's mean" if isinstance(hide, str) else f"{hide:g}" if np.ndim(hide) == 0 else "another volume"
        )
        return VolumeInput(volume, segments, hidden, new, words)

    def typical_instance(self) -> Any:  # noqa: D102 (inherited)
        if any(np.ndim(own) > 0 for own in (self.segmentation, self.hide)):
            return None  # they are of a certain volume
        return np.linspace(0.0, 1.0, 8 * 8 * 8).reshape(8, 8, 8)

    def _ablation_settings(self, explanation: Explanation, baseline: Any) -> tuple[dict[str, Any], Any]:
        assert isinstance(explanation, VolumeExplanation)
        own = {"segmentation": explanation.segments}
        return (own if baseline is None else {**own, "hide": baseline}), None

    def held_fixed(self, instance: Any, settings: dict[str, Any]) -> dict[str, Any]:  # noqa: D102 (inherited)
        # The instance's own segments: those of a volume nearby may be others.
        given, wanted = settings.get("segmentation"), settings.get("num_segments")
        return {
            "segmentation": find_segments(
                read_volume(instance, self.channel_axis),
                self.segmentation if given is None else given,
                self.num_segments if wanted is None else wanted,
            )
        }
