"""Which bar shows how far the work has come."""

from __future__ import annotations

import importlib.util
from typing import Any

__all__ = ["progress_class"]


def progress_class() -> Any:
    """Return tqdm's bar for notebooks where these can show one, else the one of plain text.

    tqdm's own choice warns, in red, wherever a notebook runs without ipywidgets.
    """
    if importlib.util.find_spec("ipywidgets") is None:
        from tqdm.std import tqdm

        return tqdm
    from tqdm.auto import tqdm as tqdm_of_notebooks

    return tqdm_of_notebooks
