"""`LimeImageExplainer`: explains single predictions of a model on images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.base import (
    Looking,
    Neighborhood,
    check_count,
    check_samples,
    check_surrogate,
    fill,
    keep_labels,
    mirror_regression,
    refuse_auto,
    resolve_labels,
    same_outputs,
    show_answers,
)
from lime.domains.class_names import check_class_names
from lime.domains.explainer import check_mode
from lime.domains.image import classic
from lime.domains.image.compose import composer
from lime.domains.image.hiding import hidden_image
from lime.domains.image.pixels import Picture, read_image
from lime.domains.image.probe import move_image
from lime.domains.image.segmentation import find_segments
from lime.domains.masked import MaskedExplainer, design_name, different, explain_draws, explain_in_stages, few
from lime.domains.probe import Probe
from lime.engine import balanced, masks
from lime.engine.adapters import is_out_of_memory
from lime.engine.base import LimeBase
from lime.engine.inspection import is_whole
from lime.engine.kernels import Kernel, distances_to, kernel_weights
from lime.engine.law import SizeLaw
from lime.engine.model import Predict, ask, check_batch_size, coerce_answer
from lime.engine.networks import is_module, is_tensor
from lime.engine.requests import Request, Steps, answers_to, drive
from lime.engine.selection import check_method
from lime.engine.stopping import Auto, halved_sizes
from lime.results.image import ImageExplanation

DEFAULT_SAMPLES = 1000
CLASSIC = "classic"
DESIGNS = ("auto", "balanced", "gaussian", CLASSIC)
Callback = Callable[[int, int], object]

MOST_OPERATIONS = 2e7
"""``n d^2`` times the number of labels above which a cheap model of the answers costs more than it is worth."""


class LimeImageExplainer(MaskedExplainer):
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
    feature_selection : {"auto", "forward_selection", "lasso_path", "highest_weights", "none"}
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

    _instance_dimensions = (2, 3)

    def __init__(
        self,
        kernel_width: float | str = 0.25,
        kernel: Kernel | None = None,
        verbose: bool = False,
        feature_selection: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        *,
        mode: str = "classification",
        class_names: Any = None,
    ) -> None:
        self.mode = check_mode(mode)
        check_method(feature_selection)
        self._seed_with(random_state)
        self._weigh_with(kernel, kernel_width, verbose, 0.25)
        self.feature_selection = feature_selection
        self.class_names = check_class_names(class_names)

    def explain_instance(
        self,
        image: Any,
        classifier_fn: Any,
        labels: Iterable[int] | int | None = (1,),
        hide_color: Any = None,
        top_labels: int | None = 5,
        num_features: int = 100000,
        num_samples: int | str | Auto = DEFAULT_SAMPLES,
        batch_size: int = 10,
        segmentation_fn: Any = None,
        distance_metric: str | Callable[..., float] = "cosine",
        model_regressor: Any = None,
        random_seed: int | None = None,
        progress_bar: bool = True,
        *,
        channel_axis: int | None = None,
        sampling_method: str | None = None,
        callback: Callback | None = None,
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
            `lime.engine.adapters`. What a torch module returns is explained as it is, be it probabilities or logits.
        labels : iterable of int
            Classes, or outputs of a regression with several, to explain where `top_labels` is None or 0.
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
        sampling_method : {"auto", "balanced", "gaussian", "classic"}, optional
            How to draw; None is what `lime.set_config` says. ``'auto'`` asks about all masks where `num_samples`
            allows it, and draws balanced blocks otherwise, as ``'balanced'`` always does where they fit;
            ``'gaussian'`` draws each mask by itself. ``'classic'`` gives the numbers of lime 0.2.0.1, whose stream each
            call advances.
        callback : callable, optional
            ``callback(done, total)`` is called after each batch.

        Returns
        -------
        ImageExplanation
            Its feature ids are the labels of the segments.

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's answer is not what is described here.
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
        }
        return drive(self._steps(image, classifier_fn, **settings))

    def _draws_itself(self) -> bool:
        """Whether a program has put a way of its own to draw and ask in the place of ours."""
        return getattr(self.data_labels, "__func__", None) is not LimeImageExplainer.data_labels

    def _steps(
        self,
        image: Any,
        classifier_fn: Any,
        labels: Any,
        hide_color: Any,
        top_labels: int | None,
        num_features: int,
        num_samples: int | str | Auto,
        batch_size: int,
        segmentation_fn: Any,
        distance_metric: str | Callable[..., float],
        model_regressor: Any,
        random_seed: int | None,
        progress_bar: bool,
        channel_axis: int | None,
        sampling_method: str | None,
        callback: Callback | None,
    ) -> Steps[ImageExplanation]:
        """The steps of `explain_instance`, which wait for the model's answers."""
        count, auto = check_samples(num_samples, DEFAULT_SAMPLES)
        if auto is not None:
            refuse_auto(self.base, model_regressor)
        check_surrogate(self.base, model_regressor)
        kept = check_count("num_features", num_features, least=1)
        method = design_name(sampling_method, DESIGNS, "images")
        check_method(self.feature_selection)
        size = check_batch_size(batch_size)
        if callback is not None and not callable(callback):
            raise TypeError(f"callback={callback!r}: expected a callable callback(done, total), or None")
        if random_seed is not None and not is_whole(random_seed):
            raise ValueError(f"random_seed={random_seed!r}: expected a whole number, or None")
        picture = read_image(image, channel_axis)
        predict = _on_images(self._function_of(classifier_fn), picture)
        if method == CLASSIC:
            classic.segmentation_seed(self.random_state, random_seed)  # for the stream; today's scikit-image lacks it
        segments, notes = find_segments(picture, segmentation_fn, random_seed, as_it_is=method == CLASSIC)
        ids, codes = np.unique(segments, return_inverse=True)
        codes = codes.ravel()
        floats = picture.values.dtype.kind == "f" and picture.channel_axis in (None, 2)
        if method == CLASSIC and hide_color is None and floats:
            hide_color = classic.mean_colours
        hidden = hidden_image(picture, segments, codes, hide_color)
        generator = None if method == CLASSIC else self._generator()

        law = None if generator is None else self._law(len(ids), distance_metric)

        def conclude(
            draws: masks.Masks,
            answer: NDArray[np.float64],
            answers: NDArray[np.float64],
            calls: int,
            looking: Looking | None = None,
        ) -> Steps[ImageExplanation]:
            answers, answer = same_outputs(answers, answer)
            wanted, top = resolve_labels(labels, top_labels, answer, self.mode)
            class_names, misnamed = self._names_of_classes(classifier_fn, answer)
            exp = ImageExplanation(
                picture.given,
                segments,
                mode=self.mode,
                class_names=class_names,
                random_state=self.random_state,
                channel_axis=picture.channel_axis,
            )
            exp.warnings.extend([*picture.notes, *notes, *misnamed, *getattr(predict, "notes", [])])
            show_answers(exp, answer, answers, wanted, top)
            exp.num_model_calls, exp.num_samples = calls, count
            balance = "balanced" if draws.groups is not None else "gaussian"
            exp.sampling_method = CLASSIC if method == CLASSIC else "enumeration" if draws.exact else balance
            cheap = len(answers) * len(ids) ** 2 * len(wanted) <= MOST_OPERATIONS
            neighborhood = Neighborhood(
                z=draws.z,
                instance=np.ones(len(ids)),
                far=_distances(draws.z, distance_metric),
                groups=draws.groups,
                answers=answers,
                answer=answer,
                reference_samples=DEFAULT_SAMPLES,
                features=ids.astype(np.intp),
                design_weights=draws.weights if draws.exact else None,
                uncorrelated=False,
                exact=draws.exact,
                law=law if cheap and not draws.exact else None,
                generator=generator,
            )
            if method == CLASSIC:
                neighborhood = neighborhood.instance_first()
            law_of = partial(LimeImageExplainer._law, d=len(ids), metric=distance_metric)
            neighborhood, base = self._suit(exp, neighborhood, wanted, kept, law_of)
            yield from fill(exp, neighborhood, wanted, base, kept, self.feature_selection, model_regressor, looking)
            mirror_regression(exp, len(answer))
            return exp

        if self._draws_itself():
            # A program draws and asks in its own way.
            law = None
            own = self.data_labels(picture.values, hidden, segments, classifier_fn, count, batch_size=batch_size)
            data, answers = np.asarray(own[0], dtype=np.float64), coerce_answer(own[1], len(own[0]), self.mode)
            own_draws = masks.Masks(data[1:] > 0, np.ones(len(data) - 1))
            return (yield from conclude(own_draws, answers[0], answers[1:], len(data)))

        def ask(z: NDArray[np.bool_]) -> Steps[tuple[NDArray[np.float64], int]]:
            first, kind = different(z)
            answers = yield from _asking(
                predict, picture, hidden, codes, z[first], self.mode, size, progress_bar, callback
            )
            return answers[kind], len(first)

        if generator is None:
            draws = classic.draw(self.random_state, count, len(ids))
            return (yield from explain_draws(draws, ask, conclude, None))
        if auto is None or few(len(ids), count):
            draws = _draw(len(ids), count, method, generator)
            return (yield from explain_draws(draws, ask, conclude, auto))
        looking = Looking(auto, halved_sizes(len(ids), count - 1), ids.astype(np.intp))
        stages = np.diff(looking.sizes, prepend=0).tolist()
        # One design for all stages, however short the last of them is.
        design = balanced.coins if method == "gaussian" or _few_for_blocks(len(ids), stages[0]) else balanced.blocks
        draws = masks.join([design(more, len(ids), generator) for more in stages])
        return (yield from explain_in_stages(looking, draws, ask, conclude))

    def data_labels(
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
            The model's answers.

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's answer is not what is described here.
        """
        picture = read_image(image)
        predict = _on_images(self._function_of(classifier_fn), picture)
        labels, _ = find_segments(picture, np.asarray(segments))
        ids, codes = np.unique(labels, return_inverse=True)
        count = check_count("num_samples", num_samples, least=1)
        data = self.random_state.randint(0, 2, count * len(ids)).reshape(count, len(ids))
        data[0] = 1
        hidden = hidden_image(picture, labels, codes.ravel(), fudged_image)
        size = check_batch_size(batch_size)
        return data, _ask(predict, picture, hidden, codes.ravel(), data.astype(bool), self.mode, size, True)

    def _probe(
        self,
        instance: Any,
        predict_fn: Any,
        explanation: Any,
        baseline: Any,
        batch_size: int | None,
        settings: Mapping[str, Any],
    ) -> Probe:
        picture = read_image(instance, settings.get("channel_axis"))
        predict = _on_images(self._function_of(predict_fn), picture)
        ids, codes = np.unique(explanation.segments, return_inverse=True)
        codes = codes.ravel()
        hide = settings.get("hide_color") if baseline is None else baseline
        hidden = hidden_image(picture, explanation.segments, codes, hide)
        size = check_batch_size(settings.get("batch_size", 10) if batch_size is None else batch_size)

        def ask(kept: NDArray[np.bool_]) -> tuple[NDArray[np.float64], int]:
            return _ask(predict, picture, hidden, codes, kept, self.mode, size, False), len(kept)

        absence = "the segment's mean colour" if hide is None else "what hides a segment"
        return Probe(ids.astype(np.intp), np.ones(len(ids)), ask, absence)

    def _moved(self, instance: Any, radius: float, rng: np.random.Generator) -> Any:
        return move_image(read_image(instance), radius, rng)

    def _held_fixed(self, instance: Any, settings: dict[str, Any]) -> dict[str, Any]:
        """The instance's own segments, since those of a picture nearby may be others."""
        picture = read_image(instance, settings.get("channel_axis"))
        return {
            "segmentation_fn": find_segments(picture, settings.get("segmentation_fn"), settings.get("random_seed"))[0]
        }

    def _law(self, d: int, metric: str | Callable[..., float]) -> SizeLaw | None:
        """The law of the draws with the kernel's weights, where the distance depends on the size alone."""
        if metric != "cosine" or type(self.base) is not LimeBase:
            return None
        distances = _cosine_distances(np.arange(d, -1, -1), d)
        return SizeLaw(balanced.binomial_sizes(d), kernel_weights(self.base.kernel_fn, distances))


def _on_images(predict: Predict, picture: Picture) -> Predict:
    """The model's function on batches of images, where it wants them in another form than they have.

    A model of scikit-learn's that was fitted to rows as long as an image gets rows. One that refuses images of two
    dimensions gets them with three equal channels, as lime 0.2.0.1 gave them to every model.
    """
    owner = getattr(predict, "__self__", predict)
    if getattr(owner, "n_features_in_", None) == picture.values.size:
        return _OnRows(predict)
    if picture.channel_axis is None and not is_tensor(picture.given):
        return _GreyOrColour(predict)
    return predict


@dataclass(frozen=True)
class _OnRows:
    """A model's function on rows of numbers, on batches of images; equal for equal functions."""

    predict: Predict

    def __call__(self, batch: NDArray[Any]) -> Any:
        """Ask the model about one batch."""
        return ask(self.predict, batch.reshape(len(batch), -1))


class _GreyOrColour:
    """A model's function on grey images of two dimensions; whether it takes them as they are, its first answer tells.

    Attributes
    ----------
    notes : list of str
        Says so if it wants three channels.
    """

    def __init__(self, predict: Predict) -> None:
        self._predict = predict
        self._in_colour: bool | None = None
        self._own_notes: list[str] = []

    @property
    def notes(self) -> list[str]:
        return [*self._own_notes, *getattr(self._predict, "notes", [])]

    def __call__(self, batch: NDArray[Any]) -> Any:
        """Ask the model about one batch."""
        if self._in_colour is None:
            try:
                answer = self._predict(batch)
            except Exception as error:
                if is_out_of_memory(error):
                    raise
                try:
                    answer = self._predict(_three_channels(batch))
                except Exception:
                    raise error from None
                self._in_colour = True
                self._own_notes.append(
                    "The model refuses images of two dimensions: it was given the grey image with three equal channels."
                )
                return answer
            self._in_colour = False
            return answer
        return self._predict(_three_channels(batch) if self._in_colour else batch)


def _three_channels(batch: NDArray[Any]) -> NDArray[Any]:
    return np.repeat(batch[..., None], 3, axis=-1)


def _ask(
    predict: Predict,
    picture: Picture,
    hidden: NDArray[Any],
    codes: NDArray[np.intp],
    z: NDArray[np.bool_],
    mode: str,
    batch_size: int | None,
    progress_bar: bool,
    callback: Callback | None = None,
) -> NDArray[np.float64]:
    """The model's answers to the pictures that show what the rows of `z` (n, d) say, shape (n, k)."""
    return drive(_asking(predict, picture, hidden, codes, z, mode, batch_size, progress_bar, callback))


def _asking(
    predict: Predict,
    picture: Picture,
    hidden: NDArray[Any],
    codes: NDArray[np.intp],
    z: NDArray[np.bool_],
    mode: str,
    batch_size: int | None,
    progress_bar: bool,
    callback: Callback | None,
) -> Steps[NDArray[np.float64]]:
    """The steps of `_ask`. Pictures of one form, given as arrays, may share batches."""
    key = None
    if callback is None and not is_tensor(picture.given) and not isinstance(predict, _GreyOrColour):
        key = ("images", predict, picture.values.shape, picture.values.dtype, batch_size)
    with composer(picture, hidden, codes, z, getattr(predict, "device", None)) as made:
        try:
            request = Request(
                predict,
                made.batch,
                len(z),
                mode,
                batch_size,
                progress_bar=progress_bar,
                what="images",
                callback=callback,
                key=key,
            )
            return (yield from answers_to(request))
        except RuntimeError as error:
            is_network = is_module(getattr(predict, "__self__", None))
            if is_network and picture.channel_axis == 2 and not is_tensor(picture.given):
                error.add_note(
                    f"The image of shape {picture.values.shape} was given with its channels last; torch's own layers "
                    "expect them first, as in image.transpose(2, 0, 1)."
                )
            if is_network and picture.values.dtype.kind in "ui":
                error.add_note(
                    f"The image is of type {picture.values.dtype}; torch's own layers expect floats, as in "
                    "image.astype(numpy.float32) / 255."
                )
            raise


def _draw(d: int, count: int, method: str, rng: np.random.Generator) -> masks.Masks:
    """Draw masks of `d` segments; `count` is how many images may be asked about, the image itself included."""
    if method == "auto" and d < 60 and 2**d <= count:
        return masks.enumeration(balanced.binomial_sizes(d))
    if method == "gaussian" or _few_for_blocks(d, count - 1):
        return balanced.coins(count - 1, d, rng)
    return balanced.blocks(count - 1, d, rng)


def _few_for_blocks(d: int, n: int) -> bool:
    """Whether n draws of `d` segments are too few for blocks, or make no two pairs, which errors take."""
    return d > n or n < masks.FEWEST_FOR_PAIRS


def _cosine_distances(kept: NDArray[np.intp], d: int) -> NDArray[np.float64]:
    """Cosine distance of a mask to the all-ones vector, by the number of segments it keeps; 1 where it keeps none."""
    result: NDArray[np.float64] = 1.0 - np.sqrt(kept / d)
    return result


def _distances(z: NDArray[Any], metric: str | Callable[..., float]) -> NDArray[np.float64]:
    if metric == "cosine" and z.dtype == np.bool_:
        return _cosine_distances(np.count_nonzero(z, axis=1), z.shape[1])
    return distances_to(z.astype(np.float64), np.ones(z.shape[1]), metric)
