"""Values of the pipeline: frozen for the type checker, plain slots at run time; and what is worked out of one when it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")
_Made = TypeVar("_Made")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def value(cls: type[_T]) -> type[_T]:
    """A dataclass whose fields mypy lets nobody set again.

    Tens of thousands are made a second, and a dataclass that guards itself while the program runs takes three times as long to make.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)


class once(Generic[_Made]):  # noqa: N801 - a decorator, as property is
    """A property worked out when it is first asked, then kept: functools.cached_property without its lock, at a third of the cost.

    The value needs a ``__dict__``. Asked by two threads at once it may be worked out twice.
    """

    def __init__(self, make: Callable[[Any], _Made]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, value: None, owner: type) -> once[_Made]: ...
    @overload
    def __get__(self, value: object, owner: type | None = None) -> _Made: ...
    def __get__(self, value: object, owner: type | None = None) -> once[_Made] | _Made:
        if value is None:
            return self
        made = value.__dict__[self._name] = self._make(value)  # stands before this property from now on
        return made
