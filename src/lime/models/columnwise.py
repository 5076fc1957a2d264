"""Pipelines whose steps act column by column: where the columns of their outcome come from, and how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.trees import AFFINE, ANY, RISING, SAME, STEPS, ModelColumns, Unreadable

Write = Callable[[NDArray[np.float64]], Any]
"""From a matrix to rows in the form that a model takes."""

PROBES = 4
"""Rows that tell which columns a function hands on."""

SCALERS = ("StandardScaler", "MaxAbsScaler", "RobustScaler", "MinMaxScaler")
RISE = ("PowerTransformer", "QuantileTransformer", "Binarizer")
RISING_FUNCTIONS = (
    np.log,
    np.log2,
    np.log10,
    np.log1p,
    np.exp,
    np.expm1,
    np.sqrt,
    np.cbrt,
    np.arcsinh,
    np.tanh,
    np.arctan,
)


@dataclass(frozen=True)
class State:
    """The columns at some place in a pipeline; see `ModelColumns`. Those made from no column have source -1."""

    source: NDArray[np.intp]
    shape: NDArray[np.intp]
    edges: dict[int, NDArray[np.float64]]

    def take(self, columns: Sequence[int] | NDArray[np.intp]) -> State:
        """Some of the columns."""
        at = np.asarray(columns, dtype=np.intp)
        edges = {new: self.edges[int(old)] for new, old in enumerate(at) if int(old) in self.edges}
        return State(self.source[at], self.shape[at], edges)

    def turned(self, into: int) -> State:
        """Each column under a function: one that is affine, rises, or is any."""
        shape = np.where((self.shape == STEPS) & (into != ANY), STEPS, np.maximum(self.shape, into))
        # Steps of any function still change at the same edges.
        return replace(self, shape=np.where(self.shape == STEPS, STEPS, shape))


def side_by_side(states: Sequence[State]) -> State:
    """Columns of several states next to each other."""
    edges: dict[int, NDArray[np.float64]] = {}
    width = 0
    for state in states:
        edges |= {width + j: one for j, one in state.edges.items()}
        width += len(state.source)
    none = np.zeros(0, dtype=np.intp)
    return State(
        np.concatenate([none, *(state.source for state in states)]),
        np.concatenate([none, *(state.shape for state in states)]),
        edges,
    )


class Preprocessing:
    """The steps of a pipeline before its model, as one function from rows to a matrix."""

    def __init__(self, steps: Sequence[Any]) -> None:
        self.steps = [step for step in steps if step is not None and not isinstance(step, str)]

    def __call__(self, rows: Any) -> NDArray[np.float64]:
        """Take rows through the steps."""
        for step in self.steps:
            rows = step.transform(rows)
        dense = rows.toarray() if hasattr(rows, "toarray") else rows
        return np.asarray(dense, dtype=np.float64)


def columns_of(
    steps: Sequence[Any], width: int, names: Sequence[Any] | None, write: Write | None = None
) -> ModelColumns:
    """Where the columns after some steps come from.

    Parameters
    ----------
    steps : sequence of transformers
    width : int
        Columns of the table.
    names : sequence, optional
        Labels of the table's columns, where the steps see a frame.
    write : callable, optional
        From a matrix to rows in the form that the first step takes.

    Raises
    ------
    Unreadable
        If a step mixes columns.
    """
    state = State(np.arange(width), np.full(width, SAME), {})
    for number, step in enumerate(steps):
        state = through(step, state, names if number == 0 else None, write if number == 0 else None)
    return ModelColumns(state.source, state.shape, state.edges)


def through(step: Any, state: State, names: Sequence[Any] | None = None, write: Write | None = None) -> State:
    """The columns after one more step."""
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return state
    name = type(step).__name__
    home = type(step).__module__.partition(".")[0]
    if home != "sklearn":
        raise Unreadable(f"the pipeline has a step of type {name}, of which it is not known whether it mixes columns")
    if name == "Pipeline":
        for number, (_, inner) in enumerate(step.steps):
            state = through(inner, state, names if number == 0 else None, write if number == 0 else None)
        return state
    if name == "ColumnTransformer":
        return _through_columns(step, state, names)
    if name == "FeatureUnion":
        return side_by_side([through(inner, state) for _, inner in step.transformer_list if inner != "drop"])
    if name in SCALERS:
        return state.turned(RISING if getattr(step, "clip", False) else AFFINE)
    if name in RISE:
        return state.turned(RISING)
    if name == "FunctionTransformer":
        return _through_function(step, state, write)
    if name == "SimpleImputer":
        return _through_imputer(step, state)
    if name == "MissingIndicator":
        return state.take(step.features_).turned(RISING)
    if name == "OneHotEncoder":
        return state.take(np.repeat(np.arange(len(state.source)), step._n_features_outs)).turned(ANY)  # noqa: SLF001 (the library's own, with no public name)
    if name == "OrdinalEncoder":
        return state.turned(ANY)
    if name == "TargetEncoder":
        each = len(step.encodings_) // max(1, len(state.source))
        if each != 1:
            raise Unreadable("a TargetEncoder for several classes is not read")
        return state.turned(ANY)
    if name == "KBinsDiscretizer":
        return _through_bins(step, state)
    if hasattr(step, "get_support"):
        return state.take(np.flatnonzero(step.get_support()))
    raise Unreadable(f"the pipeline's {name} mixes columns")


def _through_columns(step: Any, state: State, names: Sequence[Any] | None) -> State:
    known = getattr(step, "feature_names_in_", None)
    if known is not None and names is not None and len(state.source) == len(names):
        # It picks columns by name, wherever they stand in the frame.
        place = {str(name): number for number, name in enumerate(names)}
        if all(str(name) in place for name in known):
            state = state.take([place[str(name)] for name in known])
    pieces = []
    indices = step._transformer_to_input_indices  # noqa: SLF001 (the library's own, with no public name)
    for name, transformer, _ in step.transformers_:
        if isinstance(transformer, str) and transformer == "drop":
            continue
        at = indices[name]
        if not len(at):
            continue
        piece = through(transformer, state.take(at))
        room = step.output_indices_[name]
        if len(piece.source) != room.stop - room.start:
            raise Unreadable(f"the pipeline's step {name!r} gives columns of which it is not known what they are")
        pieces.append((room.start, piece))
    return side_by_side([piece for _, piece in sorted(pieces, key=lambda pair: pair[0])])


def _through_function(step: Any, state: State, write: Write | None) -> State:
    function = step.func
    if function is None:
        return state
    if any(function is one for one in RISING_FUNCTIONS) and not step.kw_args:
        return state.turned(RISING)
    chosen = _rearranged(step, len(state.source), write)
    if chosen is None:
        raise Unreadable("the pipeline has a function of its own (FunctionTransformer), which may mix columns")
    return state.take(chosen)


def _rearranged(step: Any, width: int, write: Write | None) -> NDArray[np.intp] | None:
    """Which columns a step hands on, where it does nothing else, as when it writes series as rows; else None.

    Found from columns of numbers that occur once.
    """
    probe = np.random.default_rng(0).random((PROBES, width)).astype(np.float32).astype(np.float64)
    try:
        found = step.transform(probe.copy() if write is None else write(probe.copy()))
        found = np.asarray(found, dtype=np.float64)
    except Exception:
        return None  # whatever it takes, it is not known
    if found.ndim != 2 or len(found) != PROBES:
        return None
    alike = (found[:, :, None] == probe[:, None, :]).all(axis=0)
    return alike.argmax(axis=1) if alike.any(axis=1).all() else None


def _through_imputer(step: Any, state: State) -> State:
    if not (isinstance(step.missing_values, float) and np.isnan(step.missing_values)):
        raise Unreadable("the pipeline's imputer takes other values than NaN for missing")
    statistics = np.asarray(step.statistics_, dtype=object)
    empty = np.array([value is None or value != value for value in statistics], dtype=bool)
    keeps = step.keep_empty_features or step.strategy == "constant"
    kept = state if keeps else state.take(np.flatnonzero(~empty))
    indicator = getattr(step, "indicator_", None)
    if indicator is None:
        return kept
    return side_by_side([kept, state.take(indicator.features_).turned(RISING)])


def _through_bins(step: Any, state: State) -> State:
    edges = {j: np.asarray(one, dtype=np.float64)[1:-1] for j, one in enumerate(step.bin_edges_)}
    shape = np.where(state.shape == SAME, STEPS, ANY)
    cut = State(state.source, shape, {j: one for j, one in edges.items() if shape[j] == STEPS})
    if step.encode == "ordinal":
        return cut
    return cut.take(np.repeat(np.arange(len(state.source)), np.asarray(step.n_bins_, dtype=np.intp)))
