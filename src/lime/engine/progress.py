"""Which bar shows how far the work has come."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

__all__ = ["progress_class"]


def progress_class() -> Any:
    """Return tqdm's bar for notebooks where these can show one, else the one of plain text.

    tqdm's own choice warns, in red, wherever a notebook runs without ipywidgets.
    """
    if not _has_widgets():
        from tqdm.std import tqdm

        return tqdm
    from tqdm.auto import tqdm as tqdm_of_notebooks

    return tqdm_of_notebooks


def _has_widgets() -> bool:
    try:
        return importlib.util.find_spec("ipywidgets") is not None
    except ValueError:  # a module that was put there by hand, or None, which forbids it
        return sys.modules.get("ipywidgets") is not None
