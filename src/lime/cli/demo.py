"""``lime demo``: real predictions explained on real data that comes with scikit-learn."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lime.results.explanation import Explanation

_EXAMPLES = """\
examples:
  lime demo
  lime demo --output reports/demo
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the subcommand to the command's parser."""
    parser = subparsers.add_parser(
        "demo",
        help="explain a real prediction on real data, in the terminal, as a page and as a picture",
        description="Trains a model on data that comes with scikit-learn, explains one held-out prediction\n"
        "in the terminal, and writes the same as a page and a picture.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("lime-demo"),
        metavar="DIR",
        help="folder for the page and the picture, made if it is not there (default: %(default)s)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain, print and write every demonstration, and return the exit code."""
    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)  # first: a folder that cannot be made should be told at once
    for name, explain in DEMONSTRATIONS.items():
        headline, explanation = explain()
        print(textwrap.fill(headline, width=78), end="\n\n")
        print(explanation, end="\n\n")
        for path in write(explanation, output / name):
            print(f"wrote {path}")
    return 0


def write(explanation: Explanation, stem: Path) -> list[Path]:
    """Write an explanation as a page and as a picture.

    Parameters
    ----------
    explanation : Explanation
        What to write.
    stem : Path
        Where, without the suffix.

    Returns
    -------
    list of Path
        The files.
    """
    page, picture = stem.with_suffix(".html"), stem.with_suffix(".png")
    explanation.save_to_file(page)
    # Axes that plot makes stand in a figure, never in a part of one.
    cast("Figure", explanation.plot().figure).savefig(picture, dpi=150)
    return [page, picture]


def explain_wine() -> tuple[str, Explanation]:
    """Explain to which cultivar a random forest assigns a wine that it was not trained on.

    Returns
    -------
    headline : str
        What is explained, and how good the model is.
    explanation : Explanation
        Of the class that the model finds most likely.
    """
    from sklearn.datasets import load_wine
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import train_test_split

    from lime.domains.tabular.explainer import LimeTabularExplainer

    wine = load_wine()
    train, test, train_labels, test_labels = train_test_split(wine.data, wine.target, test_size=0.2, random_state=42)
    model = RandomForestClassifier(n_estimators=100, random_state=42).fit(train, train_labels)
    explainer = LimeTabularExplainer(
        train, feature_names=wine.feature_names, class_names=wine.target_names, random_state=42
    )
    explanation = explainer.explain_instance(test[0], model, top_labels=1)
    headline = (
        f"Wine. A random forest that learned from {len(train)} wines names the cultivar of "
        f"{model.score(test, test_labels):.0%} of {len(test)} others correctly. Explained here is its answer "
        f"for the first of those, a {wine.target_names[test_labels[0]]}: what in the wine speaks for it, and "
        "what against."
    )
    return headline, explanation


DEMONSTRATIONS: dict[str, Callable[[], tuple[str, Explanation]]] = {"wine": explain_wine}
