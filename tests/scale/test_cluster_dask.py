"""Dask: frames in partitions, workers that die, and joblib's backend; all give what one process gives."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pytest

from lime import LimeTabularExplainer

# Dask and its parts announce their own future on import, which is not what is tested here.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    dd = pytest.importorskip("dask.dataframe")
    distributed = pytest.importorskip("distributed")

# What Dask, its web server and dying workers leave behind is Dask's own.
pytestmark = pytest.mark.filterwarnings("ignore")

SMALL: dict[str, Any] = {"num_samples": 64, "num_features": 2}
cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers do not have this file on their path


def predict(rows: Any) -> Any:
    p = 1.0 / (1.0 + np.exp(-(np.asarray(rows["a"], dtype=float) + (np.asarray(rows["town"]) == "Bern"))))
    return np.column_stack([1.0 - p, p])


class Marked:
    """Answers as `predict` does; leaves a file for each question, and is slow enough to be met at work."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, rows: Any) -> Any:
        (self.folder / f"{os.getpid()}-{uuid.uuid4().hex}").touch()
        time.sleep(0.15)
        return predict(rows)


def processes(folder: Path) -> list[int]:
    """Which processes asked, one entry a question."""
    return [int(path.name.partition("-")[0]) for path in folder.iterdir()]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    columns = {"customer": 100 + np.arange(60), "a": rng.normal(size=60), "town": rng.choice(["Bern", "Chur"], 60)}
    return pd.DataFrame({**columns, "b": rng.normal(size=60)})


@pytest.fixture(scope="module")
def explainer(frame: pd.DataFrame) -> LimeTabularExplainer:
    return LimeTabularExplainer(frame.drop(columns="customer"), random_state=0)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
        ) as own,
        distributed.Client(own) as client,
    ):
        yield client


def by_customer(found: pd.DataFrame) -> pd.DataFrame:
    """In the order of the customers; `row` counts within a partition."""
    return found.drop(columns="row").sort_values(["id"], kind="stable").reset_index(drop=True)


def test_partitions_give_the_whole_though_a_worker_is_killed(
    frame: pd.DataFrame, explainer: LimeTabularExplainer, client: Any, tmp_path: Path
) -> None:
    expected = explainer.frame_function(predict, id_column="customer", id_type="int", **SMALL)(frame)
    function = explainer.frame_function(Marked(tmp_path), id_column="customer", id_type="int", **SMALL)
    table = dd.from_pandas(frame, npartitions=12)
    assert len(_workers(client)) == 2
    killed: list[int] = []
    done = threading.Event()

    def kill_one_at_work() -> None:
        # Each worker asks about the neighbourhood once, and once for each of the 12 partitions: 7 is half way.
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and not done.is_set():
            at_work = [process for process in processes(tmp_path) if process != os.getpid()]
            if len(at_work) >= 7:
                os.kill(at_work[0], signal.SIGKILL)
                killed.append(at_work[0])
                return
            time.sleep(0.01)

    killer = threading.Thread(target=kill_one_at_work)
    killer.start()
    found = table.map_partitions(function, meta=function.meta).compute(scheduler=client)
    done.set()
    killer.join()
    assert len(killed) == 1
    assert set(processes(tmp_path)) - set(killed)  # the others did what it had not done, and what it had
    assert len(processes(tmp_path)) > 14
    pd.testing.assert_frame_equal(by_customer(found), by_customer(expected))
    assert found["error"].isna().all()


def test_joblib_takes_rows_to_dask(
    frame: pd.DataFrame, explainer: LimeTabularExplainer, client: Any, tmp_path: Path
) -> None:
    rows = frame.drop(columns="customer")
    expected = explainer.explain_instances(rows, predict, **SMALL).to_frame("pandas")
    with joblib.parallel_config("dask"):
        found = explainer.explain_instances(rows, Marked(tmp_path), n_jobs=2, **SMALL).to_frame("pandas")
    pd.testing.assert_frame_equal(found, expected)
    asked = set(processes(tmp_path)) - {os.getpid()}  # which asked about the neighbourhood
    assert asked
    assert asked <= _workers(client)


def _workers(client: Any) -> set[int]:
    """The cluster's processes, once both are there: the nanny replaces one that died."""
    client.wait_for_workers(2, timeout=300)
    return set(client.run(os.getpid).values())
