"""
Series: which step, which feature
=================================

Models of series take rows of shape (timesteps, features). Each feature at each step
becomes a column, named by how far back it lies: ``price_t-0`` is the last step.
"""

import matplotlib.pyplot as plt
import numpy as np

from lime import RecurrentTabularExplainer

# %%
# The network is a small recurrent one with fixed weights, written out here so that
# the example needs no framework. Any function of series of shape (n, timesteps,
# features) may stand in its place, a Keras or torch model as well.

rng = np.random.default_rng(0)
steps = 6
series = rng.normal(size=(500, steps, 2)).cumsum(axis=1)


def predict(batch):
    """Return probabilities that the price falls and rises, shape (n, 2)."""
    state = np.zeros(len(batch))
    for t in range(batch.shape[1]):
        price, volume = batch[:, t, 0], batch[:, t, 1]
        state = np.tanh(0.5 * state + 0.9 * price - 0.3 * volume)
    rises = 1 / (1 + np.exp(-3 * state))
    return np.column_stack([1 - rises, rises])


explainer = RecurrentTabularExplainer(
    series,
    feature_names=["price", "volume"],
    class_names=["falls", "rises"],
    random_state=0,
)
explanation = explainer.explain_instance(series[0], predict, num_features=6)
print(explanation)

# %%
# As a map over steps and features: what the network has forgotten has no weight.

everything = explainer.explain_instance(series[0], predict, num_features=12)
weights = np.zeros((2, steps))
for column, weight in everything.local_exp[1]:
    weights[column // steps, column % steps] = weight
figure, (above, below) = plt.subplots(
    2, 1, figsize=(7, 4.5), sharex=True, height_ratios=[2, 1]
)
above.plot(series[0], marker="o", label=["price", "volume"])
above.legend()
above.set_title("the series")
limit = np.abs(weights).max()
image = below.imshow(weights, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto")
below.set_yticks([0, 1], ["price", "volume"])
below.set_xticks(range(steps), [f"t-{steps - 1 - t}" for t in range(steps)])
below.set_title("weights for 'rises'")
figure.colorbar(image, ax=[above, below])
