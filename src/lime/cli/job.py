"""What ``lime explain`` and ``lime batch`` have in common: a model, a table, an explainer and the settings."""

from __future__ import annotations

import argparse
import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TextIO

from lime.cli.checks import check_outputs, check_texts, check_types, tell
from lime.cli.models import guess_mode, load_model, trained_on, width_of
from lime.cli.onnx_model import OnnxFile, match_columns
from lime.cli.tables import FORMS, TableFile, as_form, missing_package, open_table, shorten
from lime.domains.class_names import names_in_order
from lime.exceptions import LimeError
from lime.models.calling import classes_of, is_raised_by_model

__all__ = ["Job", "add_arguments", "prepare", "user_errors"]

TRAINING_ROWS = 50_000

TEXT = "text"
"""The form of rows that are a text each."""

_LEAVE_OUT = "leave out what the model is not handed with --target COLUMN or --drop COLUMN ..."

MODELS = """\
models:
  model.onnx                run by ONNX Runtime; pip install 'lime[onnx]'
  model.skops               types that skops does not know are listed, and
                            made only with --trust; pip install 'lime[skops]'
  model.joblib, model.pkl   only with --trust-pickle, since loading runs code
  package.module:attribute  a function, a model or a bound method; the current
                            folder is searched first, as python -m does
"""


