"""``lime batch``: every row of a table, explained into a file, however large the table is."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lime.cli.job import MODELS, Job, add_arguments, prepare, user_errors
from lime.cli.tables import PARQUET, open_table
from lime.exceptions import LimeError
from lime.results.columns import Columns
from lime.results.files import target_of
from lime.results.wording import counted

CSV, JSON_LINES = (".csv",), (".jsonl", ".ndjson")
SUFFIXES = (*PARQUET, *CSV, *JSON_LINES)

_EXAMPLES = f"""\
{MODELS}
OUT has one record for each row, label and feature, with weight, standard error
and prediction. Of a Parquet file lime.Explanations.from_parquet(OUT) gives the
explanations back; CSV and JSON lines are for other programs.
It appears when it is complete, and not at all if no row could be explained.
Rows stream through: neither table nor explanations need fit into memory.

examples:
  lime batch churn.onnx customers.parquet -o why.parquet --target churned
  lime batch churn.skops new.csv -o why.parquet --train customers.csv \\
      --id customer --checkpoint why.parts --n-jobs 4
  lime batch scoring:model loans.arrow -o why.csv --explainer loans.lime

exit codes: 0 it worked, 1 it did not, or not for a single row, 2 the words were
not understood
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand to the command's parser."""
    parser = subparsers.add_parser(
        "batch",
        usage="lime batch MODEL DATA -o OUT [OPTION ...]",
        help="explain every row of a table into a file",
        description="Explains a model's prediction for every row of a table into a file: Parquet,\n"
        "CSV or JSON lines. Progress goes to standard error.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help=f"the file to write, of the kind that its suffix tells: {', '.join(SUFFIXES)}",
    )
    parser.add_argument(
        "--id",
        metavar="COLUMN",
        help="what the table calls its rows, which the model is not handed (default: 0, 1, ...)",
    )
    add_arguments(parser)
    work = parser.add_argument_group("the work")
    work.add_argument("--n-jobs", type=int, metavar="N", help="how many processes; -1 is all cores (default: 1)")
    work.add_argument("--batch-size", type=int, metavar="N", help="most rows in one call of the model")
    work.add_argument(
        "--checkpoint",
        type=Path,
        metavar="DIR",
        help="keep finished rows in a folder: the same command goes on where an earlier one stopped, however it ended",
    )
    work.add_argument(
        "--errors",
        choices=["record", "raise"],
        default="record",
        help="what a row that cannot be explained does: its error is recorded in OUT and the rest goes on, or the "
        "command ends (default: %(default)s)",
    )
    work.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        help="a bar on standard error (default: on a terminal)",
    )
    parser.set_defaults(run=run)


@dataclass
class Tally:
    """What became of the rows."""

    rows: int = 0
    failed: int = 0
    first: str = ""
    began: float = field(default_factory=time.perf_counter)

    def __str__(self) -> str:
        seconds = max(time.perf_counter() - self.began, 1e-9)
        return (
            f"explained {self.rows - self.failed:,} of {counted(self.rows, 'row')}, {self.rows / seconds:,.0f} a second"
        )


def run(arguments: argparse.Namespace) -> int:
    """Explain all rows, and return the exit code."""
    output: Path = arguments.output
    if output.is_dir() or not output.parent.is_dir():
        reason = "it is a folder" if output.is_dir() else f"there is no folder {output.parent}"
        raise LimeError(f"--output {output}: {reason}; expected a file to write")
    if output.exists() and Path(arguments.data).exists() and output.samefile(arguments.data):
        raise LimeError(f"--output {output}: it is the table itself")
    if output.suffix.lower() not in SUFFIXES:
        raise LimeError(f"--output {output}: expected a file with one of the suffixes {', '.join(SUFFIXES)}")
    target_of(output)  # refuses what is no file, before the work
    tally = Tally()
    try:
        table = open_table(arguments.data, arguments.separator, arguments.id, arguments.header)
        with user_errors():
            job = prepare(arguments, table, arguments.id)
            _write(_pieces(job, arguments, tally), output)
    except KeyboardInterrupt:
        again = "" if arguments.checkpoint is None else f"; the same command goes on from {arguments.checkpoint}"
        raise LimeError(f"interrupted after {counted(tally.rows, 'row')}{again}") from None
    print(f"{tally}, wrote {output}", file=sys.stderr)
    if tally.failed:
        print(f"{tally.failed:,} could not be explained; {tally.first}", file=sys.stderr)
    return 0


def _write(pieces: Iterator[Columns], output: Path) -> None:
    """Write explanations to a file of the kind that its suffix tells."""
    from lime.results.parquet import table_of, write_tables
    from lime.results.text_files import write_csv, write_json_lines

    suffix = output.suffix.lower()
    if suffix in CSV:
        write_csv(pieces, output)
    elif suffix in JSON_LINES:
        write_json_lines(pieces, output)
    else:
        write_tables(map(table_of, pieces), output)


def _pieces(job: Job, arguments: argparse.Namespace, tally: Tally) -> Iterator[Columns]:
    """Explanations of the rows, as they are ready."""
    from lime.scale.run import explain_stream

    for piece in explain_stream(
        job.explainer,
        job.chunks(),
        job.model,
        n_jobs=arguments.n_jobs,
        batch_size=arguments.batch_size,
        progress_bar=arguments.progress,
        checkpoint=arguments.checkpoint,
        errors=arguments.errors,
        total=job.table.total,
        **job.settings,
    ):
        columns = piece if isinstance(piece, Columns) else piece.load()
        if columns.errors and not tally.first:
            place = min(columns.errors)
            tally.first = f"the first is row {columns.positions[place]}: {columns.errors[place]}"
        tally.rows += len(columns)
        tally.failed += len(columns.errors)
        yield columns
    if tally.failed == tally.rows:  # told from inside, so that a file of an earlier run is not replaced by failures
        raise LimeError(
            f"not one of {counted(tally.rows, 'row')} could be explained, and {arguments.output} was not written; "
            f"{tally.first}"
        )
