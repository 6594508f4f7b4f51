"""A property worked out once for each object.

`functools.cached_property` does the same, but before Python 3.12 it holds one lock for all objects of a
class: threads would wait for each other's queries.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class once(Generic[Value]):  # noqa: N801  (used like a function)
    """Decorates a method without parameters. For objects of one thread; they need a `__dict__`."""

    def __init__(self, work: Callable[[Any], Value]) -> None:
        self._work = work
        self._name = work.__name__
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> "once[Value]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...
    def __get__(self, instance: object | None, owner: type) -> "once[Value] | Value":
        """What the method gave; it is asked the first time only, for the object then has the value itself."""
        if instance is None:
            return self
        found = instance.__dict__[self._name] = self._work(instance)
        return found