@dataclass(frozen=True)
class Job:
    """All that is known before the first row is explained.

    Attributes
    ----------
    table : TableFile
    columns : list of str
        Those that the model is handed.
    form : str
        One of `FORMS`, or ``"text"``.
    id_column : str or None
    model : callable or model
    explainer : Explainer
    settings : dict
        Those of `explain_instance` that were given.
    """

    table: TableFile
    columns: list[str]
    form: str
    id_column: str | None
    model: Any
    explainer: Any
    settings: dict[str, Any]

    def row(self, position: int) -> Any:
        """One row, as `explain_instance` takes it."""
        found = self.table.take([position], self.columns)
        if self.form == TEXT:
            return found[self.columns[0]].to_pylist()[0]
        rows = as_form(found, self.form)
        return rows[0] if self.form == "numpy" else rows

    def chunks(self) -> Iterator[Any]:
        """All rows, piece by piece, as `explain_instances` takes them; named where there is a column of names."""
        if self.id_column is None:
            for piece in self.table.pieces(self.columns):
                texts = self.form == TEXT
                yield piece[self.columns[0]].to_pylist() if texts else as_form(piece, self.form)
            return
        try:
            import pandas as pd  # only its frames have names for rows
        except ImportError as error:
            raise missing_package("pandas", "--id") from error
        texts = self._called_by_text(self.id_column)
        for piece in self.table.pieces(list(dict.fromkeys([*self.columns, self.id_column]))):
            ids = pd.Index(_names_of_rows(piece[self.id_column], self.id_column, texts))
            if self.form == TEXT:
                yield pd.Series(piece[self.columns[0]].to_pylist(), index=ids, dtype=object)
            else:
                rows = as_form(piece.select(self.columns), "pandas").set_axis(ids, axis=0)
                # Arrays are read by position, whatever an explainer of theirs calls its columns.
                yield rows.set_axis(list(self.explainer.feature_names), axis=1) if self.form == "numpy" else rows

    def _called_by_text(self, column: str) -> bool:
        """Whether the names of rows are text, or whole numbers, all of which fit 64 bits with a sign."""
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = self.table.schema.field(column).type
        if pa.types.is_uint64(kind):
            return any((pc.max(piece[column]).as_py() or 0) >= 2**63 for piece in self.table.pieces([column]))
        return not pa.types.is_integer(kind)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe what both commands take to a parser."""
    parser.add_argument("model", metavar="MODEL", help="a file, or package.module:attribute (see below)")
    parser.add_argument("data", metavar="DATA", help="a CSV, Parquet or Arrow file with a row for each instance")

    what = parser.add_argument_group("what to explain")
    which = what.add_mutually_exclusive_group()
    which.add_argument(
        "--labels",
        nargs="+",
        metavar="LABEL",
        help="classes, by number from 0 or by name (default: the most likely class of each row)",
    )
    which.add_argument("--top-labels", type=int, metavar="N", help="the N most likely classes of each row instead")
    what.add_argument("--num-features", type=int, metavar="N", help="most features to name (default: 10)")
    what.add_argument(
        "--num-samples",
        type=_samples,
        metavar="N",
        help="how many samples around a row (default: 5000), or auto: as many as it takes",
    )
    what.add_argument("--mode", choices=["classification", "regression"], help="default: what the model says it does")
    what.add_argument("--class-names", nargs="+", metavar="NAME", help="default: those that the model knows")
    what.add_argument(
        "--classic",
        action="store_true",
        help="as lime 0.2.0.1: columns drawn independently of each other and cut into bins, weights instead of "
        "contributions, and class 1 (default: as lime.Explainer)",
    )
    what.add_argument("--seed", type=int, metavar="N", help="same seed, same numbers (default: 0)")

    table = parser.add_argument_group("the table")
    table.add_argument("--target", metavar="COLUMN", help="the column that the model predicts, which it is not handed")
    table.add_argument("--drop", nargs="+", default=[], metavar="COLUMN", help="other columns that it is not handed")
    table.add_argument(
        "--categorical", nargs="+", default=[], metavar="COLUMN", help="columns whose numbers stand for categories"
    )
    table.add_argument(
        "--fixed", nargs="+", default=[], metavar="COLUMN", help="columns that keep the row's value in every sample"
    )
    table.add_argument("--text", metavar="COLUMN", help="explain the texts in this column, word by word")
    table.add_argument(
        "--header",
        action=argparse.BooleanOptionalAction,
        help="whether a CSV file's first line has the columns' names, which may be numbers; without it, columns are "
        "named as the model knows them, or 0, 1, ... (default: it has, and a line of numbers is refused)",
    )
    table.add_argument("--separator", metavar="CHAR", help="between a CSV file's cells (default: a comma)")
    table.add_argument(
        "--frame",
        choices=FORMS,
        help="how the model is handed rows (default: arrays for models that learned from arrays, else pandas)",
    )

    known = parser.add_argument_group("what a usual row is")
    either = known.add_mutually_exclusive_group()
    either.add_argument("--train", metavar="FILE", help="the table that the model learned from (default: DATA)")
    either.add_argument("--explainer", metavar="FILE", help="an explainer that explainer.save(FILE) wrote")
    known.add_argument(
        "--train-rows",
        type=int,
        default=TRAINING_ROWS,
        metavar="N",
        help="of more rows than these, N are drawn at random, by the seed (default: %(default)s)",
    )

    trust = parser.add_argument_group("trust")
    trust.add_argument("--trust", nargs="+", default=[], metavar="TYPE", help="types that a skops file may make")
    trust.add_argument("--trust-pickle", action="store_true", help="load a pickle, which runs code of its author's")


def prepare(arguments: argparse.Namespace, table: TableFile, id_column: str | None = None) -> Job:
    """Load the model, choose the columns and make the explainer.

    Raises
    ------
    LimeError, FileNotFoundError
        Something that was named is not there, or does not fit.
    """
    dropped = [name for name in (arguments.target, *arguments.drop, id_column) if name is not None]
    table.need(dropped, "which is to be left out")
    if arguments.train_rows < 1:
        raise LimeError(f"--train-rows {arguments.train_rows}: expected at least 1")
    if arguments.top_labels is not None and arguments.top_labels < 1:
        raise LimeError(f"--top-labels {arguments.top_labels}: expected at least 1")
    explainer = None
    if arguments.explainer is not None:
        from lime.scale.saving import load_explainer

        explainer = load_explainer(arguments.explainer)
        if arguments.mode not in (None, explainer.mode):
            raise LimeError(f"--mode {arguments.mode}: the explainer in {arguments.explainer} is for {explainer.mode}")
    mode = arguments.mode if explainer is None else explainer.mode
    model = load_model(arguments.model, mode, arguments.trust, arguments.trust_pickle)
    mode = mode or guess_mode(model)
    known = _known_names(model, explainer)
    table = _with_names(table, known, dropped)
    if arguments.text is not None or (explainer is not None and explainer.instance_dimensions == (0,)):
        columns, form = [_text_column(arguments, table, dropped)], TEXT
        check_texts(table, columns[0])
    else:
        columns, form = _columns(arguments, table, model, explainer, dropped)
    if isinstance(model, OnnxFile) and model.mode == "classification":
        head = table.take([0], columns)
        model.learn_classes(head[columns[0]].to_pylist() if form == TEXT else as_form(head, form))
    if explainer is None:
        training = None if form == TEXT else _training(arguments, table, columns, form, known=known, dropped=dropped)
        explainer = _new_explainer(arguments, model, training, columns, form, mode=mode)
    elif arguments.seed is not None or explainer.current_seed() is None:
        explainer.seed_with(_seed(arguments))
    if arguments.class_names is not None:
        explainer.class_names = arguments.class_names
    settings = _settings(arguments, explainer, model)
    if not arguments.classic:
        from lime.domains.front.explainer import best_settings

        settings = best_settings(explainer, settings)
    if form != TEXT:
        check_types(table, columns, explainer, arguments.explainer or arguments.train or str(table.path))
    check_outputs(table, columns, form, model=model, explainer=explainer, settings=settings)
    return Job(table, columns, form, id_column, model, explainer, settings)


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """Tell errors that a user can mend in one line: wrong settings, wrong data, and whatever the model raises.

    Warnings are told in one line as well: the line of our source that gave one is of no use to who typed the command.
    """
    with warnings.catch_warnings():
        warnings.showwarning = _tell_warning
        with _one_line():
            yield


def _tell_warning(  # noqa: PLR0917 (the signature of warnings.showwarning)
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    tell(" ".join(str(message).split()))


@contextlib.contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except LimeError:
        raise
    except Exception as error:
        by_model = is_raised_by_model(error)
        if not (by_model or isinstance(error, ValueError | TypeError | ImportError)):
            raise  # a fault of ours, which keeps its traceback
        what = f"the model raised {type(error).__name__}: " if by_model else ""
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", []))
        raise LimeError(what + " ".join(str(error).split()) + notes) from error


def _samples(word: str) -> int | str:
    if word == "auto":
        return word
    try:
        return int(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{word!r}: expected a whole number, or auto") from None


def _seed(arguments: argparse.Namespace) -> int:
    return 0 if arguments.seed is None else int(arguments.seed)


def _text_column(arguments: argparse.Namespace, table: TableFile, dropped: list[str]) -> str:
    if arguments.text is not None:
        table.need([arguments.text], "which --text names")
        return str(arguments.text)
    left = _left(table, dropped)
    if len(left) != 1:
        raise LimeError(f"the explainer in {arguments.explainer} is for texts: name their column with --text COLUMN")
    return left[0]


def _left(table: TableFile, dropped: list[str]) -> list[str]:
    """The columns that are not left out; an index that pandas stored among them is, and told if it has no name."""
    if "" in table.index and "" not in dropped:
        tell(
            f"the first column of {table.path} has no name, as DataFrame.to_csv writes an index: the model is not "
            "handed it; --id '' names rows by it, and with --drop '' this is not said"
        )
    return [name for name in table.names if name not in dropped and name not in table.index]


def _known_names(model: Any, explainer: Any) -> list[str] | None:
    """What the columns are called by an explainer of frames, or by the model; None where neither says."""
    if explainer is not None:
        of_frames = getattr(getattr(explainer, "_table", None), "kind", "numpy") != "numpy"
        return [str(name) for name in explainer.feature_names] if of_frames else None
    return model.columns if isinstance(model, OnnxFile) else trained_on(model)


def _with_names(table: TableFile, known: list[str] | None, dropped: list[str]) -> TableFile:
    """A table of a file without names with those that are known, where there are as many columns beside the dropped."""
    free = [name for name in table.names if name not in dropped]
    if table.headed or known is None or len(free) != len(known) or set(known) & set(dropped):
        return table
    return table.renamed(dict(zip(free, known, strict=True)))


def _columns(
    arguments: argparse.Namespace, table: TableFile, model: Any, explainer: Any, dropped: list[str]
) -> tuple[list[str], str]:
    """The columns that the model is handed, in its order, and in which form."""
    columns = _left(table, dropped)
    if not columns:
        raise LimeError(f"{table.path} has no column that is not left out")
    inputs = model.columns if isinstance(model, OnnxFile) else None
    learned = trained_on(model)
    if explainer is not None:
        form = str(explainer.training_distribution.table.kind)
        if form not in FORMS:
            raise LimeError(f"the explainer in {arguments.explainer} is for sparse matrices, and {table.path} has none")
        if arguments.frame not in (None, form):
            raise LimeError(f"--frame {arguments.frame}: the explainer in {arguments.explainer} is for {form}")
        known = [str(name) for name in explainer.feature_names]
        if form != "numpy" or (table.headed and set(known) <= set(table.names)):
            table.need(known, f"which the explainer in {arguments.explainer} knows")
            columns = known
        elif len(columns) != len(known):
            raise LimeError(
                f"the explainer in {arguments.explainer} knows {len(known)} columns, and {table.path} has "
                f"{len(columns)}: {shorten(columns)}; {_LEAVE_OUT}"
            )
        return columns, form
    if inputs is not None:
        found = match_columns(inputs, [name for name in table.names if name not in dropped])
        if found is None:
            table.need(inputs, f"which {arguments.model} has an input for")
        return found or columns, arguments.frame or "pandas"
    if learned is not None:
        table.need(learned, f"which {arguments.model} learned from")
        taken = [name for name in learned if name in dropped]
        if taken:
            raise LimeError(f"{arguments.model} learned from column {taken[0]!r}: it cannot be left out")
        return learned, arguments.frame or "pandas"
    width = width_of(model)
    if width not in (None, len(columns)):
        raise LimeError(
            f"{arguments.model} takes {width} columns, and {table.path} has {len(columns)}: {shorten(columns)}; "
            f"{_LEAVE_OUT}"
        )
    arrays = isinstance(model, OnnxFile) or width is not None
    return columns, arguments.frame or ("numpy" if arrays else "pandas")


def _new_explainer(
    arguments: argparse.Namespace, model: Any, training: Any, columns: list[str], form: str, *, mode: str
) -> Any:
    """An explainer of the training data: the one of the front door, or that of lime 0.2.0.1's defaults."""
    settings: dict[str, Any] = {"mode": mode, "class_names": arguments.class_names, "random_state": _seed(arguments)}
    if form == TEXT:
        from lime.domains.text.explainer import LimeTextExplainer

        return LimeTextExplainer(**settings)
    settings |= {
        "feature_names": columns if form == "numpy" else None,
        "categorical_features": arguments.categorical or None,
        "fixed": arguments.fixed or None,
    }
    if not arguments.classic:
        from lime.domains.front.explainer import Explainer

        return Explainer(model, training, kind="table", **settings).explainer
    from lime.domains.tabular.explainer import LimeTabularExplainer

    return LimeTabularExplainer(training, **settings)


