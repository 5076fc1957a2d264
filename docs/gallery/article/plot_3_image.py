"""
A prediction on a picture
=========================

A picture is cut into segments, and segments are hidden. The model here is a
stand-in for a network: it takes a batch of RGB pictures as floats from 0 to 255 and
returns ten probabilities, of which the first rises with the light on a face and the
second with that of a suit.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage.data import astronaut
from skimage.segmentation import mark_boundaries
from skimage.transform import resize

from lime import lime_image

picture = (resize(astronaut(), (224, 224)) * 255).astype("uint8")


def predict_fn(images):
    """Return the probabilities of ten classes, shape (n, 10)."""
    batch = np.asarray(images, dtype="float64") / 255.0
    face = batch[:, 20:110, 70:150, 0].mean(axis=(1, 2))
    suit = batch[:, 120:].mean(axis=(1, 2, 3))
    logits = np.stack(
        [8 * face, 8 * suit, np.full(len(batch), 3.0)] + [np.zeros(len(batch))] * 7,
        axis=1,
    )
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


# %%
# Hidden segments are black with ``hide_color=0``; without it they take their mean
# colour.

explainer = lime_image.LimeImageExplainer(random_state=42)
explanation = explainer.explain_instance(
    picture.astype("double"),
    predict_fn,
    top_labels=5,
    hide_color=0,
    num_samples=1000,
    progress_bar=False,
)
top_class = explanation.top_labels[0]
shown, mask = explanation.get_image_and_mask(
    top_class, positive_only=True, num_features=5, hide_rest=False
)

figure, axes = plt.subplots(1, 3, figsize=(12, 4))
axes[0].imshow(picture)
axes[0].set_title("the picture")
axes[1].imshow(mark_boundaries(shown / 255.0, mask))
axes[1].set_title(f"five segments that speak for class {top_class}")
axes[2].imshow(mask, cmap="gray")
axes[2].set_title("the same as a mask")
for ax in axes:
    ax.axis("off")
figure.tight_layout()

# %%
# All segments at once, coloured by their weights:

figure, ax = plt.subplots(figsize=(5.5, 5))
explanation.plot(label=top_class, ax=ax)
figure.tight_layout()

# %%
# And as a table, with the place of each segment and its error:

explanation.to_frame(label=top_class)[
    ["feature", "share", "weight", "standard_error"]
].head(8).round(4)
