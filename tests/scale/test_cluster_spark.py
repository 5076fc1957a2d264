"""Spark in local mode: `mapInPandas` runs the frame function as it is, and gives what one process gives."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest

from lime import LimeTabularExplainer
from lime.results.tidy import TIDY

spark_cloudpickle = pytest.importorskip("pyspark.cloudpickle")
sql = pytest.importorskip("pyspark.sql")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("Spark needs Java, and there is none", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore")  # Spark's own, about the pandas that it meets

SMALL: dict[str, Any] = {"num_samples": 64, "num_features": 2}
for pickler in (cloudpickle, spark_cloudpickle):  # workers do not have this file on their path
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
def spark() -> Iterator[Any]:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    session = (
        sql.SparkSession.builder.master("local[2]")
        .appName("lime")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.memory", "512m")
        .getOrCreate()
    )
    yield session
    session.stop()


def test_map_in_pandas_gives_what_one_process_gives(frame: pd.DataFrame, spark: Any) -> None:
    explainer = LimeTabularExplainer(frame.drop(columns="customer"), random_state=0)
    function = explainer.frame_function(predict, id_column="customer", **SMALL)
    expected = function(frame)
    table = spark.createDataFrame(frame).repartition(4)
    explained = table.mapInPandas(function.over, schema=function.ddl)
    assert explained.columns == list(TIDY)
    found = explained.toPandas()
    pd.testing.assert_frame_equal(by_customer(found), by_customer(expected), check_dtype=False)


def by_customer(found: pd.DataFrame) -> pd.DataFrame:
    """In the order of the customers, with one kind of missing value; `row` counts within a partition."""
    plain = found.drop(columns="row").sort_values(["id"], kind="stable").reset_index(drop=True).astype(object)
    return plain.where(plain.notna(), None)
