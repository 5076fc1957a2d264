"""LASExplanation's LIMEBAG: the entropy discretizer and the lasso path, over a data frame."""

import contextlib
import io
import json

import numpy as np
from LASExplanation.LIMEBAG import LIMEBAG
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

data = load_breast_cancer(as_frame=True)
x = data.data.iloc[:, :8]
model = RandomForestClassifier(50, random_state=0).fit(x.to_numpy(), data.target)
np.random.seed(1)  # noqa: NPY002  the package hands no seed on
bag = LIMEBAG(clf=model, X_train=x, y_train=data.target, X_test=x.iloc[:4], sensitive=[7], K=2)
with contextlib.redirect_stdout(io.StringIO()):
    ranks, values = bag.explain()
assert len(ranks) == len(values) == 8
assert all(len(one) == 4 for one in ranks), ranks
print(json.dumps({f"{name} {i}": float(v) for name, one in zip(x, values, strict=True) for i, v in enumerate(one)}))
