"""An index as an attribute: what `x[1:, None, rows]` is, apart from the arrays in it, which are operands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ARRAY = "array"
"""In an index: here stands the next of the index arrays, which are operands."""


class Index(tuple[Any, ...]):
    """An index, one entry for each axis and each new axis: int, slice, None, or `ARRAY`.

    >>> str(Index((slice(1, None), None, -1, slice(None))))
    '1:, None, -1'
    """

    def __str__(self) -> str:
        last = max((i for i, entry in enumerate(self) if entry != slice(None)), default=0)
        return ", ".join(map(_shown, self[: last + 1]))


def _shown(entry: Any) -> str:
    if not isinstance(entry, slice):
        return str(entry)
    start, stop, step = ("" if part is None else str(part) for part in (entry.start, entry.stop, entry.step))
    return f"{start}:{stop}" + (f":{step}" if step else "")


def filled(index: Sequence[Any], arrays: Sequence[Any]) -> tuple[Any, ...]:
    """The index as one writes it: the arrays in their places."""
    rest = iter(arrays)
    return tuple(next(rest) if entry == ARRAY else entry for entry in index)
