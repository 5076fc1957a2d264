"""An explainer in words: what it knows of the data, and how it is set up, in one line or as a table."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from lime import _upper
from lime.domains.seeding import Seeded
from lime.engine.widths import ChosenWidth

__all__ = ["SelfDescribing", "explainer_facts", "explainer_repr"]

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
    facts = explainer_facts(explainer, seed, things, usual_width, more)
    parts = [things, *(f"{name}={text}" for name, text in facts.items() if name != "data")]
    return f"<{type(explainer).__name__}: {', '.join(filter(None, parts))}>"


def explainer_facts(
    explainer: Any,
    seed: int | None,
    things: str = "",
    usual_width: float | None = None,
    more: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Name what `explainer_repr` puts into one line, which has the same parameters."""
    facts = {"data": things} if things else {}
    facts["mode"] = repr(explainer.mode)
    if explainer.class_names is not None:
        facts["class_names"] = _names(explainer.class_names)
    facts["random_state"] = str(seed)
    settings = {**_changed(explainer), **_width(explainer, usual_width), **(more or {})}
    return {**facts, **{name: _short(repr(value)) for name, value in settings.items()}}


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


class SelfDescribing(Seeded):
    """What tells of itself what it is: in one line, as facts by name, and as a table in a notebook."""

    def __repr__(self) -> str:
        """Say what is explained, the mode, the seed, and which settings are not the usual ones."""
        return explainer_repr(self, self.current_seed(), **self._repr_settings())

    def facts(self) -> dict[str, str]:
        """What its repr says, by name: the data, the mode, the seed, and settings that are not the usual ones.

        Returns
        -------
        dict of str to str
        """
        return explainer_facts(self, self.current_seed(), **self._repr_settings())

    def known_columns(self) -> list[tuple[str, str, str]]:
        """Name, kind and usual values of each column of the training data; none where the data is no table.

        Returns
        -------
        list of (str, str, str)
        """
        return []

    def _repr_html_(self) -> str:
        """The same as a table with the columns that it knows, for notebooks."""
        return _upper.render_explainer(type(self).__name__, list(self.facts().items()), self.known_columns())

    def _repr_settings(self) -> dict[str, Any]:
        """What else its repr shows; see `lime.domains.representation.explainer_repr`."""
        return {}
