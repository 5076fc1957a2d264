"""How published packages use lime, beyond its documented calls; tools/dependants.py runs the packages themselves.

The private methods are part of this: a name such as ``_LimeTabularExplainer__data_inverse`` is called and overridden by
programs since it was the only way to the draws.
"""

# mypy: disable-error-code="attr-defined"
# (methods that are private to 0.2.0.1 are asked for by name)

from __future__ import annotations

import importlib
import inspect
import sys
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from lime import lime_base, lime_image, lime_tabular, lime_text

WINE = load_wine()
X = StandardScaler().fit_transform(WINE.data)
MODEL = LogisticRegression().fit(X, WINE.target)
TEXT = "such a good play but a dull one, good and bad"

# What 0.2.0.1's modules hold beside their own classes, which star imports hand on.
HANDED_ON = {
    lime_tabular: "check_random_state collections copy explanation json lime_base np partial sklearn sp warnings",
    lime_text: "check_random_state explanation itertools json lime_base np partial re sklearn sp",
    lime_image: "check_random_state copy gray2rgb lime_base np partial sklearn tqdm",
}


def words(texts):
    good = np.array([(1 + text.count("good")) / (2 + len(text.split())) for text in texts])
    return np.column_stack([1 - good, good])


class OwnRows(lime_tabular.LimeTabularExplainer):
    """As programs that defend LIME against adversaries do it: the draws pass through a method of theirs."""

    keep = slice(None)

    def _LimeTabularExplainer__data_inverse(self, data_row, num_samples):
        data, inverse = super()._LimeTabularExplainer__data_inverse(data_row, num_samples)  # type: ignore[misc]
        return data[self.keep], inverse[self.keep]


class OwnTexts(lime_text.LimeTextExplainer):
    keep = slice(None)

    def _LimeTextExplainer__data_labels_distances(
        self, indexed_string, classifier_fn, num_samples, distance_metric="cosine"
    ):
        drawn = super()._LimeTextExplainer__data_labels_distances(  # type: ignore[misc]
            indexed_string, classifier_fn, num_samples, distance_metric=distance_metric
        )
        return tuple(part[self.keep] for part in drawn)


@pytest.mark.parametrize("module", HANDED_ON, ids=lambda module: module.__name__)
def test_a_star_import_hands_on_what_it_always_did(module):
    namespace = {}
    exec(f"from {module.__name__} import *", namespace)  # noqa: S102
    assert set(HANDED_ON[module].split()) <= set(namespace)
    assert namespace["np"] is np
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = module.no_such_name


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"discretize_continuous": False},
        {"discretize_continuous": False, "categorical_features": [0, 4], "sample_around_instance": True},
        {"mode": "regression"},
    ],
)
def test_draws_of_a_table_that_pass_through_a_program_are_those_of_classic(settings):
    rows = X.copy()
    rows[:, [0, 4]] = np.round(rows[:, [0, 4]])
    predict = (lambda x: MODEL.decision_function(x)[:, 1]) if "mode" in settings else MODEL.predict_proba
    own = OwnRows(rows, random_state=3, **settings)
    plain = lime_tabular.LimeTabularExplainer(rows, random_state=3, **settings)
    for _ in range(2):  # the stream goes on from call to call
        given = own.explain_instance(rows[5], predict, num_features=4, num_samples=300)
        classic = plain.explain_instance(rows[5], predict, num_features=4, num_samples=300, sampling_method="classic")
        assert dict(given.as_list()) == pytest.approx(dict(classic.as_list()))
        assert given.intercept == pytest.approx(classic.intercept)
        assert given.num_model_calls == 300


def test_draws_of_a_text_that_pass_through_a_program_are_those_of_classic():
    own, plain = OwnTexts(random_state=3), lime_text.LimeTextExplainer(random_state=3)
    for _ in range(2):
        given = own.explain_instance(TEXT, words, num_features=4, num_samples=300)
        classic = plain.explain_instance(TEXT, words, num_features=4, num_samples=300, sampling_method="classic")
        assert dict(given.as_list()) == pytest.approx(dict(classic.as_list()))


