"""Parameters that several measures share, described once."""

from __future__ import annotations

from lime.domains.described import with_parameters

__all__ = ["described"]

SHARED = {
    "explained": """\
        explainer : Explainer
            The one that made the explanation, or makes it.
        instance : row, text, image or series
            As for its `explain_instance`.
        predict_fn : callable or model
            Likewise.
        explanation : Explanation, optional
            Made here when None.
        label : int or str, optional
            The first explained one when None.
        """,
    "baseline": """\
        baseline : row, series or hide_color, optional
            For rows and series what takes a value's place: another one, or when None the training mean and most
            frequent category (0 for sparse rows). For images what hides a segment, as `hide_color` of
            `explain_instance`, whose setting counts when None; for time series likewise `hide`. For texts None: their
            explainer says what takes a word's place.
        """,
    "orders": """\
        random_orders : int
            How many random orders to compare with, at least 1.
        random_state : int
            Seed of the random orders.
        """,
    "calls": """\
        batch_size : int, optional
            Most inputs in one call of the model.
        **settings
            Passed to `explain_instance` where the explanation is made here.
        """,
}
"""The texts, by the names that stand for them in docstrings, in angle brackets on a line of their own."""

described = with_parameters(SHARED)
"""Put `SHARED` into the docstring of a measure."""
