"""What several tests of tables are given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

from lime.lime_tabular import (
    LimeTabularExplainer,
)
from table_samples import WINE


@pytest.fixture(scope="module")
def forest():
    return RandomForestClassifier(20, random_state=0).fit(WINE.data, WINE.target)


@pytest.fixture(scope="module")
def wine_explainer():
    return LimeTabularExplainer(
        WINE.data, feature_names=WINE.feature_names, class_names=WINE.target_names, random_state=0
    )


@pytest.fixture
def people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": [31, 42, 53],
            "wage": [1.5, np.nan, 3.25],
            "town": ["Ulm", "Bonn", "Ulm"],
            "size": pd.Categorical(["s", "l", "s"], categories=["s", "m", "l"], ordered=True),
            "left": [True, False, True],
        }
    )