def _training(
    arguments: argparse.Namespace,
    table: TableFile,
    columns: list[str],
    form: str,
    *,
    known: list[str] | None,
    dropped: list[str],
) -> Any:
    """The training data, or a sample of it."""
    source = table
    if arguments.train is not None:
        source = _with_names(open_table(arguments.train, arguments.separator, header=arguments.header), known, dropped)
        source.need(columns, f"which {table.path} has")
    for option, named in (("--categorical", arguments.categorical), ("--fixed", arguments.fixed)):
        unknown = [name for name in named if name not in columns]
        if unknown:
            raise LimeError(f"{option} {unknown[0]!r}: expected one of the columns that the model is handed")
    training = _alike(source.sample(arguments.train_rows, _seed(arguments), columns), table)
    if len(training) == 1:
        tell(
            f"what a usual row is was learned from one row of {source.path}, so that nothing varies around a row and "
            "all weights are 0; name the table that the model learned from with --train FILE"
        )
    return as_form(training, form)


def _alike(training: Any, table: TableFile) -> Any:
    """Training data with floats where the data has them: whole numbers in a sample do not make a whole column."""
    import pyarrow as pa

    for k, field in enumerate(training.schema):
        other = table.schema.field(field.name).type
        if pa.types.is_integer(field.type) and (pa.types.is_floating(other) or pa.types.is_decimal(other)):
            training = training.set_column(k, field.name, training[field.name].cast(pa.float64()))
    return training


