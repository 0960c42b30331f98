"""Attributes that are computed once, however many threads ask for them at the same time."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Lockable(Protocol):
    """What has such attributes: a lock that the same thread may take twice (`threading.RLock`)."""

    _opening: Any


class once(cached_property[T]):  # noqa: N801  # a decorator, like its parent
    """`functools.cached_property`, computed by one thread while the others wait.

    The parent lets all of them compute since Python 3.12. The object holds the lock, as `Lockable` says: that of one
    archive does not wait for that of another, and one attribute may be computed from others.
    """

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        """The value; later it is found in the object itself, without this."""
        if instance is None:
            return self
        with instance._opening:
            return super().__get__(instance, owner)
