"""Language models as models of texts: prompts around texts, answers read as labels, outputs scored."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.inspection import is_whole
from lime.engine.wording import counted
from lime.models.remote import is_async

__all__ = ["prompted", "scored", "word_overlap"]

Floats = NDArray[np.float64]

TEXT = "{text}"


def prompted(
    generate: Any,
    labels: Sequence[Any],
    *,
    template: str = TEXT,
    parse: Callable[[str], Any] | None = None,
    repeats: int = 1,
    sampled: bool | None = None,
) -> Any:
    """Make a classifier of texts of a language model that is asked by a prompt.

    Each text takes the place of ``{text}`` in the template, so that the instruction around it is held fixed: an
    explainer of texts sees and changes the text alone.

    Parameters
    ----------
    generate : callable
        ``generate(prompts)`` -> an answer for each of a list of prompts: a text that names a label, the logarithms of
        the labels' probabilities in their order, or a mapping from labels to these. It may be ``async def``.
    labels : sequence
        The classes, in the order of the columns.
    template : str
        The prompt, with ``{text}`` where the text goes. Other braces stay as they are.
    parse : callable, optional
        ``parse(answer)`` -> the label that a text names, or None. When None, the label that comes first in the answer,
        as a word of its own, in small or capital letters.
    repeats : int
        How often each prompt is asked; the probabilities are means over the answers.
    sampled : bool, optional
        Whether answers to one prompt differ. The standard errors then count that noise, and no explanation counts as
        exact. When None, they do where `repeats` is above 1.

    Returns
    -------
    callable
        From texts to probabilities of shape (n, k), with ``classes_``. An answer that names no label counts for none.

    Raises
    ------
    ValueError
        If an argument is not what is described here; the message names it.

    Examples
    --------
    >>> import lime
    >>> def generate(prompts):
    ...     return ["Negative." if "bad" in prompt else "Positive." for prompt in prompts]
    >>> template = "Is this review positive or negative? {text} Answer:"
    >>> predict = lime.prompted(generate, ["negative", "positive"], template=template)
    >>> predict(["a bad film", "a film"]).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    names = tuple(str(label) for label in labels)
    if isinstance(labels, str) or len(names) < 2 or len({name.casefold() for name in names}) < len(names):
        raise ValueError(f"labels={labels!r}: expected two or more different ones")
    if parse is not None and not callable(parse):
        raise ValueError(f"parse={parse!r}: expected a function of an answer, or None")
    reader = LabelReader(names, parse)
    return _model(generate, template, repeats, sampled=sampled, reader=reader)


def scored(score: Any, output: str, *, template: str = TEXT, repeats: int = 1, sampled: bool | None = None) -> Any:
    """Make a regression on texts of a generator's own output: how likely, or how similar, it stays.

    Explain it with ``mode="regression"``: the weights then say which parts of the text the output rests on.

    Parameters
    ----------
    score : callable
        ``score(prompts, output)`` -> a number for each prompt: the logarithm of the output's probability under a local
        model, or the similarity of a new output, such as `word_overlap` makes. It may be ``async def``.
    output : str
        What the generator gave for the whole text.
    template : str
        The prompt, with ``{text}`` where the text goes. Other braces stay as they are.
    repeats : int
        How often each prompt is scored; the means are taken.
    sampled : bool, optional
        Whether scores of one prompt differ; when None, they do where `repeats` is above 1.

    Returns
    -------
    callable
        From texts to scores of shape (n,).

    Raises
    ------
    ValueError
        If an argument is not what is described here; the message names it.

    Examples
    --------
    >>> import lime
    >>> def generate(prompts):
    ...     return ["rain" if "cloud" in prompt else "sun and wind" for prompt in prompts]
    >>> score = lime.word_overlap(generate)
    >>> lime.scored(score, "rain today")(["a cloud", "no sign"]).round(2).tolist()
    [0.67, 0.0]
    """
    if not isinstance(output, str):
        raise ValueError(f"output={output!r}: expected the text that the generator gave")
    kind = _AsyncScoring if is_async(score) else _Scoring
    return _model(kind(score, output), template, repeats, sampled=sampled, reader=None)


def word_overlap(generate: Any) -> Any:
    """Make a score for `scored`: how much of its words a new output shares with the old one.

    Parameters
    ----------
    generate : callable
        ``generate(prompts)`` -> a text for each of a list of prompts. It may be ``async def``.

    Returns
    -------
    callable
        ``score(prompts, output)`` -> from 0 (no word in common) to 1 (the same words): twice the words in common over
        the words of both.
    """
    return _AsyncOverlap(generate) if is_async(generate) else _Overlap(generate)


