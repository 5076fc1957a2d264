"""`LimeTextExplainer`: explains single predictions of a model on text."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.checks import check_count, check_mode
from lime.domains.class_names import check_class_names
from lime.domains.described import described
from lime.domains.explainer import Explainer
from lime.domains.labels import UNSAID, keep_labels
from lime.domains.masked import mask_distances
from lime.domains.pipeline import KnownPredictions
from lime.domains.protocols import Model, Samples
from lime.domains.settings import CLASSIC, ExplainSettings
from lime.domains.text import classic
from lime.domains.text.cutting import is_tokenizer, notes_on_cutting
from lime.domains.text.input import DEFAULT_SAMPLES, DISTANCE_SCALE, TEXTS_TOGETHER, TextExplanation, TextInput
from lime.domains.text.kinds import KINDS
from lime.domains.text.mapper import TextDomainMapper
from lime.domains.text.together import check_groups, check_parts, regroup, told
from lime.domains.text.units import CHARACTER_MASK, WORD_MASK, IndexedCharacters, IndexedString, Mask, Units
from lime.engine import masks
from lime.engine.kernels import Kernel
from lime.engine.registry import Sampler, Selector
from lime.engine.selection import check_method
from lime.engine.stopping import Auto
from lime.models.calling import call_model
from lime.models.predictions import as_classes, read_predictions
from lime.models.requests import drive
from lime.results.explanation import Explanation
from lime.results.gravity import Gravity

DESIGNS = ("auto", "pairs", "gaussian", CLASSIC)


class LimeTextExplainer(Explainer):
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
    feature_selection : {"auto", "forward_selection", "lasso_path", "highest_weights", "none"} or callable
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
    fixed : str, span, pattern, or collection of these, optional
        What is never removed: words or phrases whatever their case, spans ``(start, stop)`` in characters, and
        matches of compiled regular expressions. A span holds what it touches, and no other occurrence of these words.
    features : str, span, pattern, or collection of these, optional
        All that may be removed; the rest is held fixed.
    groups : mapping, optional
        Words that are removed together and have one weight, such as ``{"place": ["New York", "the Bronx"]}``.
        `open_group` takes a group apart.

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

    instance_dimensions = (0,)
    _model_argument = "classifier_fn"
    _default_samples = DEFAULT_SAMPLES
    _samplers = DESIGNS
    _what = "text"
    _side_by_side = TEXTS_TOGETHER

    # Explainers of files that earlier releases wrote have none.
    fixed: list[Any] | None = None
    features: list[Any] | None = None
    groups: dict[str, list[Any]] | None = None

    def __init__(  # noqa: PLR0917 (as in lime 0.2.0.1)
        self,
        kernel_width: float | str = 25,
        kernel: Kernel | None = None,
        verbose: bool = False,
        class_names: Any = None,
        feature_selection: str | Selector = "auto",
        split_expression: Any = r"\W+",
        bow: bool = True,
        mask_string: Mask = None,
        random_state: int | np.random.RandomState | None = None,
        char_level: bool = False,
        *,
        mode: str = "classification",
        unit: str | None = None,
        stop_words: Collection[str] | None = None,
        fixed: Any = None,
        features: Any = None,
        groups: Mapping[str, Any] | None = None,
    ) -> None:
        if fixed is not None and features is not None:
            raise ValueError("fixed and features were both given: expected one of them")
        if features is not None and not check_parts("features", features):
            raise ValueError("features is empty: expected at least one word to explain, or None for all of them")
        if unit is not None and unit not in KINDS:
            raise ValueError(f"unit={unit!r} is unknown: expected one of {', '.join(map(repr, KINDS))}, or None")
        check_method(feature_selection)
        if isinstance(stop_words, str):
            raise ValueError(f"stop_words={stop_words!r}: expected a collection of words, not one str")
        self.seed_with(random_state)
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
        self.fixed = None if fixed is None else check_parts("fixed", fixed)
        self.features = None if features is None else check_parts("features", features)
        self.groups = None if groups is None else check_groups(groups)

    def _repr_settings(self) -> dict[str, Any]:
        return {"more": told(self.fixed, self.features, self.groups)}

    def open_group(self, name: str) -> LimeTextExplainer:
        """The same explainer with a group taken apart: its words have weights of their own.

        Parameters
        ----------
        name : str
            Of the group.

        Returns
        -------
        LimeTextExplainer

        Raises
        ------
        KeyError
            There is no such group.
        """
        if name not in (self.groups or {}):
            raise KeyError(f"{name!r} is no group of this explainer: expected one of {', '.join(self.groups or {})}")
        opened = copy.copy(self)
        opened.groups = {one: parts for one, parts in (self.groups or {}).items() if one != name}
        return opened

    @described
    def explain_instance(  # noqa: PLR0917 (as in lime 0.2.0.1)
        self,
        text_instance: Any,
        classifier_fn: Any,
        labels: Any = UNSAID,
        top_labels: int | None = None,
        num_features: int = 10,
        num_samples: int | str | Auto = DEFAULT_SAMPLES,
        distance_metric: str | Callable[..., float] = "cosine",
        model_regressor: Any = None,
        sampling_method: str | Sampler | None = None,
        batch_size: int | None = None,
        progress_bar: bool = False,
        *,
        anchored: bool = False,
        target: Any = None,
        surrogate: str = "linear",
        estimator: str | None = None,
        link: str | None = None,
    ) -> TextExplanation:
        """Explain the model's prediction for one text.

        Parameters
        ----------
        text_instance : str
            The text; a numpy string and a Series or array that holds one text will do.
        classifier_fn : callable or model
            Takes a list of texts, returns probabilities of shape (n, k), or values of shape (n,) or (n, k) in
            regression; or a model with ``predict_proba`` or ``predict``.
        labels : iterable of int or str
            Classes by position or name, or outputs of a regression with several by position, to explain.
            Positions may count from the end, as Python's do.
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
        sampling_method : {"auto", "pairs", "gaussian", "classic"} or callable, optional
            How to draw; None is what `lime.set_config` says. ``'auto'`` asks about all masks where `num_samples`
            allows it, draws complementary pairs where it gives eight draws to each unit, and plain draws
            otherwise, which is what ``'gaussian'`` always does. ``'classic'`` gives the numbers of lime 0.2.0.1, whose
            stream each call advances.
        batch_size : int, optional
            Most texts in one call of the model; all in one when None, as long as they are not very long.
        progress_bar : bool
            Whether to show a bar over the model calls.
        <anchored>
        <target>
        <surrogate>
        <estimator of masks>
        <link>

        Returns
        -------
        TextExplanation

        Raises
        ------
        TypeError, ValueError
            If an argument or the model's prediction is not what is described here.
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
            "anchored": anchored,
            "target": target,
            "surrogate": surrogate,
            "estimator": estimator,
            "link": link,
        }
        exp: TextExplanation = drive(self._explain_steps(text_instance, classifier_fn, settings))
        return exp

    def interpretable_input(self, instance: Any, settings: ExplainSettings, **of_this_type: Any) -> TextInput:
        """A text as the method sees it; see `Explainer.interpretable_input`.

        Parameters
        ----------
        instance : str
            As for `explain_instance`.
        settings : ExplainSettings
            The checked arguments of the call.
        **of_this_type
            None for texts.

        Returns
        -------
        TextInput
        """
        indexed = self._index(read_text(instance))
        return TextInput(indexed, self._removable(indexed), self.base, self._new_explanation)

    def typical_instance(self) -> Any:  # noqa: D102 (inherited)
        return "One two, two three;\nfour-five 6."

    def _new_explanation(self, mapper: TextDomainMapper, class_names: list[str] | None) -> TextExplanation:
        exp = TextExplanation(mapper, mode=self.mode, class_names=class_names, random_state=self.random_state)
        if self.bow and isinstance(self.mask_string, str):
            exp.add_warning("mask_string has no effect with bow=True: words are removed.", gravity=Gravity.UNSURE)
        exp.warnings.extend(self._notes_on_cutting(mapper.indexed_string))
        return exp

    def _own_samples(
        self, instance: Any, given: TextInput, predict_fn: Any, model: Model, settings: ExplainSettings
    ) -> tuple[Samples, KnownPredictions]:
        data, labels, _ = self.__data_labels_distances(
            given.indexed, predict_fn, settings.num_samples, distance_metric=settings.distance_metric
        )
        predictions = as_classes(read_predictions(labels, len(data), model.argument), model.mode, model.argument)
        drawn = masks.Masks(np.asarray(data)[1:, given.units] > 0, np.ones(len(data) - 1))
        samples = given.samples_of(drawn, self._settings_of_own(settings).sampling())
        return samples, KnownPredictions(predictions[0], predictions[1:], len(data))

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
            The model's predictions.
        distances : ndarray of float, shape (num_samples,)
        """
        predict = self.predict_function(classifier_fn)
        d = indexed_string.num_words()
        draws = classic.draw(self.random_state, check_count("num_samples", num_samples, least=1), d)
        every = np.concatenate([np.ones((1, d), dtype=bool), draws.z])
        gone = [indexed_string.inverse_removing(np.flatnonzero(~kept)) for kept in draws.z]
        texts = [indexed_string.raw_string(), *gone]
        answers = call_model(
            predict,
            lambda start, stop: texts[start:stop],
            len(texts),
            self.mode,
            argument="classifier_fn",
            what="texts",
        )
        return every.astype(np.float64), answers, DISTANCE_SCALE * mask_distances(every, distance_metric)

    def _overrides_sampling(self) -> bool:
        """Whether a subclass, or whoever has the object, put another function in place of `__data_labels_distances`."""
        mine = LimeTextExplainer.__data_labels_distances
        return getattr(self.__data_labels_distances, "__func__", None) is not mine

    def feature_key(self, exp: Explanation, feature: int) -> Hashable:  # noqa: D102 (inherited)
        # With ``bow=True`` the word itself, since ids follow the order in which words come; else its place.
        return exp.domain_mapper.describe(feature)["name"] if self.bow else feature

    def has_feature(self, exp: Explanation, key: Hashable) -> bool:  # noqa: D102 (inherited)
        return not self.bow or key in exp.domain_mapper.indexed_string.inverse_vocab

    def _index(self, text: str) -> Units:
        indexed = self._cut(text)
        if self.fixed is None and self.features is None and not self.groups:
            return indexed
        return regroup(indexed, self.fixed, self.features, self.groups)

    def _cut(self, text: str) -> Units:
        if self.unit is not None:
            default = CHARACTER_MASK if self.unit == "character" else WORD_MASK
            mask = default if self.mask_string is None else self.mask_string
            return Units(text, KINDS[self.unit](text), self.bow, mask)
        if self.char_level:
            return IndexedCharacters(text, bow=self.bow, mask_string=self.mask_string)
        return IndexedString(text, self.split_expression, bow=self.bow, mask_string=self.mask_string)

    def _notes_on_cutting(self, indexed: Units) -> list[str]:
        """What a reader must know of how `split_expression` cuts this text, where it is a regular expression."""
        if self.unit is not None or self.char_level or is_tokenizer(self.split_expression):
            return []
        return notes_on_cutting(indexed.raw, self.split_expression, indexed.as_list)

    def _removable(self, indexed: Units) -> NDArray[np.intp]:
        """Ids of the units that are not stop words."""
        if not self.stop_words:
            return np.arange(indexed.num_words())
        fixed = {word.casefold() for word in self.stop_words}
        kept = [unit for unit, word in enumerate(indexed.inverse_vocab) if word.casefold() not in fixed]
        return np.asarray(kept, dtype=np.intp)


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