@pytest.mark.parametrize("kind", [OwnRows, OwnTexts])
def test_fewer_draws_from_a_program_are_all_that_is_used(kind):
    asked = []

    def predict(inputs):
        asked.append(len(inputs))
        return words(inputs) if kind is OwnTexts else MODEL.predict_proba(inputs)

    explainer = kind(random_state=0) if kind is OwnTexts else kind(X, random_state=0)
    explainer.keep = slice(0, 40)
    exp = explainer.explain_instance(TEXT if kind is OwnTexts else X[0], predict, num_features=3, num_samples=100)
    assert asked == [100 if kind is OwnTexts else 40]  # a text's method asks the model itself, before it is cut
    assert exp.num_model_calls == 40
    assert len(exp.as_list()) == 3


def test_a_method_put_on_the_object_is_used():
    explainer = lime_tabular.LimeTabularExplainer(X, random_state=0)
    calls = []

    def drawn(data_row, num_samples, sampling_method):  # the signature of the repository's head
        calls.append(sampling_method)
        return type(explainer)._LimeTabularExplainer__data_inverse(explainer, data_row, num_samples)

    explainer._LimeTabularExplainer__data_inverse = drawn
    explainer.explain_instance(X[0], MODEL.predict_proba, num_samples=50)
    many = explainer.explain_instances(X[:2], MODEL.predict_proba, labels=(1,), num_samples=50)
    assert calls == ["gaussian"] * 3
    assert len(many) == 2
    with pytest.raises(ValueError, match="num_samples='auto'"):
        explainer.explain_instance(X[0], MODEL.predict_proba, num_samples="auto")


def test_data_inverse_returns_draws_and_their_features():
    explainer = lime_tabular.LimeTabularExplainer(WINE.data, random_state=0)
    data, inverse = explainer._LimeTabularExplainer__data_inverse(WINE.data[7], 200)
    np.testing.assert_array_equal(inverse[0], WINE.data[7])
    bins = explainer.discretizer.discretize(inverse)
    # A draw can fall on the edge of its bin, and counts to the bin below then: it is rare.
    assert np.mean(data == (bins == bins[0])) > 0.99
    whole = lime_tabular.LimeTabularExplainer(WINE.data, random_state=0, discretize_continuous=False)
    data, inverse = whole._LimeTabularExplainer__data_inverse(WINE.data[7], 200)
    np.testing.assert_allclose(data, inverse, rtol=1e-9, atol=1e-9)
    lhs, _ = whole._LimeTabularExplainer__data_inverse(WINE.data[7], 200, "lhs")
    assert lhs.shape == (200, 13)


def test_data_inverse_of_a_sparse_row_varies_its_entries_alone():
    table = scipy.sparse.random(200, 30, 0.2, format="csr", random_state=0)
    explainer = lime_tabular.LimeTabularExplainer(table, random_state=0)
    data, inverse = explainer._LimeTabularExplainer__data_inverse(table[0], 40)  # type: ignore[index]
    assert data.shape == inverse.shape == (40, 30)
    assert set(inverse.tocoo().col) == set(table[0].indices)  # type: ignore[index]


def test_data_labels_distances_takes_any_text_that_can_remove():
    class Halves:
        """A pair of texts, as entity matchers explain them; only what the method needs."""

        def num_words(self):
            return 2

        def raw_string(self):
            return "good | bad"

        def inverse_removing(self, ids):
            return " | ".join(word for i, word in enumerate(["good", "bad"]) if i not in ids)

    explainer = lime_text.LimeTextExplainer(random_state=0)
    data, labels, distances = explainer._LimeTextExplainer__data_labels_distances(Halves(), words, 30)
    assert data.shape == (30, 2)
    assert labels.shape == (30, 2)
    assert data[0].tolist() == [1, 1]
    assert distances[0] == 0
    np.testing.assert_allclose(np.unique(distances), [0, 100 * (1 - np.sqrt(0.5)), 100])


def test_data_labels_put_on_an_image_explainer_are_used():
    explainer = lime_image.LimeImageExplainer(random_state=0)
    own, counts = explainer.data_labels, []

    def noted(*args, **kwargs):
        counts.append(args[4])
        return own(*args, **kwargs)

    explainer.data_labels = noted
    image = np.random.default_rng(0).random((8, 8, 3))
    at = np.arange(8) // 2
    explainer.explain_instance(
        image,
        lambda images: np.column_stack([images[:, :2, :2].mean(axis=(1, 2, 3))] * 2) / 2,
        segmentation_fn=lambda _: at[:, None] * 4 + at,
        num_samples=40,
        progress_bar=False,
    )
    assert counts == [40]


