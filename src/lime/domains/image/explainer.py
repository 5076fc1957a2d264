"""`LimeImageExplainer`: explains single predictions of a model on images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.checks import check_count, check_mode
from lime.domains.class_names import check_class_names
from lime.domains.described import described
from lime.domains.explainer import Explainer
from lime.domains.image import classic
from lime.domains.image.hiding import hidden_image
from lime.domains.image.input import DEFAULT_SAMPLES, ImageInput, on_images
from lime.domains.image.noise import move_image
from lime.domains.image.pixels import read_image, refuse_volume
from lime.domains.image.segmentation import find_segments
from lime.domains.labels import UNSAID, keep_labels
from lime.domains.pipeline import KnownPredictions
from lime.domains.protocols import InterpretableInput, Model, Samples
from lime.domains.settings import CLASSIC, ExplainSettings
from lime.engine import masks
from lime.engine.inspection import is_whole
from lime.engine.kernels import Kernel
from lime.engine.registry import Sampler, Selector
from lime.engine.selection import check_method
from lime.engine.stopping import Auto
from lime.models.calling import Predict
from lime.models.predictions import as_classes, read_predictions
from lime.models.requests import drive
from lime.results.image import ImageExplanation

DESIGNS = ("auto", "balanced", "gaussian", CLASSIC)
Callback = Callable[[int, int], object]

DEFAULT_BATCH = 10

IMAGES_TOGETHER = 8
"""Images that are explained side by side, so that what is left of them shares the model's batches."""


