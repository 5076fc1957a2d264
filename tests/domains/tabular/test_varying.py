"""Columns that are held fixed, and columns that are drawn together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

import lime
from lime import LimeTabularExplainer, RecurrentTabularExplainer
from lime.domains.tabular.one_hot import find_one_hot
from lime.testing import check_explainer

N = 300
RNG = np.random.default_rng(0)
JOBS = ["job_smith", "job_nurse", "job_clerk"]
JOB = RNG.choice(3, N, p=[0.2, 0.3, 0.5])
PLAIN = pd.DataFrame(
    {
        "age": RNG.normal(40, 10, N),
        "lat": RNG.normal(size=N),
        "sex": RNG.choice(["f", "m"], N),
    }
)
PLAIN["lon"] = PLAIN["lat"] + 0.3 * RNG.normal(size=N)
DATA = PLAIN.assign(**{name: np.equal(JOB, k).astype(int) for k, name in enumerate(JOBS)})
NEIGHBORHOODS = ["independent", "rows", "copula", "near", "gaussian", "auto"]
GROUPS = {"job": JOBS}


def probability(age: Any, lat: Any, lon: Any, sex: Any, job: Any) -> np.ndarray:
    score = (np.asarray(age) - 40) / 10 + np.asarray(lat) * np.asarray(lon) - 0.5 * (np.asarray(sex) == "f")
    p = 1 / (1 + np.exp(-(score + np.array([-1.0, 2.0, 0.0])[job])))
    return np.column_stack([1 - p, p])


class Model:
    """Takes frames like `DATA`, and keeps what it was handed."""

    def __init__(self) -> None:
        self.seen: list[pd.DataFrame] = []

    def __call__(self, rows: pd.DataFrame) -> np.ndarray:
        self.seen.append(rows.copy())
        job = np.argmax(rows[JOBS].to_numpy(), axis=1)
        return probability(rows["age"], rows["lat"], rows["lon"], rows["sex"], job)

    @property
    def rows(self) -> pd.DataFrame:
        return pd.concat(self.seen)


ROW = DATA.iloc[7]


# ---- held fixed


@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS[:-1])
def test_fixed_columns_keep_the_rows_values_and_have_no_weight(neighborhood: str) -> None:
    model = Model()
    explainer = LimeTabularExplainer(DATA, neighborhood=neighborhood, fixed=["sex", 0], random_state=0)
    exp = explainer.explain_instance(ROW, model, num_features=9, num_samples=400)
    assert (model.rows["sex"] == ROW["sex"]).all()
    assert (model.rows["age"] == ROW["age"]).all()
    assert model.rows["lat"].nunique() > 100
    assert {feature for feature, _ in exp.local_exp[1]} == {1, 3, 4, 5, 6}


def test_fixed_is_the_smaller_table_with_a_model_that_knows_the_rest() -> None:
    exp = LimeTabularExplainer(DATA, fixed=["age", "sex"], random_state=0).explain_instance(ROW, Model())
    free = [name for name in DATA.columns if name not in ("age", "sex")]

    def rest(rows: pd.DataFrame) -> np.ndarray:
        return Model()(rows.assign(age=ROW["age"], sex=ROW["sex"])[list(DATA.columns)])

    alone = LimeTabularExplainer(DATA[free], random_state=0).explain_instance(ROW[free], rest)
    assert exp.as_list() == alone.as_list()
    assert list(exp.standard_errors[1].values()) == list(alone.standard_errors[1].values())


def test_features_says_what_is_not_fixed() -> None:
    one = LimeTabularExplainer(DATA, features=["age", "lat"], random_state=0)
    other = LimeTabularExplainer(DATA, fixed=["sex", "lon", *JOBS], random_state=0)
    assert one.explain_instance(ROW, Model()).as_list() == other.explain_instance(ROW, Model()).as_list()
    assert "fixed=['sex', 'lon'" in repr(one)


def test_the_copula_conditions_on_what_is_fixed() -> None:
    row, model = ROW.copy(), Model()
    row["lat"] = 1.5
    explainer = LimeTabularExplainer(DATA, neighborhood="copula", spread=5.0, fixed="lat", random_state=0)
    explainer.explain_instance(row, model, num_samples=2000)
    # lon is lat and a little noise: where lat is 1.5 it is about 1.5, and not about 0.
    assert abs(model.rows["lon"].mean() - DATA["lon"][(DATA["lat"] - 1.5).abs() < 0.3].mean()) < 0.25
    assert model.rows["lon"].std() < 0.6 * DATA["lon"].std()


def test_many_rows_are_explained_as_each_alone_is() -> None:
    for neighborhood in ("independent", "rows", "near"):
        explainer = LimeTabularExplainer(DATA, neighborhood=neighborhood, fixed=["sex"], random_state=0)
        many = explainer.explain_instances(DATA.iloc[:4], Model(), num_samples=200)
        for place in range(4):
            alone = explainer.explain_instance(DATA.iloc[place], Model(), num_samples=200)
            assert many[place].as_list() == alone.as_list()


@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS[:-1])
def test_all_fixed_leaves_nothing_to_explain(neighborhood: str) -> None:
    explainer = LimeTabularExplainer(DATA, neighborhood=neighborhood, fixed=list(DATA.columns), random_state=0)
    exp = explainer.explain_instance(ROW, Model(), num_samples=50)
    assert exp.as_list() == []
    assert exp.intercept[1] == exp.model_preds[1]
    assert any("held fixed" in sentence for sentence in exp.warnings)


def test_nothing_fixed_changes_nothing() -> None:
    one = LimeTabularExplainer(DATA, random_state=0)
    other = LimeTabularExplainer(DATA, random_state=0, fixed=[])
    assert one.explain_instance(ROW, Model()).as_list() == other.explain_instance(ROW, Model()).as_list()


def test_fixed_in_arrays_and_other_frames() -> None:
    numbers = DATA[["age", "lat", "lon"]]
    seen = []

    def model(rows: Any) -> np.ndarray:
        seen.append(rows)
        values = np.asarray(rows)
        p = 1 / (1 + np.exp(-values[:, 1] * values[:, 2]))
        return np.column_stack([1 - p, p])

    lists = [
        LimeTabularExplainer(data, fixed=[0], random_state=0).explain_instance(row, model).local_exp
        for data, row in (
            (numbers.to_numpy(), numbers.iloc[3].to_numpy()),
            (numbers, numbers.iloc[3]),
            (pl.DataFrame(numbers), pl.DataFrame(numbers)[3]),
        )
    ]
    assert lists[0] == lists[1] == lists[2]
    assert all((np.asarray(rows)[:, 0] == numbers.iloc[3, 0]).all() for rows in seen)
    assert isinstance(seen[-1], pl.DataFrame)


def test_fixed_entries_of_a_sparse_row_stay() -> None:
    data: Any = sparse.random(200, 30, 0.3, random_state=0, format="csr")
    row, seen = data[[5]], []

    def model(rows: Any) -> np.ndarray:
        seen.append(rows.toarray())
        p = 1 / (1 + np.exp(-seen[-1].sum(axis=1)))
        return np.column_stack([1 - p, p])

    held = row.indices[:3]
    exp = LimeTabularExplainer(data, fixed=held, random_state=0).explain_instance(row, model, num_samples=100)
    rows = np.concatenate(seen)
    assert (rows[:, held] == row.toarray()[0, held]).all()
    assert {exp.as_map()[1][k][0] for k in range(len(exp.as_map()[1]))} == set(row.indices[3:].tolist())


def test_a_feature_of_a_series_is_held_at_all_steps() -> None:
    series = RNG.normal(size=(100, 4, 2))
    seen = []

    def model(batch: np.ndarray) -> np.ndarray:
        seen.append(batch)
        p = 1 / (1 + np.exp(-batch[:, -1].sum(axis=1)))
        return np.column_stack([1 - p, p])

    explainer = RecurrentTabularExplainer(series, feature_names=["a", "b"], fixed=["a", "b_t-1"], random_state=0)
    exp = explainer.explain_instance(series[0], model, num_samples=100)
    batch = np.concatenate(seen)
    assert (batch[:, :, 0] == series[0, :, 0]).all()
    assert (batch[:, 2, 1] == series[0, 2, 1]).all()
    assert len(exp.as_list()) == 3


# ---- groups


def test_of_one_hot_columns_exactly_one_is_on() -> None:
    for neighborhood in NEIGHBORHOODS:
        model = Model()
        explainer = LimeTabularExplainer(DATA, neighborhood=neighborhood, groups=GROUPS, random_state=0)
        exp = explainer.explain_instance(ROW, model, num_samples=300)
        assert (model.rows[JOBS].sum(axis=1) == 1).all()
        assert model.rows[JOBS].mean().min() > 0
        (name,) = [name for name, _ in exp.as_list() if "job" in name]
        assert name == f"job={['smith', 'nurse', 'clerk'][JOB[7]]}"


def test_a_one_hot_group_is_the_column_that_it_was() -> None:
    # Categories in the order in which rows of 0 and 1 sort: the same points then draw the same jobs.
    order = {0: "c", 1: "b", 2: "a"}
    whole = PLAIN.assign(job=[order[k] for k in JOB])

    def model(rows: pd.DataFrame) -> np.ndarray:
        job = rows["job"].map({name: k for k, name in order.items()}).to_numpy(dtype=int)
        return probability(rows["age"], rows["lat"], rows["lon"], rows["sex"], job)

    exp = LimeTabularExplainer(DATA, groups=GROUPS, random_state=0).explain_instance(ROW, Model())
    other = LimeTabularExplainer(whole, random_state=0).explain_instance(whole.iloc[7], model)
    assert [weight for _, weight in exp.as_list()] == pytest.approx([weight for _, weight in other.as_list()], rel=1e-9)
    assert exp.scores[1] == pytest.approx(other.scores[1], rel=1e-9)


def test_any_columns_are_drawn_with_their_joint_values() -> None:
    model = Model()
    explainer = LimeTabularExplainer(DATA, groups={"place": ["lat", "lon"]}, random_state=0)
    exp = explainer.explain_instance(ROW, model)
    pairs = set(map(tuple, DATA[["lat", "lon"]].to_numpy()))
    assert set(map(tuple, model.rows[["lat", "lon"]].to_numpy())) <= pairs
    assert sum("place: " in name for name, _ in exp.as_list()) == 1
    record = next(one for one in exp.records() if one["name"] == "place")
    assert record["value"] == f"lat={ROW['lat']:.2f}, lon={ROW['lon']:.2f}"


def test_intervals_of_groups_cover() -> None:
    groups = {"place": ["lat", "lon"], **GROUPS}
    settings: dict[str, Any] = {"num_features": 9, "sampling_method": "gaussian"}
    truth = LimeTabularExplainer(DATA, groups=groups, fixed="sex", random_state=1).explain_instance(
        ROW, Model(), num_samples=300_000, num_features=9
    )
    weights = dict(truth.local_exp[1])
    hits = []
    for seed in range(60):
        explainer = LimeTabularExplainer(DATA, groups=groups, fixed="sex", random_state=seed)
        exp = explainer.explain_instance(ROW, Model(), num_samples=600, **settings)
        intervals = exp.confidence_intervals(1, level=0.95)
        # The penalty of ridge is one sixth of its usual size at this number of samples, and pulls as much.
        hits += [low <= weights[feature] <= high for feature, (low, high) in intervals.items()]
    assert len(hits) == 180
    # Three standard deviations of a share of 0.95 among 180, of which those of one seed may hang together.
    assert np.mean(hits) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 60)


def test_a_value_that_no_training_row_has() -> None:
    row, model = ROW.copy(), Model()
    row["lat"], row["lon"] = 0.123, 0.456  # a pair that is new, in a cell that is not
    explainer = LimeTabularExplainer(DATA, groups={"place": ["lat", "lon"], **GROUPS}, random_state=0)
    exp = explainer.explain_instance(row, model)
    assert tuple(model.rows[["lat", "lon"]].iloc[0]) == (0.123, 0.456)
    assert exp.warnings == [] or not any("does not occur" in sentence for sentence in exp.warnings)
    row[JOBS] = 1
    exp = explainer.explain_instance(row, model)
    assert any("The value of job does not occur" in sentence for sentence in exp.diagnostics())


def test_a_group_is_opened_into_its_members() -> None:
    explainer = LimeTabularExplainer(DATA, groups=GROUPS, random_state=0)
    exp = explainer.explain_instance(ROW, Model())
    own = ["smith", "nurse", "clerk"][JOB[7]]
    opened = {one["name"]: one for one in exp.open_group("job")}
    assert set(opened) == {name for name in JOBS if name != f"job_{own}"}
    assert {one["feature"] for one in opened.values()} == {
        f"job={own} rather than {other}" for other in ("smith", "nurse", "clerk") if other != own
    }
    # By what the model does: a nurse has the highest score, a smith the lowest.
    better = {"job_smith": -1.0, "job_nurse": 2.0, "job_clerk": 0.0}
    for name, one in opened.items():
        assert np.sign(one["weight"]) == np.sign(better[f"job_{own}"] - better[name])
        assert abs(one["weight"]) > 5 * one["standard_error"] > 0
    # The group's weight is the mean of its members', each with the share that it has among the other categories.
    shares = DATA[list(opened)].mean()
    mean = sum(shares[name] * one["weight"] for name, one in opened.items()) / shares.sum()
    assert dict(exp.local_exp[1])[4] == pytest.approx(mean, abs=0.01)
    assert exp.open_group(4) == exp.open_group("job")
    with pytest.raises(KeyError, match="'sex' is no group of this explanation: expected one of 'job'"):
        exp.open_group("sex")
    with pytest.raises(ValueError, match="there is no group to open"):
        type(exp).from_json(exp.to_json()).open_group("job")


def test_one_hot_columns_are_found_and_said() -> None:
    explainer = LimeTabularExplainer(DATA, random_state=0)
    assert "one_hot=\"job; groups='auto' draws each together\"" in repr(explainer)
    model = Model()
    explainer.explain_instance(ROW, model, num_samples=300)
    assert (model.rows[JOBS].sum(axis=1) != 1).any()  # the target of the classic names stands
    auto = LimeTabularExplainer(DATA, groups="auto", random_state=0)
    named = LimeTabularExplainer(DATA, groups=GROUPS, random_state=0)
    assert auto.explain_instance(ROW, Model()).as_list() == named.explain_instance(ROW, Model()).as_list()
    assert "one_hot" not in repr(auto)
    assert "groups=['job']" in repr(auto)


def test_the_front_door_draws_them_together() -> None:
    model = Model()
    explain = lime.Explainer(model, DATA)
    exp = explain(ROW)
    assert (model.rows[JOBS].sum(axis=1) == 1).all()
    assert any(name.startswith("job=") for name, _ in exp.as_list())
    assert lime.Explainer(model, DATA, groups=None).explainer is not None


def test_what_adds_up_by_chance_or_not_at_all_is_no_group() -> None:
    rng = np.random.default_rng(1)
    one = rng.integers(0, 3, 100)
    hot = np.eye(3)[one]
    names = [f"x={k}" for k in range(3)]
    assert find_one_hot(hot, names) == {"x": (0, 1, 2)}
    assert find_one_hot(hot[:, :2], names[:2]) == {}
    assert find_one_hot(hot[:10], names) == {}
    assert find_one_hot(
        np.hstack([rng.normal(size=(100, 1)), hot, np.eye(2)[rng.integers(0, 2, 100)]]), list("abcdef")
    ) == {
        "b to d": (1, 2, 3),
        "e to f": (4, 5),
    }
    assert find_one_hot(rng.integers(0, 2, (100, 5)).astype(float), list("abcde")) == {}


def test_columns_with_missing_values_and_many_values_can_be_grouped() -> None:
    data = PLAIN.copy()
    data.loc[::7, "lat"] = np.nan

    def model(rows: pd.DataFrame) -> np.ndarray:
        assert rows["lat"].isna().mean() > 0.05 or len(rows) < 50
        p = 1 / (1 + np.exp(-rows["lat"].fillna(0) - (rows["sex"] == "f")))
        return np.column_stack([1 - p, p])

    explainer = LimeTabularExplainer(data, groups={"both": ["lat", "sex"]}, random_state=0)
    for place in (0, 1):
        exp = explainer.explain_instance(data.iloc[place], model)
        assert ("lat is missing" in exp.as_list()[0][0]) == (place == 0)


@pytest.mark.parametrize("neighborhood", ["independent", "rows", "near", "copula"])
def test_every_door(neighborhood: str) -> None:
    groups = {"place": ["lat", "lon"], **GROUPS}
    explainer = LimeTabularExplainer(DATA, neighborhood=neighborhood, fixed="age", groups=groups, random_state=0)
    report = check_explainer(explainer, ROW, Model())
    assert [one.name for one in report if one.status != "passed"] == []


# ---- what cannot be


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fixed": ["height"]}, "fixed has 'height', which is no column of the training data; its 7 columns are 'age'"),
        ({"fixed": 7}, "fixed has 7, which is no column"),
        ({"features": []}, "features is empty: expected at least one column"),
        ({"features": ["age"], "fixed": ["sex"]}, "fixed and features were both given"),
        ({"groups": {"job": []}}, r"groups\['job'\] is empty: expected at least one column"),
        ({"groups": {"a": ["age", "lat"], "b": ["lat"]}}, "the column 'lat' is in the groups 'a' and 'b'"),
        ({"groups": {"a": ["height"]}}, r"groups\['a'\] has 'height', which is no column"),
        ({"groups": ["lat", "lon"]}, "expected a mapping from a name to columns, or 'auto'"),
        ({"groups": {"a": ["age", "lat"]}, "fixed": "age"}, "the group 'a' is held fixed in 'age' alone"),
    ],
)
def test_one_sentence_for_what_is_wrong(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LimeTabularExplainer(DATA, **settings)


def test_exact_and_classic_say_why_not() -> None:
    from sklearn.tree import DecisionTreeRegressor

    numbers = DATA[["age", "lat", "lon", *JOBS]]
    tree = DecisionTreeRegressor(max_depth=3).fit(numbers, numbers["lat"])
    for settings, reason in (({"fixed": "age"}, "'age' held fixed"), ({"groups": GROUPS}, "'job' is a group")):
        explainer = LimeTabularExplainer(numbers, mode="regression", **settings)
        with pytest.raises(ValueError, match=reason):
            explainer.explain_instance(numbers.iloc[0], tree, sampling_method="exact")
        with pytest.raises(ValueError, match=r"lime 0\.2\.0\.1 drew every column by itself"):
            explainer.explain_instance(numbers.iloc[0], tree, sampling_method="classic")
        with lime.config_context(sampling_method="classic"):
            assert explainer.explain_instance(numbers.iloc[0], tree).sampling_method == "sobol"


def test_a_group_whose_columns_are_all_fixed_is_fixed() -> None:
    explainer = LimeTabularExplainer(DATA, groups=GROUPS, fixed="job", random_state=0)
    model = Model()
    explainer.explain_instance(ROW, model, num_samples=50)
    assert (model.rows[JOBS] == ROW[JOBS].to_numpy()).all(axis=None)


@pytest.mark.parametrize("neighborhood", ["independent", "near"])
def test_diagnostics_speak_of_what_varies(neighborhood: str) -> None:
    explainer = LimeTabularExplainer(DATA, neighborhood=neighborhood, fixed="sex", groups=GROUPS, random_state=0)
    report = lime.trust.out_of_distribution(explainer, DATA, ROW, predict_fn=Model(), num_samples=300)
    assert {name for name, _ in report.importance} == {"age", "lat", "lon", "job"}


def test_the_fit_on_rows_nearby_is_of_what_varies() -> None:
    # Without the fixed column the model is additive in what is left, so that slopes fit nearly all of it.
    def additive(rows: pd.DataFrame) -> np.ndarray:
        return np.asarray(rows["lat"] + rows["lon"] + 100.0 * (rows["sex"] == "f"))

    explainer = LimeTabularExplainer(DATA, mode="regression", neighborhood="copula", fixed="sex", random_state=0)
    exp = explainer.explain_instance(ROW, additive, num_samples=500)
    found = lime.trust.local_fit(explainer, DATA, exp, ROW, additive)
    assert found[1].score > 0.9
