"""`LimeTextExplainer`: explains single predictions of a model on text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import replace
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
from lime.domains.masked import AT_ONCE, MaskedExplainer, design_name, different, explain_draws, explain_in_stages, few
from lime.domains.probe import Probe
from lime.domains.text import classic
from lime.domains.text.kinds import KINDS
from lime.domains.text.mapper import TextDomainMapper
from lime.domains.text.probe import probe_text, shorten_text
from lime.domains.text.shortcut import CHECKED, agree, find_shortcut
from lime.domains.text.units import CHARACTER_MASK, WORD_MASK, IndexedCharacters, IndexedString, Mask, Units
from lime.engine import masks
from lime.engine.base import LimeBase
from lime.engine.kernels import Kernel, distances_to, effective_share, kernel_weights
from lime.engine.law import SizeLaw
from lime.engine.model import Predict, call_model, check_batch_size, coerce_answer
from lime.engine.requests import Request, Steps, answers_to, drive
from lime.engine.selection import check_method
from lime.engine.stopping import Auto, halved_sizes
from lime.results.explanation import Explanation

DEFAULT_SAMPLES = 5000
CLASSIC = "classic"
DESIGNS = ("auto", "pairs", "gaussian", CLASSIC)
DISTANCE_SCALE = 100.0
"""Distances are 100 times the metric's, the unit in which kernel_width=25 is meant."""

NARROW = 0.5
"""Effective share of the draws below which the kernel is made part of the law that is drawn from."""

WORTH_A_SHORTCUT = 256
"""Fewest different texts for which token counts are found in place of documents."""

CHARACTERS_AT_ONCE = 100_000_000
"""Most characters of perturbed texts that are held at a time."""

CELLS_AT_ONCE = 100_000_000
"""Most cells of masks that are turned to token counts at a time."""


class TextExplanation(Explanation):
    """An explanation of a text.

    Attributes
    ----------
    model_path : {"documents", "counts"}
        Whether the model was given perturbed documents, or its steps after a vectorizer their token counts.
    estimators : dict of label -> str
        Which estimator gave a label's weights: ``'plain'`` or one of `lime.engine.assisted`.
    """

    model_path: str = "documents"
    estimators: dict[int, str]


