"""An instance of several parts as the method sees it.

Each part is drawn around its own, in the way of its own explainer and weighted by that one's kernel, independently of
the others. A weight is then what the part's explainer would find if all the others varied behind the model's back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.masked import UNITS_TO_COUNT, MaskedInput, different
from lime.domains.multi.batches import joined
from lime.domains.protocols import Ablatable, Ablation, Model, Predictions, Samples, Sampling
from lime.engine import masks
from lime.engine.base import LimeBase
from lime.engine.kernels import kernel_weights
from lime.engine.mask_sizes import MaskSizeDistribution
from lime.engine.stopping import halved_sizes
from lime.models.requests import ExplanationCoroutine, drive, predictions_for
from lime.results.multi import MultiInputExplanation

DEFAULT_SAMPLES = 5000

EVEN = 1e-12
"""How near to 0 and 1 uniform numbers come."""


@dataclass(frozen=True)
class Part:
    """One part of an instance.

    Attributes
    ----------
    given : Any
        The part as its explainer sees it: an `InterpretableInput` that makes the model's inputs (`model_inputs`).
    base : LimeBase
        Its explainer's, whose kernel weights it.
    metric : str or callable
        What its distances are measured in.
    start : int
        The id of its feature 0.
    """

    given: Any
    base: LimeBase
    metric: Any
    start: int

    @property
    def width(self) -> int:
        """How many features it has."""
        return len(self.given.feature_ids)

    @property
    def sizes(self) -> MaskSizeDistribution | None:
        """The law of its masks with the kernel, where their size alone matters.

        A text alone loses a word in every sample, as it would be the instance otherwise. Here another part may have
        changed, so that a text stays whole as often as it loses one word.
        """
        known = self.given.sizes_with_kernel(self.base, self.metric) if isinstance(self.given, MaskedInput) else None
        if known is None or known.draws[0] > 0.0:
            return known
        draws, kernel = known.draws.copy(), known.kernel.copy()
        draws[0], kernel[:1] = draws[1], kernel_weights(self.base.kernel_fn, np.zeros(1))
        return MaskSizeDistribution(draws / draws.sum(), kernel)

    def sample(self, size: int, state: np.random.RandomState, rng: np.random.Generator) -> Samples:
        """Independent samples of the part, in any order; what they stand for is in their weights."""
        if not self.width:
            return Samples(np.ones((size, 0), dtype=bool), np.zeros(size), weights=np.ones(size))
        known = self.sizes
        if known is not None:
            drawn = masks.plain(size, known.probabilities, known.probabilities, rng)
            z = drawn.z[rng.permutation(size)]
            return Samples(z, np.zeros(size), weights=np.ones(size))
        # A function of its own, so that nobody takes samples of other random numbers for these.
        method: Any = partial(_uniform) if not isinstance(self.given, MaskedInput) else "gaussian"
        found: Samples = self.given.sample(Sampling(size, method, rng, state, self.metric))
        weights = kernel_weights(self.base.kernel_fn, _distances(found))
        weights = weights if found.weights is None else weights * found.weights
        if len(found) == size and not found.exact:
            at = rng.permutation(size)
            return _at(found, at, weights[at])
        return _at(found, rng.choice(len(found), size, p=weights / weights.sum()), np.ones(size))


@dataclass(frozen=True)
class MultiInput:
    """An instance of several parts: an `InterpretableInput`.

    Attributes
    ----------
    parts : mapping of str to Part
        In the order of the explainer's.
    missing : tuple of str
        Parts that the instance has not: the model gets None.
    order : tuple of str
        Names of all parts.
    form : str
        How the model takes instances; see `lime.domains.multi.batches.FORMS`.
    new : callable
        ``new(class_names, explanations)`` makes an empty explanation from those of the parts.
    """

    parts: Mapping[str, Part]
    missing: tuple[str, ...]
    order: tuple[str, ...]
    form: str
    new: Callable[[list[str] | None, dict[str, Any]], MultiInputExplanation]

    default_samples = DEFAULT_SAMPLES

    @property
    def feature_ids(self) -> NDArray[np.intp]:
        """Ids of the features, part by part, shape (d,)."""
        ids = [part.start + part.given.feature_ids for part in self.parts.values()]
        return np.concatenate(ids).astype(np.intp) if ids else np.empty(0, dtype=np.intp)

    @property
    def instance(self) -> NDArray[np.float64]:
        """The parts' own interpretable features, shape (d,)."""
        own = [np.asarray(part.given.instance, dtype=np.float64) for part in self.parts.values()]
        return np.concatenate(own) if own else np.empty(0)

    def sample(self, sampling: Sampling) -> Samples:
        """Draw each part by itself; all masks with their probabilities where these are few."""
        if sampling.rng is None:
            raise ValueError(
                f"sampling_method={sampling.method!r}: lime 0.2.0.1 did not explain several inputs, so there are no "
                "numbers to reproduce; expected 'auto' or 'gaussian'"
            )
        d = len(self.feature_ids)
        laws = [part.sizes for part in self.parts.values()]
        countable = d < UNITS_TO_COUNT and sampling.method == "auto" and all(law is not None for law in laws)
        if countable and d and 2**d <= (sampling.size + 1) // 2:
            return self._every([law for law in laws if law is not None])
        drawn = [part.sample(sampling.size, sampling.state, sampling.rng) for part in self.parts.values()]
        weights = np.ones(sampling.size)
        for one in drawn:
            weights *= np.ones(sampling.size) if one.weights is None else one.weights
        total = weights.sum()
        stages = halved_sizes(d, sampling.size) if sampling.in_stages and d else None
        return self._samples(drawn, weights * (sampling.size / total if total > 0 else 1.0), stages=stages)

    def _every(self, laws: list[MaskSizeDistribution]) -> Samples:
        """All masks of all parts."""
        found = [masks.enumeration(law.probabilities) for law in laws if law.d]
        rows = np.array(list(product(*(range(len(one.z)) for one in found))), dtype=np.intp)
        weights = np.prod([one.weights[rows[:, k]] for k, one in enumerate(found)], axis=0)
        every = iter([Samples(one.z[rows[:, k]]) for k, one in enumerate(found)])
        nothing = Samples(np.ones((len(rows), 0), dtype=bool))
        drawn = [next(every) if law.d else nothing for law in laws]
        return self._samples(drawn, weights / weights.mean(), exact=True)

    def _samples(
        self, drawn: list[Samples], weights: NDArray[np.float64], *, exact: bool = False, stages: Any = None
    ) -> Samples:
        n = len(weights)
        z = np.concatenate([one.z for one in drawn], axis=1) if drawn else np.ones((n, 0), dtype=bool)
        kinds = None
        if z.dtype == np.bool_ and all(isinstance(part.given, MaskedInput) for part in self.parts.values()):
            kinds = different(np.concatenate([np.ones((1, z.shape[1]), dtype=bool), z]))
        return Samples(
            z,
            np.zeros(n),
            weights=weights,
            exact=exact,
            design="enumeration" if exact else "gaussian",
            values=drawn,
            kinds=kinds,
            stages=stages,
        )

    def predict(self, model: Model, samples: Samples, positions: NDArray[np.intp]) -> ExplanationCoroutine[Predictions]:
        """Step to the model's predictions for the instance and for samples."""
        drawn: list[Samples] = samples.values

        def inputs(start: int, stop: int) -> Any:
            at = positions[start:stop]
            found = {
                name: part.given.model_inputs(one, at)
                for (name, part), one in zip(self.parts.items(), drawn, strict=True)
            }
            return self._joined(found, len(at))

        predictions = yield from predictions_for(model.request(inputs, len(positions), what="instances"))
        return predictions, len(positions)

    def _joined(self, batches: Mapping[str, Any], count: int) -> Any:
        whole = {name: batches[name] if name in batches else [None] * count for name in self.order}
        return joined(whole, count, self.form)

    def size_distribution(self, base: LimeBase, samples: Samples, labels: int) -> MaskSizeDistribution | None:
        """None: parts have laws of their own."""
        return None

    def ablate(self, model: Model, baseline: Any = None) -> Ablation:
        """The instance as something whose features can be taken away, each in the way of its part.

        Raises
        ------
        ValueError
            If a baseline is given.
        """
        if baseline is not None:
            raise ValueError(f"baseline={baseline!r}: expected None, as each part has its own")
        found: dict[str, Ablation] = {}
        for name, part in self.parts.items():
            if not isinstance(part.given, Ablatable):
                raise NotImplementedError(f"{type(part.given).__name__} must define ablate to measure deletion")
            found[name] = part.given.ablate(model)
        widths = [len(one.features) for one in found.values()]
        edges = np.cumsum([0, *widths])

        def inputs(kept: NDArray[np.bool_]) -> Any:
            batches = {}
            for k, (name, one) in enumerate(found.items()):
                assert one.inputs is not None
                batches[name] = one.inputs(kept[:, edges[k] : edges[k + 1]])
            return self._joined(batches, len(kept))

        def predict(kept: NDArray[np.bool_]) -> Predictions:
            request = model.request(lambda start, stop: inputs(kept[start:stop]), len(kept), what="instances")
            return drive(predictions_for(request)), len(kept)

        starts = [part.start for part in self.parts.values()]
        features = [start + one.features for start, one in zip(starts, found.values(), strict=True)]
        return Ablation(
            np.concatenate(features),
            np.concatenate([one.changes for one in found.values()]),
            predict,
            " or ".join(dict.fromkeys(one.baseline_description for one in found.values())),
            inputs,
        )

    def new_explanation(self, class_names: list[str] | None) -> MultiInputExplanation:
        """An explanation with the names and values of all parts, each in its own form."""
        exp = self.new(
            class_names, {name: part.given.new_explanation(class_names) for name, part in self.parts.items()}
        )
        for name in self.missing:
            exp.warnings.append(f"The instance has no {name}: the model was given None there, and it has no weight.")
        for name, part in exp.parts.items():
            exp.warnings.extend(f"{name}: {sentence}" for sentence in part.warnings)
        return exp

    def nothing_to_explain(self) -> str:
        """A sentence for an instance of which no part can vary."""
        return "No part of the instance has anything that could vary: there is nothing to explain."


def _distances(samples: Samples) -> NDArray[np.float64]:
    if samples.distances is not None:
        return samples.distances
    assert samples.squared_distances is not None
    return np.sqrt(np.asarray(samples.squared_distances, dtype=np.float64))


def _at(samples: Samples, rows: NDArray[np.intp], weights: NDArray[np.float64]) -> Samples:
    """Some of the samples, with other weights."""
    values = samples.values[rows] if isinstance(samples.values, np.ndarray) else samples.values
    return Samples(samples.z[rows], np.zeros(len(rows)), weights=weights, values=values)


def _uniform(n: int, d: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Independent points of the open unit cube."""
    return rng.uniform(EVEN, 1.0 - EVEN, size=(n, d))
