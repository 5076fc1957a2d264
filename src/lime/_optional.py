"""Packages that only a part of the house needs: imported where it runs, named with the line that installs them."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["EXTRAS", "install_line", "missing_message", "require"]

# The extra of pyproject.toml that brings a package. What is in none is installed under its own name.
EXTRAS = {
    "diskcache": "cache",
    "onnxruntime": "onnx",
    "pandas": "tables",
    "pyarrow": "tables",
    "ruptures": "series",
    "skops": "skops",
    "tenacity": "remote",
}


def install_line(package: str) -> str:
    """The command that installs an optional package."""
    extra = EXTRAS.get(package)
    return f"pip install {package}" if extra is None else f"pip install 'lime[{extra}]'"


def missing_message(package: str, what: str, instead: str = "") -> str:
    """One sentence: what needs a package that is not installed, how to install it, and what else may be done."""
    way = f"{install_line(package)}, or {instead}" if instead else install_line(package)
    return f"{what} needs {package}, which is not installed: {way}"


def require(package: str, what: str, instead: str = "") -> Any:
    """Import an optional package.

    Parameters
    ----------
    package : str
        The name under which it is imported.
    what : str
        What needs it, as the subject of a sentence: "to_parquet".
    instead : str
        What may be done without it.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        It is not installed. The message has the line that installs it.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(missing_message(package, what, instead)) from error