def test_a_series_of_one_feature_as_pyreal_gives_it():
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 4, (200, 6))
    with pytest.warns(UserWarning, match="feature_names has 6 names, but training_data has 1 features"):
        explainer = lime_tabular.RecurrentTabularExplainer(
            rows[:, :, None],
            training_labels=(rows[:, 2] > 1).astype(int),
            feature_names=np.arange(6),
            categorical_features=np.arange(6),
            random_state=0,
        )

    def predict(series):
        assert series.shape[1:] == (6, 1)
        p = series[:, 2, 0] / 4
        return np.column_stack([1 - p, p])

    exp = explainer.explain_instance(rows[:1], classifier_fn=predict, labels=[0, 1])
    assert exp.as_map()[1][0][0] == 2
    assert exp.as_list(1)[0][0] == f"0_t-3={rows[0, 2]}"
    assert explainer.explain_instance(rows[0], predict, labels=[0, 1]).as_list(1)[0][0] == exp.as_list(1)[0][0]
    # Positions beyond the features are those of columns; the others are features, at every step.
    pairs = np.stack([rows, rows[::-1]], axis=2)
    some = lime_tabular.RecurrentTabularExplainer(pairs, categorical_features=[7, 2])
    assert [j for j in range(12) if j not in some.discretizer.to_discretize] == [2, 7]
    feature = lime_tabular.RecurrentTabularExplainer(pairs, categorical_features=[1])
    assert feature.discretizer.to_discretize == list(range(6))
    with pytest.warns(UserWarning, match="categorical_features has 12, which is left out"):
        lime_tabular.RecurrentTabularExplainer(pairs, categorical_features=[12])
    with pytest.raises(ValueError, match="feature_names has 1 names"):
        lime_tabular.RecurrentTabularExplainer(pairs, feature_names=["one"])


def test_keywords_are_split_by_signature_as_dalex_and_dianna_do():
    given = {"random_state": 1, "num_features": 3, "discretizer": "decile", "top_labels": 1, "num_samples": 100}
    ours = set(inspect.signature(lime_tabular.LimeTabularExplainer).parameters)
    theirs = set(inspect.signature(lime_tabular.LimeTabularExplainer.explain_instance).parameters)
    assert not (ours & theirs)
    explainer = lime_tabular.LimeTabularExplainer(training_data=X, **{k: v for k, v in given.items() if k in ours})  # type: ignore[arg-type]
    exp = explainer.explain_instance(
        data_row=X[0],
        predict_fn=MODEL.predict_proba,
        **{k: v for k, v in given.items() if k in theirs},  # type: ignore[arg-type]
    )
    exp.plot = types.MethodType(lambda self, label: self.as_list(label)[0], exp)
    exp.result = exp.as_list(exp.top_labels[0])
    assert exp.plot(exp.top_labels[0]) == exp.result[0]


def test_a_frame_and_its_rows_as_evalml_gives_them():
    frame = load_wine(as_frame=True).data
    model = LogisticRegression(max_iter=5000).fit(X, WINE.target)
    scaled = (frame - frame.mean()) / frame.std(ddof=0)

    def predict(rows):
        return np.array(model.predict_proba(pd.DataFrame(rows, columns=frame.columns).to_numpy()))

    explainer = lime_tabular.LimeTabularExplainer(scaled, feature_names=scaled.columns, discretize_continuous=False)
    exp = explainer.explain_instance(scaled.iloc[3], predict, num_features=13, top_labels=3)
    assert sorted(exp.available_labels()) == [0, 1, 2]
    for label in exp.available_labels():
        assert {name for name, _ in exp.as_list(label)} == set(frame.columns)


def test_a_base_with_hooks_as_lime_stability_has_it():
    class Base(lime_base.LimeBase):
        def explain_instance_with_data(self, data, answers, distances, label, num_features, feature_selection, **more):
            weights = self.kernel_fn(distances)
            self.used = self.feature_selection(data, answers[:, label], weights, num_features, feature_selection)  # type: ignore[arg-type]
            assert data[0].tolist() == [1] * data.shape[1]
            return super().explain_instance_with_data(
                data, answers, distances, label, num_features, feature_selection, **more
            )

    explainer = lime_tabular.LimeTabularExplainer(X, random_state=0)
    explainer.base = Base(explainer.base.kernel_fn, verbose=False, random_state=explainer.random_state)
    exp = explainer.explain_instance(X[0], MODEL.predict_proba, num_features=4)
    assert sorted(explainer.base.used) == sorted(feature for feature, _ in exp.local_exp[1])


