"""What is run by lime 0.2.0.1 and by this package alike, so that their numbers can be compared.

One code for both: `tools/record_classic.py` runs it where 0.2.0.1 is installed and keeps the answers, the tests run
it here under ``sampling_method="classic"``. Data come from streams of numpy that are frozen, models are plain
arithmetic, so that nothing depends on how a library fits. Where 0.2.0.1 is wrong, it is led to the right answer by
another way (`PEER`): see ``docs/classic.md``.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LinearRegression

import lime
from classic_models import (
    DATA,
    LABELS,
    NAMES,
    REVIEW,
    SEQUENCES,
    SHORT,
    classes,
    looks,
    number,
    picture,
    reads,
    steps,
    tiles,
    tone,
)
from lime.lime_base import LimeBase
from lime.lime_tabular import (
    DecileDiscretizer,
    LimeTabularExplainer,
    QuartileDiscretizer,
    RecurrentTabularExplainer,
)
from lime.lime_text import LimeTextExplainer

PEER = not hasattr(lime, "config_context")
"""Whether the lime that runs is 0.2.0.1."""

Answer = dict[str, Any]
Case = Callable[[], list[Answer]]

TABULAR: dict[str, Case] = {}
RECURRENT: dict[str, Case] = {}
TEXT: dict[str, Case] = {}
IMAGE: dict[str, Case] = {}
DOMAINS = {"tabular": TABULAR, "recurrent": RECURRENT, "text": TEXT, "image": IMAGE}


def run(case: Case) -> list[Answer]:
    """The answers of one case; what either package has to say beside them is not at stake here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return case()


def stream(state: np.random.RandomState) -> str:
    """Where a stream of random numbers has come to."""
    _, key, position, has_gauss, gauss = state.get_state()
    return hashlib.sha1(np.asarray(key).tobytes() + f"{position} {has_gauss} {gauss!r}".encode()).hexdigest()


def answer(exp: Any, explainer: Any, names: bool = True) -> Answer:
    """The numbers of an explanation, and where the explainer's stream has come to."""
    top = getattr(exp, "top_labels", None)
    result: Answer = {
        "local_exp": {str(k): [[int(i), float(w)] for i, w in pairs] for k, pairs in sorted(exp.local_exp.items())},
        "intercept": {str(k): float(value) for k, value in sorted(exp.intercept.items())},
        "score": float(exp.score),
        "local_pred": float(np.ravel(exp.local_pred)[0]),
        "top_labels": None if top is None else [int(k) for k in top],
        "stream": stream(explainer.random_state),
    }
    mode = getattr(exp, "mode", None)
    if mode == "regression":
        result["predicted_value"] = float(exp.predicted_value)
        result["range"] = [float(exp.min_value), float(exp.max_value)]
    elif mode == "classification":
        result["predict_proba"] = [float(p) for p in exp.predict_proba]
    if names:
        label = top[0] if top else sorted(exp.local_exp)[-1]
        result["names"] = [str(name) for name, _ in exp.as_list(label=label)]
    return result


# -- tables ----------------------------------------------------------------------------------------------------------


def calls(explainer: Any, model: Any, rows: Any, **settings: Any) -> list[Answer]:
    """The same explainer asked about one row after the other."""
    return [answer(explainer.explain_instance(row, model, **settings), explainer) for row in rows]


def tabular(name: str) -> Callable[[Case], Case]:
    def keep(case: Case) -> Case:
        TABULAR[name] = case
        return case

    return keep


CATEGORIES: dict[str, Any] = {"categorical_features": [3, 1], "categorical_names": {1: ["a", "b", "c", "d"]}}

for _discretizer in ("quartile", "decile", "entropy"):
    for _selection, _count in (("auto", 4), ("auto", 9), ("lasso_path", 5), ("none", 3)):

        @tabular(f"{_discretizer} {_selection} {_count}")
        def _(discretizer: str = _discretizer, selection: str = _selection, count: int = _count) -> list[Answer]:
            explainer = LimeTabularExplainer(
                DATA,
                training_labels=LABELS,
                feature_names=NAMES,
                class_names=["x", "y", "z"],
                feature_selection=selection,
                discretizer=discretizer,
                random_state=3,
                **CATEGORIES,
            )
            return calls(explainer, classes, DATA[[0, 0, 7]], labels=(0, 2), num_features=count, num_samples=400)


