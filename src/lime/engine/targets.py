"""What is explained where it is no single output of a model: one number that is made of all its predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.engine.inspection import is_whole

__all__ = ["MARGIN", "Target", "contrast", "is_class", "is_contrast", "of_function", "read_values"]

MARGIN = "margin"
"""The contrast of the top class and the runner-up."""

LONGEST_NAME = 80


@dataclass(frozen=True)
class Target:
    """One number made of a model's predictions, as an explanation speaks of it.

    An explanation has it as `target`; it can be given again as ``target=`` of another call, and then means the same.

    Attributes
    ----------
    name : str
        What a reader calls it, such as "cat rather than dog".
    coefficients : tuple of float, or None
        The number is the sum of the predictions times these; None where it is a function of them.
    function : callable or None
        From predictions (n, k) to numbers (n,); None where `coefficients` tell, or where a file does not hold it.
    detail : str
        What the number was made of at the instance, for a reader.
    """

    name: str
    coefficients: tuple[float, ...] | None = None
    function: Callable[[NDArray[np.float64]], Any] | None = None
    detail: str = ""

    @property
    def outputs(self) -> tuple[int, ...] | None:
        """Outputs of the model that count; None where all may."""
        if self.coefficients is None:
            return None
        return tuple(place for place, part in enumerate(self.coefficients) if part)

    def values(self, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the number for each of some predictions.

        Parameters
        ----------
        predictions : ndarray of float, shape (n, k)
            Of the model.

        Returns
        -------
        ndarray of float, shape (n,)

        Raises
        ------
        ValueError
            The function gave something else, or is not known any more; or there are fewer outputs than it needs.
        """
        plain = np.asarray(predictions, dtype=np.float64)
        if self.coefficients is not None:
            if plain.shape[1] != len(self.coefficients):
                raise ValueError(
                    f"target {self.name!r} is of a model with {len(self.coefficients)} outputs, and this one has "
                    f"{plain.shape[1]}: expected the model that was explained"
                )
            used = list(self.outputs or ())
            result: NDArray[np.float64] = plain[:, used] @ np.array(self.coefficients, dtype=np.float64)[used]
            return result
        if self.function is None:
            raise ValueError(
                f"the function of the target {self.name!r} is not known any more, as the explanation was stored: pass "
                "target= again"
            )
        return read_values(self.function(plain.copy()), len(plain), self.name)

    def without_code(self) -> Target:
        """Return what can be stored: the same without its function.

        Returns
        -------
        Target
        """
        return self if self.function is None else replace(self, function=None)


def read_values(values: Any, n: int, name: str) -> NDArray[np.float64]:
    """Return what a target's function gave as numbers, one for each prediction.

    Parameters
    ----------
    values : array_like
        Of shape (n,) or (n, 1).
    n : int
        How many predictions there are.
    name : str
        What the target is called, for the message.

    Returns
    -------
    ndarray of float, shape (n,)

    Raises
    ------
    ValueError
        If they are no n finite numbers.
    """
    try:
        read = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"target={name!r} returned {type(values).__name__}: expected one number for each prediction"
        ) from error
    if read.shape not in {(n,), (n, 1)}:
        raise ValueError(
            f"target={name!r} returned an array of shape {read.shape} for {n} predictions: expected shape ({n},), one "
            "number for each row of the predictions"
        )
    if not np.isfinite(read).all():
        raise ValueError(f"target={name!r} returned NaN or infinite values: expected finite numbers")
    return read.reshape(n)


def is_class(target: Any) -> bool:
    """Whether a target names one output: by position, or a class by name."""
    return is_whole(target) or (isinstance(target, str) and target != MARGIN)


def is_contrast(target: Any) -> bool:
    """Whether a target is a pair of outputs."""
    return isinstance(target, tuple | list) and len(target) == 2 and all(map(_names_output, target))


def _names_output(one: Any) -> bool:
    return is_whole(one) or isinstance(one, str)


def contrast(first: int, second: int, prediction: NDArray[np.float64], names: Sequence[str], also: str = "") -> Target:
    """Return the difference of two outputs.

    Parameters
    ----------
    first, second : int
        Positions, from 0.
    prediction : ndarray of float, shape (k,)
        The model's for the instance.
    names : sequence of str
        Of the k outputs.
    also : str
        What else is to be said of the second.

    Returns
    -------
    Target
    """
    coefficients = [0.0] * len(prediction)
    coefficients[first], coefficients[second] = 1.0, -1.0
    one, other = names[first], names[second]
    detail = f"{one} {_brief(prediction[first])}, {other} {_brief(prediction[second])}"
    return Target(f"{one} rather than {other}{also}", tuple(coefficients), detail=detail)


def of_function(function: Callable[[NDArray[np.float64]], Any]) -> Target:
    """Return a target that a user's function makes of the predictions.

    Parameters
    ----------
    function : callable
        From predictions (n, k) to numbers (n,).

    Returns
    -------
    Target
        Called by the function's ``__name__``; "the target" where that says nothing.
    """
    inner = getattr(function, "func", function)  # of a partial
    name = str(getattr(function, "name", None) or getattr(inner, "__name__", None) or type(inner).__name__)
    name = "the target" if name == "<lambda>" else name.replace("_", " ").strip()
    return Target(name[:LONGEST_NAME] or "the target", function=function)


def _brief(value: float) -> str:
    return f"{float(value):.3g}"
