"""Explainers travel: by pickle and its kin, and in files that hold statistics and no code."""

from __future__ import annotations

import copy
import io
import json
import pickle
import sys
import zipfile
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from lime import (
    LimeError,
    LimeImageExplainer,
    LimeMultiInputExplainer,
    LimeTabularExplainer,
    LimeTextExplainer,
    LimeTimeSeriesExplainer,
    LimeVolumeExplainer,
    RecurrentTabularExplainer,
    discretize,
)
from lime.discretize import QuartileDiscretizer
from lime.domains.explainer import Explainer
from lime.engine.quiet import without_warnings
from lime.scale.tags import BEFORE_TAGS, TAGS, tag_of, thing_of

SMALL: dict[str, Any] = {"num_samples": 64, "num_features": 3}


def columns():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "a": rng.normal(size=30),
            "n": rng.integers(0, 4, 30),
            "c": rng.choice(["red", "blue"], 30),
            "k": pd.Categorical(rng.choice(["low", "high"], 30), categories=["low", "high", "never"], ordered=True),
            "i": pd.array([None, 2, 3] * 10, dtype="Int64"),
            "t": rng.random(30) > 0.5,
            "f": rng.normal(size=30).astype(np.float32),
        }
    )


def with_arrow_types():
    return columns()[["a", "n", "c"]].convert_dtypes(dtype_backend="pyarrow")


def as_table(frame):
    frame = frame.drop(columns="k")
    return pa.Table.from_pandas(frame, preserve_index=False)


def as_polars(frame):
    return pl.from_pandas(frame).with_columns(
        pl.col("k").cast(pl.Enum(["low", "high", "never"])), pl.col("n").cast(pl.Int16)
    )


TABLES = {
    "array": lambda: columns()[["a", "n", "f"]].to_numpy(dtype=float),
    "strings": lambda: columns()[["c", "t"]].astype(str).to_numpy(dtype="U5"),
    "objects": lambda: columns()[["a", "c"]].to_numpy(dtype=object),
    "pandas": columns,
    "pandas of arrow": with_arrow_types,
    "polars": lambda: as_polars(columns()),
    "pyarrow": lambda: as_table(columns()),
    "sparse": lambda: sparse.random(30, 6, density=0.4, format="csr", random_state=0),
}


def row_of(data, i):
    return (
        data.iloc[i] if isinstance(data, pd.DataFrame) else data.slice(i, 1) if isinstance(data, pa.Table) else data[i]
    )


def model_of(data):
    def model(rows):
        assert type(rows) is type(data)
        if isinstance(data, pd.DataFrame):
            assert list(rows.dtypes) == list(data.dtypes)
        first = np.asarray(rows["a"], dtype=float) if hasattr(rows, "columns") else np.arange(rows.shape[0]) % 3
        p = 1 / (1 + np.exp(-np.nan_to_num(first)))
        return np.column_stack([1 - p, p])

    return model


