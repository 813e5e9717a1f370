"""Arguments: what a public function was given, held against what it asks for before anything is done.

Each check takes an argument's name and the value given, and returns the value, or raises an ArgumentError that names
the argument and says what is wanted.  What a value cannot be asked without running its own code (its truth, its
length) is not asked.
"""

from __future__ import annotations

import math
import numbers
import os
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dagprop.errors import ArgumentError, suggestion

T = TypeVar("T")
Word = TypeVar("Word", bound=str)

_brief = reprlib.Repr()
_brief.maxother = _brief.maxstring = _brief.maxlong = 60
_brief.maxtuple = _brief.maxlist = _brief.maxdict = 10


def shown(value: object) -> str:
    """A value in an error: on one line, never long, whatever its `__repr__` does.

    >>> shown([1, "a"]), shown("x" * 1000), shown(print)
    ("[1, 'a']", "'xxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxxxxxxxxxxxxxxxxxxxxxxxxx'", '<built-in function print>')
    """
    try:
        return " ".join(_brief.repr(value).split())
    except Exception:  # noqa: BLE001  # an int of more digits than Python writes; a list of what cannot be shown
        return f"a {type(value).__name__}"


def refused(name: str, wanted: str, value: object) -> ArgumentError:
    """The error for an argument that is something else than what is wanted.

    >>> print(refused("seed", "a whole number, at least 0", -1))
    seed is a whole number, at least 0, not -1
    """
    return ArgumentError(f"{name} is {wanted}, not {shown(value)}")


def instance(name: str, value: Any, kind: type[T] | tuple[type[T], ...], wanted: str) -> T:
    """What is of a class, or of one of several."""
    if not isinstance(value, kind):
        raise refused(name, wanted, value)
    return value


def text(name: str, value: Any, wanted: str = "a string") -> str:
    """A string."""
    return instance(name, value, str, wanted)


def truth(name: str, value: Any) -> bool:
    """True or False, and not what merely counts as one of them."""
    if not isinstance(value, bool | np.bool_):
        raise refused(name, "True or False", value)
    return bool(value)


def whole_number(name: str, value: Any, at_least: int, wanted: str = "") -> int:
    """A whole number of at least this, as an int."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < at_least:
        raise refused(name, wanted or f"a whole number, at least {at_least}", value)
    return int(value)


def number(name: str, value: Any, wanted: str = "a number", fits: Callable[[float], bool] = math.isfinite) -> Any:
    """A real number that fits, as it was given.

    >>> number("rate", 0.5, "a number between 0 and 1", lambda n: 0 < n < 1)
    0.5
    """
    try:
        good = not isinstance(value, bool) and isinstance(value, numbers.Real) and fits(float(value))
    except OverflowError:
        good = False
    if not good:
        raise refused(name, wanted, value)
    return value


def word(name: str, value: Any, words: Sequence[Word]) -> Word:
    """One of these words.

    >>> word("style", "latx", ["text", "latex"])
    Traceback (most recent call last):
    dagprop.errors.ArgumentError: style is 'text' or 'latex', not 'latx'. Did you mean latex?
    """
    if not isinstance(value, str) or value not in words:
        *rest, last = map(repr, words)
        hint = suggestion(value, words) if isinstance(value, str) else ""
        said = refused(name, f"{', '.join(rest)} or {last}", value)
        raise ArgumentError(f"{said}. {hint}") if hint else said
    return words[words.index(value)]


def path(name: str, value: Any) -> Path:
    """A path of a file: a string, or what `os.PathLike` says is one."""
    given = value
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str) or not value or "\0" in value:
        raise refused(name, "the path of a file", given)
    return Path(value)


def mapping(name: str, value: Any, wanted: str) -> Mapping[Any, Any]:
    """A mapping."""
    return instance(name, value, Mapping, wanted)


def several(name: str, value: Any, wanted: str) -> Iterator[Any]:
    """The parts of what has parts in order: no string, no mapping, and nothing that stands in for an array."""
    if isinstance(value, str | bytes | Mapping) or hasattr(type(value), "__dagprop_apply__"):
        raise refused(name, wanted, value)
    try:
        return iter(value)
    except Exception:  # noqa: BLE001  # whatever the value's own __iter__ raises
        raise refused(name, wanted, value) from None


def function(name: str, value: Any, wanted: str = "a function") -> Callable[..., Any]:
    """What can be called."""
    if not callable(value):
        raise refused(name, wanted, value)
    made: Callable[..., Any] = value
    return made


def dtype(name: str, value: Any) -> np.dtype[Any]:
    """The dtype of numbers that NumPy knows by this: a name, a type or a dtype.

    NumPy itself takes more for one: None for float64, and whatever has a dtype for that.
    """
    try:
        made = np.dtype(value) if isinstance(value, str | type | np.dtype) else None
    except (TypeError, ValueError, SyntaxError):  # NumPy parses what has commas
        made = None
    if made is None or made.kind not in "biufc":
        raise refused(name, "a dtype of numbers, such as 'float32'", value)
    return made


def array(name: str, value: Any, wanted: str = "an array of numbers") -> np.ndarray[Any, Any]:
    """An array of numbers."""
    try:
        made = np.asarray(value)
    except Exception:  # noqa: BLE001  # whatever the value's own __array__ raises
        raise refused(name, wanted, value) from None
    if made.dtype.kind not in "biufc":
        raise refused(name, wanted, value)
    return made