def test_a_subclass_that_hands_its_keywords_on_explains_many_rows_in_its_own_way():
    class Titled(lime_tabular.LimeTabularExplainer):
        def explain_instance(self, data_row, predict_fn, labels=(1,), title=None, **kwargs):
            exp = super().explain_instance(data_row, predict_fn, labels, **kwargs)
            titles.append(f"{title}: {len(exp.as_list())}")
            return exp

    titles: list[str] = []
    explainer = Titled(X, random_state=0)
    explainer.explain_instance(X[0], MODEL.predict_proba, title="wine", num_features=3)
    many = explainer.explain_instances(X[:2], MODEL.predict_proba, title="wines", num_features=2, num_samples=200)
    assert len(many) == 2
    assert titles == ["wine: 3", "wines: 2", "wines: 2"]
    with pytest.raises(TypeError, match="colour='red': explain_instance has no such setting"):
        explainer.explain_instances(X[:2], MODEL.predict_proba, colour="red")


@pytest.mark.parametrize("sampling_method", [None, "classic"])
def test_a_picture_whose_network_answers_with_log_probabilities_as_dianna_gives_it(sampling_method):
    picture = np.random.default_rng(0).integers(0, 256, (12, 12, 3)).astype(np.float32)
    at = np.arange(12) // 4

    def log_probabilities(images):
        score = images[:, :4, :4].mean(axis=(1, 2, 3)) / 100
        return np.log(np.column_stack([1 / (1 + np.exp(score)), 1 / (1 + np.exp(-score))]))

    explainer = lime_image.LimeImageExplainer(25, None, False, "auto", 42)
    exp = explainer.explain_instance(
        picture,
        log_probabilities,
        labels=[1],
        top_labels=None,
        hide_color=0,
        num_features=10,
        num_samples=200,
        segmentation_fn=lambda _: at[:, None] * 3 + at,
        progress_bar=False,
        sampling_method=sampling_method,
    )
    assert any("predictions are log-probabilities" in sentence for sentence in exp.warnings)
    mask = exp.get_image_and_mask(1, positive_only=False, hide_rest=True, num_features=1)[1]
    assert np.array_equal(mask != 0, np.outer(at == 0, at == 0))


def test_a_row_of_hashed_words_over_few_rows_as_interpret_community_gives_it():
    columns = 30_000
    rows = scipy.sparse.random(10, columns, 0.001, format="csr", random_state=1)
    weights = np.zeros((columns, 3))
    first = rows[0].indices[:2]  # type: ignore[index]
    weights[first, 1] = [3.0, -2.0]

    def predict(rows):
        odds = np.exp(rows @ weights)
        return odds / odds.sum(axis=1, keepdims=True)

    explainer = lime_tabular.LimeTabularExplainer(
        rows,
        feature_names=[str(i) for i in range(columns)],
        class_names=["a", "b", "c"],
        categorical_features=[],
        discretize_continuous=False,
        random_state=0,
    )
    table = explainer._table
    assert table.columns is table.columns  # made once, not once for each column that is drawn
    exp = explainer.explain_instance(rows[0], predict, labels=[0, 1, 2], num_features=4, num_samples=500)  # type: ignore[index]
    for label in (0, 1, 2):
        assert {name for name, _ in exp.as_list(label=label)} >= {str(i) for i in first}


@pytest.fixture(scope="module")
def tools():
    """The tool's modules, from the folder that is no package."""
    folder = str(Path(__file__).parents[1] / "tools")
    sys.path.insert(0, folder)
    yield types.SimpleNamespace(
        **{name: importlib.import_module(f"dependants{name}") for name in ("", "_environments", "_suites")}
    )
    sys.path.remove(folder)


