"""
As many draws as it takes
=========================

With ``num_samples="auto"`` the model is asked in stages, and no more once nothing
more would be decided: the features and their order told apart or known to be alike,
and every interval narrow.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

from lime import LimeTabularExplainer

wine = load_wine(as_frame=True)
forest = RandomForestClassifier(n_estimators=30, random_state=0).fit(
    wine.data, wine.target
)
explainer = LimeTabularExplainer(
    wine.data, class_names=wine.target_names, random_state=0
)

explanation = explainer.explain_instance(
    wine.data.iloc[0], forest, top_labels=1, num_features=3, num_samples="auto"
)
print(explanation.num_model_calls, "model calls")
print(explanation.stopping)

# %%
# Over some wines: nearly all are decided long before the usual 5,000. An answer
# counts as settled if endless draws would show the same features; where the weakest
# shown feature and the strongest other one are alike, either might be shown, and
# the explanation says so.

calls, said = [], []
for position in range(0, 178, 8):
    row = wine.data.iloc[position]
    one = explainer.explain_instance(
        row, forest, top_labels=1, num_features=3, num_samples="auto"
    )
    calls.append(one.num_model_calls)
    said.append(
        "settled"
        if one.settled
        else "decided, alike"
        if one.stopping.startswith("Decided")
        else "budget spent"
    )

figure, ax = plt.subplots(figsize=(7, 3))
colors = {
    "settled": "tab:blue",
    "decided, alike": "tab:cyan",
    "budget spent": "tab:orange",
}
for name in sorted(set(said)):
    places = [place for place, word in enumerate(said) if word == name]
    ax.bar(
        places, [calls[place] for place in places], color=colors[name], label=name
    )
ax.axhline(5000, color="0.5", linestyle="--", label="usual number")
ax.set_xlabel("wine")
ax.set_ylabel("model calls")
ax.legend(fontsize=8)
figure.tight_layout()

# %%
# A confidence, a width and a budget of one's own:

from lime.engine.stopping import Auto

asked = Auto(confidence=0.99, width=0.1, budget=20_000)
strict = explainer.explain_instance(
    wine.data.iloc[0], forest, top_labels=1, num_features=3, num_samples=asked
)
print(strict.num_model_calls, "model calls")
print(strict.stopping)
