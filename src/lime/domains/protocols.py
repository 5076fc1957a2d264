"""What a data type implements, so that one pipeline explains all of them.

An explainer turns an instance into an `InterpretableInput`: what is sampled around it, how a sample becomes an input of
the model, and how its features are called. `lime.domains.pipeline` does the rest. `Ablatable` and `Perturbable` are
what diagnostics ask for; a data type may leave them out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from lime.domains.neighborhood import Alternative
from lime.engine.assisted_product import Helper
from lime.engine.base import LimeBase
from lime.engine.designs import Points, first_samples, rows_of
from lime.engine.known_weights import KnownWeights
from lime.engine.links import IDENTITY
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.masks import Masks
from lime.engine.registry import Sampler, find_sampler, masks_of, points_of
from lime.engine.targets import Target
from lime.models.calling import Predict
from lime.models.requests import ExplanationCoroutine, Request
from lime.results.explanation import Explanation
from lime.results.opening import Members

Predictions = tuple[NDArray[np.float64], int]
"""Predictions (n, k), and how many inputs the model was given for them."""


@dataclass(frozen=True)
class Sampling:
    """How many samples are wanted, and where their random numbers come from.

    Attributes
    ----------
    size : int
        Number of samples, the instance not counted.
    method : str or callable
        The sampler's name, or the sampler itself; ``'auto'`` is the data type's own best.
    rng : Generator or None
        Random numbers; None where `state` is to be used as lime 0.2.0.1 used it.
    state : RandomState
        The explainer's stream of random numbers.
    metric : str or callable
        What distances are measured in.
    in_stages : bool
        Whether the sample is looked at while it grows. Each of its `Samples.stages` must be a sample of its own.
    in_time : bool
        Whether it may have to end early, so that not all of it can come at once.
    with_rows : bool
        Whether `Samples.rows` are wanted, of data that has them.
    """

    size: int
    method: str | Sampler
    rng: np.random.Generator | None
    state: np.random.RandomState
    metric: str | Callable[..., float]
    in_stages: bool = False
    in_time: bool = False
    with_rows: bool = False

    def own_points(self, d: int) -> Points | None:
        """Points of a sampler of the user's own; None where one of ours is wanted."""
        sampler = find_sampler(self.method, "points")
        return None if sampler is None or self.rng is None else points_of(sampler, self.size, d, self.rng)

    def own_masks(self, size: int, d: int) -> Masks | None:
        """Masks of a sampler of the user's own; None where one of ours is wanted."""
        sampler = find_sampler(self.method, "masks")
        return None if sampler is None or self.rng is None else masks_of(sampler, size, d, self.rng)

    @property
    def is_classic(self) -> bool:
        """Whether the numbers of lime 0.2.0.1 are wanted."""
        return self.rng is None


class Assistance(Protocol):
    """What may fit cheap models to samples, so that fewer of the model's predictions are needed."""

    def first(self, rows: NDArray[np.intp]) -> Assistance:
        """That of some of the samples."""

    def helpers(
        self, predictions: NDArray[np.float64], labels: Sequence[int], seconds: float
    ) -> Sequence[Sequence[Helper]] | None:
        """Cheap models of some of the model's outputs; None where they are not worth their time.

        `seconds` is how long the model took to predict the samples, (n, k).
        """