@dataclass(frozen=True)
class LabelReader:
    """Reads answers as probabilities of labels, and counts those that name none.

    Attributes
    ----------
    labels : tuple of str
    parse : callable or None
    counts : dict
        How many answers were read, and how many of them named no label.
    """

    labels: tuple[str, ...]
    parse: Callable[[str], Any] | None = None
    counts: dict[str, int] = field(default_factory=lambda: {"read": 0, "unread": 0})

    def read(self, answers: Sequence[Any]) -> Floats:
        """Probabilities, shape (n, k); 0 where an answer names no label."""
        found = np.array([self._probabilities(answer) for answer in answers]).reshape(len(answers), len(self.labels))
        self.counts["read"] += len(found)
        self.counts["unread"] += int(np.count_nonzero(found.sum(axis=1) == 0.0))
        return found

    @property
    def notes(self) -> list[str]:
        """What a reader must know of the answers."""
        if not self.counts["unread"]:
            return []
        unread, read = self.counts["unread"], counted(self.counts["read"], "answer")
        return [f"Of {read} of the language model {unread} named none of the labels and count for none: pass parse=."]

    def _probabilities(self, answer: Any) -> Floats:
        if isinstance(answer, str):
            return self._named(answer)
        if isinstance(answer, Mapping):
            known = {str(label).strip().casefold(): value for label, value in answer.items()}
            answer = [known.get(label.casefold(), -math.inf) for label in self.labels]
        logarithms = np.asarray(answer, dtype=np.float64)
        if logarithms.shape != (len(self.labels),):
            raise ValueError(
                f"generate answered {answer!r}: expected a text, a mapping from labels to logarithms of "
                f"probabilities, or {len(self.labels)} of these"
            )
        most = logarithms.max()
        if not np.isfinite(most):
            return np.zeros(len(self.labels))
        shares = np.exp(logarithms - most)
        result: Floats = shares / shares.sum()
        return result

    def _named(self, answer: str) -> Floats:
        label = self._first(answer) if self.parse is None else self.parse(answer)
        found = np.array([label is not None and str(label).casefold() == one.casefold() for one in self.labels], float)
        if label is not None and not found.any():
            raise ValueError(f"parse returned {label!r}: expected one of {', '.join(map(repr, self.labels))}, or None")
        return found

    def _first(self, answer: str) -> str | None:
        """The label that comes first as a word of its own, the longest of those that begin there."""
        places = []
        for label in self.labels:
            match = re.search(rf"(?<!\w){re.escape(label)}(?!\w)", answer, flags=re.IGNORECASE)
            if match is not None:
                places.append((match.start(), -len(label), label))
        return min(places)[2] if places else None


@dataclass(frozen=True)
class _Prompted:
    """A function on texts that asks about each in a prompt.

    Attributes
    ----------
    generate : callable
    template : str
    repeats : int
    is_sampled : bool
        Whether answers to one prompt differ.
    reader : LabelReader or None
        What reads the answers; None where they are numbers.
    """

    generate: Any
    template: str
    repeats: int
    is_sampled: bool
    reader: LabelReader | None

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels."""
        if self.reader is None:
            raise AttributeError("classes_")
        return np.array(self.reader.labels)

    @property
    def notes(self) -> list[str]:
        """What a reader must know of the answers."""
        return [] if self.reader is None else self.reader.notes

    def prompts(self, texts: Sequence[str]) -> list[str]:
        """The prompts of some texts."""
        before, after = self.template.split(TEXT, 1)
        return [f"{before}{text}{after.replace(TEXT, text)}" for text in texts]

    def _mean(self, answers: Sequence[Sequence[Any]], count: int) -> Floats:
        read = _numbers if self.reader is None else self.reader.read
        for one in answers:
            if isinstance(one, str) or len(one) != count:
                raise ValueError(
                    f"generate answered {counted(len(one), 'prompt')} of {count}: expected a list, with one for each"
                )
        result: Floats = np.mean([read(one) for one in answers], axis=0)
        return result


class _Now(_Prompted):
    def __call__(self, texts: Sequence[str]) -> Floats:
        """Predict texts."""
        prompts = self.prompts(texts)
        return self._mean([self.generate(list(prompts)) for _ in range(self.repeats)], len(prompts))


class _Later(_Prompted):
    async def __call__(self, texts: Sequence[str]) -> Floats:
        """Predict texts, to be awaited."""
        prompts = self.prompts(texts)
        return self._mean([await self.generate(list(prompts)) for _ in range(self.repeats)], len(prompts))


def _model(
    generate: Any, template: Any, repeats: Any, *, sampled: bool | None, reader: LabelReader | None
) -> _Prompted:
    asked = getattr(generate, "score", generate)
    if not callable(asked):
        raise ValueError(f"expected a function of a list of prompts, got {asked!r}")
    if not isinstance(template, str) or TEXT not in template:
        raise ValueError(f"template={template!r}: expected a text with {TEXT} in it")
    if not is_whole(repeats) or repeats < 1:
        raise ValueError(f"repeats={repeats!r}: expected a whole number of at least 1")
    kind = _Later if is_async(generate) else _Now
    return kind(generate, template, int(repeats), repeats > 1 if sampled is None else bool(sampled), reader)


def _numbers(answers: Sequence[Any]) -> Floats:
    return np.array([float(answer) for answer in answers])


@dataclass(frozen=True)
class _Scoring:
    score: Any
    output: str

    def __call__(self, prompts: list[str]) -> Any:
        return self.score(prompts, self.output)


@dataclass(frozen=True)
class _AsyncScoring:
    score: Any
    output: str

    async def __call__(self, prompts: list[str]) -> Any:
        return await self.score(prompts, self.output)


@dataclass(frozen=True)
class _Overlap:
    generate: Any

    def __call__(self, prompts: list[str], output: str) -> list[float]:
        return [_shared(one, output) for one in self.generate(prompts)]


@dataclass(frozen=True)
class _AsyncOverlap:
    generate: Any

    async def __call__(self, prompts: list[str], output: str) -> list[float]:
        return [_shared(one, output) for one in await self.generate(prompts)]


def _shared(one: str, other: str) -> float:
    """Twice the words in common over the words of both; 1 where neither has any."""
    words = [Counter(re.findall(r"\w+", text.casefold())) for text in (one, other)]
    total = sum(words[0].values()) + sum(words[1].values())
    return 1.0 if total == 0 else 2.0 * sum((words[0] & words[1]).values()) / total
