"""EvalML: explain_predictions with algorithm="lime", over data frames."""

import json

import numpy as np
from evalml.model_understanding import explain_predictions
from evalml.pipelines import BinaryClassificationPipeline, MulticlassClassificationPipeline, RegressionPipeline
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

weights = {}
for load, kind, estimator in (
    (load_breast_cancer, BinaryClassificationPipeline, "Random Forest Classifier"),
    (load_wine, MulticlassClassificationPipeline, "Random Forest Classifier"),
    (load_diabetes, RegressionPipeline, "Random Forest Regressor"),
):
    data = load(as_frame=True)
    pipeline = kind(["Imputer", estimator], random_seed=0)
    pipeline.fit(data.data, data.target)
    np.random.seed(1)  # noqa: NPY002  the package hands no seed on
    report = explain_predictions(
        pipeline=pipeline,
        input_features=data.data,
        y=data.target,
        indices_to_explain=[0, 1],
        top_k_features=4,
        include_explainer_values=True,
        output_format="dict",
        algorithm="lime",
    )
    assert len(report["explanations"]) == 2
    for row, explained in enumerate(report["explanations"]):
        for one in explained["explanations"]:
            values = one["quantitative_explanation"]
            assert len(values) == 4
            for name, value in zip(one["feature_names"], values, strict=True):
                weights[f"{load.__name__} {row} {one['class_name']} {name}"] = float(value)
    largest = max(abs(value) for name, value in weights.items() if name.startswith(load.__name__))
    weights |= {name: value / largest for name, value in weights.items() if name.startswith(load.__name__)}
print(json.dumps(weights))
