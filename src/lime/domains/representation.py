"""An explainer in one line: what it knows of the data, and how it is set up."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from lime.engine.widths import ChosenWidth

__all__ = ["explainer_repr"]

# Names of classes that are shown, and characters of each name and value.
_NAMES, _LENGTH = 5, 40
# Arguments of constructors that are shown in another way, or not at all.
_APART = {"mode", "class_names", "random_state", "discretizer", "training_data_stats"}


def explainer_repr(
    explainer: Any,
    seed: int | None,
    things: str = "",
    usual_width: float | None = None,
    more: Mapping[str, Any] | None = None,
) -> str:
    """Write an explainer in one line.

    Parameters
    ----------
    explainer : Explainer
    seed : int, optional
        Of every call; None where calls draw from a stream.
    things : str
        What it knows of the data, in a few words.
    usual_width : float, optional
        The kernel's width where none is given; the constructor's default when None.
    more : mapping, optional
        Further settings that are not the usual ones.
    """
    parts = [things, f"mode={explainer.mode!r}"]
    if explainer.class_names is not None:
        parts.append(f"class_names={_names(explainer.class_names)}")
    parts.append(f"random_state={seed}")
    settings = {**_changed(explainer), **_width(explainer, usual_width), **(more or {})}
    parts += [f"{name}={_short(repr(value))}" for name, value in settings.items()]
    return f"<{type(explainer).__name__}: {', '.join(filter(None, parts))}>"


def _names(names: Any) -> str:
    every = [_short(repr(str(name))) for name in names]
    return f"[{', '.join(every[:_NAMES])}{', ...' if len(every) > _NAMES else ''}]"


def _short(text: str) -> str:
    return text if len(text) <= _LENGTH else text[: _LENGTH - 3] + "..."


def _changed(explainer: Any) -> dict[str, Any]:
    """Arguments of the constructor that were kept as they came and are not the usual ones."""
    changed = {}
    for name, parameter in inspect.signature(type(explainer)).parameters.items():
        usual = parameter.default
        if name in _APART or name not in vars(explainer) or not isinstance(usual, bool | int | float | str | None):
            continue
        value = vars(explainer)[name]
        same = value is usual or (isinstance(value, bool | int | float | str) and value == usual)
        if not same and not (usual is None and isinstance(value, list | dict)):
            changed[name] = value
    return changed


def _width(explainer: Any, usual: float | None) -> dict[str, Any]:
    """The kernel's width, where it is not the usual one."""
    weigh = getattr(getattr(explainer, "base", None), "kernel_fn", None)
    if isinstance(weigh, ChosenWidth):
        return {"kernel_width": "auto"}
    width = getattr(weigh, "keywords", {}).get("kernel_width")
    if usual is None:
        parameter = inspect.signature(type(explainer)).parameters.get("kernel_width")
        usual = parameter.default if parameter is not None else None
    return {} if None in (width, usual) or width == usual else {"kernel_width": width}
