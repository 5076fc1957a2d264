"""What data types have in common whose features are units that a sample hides: words, segments of an image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.checks import check_mode
from lime.domains.class_names import check_class_names
from lime.domains.described import described
from lime.domains.explainer import Explainer
from lime.domains.labels import UNSAID, keep_labels
from lime.domains.protocols import Ablation, Model, Predictions, Samples, Sampling
from lime.engine import balanced, masks
from lime.engine.base import LimeBase
from lime.engine.kernels import Kernel, distances_to, kernel_weights
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.memory import room_for_samples
from lime.engine.registry import Sampler, Selector, find_sampler, sampler_label
from lime.engine.selection import check_method
from lime.engine.stopping import FIRST_LOOK, Auto, halved_sizes
from lime.engine.wording import counted
from lime.models.requests import ExplanationCoroutine, drive, predictions_for
from lime.results.explanation import Explanation

UNITS_TO_COUNT = 60
"""Units from which masks are more than a machine's integers can number."""


class MaskedInput:
    """An instance whose features are units that samples hide, each with probability 1/2: an `InterpretableInput`.

    A data type of this kind defines `feature_ids`, `render` and `new_explanation`. Distances are cosine distances
    of masks to the one that hides nothing.

    Attributes
    ----------
    default_samples : int
        Number of samples at which penalties have the size that they had in lime 0.2.0.1.
    distance_scale : float
        What cosine distances are multiplied by, the unit in which the kernel's width is meant.
    what : str
        What the progress bar calls inputs.
    baseline_hint : str
        What a message says of a baseline that was given.
    paired_design : str
        What an explanation calls samples in blocks or pairs.
    most_operations : float
        ``n d^2`` times the number of labels above which a cheap model of the predictions costs more than it is worth.
    """

    default_samples = 1000
    distance_scale = 1.0
    what = "inputs"
    baseline_hint = "for this kind of data; what takes a unit's place is a setting of the explainer"
    paired_design = "balanced"
    most_operations = 2e7

    @property
    def feature_ids(self) -> NDArray[np.intp]:
        """Ids of the units, shape (d,)."""
        raise NotImplementedError(f"{type(self).__name__} must define feature_ids")

    def render(self, kept: NDArray[np.bool_]) -> Any:
        """The model's inputs that masks (n, d) leave of the instance."""
        raise NotImplementedError(f"{type(self).__name__} must define render")

    @property
    def instance(self) -> NDArray[np.float64]:
        """All units are there, shape (d,)."""
        return np.ones(len(self.feature_ids))

    def sample(self, sampling: Sampling) -> Samples:
        """Draw masks; all of them where they are few."""
        d = len(self.feature_ids)
        if d == 0:
            nothing = masks.Masks(np.empty((0, 0), dtype=bool), np.empty(0), exact=True)
            return self.samples_of(nothing, sampling)
        if sampling.size == 0:
            return self.samples_of(masks.Masks(np.empty((0, d), dtype=bool), np.empty(0)), sampling)
        every = sampling.method == "auto" and d < UNITS_TO_COUNT
        with room_for_samples(sampling.size + 1, d, (min(2**d, sampling.size) if every else sampling.size) * d):
            return self._drawn(d, sampling)

    def _drawn(self, d: int, sampling: Sampling) -> Samples:
        at_most = min(sampling.size + 1, FIRST_LOOK) if sampling.in_time else sampling.size + 1
        all_at_once = sampling.method == "auto" and few(d, at_most)
        if sampling.in_stages and not all_at_once:
            stages = halved_sizes(d, sampling.size)
            sizes = np.diff(stages, prepend=0).tolist()
            own = [drawn for size in sizes if (drawn := sampling.own_masks(size, d)) is not None]
            return self.samples_of(masks.join(own) if own else self.draw_stages(d, sizes, sampling), sampling, stages)
        return self.samples_of(sampling.own_masks(sampling.size, d) or self.draw(d, sampling), sampling)

    def draw(self, d: int, sampling: Sampling) -> masks.Masks:
        """Masks of `d` units: folded Hadamard blocks, coins where they are few."""
        rng = self._rng(sampling)
        if sampling.method == "auto" and d < UNITS_TO_COUNT and 2**d <= sampling.size + 1:
            return masks.enumeration(balanced.binomial_sizes(d))
        if sampling.method == "gaussian" or few_for_blocks(d, sampling.size):
            return balanced.coins(sampling.size, d, rng)
        return balanced.blocks(sampling.size, d, rng)

    def draw_stages(self, d: int, sizes: list[int], sampling: Sampling) -> masks.Masks:
        """Masks in stages of some sizes, each a sample of its own."""
        rng = self._rng(sampling)
        # One design for all stages, however short the last of them is.
        plain = sampling.method == "gaussian" or few_for_blocks(d, sizes[0])
        design = balanced.coins if plain else balanced.blocks
        return masks.join([design(size, d, rng) for size in sizes])

    def _rng(self, sampling: Sampling) -> np.random.Generator:
        if sampling.rng is None:
            raise ValueError(
                f"sampling_method={sampling.method!r}: lime 0.2.0.1 did not explain {self.what} of this kind, so there "
                "are no numbers to reproduce; expected 'auto', 'balanced' or 'gaussian'"
            )
        return sampling.rng

    def samples_of(self, drawn: masks.Masks, sampling: Sampling, stages: list[int] | None = None) -> Samples:
        """Masks as samples."""
        design = "enumeration" if drawn.exact else "gaussian" if drawn.groups is None else self.paired_design
        if sampling.is_classic or find_sampler(sampling.method, "masks") is not None:
            design = sampler_label(sampling.method)
        return Samples(
            drawn.z,
            distances=self.distances(drawn.z, sampling.metric),
            replicates=drawn.groups,
            weights=self.design_weights(drawn),
            exact=drawn.exact,
            design=design,
            metric=sampling.metric,
            kinds=different(np.concatenate([np.ones((1, drawn.z.shape[1]), dtype=bool), drawn.z])),
            stages=stages,
        )

    def design_weights(self, drawn: masks.Masks) -> NDArray[np.float64] | None:
        """What each mask stands for; None where all count alike."""
        return drawn.weights if drawn.exact or (drawn.weights != drawn.weights[:1]).any() else None

    def distances(self, z: NDArray[np.bool_], metric: str | Callable[..., float]) -> NDArray[np.float64]:
        """Distances of masks (n, d) from the instance, shape (n,)."""
        return self.distance_scale * mask_distances(z, metric)

    def kept(self, samples: Samples, positions: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Masks at some positions, shape (m, d); position 0 is the instance."""
        z = np.ones((len(positions), samples.z.shape[1]), dtype=bool)
        drawn = positions > 0
        z[drawn] = samples.z[positions[drawn] - 1]
        return z

    def model_inputs(self, samples: Samples, positions: NDArray[np.intp]) -> Any:
        """The model's inputs at some positions, as one batch."""
        return self.render(self.kept(samples, positions))

    def predict(self, model: Model, samples: Samples, positions: NDArray[np.intp]) -> ExplanationCoroutine[Predictions]:
        """Step to the model's predictions for the instance and for samples."""
        return self.predict_masks(model, self.kept(samples, positions))

    def predict_masks(self, model: Model, kept: NDArray[np.bool_]) -> ExplanationCoroutine[Predictions]:
        """Step to the model's predictions for what masks (n, d) leave."""
        request = model.request(lambda start, stop: self.render(kept[start:stop]), len(kept), what=self.what)
        predictions = yield from predictions_for(request)
        return predictions, len(kept)

    @property
    def baseline_description(self) -> str:
        """What takes the place of a hidden unit, in words."""
        return "what hides a unit"

    def interpret(self, instances: Any) -> NDArray[np.float64]:
        """Interpretable features of masked forms of the instance.

        Parameters
        ----------
        instances : array of bool, shape (n, d)
            Which units each of them keeps.

        Returns
        -------
        ndarray of float, shape (n, d)

        Raises
        ------
        ValueError
            If these are no masks of the units.
        """
        kept, d = np.asarray(instances), len(self.feature_ids)
        if kept.ndim != 2 or kept.shape[1] != d:
            raise ValueError(
                f"instances has shape {kept.shape}: expected masks of shape (n, {d}), True where one of the "
                f"{counted(d, 'unit')} is kept"
            )
        return kept.astype(bool).astype(np.float64)

    def ablate(self, model: Model, baseline: Any = None) -> Ablation:
        """The instance as something whose units can be hidden.

        Raises
        ------
        ValueError
            If a baseline is given: what takes a unit's place is a setting of the explainer.
        """
        if baseline is not None:
            raise ValueError(f"baseline={baseline!r}: expected None {self.baseline_hint}")
        return Ablation(
            self.feature_ids,
            self.instance,
            lambda kept: drive(self.predict_masks(model, kept)),
            self.baseline_description,
            self.render,
        )

    def sizes(self, d: int) -> NDArray[np.float64]:
        """Probabilities of hiding 0 .. d units, shape (d + 1,)."""
        return balanced.binomial_sizes(d)

    def size_distribution(self, base: LimeBase, samples: Samples, labels: int) -> MaskSizeDistribution | None:
        """The distribution of the masks with the kernel's weights, where their distance depends on their size alone."""
        d = len(self.feature_ids)
        if len(samples) * d**2 * labels > self.most_operations:
            return None
        return self.sizes_with_kernel(base, samples.metric)

    def sizes_with_kernel(self, base: LimeBase, metric: str | Callable[..., float]) -> MaskSizeDistribution | None:
        """The same, for a metric; None where nothing is known."""
        d = len(self.feature_ids)
        if metric != "cosine" or type(base) is not LimeBase or d == 0:
            return None
        sizes = self.sizes(d)
        possible = np.flatnonzero(sizes)
        kernel = np.zeros(d + 1)
        kernel[possible] = kernel_weights(base.kernel_fn, self.distance_scale * cosine_distances(d - possible, d))
        return MaskSizeDistribution(sizes, kernel)

    def nothing_to_explain(self) -> str:
        """One sentence for an instance without units."""
        return "There is no unit that could be hidden: there is nothing to explain."


class MaskedExplainer(Explainer):
    """An explainer of instances whose features are units that samples hide: derive from it for a data type of your own.

    A derived class defines `interpretable_input`, which reads an instance into a `MaskedInput`.

    Parameters
    ----------
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
        With an int every call is a pure function of seed, instance and settings.
    mode : {"classification", "regression"}
        What the model does: give probabilities of classes, or values.

    Raises
    ------
    ValueError
        If an argument is not what is described here; the message names it.
    """

    _default_samples = MaskedInput.default_samples
    _samplers = ("auto", "balanced", "gaussian")
    _side_by_side = 8

    def __init__(
        self,
        *,
        kernel_width: float | str = 0.25,
        kernel: Kernel | None = None,
        verbose: bool = False,
        class_names: Any = None,
        feature_selection: str | Selector = "auto",
        random_state: int | np.random.RandomState | None = None,
        mode: str = "classification",
    ) -> None:
        self.mode = check_mode(mode)
        self.feature_selection = check_method(feature_selection)
        self.class_names = check_class_names(class_names)
        self.seed_with(random_state)
        self._weigh_with(kernel, kernel_width, verbose, 0.25)

    @described
    def explain_instance(
        self,
        instance: Any,
        predict_fn: Any,
        *,
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
    ) -> Explanation:
        """Explain the model's prediction for one instance.

        Parameters
        ----------
        instance : object
            Whatever `interpretable_input` reads.
        predict_fn : callable or model
            Takes what the input's `render` makes, returns probabilities of shape (n, k), or values of shape (n,) or
            (n, k) in regression; or a model with ``predict_proba`` or ``predict``.
        labels : iterable of int or str
            Classes by position or name, or outputs of a regression with several by position, to explain.
        top_labels : int, optional
            Explain the classes with the highest probabilities instead, this many.
        num_features : int
            Most features in the explanation.
        num_samples : int, "auto" or Auto
            Inputs that the model predicts, the instance included.
        distance_metric : str or callable
            A metric of :func:`sklearn.metrics.pairwise_distances`.
        model_regressor : estimator, optional
            Takes the place of ridge regression; its weights carry no standard errors.
        sampling_method : {"auto", "balanced", "gaussian"} or callable, optional
            How to draw masks; None is what `lime.set_config` says. See `lime.register_sampler` for your own.
        batch_size : int, optional
            Most inputs in one call of the model; all in one when None.
        progress_bar : bool
            Whether to show a bar over the model calls.
        <anchored>
        <target>
        <surrogate>
        <estimator of masks>
        <link>

        Returns
        -------
        Explanation

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's prediction is not what is described here.
        """
        arguments = {
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
        exp: Explanation = drive(self._explain_steps(instance, predict_fn, arguments))
        return exp


def different(z: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of the first of each kind in order of appearance, and for each row its kind.

    Parameters
    ----------
    z : ndarray of bool, shape (n, d)
    """
    place: dict[bytes, int] = {}
    kind = np.array([place.setdefault(row.tobytes(), len(place)) for row in np.packbits(z, axis=1)], dtype=np.intp)
    first = np.full(len(place), -1, dtype=np.intp)
    first[kind[::-1]] = np.arange(len(z))[::-1]
    return first, kind


def few(d: int, count: int) -> bool:
    """Whether all masks of `d` units are so few that nothing is won by asking about some of them."""
    return d < UNITS_TO_COUNT and 2**d <= count // 2


def few_for_blocks(d: int, n: int) -> bool:
    """Whether n samples of `d` units are too few for blocks, or make no two pairs, which errors take."""
    return d > n or n < masks.FEWEST_FOR_PAIRS


def mask_distances(z: NDArray[Any], metric: str | Callable[..., float]) -> NDArray[np.float64]:
    """Distances of masks (n, d) from the one that hides nothing, shape (n,)."""
    if metric == "cosine" and z.dtype == np.bool_:
        return cosine_distances(np.count_nonzero(z, axis=1), z.shape[1])
    return distances_to(z.astype(np.float64), np.ones(z.shape[1]), metric)


def cosine_distances(kept: NDArray[np.intp], d: int) -> NDArray[np.float64]:
    """Cosine distance of a mask to the all-ones vector, by the number of units it keeps; 1 where it keeps none."""
    result: NDArray[np.float64] = 1.0 - np.sqrt(kept / d)
    return result