WAYS = {
    "pickle": lambda one, path: pickle.loads(pickle.dumps(one)),
    "cloudpickle": lambda one, path: cloudpickle.loads(cloudpickle.dumps(one)),
    "deepcopy": lambda one, path: copy.deepcopy(one),
    "joblib": lambda one, path: joblib.load(joblib.dump(one, path)[0]),
    "file": lambda one, path: (one.save(path), LimeTabularExplainer.load(path))[1],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", TABLES)
def test_what_arrives_explains_the_same(kind, way, tmp_path):
    data = TABLES[kind]()
    explainer = LimeTabularExplainer(data, random_state=7)
    arrived = WAYS[way](explainer, tmp_path / "explainer")
    row, model = row_of(data, 2), model_of(data)
    expected, found = explainer.explain_instance(row, model, **SMALL), arrived.explain_instance(row, model, **SMALL)
    expected.fit_data = found.fit_data = None
    assert found.to_dict() == expected.to_dict()
    assert arrived._seed == 7


@pytest.mark.parametrize(
    "settings",
    [
        {"discretizer": "decile", "feature_selection": "lasso_path", "kernel_width": 2.5},
        {"discretizer": "entropy", "training_labels": np.arange(30) % 2, "class_names": ["no", "yes"]},
        {"discretize_continuous": False, "sample_around_instance": True},
        {"mode": "regression", "verbose": False, "categorical_features": [1], "categorical_names": {1: list("wxyz")}},
        {"random_state": np.random.RandomState(3)},
        {"random_state": None},
        {"kernel_width": "auto"},
    ],
)
def test_settings_travel(settings, tmp_path):
    data = TABLES["array"]()
    explainer = LimeTabularExplainer(data, **{"random_state": 1, **settings})
    explainer.save(tmp_path / "e")
    arrived = LimeTabularExplainer.load(tmp_path / "e")
    if "random_state" in settings:
        arrived.seed_with(5)
        explainer.seed_with(5)

    def model(x):
        p = 1 / (1 + np.exp(-x[:, 0]))
        return p if explainer.mode == "regression" else np.column_stack([1 - p, p])

    expected = explainer.explain_instance(data[0], model, **SMALL)
    found = arrived.explain_instance(data[0], model, **SMALL)
    expected.fit_data = found.fit_data = None
    assert found.to_dict() == expected.to_dict()


def test_a_used_explainer_is_saved_as_a_new_one(tmp_path):
    data = TABLES["array"]()
    explainer = LimeTabularExplainer(data, random_state=1)
    explainer.save(tmp_path / "new")
    explainer.explain_instance(data[0], lambda x: np.full((len(x), 2), 0.5), **SMALL)
    explainer.save(tmp_path / "used")
    assert (tmp_path / "new").stat().st_size == (tmp_path / "used").stat().st_size


def test_no_training_row_is_in_the_file(tmp_path):
    data = np.random.default_rng(5).normal(size=(1000, 3))
    LimeTabularExplainer(data, random_state=0).save(tmp_path / "e")
    with zipfile.ZipFile(tmp_path / "e") as archive:
        text = archive.read("explainer.json").decode()
        with np.load(io.BytesIO(archive.read("arrays.npz")), allow_pickle=False) as arrays:
            numbers = [array for array in arrays.values() if array.dtype.kind == "f"]
    assert max(array.size for array in numbers) < 50
    inner = np.setdiff1d(data.ravel(), np.concatenate([data.min(axis=0), data.max(axis=0)]))
    known = np.concatenate([array.ravel() for array in numbers])
    assert not np.isin(inner, known).any()
    assert not any(repr(value) in text for value in inner[:200].tolist())


def test_texts_keep_their_settings(tmp_path):
    explainer = LimeTextExplainer(
        bow=False, mask_string="_", stop_words={"the"}, class_names=["a", "b"], random_state=2
    )
    explainer.save(tmp_path / "t")
    arrived = LimeTextExplainer.load(tmp_path / "t")

    def model(texts):
        p = np.array([0.1 + 0.8 * ("good" in text) for text in texts])
        return np.column_stack([1 - p, p])

    one, other = (each.explain_instance("the good day", model, num_samples=60) for each in (explainer, arrived))
    one.fit_data = other.fit_data = None
    assert one.to_dict() == other.to_dict()


def test_pictures_and_series_keep_their_settings(tmp_path):
    explainer = LimeImageExplainer(kernel_width="auto", random_state=2)
    explainer.save(tmp_path / "i")
    assert type(LimeImageExplainer.load(tmp_path / "i").base.kernel_fn) is type(explainer.base.kernel_fn)
    series = RecurrentTabularExplainer(np.random.default_rng(0).random((20, 3, 2)), feature_names=["a", "b"])
    series.save(tmp_path / "s")
    assert RecurrentTabularExplainer.load(tmp_path / "s").feature_names == series.feature_names


class OwnDiscretizer(QuartileDiscretizer):
    pass


def own_kernel(distances, kernel_width):
    return np.exp(-distances / kernel_width)


def test_code_of_the_users_own_is_refused(tmp_path):
    data = TABLES["array"]()
    with pytest.raises(LimeError, match=r"LimeTabularExplainer\.base.*own_kernel is code of the user's own"):
        LimeTabularExplainer(data, kernel=own_kernel).save(tmp_path / "e")
    discretizer = OwnDiscretizer(data, [], ["a", "n", "f"])
    with pytest.raises(LimeError, match=r"cannot save LimeTabularExplainer\.discretizer"):
        LimeTabularExplainer(data, discretizer=discretizer).save(tmp_path / "e")
    explainer = LimeTabularExplainer(data)
    explainer.note = open  # type: ignore[attr-defined]  # anything else that a user sets
    with pytest.raises(LimeError, match=r"LimeTabularExplainer\.note"):
        explainer.save(tmp_path / "e")
    assert list(tmp_path.iterdir()) == []


TABLE = {"name": "lime.domains.tabular.table:Table"}


def rewrite(path, change):
    with zipfile.ZipFile(path) as archive:
        content, arrays = json.loads(archive.read("explainer.json")), archive.read("arrays.npz")
    content = change(content)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("explainer.json", json.dumps(content))
        archive.writestr("arrays.npz", arrays)


def test_files_of_another_kind_are_refused(tmp_path):
    path = tmp_path / "e"
    LimeTabularExplainer(TABLES["array"]()).save(path)
    with pytest.raises(LimeError, match="LimeTabularExplainer: expected a LimeTextExplainer"):
        LimeTextExplainer.load(path)
    rewrite(path, lambda content: {**content, "format": "lime.explainer/7"})
    with pytest.raises(LimeError, match=r"lime\.explainer/7.*'lime\.explainer/1' only"):
        LimeTabularExplainer.load(path)
    rewrite(path, lambda content: {**content, "format": "recipe/1"})
    with pytest.raises(LimeError, match="recipe/1"):
        LimeTabularExplainer.load(path)
    path.write_bytes(b"PK nothing")
    with pytest.raises(LimeError, match="damaged"):
        LimeTabularExplainer.load(path)
    with pytest.raises(FileNotFoundError):
        LimeTabularExplainer.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "form",
    [
        {"name": "os:system"},
        {"name": "lime.scale.saving:os.system"},
        {"name": "lime.scale.saving:importlib.import_module"},
        {"object": "subprocess:Popen", "state": {}, "caches": [], "number": 9},
        {"object": "lime.scale.saving:zipfile.ZipFile", "state": {}, "caches": [], "number": 9},
        {"partial": [{"name": "os:system"}, {"tuple": ["true"]}, {"dict": []}]},
        {"partial": [{"name": "lime.engine.kernels:exponential_kernel"}, {"tuple": []}, {"dict": []}, TABLE]},
        {"name": "lime.cli.__main__:main"},
        {"object": "lime.cli.__main__:main", "state": {}, "caches": [], "number": 9},
        {"name": "lime.cli.models:load_model"},
        {"name": "sklearn.preprocessing.tests.test_data:StandardScaler"},
        {"polars_dtype": ["read_csv", False]},
        {"unheard": 1},
    ],
)
def test_a_strangers_file_names_nothing_but_what_explainers_are_made_of(tmp_path, form):
    path = tmp_path / "e"
    LimeTabularExplainer(TABLES["array"]()).save(path)

    def change(content):
        content["explainer"]["state"]["class_names"] = form
        return content

    rewrite(path, change)
    before = set(sys.modules)
    with pytest.raises(LimeError, match=r"a file may not|no data type|unknown form"):
        LimeTabularExplainer.load(path)
    assert set(sys.modules) == before


