"""Parameters that the `explain_instance` of several data types share, described once."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

__all__ = ["described", "with_parameters"]

Described = TypeVar("Described", bound=Callable[..., Any])

SHARED = {
    "anchored": """\
        anchored : bool
            Whether the surrogate is held to the model's prediction for the instance. Baseline and contributions then
            add up to the prediction; see `Explanation.contributions`.
        """,
    "target": """\
        target : int, str, tuple, "margin" or callable, optional
            What of the predictions is explained, in place of `labels`: a class by name or number; a pair of classes,
            for why the first rather than the second; ``"margin"``, the top class against the runner-up; or a function
            that takes predictions of shape (n, k) and returns n numbers.
        """,
    "surrogate": """\
        surrogate : {"linear", "pairs", "tree", "rules", "auto"}
            What is fitted to the samples: a linear function; one with products of pairs of features, where these help;
            a shallow tree over all classes, shown as it is or as a short list of rules; or the simplest of linear,
            pairs and tree whose fit to samples left out is within one standard error of the best.
        """,
    "representation": """\
        representation : {"bins", "slopes", "curves", "auto"}, optional
            In which features the samples are shown, whatever they were drawn from: bins and categories; numbers, by
            their slopes; numbers with a square beside each, as one contribution a column; or the simplest of these
            whose fit to samples left out is within one standard error of the best. None is the usual one of the
            explainer.
        """,
    "estimator of masks": """\
        estimator : {"auto", "plain", "assisted"}, optional
            Whether a cheap model of the predictions, linear or a sigmoid in the units and their number, takes over
            what it can predict, so that fewer model calls are needed for the same error. It costs next to nothing
            here: all but ``'plain'`` try it, and take it where it predicts what it has not seen.
        """,
    "link": """\
        link : {"identity", "logit"}, optional
            Unit in which probabilities are explained. ``"logit"``: their log-odds, clipped at 13.8 on either side.
            `target` is then made of these.
        """,
}
"""The texts, by the names that stand for them in docstrings, in angle brackets on a line of their own."""


def with_parameters(texts: Mapping[str, str]) -> Callable[[Described], Described]:
    """Return what puts the texts of shared parameters into a docstring, where their names stand in it.

    Parameters
    ----------
    texts : mapping of str to str
        Text of some parameters, by the name that stands for them.

    Returns
    -------
    callable
        A decorator that returns the function it is given.
    """

    def describe(function: Described) -> Described:
        lines = (function.__doc__ or "").split("\n")  # there is none under python -OO
        for place, line in enumerate(lines):
            text = texts.get(line.strip()[1:-1]) if line.strip().startswith("<") else None
            if text is not None:
                indent = line[: len(line) - len(line.lstrip())]
                lines[place] = textwrap.indent(textwrap.dedent(text).rstrip("\n"), indent)
        if function.__doc__:
            function.__doc__ = "\n".join(lines)
        return function

    return describe


described = with_parameters(SHARED)
"""Put `SHARED` into the docstring of an `explain_instance`."""
