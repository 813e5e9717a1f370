"""The one way in for numbers: an array of the dtype that is wanted, or an error that names the first that is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dagprop.errors import DagpropError, FeedError, report

Array = np.ndarray[Any, Any]

NUMBERS = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}
"""The kinds of number: each holds those of the kinds before it, and its own as far as its range goes."""


def cast(
    value: ArrayLike,
    dtype: np.dtype[Any],
    what: str,
    node: Callable[[], str] = str,
    error: type[DagpropError] = FeedError,
) -> Array:
    """The value as an array of this dtype, or an error that names what cannot be one.

    No number becomes another one, but for rounding: an integer out of range, a float that would be an integer or
    infinite, a complex number that would be real, and text are refused.  An array of the dtype is returned as it is.
    `what` it is and which `node` it is for is said in the error; `error` is its class.

    >>> cast([1, 2], np.dtype(np.float32), "the feed for 'x'")
    array([1., 2.], dtype=float32)
    >>> cast([0, 2**40], np.dtype(np.int32), "the feed for 'k'")
    Traceback (most recent call last):
    dagprop.errors.FeedError: the feed for 'k' holds 1099511627776 at (1,), which int32 cannot hold
    """
    array = as_array(value, what, node, error)
    if dtype.kind not in NUMBERS:
        raise error(report(f"{what} is an array of numbers, not of {dtype}", [("node", node())]))
    if array.dtype == dtype:
        return array
    if NUMBERS.get(array.dtype.kind, len(NUMBERS)) > NUMBERS[dtype.kind]:
        message = f"{what} has dtype {array.dtype}, and {dtype} is wanted"
        raise error(report(message, [("node", node())], advice=f"Convert it yourself: np.asarray(value, np.{dtype})."))
    with np.errstate(all="ignore"):
        made = array.astype(dtype)
    if not np.can_cast(array.dtype, dtype, "safe"):
        lost = made != array if dtype.kind in "ui" else np.isfinite(array) & ~np.isfinite(made)
        if lost.any():
            at = tuple(np.argwhere(lost)[0].tolist())
            first = f"holds {array[at]}{f' at {at}' if at else ''}, which {dtype} cannot hold"
            raise error(report(f"{what} {first}", [("node", node())]))
    return made


def as_array(
    value: ArrayLike, what: str, node: Callable[[], str] = str, error: type[DagpropError] = FeedError
) -> Array:
    """The value as an array of the dtype that NumPy gives it, or an error that says why it is none."""
    try:
        return np.asarray(value)
    except Exception as reason:  # the value's own `__array__` may raise anything
        raise error(report(f"{what} is no array: {reason}", [("node", node())])) from reason
