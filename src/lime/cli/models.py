"""Models by name: ONNX and skops files, pickles where they are trusted, and attributes of Python modules."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lime.cli.onnx_model import OnnxFile, read_onnx
from lime.cli.tables import missing_package
from lime.exceptions import LimeError

__all__ = ["PICKLES", "guess_mode", "load_model", "trained_on", "width_of"]

PICKLES = (".joblib", ".pkl", ".pickle")


def load_model(name: str, mode: str | None, trust: Sequence[str] = (), trust_pickle: bool = False) -> Any:
    """Load a model.

    Parameters
    ----------
    name : str
        A file ``*.onnx``, ``*.skops``, ``*.joblib``, ``*.pkl`` or ``*.pickle``; or ``package.module:attribute``,
        which is imported with the current folder on the path.
    mode : {"classification", "regression"} or None
        Which of an ONNX model's outputs is meant; None tells by their names.
    trust : sequence of str
        Types in a skops file that may be made, beside those that skops knows.
    trust_pickle : bool
        Whether a pickle may be loaded, which runs what its author wrote into it.

    Raises
    ------
    LimeError
        It is none of these, may not be loaded, or cannot be; the message says why.
    FileNotFoundError
        There is no such file.
    """
    suffix = Path(name).suffix.lower()
    if suffix in (".onnx", ".skops", *PICKLES):
        if not Path(name).exists():
            raise FileNotFoundError(f"no such file: {name}")
        if suffix == ".onnx":
            try:
                return read_onnx(name, mode)
            except ImportError as error:
                raise missing_package("onnxruntime", name) from error
        return _load_skops(name, trust) if suffix == ".skops" else _load_pickle(name, trust_pickle)
    if ":" in name and not Path(name).exists():
        return _import(name)
    if suffix == ".py":
        raise LimeError(f"{name} is a Python file: name the model in it, as in {Path(name).stem}:model")
    raise LimeError(
        f"cannot tell what kind of model {name!r} is: expected a file .onnx, .skops, "
        f"{', '.join(PICKLES)}, or package.module:attribute"
    )


def trained_on(model: Any) -> list[str] | None:
    """Names of the columns of the frame that a model learned from; None where it does not say."""
    try:
        names = getattr(_owner(model), "feature_names_in_", None)
    except Exception:  # a property of a foreign model may raise anything
        return None
    return None if names is None else [str(name) for name in names]


def width_of(model: Any) -> int | None:
    """How many columns a model takes in an array; None where it does not say."""
    if isinstance(model, OnnxFile):
        return model.width
    try:
        width = getattr(_owner(model), "n_features_in_", None)
    except Exception:  # as above
        return None
    return None if width is None else int(width)


def guess_mode(model: Any) -> str:
    """What a model says that it does: ``"regression"``, or ``"classification"`` where it says nothing else."""
    own = getattr(model, "mode", None)
    if own in ("classification", "regression"):
        return str(own)
    owner = _owner(model)
    if hasattr(owner, "predict_proba") or not hasattr(owner, "predict"):
        return "classification"
    from sklearn.base import is_regressor

    try:
        return "regression" if is_regressor(owner) else "classification"
    except Exception:  # no model of scikit-learn's
        return "classification"


def _owner(model: Any) -> Any:
    """The object whose bound method a model is, or the model itself."""
    return getattr(model, "__self__", model)


def _load_skops(name: str, trust: Sequence[str]) -> Any:
    try:
        from skops import io
    except ImportError as error:
        raise missing_package("skops", name) from error
    try:
        strange = sorted(set(io.get_untrusted_types(file=name)) - set(trust))
        if strange:
            raise LimeError(
                f"{name} holds {len(strange)} type{'s' * (len(strange) > 1)} that skops does not know to be harmless: "
                f"{', '.join(strange)}. If you trust whoever wrote the file, add --trust {' '.join(strange)}"
            )
        return io.load(name, trusted=list(trust))
    except (LimeError, FileNotFoundError):
        raise
    except Exception as error:  # a damaged file shows itself in many ways: zip, JSON, missing modules
        raise LimeError(f"cannot load {name}: {_says(error)}") from error


def _load_pickle(name: str, trusted: bool) -> Any:
    if not trusted:
        raise LimeError(
            f"{name} is a pickle, and loading a pickle runs code that its author chose. If you trust whoever wrote "
            "it, add --trust-pickle; ONNX and skops files run no code"
        )
    import joblib

    try:
        return joblib.load(name)
    except Exception as error:  # whatever the code in it raises
        raise LimeError(f"cannot load {name}: {_says(error)}") from error


def _import(name: str) -> Any:
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise LimeError(f"{name!r}: expected package.module:attribute")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)  # as python -m does
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and module_name.startswith(error.name):
            raise LimeError(f"{name}: there is no module {error.name!r}, neither installed nor in {here}") from error
        raise LimeError(f"{name}: {module_name} needs the module {error.name!r}, which is not there") from error
    except Exception as error:  # the module is the user's own code
        raise LimeError(f"{name}: importing {module_name} raised {_says(error)}") from error
    for part in path.split("."):
        if not hasattr(found, part):
            raise LimeError(f"{name}: {getattr(found, '__name__', type(found).__name__)} has no attribute {part!r}")
        found = getattr(found, part)
    return found


def _says(error: Exception) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
