"""Many rows: their contributions in frames and files, rows by name, and plots of all of them."""

from __future__ import annotations

import pickle

import matplotlib as mpl

mpl.use("agg")

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure

from contribution_samples import MADE, anchored_wine, classic_house, many_of, one_of
from explanation_samples import wine
from lime import Explanations
from lime.results import parquet
from lime.results.tidy import TIDY

NAMES = [f"row-{k}" for k in range(5)]


@pytest.fixture
def named():
    return Explanations.of([anchored_wine() for _ in NAMES], ids=NAMES)


def kept(exps):
    return [(exp.anchored, exp.baseline_values, exp.contributions_by_label) for exp in exps]


@pytest.mark.parametrize("name", MADE)
def test_rows_have_those_of_one_row(name):
    exps, alone = many_of(name), one_of(name)
    assert all(exp.anchored for exp in exps)
    for exp in exps:
        for label in exp.explained_labels():
            total = exp.baseline_values[label] + sum(exp.contributions(label).values())
            assert total == pytest.approx(exp.model_preds[label], abs=1e-12)
    label = alone.explained_labels()[0]
    assert exps[0].contributions(label) == pytest.approx(alone.contributions(label), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", MADE)
def test_files_and_pickles_keep_them(name, tmp_path):
    exps = many_of(name)
    exps.to_parquet(tmp_path / "rows.parquet")
    for again in (Explanations.from_parquet(tmp_path / "rows.parquet"), pickle.loads(pickle.dumps(exps)), exps[:]):
        assert kept(again) == kept(exps)
        assert [str(exp) for exp in again] == [str(exp) for exp in exps]


def test_a_checkpoint_and_workers_keep_them(tmp_path):
    exps = many_of("classes")
    assert kept(many_of("classes", checkpoint=tmp_path / "c")) == kept(exps)
    assert kept(many_of("classes", checkpoint=tmp_path / "c")) == kept(exps)
    assert kept(many_of("classes", n_jobs=2)) == kept(exps)


def test_the_frame_has_them_in_its_last_columns():
    frame = many_of("classes").to_frame("pandas")
    assert list(frame.columns) == list(TIDY)
    assert list(frame.columns[-2:]) == ["contribution", "baseline"]
    totals = frame.groupby(["row", "label"]).agg({"contribution": "sum", "baseline": "first", "prediction": "first"})
    np.testing.assert_allclose(totals["contribution"] + totals["baseline"], totals["prediction"])
    assert np.isnan(Explanations.of([wine()]).to_frame("pandas")[["contribution", "baseline"]]).all(axis=None)


def test_files_that_were_written_before_there_were_any_are_read(tmp_path):
    exps = Explanations.of([wine(), wine(labels=(1, 0))])
    path = tmp_path / "old.parquet"
    table = parquet.table_of(next(exps.arrays()))
    pq.write_table(table.drop_columns(["contribution", "baseline"]), path)
    again = Explanations.from_parquet(path)
    assert kept(again) == [(False, {}, {})] * 2
    assert [str(exp) for exp in again] == [str(exp) for exp in exps]
    assert list(again.to_frame("pandas").columns) == list(TIDY)


# ---- which rows


def test_rows_by_name(named):
    assert str(named["row-3"]) == str(named[3])
    assert named[["row-4", "row-1"]].ids.tolist() == ["row-4", "row-1"]
    assert named[2:4].ids.tolist() == ["row-2", "row-3"]
    with pytest.raises(KeyError, match="no row is called so"):
        named["row-9"]
    with pytest.raises(KeyError, match="2 rows are called so"):
        Explanations.of([wine(), wine()], ids=["a", "a"])["a"]
    with pytest.raises(TypeError, match="a place is '5'"):  # which could be either
        Explanations.of([wine(), anchored_wine()], ids=[7, 5])["5"]


def test_rows_by_a_mask_of_any_library(named):
    mask = [True, False, False, True, False]
    polars = pytest.importorskip("polars")
    for given in (mask, np.array(mask), pd.Series(mask), pd.Series(mask, dtype="boolean"), polars.Series(mask)):
        assert named[given].ids.tolist() == ["row-0", "row-3"]
    with pytest.raises(IndexError, match="mask"):
        named[pd.Series([True])]
    assert len(named[[]]) == 0
    with pytest.raises(TypeError, match="a name, a mask or a list"):
        named[1.5]


def test_the_mean_size(named):
    frame = named.importance(backend="pandas").set_index("name")["importance"]
    assert named.mean_abs() == frame.to_dict()
    assert list(named.mean_abs()) == list(frame.index)
    added = named.mean_abs(contributions=True)
    assert added["proline"] == pytest.approx(0.6 * 0.2164)
    assert next(iter(named.mean_abs(label=1, by="feature"))) == "flavanoids <= 1.20"
    with pytest.raises(ValueError, match=r"contributions=True: 10 contributions are not known"):
        Explanations.of([wine()]).mean_abs(contributions=True)


# ---- plots


def test_bars_are_the_mean_sizes(named):
    ax = named.plot(kind="bar", max_features=3, contributions=True)
    assert [patch.get_width() for patch in ax.patches] == list(named.mean_abs(contributions=True).values())[:3]
    assert ax.get_xlabel() == "mean size of the contribution"


def test_a_heatmap_has_a_column_for_each_row():
    one, other = wine(), wine()
    other.local_exp[1] = [(i, -weight) for i, weight in other.local_exp[1]]
    ax = Explanations.of([one, other, one]).plot(kind="heatmap")
    shown = ax.images[0].get_array()
    assert shown.shape == (10, 3)
    # Those that are alike stand together.
    assert np.sign(shown[0]).tolist() in ([-1.0, -1.0, 1.0], [1.0, -1.0, -1.0])
    assert sorted(abs(shown[0])) == pytest.approx([0.2381] * 3)


def test_dependence_on_numbers_and_on_categories():
    numbers = many_of("classes").plot(kind="dependence", feature="0", label=1, contributions=True)
    data = MADE["classes"]()[1]
    assert sorted(numbers.collections[0].get_offsets()[:, 0]) == pytest.approx(sorted(data[:, 0]))
    assert (numbers.get_xlabel(), numbers.get_ylabel()) == ("0", "contribution")
    words = Explanations.of([classic_house() for _ in range(4)]).plot(kind="dependence", feature="district")
    assert [text.get_text() for text in words.get_xticklabels()] == ["Altstadt"]
    heaviest = Explanations.of([classic_house()]).plot(kind="dependence")
    assert heaviest.get_xlabel() == "rooms"
    with pytest.raises(ValueError, match="feature='garden' has weight in no row"):
        Explanations.of([classic_house()]).plot(kind="dependence", feature="garden")


@pytest.mark.parametrize("kind", ["beeswarm", "bar", "heatmap", "dependence"])
def test_plots_are_drawn_where_they_are_told(kind, named):
    figure = Figure()
    given = figure.add_subplot()
    assert named.plot(kind=kind, ax=given) is given
    figure.canvas.draw()
    with pytest.raises(TypeError, match="ax=3"):
        named.plot(kind=kind, ax=3)
    with pytest.raises(ValueError, match="nothing to draw"):
        Explanations().plot(kind=kind)


def test_what_a_plot_cannot_be(named):
    with pytest.raises(ValueError, match="kind='pie': expected one of 'beeswarm', 'bar'"):
        named.plot(kind="pie")
    with pytest.raises(ValueError, match="feature='hue' with kind='bar'"):
        named.plot(kind="bar", feature="hue")
    for kind in ("beeswarm", "bar", "heatmap"):
        with pytest.raises(ValueError, match="not known"):
            Explanations.of([wine()]).plot(kind=kind, contributions=True)
