"""What convenience methods take from rooms above their own, in one table.

`exp.plot()` and its like are doors of a result or an explainer into rooms that know it, and that it may not know: these
are looked up here when they are used, as `lime` looks up its own names.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lime.render.console import render_console
    from lime.render.effects import effects_of
    from lime.render.explainer import render_explainer
    from lime.render.html import render_fragment, render_page
    from lime.render.image_plot import plot_image
    from lime.render.many import render_many, render_many_fragment
    from lime.render.notebook import mimebundle, show
    from lime.render.overview import plot_many
    from lime.render.parts_plot import plot_parts, plot_slices
    from lime.render.plot import plot_explanation, pyplot_figure
    from lime.render.report import render_html, render_text
    from lime.render.summary import plot_summary
    from lime.render.timeseries_plot import plot_timeseries
    from lime.render.trust import card_html, card_text
    from lime.render.waterfall import plot_waterfall
    from lime.results.files import write_text
    from lime.results.frame import columns_to_frame, records_to_frame
    from lime.results.image import ImageExplanation
    from lime.results.multi import MultiInputExplanation
    from lime.results.parquet import read_parts, table_of, write_tables
    from lime.results.picking import pick_rows
    from lime.results.pixels import (
        pack_image,
        pack_labels,
        unpack_image,
        unpack_labels,
    )
    from lime.results.serialize import (
        explanation_from_dict,
        explanation_to_dict,
        plain,
        read_json,
        write_json,
    )
    from lime.results.timeseries import TimeSeriesExplanation
    from lime.results.to_shap import explanation_to_shap, explanations_to_shap
    from lime.results.volume import VolumeExplanation
    from lime.scale.frames import frame_function
    from lime.scale.run import explain_instances
    from lime.scale.saving import load_explainer, save_explainer
    from lime.trust.card import card, known_card
    from lime.trust.interactions import interactions
    from lime.trust.stability import stability

UPPER = {
    "ImageExplanation": "lime.results.image",
    "MultiInputExplanation": "lime.results.multi",
    "TimeSeriesExplanation": "lime.results.timeseries",
    "VolumeExplanation": "lime.results.volume",
    "card": "lime.trust.card",
    "card_html": "lime.render.trust",
    "card_text": "lime.render.trust",
    "columns_to_frame": "lime.results.frame",
    "effects_of": "lime.render.effects",
    "explain_instances": "lime.scale.run",
    "explanation_from_dict": "lime.results.serialize",
    "explanation_to_dict": "lime.results.serialize",
    "explanation_to_shap": "lime.results.to_shap",
    "explanations_to_shap": "lime.results.to_shap",
    "frame_function": "lime.scale.frames",
    "interactions": "lime.trust.interactions",
    "known_card": "lime.trust.card",
    "load_explainer": "lime.scale.saving",
    "mimebundle": "lime.render.notebook",
    "pack_image": "lime.results.pixels",
    "pack_labels": "lime.results.pixels",
    "pick_rows": "lime.results.picking",
    "plain": "lime.results.serialize",
    "plot_explanation": "lime.render.plot",
    "plot_image": "lime.render.image_plot",
    "plot_many": "lime.render.overview",
    "plot_parts": "lime.render.parts_plot",
    "plot_slices": "lime.render.parts_plot",
    "plot_summary": "lime.render.summary",
    "plot_timeseries": "lime.render.timeseries_plot",
    "plot_waterfall": "lime.render.waterfall",
    "pyplot_figure": "lime.render.plot",
    "read_json": "lime.results.serialize",
    "read_parts": "lime.results.parquet",
    "records_to_frame": "lime.results.frame",
    "render_console": "lime.render.console",
    "render_explainer": "lime.render.explainer",
    "render_fragment": "lime.render.html",
    "render_html": "lime.render.report",
    "render_many": "lime.render.many",
    "render_many_fragment": "lime.render.many",
    "render_page": "lime.render.html",
    "render_text": "lime.render.report",
    "save_explainer": "lime.scale.saving",
    "show": "lime.render.notebook",
    "stability": "lime.trust.stability",
    "table_of": "lime.results.parquet",
    "unpack_image": "lime.results.pixels",
    "unpack_labels": "lime.results.pixels",
    "write_json": "lime.results.serialize",
    "write_tables": "lime.results.parquet",
    "write_text": "lime.results.files",
}
"""Where each name lives."""

__all__ = [
    "ImageExplanation",
    "MultiInputExplanation",
    "TimeSeriesExplanation",
    "VolumeExplanation",
    "card",
    "card_html",
    "card_text",
    "columns_to_frame",
    "effects_of",
    "explain_instances",
    "explanation_from_dict",
    "explanation_to_dict",
    "explanation_to_shap",
    "explanations_to_shap",
    "frame_function",
    "interactions",
    "known_card",
    "load_explainer",
    "mimebundle",
    "pack_image",
    "pack_labels",
    "pick_rows",
    "plain",
    "plot_explanation",
    "plot_image",
    "plot_many",
    "plot_parts",
    "plot_slices",
    "plot_summary",
    "plot_timeseries",
    "plot_waterfall",
    "pyplot_figure",
    "read_json",
    "read_parts",
    "records_to_frame",
    "render_console",
    "render_explainer",
    "render_fragment",
    "render_html",
    "render_many",
    "render_many_fragment",
    "render_page",
    "render_text",
    "save_explainer",
    "show",
    "stability",
    "table_of",
    "unpack_image",
    "unpack_labels",
    "write_json",
    "write_tables",
    "write_text",
]


def __getattr__(name: str) -> Any:
    if name not in UPPER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(UPPER[name]), name)