@tabular("as it comes")
def _() -> list[Answer]:
    return calls(LimeTabularExplainer(DATA, random_state=11), classes, DATA[[5, 5]])


@tabular("steps")
def _() -> list[Answer]:
    explainer = LimeTabularExplainer(DATA, random_state=12, discretizer="decile", **CATEGORIES)
    return calls(explainer, steps, DATA[[5, 6]], num_features=5, num_samples=700)


@tabular("several top labels")
def _() -> list[Answer]:
    explainer = LimeTabularExplainer(DATA, random_state=11)
    return calls(explainer, classes, DATA[[5, 9]], top_labels=2, labels=None, num_samples=300)


@tabular("regression")
def _() -> list[Answer]:
    explainer = LimeTabularExplainer(DATA, mode="regression", random_state=11, **CATEGORIES)
    return calls(explainer, number, DATA[[5, 9]], num_samples=300)


class WholeDiscretizer(DecileDiscretizer):
    """Deciles, with 0.2.0.1's one mistake put right: where the bounds of a bin meet, it draws 0."""

    def get_undiscretize_values(self, feature: int, values: np.ndarray) -> np.ndarray:
        drawn = super().get_undiscretize_values(feature, values)
        low, high = np.array(self.mins[feature])[values], np.array(self.maxs[feature])[values]
        return np.where(low == high, low, drawn)


@tabular("whole numbers with ties")
def _() -> list[Answer]:
    data = np.random.RandomState(2).poisson(2.0, size=(200, 5)) + 1
    data[:, 4] = 7
    state = np.random.RandomState(0)
    cut = WholeDiscretizer(data, [], list("abcde"), random_state=state) if PEER else "decile"
    explainer = LimeTabularExplainer(
        data, mode="regression", feature_names=list("abcde"), discretizer=cut, random_state=state
    )
    return calls(explainer, number, data[[5, 9]], num_samples=300)


def statistics(order: list[int]) -> dict[str, Any]:
    """Statistics in place of training data, given by column in some order."""
    made = QuartileDiscretizer(DATA, [1, 3], NAMES)
    stats: dict[str, Any] = {
        "means": {j: list(made.means[j]) for j in order},
        "stds": {j: list(made.stds[j]) for j in order},
        "mins": {j: list(made.mins[j]) for j in order},
        "maxs": {j: list(made.maxs[j]) for j in order},
        "bins": {j: [float(edge) for edge in made.maxs[j][:-1]] for j in order},
        "feature_values": {},
        "feature_frequencies": {},
    }
    cut = made.discretize(DATA)
    for j in range(DATA.shape[1]):
        values, counts = np.unique(cut[:, j], return_counts=True)
        stats["feature_values"][j], stats["feature_frequencies"][j] = values.tolist(), counts.tolist()
    return stats


for _order in ([0, 2, 4, 5, 6, 7, 8, 9, 10, 11], [11, 0, 5, 4, 2, 6, 10, 8, 9, 7]):

    @tabular(f"statistics in place of data, from column {_order[0]}")
    def _(order: list[int] = _order) -> list[Answer]:
        explainer = LimeTabularExplainer(
            DATA, random_state=4, training_data_stats=statistics(order), categorical_features=[1, 3]
        )
        return calls(explainer, classes, DATA[[5, 9]], num_samples=300)


class HalvesDiscretizer(QuartileDiscretizer):
    """A discretizer of a user's own: it cuts at the median."""

    def bins(self, data: np.ndarray, labels: Any) -> list[np.ndarray]:
        return [np.array([np.median(data[:, j])]) for j in self.to_discretize]