def _settings(arguments: argparse.Namespace, explainer: Any, model: Any) -> dict[str, Any]:
    """The settings that were given."""
    found: dict[str, Any] = {}
    for name in ("top_labels", "num_features", "num_samples"):
        if getattr(arguments, name) is not None:
            found[name] = getattr(arguments, name)
    if arguments.labels is not None:
        found["labels"] = _labels(arguments.labels, explainer, model)
    return found


def _labels(words: list[str], explainer: Any, model: Any) -> tuple[int, ...]:
    own = classes_of(model)
    names = (own or []) if explainer.class_names is None else names_in_order(explainer.class_names, own)
    found = []
    for word in words:
        if names.count(word) > 1:
            raise LimeError(f"--labels {word}: several classes have this name; expected a number from 0")
        if word in names:
            found.append(names.index(word))
        elif word.removeprefix("-").isdigit():
            found.append(int(word))
        else:
            known = f"one of {', '.join(names)}, or a number from 0" if names else "a number from 0"
            raise LimeError(f"--labels {word}: expected {known}")
    return tuple(found)


def _names_of_rows(column: Any, name: str, texts: bool) -> list[Any]:
    """What a column calls the rows: whole numbers, or text."""
    if column.null_count:
        raise LimeError(f"--id {name}: a row has no value there, and so no name")
    values: list[Any] = column.to_pylist()
    return [str(value) for value in values] if texts else values