def test_a_file_without_end_is_refused(tmp_path):
    path = tmp_path / "e"
    depth = 200_000
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "explainer.json", '{"format": "lime.explainer/1", "explainer": ' + "[" * depth + "]" * depth + "}"
        )
        archive.writestr("arrays.npz", b"")
    with pytest.raises(LimeError, match="damaged: RecursionError"):
        LimeTabularExplainer.load(path)


def test_every_discretizer_has_a_name_in_files():
    kinds = {kind for kind in vars(discretize).values() if isinstance(kind, type)} - {discretize.BaseDiscretizer}
    named = {place.partition(":")[2] for place in TAGS.values()}
    assert {kind.__name__ for kind in kinds if issubclass(kind, discretize.BaseDiscretizer)} <= named


def test_every_tag_leads_somewhere_and_back():
    for tag in TAGS:
        assert tag_of(thing_of(tag)) == tag
        assert tag.rpartition("/")[2].isdigit()


def test_names_of_before_the_tags_are_known_for_good():
    assert set(BEFORE_TAGS.values()) <= set(TAGS)
    assert thing_of("lime.domains.tabular.forms:Column") is thing_of("column/1")
    with pytest.raises(KeyError):
        thing_of("os:system")


# ---- damage


PICTURE = np.linspace(0.0, 1.0, 12 * 12 * 3).reshape(12, 12, 3)
FILED: dict[str, Any] = {
    "array": (lambda: LimeTabularExplainer(TABLES["array"](), class_names=["no", "yes"], random_state=0), None),
    "pandas": (lambda: LimeTabularExplainer(TABLES["pandas"](), random_state=0), None),
    "sparse": (lambda: LimeTabularExplainer(TABLES["sparse"](), random_state=0), None),
    "rows": (lambda: LimeTabularExplainer(TABLES["array"](), neighborhood="rows", random_state=0), None),
    "text": (lambda: LimeTextExplainer(stop_words={"the"}, random_state=0), "the good day"),
    "picture": (lambda: LimeImageExplainer(random_state=0), PICTURE),
    "recurrent": (lambda: RecurrentTabularExplainer(np.random.default_rng(0).random((20, 3, 2)), random_state=0), None),
    "series": (lambda: LimeTimeSeriesExplainer(TABLES["array"](), hide="median", random_state=0), np.arange(3.0)),
    "volume": (lambda: LimeVolumeExplainer(segmentation="blocks", num_segments=8, random_state=0), np.ones((4, 4, 4))),
    "several": (lambda: LimeMultiInputExplainer({"t": LimeTextExplainer()}, random_state=0), {"t": "the good day"}),
}


