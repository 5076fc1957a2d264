"""Which bar shows how far the work has come."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

__all__ = ["in_notebook", "progress_bar", "progress_class"]


def progress_class() -> Any:
    """Return tqdm's bar for notebooks where these can show one, else the one of plain text.

    tqdm's own choice warns, in red, wherever a notebook runs without ipywidgets.
    """
    if not _has_widgets():
        from tqdm.std import tqdm

        return tqdm
    from tqdm.auto import tqdm as tqdm_of_notebooks

    return tqdm_of_notebooks


def progress_bar(**settings: Any) -> Any:
    """Make a bar; `settings` are tqdm's.

    In a notebook that can show plain text only, it goes to standard output: notebooks show standard error on red.
    """
    if in_notebook() and not _has_widgets():
        settings.setdefault("file", sys.stdout)
    return progress_class()(**settings)


def in_notebook() -> bool:
    """Whether this runs in the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def _has_widgets() -> bool:
    try:
        return importlib.util.find_spec("ipywidgets") is not None
    except ValueError:  # a module that was put there by hand, or None, which forbids it
        return sys.modules.get("ipywidgets") is not None