class MeanDiscretizer(DecileDiscretizer):
    """Another: the first column takes the means of its bins, the others are drawn as they always are."""

    def get_undiscretize_values(self, feature: int, values: np.ndarray) -> np.ndarray:
        if feature == 0:
            return np.array(self.means[feature])[values]
        return super().get_undiscretize_values(feature, values)


@tabular("a discretizer with a stream of its own")
def _() -> list[Answer]:
    own = HalvesDiscretizer(DATA, [1, 3], NAMES, random_state=77)
    explainer = LimeTabularExplainer(DATA, discretizer=own, random_state=4, **CATEGORIES)
    return calls(explainer, classes, DATA[[5, 9]], num_samples=300)


@tabular("a discretizer that fills bins its own way")
def _() -> list[Answer]:
    own = MeanDiscretizer(DATA, [1, 3], NAMES, random_state=77)
    explainer = LimeTabularExplainer(DATA, discretizer=own, random_state=4, **CATEGORIES)
    return calls(explainer, classes, DATA[[5, 9]], num_samples=300)


for _around in (False, True):
    for _selection, _count in (("auto", 4), ("auto", 9), ("lasso_path", 5), ("none", 3)):

        @tabular(f"not cut, {'around the row' if _around else 'around the mean'}, {_selection} {_count}")
        def _(around: bool = _around, selection: str = _selection, count: int = _count) -> list[Answer]:
            explainer = LimeTabularExplainer(
                DATA,
                feature_names=NAMES,
                feature_selection=selection,
                discretize_continuous=False,
                sample_around_instance=around,
                random_state=8,
                **CATEGORIES,
            )
            return calls(explainer, classes, DATA[[0, 0, 7]], labels=(1, 2), num_features=count, num_samples=401)


@tabular("not cut, a column that never varies")
def _() -> list[Answer]:
    data = DATA.copy()
    data[:, 2] = 7.0
    explainer = LimeTabularExplainer(data, discretize_continuous=False, random_state=8)
    return calls(explainer, classes, data[[0, 3]], num_samples=401)


@tabular("kernel, metric and width")
def _() -> list[Answer]:
    explainer = LimeTabularExplainer(
        DATA, kernel=lambda d, kernel_width: 1 / (1 + d / d.max() + kernel_width), kernel_width=2, random_state=1
    )
    return calls(explainer, classes, DATA[[5, 9]], num_samples=300, distance_metric="manhattan")


@tabular("a regressor of one's own")
def _() -> list[Answer]:
    explainer = LimeTabularExplainer(DATA, random_state=1)
    return calls(explainer, classes, DATA[[5, 9]], num_samples=300, model_regressor=LinearRegression())


class PickyBase(LimeBase):
    """A base of a user's own: it keeps the first three features and looks at all it is handed."""

    def feature_selection(
        self, data: np.ndarray, labels: np.ndarray, weights: np.ndarray, num_features: int, method: str
    ) -> np.ndarray:
        return np.arange(3)

    def explain_instance_with_data(
        self, neighborhood_data: Any, neighborhood_labels: Any, *rest: Any, **kept: Any
    ) -> Any:
        return super().explain_instance_with_data(
            neighborhood_data, neighborhood_labels * len(neighborhood_data), *rest, **kept
        )


@tabular("a base of one's own")
def _() -> list[Answer]:
    explainer = LimeTabularExplainer(DATA, random_state=1)
    explainer.base = PickyBase(lambda d: np.exp(-d), random_state=1)
    return calls(explainer, classes, DATA[[5, 9]], num_samples=300)


@tabular("one stream for two explainers")
def _() -> list[Answer]:
    state = np.random.RandomState(9)
    first = LimeTabularExplainer(DATA, random_state=state, training_labels=LABELS, discretizer="entropy")
    second = LimeTabularExplainer(DATA, random_state=state, discretize_continuous=False)
    return [
        answer(explainer.explain_instance(DATA[8], classes, num_samples=200), explainer)
        for explainer in (first, second, first)
    ]


