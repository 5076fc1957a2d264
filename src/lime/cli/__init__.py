"""The ``lime`` command.

Every subcommand is one module with two functions: ``add_parser(subparsers)`` describes it and names its
``run``, and ``run(arguments)`` does it and returns the exit code.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from lime.cli import batch, demo, explain
from lime.exceptions import LimeError

__all__ = ["main"]

_DESCRIPTION = "Explains single predictions of any model, and says how far each explanation can\nbe trusted."
_EXAMPLES = """\
examples:
  lime demo                      explain a wine, a text and a photograph
  lime demo --output elsewhere   the same, in another folder
  lime explain churn.onnx customers.csv --row 17 --target churned
                                 explain one row of a table
  lime batch churn.onnx customers.csv -o why.parquet --target churned
                                 explain them all

  lime batch --help              tells more of a command

exit codes: 0 it worked, 1 it did not (standard error says why), 2 the words
were not understood
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command, with one subparser a subcommand."""
    parser = argparse.ArgumentParser(
        prog="lime",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"lime {version('lime')}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (demo, explain, batch):
        command.add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after ``lime``; by default those of the process.

    Returns
    -------
    int
        0 if it worked, 1 if it did not: then one line on standard error says why.

    Raises
    ------
    SystemExit
        From argparse: with 2 if the words are not understood, with 0 after ``--help`` and ``--version``.
    """
    arguments = build_parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except (LimeError, OSError) as error:  # what a user can mend: a fault of ours keeps its traceback
        print(f"lime: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # wherever it comes, in the reading of a large file among others
        print("lime: interrupted", file=sys.stderr)
        return 1
    return code
