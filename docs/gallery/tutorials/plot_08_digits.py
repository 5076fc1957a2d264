"""
Digits
======

Small grey pictures and a model that takes them as flat rows, as most of
scikit-learn's models do.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from lime import LimeImageExplainer

digits = load_digits()
X_train, X_test, y_train, y_test = train_test_split(
    digits.images, digits.target, random_state=0
)
forest = RandomForestClassifier(n_estimators=100, random_state=0).fit(
    X_train.reshape(len(X_train), -1), y_train
)
accuracy = forest.score(X_test.reshape(len(X_test), -1), y_test)
print(f"accuracy on held-out digits: {accuracy:.3f}")

# %%
# Eight by eight pixels need no search for segments: a grid of two by two pixels
# each will do. A hidden cell is paper, ``hide_color=0``. The forest is given
# itself; that it wants rows of 64 numbers is found out.

cells = [[row // 2 * 4 + column // 2 for column in range(8)] for row in range(8)]
explainer = LimeImageExplainer(random_state=0)
picture = X_test[1]
explanation = explainer.explain_instance(
    picture,
    forest,
    top_labels=3,
    hide_color=0,
    segmentation_fn=cells,
    num_samples=1000,
    progress_bar=False,
)
for label in explanation.top_labels:
    print(f"the model says {label}: {explanation.predict_proba[label]:.2f}")

# %%
# Blue cells speak for a digit and red ones against it: ink where that digit would
# have none.

figure, axes = plt.subplots(1, 4, figsize=(12, 3.4))
axes[0].imshow(picture, cmap="gray_r")
axes[0].set_title(f"a {y_test[1]}")
limit = max(
    abs(weight)
    for label in explanation.top_labels
    for _, weight in explanation.local_exp[label]
)
for ax, label in zip(axes[1:], explanation.top_labels, strict=True):
    ax.imshow(picture, cmap="gray_r")
    ax.imshow(
        explanation.heatmap(label), cmap="RdBu", vmin=-limit, vmax=limit, alpha=0.75
    )
    ax.set_title(f"for a {label}, P = {explanation.predict_proba[label]:.2f}")
for ax in axes:
    ax.axis("off")
figure.tight_layout()

# %%
# The same as a table; ``share`` is a segment's part of the picture.

columns = ["feature", "share", "weight", "standard_error"]
explanation.to_frame(label=explanation.top_labels[0])[columns].head(6).round(4)
