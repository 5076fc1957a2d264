"""What files call the parts of explainers: a tag and a version, which outlive the modules that hold the parts.

A part whose attributes change their meaning gets a new version; one that moves keeps its tag.
"""

from __future__ import annotations

import importlib
from typing import Any

from sklearn.preprocessing import StandardScaler

__all__ = ["TAGS", "tag_of", "thing_of"]

TAGS = {
    "bin_numbers/1": "lime.domains.tabular.discretize:bin_numbers",
    "chosen_width/1": "lime.engine.widths:ChosenWidth",
    "choice/1": "lime.domains.tabular.neighborhoods.choice:Choice",
    "column/1": "lime.domains.tabular.forms:ColumnInfo",
    "copula/1": "lime.domains.tabular.neighborhoods.copula:Copula",
    "decile_discretizer/1": "lime.domains.tabular.discretize:DecileDiscretizer",
    "dependence/1": "lime.engine.copula:Dependence",
    "entropy_discretizer/1": "lime.domains.tabular.discretize:EntropyDiscretizer",
    "exponential_kernel/1": "lime.engine.kernels:exponential_kernel",
    "group/1": "lime.domains.tabular.groups:Group",
    "image_explainer/1": "lime.domains.image.explainer:LimeImageExplainer",
    "kept_rows/1": "lime.domains.tabular.neighborhoods.kept:KeptRows",
    "lime_base/1": "lime.engine.base:LimeBase",
    "limits/1": "lime.domains.tabular.forms:Limits",
    "multi_input_explainer/1": "lime.domains.multi.explainer:LimeMultiInputExplainer",
    "quantiles/1": "lime.domains.tabular.neighborhoods.copula:Quantiles",
    "quartile_discretizer/1": "lime.domains.tabular.discretize:QuartileDiscretizer",
    "recurrent_explainer/1": "lime.domains.series.explainer:RecurrentTabularExplainer",
    "scale/1": "lime.domains.tabular.scales:Scale",
    "series_layout/1": "lime.domains.series.layout:Layout",
    "sparse_table/1": "lime.domains.tabular.sparse:SparseTable",
    "standard_scaler/1": f"{StandardScaler.__module__}:StandardScaler",
    "stats_discretizer/1": "lime.domains.tabular.discretize:StatsDiscretizer",
    "storage/1": "lime.domains.tabular.forms:Storage",
    "surroundings/1": "lime.domains.tabular.neighborhoods.learned:Surroundings",
    "table/1": "lime.domains.tabular.table:Table",
    "tabular_explainer/1": "lime.domains.tabular.explainer:LimeTabularExplainer",
    "text_explainer/1": "lime.domains.text.explainer:LimeTextExplainer",
    "timeseries_explainer/1": "lime.domains.timeseries.explainer:LimeTimeSeriesExplainer",
    "varying/1": "lime.domains.tabular.varying:Varying",
    "volume_explainer/1": "lime.domains.volume.explainer:LimeVolumeExplainer",
}
"""Where each of them is today: all that a file may name."""

BEFORE_TAGS = {
    "lime.domains.image.explainer:LimeImageExplainer": "image_explainer/1",
    "lime.domains.series.explainer:RecurrentTabularExplainer": "recurrent_explainer/1",
    "lime.domains.series.layout:Layout": "series_layout/1",
    "lime.domains.tabular.discretize:DecileDiscretizer": "decile_discretizer/1",
    "lime.domains.tabular.discretize:EntropyDiscretizer": "entropy_discretizer/1",
    "lime.domains.tabular.discretize:QuartileDiscretizer": "quartile_discretizer/1",
    "lime.domains.tabular.discretize:StatsDiscretizer": "stats_discretizer/1",
    "lime.domains.tabular.discretize:bin_numbers": "bin_numbers/1",
    "lime.domains.tabular.explainer:LimeTabularExplainer": "tabular_explainer/1",
    "lime.domains.tabular.forms:Column": "column/1",
    "lime.domains.tabular.forms:Limits": "limits/1",
    "lime.domains.tabular.forms:Storage": "storage/1",
    "lime.domains.tabular.scales:Scale": "scale/1",
    "lime.domains.tabular.sparse:SparseTable": "sparse_table/1",
    "lime.domains.tabular.table:Table": "table/1",
    "lime.domains.text.explainer:LimeTextExplainer": "text_explainer/1",
    "lime.engine.base:LimeBase": "lime_base/1",
    "lime.engine.kernels:exponential_kernel": "exponential_kernel/1",
    "lime.engine.widths:ChosenWidth": "chosen_width/1",
    "sklearn.preprocessing._data:StandardScaler": "standard_scaler/1",
}
"""What files called them before there were tags: the places where they stood then."""

_BY_PLACE = {place: tag for tag, place in TAGS.items()}


def tag_of(thing: Any) -> str | None:
    """The tag of a class or function; None where files have none for it.

    Parameters
    ----------
    thing : type or function
        Of this package, or a part that explainers are made of.

    Returns
    -------
    str or None
    """
    tag = _BY_PLACE.get(f"{getattr(thing, '__module__', '')}:{getattr(thing, '__qualname__', '')}")
    return tag if tag is not None and thing_of(tag) is thing else None


def thing_of(tag: str) -> Any:
    """The class or function of a tag.

    Parameters
    ----------
    tag : str
        Or the place where it stood before there were tags.

    Returns
    -------
    type or function

    Raises
    ------
    KeyError
        Files may not name it.
    """
    module, _, name = TAGS[BEFORE_TAGS.get(tag, tag)].partition(":")
    return getattr(importlib.import_module(module), name)
