"""Attributes that are worked out when they are first asked for, without a lock.

Python 3.11's `functools.cached_property` holds one lock for all instances while it works one out: threads wait for
each other, and a process that is forked meanwhile waits for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

__all__ = ["cached_property"]

Value = TypeVar("Value")


class cached_property(Generic[Value]):
    """Works an attribute out once; two threads that ask at the same time may each do so, and find the same.

    Parameters
    ----------
    function : callable
        Takes the instance, and returns the value.
    """

    def __init__(self, function: Callable[[Any], Value]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> cached_property[Value]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...

    def __get__(self, instance: object | None, owner: type) -> cached_property[Value] | Value:
        if instance is None:
            return self
        found: Value = instance.__dict__.setdefault(self._name, self._function(instance))
        return found