class LimeTextExplainer(MaskedExplainer):
    """Explains predictions on text.

    Around a text, draws remove some of its words; the model is asked about what is left; and a sparse linear
    surrogate is fitted to its answers, weighted by proximity (Ribeiro et al. 2016).

    Parameters
    ----------
    kernel_width : float or "auto"
        Width of the kernel in units of distance, which is 100 times the cosine distance. ``'auto'`` chooses it for
        each text from the answers to the draws (see `lime.engine.widths`), and so moves the quantity that is estimated.
    kernel : callable, optional
        ``kernel(distances, kernel_width)`` -> weights; `lime.engine.kernels.exponential_kernel` when None.
    verbose : bool
        Whether to print the surrogate's and the model's values at the text.
    class_names : sequence of str, optional
        Names of the classes in the order of the model's columns; the model's own ``classes_`` when None.
    feature_selection : {"auto", "forward_selection", "lasso_path", "highest_weights", "none"}
        ``'auto'`` is forward selection up to 6 features and the highest weights above.
    split_expression : str or callable
        A regular expression that matches what stands between words, or a tokenizer that returns tokens or
        offsets: a function, a tokenizer of Hugging Face's, spaCy's ``nlp``.
    bow : bool
        Whether all occurrences of a word are one feature, and leave together; else each occurrence is one, and
        `mask_string` takes its place.
    mask_string : str or callable, optional
        What takes a word's place with ``bow=False``: ``'UNKWORDZ'``, or ``chr(0)`` for characters, when None; ''
        removes it. A callable is given the word and returns what takes its place, whatever `bow` is.
    random_state : int, RandomState or None
        With an int every call is a pure function of seed, text and settings. A RandomState is advanced by each
        call. None takes numpy's global state, so that ``numpy.random.seed`` has its effect.
    char_level : bool
        Whether every character is a unit.
    mode : {"classification", "regression"}
        What the model does: give probabilities of classes, or values.
    unit : {"word", "character", "sentence", "line"}, optional
        Units by Unicode's rules in place of `split_expression`: words of any script, with their accents and vowel
        signs; characters as a reader sees them; sentences; lines. No dictionary is used: Chinese words come as single
        characters, Thai ones as letters with their vowel signs. For whole words of such scripts pass a tokenizer as
        `split_expression`.
    stop_words : collection of str, optional
        Units that are never removed, whatever their case.

    Raises
    ------
    ValueError
        If an argument is not what is described here; the message names it.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from lime import LimeTextExplainer
    >>> texts = ["a good film", "a fine good play", "a bad film", "a dull bad play"]
    >>> model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 1, 0, 0])
    >>> explainer = LimeTextExplainer(class_names=["bad", "good"], random_state=0)
    >>> explanation = explainer.explain_instance("a good but dull play", model)
    >>> sorted(word for word, weight in explanation.as_list() if abs(weight) > 0.01)
    ['dull', 'good']
    """

    _instance_dimensions = (0,)

    def __init__(
        self,
        kernel_width: float | str = 25,
        kernel: Kernel | None = None,
        verbose: bool = False,
        class_names: Any = None,
        feature_selection: str = "auto",
        split_expression: Any = r"\W+",
        bow: bool = True,
        mask_string: Mask = None,
        random_state: int | np.random.RandomState | None = None,
        char_level: bool = False,
        *,
        mode: str = "classification",
        unit: str | None = None,
        stop_words: Collection[str] | None = None,
    ) -> None:
        if unit is not None and unit not in KINDS:
            raise ValueError(f"unit={unit!r} is unknown: expected one of {', '.join(map(repr, KINDS))}, or None")
        check_method(feature_selection)
        if isinstance(stop_words, str):
            raise ValueError(f"stop_words={stop_words!r}: expected a collection of words, not one str")
        self._seed_with(random_state)
        self._weigh_with(kernel, kernel_width, verbose, 25.0)
        self.class_names = check_class_names(class_names)
        self.vocabulary = None
        self.feature_selection = feature_selection
        self.bow = bow
        self.mask_string = mask_string
        self.split_expression = split_expression
        self.char_level = char_level
        self.mode = check_mode(mode)
        self.unit = unit
        self.stop_words = stop_words

    def explain_instance(
        self,
        text_instance: Any,
        classifier_fn: Any,
        labels: Iterable[int] | int | None = (1,),
        top_labels: int | None = None,
        num_features: int = 10,
        num_samples: int | str | Auto = DEFAULT_SAMPLES,
        distance_metric: str | Callable[..., float] = "cosine",
        model_regressor: Any = None,
        sampling_method: str | None = None,
        batch_size: int | None = None,
        progress_bar: bool = False,
    ) -> TextExplanation:
        """Explain the model's prediction for one text.

        Parameters
        ----------
        text_instance : str
            The text; a numpy string and a Series or array that holds one text will do.
        classifier_fn : callable or model
            Takes a list of texts, returns probabilities of shape (n, k), or values of shape (n,) or (n, k) in
            regression; or a model with ``predict_proba`` or ``predict``.
        labels : iterable of int
            Classes, or outputs of a regression with several, to explain.
        top_labels : int, optional
            Explain the classes with the highest probabilities instead, this many.
        num_features : int
            Most features in the explanation.
        num_samples : int, "auto" or Auto
            Texts that the model is asked about at most, the instance included. With ``'auto'`` draws are made in
            stages until the answer is settled (see `Auto`), at most 5000.
        distance_metric : str or callable
            A metric of :func:`sklearn.metrics.pairwise_distances`.
        model_regressor : estimator, optional
            Takes the place of ridge regression; its weights carry no standard errors.
        sampling_method : {"auto", "pairs", "gaussian", "classic"}, optional
            How to draw; None is what `lime.set_config` says. ``'auto'`` asks about all masks where `num_samples`
            allows it, draws complementary pairs where it gives eight draws to each unit, and plain draws
            otherwise, which is what ``'gaussian'`` always does. ``'classic'`` gives the numbers of lime 0.2.0.1, whose
            stream each call advances.
        batch_size : int, optional
            Most texts in one call of the model; all in one when None, as long as they are not very long.
        progress_bar : bool
            Whether to show a bar over the model calls.

        Returns
        -------
        TextExplanation

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's answer is not what is described here.
        """
        settings = {
            "labels": keep_labels(labels),
            "top_labels": top_labels,
            "num_features": num_features,
            "num_samples": num_samples,
            "distance_metric": distance_metric,
            "model_regressor": model_regressor,
            "sampling_method": sampling_method,
            "batch_size": batch_size,
            "progress_bar": progress_bar,
        }
        return drive(self._steps(text_instance, classifier_fn, **settings))

    def _steps(
        self,
        text_instance: Any,
        classifier_fn: Any,
        labels: Any,
        top_labels: int | None,
        num_features: int,
        num_samples: int | str | Auto,
        distance_metric: str | Callable[..., float],
        model_regressor: Any,
        sampling_method: str | None,
        batch_size: int | None,
        progress_bar: bool,
    ) -> Steps[TextExplanation]:
        """The steps of `explain_instance`, which wait for the model's answers."""
        count, auto = check_samples(num_samples, DEFAULT_SAMPLES)
        if auto is not None:
            refuse_auto(self.base, model_regressor)
        check_surrogate(self.base, model_regressor)
        kept = check_count("num_features", num_features, least=1)
        elsewhere = self._draws_itself()
        method = CLASSIC if elsewhere else design_name(sampling_method, DESIGNS, "text")
        if auto is not None and method == CLASSIC:
            raise ValueError("num_samples='auto' with sampling_method='classic': expected a number of samples")
        if method == "pairs" and count - 1 < masks.FEWEST_FOR_PAIRS:
            method = "gaussian"
        check_method(self.feature_selection)
        size = check_batch_size(batch_size)
        predict = self._function_of(classifier_fn)
        text = read_text(text_instance)
        indexed = self._index(text)
        units = self._removable(indexed)
        generator = None if method == CLASSIC else self._generator()
        law = self._law(len(units), distance_metric) if len(units) and generator is not None else None
        path = "documents"

        def conclude(
            draws: masks.Masks,
            answer: NDArray[np.float64],
            answers: NDArray[np.float64],
            calls: int,
            looking: Looking | None = None,
        ) -> Steps[TextExplanation]:
            answers, answer = same_outputs(answers, answer)
            wanted, top = resolve_labels(labels, top_labels, answer, self.mode)
            class_names, misnamed = self._names_of_classes(classifier_fn, answer)
            exp = TextExplanation(
                TextDomainMapper(indexed), mode=self.mode, class_names=class_names, random_state=self.random_state
            )
            exp.warnings.extend(misnamed)
            show_answers(exp, answer, answers, wanted, top)
            exp.num_model_calls, exp.num_samples, exp.model_path = calls, count, path
            exp.sampling_method = "enumeration" if draws.exact else "pairs" if draws.groups is not None else "gaussian"
            if method == CLASSIC:
                exp.sampling_method = CLASSIC
            if self.bow and isinstance(self.mask_string, str):
                exp.warnings.append("mask_string has no effect with bow=True: words are removed.")
            if not len(units):
                _nothing_to_explain(exp, text, answer, wanted)
            else:
                neighborhood = Neighborhood(
                    z=draws.z,
                    instance=np.ones(len(units)),
                    far=self._distances(draws.z, distance_metric),
                    groups=draws.groups,
                    answers=answers,
                    answer=answer,
                    reference_samples=DEFAULT_SAMPLES,
                    features=units,
                    design_weights=draws.weights,
                    exact=draws.exact,
                    law=None if draws.exact else law,
                    generator=generator,
                )
                if method == CLASSIC:
                    neighborhood = replace(neighborhood, design_weights=None).instance_first()
                law_of = partial(LimeTextExplainer._law, d=len(units), metric=distance_metric)
                neighborhood, base = self._suit(exp, neighborhood, wanted, kept, law_of)
                exp.estimators = yield from fill(
                    exp, neighborhood, wanted, base, kept, self.feature_selection, model_regressor, looking
                )
            mirror_regression(exp, len(answer))
            return exp

        if elsewhere:
            data, given, _ = self.__data_labels_distances(
                indexed, classifier_fn, count, distance_metric=distance_metric
            )
            answers = coerce_answer(given, len(data), self.mode, "classifier_fn")
            draws = masks.Masks(np.asarray(data)[1:, units] > 0, np.ones(len(data) - 1))
            return (yield from conclude(draws, answers[0], answers[1:], len(data)))

        def ask(z: NDArray[np.bool_]) -> Steps[tuple[NDArray[np.float64], int]]:
            nonlocal path
            answers, calls, path = yield from self._ask(predict, indexed, units, z, size, progress_bar)
            return answers, calls

        if auto is None or few(len(units), count):
            draws = _draw(law, len(units), count, method, generator, self.random_state)
            return (yield from explain_draws(draws, ask, conclude, auto))
        assert generator is not None
        looking = Looking(auto, halved_sizes(len(units), count - 1), units)
        draws = _draw_in_stages(law, len(units), looking.sizes, method, generator, self.random_state)
        return (yield from explain_in_stages(looking, draws, ask, conclude))

    def __data_labels_distances(
        self,
        indexed_string: Any,
        classifier_fn: Any,
        num_samples: int,
        distance_metric: str | Callable[..., float] = "cosine",
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Draw a neighbourhood as lime 0.2.0.1 did, for programs that call or override this method of its class.

        Parameters
        ----------
        indexed_string : IndexedString, IndexedCharacters or the like
        classifier_fn : callable or model
        num_samples : int
        distance_metric : str or callable

        Returns
        -------
        data : ndarray of float, shape (num_samples, d)
            1 where a unit is kept, else 0; the first row is the text itself.
        labels : ndarray of float, shape (num_samples, k)
            The model's answers.
        distances : ndarray of float, shape (num_samples,)
        """
        predict = self._function_of(classifier_fn)
        d = indexed_string.num_words()
        draws = classic.draw(self.random_state, check_count("num_samples", num_samples, least=1), d)
        every = np.concatenate([np.ones((1, d), dtype=bool), draws.z])
        gone = [indexed_string.inverse_removing(np.flatnonzero(~kept)) for kept in draws.z]
        texts = [indexed_string.raw_string(), *gone]
        answers = call_model(
            predict, lambda start, stop: texts[start:stop], len(texts), self.mode, None, "classifier_fn", False, "texts"
        )
        return every.astype(np.float64), answers, self._distances(every, distance_metric)

    def _draws_itself(self) -> bool:
        """Whether a subclass, or whoever has the object, put another function in place of `__data_labels_distances`."""
        mine = LimeTextExplainer.__data_labels_distances
        return getattr(self.__data_labels_distances, "__func__", None) is not mine

    def _probe(
        self,
        instance: Any,
        predict_fn: Any,
        explanation: Explanation,
        baseline: Any,
        batch_size: int | None,
        settings: Mapping[str, Any],
    ) -> Probe:
        return probe_text(self, read_text(instance), predict_fn, baseline, batch_size)

    def _moved(self, instance: Any, radius: float, rng: np.random.Generator) -> Any:
        return shorten_text(self, read_text(instance), radius, rng)

    def _feature_key(self, exp: Explanation, feature: int) -> Hashable:
        """The word itself with ``bow=True``, since ids follow the order in which words come; else its place."""
        return exp.domain_mapper.describe(feature)["name"] if self.bow else feature

    def _has_feature(self, exp: Explanation, key: Hashable) -> bool:
        return not self.bow or key in exp.domain_mapper.indexed_string.inverse_vocab

    def _index(self, text: str) -> Units:
        if self.unit is not None:
            default = CHARACTER_MASK if self.unit == "character" else WORD_MASK
            mask = default if self.mask_string is None else self.mask_string
            return Units(text, KINDS[self.unit](text), self.bow, mask)
        if self.char_level:
            return IndexedCharacters(text, bow=self.bow, mask_string=self.mask_string)
        return IndexedString(text, self.split_expression, bow=self.bow, mask_string=self.mask_string)

    def _removable(self, indexed: Units) -> NDArray[np.intp]:
        """Ids of the units that are not stop words."""
        if not self.stop_words:
            return np.arange(indexed.num_words())
        fixed = {word.casefold() for word in self.stop_words}
        kept = [unit for unit, word in enumerate(indexed.inverse_vocab) if word.casefold() not in fixed]
        return np.asarray(kept, dtype=np.intp)

    def _distances(self, z: NDArray[np.bool_], metric: str | Callable[..., float]) -> NDArray[np.float64]:
        if metric == "cosine":
            return _cosine_distances(np.count_nonzero(z, axis=1), z.shape[1])
        return DISTANCE_SCALE * distances_to(z.astype(np.float64), np.ones(z.shape[1]), metric)

    def _law(self, d: int, metric: str | Callable[..., float]) -> SizeLaw | None:
        """The law of the draws with the kernel's weights, where the distance depends on the size alone."""
        if metric != "cosine" or type(self.base) is not LimeBase:
            return None
        distances = _cosine_distances(np.arange(d, 0, -1) - 1, d)
        return SizeLaw(masks.uniform_sizes(d), np.append(0.0, kernel_weights(self.base.kernel_fn, distances)))

    def _ask(
        self,
        predict: Predict,
        indexed: Units,
        units: NDArray[np.intp],
        every: NDArray[np.bool_],
        batch_size: int | None,
        progress_bar: bool,
    ) -> Steps[tuple[NDArray[np.float64], int, str]]:
        """The model's answers to what masks leave of the text; how many inputs it was given; and of which kind.

        Each different text is asked about once; a short-cut's check asks about a few of them again, and counts.
        """
        first, inverse = different(every)

        def ask(
            function: Predict, inputs: Callable[[int, int], Any], total: int, show: bool
        ) -> Steps[NDArray[np.float64]]:
            together = function is predict and total * len(indexed.raw) * AT_ONCE <= CHARACTERS_AT_ONCE
            key = ("texts", predict, batch_size) if together else None
            request = Request(function, inputs, total, self.mode, batch_size, progress_bar=show, what="texts", key=key)
            return answers_to(request)

        spent = 0
        # Its check asks about some documents twice: with few of them that is more than it saves.
        shortcut = find_shortcut(predict, indexed, units, len(first)) if len(first) >= WORTH_A_SHORTCUT else None
        if shortcut is not None:
            batch_size = min(batch_size or len(first), max(1, CELLS_AT_ONCE // len(units)))
            answers = yield from ask(
                shortcut.predict,
                lambda start, stop: shortcut.counts(every[first[start:stop]]),
                len(first),
                progress_bar,
            )
            # Before the answers are used, the pipeline itself is asked about some of the documents.
            checked = np.linspace(0, len(first) - 1, CHECKED).astype(np.intp)
            documents = indexed.texts(every[first[checked]], units)
            direct = yield from ask(predict, lambda start, stop: documents[start:stop], CHECKED, False)
            spent = len(first) + CHECKED
            if agree(direct, answers[checked]):
                return answers[inverse], spent, "counts"
        length = max(1, len(indexed.raw))
        if len(first) * length <= CHARACTERS_AT_ONCE:
            texts = indexed.texts(every[first], units)
            place: dict[str, int] = {}
            same = np.array([place.setdefault(one, len(place)) for one in texts], dtype=np.intp)
            distinct = list(place)
            inverse = same[inverse]
            answers = yield from ask(predict, lambda start, stop: distinct[start:stop], len(distinct), progress_bar)
            return answers[inverse], spent + len(distinct), "documents"
        batch_size = min(batch_size or DEFAULT_SAMPLES, max(1, CHARACTERS_AT_ONCE // length))
        answers = yield from ask(
            predict,
            lambda start, stop: indexed.texts(every[first[start:stop]], units),
            len(first),
            progress_bar,
        )
        return answers[inverse], spent + len(first), "documents"


def read_text(text: Any) -> str:
    """The text that a user passed, as a str.

    Raises
    ------
    TypeError
        If it is not one text; bytes are refused, since their encoding is not known.
    """
    if isinstance(text, str):
        return str(text)
    if isinstance(text, bytes | bytearray | np.bytes_):
        raise TypeError("text_instance is bytes: expected a str; decode it, as in text.decode('utf-8')")
    values = text.to_numpy() if hasattr(text, "to_numpy") else text
    if isinstance(values, np.ndarray):
        if values.size == 1 and isinstance(values.item(), str):
            return str(values.item())
        raise TypeError(
            f"text_instance is {_kind(text)} with {values.size} values: expected one text, such as "
            "frame['text'].iloc[0]"
        )
    hint = "; of words, pass ' '.join(words)" if isinstance(text, list | tuple) else ""
    raise TypeError(f"text_instance is {_kind(text)}: expected a str{hint}")


def _kind(thing: Any) -> str:
    return "None" if thing is None else f"an object of type {type(thing).__name__}"


def _cosine_distances(units_kept: NDArray[np.intp], d: int) -> NDArray[np.float64]:
    """100 times the cosine distance of a mask to the all-ones vector; 100 where nothing is kept."""
    result: NDArray[np.float64] = DISTANCE_SCALE * (1.0 - np.sqrt(units_kept / d))
    return result


def _draw(
    law: SizeLaw | None,
    d: int,
    count: int,
    method: str,
    rng: np.random.Generator | None,
    state: np.random.RandomState,
) -> masks.Masks:
    """Draw masks for a text of `d` units; `count` is how many texts may be asked about, the text itself included."""
    if d == 0:
        return masks.Masks(np.empty((0, 0), dtype=bool), np.empty(0), exact=True)
    if rng is None:
        return classic.draw(state, count, d)
    sizes = masks.uniform_sizes(d)
    if method == "auto" and d < 60 and 2**d <= count:
        if d == 1:
            # The law removes the only unit always; both answers together are all that can be known.
            sizes = np.array([0.5, 0.5])
        return masks.enumeration(sizes)
    proposal = sizes
    share = _share(law)
    if method == "pairs" or (method == "auto" and count - 1 >= masks.DRAWS_A_UNIT_FOR_PAIRS * d and share >= NARROW):
        proposal = sizes if law is None else law.probabilities
        return masks.pairs(count - 1, sizes, proposal, rng)
    if law is not None and share < NARROW:
        proposal = law.probabilities
    return masks.plain(count - 1, sizes, proposal, rng)


def _draw_in_stages(
    law: SizeLaw | None,
    d: int,
    sizes: list[int],
    method: str,
    rng: np.random.Generator,
    state: np.random.RandomState,
) -> masks.Masks:
    """Draws of which the first so many, for each of `sizes`, are a sample of their own."""
    if method == "auto":
        method = "pairs" if sizes[0] >= masks.DRAWS_A_UNIT_FOR_PAIRS * d and _share(law) >= NARROW else "gaussian"
    return masks.join([_draw(law, d, more + 1, method, rng, state) for more in np.diff(sizes, prepend=0).tolist()])


def _share(law: SizeLaw | None) -> float:
    return 1.0 if law is None else effective_share(law.kernel[1:])


def _nothing_to_explain(exp: TextExplanation, text: str, answer: NDArray[np.float64], labels: list[int]) -> None:
    """Fill an explanation of a text in which there is no unit to remove."""
    shown = text if len(text) <= 40 else text[:40] + "..."
    exp.warnings.append(f"The text {shown!r} has no unit that could be removed: there is nothing to explain.")
    exp.effective_samples = 1.0
    exp.estimators = {}
    for label in labels:
        value = float(answer[label])
        exp.local_exp[label], exp.standard_errors[label] = [], {}
        exp.intercept[label] = exp.local_preds[label] = exp.model_preds[label] = value
        exp.scores[label], exp.degrees_of_freedom[label] = 1.0, float("inf")
        exp.score, exp.local_pred = 1.0, np.array([value])