def test_every_dependant_has_its_program(tools):
    module = vars(tools)[""]
    path = Path(module.__file__)
    drivers = {one.driver for one in module.DEPENDANTS}
    assert drivers == set((path.parent / "dependants").glob("*.py"))
    page = (path.parents[1] / "docs" / "dependants.md").read_text(encoding="utf-8")
    assert all(f"| {one.package} | {one.version} |" in page for one in module.DEPENDANTS)
    # A run that lacks a name of another's is compared by what both have.
    assert module.distance({"a": 1.0, "b": 2.0}, {"a": 2.0, "c": -4.0}) == (0.25, 1)


def test_every_suite_is_on_the_page(tools):
    page = (Path(__file__).parents[1] / "docs" / "dependants.md").read_text(encoding="utf-8")
    table = page.partition("<!-- suites -->")[2].partition("<!-- end of suites -->")[0]
    for suite in tools._suites.SUITES:
        assert f"| {suite.package} | {suite.version} |" in table
        assert suite.shipped or suite.repository in page


def suite_outcome(tools, **outcomes):
    """An outcome with what one test came to: passes with 0.2.0.1, here, with classic."""
    found = {
        way: {test: "passed" if times[i] else "failed" for test, times in outcomes.items()}
        for i, way in enumerate(("0.2.0.1", "ours", "classic"))
    }
    passes = {test: dict(zip(("0.2.0.1", "ours", "classic"), times, strict=True)) for test, times in outcomes.items()}
    return tools._suites.SuiteOutcome("one", "1", "repository", found=found, passes=passes, draws=("seeded",))


@pytest.mark.parametrize(
    ("times", "good"),
    [
        ({"test_a": (3, 3, 3)}, True),
        ({"test_a": (3, 0, 3)}, False),
        ({"test_a": (3, 3, 0)}, False),
        ({"test_a": (3, 1, 2)}, True),  # by chance
        ({"test_seeded": (3, 0, 3), "test_a": (3, 3, 3)}, True),
        ({"test_seeded": (3, 0, 0)}, False),
        ({"test_a": (0, 0, 0)}, False),  # nothing ran
    ],
)
def test_a_suite_is_as_with_0_2_0_1_unless_a_test_always_fails_here(tools, times, good):
    assert suite_outcome(tools, **times).good is good


def test_the_table_of_suites_says_what_differs(tools):
    outcome = suite_outcome(tools, **{"tests/test_x.py::test_a": (3, 0, 3)})
    failed = tools._suites.SuiteOutcome("two", "2", "", error="git clone")
    lines = tools._suites.suites_table([failed, outcome]).splitlines()
    assert lines[2].endswith("| 1 of 1 | 0 of 1 | 1 of 1 | `test_a`: 0.2.0.1 3 of 3, here 0 of 3, `classic` 3 of 3 |")
    assert lines[3] == "| two | 2 |  | – | – | – | not run: git clone |"


def test_tests_that_their_authors_leave_out_are_not_counted(tools):
    assert tools._suites.counts({"a": "passed", "b": "failed", "c": "skipped", "d": "error"}) == "1 of 3"


def test_a_table_is_written_between_its_marks(tools, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A\n<!-- one -->\nold\n<!-- end of one -->\n<!-- two -->\n<!-- end of two -->\n")
    tools._environments.write_table(page, "one", "new")
    assert page.read_text() == ("# A\n<!-- one -->\n\nnew\n\n<!-- end of one -->\n<!-- two -->\n<!-- end of two -->\n")
    with pytest.raises(SystemExit, match="no marks for three"):
        tools._environments.write_table(page, "three", "new")


def test_the_tests_of_a_suite_come_from_a_clone(tools, tmp_path):
    suites = tools._suites
    suite = suites.Suite("one", "1", "https://github.com/some/repo", tests=("t",), copied=("t", "data/x.txt"))
    assert suites.unpack(suite, None, tmp_path) == (
        None,
        "git clone https://github.com/some/repo DIR/repo, then --tests-from DIR",
    )
    clone = tmp_path / "repo"
    for name in ("t/test_x.py", "one/__init__.py", "data/x.txt"):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text("")
    assert suites.unpack(suite, tmp_path, tmp_path) == (clone, "repository")
    suites.copy_tests(suite, clone, tmp_path / "work")
    # The package itself stays behind: what the tests import is what is installed.
    assert {path.name for path in (tmp_path / "work").rglob("*.*")} == {"test_x.py", "x.txt", "dependants_plugin.py"}
