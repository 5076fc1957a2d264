"""
Heartbeats
==========

A time series, and a model that takes it as a row of numbers: which stretch of a
heartbeat speaks for an illness?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lime import LimeTimeSeriesExplainer

# %%
# Beats made by a formula: five waves of known place, height and width, with a
# wandering baseline and noise. In the ill ones the part between the tall wave and
# the last one, the ST segment, is raised. All else is drawn alike for both.

MILLISECONDS = np.arange(0, 800, 5)
WAVES = [  # centre and width in milliseconds, height
    (160, 20, 0.15),
    (265, 9, -0.12),
    (290, 10, 1.0),
    (315, 10, -0.25),
    (560, 45, 0.3),
]


def wave(centre, width, height):
    return height * np.exp(-(((MILLISECONDS - centre) / width) ** 2) / 2)


def beat(is_ill, rng):
    """One heartbeat, shape (160,)."""
    shift = rng.normal(0, 4)
    found = 0.05 * np.sin(MILLISECONDS / 300 + rng.uniform(0, 2 * np.pi))
    for centre, width, height in WAVES:
        found += wave(centre + shift, width, height)
    if is_ill:
        found += wave(410 + shift, 40, rng.uniform(0.05, 0.2))
    return found + rng.normal(0, 0.05, len(MILLISECONDS))


rng = np.random.default_rng(0)
ill = rng.integers(0, 2, 1200)
beats = np.array([beat(one, rng) for one in ill])
names = np.array(["healthy", "raised ST"])[ill]
X_train, X_test, y_train, y_test = train_test_split(beats, names, random_state=0)
model = make_pipeline(StandardScaler(), LogisticRegression(C=1e-3))
model.fit(X_train, y_train)
print(f"accuracy on held-out beats: {model.score(X_test, y_test):.3f}")

# %%
# Twenty segments of equal length. A hidden one shows what is usual at this time of
# a healthy beat, the median: the weights say what is unusual here. The raised part
# lies around 410 milliseconds.

explainer = LimeTimeSeriesExplainer(
    X_train[y_train == "healthy"], hide="median", times=MILLISECONDS, random_state=0
)
series = X_test[np.argmax(y_test == "raised ST")]
explanation = explainer.explain_instance(series, model, labels=["raised ST"])
print(explanation)
explanation.plot()
plt.gca().set_xlabel("milliseconds")

# %%
# Another way to hide asks another question. Beside the mean of the series every
# wave is unusual, and a line between the ends of what is kept leaves no jump.

figure, axes = plt.subplots(2, 1, figsize=(9, 5.5))
for ax, hide in zip(axes, ["mean", "line"], strict=True):
    other = explainer.explain_instance(
        series, model, hide=hide, labels=["raised ST"]
    )
    other.plot(ax=ax)
    ax.set_title(f'hide="{hide}"')
figure.tight_layout()

# %%
# As numbers:

columns = ["feature", "value", "weight", "standard_error"]
explanation.to_frame()[columns].head(5).round(4)
