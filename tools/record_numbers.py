"""Record the numbers that this package gives today, and tell which of them a change has moved.

``python tools/record_numbers.py`` compares with ``tests/data/numbers.json`` and lists what is different;
``--write`` records anew; ``--tolerance 1e-12`` says how far a number may be off, relative to the largest of its
group. Every model is a formula and every seed is fixed, so that nothing but the method decides the numbers. The
streams of scipy and the rounding of numpy may differ between versions: the file says which ones wrote it.

A change that moves numbers on purpose records them anew, in the commit that moves them.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import lime
from lime import (
    Explanation,
    LimeImageExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
    RecurrentTabularExplainer,
)

FILE = Path(__file__).resolve().parents[1] / "tests" / "data" / "numbers.json"
LIBRARIES = ("numpy", "scipy", "scikit-learn", "scikit-image", "pandas")
TOLERANCE = 1e-9
"""Share of the largest number of its group by which a number may be off where sums were reordered."""

Numbers = dict[str, Any]
Case = Callable[[], Numbers]

TEXT = "The film is good, the play is dull and the music, well, the music is a bad joke: good actors, no plot at all."


def training(n: int = 400) -> NDArray[np.float64]:
    """A table of correlated, skewed and categorical columns, shape (n, 6)."""
    rng = np.random.default_rng(11)
    base = rng.normal(size=(n, 3))
    return np.column_stack(
        [
            base[:, 0],
            0.7 * base[:, 0] + base[:, 1],
            np.exp(base[:, 2]),
            rng.integers(0, 3, n),
            rng.uniform(-1, 1, n),
            rng.integers(0, 2, n),
        ]
    )


def frame(n: int = 400) -> pd.DataFrame:
    """The same as a frame, with strings, a missing value here and there, and a boolean."""
    table = training(n)
    made = pd.DataFrame(table[:, :3], columns=["first", "second", "third"])
    made["colour"] = np.array(["red", "green", "blue"])[table[:, 3].astype(int)]
    made["flag"] = table[:, 5] > 0
    made.loc[::17, "second"] = np.nan
    return made


def logistic(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two columns of probabilities."""
    p = 1.0 / (1.0 + np.exp(-score))
    return np.column_stack([1.0 - p, p])


