"""
Faces
=====

Is this a face? A classifier on small grey pictures, and the regions that it looks
at.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage.data import lfw_subset
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from lime import LimeImageExplainer
from lime.wrappers.scikit_image import SegmentationAlgorithm

# %%
# 100 faces and 100 patches that are none, each of 25 by 25 pixels, from the Labeled
# Faces in the Wild; they come with scikit-image.

pictures = lfw_subset()
is_face = np.arange(200) < 100
X_train, X_test, y_train, y_test = train_test_split(
    pictures, is_face, random_state=0
)
model = make_pipeline(PCA(20, random_state=0), CalibratedClassifierCV(SVC(C=10)))
model.fit(X_train.reshape(len(X_train), -1), y_train)
accuracy = model.score(X_test.reshape(len(X_test), -1), y_test)
print(f"accuracy on held-out pictures: {accuracy:.3f}")

# %%
# Segments follow what is alike. So small a picture needs few: superpixels by
# ``slic``.

segmenter = SegmentationAlgorithm("slic", n_segments=40, compactness=3)
explainer = LimeImageExplainer(
    random_state=0, class_names=["something else", "a face"]
)
faces = X_test[y_test][:3]
figure, axes = plt.subplots(3, 3, figsize=(8, 8.5))
for row, face in zip(axes, faces, strict=True):
    explanation = explainer.explain_instance(
        face,
        model,
        labels=(1,),
        top_labels=None,
        segmentation_fn=segmenter,
        num_samples=1000,
        progress_bar=False,
    )
    heat = explanation.heatmap(1)
    limit = np.abs(heat).max()
    shown, mask = explanation.get_image_and_mask(
        1, positive_only=True, num_features=5, hide_rest=True
    )
    row[0].imshow(face, cmap="gray")
    row[0].set_title(f"P(face) = {explanation.predict_proba[1]:.2f}", fontsize=10)
    row[1].imshow(face, cmap="gray")
    row[1].imshow(heat, cmap="RdBu", vmin=-limit, vmax=limit, alpha=0.6)
    row[1].set_title("for (blue), against (red)", fontsize=10)
    row[2].imshow(shown, cmap="gray", vmin=0, vmax=1)
    row[2].set_title("the five that speak most for it", fontsize=10)
for ax in axes.flat:
    ax.axis("off")
figure.tight_layout()

# %%
# How far the last one can be trusted, from what it knows of itself:

print(explanation.trust())
