"""Results: what an explainer hands back, as numbers and names, free of any model and any training data.

An `Explanation` holds weights, errors, fits and the model's prediction; a `DomainMapper` turns feature ids into
words. Both can be copied, pickled, and written to JSON and read again on a machine that has neither the model
nor the data. How a result looks is the business of `lime.render`, which is loaded only when something is shown.
"""

from __future__ import annotations

from lime.results.exceptions import LimeError
from lime.results.explanation import DomainMapper, Explanation, id_generator
from lime.results.image import ImageExplanation
from lime.results.stored import StoredMapper
from lime.results.timeseries import TimeSeriesExplanation

__all__ = [
    "DomainMapper",
    "Explanation",
    "ImageExplanation",
    "LimeError",
    "StoredMapper",
    "TimeSeriesExplanation",
    "id_generator",
]
