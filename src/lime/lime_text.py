"""Address of 0.2.0.1 for what explains text, in :mod:`lime.domains.text`.

It also hands on the libraries that 0.2.0.1 imported here: programs that import this module with a star use them.
"""

from __future__ import annotations

import itertools
import json
import re
from functools import partial

import numpy as np
import scipy as sp
import sklearn
import sklearn.metrics  # noqa: F401 (a name of lime 0.2.0.1)
from sklearn.utils import check_random_state

from lime import explanation, lime_base
from lime.domains.text.explainer import LimeTextExplainer
from lime.domains.text.mapper import TextDomainMapper
from lime.domains.text.units import IndexedCharacters, IndexedString

__all__ = [
    "IndexedCharacters",
    "IndexedString",
    "LimeTextExplainer",
    "TextDomainMapper",
    "check_random_state",
    "explanation",
    "itertools",
    "json",
    "lime_base",
    "np",
    "partial",
    "re",
    "sklearn",
    "sp",
]
