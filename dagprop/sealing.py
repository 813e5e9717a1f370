"""Arrays that may only be read: constants, what a run hands to rules and to watchers, and what it records."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def seal(value: Any) -> Any:
    """What was made, and from now on others read too: nobody may write to it, nor turn its flag.

    >>> seal(np.zeros(2)).flags.writeable
    False
    """
    if isinstance(value, tuple | list):
        return tuple(map(seal, value))
    if not isinstance(value, np.ndarray):
        return value
    value.setflags(write=False)
    return value.view() if value.base is None else value  # a flag cannot be turned where the owner's is off


def sealed(array: Array) -> Array:
    """The same memory, read-only; an array that belongs to somebody else stays as it is.

    >>> mine = np.zeros(2)
    >>> sealed(mine).flags.writeable, mine.flags.writeable
    (False, True)
    """
    view = array.view()  # in any case: NumPy warns who asks what np.broadcast_arrays made whether it can be written to
    view.setflags(write=False)
    return view


def reading(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, given its operands read-only."""

    @functools.wraps(function)
    def called(*operands: Any, **attributes: Any) -> Any:
        return function(*[sealed(o) if isinstance(o, np.ndarray) else o for o in operands], **attributes)

    return called


def kept(array: Array) -> Array:
    """A read-only array that stays what it is, whatever its owner does: a copy, where he may write to it."""
    owner: Any = array.base
    stays = not array.flags.writeable and (owner is None or not getattr(owner, "flags", array.flags).writeable)
    return array if stays else seal(array.copy())


def own(value: Any) -> Array:
    """An array for the caller to keep and to write to: the value, or a copy where others read it."""
    array = np.asarray(value)
    return array if array.flags.writeable else array.copy()
