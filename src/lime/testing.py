"""What every explainer must be able to do: `check_explainer` opens each of its doors and says which stay shut.

For authors of explainers of their own data types. Our explainers pass it in the tests of this package.
"""

from __future__ import annotations

import copy
import io
import json
import math
import pickle
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from lime.results.exceptions import LimeError
from lime.results.explanation import Explanation
from lime.results.explanations import Explanations
from lime.trust import deletion, fidelity, insertion, sensitivity

__all__ = ["CheckReport", "CheckResult", "check_explainer"]

PASSED, FAILED, NOT_OFFERED = "passed", "failed", "not offered"

OPTIONAL = frozenset({"deletion", "sensitivity", "save and load"})
"""Doors that an explainer need not have, as long as it says so in one sentence."""

FEW_SAMPLES = 64
"""Samples of an explanation where the caller does not say: enough for every door, cheap for any model."""


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    Attributes
    ----------
    name : str
        The door.
    status : {"passed", "failed", "not offered"}
        An optional door may be refused in one sentence; it counts as not offered then.
    message : str
        What went wrong, or the sentence of the refusal; empty where it passed.
    exception : Exception or None
        What was raised.
    """

    name: str
    status: str
    message: str = ""
    exception: Exception | None = None


@dataclass(frozen=True)
class CheckReport(Sequence[CheckResult]):
    """The results of all checks, in the order in which they ran.

    Attributes
    ----------
    explainer : str
        Name of the explainer's class.
    results : tuple of CheckResult
        One for each door.
    """

    explainer: str
    results: tuple[CheckResult, ...]

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, place: Any) -> Any:
        return self.results[place]

    @property
    def failed(self) -> list[CheckResult]:
        """The checks that failed."""
        return [one for one in self.results if one.status == FAILED]

    @property
    def passed(self) -> bool:
        """Whether none failed."""
        return not self.failed

    def __str__(self) -> str:
        width = max((len(one.name) for one in self.results), default=0)
        lines = [f"{one.name:<{width}}  {one.status}{': ' if one.message else ''}{one.message}" for one in self]
        return "\n".join([f"check_explainer({self.explainer})", *lines])


@dataclass(frozen=True)
class _Subject:
    """What is checked: an explainer with an instance, a model and settings of `explain_instance`."""

    explainer: Any
    instance: Any
    predict_fn: Any
    instances: Sequence[Any]
    settings: Mapping[str, Any]

    def explain(self, **changes: Any) -> Any:
        """Explain the instance."""
        return self.explainer.explain_instance(self.instance, self.predict_fn, **{**self.settings, **changes})


Check = Callable[[_Subject], None]


def check_explainer(
    explainer: Any,
    instance: Any,
    predict_fn: Any,
    *,
    instances: Sequence[Any] | None = None,
    raise_error: bool = True,
    **settings: Any,
) -> CheckReport:
    """Open every door of an explainer, and say which failed.

    Checked are: what `explain_instance` returns, the list, print, page, plot, JSON, frame and pickle of an
    explanation, the same seed asked twice, many rows with one and two workers, a checkpoint, ``num_samples="auto"``,
    stability, fidelity, deletion and insertion, sensitivity, saving and loading, and ``sampling_method="classic"``,
    which is either the same each time or refused in one sentence.

    Parameters
    ----------
    explainer : Explainer
        With an int as `random_state`: what is asked twice must be answered alike.
    instance : object
        One instance, as for `explain_instance`.
    predict_fn : callable or model
        Likewise; it is sent to worker processes, so that it must be possible to pickle it (with cloudpickle).
    instances : sequence, optional
        More instances for many rows; the one instance three times when None.
    raise_error : bool
        Whether to raise an error where a check failed. When False, read it from the report.
    **settings
        Of `explain_instance`; `num_samples` is 64 where it is not given.

    Returns
    -------
    CheckReport
        One result a door; ``print`` it.

    Raises
    ------
    LimeError
        A check failed, and `raise_error` is True; the message lists all that failed.

    Examples
    --------
    >>> import numpy as np
    >>> from lime import LimeTabularExplainer
    >>> from lime.testing import check_explainer
    >>> rows = np.random.default_rng(0).normal(size=(100, 3))
    >>> explainer = LimeTabularExplainer(rows, mode="regression", random_state=0)
    >>> check_explainer(explainer, rows[0], lambda x: x.sum(axis=1)).passed
    True
    """
    chosen = {"num_samples": FEW_SAMPLES, **settings}
    subject = _Subject(explainer, instance, predict_fn, [instance] * 3 if instances is None else instances, chosen)
    results = tuple(_run(name, check, subject) for name, check in CHECKS.items())
    report = CheckReport(type(explainer).__name__, results)
    if raise_error and not report.passed:
        told = "; ".join(f"{one.name}: {one.message}" for one in report.failed)
        raise LimeError(f"{report.explainer} failed {len(report.failed)} of {len(report)} checks: {told}")
    return report


def _run(name: str, check: Check, subject: _Subject) -> CheckResult:
    try:
        with _plots_unseen():
            check(subject)
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        refused = name in OPTIONAL and isinstance(error, NotImplementedError | LimeError) and _is_one_sentence(error)
        return CheckResult(name, NOT_OFFERED if refused else FAILED, message, error)
    return CheckResult(name, PASSED)


@contextmanager
def _plots_unseen() -> Iterator[None]:
    """Draw without a window, and close what a check opened."""
    import matplotlib.pyplot as plt

    before = set(plt.get_fignums())
    with plt.rc_context({"interactive": False}):
        try:
            yield
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)


def _expect(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)


def _is_one_sentence(error: BaseException) -> bool:
    text = str(error).strip()
    return bool(text) and "\n" not in text and len(text) <= 500


def _same(one: Any, other: Any) -> bool:
    return list(one) == list(other) and all(
        [(i, float(w)) for i, w in one[label]] == [(i, float(w)) for i, w in other[label]] for label in one
    )


def _close(one: Any, other: Any) -> bool:
    """Whether weights by label are the same but for rounding: a model may round otherwise in other batches."""
    if list(one) != list(other):
        return False
    for label in one:
        first, second = dict(one[label]), dict(other[label])
        size = max((abs(float(w)) for w in first.values()), default=0.0)
        if first.keys() != second.keys():
            return False
        if any(abs(float(first[i]) - float(second[i])) > 1e-6 * size + 1e-12 for i in first):
            return False
    return True


# ---- one explanation


def _explanation(subject: _Subject) -> None:
    exp = subject.explain()
    _expect(isinstance(exp, Explanation), f"explain_instance returned {type(exp).__name__}: expected an Explanation")
    _expect(bool(exp.explained_labels()), "the explanation has no label")
    for label in exp.explained_labels():
        weights = exp.local_exp[label]
        _expect(all(math.isfinite(float(w)) for _, w in weights), f"label {label!r} has weights that are not finite")
        sizes = [abs(float(w)) for _, w in weights]
        _expect(sizes == sorted(sizes, reverse=True), f"the weights of label {label!r} do not fall in size")
        for name in ("intercept", "scores", "local_preds", "model_preds"):
            _expect(label in getattr(exp, name), f"{name} has no entry for label {label!r}")
    _expect(bool(exp.num_model_calls), "num_model_calls is not set")
    _expect(all(isinstance(one, str) for one in exp.warnings), "warnings holds something that is no str")


def _repeatable(subject: _Subject) -> None:
    first, second = subject.explain(), subject.explain()
    _expect(_same(first.local_exp, second.local_exp), "the same seed gave two explanations")


def _as_list(subject: _Subject) -> None:
    exp = subject.explain()
    pairs = exp.as_list()
    _expect(len(pairs) == len(exp.local_exp[exp.resolve_label()]), "as_list() is shorter or longer than the weights")
    _expect(all(isinstance(name, str) and name for name, _ in pairs), "as_list() has a name that is no str, or empty")
    _expect(all(type(weight) is float for _, weight in pairs), "as_list() has a weight that is no float")
    _expect(all(set(one) >= {"name", "weight"} for one in exp.records()), "records() lacks names or weights")


def _printed(subject: _Subject) -> None:
    exp = subject.explain()
    text = str(exp)
    _expect(bool(text.strip()), "str(exp) is empty")
    with redirect_stdout(io.StringIO()) as out:
        print(exp)
    _expect(out.getvalue().strip() == text.strip(), "print(exp) differs from str(exp)")
    widest = max(len(line) for line in text.splitlines())
    _expect(widest <= 100, f"a line of print(exp) has {widest} characters")


class _Tags(HTMLParser):
    """Counts open elements, and notices scripts."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "input", "col", "source", "wbr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts = 0
        self.words = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        self.scripts += tag == "script"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element."""
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        """Count words."""
        self.words += len(data.split())


def _page(subject: _Subject) -> None:
    exp = subject.explain()
    for what, html in (("as_html()", exp.as_html()), ("_repr_html_()", exp._repr_html_())):
        _expect(isinstance(html, str) and bool(html), f"{what} is empty")
        tags = _Tags()
        tags.feed(html)
        tags.close()
        _expect(not tags.open, f"{what} leaves elements open: {tags.open[:3]}")
        _expect(tags.words > 0, f"{what} shows no word")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        exp.save_to_file(str(path))
        _expect(path.stat().st_size > 0, "save_to_file wrote nothing")


def _plot(subject: _Subject) -> None:
    exp = subject.explain()
    axes = exp.plot()
    figure = exp.as_pyplot_figure()
    _expect(axes is not None and figure is not None, "plot() or as_pyplot_figure() returned None")
    for drawn in (axes.figure, figure):
        drawn.canvas.draw()


def _json(subject: _Subject) -> None:
    exp = subject.explain()
    json.loads(exp.to_json())
    back = type(exp).from_json(exp.to_json())
    _expect(_same(exp.local_exp, back.local_exp), "the weights of from_json(to_json()) differ")
    _expect(back.as_list() == exp.as_list(), "the names of from_json(to_json()) differ")
    _expect(str(back) == str(exp), "from_json(to_json()) prints otherwise")


def _frame(subject: _Subject) -> None:
    exp = subject.explain()
    for label in exp.explained_labels():
        table = exp.to_frame(label=label)
        _expect(len(table) == len(exp.records(label)), "to_frame() has more or fewer rows than records()")


def _copies(subject: _Subject) -> None:
    exp = subject.explain()
    for what, other in (("a pickle", pickle.loads(pickle.dumps(exp))), ("a deep copy", copy.deepcopy(exp))):  # noqa: S301  # our own bytes
        _expect(_same(exp.local_exp, other.local_exp), f"{what} of an explanation differs")
    explainer = pickle.loads(pickle.dumps(subject.explainer))  # noqa: S301  # our own bytes
    again = explainer.explain_instance(subject.instance, subject.predict_fn, **subject.settings)
    _expect(_close(exp.local_exp, again.local_exp), "a pickled explainer gives other numbers")


# ---- many rows


def _many(subject: _Subject, workers: int) -> None:
    # What is recorded goes to workers, however little it is.
    errors = "raise" if workers == 1 else "record"
    exps = subject.explainer.explain_instances(
        subject.instances, subject.predict_fn, n_jobs=workers, errors=errors, **subject.settings
    )
    if exps.errors:
        raise AssertionError(next(iter(exps.errors.values())))
    _expect(isinstance(exps, Explanations), f"explain_instances returned {type(exps).__name__}")
    _expect(len(exps) == len(subject.instances), f"{len(subject.instances)} instances gave {len(exps)} explanations")
    for place, instance in enumerate(subject.instances):
        alone = subject.explainer.explain_instance(instance, subject.predict_fn, **subject.settings)
        _expect(_close(alone.local_exp, exps[place].local_exp), f"instance {place} has other numbers among many")
    _expect(len(exps.to_frame()) > 0, "to_frame() of many is empty")
    _expect(bool(exps.as_html()), "as_html() of many is empty")


def _checkpoint(subject: _Subject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint"
        run = partial(
            subject.explainer.explain_instances,
            subject.instances,
            subject.predict_fn,
            checkpoint=path,
            **subject.settings,
        )
        first, again = run().to_frame(), run().to_frame()
    _expect(first.equals(again), "a checkpoint that is opened again gives other numbers")


# ---- sampling and trust


def _auto(subject: _Subject) -> None:
    exp = subject.explain(num_samples="auto")
    _expect(exp.settled is not None, "num_samples='auto' does not say whether the explanation is settled")
    _expect(bool(exp.stopping), "num_samples='auto' does not say why it stopped")


def _stability(subject: _Subject) -> None:
    report = subject.explainer.stability(subject.instance, subject.predict_fn, repeats=2, **subject.settings)
    _expect(0.0 <= report.vsi <= 1.0, f"the share of common features is {report.vsi!r}: expected 0 to 1")


def _fidelity(subject: _Subject) -> None:
    report = fidelity(subject.explainer, subject.instance, subject.predict_fn, **subject.settings)
    _expect(bool(str(report)), "the report of fidelity prints nothing")


def _deletion(subject: _Subject) -> None:
    for measure in (deletion, insertion):
        report = measure(subject.explainer, subject.instance, subject.predict_fn, random_orders=2, **subject.settings)
        _expect(bool(str(report)), f"the report of {measure.__name__} prints nothing")


def _sensitivity(subject: _Subject) -> None:
    report = sensitivity(subject.explainer, subject.instance, subject.predict_fn, samples=2, **subject.settings)
    _expect(bool(str(report)), "the report of sensitivity prints nothing")


def _save_and_load(subject: _Subject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "explainer.lime"
        subject.explainer.save(path)
        loaded = type(subject.explainer).load(path)
        again = loaded.explain_instance(subject.instance, subject.predict_fn, **subject.settings)
    _expect(_close(subject.explain().local_exp, again.local_exp), "a loaded explainer gives other numbers")


def _classic(subject: _Subject) -> None:
    one, other = copy.deepcopy(subject.explainer), copy.deepcopy(subject.explainer)
    try:
        first = _Subject(one, *_rest(subject)).explain(sampling_method="classic")
    except (ValueError, TypeError, NotImplementedError) as error:
        _expect(_is_one_sentence(error), f"'classic' is not refused in one sentence: {error}")
        return
    second = _Subject(other, *_rest(subject)).explain(sampling_method="classic")
    _expect(_same(first.local_exp, second.local_exp), "'classic' gives two explanations for one seed")


def _rest(subject: _Subject) -> tuple[Any, Any, Sequence[Any], Mapping[str, Any]]:
    return subject.instance, subject.predict_fn, subject.instances, subject.settings


CHECKS: dict[str, Check] = {
    "explanation": _explanation,
    "same seed, same explanation": _repeatable,
    "list": _as_list,
    "print": _printed,
    "page": _page,
    "plot": _plot,
    "JSON": _json,
    "frame": _frame,
    "pickle and copy": _copies,
    "many rows": partial(_many, workers=1),
    "many rows, two workers": partial(_many, workers=2),
    "checkpoint": _checkpoint,
    "auto": _auto,
    "stability": _stability,
    "fidelity": _fidelity,
    "deletion": _deletion,
    "sensitivity": _sensitivity,
    "save and load": _save_and_load,
    "classic": _classic,
}
