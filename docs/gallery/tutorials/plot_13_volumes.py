"""
Volumes and videos
==================

Pictures that lie one behind the other: segments reach over several slices, and the
explanation shows some of them.
"""

import numpy as np
from skimage.data import binary_blobs
from sklearn.ensemble import RandomForestClassifier

from lime import LimeVolumeExplainer

# %%
# Scans of a porous tissue, made by scikit-image's ``binary_blobs`` in three
# dimensions. In the ill ones there is a dense lump somewhere in the upper left,
# three to five slices deep.

SIDE, DEPTH = 32, 12


def scan(is_ill, rng):
    """One volume, shape (12, 32, 32)."""
    blobs = binary_blobs(
        SIDE, blob_size_fraction=0.15, n_dim=3, rng=int(rng.integers(2**31))
    )[:DEPTH]
    volume = 0.4 * blobs + rng.normal(0, 0.05, blobs.shape)
    if is_ill:
        first, deep = rng.integers(0, DEPTH - 5), rng.integers(3, 6)
        row, column = rng.integers(2, 9, 2)
        volume[first : first + deep, row : row + 7, column : column + 7] = 1.0
    return volume


rng = np.random.default_rng(0)
ill = np.arange(400) % 2
scans = np.array([scan(one, rng) for one in ill])


def blocks(volumes):
    """The mean of each block of 2 x 4 x 4 places: what the forest learns from."""
    shape = (len(volumes), DEPTH // 2, 2, SIDE // 4, 4, SIDE // 4, 4)
    return volumes.reshape(shape).mean(axis=(2, 4, 6)).reshape(len(volumes), -1)


forest = RandomForestClassifier(300, random_state=0).fit(
    blocks(scans[:300]), ill[:300]
)
print(f"accuracy on others: {forest.score(blocks(scans[300:]), ill[300:]):.3f}")

# %%
# The model takes a batch of volumes. Segments are places that are near and alike
# in all three dimensions, as scikit-image's ``slic`` finds them. What hides one
# is 0, thin tissue: a lump that is hidden by its own mean would still be a lump.


def model(volumes):
    return forest.predict_proba(blocks(volumes))


explainer = LimeVolumeExplainer(
    num_segments=60, hide=0, class_names=["healthy", "ill"], random_state=0
)
held_out = scans[300:]
patient = held_out[np.argmax(model(held_out)[:, 1])]
explanation = explainer.explain_instance(patient, model)
print(explanation)

# %%
# Slices, tinted by what speaks for the illness. A page shows the same.

explanation.plot_slices()

# %%
# A **video** is a volume whose slices are frames, with a dimension of channels
# where it has colours: ``channel_axis`` says where. Here a bright square comes
# into the picture, and the model looks for it in the last frames.

video = np.full((10, 24, 24, 3), 0.1)
for frame in range(5, 10):
    video[frame, 8:14, 2 * frame : 2 * frame + 6] = (0.9, 0.3, 0.1)


def arrives(videos):
    p = np.clip(videos[:, 5:, 6:16, :, 0].mean(axis=(1, 2, 3)) * 2, 0, 1)
    return np.column_stack([1 - p, p])


of_frames = LimeVolumeExplainer(
    segmentation="blocks",
    num_segments=40,
    hide=0.1,
    slice_name="frame",
    class_names=["nothing", "arrives"],
    random_state=0,
)
why = of_frames.explain_instance(video, arrives)
why.plot_slices(numbers=[2, 5, 7, 9])
why.to_frame()[["feature", "weight", "standard_error"]].head(4).round(4)
