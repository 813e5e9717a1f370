"""What `dp.compile` is asked for, held to what can be asked for before any work starts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dagprop.errors import ArgumentError, UnknownError, suggestion
from dagprop.plugin.hookspecs import Executor
from dagprop.plugin.passes import known_passes
from dagprop.program.update import Optimiser, check_optimiser
from dagprop.run.nonfinite import OnNonFinite, check_choice


@dataclass
class Settings:
    """How a program is made and run."""

    executor: Executor
    passes: tuple[str, ...]
    reuse_outputs: bool
    memory_limit: int | None
    update: Optimiser | None
    parameters: Mapping[Any, ArrayLike] | None
    seed: int
    on_nonfinite: OnNonFinite

    def __post_init__(self) -> None:
        if not isinstance(self.reuse_outputs, bool | np.bool_):
            raise ArgumentError(f"reuse_outputs is True or False, not {self.reuse_outputs!r:.60}")
        if not _is_count(self.seed):
            raise ArgumentError(f"seed is an integer of at least 0, not {self.seed!r:.60}")
        if self.update is not None:
            check_optimiser(self.update)
        check_choice(self.on_nonfinite)


def chosen_passes(passes: Iterable[str] | None) -> tuple[str, ...]:
    """The names of passes: all that change at most the last bits, or those that are chosen."""
    known = known_passes()
    if passes is None:
        return tuple(name for name, one in known.items() if one.by_default)
    if not isinstance(passes, Iterable):
        raise ArgumentError(f"passes are names, such as 'identities', in a list, not {passes!r:.60}")
    chosen = (passes,) if isinstance(passes, str) else tuple(passes)
    for name in chosen:
        if name not in known:
            raise UnknownError(f"there is no pass {name!r:.60}. {suggestion(str(name), known)}".strip())
    return chosen


def byte_count(size: int | str | None) -> int | None:
    """A size in bytes, from a number or from text.

    >>> byte_count("200MB"), byte_count("1.5 GiB"), byte_count(64)
    (200000000, 1610612736, 64)
    """
    if size is None or _is_count(size):
        return None if size is None else int(size)
    found = isinstance(size, str) and re.fullmatch(
        r"\s*(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})\s*([kKMGT]?)(i?)B?\s*", size, re.ASCII
    )
    if not found:
        raise ArgumentError(f"a size is a number of bytes, or text such as '200MB' or '1.5GiB', not {size!r:.60}")
    number, prefix, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** " kMGT".index(prefix.replace("K", "k") or " "))


def _is_count(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= 0)