def table_score(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """A curved score with an interaction."""
    return x[:, 0] - 0.5 * x[:, 1] ** 2 + np.log1p(np.abs(x[:, 2])) * (x[:, 3] == 1) + 0.3 * x[:, 4] * x[:, 0]  # type: ignore[no-any-return]


def classes_of_table(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of two classes."""
    return logistic(table_score(np.asarray(x, dtype=float)))


def three_classes(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of three classes."""
    x = np.asarray(x, dtype=float)
    raw = np.exp(np.column_stack([x[:, 0], x[:, 1] * (x[:, 3] == 2), np.sin(x[:, 2])]))
    return raw / raw.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def values_of_table(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values of a regression."""
    return table_score(np.asarray(x, dtype=float))


def classes_of_frame(x: pd.DataFrame) -> NDArray[np.float64]:
    """Probabilities from named columns."""
    second = x["second"].fillna(0.25).to_numpy(dtype=float)
    score = x["first"].to_numpy(dtype=float) * 0.8 - second + (x["colour"] == "red") * 1.2
    return logistic(np.asarray(score - 0.4 * x["flag"].astype(float), dtype=float))


def classes_of_text(texts: Sequence[str]) -> NDArray[np.float64]:
    """Probabilities from counts of words, with an interaction."""
    found = np.array([[t.count("good"), t.count("bad"), t.count("music"), len(t) / 100.0] for t in texts], dtype=float)
    return logistic(found[:, 0] - 1.4 * found[:, 1] + 0.4 * found[:, 0] * found[:, 2] - 0.2 * found[:, 3])


def picture() -> NDArray[np.float64]:
    """A small picture with blocks of colour, shape (24, 24, 3)."""
    rng = np.random.default_rng(5)
    return np.kron(rng.uniform(size=(4, 4, 3)), np.ones((6, 6, 1)))  # type: ignore[return-value]


def blocks(image: NDArray[Any]) -> NDArray[np.intp]:
    """Square segments of 6 pixels a side, labels from 1."""
    rows, columns = np.indices(image.shape[:2]) // 6
    return rows * (image.shape[1] // 6) + columns + 1  # type: ignore[no-any-return]


def classes_of_pictures(images: NDArray[Any]) -> NDArray[np.float64]:
    """Probabilities of three classes from sums over parts of pictures."""
    pixels = np.asarray(images, dtype=float) / (255.0 if images.dtype == np.uint8 else 1.0)
    raw = np.column_stack(
        [
            pixels[:, :12, :, 0].mean(axis=(1, 2)),
            pixels[:, :, 12:, 1].mean(axis=(1, 2)),
            pixels[:, 6:18, 6:18, 2].mean((1, 2)),
        ]
    )
    raw = np.exp(4.0 * raw + 2.0 * raw[:, :1] * raw[:, 1:2])
    return raw / raw.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def series(n: int = 200) -> NDArray[np.float64]:
    """Series of shape (n, 4, 2)."""
    return np.cumsum(np.random.default_rng(3).normal(size=(n, 4, 2)), axis=1)


def classes_of_series(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities from the last steps."""
    x = np.asarray(x, dtype=float)
    return logistic(x[:, -1, 0] - x[:, 0, 1] + 0.2 * x[:, -1, 0] * x[:, -2, 1])


def numbers_of(exp: Explanation) -> Numbers:
    """Everything that one explanation tells in numbers, and its warnings."""
    found: Numbers = {}
    for label in exp.explained_labels():
        weights = exp.local_exp[label]
        found[f"{label}.features"] = [int(i) for i, _ in weights]
        found[f"{label}.weights"] = [float(w) for _, w in weights]
        found[f"{label}.errors"] = [exp.standard_errors[label].get(i) for i, _ in weights]
        for name in ("intercept", "scores", "local_preds", "model_preds", "held_out_scores", "degrees_of_freedom"):
            value = getattr(exp, name).get(label)
            found[f"{label}.{name}"] = None if value is None else float(value)
    found["effective"] = exp.effective_samples
    found["calls"], found["samples"] = exp.num_model_calls, exp.num_samples
    found["settled"], found["looks"], found["exact"] = exp.settled, exp.looks, exp.exact
    return found


def numbers_of_report(report: Any) -> Numbers:
    """The numbers of a report of `lime.trust`, at any depth."""
    return dict(_flat("", report.to_dict()))


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        if all(isinstance(one, int | float) or one is None for one in value):
            yield path, list(value)
        else:
            for place, inner in enumerate(value):
                yield from _flat(f"{path}[{place}]", inner)
    elif isinstance(value, bool | int | float) or value is None:
        yield path, value


def table(**settings: Any) -> LimeTabularExplainer:
    """An explainer of the table."""
    return LimeTabularExplainer(training(), **{"categorical_features": [3, 5], "random_state": 7, **settings})


def with_discretizer(name: str) -> LimeTabularExplainer:
    """The same with bins of another kind; the labels are for those that learn from them."""
    return table(discretizer=name, training_labels=(table_score(training()) > 0).astype(int))


def tables() -> Iterator[tuple[str, Case]]:
    """Rows of arrays and frames."""
    row = training()[12]
    for selection in ("auto", "forward_selection", "lasso_path", "highest_weights", "none"):
        yield (
            f"table, {selection}",
            lambda s=selection: numbers_of(  # type: ignore[misc]
                table(feature_selection=s).explain_instance(row, classes_of_table, num_features=3, num_samples=1000)
            ),
        )
    for discretizer in ("quartile", "decile", "entropy"):
        yield (
            f"table, {discretizer}",
            lambda d=discretizer: numbers_of(  # type: ignore[misc]
                with_discretizer(d).explain_instance(row, classes_of_table, num_samples=600)
            ),
        )
    for method in ("sobol", "gaussian", "lhs", "classic"):
        yield (
            f"table, {method}",
            lambda m=method: numbers_of(  # type: ignore[misc]
                table().explain_instance(row, classes_of_table, num_samples=700, sampling_method=m)
            ),
        )
    yield (
        "table, not in bins",
        lambda: numbers_of(table(discretize_continuous=False).explain_instance(row, classes_of_table, num_samples=800)),
    )
    yield (
        "table, around the instance",
        lambda: numbers_of(
            table(discretize_continuous=False, sample_around_instance=True).explain_instance(
                row, classes_of_table, num_samples=800
            )
        ),
    )
    yield (
        "table, three classes, all",
        lambda: numbers_of(table().explain_instance(row, three_classes, top_labels=3, num_features=4)),
    )
    yield (
        "table, regression",
        lambda: numbers_of(table(mode="regression").explain_instance(row, values_of_table, num_samples=900)),
    )
    yield "table, defaults", lambda: numbers_of(table().explain_instance(row, classes_of_table))
    yield (
        "table, auto samples",
        lambda: numbers_of(table().explain_instance(row, classes_of_table, num_samples="auto", num_features=3)),
    )
    yield (
        "table, auto width",
        lambda: numbers_of(table(kernel_width="auto").explain_instance(row, classes_of_table, num_samples=1000)),
    )
    yield (
        "table, other metric",
        lambda: numbers_of(
            table().explain_instance(row, classes_of_table, num_samples=500, distance_metric="cityblock")
        ),
    )
    yield (
        "frame",
        lambda: numbers_of(
            LimeTabularExplainer(frame(), random_state=1).explain_instance(frame().iloc[3], classes_of_frame)
        ),
    )
    yield (
        "frame, missing value",
        lambda: numbers_of(
            LimeTabularExplainer(frame(), random_state=1).explain_instance(frame().iloc[17], classes_of_frame)
        ),
    )
    yield (
        "frame, not in bins",
        lambda: numbers_of(
            LimeTabularExplainer(frame(), random_state=1, discretize_continuous=False).explain_instance(
                frame().iloc[5], classes_of_frame
            )
        ),
    )
    yield (
        "frame, auto samples",
        lambda: numbers_of(
            LimeTabularExplainer(frame(), random_state=1).explain_instance(
                frame().iloc[3], classes_of_frame, num_samples="auto"
            )
        ),
    )


def many_rows() -> Iterator[tuple[str, Case]]:
    """`explain_instances`: the records of all rows."""

    def records(exps: Any) -> Numbers:
        tidy = exps.to_frame()
        numeric = tidy.select_dtypes("number")
        return {name: [float(v) for v in numeric[name]] for name in numeric}

    yield (
        "rows of a table",
        lambda: records(table().explain_instances(training()[:12], classes_of_table, num_samples=500, num_features=4)),
    )
    yield (
        "rows of a table, auto",
        lambda: records(
            table().explain_instances(training()[:4], classes_of_table, num_samples="auto", num_features=2)
        ),
    )
    yield (
        "rows of a frame",
        lambda: records(
            LimeTabularExplainer(frame(), random_state=1).explain_instances(
                frame().iloc[:8], classes_of_frame, num_samples=400
            )
        ),
    )
    yield (
        "rows around the instance",
        lambda: records(
            table(discretize_continuous=False, sample_around_instance=True).explain_instances(
                training()[:5], classes_of_table, num_samples=400
            )
        ),
    )
    yield (
        "several texts",
        lambda: records(
            LimeTextExplainer(random_state=2).explain_instances(
                [TEXT, "good music", "a bad bad play and good food"], classes_of_text, num_samples=300
            )
        ),
    )
    yield (
        "several pictures",
        lambda: records(
            LimeImageExplainer(random_state=2).explain_instances(
                [picture(), 1.0 - picture()],
                classes_of_pictures,
                num_samples=200,
                segmentation_fn=blocks,
                hide_color=0,
                top_labels=1,
                num_features=4,
                progress_bar=False,
            )
        ),
    )


def texts() -> Iterator[tuple[str, Case]]:
    """Texts."""

    def explain(explainer: LimeTextExplainer, text: str = TEXT, **settings: Any) -> Numbers:
        return numbers_of(explainer.explain_instance(text, classes_of_text, **{"num_samples": 600, **settings}))

    yield "text", lambda: explain(LimeTextExplainer(random_state=4))
    yield "text, by position", lambda: explain(LimeTextExplainer(random_state=4, bow=False))
    yield "text, short and exact", lambda: explain(LimeTextExplainer(random_state=4), "good music, bad play")
    yield "text, characters", lambda: explain(LimeTextExplainer(random_state=4, char_level=True), "good bad")
    yield "text, unit word", lambda: explain(LimeTextExplainer(random_state=4, unit="word"))
    yield "text, auto samples", lambda: explain(LimeTextExplainer(random_state=4), num_samples="auto", num_features=4)
    yield "text, narrow kernel", lambda: explain(LimeTextExplainer(random_state=4, kernel_width=5))
    yield "text, auto width", lambda: explain(LimeTextExplainer(random_state=4, kernel_width="auto"))
    for method in ("pairs", "gaussian", "classic"):
        yield f"text, {method}", lambda m=method: explain(LimeTextExplainer(random_state=4), sampling_method=m)  # type: ignore[misc]


def pictures() -> Iterator[tuple[str, Case]]:
    """Pictures."""
    usual = {
        "num_samples": 400,
        "segmentation_fn": blocks,
        "hide_color": 0,
        "progress_bar": False,
        "num_features": 6,
        "top_labels": 2,
    }

    def explain(explainer: LimeImageExplainer, image: Any = None, **settings: Any) -> Numbers:
        given = picture() if image is None else image
        return numbers_of(explainer.explain_instance(given, classes_of_pictures, **{**usual, **settings}))

    yield "picture", lambda: explain(LimeImageExplainer(random_state=6))
    yield "picture, mean colour", lambda: explain(LimeImageExplainer(random_state=6), hide_color=None)
    yield "picture, bytes", lambda: explain(LimeImageExplainer(random_state=6), (picture() * 255).astype(np.uint8))
    yield "picture, auto samples", lambda: explain(LimeImageExplainer(random_state=6), num_samples="auto")
    yield "picture, exact", lambda: explain(LimeImageExplainer(random_state=6), picture()[:18, :18], num_samples=600)
    for method in ("balanced", "gaussian", "classic"):
        yield f"picture, {method}", lambda m=method: explain(LimeImageExplainer(random_state=6), sampling_method=m)  # type: ignore[misc]


def several_steps() -> Iterator[tuple[str, Case]]:
    """Series of rows."""

    def explain(**settings: Any) -> Numbers:
        explainer = RecurrentTabularExplainer(series(), feature_names=["price", "volume"], random_state=8)
        return numbers_of(
            explainer.explain_instance(series()[1], classes_of_series, **{"num_samples": 600, **settings})
        )

    yield "series", explain
    yield "series, classic", lambda: explain(sampling_method="classic")
    yield "series, auto samples", lambda: explain(num_samples="auto", num_features=2)


def trust() -> Iterator[tuple[str, Case]]:
    """Every report of `lime.trust`."""
    row = training()[12]
    text = LimeTextExplainer(random_state=4)
    image = LimeImageExplainer(random_state=6)
    of_image = {"segmentation_fn": blocks, "hide_color": 0, "progress_bar": False, "num_samples": 200, "top_labels": 1}

    def reports(
        name: str, explainer: Callable[[], Any], instance: Any, model: Any, **settings: Any
    ) -> Iterator[tuple[str, Case]]:
        for check in ("deletion", "insertion", "infidelity", "sensitivity", "fidelity"):
            yield (
                f"{check} of {name}",
                lambda c=check: numbers_of_report(getattr(lime.trust, c)(explainer(), instance, model, **settings)),  # type: ignore[misc]
            )
        yield (
            f"stability of {name}",
            lambda: numbers_of_report(explainer().stability(instance, model, repeats=3, **settings)),
        )
        yield (
            f"pairs of {name}",
            lambda: numbers_of_report(explainer().explain_instance(instance, model, **settings).interactions()),
        )
        yield (
            f"card of {name}",
            lambda: numbers_of_report(explainer().explain_instance(instance, model, **settings).trust()),
        )

    yield from reports("a row", table, row, classes_of_table, num_samples=400, num_features=3)
    yield from reports("a text", lambda: text, TEXT, classes_of_text, num_samples=300)
    yield from reports("a picture", lambda: image, picture(), classes_of_pictures, **of_image)
    yield (
        "off_data",
        lambda: numbers_of_report(
            lime.trust.out_of_distribution(table(), training(), row, predict_fn=classes_of_table)
        ),
    )


def cases() -> dict[str, Case]:
    """All of them by name."""
    return dict([*tables(), *many_rows(), *texts(), *pictures(), *several_steps(), *trust()])


def run(names: Sequence[str] | None = None) -> dict[str, Numbers]:
    """The numbers of all cases, or of those that are named."""
    known = cases()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: known[name]() for name in (known if names is None else names)}


def differences(before: Numbers, now: Numbers, tolerance: float) -> list[str]:
    """What moved by more than a share of the largest number of its group, or came or went."""
    found = [f"{key} is gone" for key in before if key not in now] + [
        f"{key} is new" for key in now if key not in before
    ]
    for key in before.keys() & now.keys():
        was, is_ = before[key], now[key]
        pairs = list(zip(was, is_, strict=False)) if isinstance(was, list) and isinstance(is_, list) else [(was, is_)]
        if isinstance(was, list) and (not isinstance(is_, list) or len(was) != len(is_)):
            found.append(f"{key}: {was} was of another length: {is_}")
            continue
        numbers = [abs(a) for a, _ in pairs if isinstance(a, int | float) and math.isfinite(a)]
        scale = max([*numbers, 1e-300])
        found += [f"{key}: {a} became {b}" for a, b in pairs if not _alike(a, b, tolerance * scale)]
    return found


def _alike(a: Any, b: Any, most: float) -> bool:
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a == b  # type: ignore[no-any-return]
    if not (math.isfinite(a) and math.isfinite(b)):
        return a == b or (math.isnan(a) and math.isnan(b))
    return abs(a - b) <= most  # type: ignore[no-any-return]


def main() -> int:
    """Compare, or record."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="record the numbers of today")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="share of the largest number of a group")
    parser.add_argument("--file", type=Path, default=FILE, help="where the numbers stand")
    parser.add_argument("--only", nargs="*", help="names of cases")
    asked = parser.parse_args()
    now = run(asked.only)
    if asked.write:
        versions = {"python": platform.python_version(), **{name: metadata.version(name) for name in LIBRARIES}}
        lines = [f"{json.dumps(name)}: {json.dumps(numbers)}" for name, numbers in now.items()]
        text = f'{{"versions": {json.dumps(versions)},\n"cases": {{\n' + ",\n".join(lines) + "\n}}\n"
        asked.file.write_text(text, encoding="utf-8")
        print(f"{len(now)} cases, {sum(map(_count, now.values()))} numbers")
        return 0
    before = json.loads(asked.file.read_text(encoding="utf-8"))["cases"]
    moved = 0
    for name, numbers in now.items():
        recorded = before.get(name)
        for line in (
            ["not recorded"]
            if recorded is None
            else differences(recorded, json.loads(json.dumps(numbers)), asked.tolerance)
        ):
            moved += 1
            print(f"{name}: {line}")
    print(f"{len(now)} cases, {sum(map(_count, now.values()))} numbers, {moved} moved by more than {asked.tolerance:g}")
    return 1 if moved else 0


def _count(numbers: Numbers) -> int:
    return sum(len(value) if isinstance(value, list) else 1 for value in numbers.values())


if __name__ == "__main__":
    sys.exit(main())