@dataclass(frozen=True)
class Samples:
    """A neighbourhood before the model has seen it. The instance is not among its samples.

    Attributes
    ----------
    z : ndarray of bool or float, shape (n, d)
        Interpretable features.
    distances : ndarray of float, shape (n,), or None
        Distances from the instance; None where `squared_distances` has them.
    squared_distances : ndarray of int, shape (n,), or None
        Squared distances, where these are whole numbers.
    replicates : ndarray of int, shape (n,), or None
        Independent replicates of the design, in order; None where all samples are independent.
    weights : ndarray of float, shape (n,), or None
        What a sample stands for, beside the kernel's weight; None where all count alike.
    exact : bool
        Whether these are all samples that there are, with their probabilities.
    design : str
        The name by which an explanation tells how it was sampled.
    values : object, optional
        What is needed to build the model's inputs, where `z` does not tell.
    kinds : tuple of (ndarray of int, ndarray of int), or None
        Where the same input comes up again: positions of the first of each kind, and the kind of each position, both
        counted with the instance as position 0. None where all differ.
    stages : list of int, or None
        Sizes at which a growing sample is looked at.
    sequences : bool
        Whether the first samples of each replicate are a design of their own, as those of Sobol sequences are; else
        the first samples of the whole are.
    uncorrelated : bool
        Whether the features are sampled independently of each other.
    shared : bool
        Whether other instances have the same samples.
    metric : str or callable
        What the distances are measured in.
    constant : ndarray of bool, shape (d,), or None
        Which features are one and the same everywhere, the training data included.
    prediction_warnings : list of str, or None
        What is suspicious about the model's predictions for them, where that was looked at before.
    alternative : Alternative or None
        Another representation of them, whose fit is told where that of `z` is poor.
    correlated : bool
        Whether the features vary together as they do in the data: penalties are then chosen by leaving out, and
        features whose weights cannot be told apart are named.
    partners : ndarray of int, shape (n,), or None
        Replicate that a sample was made from beside its own, by the same numbers.
    unit_errors : ndarray of float, shape (d,), or None
        Relative standard errors of the features' units, which weights have beside those of the samples.
    known : KnownWeights, optional
        The instance's weights, where these are known without samples.
    rows : ndarray of float, shape (n, d), optional
        The samples as rows of a table, where they are wanted for more than building inputs.
    assistance : Assistance or None
        What may help to estimate the weights.
    cells : mapping of int to ndarray of int, shape (n,), or None
        Of features that stand for several, by id: which of the joint values that are alike a sample has.
    """

    z: NDArray[Any]
    distances: NDArray[np.float64] | None = None
    squared_distances: NDArray[Any] | None = None
    replicates: NDArray[np.intp] | None = None
    weights: NDArray[np.float64] | None = None
    exact: bool = False
    design: str = "gaussian"
    values: Any = None
    kinds: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
    stages: list[int] | None = None
    sequences: bool = False
    uncorrelated: bool = False
    shared: bool = False
    metric: str | Callable[..., float] = "euclidean"
    constant: NDArray[np.bool_] | None = None
    prediction_warnings: list[str] | None = None
    alternative: Alternative | None = None
    correlated: bool = False
    partners: NDArray[np.intp] | None = None
    unit_errors: NDArray[np.float64] | None = None
    known: KnownWeights | None = None
    rows: NDArray[np.float64] | None = None
    assistance: Assistance | None = None
    cells: Mapping[int, NDArray[Any]] | None = None

    def __len__(self) -> int:
        return len(self.z)

    def first(self, size: int) -> tuple[Samples, NDArray[np.intp]]:
        """The first of a growing sample, without what builds inputs, and their positions, from 0.

        Parameters
        ----------
        size : int
            How many.
        """
        rows = first_samples(self.replicates if self.sequences else None, len(self.z), size)
        part: NDArray[np.intp] | slice = rows if self.sequences else slice(size)
        return (
            replace(
                self,
                z=rows_of(self.z, part),
                distances=None if self.distances is None else self.distances[part],
                squared_distances=None if self.squared_distances is None else self.squared_distances[part],
                replicates=None if self.replicates is None else self.replicates[part],
                weights=None if self.weights is None else self.weights[part],
                cells=None if self.cells is None else {one: cells[part] for one, cells in self.cells.items()},
                values=None,
                kinds=None,
                alternative=None,
                rows=None if self.rows is None else self.rows[part],
                assistance=None if self.assistance is None else self.assistance.first(rows),
            ),
            rows,
        )


class InterpretableInput(Protocol):
    """One instance, as the method sees it.

    Attributes
    ----------
    feature_ids : ndarray of int, shape (d,)
        By which the explanation names its features.
    instance : ndarray of float, shape (d,)
        The instance's own interpretable features.
    default_samples : int
        Number of samples at which penalties have the size that they had in lime 0.2.0.1.
    """

    @property
    def feature_ids(self) -> NDArray[np.intp]:
        """Ids of the features."""

    @property
    def instance(self) -> NDArray[np.float64]:
        """The instance's own interpretable features."""

    @property
    def default_samples(self) -> int:
        """Samples at which penalties have their usual size."""

    def sample(self, sampling: Sampling) -> Samples:
        """Draw the neighbourhood."""

    def predict(self, model: Model, samples: Samples, positions: NDArray[np.intp]) -> ExplanationCoroutine[Predictions]:
        """Step to the model's predictions at some positions; position 0 is the instance, i + 1 the i-th sample."""

    def size_distribution(self, base: LimeBase, samples: Samples, labels: int) -> MaskSizeDistribution | None:
        """What is known of masks whose probability depends on their size alone; None where nothing is.

        `labels` is how many there are: knowing helps at a cost that grows with them.
        """

    def new_explanation(self, class_names: list[str] | None) -> Explanation:
        """An empty explanation with names and values, and with what a reader must know of the input itself."""

    def nothing_to_explain(self) -> str:
        """One sentence for an instance without features."""


@runtime_checkable
class Renders(Protocol):
    """An input that makes the model's inputs without asking it: what a part of several inputs needs."""

    def model_inputs(self, samples: Samples, positions: NDArray[np.intp]) -> Any:
        """The model's inputs at some positions; position 0 is the instance, i + 1 the i-th sample."""
        ...


