"""``lime explain``: one row of a table, explained in the terminal, and as a page, a picture or JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lime.cli.job import MODELS, add_arguments, prepare, user_errors
from lime.cli.tables import open_table
from lime.exceptions import LimeError
from lime.render.plot import save_plot
from lime.results.files import target_of

if TYPE_CHECKING:
    from lime.results.explanation import Explanation

PAGES, PICTURES = (".html", ".htm"), (".png", ".svg", ".pdf")

_EXAMPLES = f"""\
{MODELS}
examples:
  lime explain churn.onnx customers.csv --row 17 --target churned
  lime explain churn.skops new.parquet --row 0 --train customers.parquet \\
      --output row.html --output row.png
  lime explain wine.joblib wine.csv --row 3 --top-labels 2 --trust-pickle
  lime explain scoring.rules:probability loans.arrow --row 9 --num-samples auto
  lime explain spam:model.predict_proba mail.csv --row 5 --text body
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand to the command's parser."""
    parser = subparsers.add_parser(
        "explain",
        usage="lime explain MODEL DATA [--row N] [OPTION ...]",
        help="explain a model's prediction for one row of a table",
        description="Explains a model's prediction for one row of a table, in the terminal and,\n"
        "with --output, as a page, a picture or JSON.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--row", type=int, metavar="N", help="which row (default: 0, the first one)")
    parser.add_argument(
        "--output",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help=f"also write it to a file, which its suffix tells: {', '.join((PAGES[0], '.json', *PICTURES))}; "
        "may be given several times",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain the row, print and write it, and return the exit code."""
    for path in arguments.output:  # first: what cannot be written should be told before a long wait
        if path.suffix.lower() not in (*PAGES, ".json", *PICTURES):
            known = ", ".join((PAGES[0], ".json", *PICTURES))
            raise LimeError(f"--output {path}: expected a file with one of the suffixes {known}")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"--output {path}: there is no folder {path.parent}")
        target_of(path)  # refuses what is no file
    table = open_table(arguments.data, arguments.separator, header=arguments.header)
    number: int = 0 if arguments.row is None else arguments.row
    if not 0 <= number < table.total:
        rows = "one row, 0" if table.total == 1 else f"{table.total:,} rows, 0 to {table.total - 1}"
        raise LimeError(f"--row {number}: {table.path} has {rows}")
    if arguments.row is None and table.total > 1:
        print(f"explaining row 0 of {table.total:,}; --row chooses another", file=sys.stderr)
    with user_errors():
        job = prepare(arguments, table)
        row = job.row(number)
        explanation = job.explainer.explain_instance(row, job.model, **job.settings)
    print(explanation)
    for path in arguments.output:
        write(explanation, path)
        print(f"wrote {path}")
    return 0


def write(explanation: Explanation, path: Path) -> None:
    """Write an explanation to a file of the kind that its suffix tells."""
    suffix = path.suffix.lower()
    if suffix in PAGES:
        explanation.save_to_file(path)
    elif suffix == ".json":
        explanation.to_json(path)
    else:
        save_plot(explanation, path)
