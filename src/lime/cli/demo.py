"""``lime demo``: real predictions explained on real data that comes with scikit-learn and scikit-image."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lime.render.plot import save_plot

if TYPE_CHECKING:
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
        help="explain real predictions on real data, in the terminal, as pages and as pictures",
        description="Trains models on data that comes with scikit-learn and scikit-image, explains\n"
        "what they say of a wine, a text and a photograph in the terminal, and writes\n"
        "the same as pages and pictures.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("lime-demo"),
        metavar="DIR",
        help="folder for the pages and the pictures, made if it is not there (default: %(default)s)",
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
    save_plot(explanation, picture)
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

    from lime.domains.front.explainer import Explainer

    wine = load_wine()
    train, test, train_labels, test_labels = train_test_split(wine.data, wine.target, test_size=0.2, random_state=42)
    model = RandomForestClassifier(n_estimators=100, random_state=42).fit(train, train_labels)
    explain = Explainer(model, train, feature_names=wine.feature_names, class_names=wine.target_names)
    explanation: Explanation = explain(test[0])
    headline = (
        f"Wine. A random forest that learned from {len(train)} wines names the cultivar of "
        f"{model.score(test, test_labels):.0%} of {len(test)} others correctly. Explained here is its prediction "
        f"for the first of those, a {wine.target_names[test_labels[0]]}: what in the wine speaks for it, and "
        "what against."
    )
    return headline, explanation


def explain_text() -> tuple[str, Explanation]:
    """Explain a newsgroup post where scikit-learn has them cached, and a review of a cafe otherwise.

    Returns
    -------
    headline : str
        What is explained, and how good the model is.
    explanation : Explanation
        Of the class that the model finds most likely.
    """
    from sklearn.datasets import fetch_20newsgroups

    groups = ["alt.atheism", "soc.religion.christian"]
    try:
        train, test = (
            fetch_20newsgroups(subset=subset, categories=groups, random_state=42, download_if_missing=False)
            for subset in ("train", "test")
        )
    except OSError:  # not in the cache, and a demonstration should not wait for a network
        return _explain_review()
    return _explain_post(train, test, groups)


def _explain_post(train: Any, test: Any, groups: list[str]) -> tuple[str, Explanation]:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline

    from lime.domains.text.explainer import LimeTextExplainer

    forest = RandomForestClassifier(n_estimators=100, random_state=42)
    model = make_pipeline(TfidfVectorizer(max_features=1000), forest).fit(train.data, train.target)
    explainer = LimeTextExplainer(class_names=groups, random_state=42)
    explanation = explainer.explain_instance(test.data[10], model.predict_proba, top_labels=1)
    headline = (
        f"Text. A random forest that learned from {len(train.data)} newsgroup posts tells the group of "
        f"{model.score(test.data, test.target):.0%} of {len(test.data)} others correctly. Explained here is its "
        f"prediction for one of those, from {groups[test.target[10]]}: which words speak for it, and which against."
    )
    return headline, explanation


def _explain_review() -> tuple[str, Explanation]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline

    from lime.cli.reviews import BAD, GOOD, VISIT
    from lime.domains.text.explainer import LimeTextExplainer

    texts, labels = [*BAD, *GOOD], [0] * len(BAD) + [1] * len(GOOD)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10))
    right = cross_val_score(model, texts, labels, cv=5).mean()
    model.fit(texts, labels)
    explainer = LimeTextExplainer(class_names=["bad", "good"], random_state=42)
    explanation = explainer.explain_instance(VISIT, model.predict_proba, top_labels=1)
    headline = (
        f"Text. A logistic regression on {len(texts)} one-sentence reviews of cafes, which calls {right:.0%} of "
        "them rightly good or bad when it has not seen them. Explained here is its prediction for another one: which "
        "words speak for it, and which against."
    )
    return headline, explanation


def explain_photo() -> tuple[str, Explanation]:
    """Explain where in a photograph of an astronaut a small face detector sees a face.

    Returns
    -------
    headline : str
        What is explained, and how good the model is.
    explanation : Explanation
        Of the class that the model finds most likely.
    """
    from functools import partial

    from lime.cli.faces import find_faces, learn_faces, portrait
    from lime.domains.image.explainer import LimeImageExplainer
    from lime.domains.image.segmentation import SegmentationAlgorithm

    model, right, held_out = learn_faces()
    explainer = LimeImageExplainer(class_names=["no face", "a face"], random_state=42)
    explanation = explainer.explain_instance(
        portrait(),
        partial(find_faces, model),
        top_labels=1,
        # Blurred and not flat: the edges of flat segments are gradients, and those are what this model looks at.
        hide_color="blur",
        num_samples=500,
        segmentation_fn=SegmentationAlgorithm("slic", n_segments=45, compactness=15, start_label=0),
        progress_bar=False,
    )
    headline = (
        f"Photograph. A logistic regression on gradients tells faces from other things in {right:.0%} of {held_out} "
        "small pictures that it did not learn from, and looks for a face in every part of a photograph. Explained "
        "here is its prediction for one of Eileen Collins, an astronaut: which parts of it look like a face to the "
        "model, and which do not."
    )
    return headline, explanation


DEMONSTRATIONS: dict[str, Callable[[], tuple[str, Explanation]]] = {
    "wine": explain_wine,
    "text": explain_text,
    "photo": explain_photo,
}