@dataclass(frozen=True)
class Ablation:
    """An instance whose features can be taken away while a model is asked.

    Attributes
    ----------
    features : ndarray of int, shape (m,)
        Ids of the features that can be taken away, as explanations have them.
    changes : ndarray of float, shape (m,)
        By how much an interpretable feature falls when it is taken away: the instance's z less that of what takes
        its place.
    predict : callable
        From masks (n, m) of the features that stay to the model's predictions (n, k), and how many inputs it was
        given.
    baseline_description : str
        What takes the place of a feature, in words.
    inputs : callable, optional
        From the same masks to the model's inputs, for whoever asks about several parts together.
    """

    features: NDArray[np.intp]
    changes: NDArray[np.float64]
    predict: Callable[[NDArray[np.bool_]], Predictions]
    baseline_description: str
    inputs: Callable[[NDArray[np.bool_]], Any] | None = None

    def of_target(self, target: Target) -> Ablation:
        """The same with one number for each mask in place of the model's outputs."""

        def predict(kept: NDArray[np.bool_]) -> Predictions:
            predictions, calls = self.predict(kept)
            return target.values(predictions)[:, None], calls

        return replace(self, predict=predict)

    def predict_each_once(self, kept: NDArray[np.bool_]) -> Predictions:
        """The same, with each different mask asked about once."""
        different, inverse = np.unique(kept, axis=0, return_inverse=True)
        predictions, calls = self.predict(different)
        return predictions[inverse.ravel()], calls


@runtime_checkable
class Interpretable(Protocol):
    """An input that sees other instances by its own features, so that a surrogate can be asked about them."""

    def interpret(self, instances: Any) -> NDArray[np.float64]:
        """Interpretable features of other instances, shape (n, d)."""
        ...


@runtime_checkable
class Numeric(Protocol):
    """An input whose features are numbers by nature, whether or not they are shown in bins."""

    def numbers(self, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Features of samples (n, d) and of the instance as numbers."""
        ...

    def numbers_of_instances(self, instances: Any) -> NDArray[np.float64]:
        """Features of other instances as numbers, shape (n, d)."""
        ...


@runtime_checkable
class Splittable(Protocol):
    """An input that tells in words on which side of a threshold a feature is."""

    def conditions(self, place: int, threshold: float) -> tuple[str, str]:
        """The words for a feature up to a threshold, and above it."""
        ...


@runtime_checkable
class Openable(Protocol):
    """An input of which some features stand for several, whose weights can be asked for."""

    def members(self, samples: Samples) -> dict[int, Members]:
        """What these features consist of, by id, as the samples see it."""
        ...


@runtime_checkable
class Ablatable(Protocol):
    """An input whose features can be taken away: what deletion, insertion and infidelity need."""

    def ablate(self, model: Model, baseline: Any = None) -> Ablation:
        """The input as something whose features can be taken away; None is the data type's own baseline."""


@runtime_checkable
class Perturbable(Protocol):
    """An input that has others nearby: what sensitivity needs."""

    def perturb(self, radius: float, rng: np.random.Generator) -> Any:
        """An instance nearby, drawn at random, as a user would give it; what `radius` means is the data type's."""


@dataclass(frozen=True)
class Model:
    """A model as the pipeline calls it.

    Attributes
    ----------
    predict : callable
        Takes a batch in the form of the data.
    mode : {"classification", "regression"}
    argument : str
        Name of the argument that it came as, for messages.
    names : callable
        ``names(prediction)`` -> names of the classes that a prediction (k,) is about, or None; and sentences where
        those that were given do not fit.
    batch_size : int, optional
        Most inputs in one call.
    progress_bar : bool
    callback : callable, optional
        ``callback(done, total)`` is called after each batch.
    notes : tuple of str
        What a reader must know of how it is called.
    link : str
        In what unit its predictions are; see `lime.engine.links`.
    """

    predict: Predict
    mode: str
    argument: str
    names: Callable[[NDArray[np.float64]], tuple[list[str] | None, list[str]]]
    batch_size: int | None = None
    progress_bar: bool = False
    callback: Callable[[int, int], object] | None = None
    notes: tuple[str, ...] = ()
    link: str = IDENTITY

    def request(self, inputs: Callable[[int, int], Any], total: int, *, what: str = "rows", key: Any = None) -> Request:
        """The request for predictions of some inputs.

        Parameters
        ----------
        inputs : callable
            ``inputs(start, stop)`` gives the batch of the inputs start .. stop - 1, in the model's own form.
        total : int
            How many there are.
        what : str
            What the progress bar calls them.
        key : object, optional
            Requests with equal keys may share batches; see `Request`.
        """
        return Request(
            self.predict,
            inputs,
            total,
            self.mode,
            self.batch_size,
            argument=self.argument,
            progress_bar=self.progress_bar,
            what=what,
            callback=self.callback,
            key=key,
            link=self.link,
        )
