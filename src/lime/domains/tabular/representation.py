"""What the repr of a table's explainer says of its columns."""

from __future__ import annotations

from typing import Any

from lime.domains.tabular.discretize import BaseDiscretizer
from lime.domains.tabular.neighborhoods.learned import Surroundings
from lime.domains.tabular.sparse import SparseTable
from lime.domains.tabular.table import Table
from lime.engine.wording import counted


def told_of_columns(
    table: Table | SparseTable, discretizer: BaseDiscretizer | None, surroundings: Surroundings | None
) -> dict[str, Any]:
    """How many columns of which kind there are, and what is not the usual way with them."""
    # Not the explainer's `categorical_features`, which holds the columns that are cut into bins as well.
    d, categorical = len(table.names), len(table.categorical_features)
    kinds = ((d - categorical, "numeric"), (categorical, "categorical"))
    kept = ", ".join(f"{number} {kind}" for number, kind in kinds if number)
    more: dict[str, Any] = {}
    if discretizer is not None and type(discretizer).__name__ != "QuartileDiscretizer":
        more = {"discretizer": type(discretizer).__name__}
    elif discretizer is None and surroundings is None and not isinstance(table, SparseTable):
        more = {"discretize_continuous": False}
    if surroundings is not None:
        more |= surroundings.told()
    return {"things": f"{counted(d, 'column')} ({kept})", "more": more}
