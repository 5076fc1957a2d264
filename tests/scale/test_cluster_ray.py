"""Ray: its Data runs the frame function as it is, and its joblib backend the rows; both give what one process gives."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pytest

from lime import LimeTabularExplainer
from lime.results.tidy import TIDY

# Ray and its parts announce their own future on import, which is not what is tested here.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    ray = pytest.importorskip("ray")
    ray_joblib = pytest.importorskip("ray.util.joblib")
    ray_cloudpickle = pytest.importorskip("ray.cloudpickle")
    ray_data = pytest.importorskip("ray.data")

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own, about its sockets and what it will change

SMALL: dict[str, Any] = {"num_samples": 64, "num_features": 2}
for pickler in (cloudpickle, ray_cloudpickle):  # workers do not have this file on their path
    pickler.register_pickle_by_value(sys.modules[__name__])


def predict(rows: Any) -> Any:
    p = 1.0 / (1.0 + np.exp(-(np.asarray(rows["a"], dtype=float) + (np.asarray(rows["town"]) == "Bern"))))
    return np.column_stack([1.0 - p, p])


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    columns = {"customer": [f"c{k:02d}" for k in range(60)], "a": rng.normal(size=60)}
    return pd.DataFrame({**columns, "town": rng.choice(["Bern", "Chur"], 60), "b": rng.normal(size=60)})


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray.init(num_cpus=2, include_dashboard=False, configure_logging=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.mark.usefixtures("cluster")
def test_map_batches_gives_what_one_process_gives(frame: pd.DataFrame) -> None:
    explainer = LimeTabularExplainer(frame.drop(columns="customer"), random_state=0)
    function = explainer.frame_function(predict, id_column="customer", **SMALL)
    expected = function(frame)
    explained = ray_data.from_pandas(frame).map_batches(function, batch_format="pandas", batch_size=16).to_pandas()
    assert list(explained.columns) == list(TIDY)
    pd.testing.assert_frame_equal(by_customer(explained), by_customer(expected), check_dtype=False)


@pytest.mark.usefixtures("cluster")
def test_joblibs_backend_gives_what_one_process_gives(frame: pd.DataFrame) -> None:
    explainer = LimeTabularExplainer(frame.drop(columns="customer"), random_state=0)
    rows = frame.drop(columns="customer")
    here = explainer.explain_instances(rows, predict, **SMALL)
    ray_joblib.register_ray()
    with joblib.parallel_config(backend="ray"):
        there = explainer.explain_instances(rows, predict, n_jobs=2, **SMALL)
    pd.testing.assert_frame_equal(there.to_frame("pandas"), here.to_frame("pandas"))


def by_customer(found: pd.DataFrame) -> pd.DataFrame:
    """In the order of the customers, with one kind of missing value; `row` counts within a batch."""
    plain = found.drop(columns="row").sort_values(["id"], kind="stable").reset_index(drop=True).astype(object)
    return plain.where(plain.notna(), None)
