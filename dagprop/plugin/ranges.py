"""What rules declared with `.requires` ask of attributes and operands: each refuses what is out of range."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dagprop.dimension import Dim
from dagprop.plugin.rule import Value


def finite(**attributes: Any) -> None:
    """Refuse an attribute that is NaN or infinite.

    >>> finite(slope=float("nan"))
    Traceback (most recent call last):
    ValueError: slope is a finite number, not nan
    """
    for name, value in attributes.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} is a finite number, not {value}")


def positive(**attributes: Any) -> None:
    """Refuse an attribute that is not greater than 0."""
    for name, value in attributes.items():
        if not value > 0:
            raise ValueError(f"{name} is greater than 0, not {value}")


def at_least(least: float, **attributes: Any) -> None:
    """Refuse an attribute, or a number in one that is a tuple, that is smaller; a named size is let through."""
    for name, value in attributes.items():
        for number in value if isinstance(value, tuple) else (value,):
            if not isinstance(number, Dim) and not number >= least:
                raise ValueError(f"{name} is at least {least}, not {number}")


def whole(**attributes: Any) -> None:
    """Refuse an attribute that is no whole number, or a tuple of what is none."""
    for name, value in attributes.items():
        for number in value if isinstance(value, tuple) else (value,):
            if not isinstance(number, int | np.integer | Dim):
                raise ValueError(f"{name} is a whole number, not {number!r}")


def probabilities(**operands: Value) -> None:
    """Refuse an operand whose numbers are known, an array or a constant, and that has one outside of [0, 1].

    What rounding adds to 1 is let through.
    """
    for name, operand in operands.items():
        value = operand.value if getattr(operand, "kind", "") == "constant" else operand
        if not isinstance(value, np.ndarray | np.generic | float | int | list | tuple):
            continue  # what a feed will settle
        numbers = np.asarray(value)
        slack = 4 * np.finfo(numbers.dtype).eps if numbers.dtype.kind == "f" else 0
        if numbers.size and (numbers.min() < 0 or numbers.max() > 1 + slack):  # a NaN is told of where it is worked out
            raise ValueError(f"{name} is made of probabilities, 0 to 1, not {numbers.min():g} to {numbers.max():g}")