@tabular("numpy's own stream")
def _() -> list[Answer]:
    np.random.seed(6)  # noqa: NPY002 (the stream that programs without a seed share)
    return calls(LimeTabularExplainer(DATA), classes, DATA[[5, 9]], num_samples=200)


@tabular("few draws")
def _() -> list[Answer]:
    return calls(LimeTabularExplainer(DATA, random_state=6), classes, DATA[[5]], num_samples=20)


for _around in (False, True):

    @tabular(f"sparse rows, {'around the row' if _around else 'around the mean'}")
    def _(around: bool = _around) -> list[Answer]:
        """Only non-zero columns vary. 0.2.0.1 scales them the wrong way: it is asked about them as a dense table."""
        state = np.random.RandomState(3)
        full = state.poisson(1.0, size=(200, 9)) * state.gamma(2.0, size=(200, 9))
        row = full[4]
        there = np.flatnonzero(row)

        seen: list[np.ndarray] = []

        def model(rows: Any) -> np.ndarray:
            x = rows.toarray() if sparse.issparse(rows) else np.zeros((len(rows), 9))  # type: ignore[attr-defined]
            if not sparse.issparse(rows):
                x[:, there] = rows
            seen.append(x)
            return classes(x)

        settings: dict[str, Any] = {"discretize_continuous": False, "sample_around_instance": around, "random_state": 3}
        settings |= {"kernel_width": 3.0, "feature_selection": "forward_selection"}
        if not PEER:
            explainer = LimeTabularExplainer(sparse.csr_matrix(full), **settings)
            return calls(explainer, model, [sparse.csr_matrix(row)] * 2, num_features=3, num_samples=300)
        explainer = LimeTabularExplainer(full[:, there], feature_names=[str(j) for j in there], **settings)
        answers = calls(explainer, model, [row[there]] * 2, num_features=3, num_samples=300)
        for one in answers:
            for pairs in one["local_exp"].values():
                pairs[:] = [[int(there[i]), weight] for i, weight in pairs]
        if not around:  # where it crashes on a sparse row
            explainer = LimeTabularExplainer(sparse.csr_matrix(full), **settings)
            calls(explainer, model, [sparse.csr_matrix(row)] * 2, num_samples=300)
            for dense, drawn in zip(seen[:2], seen[2:], strict=True):
                np.testing.assert_allclose(drawn, dense, rtol=1e-12)
        return answers


# -- sequences -------------------------------------------------------------------------------------------------------


def _recurrent(**settings: Any) -> Any:
    return RecurrentTabularExplainer(SEQUENCES, feature_names=["a", "b", "c"], random_state=21, **settings)


RECURRENT["cut"] = lambda: calls(_recurrent(), reads, SEQUENCES[[0, 0, 4]], num_samples=400)
RECURRENT["entropy"] = lambda: calls(
    _recurrent(training_labels=(SEQUENCES[:, -1, 0] > 0).astype(int), discretizer="entropy"),
    reads,
    SEQUENCES[[0, 4]],
    num_samples=400,
    num_features=4,
)
RECURRENT["not cut"] = lambda: calls(
    _recurrent(discretize_continuous=False, class_names=["no", "yes"]),
    reads,
    SEQUENCES[[0, 4]],
    num_samples=400,
    top_labels=1,
)
RECURRENT["regression"] = lambda: calls(
    _recurrent(mode="regression"), lambda x: reads(x)[:, 1], SEQUENCES[[0, 4]], num_samples=400
)


def _categories(**settings: Any) -> list[Answer]:
    """0.2.0.1 takes column 1 of the flattened table for feature 1: it is given the flattened table itself."""
    names = {1: ["low", "mid", "high"]}
    if not PEER:
        explainer = _recurrent(categorical_features=[1], categorical_names=names, **settings)
        return calls(explainer, reads, SEQUENCES[[0, 4]], num_samples=400)
    flat = SEQUENCES.transpose(0, 2, 1).reshape(len(SEQUENCES), 12)
    explainer = LimeTabularExplainer(
        flat,
        feature_names=[f"{name}_t-{3 - step}" for name in "abc" for step in range(4)],
        categorical_features=[4, 5, 6, 7],
        categorical_names=dict.fromkeys(range(4, 8), names[1]),
        random_state=21,
        **settings,
    )
    model = lambda rows: reads(rows.reshape(-1, 3, 4).transpose(0, 2, 1))  # noqa: E731
    return calls(explainer, model, flat[[0, 4]], num_samples=400)


