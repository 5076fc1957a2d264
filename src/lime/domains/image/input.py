"""A picture as the method sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.image import classic
from lime.domains.image.compose import composer
from lime.domains.image.pixels import Picture
from lime.domains.masked import MaskedInput
from lime.domains.protocols import Model, Predictions, Sampling
from lime.engine import masks
from lime.engine.memory import rows_that_fit
from lime.models.adapters import is_out_of_memory
from lime.models.calling import OnRows, Predict, WrappedFunction
from lime.models.networks import is_module, is_tensor
from lime.models.requests import ExplanationCoroutine, predictions_for
from lime.results.image import ImageExplanation

DEFAULT_SAMPLES = 1000


@dataclass
class ImageInput(MaskedInput):
    """One picture as the method sees it: an `InterpretableInput`.

    Attributes
    ----------
    picture : Picture
    ids : ndarray of int, shape (d,)
        Labels of the segments.
    codes : ndarray of int, shape (height * width,)
        Segment of each pixel, numbered from 0.
    hidden : ndarray
        The picture with all segments hidden, in its layout and type.
    new : callable
        ``new(class_names)`` makes an empty explanation.
    hides_by_mean : bool
        Whether hidden segments have their mean colour.
    """

    picture: Picture
    ids: NDArray[np.intp]
    codes: NDArray[np.intp]
    hidden: NDArray[Any]
    new: Callable[[list[str] | None], ImageExplanation]
    hides_by_mean: bool = False

    default_samples = DEFAULT_SAMPLES
    what = "images"

    @property
    def feature_ids(self) -> NDArray[np.intp]:
        """Labels of the segments, shape (d,)."""
        return self.ids

    def draw(self, d: int, sampling: Sampling) -> masks.Masks:
        """Masks: all of them where they are few, folded Hadamard blocks, coins, or those of 0.2.0.1."""
        if sampling.rng is None:
            return classic.draw(sampling.state, sampling.size + 1, d)
        return super().draw(d, sampling)

    def render(self, kept: NDArray[np.bool_]) -> Any:
        """The pictures that masks (n, d) leave."""
        with composer(self.picture, self.hidden, self.codes, kept, None) as made:
            return made.batch(0, len(kept))

    def predict_masks(self, model: Model, kept: NDArray[np.bool_]) -> ExplanationCoroutine[Predictions]:
        """Step to the model's predictions for masks (n, d). Pictures of one form may share batches."""
        picture, predict = self.picture, model.predict
        # One call may ask for more pictures than there is memory for: batches have at most these.
        model = replace(model, batch_size=_smaller(model.batch_size, rows_that_fit(picture.values.nbytes)))
        key = None
        if model.callback is None and not is_tensor(picture.given) and not isinstance(predict, _GreyOrColour):
            key = ("images", predict, picture.values.shape, picture.values.dtype, model.batch_size)
        with composer(picture, self.hidden, self.codes, kept, getattr(predict, "device", None)) as made:
            try:
                request = model.request(made.batch, len(kept), what=self.what, key=key)
                return (yield from predictions_for(request)), len(kept)
            except RuntimeError as error:
                is_network = is_module(getattr(predict, "__self__", None))
                if is_network and picture.channel_axis == 2 and not is_tensor(picture.given):
                    error.add_note(
                        f"The image of shape {picture.values.shape} was given with its channels last; torch's own "
                        "layers expect them first, as in image.transpose(2, 0, 1)."
                    )
                if is_network and picture.values.dtype.kind in "ui":
                    error.add_note(
                        f"The image is of type {picture.values.dtype}; torch's own layers expect floats, as in "
                        "image.astype(numpy.float32) / 255."
                    )
                raise

    @property
    def baseline_description(self) -> str:
        """What takes the place of a segment, in words."""
        return "the segment's mean colour" if self.hides_by_mean else "what hides a segment"

    def new_explanation(self, class_names: list[str] | None) -> ImageExplanation:
        """An explanation with the picture and its segments."""
        return self.new(class_names)


def on_images(predict: Predict, picture: Picture) -> Predict:
    """The model's function on batches of images, where it wants them in another form than they have.

    A model of scikit-learn's that was fitted to rows as long as an image gets rows. One that refuses images of two
    dimensions gets them with three equal channels, as lime 0.2.0.1 gave them to every model.
    """
    owner = getattr(predict, "__self__", predict)
    if getattr(owner, "n_features_in_", None) == picture.values.size:
        return OnRows(predict)
    if picture.channel_axis is None and not is_tensor(picture.given):
        return _GreyOrColour(predict)
    return predict


class _GreyOrColour(WrappedFunction):
    """A model's function on grey images of two dimensions; whether it takes them as they are, its first answer tells.

    Attributes
    ----------
    notes : list of str
        Says so if it wants three channels.
    """

    def __init__(self, predict: Predict) -> None:
        self.predict = predict
        self._in_colour: bool | None = None
        self._own_notes: list[str] = []

    @property
    def notes(self) -> list[str]:
        """What is known of the model, and whether it wants three channels."""
        return [*self._own_notes, *getattr(self.predict, "notes", [])]

    def __call__(self, batch: NDArray[Any]) -> Any:
        """Ask the model about one batch."""
        if self._in_colour is None:
            try:
                answer = self.predict(batch.copy())  # it may change what it is handed before it refuses it
            except Exception as error:
                if is_out_of_memory(error):
                    raise
                try:
                    answer = self.predict(_three_channels(batch))
                except Exception:
                    raise error from None
                self._in_colour = True
                self._own_notes.append(
                    "The model refuses images of two dimensions: it was given the grey image with three equal channels."
                )
                return answer
            self._in_colour = False
            return answer
        return self.predict(_three_channels(batch) if self._in_colour else batch)


def _smaller(size: int | None, most: int | None) -> int | None:
    return min((one for one in (size, most) if one is not None), default=None)


def _three_channels(batch: NDArray[Any]) -> NDArray[Any]:
    return np.repeat(batch[..., None], 3, axis=-1)
