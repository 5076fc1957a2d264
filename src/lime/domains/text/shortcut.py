"""The exact short-cut through a vectorizer: token counts of all perturbed texts by one sparse product."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.pipeline import Pipeline

from lime.domains.text.units import Units
from lime.models.calling import Predict

METHODS = ("predict_proba", "predict", "decision_function")
TOKEN_PATTERNS = (r"(?u)\b\w\w+\b", r"(?u)\b\w+\b", r"\b\w\w+\b", r"\b\w+\b", r"\w+", r"\w\w+")
"""Patterns whose tokens are runs of word characters: no token can reach over anything else."""

WORTH_IT = 256
"""Fewest different texts for which it pays to look for the short-cut and to check it."""

CHECKED = 16
"""Masks on which the short-cut is compared with the pipeline before its answers are used."""

_WORD_CHARACTER = re.compile(r"\w")


@dataclass(frozen=True)
class Shortcut:
    """The steps of a pipeline after its vectorizer, and the vectorizer's output for masks.

    Attributes
    ----------
    predict : callable
        The remaining steps, from counts to answers.
    counts : callable
        Masks of shape (n, m) to what the vectorizer gives for their texts, a sparse matrix of shape (n, vocabulary).
    """

    predict: Predict
    counts: Callable[[NDArray[np.bool_]], Any]


def find_shortcut(predict: Any, indexed: Units, units: NDArray[np.intp], asked: int) -> Shortcut | None:
    """The short-cut for a model and a text; None where there is none. Its answers are to be checked; see `agree`.

    Parameters
    ----------
    predict : callable
        What the model is asked by; a method of a `Pipeline` that starts with a vectorizer is looked for.
    indexed : Units
        The text.
    units : ndarray of int, shape (m,)
        Units that may be removed.
    asked : int
        Number of different masks that the model is to be asked about.
    """
    if asked < WORTH_IT or not len(units):
        return None
    pipeline: Any = getattr(predict, "__self__", None)
    method = getattr(predict, "__name__", "")
    if type(pipeline) is not Pipeline or method not in METHODS or len(pipeline.steps) < 2:
        return None
    vectorizer = pipeline.steps[0][1]
    if not _reads_single_words(vectorizer) or not _keeps_words_apart(indexed, units):
        return None
    return Shortcut(getattr(pipeline[1:], method), _counter(vectorizer, indexed, units))


def agree(direct: NDArray[np.float64], quick: NDArray[np.float64]) -> bool:
    """Whether the pipeline's answers and the short-cut's are the same but for rounding."""
    return direct.shape == quick.shape and np.allclose(direct, quick, 1e-9, 1e-9)


def _reads_single_words(vectorizer: Any) -> bool:
    return (
        type(vectorizer) in (CountVectorizer, TfidfVectorizer, HashingVectorizer)
        and vectorizer.analyzer == "word"
        and vectorizer.ngram_range == (1, 1)
        and vectorizer.tokenizer is None
        and vectorizer.preprocessor is None
        and vectorizer.input == "content"
        # Counts of hashed words may cancel, and a binary vectorizer takes what is left of them for a 1.
        and not (isinstance(vectorizer, HashingVectorizer) and vectorizer.binary)
        and vectorizer.token_pattern in TOKEN_PATTERNS
    )


def _keeps_words_apart(indexed: Units, units: NDArray[np.intp]) -> bool:
    """Whether something that is no part of a word stands on both sides of every removable piece.

    Then no removal joins two words, and the tokens of a text are those of its pieces.
    """
    removable = np.zeros(indexed.num_words() + 1, dtype=bool)
    removable[units] = True
    apart, was_removable = True, False
    for piece, unit in indexed.pieces():
        if not apart and (removable[unit] or was_removable) and not _separates(piece[0]):
            return False
        apart, was_removable = _separates(piece[-1]), bool(removable[unit])
    return True


def _separates(character: str) -> bool:
    return _WORD_CHARACTER.match(character) is None


def _counter(vectorizer: Any, indexed: Units, units: NDArray[np.intp]) -> Callable[[NDArray[np.bool_]], Any]:
    """Masks to the vectorizer's output, by one product with the token counts of the units."""
    fixed, kept, removed = indexed.parts(units)
    plain = copy.copy(vectorizer)
    plain.binary = False
    replaced = removed if any(removed) else []
    if isinstance(vectorizer, HashingVectorizer):
        plain.norm = None
        tokens = plain.transform([fixed, *kept, *replaced])
    else:
        tokens = CountVectorizer.transform(plain, [fixed, *kept, *replaced])
    m = len(units)
    tokens = tokens.tocsr().astype(np.float64)
    base, difference = tokens[:1], tokens[1 : m + 1]
    if replaced:
        gone = tokens[m + 1 :]
        base = sparse.csr_matrix(base + gone.sum(axis=0))
        difference = difference - gone
    by_term = sparse.csr_matrix(sparse.vstack([base, difference]).T)
    finish = _finisher(vectorizer)

    def counts(masks: NDArray[np.bool_]) -> Any:
        n = len(masks)
        # Row 0 is what is always there, row 1 + j the draws that keep unit j.
        keeps = np.ones((m + 1, n), dtype=bool)
        keeps[1:] = masks.T
        starts = np.append(0, np.cumsum(np.count_nonzero(keeps, axis=1)))
        draws = np.flatnonzero(keeps) % n
        selection = sparse.csr_matrix((np.ones(len(draws)), draws, starts), shape=(m + 1, n))
        # Turned from terms to documents, the product comes out in order without being sorted.
        product = (by_term @ selection).T.tocsr()
        product.eliminate_zeros()
        return finish(product)

    return counts


def _finisher(vectorizer: Any) -> Callable[[Any], Any]:
    """What the vectorizer does with token counts."""
    from sklearn.preprocessing import normalize

    weighting: TfidfTransformer | None = None
    if isinstance(vectorizer, TfidfVectorizer):
        weighting = TfidfTransformer(
            norm=vectorizer.norm,
            use_idf=vectorizer.use_idf,
            smooth_idf=vectorizer.smooth_idf,
            sublinear_tf=vectorizer.sublinear_tf,
        )
        if vectorizer.use_idf:
            weighting.idf_ = vectorizer.idf_

    def finish(counts: Any) -> Any:
        if vectorizer.binary:
            counts.data.fill(1.0)
        if weighting is not None:
            return weighting.transform(counts, copy=False) if vectorizer.use_idf else _without_idf(weighting, counts)
        if isinstance(vectorizer, HashingVectorizer) and vectorizer.norm is not None:
            return normalize(counts, norm=vectorizer.norm, copy=False)
        return counts.astype(vectorizer.dtype)

    return finish


def _without_idf(weighting: TfidfTransformer, counts: Any) -> Any:
    return weighting.fit(counts[:1]).transform(counts, copy=False)