RECURRENT["categories"] = _categories
RECURRENT["categories, not cut"] = lambda: _categories(discretize_continuous=False)


# -- text ------------------------------------------------------------------------------------------------------------


def texts(*instances: str, num_samples: int = 300, call: dict[str, Any] | None = None, **settings: Any) -> list[Answer]:
    explainer = LimeTextExplainer(random_state=14, class_names=["g", "b", "l"], **settings)
    return calls(explainer, tone, instances, num_samples=num_samples, **(call or {}))


TEXT["bow"] = lambda: texts(REVIEW, REVIEW, SHORT)
TEXT["bow, as it comes"] = lambda: calls(LimeTextExplainer(random_state=2), tone, [REVIEW, SHORT])
TEXT["bow, forward"] = lambda: texts(REVIEW, SHORT, call={"num_features": 4, "labels": (0, 2)})
TEXT["bow, lasso"] = lambda: texts(REVIEW, SHORT, feature_selection="lasso_path", call={"num_features": 5})
TEXT["bow, all features"] = lambda: texts(REVIEW, SHORT, feature_selection="none")
TEXT["bow, top labels"] = lambda: texts(REVIEW, SHORT, call={"top_labels": 2, "labels": None})
TEXT["positions"] = lambda: texts(REVIEW, REVIEW, SHORT, bow=False)
TEXT["positions, masked"] = lambda: texts(REVIEW, SHORT, bow=False, mask_string="UNK")
TEXT["characters"] = lambda: texts(SHORT, REVIEW, SHORT, char_level=True, call={"num_features": 20})
TEXT["characters by position"] = lambda: texts(SHORT, REVIEW, char_level=True, bow=False)
TEXT["pattern"] = lambda: texts(REVIEW, split_expression=r"[ ,;:.?]+")
TEXT["tokenizer"] = lambda: texts(REVIEW, split_expression=lambda text: text.split())
TEXT["metric and width"] = lambda: texts(
    REVIEW, SHORT, kernel_width=50, kernel=lambda d, kernel_width: np.exp(-d / kernel_width / 9),
    call={"distance_metric": "euclidean"},
)  # fmt: skip
TEXT["a regressor of one's own"] = lambda: texts(REVIEW, call={"model_regressor": LinearRegression()})
TEXT["one word"] = lambda: texts("good", "good")


# -- images ----------------------------------------------------------------------------------------------------------


def images(
    count: int = 2, picture_of: str = "uint8", call: dict[str, Any] | None = None, **settings: Any
) -> list[Answer]:
    from lime.lime_image import LimeImageExplainer

    explainer = LimeImageExplainer(random_state=19, **settings)
    chosen: dict[str, Any] = {"segmentation_fn": tiles, "num_samples": 200, **(call or {})}
    return [
        answer(explainer.explain_instance(picture(picture_of), looks, **chosen), explainer, names=False)
        for _ in range(count)
    ]


IMAGE["tiles"] = images
IMAGE["tiles, float"] = lambda: images(picture_of="float")
IMAGE["tiles, single precision"] = lambda: images(picture_of="float32")
IMAGE["quickshift"] = lambda: images(call={"segmentation_fn": None})
IMAGE["quickshift, float"] = lambda: images(picture_of="float", call={"segmentation_fn": None})
IMAGE["one colour"] = lambda: images(call={"hide_color": 0, "batch_size": 7})
IMAGE["few features"] = lambda: images(call={"num_features": 4, "top_labels": None, "labels": (3, 1)})
IMAGE["seed of the segments"] = lambda: images(call={"random_seed": 5})
IMAGE["metric and width"] = lambda: images(kernel_width=2.0, call={"distance_metric": "euclidean"})