class LimeImageExplainer(Explainer):
    """Explains predictions on images.

    Draws hide about half of an image's segments each; the model is asked about what is left to see; and a linear
    surrogate is fitted to its answers, weighted by proximity (Ribeiro et al. 2016).

    Parameters
    ----------
    kernel_width : float or "auto"
        Width of the kernel in units of distance. ``'auto'`` chooses it for each image from the answers to the draws
        (see `lime.engine.widths`), and so moves the quantity that is estimated.
    kernel : callable, optional
        ``kernel(distances, kernel_width)`` -> weights; `lime.engine.kernels.exponential_kernel` when None.
    verbose : bool
        Whether to print the surrogate's and the model's values at the image.
    feature_selection : {"auto", "forward_selection", "lasso_path", "highest_weights", "none"} or callable
        ``'auto'`` is forward selection up to 6 features and the highest weights above.
    random_state : int, RandomState or None
        With an int every call is a pure function of seed, image and settings. A RandomState is advanced by each
        call. None takes numpy's global state, so that ``numpy.random.seed`` has its effect.
    mode : {"classification", "regression"}
        What the model does: give probabilities of classes, or values.
    class_names : sequence of str, optional
        Names of the classes in the order of the model's columns; the model's own ``classes_`` when None.

    Raises
    ------
    ValueError
        If an argument is not what is described here; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from lime import LimeImageExplainer
    >>> def brightness_of_the_left_half(images):
    ...     p = images[:, :, :8].mean(axis=(1, 2, 3))
    ...     return np.column_stack([1 - p, p])
    >>> image = np.ones((16, 16, 3))
    >>> explanation = LimeImageExplainer(random_state=0).explain_instance(
    ...     image, brightness_of_the_left_half, labels=(1,), top_labels=None, hide_color=0,
    ...     segmentation_fn=np.arange(16) // 8 * np.ones((16, 1), dtype=int), progress_bar=False)
    >>> [(segment, round(float(weight), 3) + 0) for segment, weight in explanation.local_exp[1]]
    [(0, 1.0), (1, 0.0)]
    """

    instance_dimensions = (2, 3)
    _model_argument = "classifier_fn"
    _default_samples = DEFAULT_SAMPLES
    _samplers = DESIGNS
    _what = "images"
    _side_by_side = IMAGES_TOGETHER
    _usual_top = 5

    def __init__(
        self,
        kernel_width: float | str = 0.25,
        kernel: Kernel | None = None,
        verbose: bool = False,
        feature_selection: str | Selector = "auto",
        random_state: int | np.random.RandomState | None = None,
        *,
        mode: str = "classification",
        class_names: Any = None,
    ) -> None:
        self.mode = check_mode(mode)
        check_method(feature_selection)
        self.seed_with(random_state)
        self._weigh_with(kernel, kernel_width, verbose, 0.25)
        self.feature_selection = feature_selection
        self.class_names = check_class_names(class_names)

    @described
    def explain_instance(  # noqa: PLR0917 (as in lime 0.2.0.1)
        self,
        image: Any,
        classifier_fn: Any,
        labels: Any = UNSAID,
        hide_color: Any = None,
        top_labels: int | None = 5,
        num_features: int = 100000,
        num_samples: int | str | Auto = DEFAULT_SAMPLES,
        batch_size: int = DEFAULT_BATCH,
        segmentation_fn: Any = None,
        distance_metric: str | Callable[..., float] = "cosine",
        model_regressor: Any = None,
        random_seed: int | None = None,
        progress_bar: bool = True,
        *,
        channel_axis: int | None = None,
        sampling_method: str | Sampler | None = None,
        callback: Callback | None = None,
        anchored: bool = False,
        target: Any = None,
        surrogate: str = "linear",
        estimator: str | None = None,
        link: str | None = None,
    ) -> ImageExplanation:
        """Explain the model's prediction for one image.

        Parameters
        ----------
        image : array or tensor, shape (height, width), (height, width, channels) or (channels, height, width)
            Of any numeric type and range, and any number of channels.
        classifier_fn : callable or model
            Takes a batch of images of just the shape, type and range of `image`, with the batch first, as an array,
            or as a tensor on its device where `image` is one; returns probabilities of shape (n, k), or values of
            shape (n,) or (n, k) in regression. Or a model: one with ``predict_proba`` or ``predict``, which gets
            images as flat rows where it was fitted to as many columns as an image has values; or one of those in
            `lime.models.adapters`. What a torch module returns is explained as it is, be it probabilities or logits.
        labels : iterable of int or str
            Classes by position or name, or outputs of a regression with several by position, to explain
            where `top_labels` is None or 0. Positions may count from the end, as Python's do.
        hide_color : None, number, colour, "blur", image or callable
            What is seen of a hidden segment: its mean colour; a number, or one number a channel; the image blurred;
            another image of the same shape; or what ``hide_color(image, segments)`` returns.
        top_labels : int, optional
            Explain the classes with the highest probabilities, this many.
        num_features : int
            Most segments in the explanation.
        num_samples : int, "auto" or Auto
            Images that the model is asked about at most, `image` included. All that there are, without any sampling
            error, where so many show every combination of segments. With ``'auto'`` draws are made in stages until
            the answer is settled (see `Auto`), at most 1000.
        batch_size : int
            Images in one call of the model; memory beside the model's own is that of two such batches.
        segmentation_fn : SegmentationAlgorithm, str, array, list of masks or callable, optional
            How to cut the image: one of ``"quickshift"``, ``"slic"``, ``"felzenszwalb"``, ``"watershed"`` and
            ``"grid"``; a `SegmentationAlgorithm` with parameters; labels of shape (height, width); boolean masks; or
            a function of the image that returns labels or masks. quickshift with kernel_size=4, max_dist=200 and
            ratio=0.2 when None. See `lime.domains.image.segmentation`.
        distance_metric : str or callable
            A metric of :func:`sklearn.metrics.pairwise_distances`.
        model_regressor : estimator, optional
            Takes the place of ridge regression; its weights carry no standard errors.
        random_seed : int, optional
            Seed of a segmentation that is given by name, or by default; scikit-image's own when None.
        progress_bar : bool
            Whether to show a bar over the model calls.
        channel_axis : int, optional
            Where the channels of an image of three dimensions are: last in an array and first in a tensor when
            None, but where only the other end has at most four.
        sampling_method : {"auto", "balanced", "gaussian", "classic"} or callable, optional
            How to draw; None is what `lime.set_config` says. ``'auto'`` asks about all masks where `num_samples`
            allows it, and draws balanced blocks otherwise, as ``'balanced'`` always does where they fit;
            ``'gaussian'`` draws each mask by itself. ``'classic'`` gives the numbers of lime 0.2.0.1, whose stream each
            call advances.
        callback : callable, optional
            ``callback(done, total)`` is called after each batch.
        <anchored>
        <target>
        <surrogate>
        <estimator of masks>
        <link>

        Returns
        -------
        ImageExplanation
            Its feature ids are the labels of the segments.

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's prediction is not what is described here.
        """
        settings = {
            "labels": keep_labels(labels),
            "hide_color": hide_color,
            "top_labels": top_labels,
            "num_features": num_features,
            "num_samples": num_samples,
            "batch_size": batch_size,
            "segmentation_fn": segmentation_fn,
            "distance_metric": distance_metric,
            "model_regressor": model_regressor,
            "random_seed": random_seed,
            "progress_bar": progress_bar,
            "channel_axis": channel_axis,
            "sampling_method": sampling_method,
            "callback": callback,
            "anchored": anchored,
            "target": target,
            "surrogate": surrogate,
            "estimator": estimator,
            "link": link,
        }
        exp: ImageExplanation = drive(self._explain_steps(image, classifier_fn, settings))
        return exp

    def interpretable_input(self, instance: Any, settings: ExplainSettings, **of_this_type: Any) -> ImageInput:
        """A picture as the method sees it; see `Explainer.interpretable_input`.

        Parameters
        ----------
        instance : array or tensor
            As for `explain_instance`.
        settings : ExplainSettings
            The checked arguments of the call.
        **of_this_type
            `hide_color`, `segmentation_fn`, `random_seed` and `channel_axis` of `explain_instance`.

        Returns
        -------
        ImageInput
        """
        hide = of_this_type.get("hide_color")
        seed, of_seed = _usable_seed(of_this_type.get("random_seed"))
        picture = read_image(instance, of_this_type.get("channel_axis"))
        if of_this_type.get("segmentation_fn") is None and of_this_type.get("channel_axis") is None:
            refuse_volume(picture)
        if settings.is_classic:
            classic.segmentation_seed(self.random_state, seed)  # for the stream; today's scikit-image lacks it
        segments, notes = find_segments(
            picture, of_this_type.get("segmentation_fn"), seed, as_it_is=settings.is_classic
        )
        ids, codes = np.unique(segments, return_inverse=True)
        codes = codes.ravel()
        floats = picture.values.dtype.kind == "f" and picture.channel_axis in (None, 2)
        if settings.is_classic and hide is None and floats:
            hide = classic.mean_colours

        def new(class_names: list[str] | None) -> ImageExplanation:
            exp = ImageExplanation(
                picture.given,
                segments,
                mode=self.mode,
                class_names=class_names,
                random_state=self.random_state,
                channel_axis=picture.channel_axis,
            )
            exp.warnings.extend([*picture.notes, *notes, *of_seed])
            return exp

        hidden = hidden_image(picture, segments, codes, hide)
        return ImageInput(picture, ids.astype(np.intp), codes, hidden, new, of_this_type.get("hide_color") is None)

    def check_arguments(self, arguments: Mapping[str, Any]) -> ExplainSettings:  # noqa: D102 (inherited)
        callback = arguments.get("callback")
        if callback is not None and not callable(callback):
            raise TypeError(f"callback={callback!r}: expected a callable callback(done, total), or None")
        return super().check_arguments(arguments)

    def _batches(self, batch_size: int | None) -> tuple[int | None, tuple[str, ...]]:
        return images_at_once(batch_size), tuple(_notes_on_batches(batch_size))

    def _in_form_of(self, given: InterpretableInput | None, predict: Predict) -> Predict:
        return on_images(predict, given.picture) if isinstance(given, ImageInput) else predict

    def _overrides_sampling(self) -> bool:
        return getattr(self.data_labels, "__func__", None) is not LimeImageExplainer.data_labels

    def _own_samples(
        self, instance: Any, given: ImageInput, predict_fn: Any, model: Model, settings: ExplainSettings
    ) -> tuple[Samples, KnownPredictions]:
        segments = given.ids[given.codes].reshape(given.picture.size)
        data, labels = self.data_labels(
            given.picture.values,
            given.hidden,
            segments,
            predict_fn,
            settings.num_samples,
            batch_size=model.batch_size or DEFAULT_BATCH,
        )
        predictions = as_classes(read_predictions(labels, len(data), model.argument), model.mode, model.argument)
        drawn = masks.Masks(np.asarray(data)[1:] > 0, np.ones(len(data) - 1))
        samples = given.samples_of(drawn, settings.sampling())
        return samples, KnownPredictions(predictions[0], predictions[1:], len(data))

    def _settings_of_own(self, settings: ExplainSettings) -> ExplainSettings:
        return settings

    def data_labels(  # noqa: PLR0917 (as in lime 0.2.0.1)
        self,
        image: Any,
        fudged_image: Any,
        segments: Any,
        classifier_fn: Any,
        num_samples: int,
        batch_size: int = 10,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Draw a neighbourhood as lime 0.2.0.1 did, and ask the model about it.

        Parameters
        ----------
        image, fudged_image : array or tensor
            The image, and the one that hidden segments are taken from.
        segments : array of int, shape (height, width)
            Labels of any values.
        classifier_fn : callable or model
            As for `explain_instance`.
        num_samples : int
            Images that the model is asked about, `image` included, at least 1.
        batch_size : int
            Most images in one call of the model.

        Returns
        -------
        data : ndarray of int, shape (num_samples, d)
            1 where a segment is shown; segments in the order of their labels. The first row is the image itself.
        labels : ndarray of float, shape (num_samples, k)
            The model's predictions.

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's prediction is not what is described here.
        """
        picture = read_image(image)
        labels, _ = find_segments(picture, np.asarray(segments))
        ids, codes = np.unique(labels, return_inverse=True)
        count = check_count("num_samples", num_samples, least=1)
        data = self.random_state.randint(0, 2, count * len(ids)).reshape(count, len(ids))
        data[0] = 1
        hidden = hidden_image(picture, labels, codes.ravel(), fudged_image)
        empty = ImageExplanation(image, labels)
        given = ImageInput(picture, ids.astype(np.intp), codes.ravel(), hidden, lambda names: empty)
        model = self._model(classifier_fn, given, {"batch_size": batch_size, "progress_bar": True})
        return data, drive(given.predict_masks(model, data.astype(bool)))[0]

    def typical_instance(self) -> Any:  # noqa: D102 (inherited)
        return np.add.outer(np.linspace(0.0, 1.0, 16), np.zeros((16, 3)))

    def perturb_instance(self, instance: Any, radius: float, rng: np.random.Generator) -> Any:
        """The picture with a little noise; see `lime.domains.image.noise.move_image`.

        Parameters
        ----------
        instance : array or tensor
            As for `explain_instance`.
        radius : float
            How much noise.
        rng : numpy.random.Generator
            Where its random numbers come from.

        Returns
        -------
        array or tensor
            In the form of `instance`.
        """
        return move_image(read_image(instance), radius, rng)  # noise goes over all of it: nothing is cut

    def _ablation_settings(self, explanation: Any, baseline: Any) -> tuple[dict[str, Any], Any]:
        own = {"segmentation_fn": explanation.segments}
        return (own if baseline is None else {**own, "hide_color": baseline}), None

    def held_fixed(self, instance: Any, settings: dict[str, Any]) -> dict[str, Any]:  # noqa: D102 (inherited)
        # The instance's own segments: those of a picture nearby may be others.
        picture = read_image(instance, settings.get("channel_axis"))
        return {
            "segmentation_fn": find_segments(
                picture, settings.get("segmentation_fn"), _usable_seed(settings.get("random_seed"))[0]
            )[0]
        }


def images_at_once(batch_size: Any) -> int | None:
    """Most images in one call of the model; None, all of them, where 0.2.0.1 found no batch of this size.

    It counted images until they were as many, which they never are where `batch_size` is no positive whole number.
    """
    usable = is_whole(batch_size) or (isinstance(batch_size, float | bool) and float(batch_size).is_integer())
    return int(batch_size) if usable and batch_size >= 1 else None


def _notes_on_batches(batch_size: Any) -> list[str]:
    if batch_size is None or images_at_once(batch_size) is not None:
        return []
    return [f"batch_size={batch_size!r} is no positive whole number: the model was given all images at once."]


def _usable_seed(random_seed: Any) -> tuple[int | None, list[str]]:
    """The seed of a segmentation, None and a note where it cannot be one."""
    if random_seed is None or (isinstance(random_seed, int | np.integer) and 0 <= random_seed < 2**31):
        return None if random_seed is None else int(random_seed), []
    note = f"random_seed={random_seed!r} has no effect: expected a whole number from 0 to 2^31 - 1, or None."
    return None, [note]
