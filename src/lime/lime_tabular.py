"""Address of 0.2.0.1 for what explains tables, in :mod:`lime.domains.tabular`.

It also hands on the libraries that 0.2.0.1 imported here: programs that import this module with a star use them.
"""

from __future__ import annotations

import collections
import copy
import json
import warnings
from functools import partial

import numpy as np
import scipy as sp
import sklearn
import sklearn.metrics  # noqa: F401 (a name of lime 0.2.0.1)
import sklearn.preprocessing  # noqa: F401 (a name of lime 0.2.0.1)
from sklearn.utils import check_random_state

from lime import explanation, lime_base
from lime.discretize import (
    BaseDiscretizer,
    DecileDiscretizer,
    EntropyDiscretizer,
    QuartileDiscretizer,
    StatsDiscretizer,
)
from lime.domains.series.explainer import RecurrentTabularExplainer
from lime.domains.tabular.explainer import LimeTabularExplainer
from lime.domains.tabular.mapper import TableDomainMapper

__all__ = [
    "BaseDiscretizer",
    "DecileDiscretizer",
    "EntropyDiscretizer",
    "LimeTabularExplainer",
    "QuartileDiscretizer",
    "RecurrentTabularExplainer",
    "StatsDiscretizer",
    "TableDomainMapper",
    "check_random_state",
    "collections",
    "copy",
    "explanation",
    "json",
    "lime_base",
    "np",
    "partial",
    "sklearn",
    "sp",
    "warnings",
]