def mutants(path, count):
    """The file with one part of its JSON, or one array, in another form."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path) as archive:
        text, packed = archive.read("explainer.json"), archive.read("arrays.npz")
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        known = dict(arrays)

    def places(part, here=()):
        yield here
        for key in part if isinstance(part, dict) else range(len(part) if isinstance(part, list) else 0):
            yield from places(part[key], (*here, key))

    every = [place for place in places(json.loads(text)["explainer"]) if place]
    wrong = [None, 3, -1, 2.5, "x", [], {}, True, [1, 2], {"float": "nan"}]
    cuts = [lambda x: x.ravel()[:-1], lambda x: x[None], lambda x: x.astype("U5"), lambda x: np.array(5)]
    for number in range(count):
        content, changed = json.loads(text), dict(known)
        if known and number % 4 == 0:
            name = list(known)[int(rng.integers(len(known)))]
            changed[name] = cuts[int(rng.integers(len(cuts)))](known[name])
        else:
            *way, last = every[int(rng.integers(len(every)))]
            part = content["explainer"]
            for key in way:
                part = part[key]
            part[last] = wrong[int(rng.integers(len(wrong)))]
        buffer = io.BytesIO()
        np.savez(buffer, **changed)
        yield content, buffer.getvalue()


@pytest.mark.parametrize("kind", FILED)
def test_a_changed_file_is_refused_when_it_is_read_or_explains(kind, tmp_path, monkeypatch, capsys):
    make, instance = FILED[kind]
    path = tmp_path / "e.lime"
    make().save(path)
    instance = row_of(TABLES[kind if kind in TABLES else "array"](), 2) if instance is None else instance
    instance = np.ones((3, 2)) if kind == "recurrent" else instance
    call = {"segmentation_fn": lambda image: np.arange(144).reshape(12, 12) // 36} if kind == "picture" else {}

    def model(inputs):
        p = np.full(inputs.shape[0] if hasattr(inputs, "shape") else len(inputs), 0.4)
        return np.column_stack([p, 1 - p])

    refused = unmarked = named = 0
    for content, arrays in mutants(path, 24):
        for checksum in (True, False):
            if not checksum:
                del content["checksum"]
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("explainer.json", json.dumps(content))
                archive.writestr("arrays.npz", arrays)
            try:
                found = Explainer.load(path)
            except LimeError as error:
                named += "e.lime" in str(error)
                refused, unmarked = refused + checksum, unmarked + (not checksum)
            else:
                with without_warnings(Warning):
                    exp = found.explain_instance(instance, model, num_samples=40, progress_bar=False, **call)
                assert str(exp)
    assert named == refused + unmarked
    assert refused >= 20  # a mutant may be what it was
    assert unmarked >= 6


def test_a_file_that_was_changed_says_so_and_the_way_out(tmp_path):
    path = tmp_path / "e.lime"
    LimeTabularExplainer(TABLES["array"](), class_names=["no", "yes"], random_state=0).save(path)
    state: Any = np.random.get_state()  # noqa: NPY002 (whether it is used)
    before = state[1].copy()

    def renamed(content):
        content["explainer"]["state"]["class_names"] = ["nein", "ja"]
        return content

    rewrite(path, renamed)
    with pytest.raises(LimeError, match=r"e\.lime was changed: .*on purpose removes its 'checksum'"):
        LimeTabularExplainer.load(path)
    rewrite(path, lambda content: {key: part for key, part in content.items() if key != "checksum"})
    assert LimeTabularExplainer.load(path).class_names == ["nein", "ja"]
    after: Any = np.random.get_state()  # noqa: NPY002 (likewise)
    assert (after[1] == before).all()


@pytest.mark.parametrize("kind", [*TABLES, *FILED])
def test_a_typical_instance_is_one_that_is_explained(kind):
    explainer = FILED[kind][0]() if kind in FILED else LimeTabularExplainer(TABLES[kind](), random_state=0)

    def model(inputs):
        p = np.linspace(0, 1, inputs.shape[0] if hasattr(inputs, "shape") else len(inputs))
        return np.column_stack([p, 1 - p])

    with without_warnings(Warning):
        assert explainer.explain_instance(explainer.typical_instance(), model, num_samples=64, progress_bar=False)
