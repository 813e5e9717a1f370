"""What `dp.compile` is asked for, held to what can be asked for before any work starts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from dagprop import arguments
from dagprop.errors import UnknownError, suggestion
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
        arguments.truth("reuse_outputs", self.reuse_outputs)
        arguments.whole_number("seed", self.seed, 0)
        if self.update is not None:
            check_optimiser("update", self.update)
        check_choice(self.on_nonfinite)


def chosen_passes(passes: Iterable[str] | None) -> tuple[str, ...]:
    """The names of passes: all that change at most the last bits, or those that are chosen."""
    known = known_passes()
    if passes is None:
        return tuple(name for name, one in known.items() if one.by_default)
    given = (passes,) if isinstance(passes, str) else passes
    chosen = tuple(arguments.several("passes", given, "names of passes, such as 'identities', in a list"))
    for name in chosen:
        if arguments.text("the name of a pass", name, "a string, such as 'identities'") not in known:
            raise UnknownError(f"there is no pass {name!r}. {suggestion(name, known)}".strip())
    return chosen


def byte_count(size: int | str | None) -> int | None:
    """A size in bytes, from a number or from text.

    >>> byte_count("200MB"), byte_count("1.5 GiB"), byte_count(64)
    (200000000, 1610612736, 64)
    """
    wanted = "a number of bytes, or text such as '200MB' or '1.5GiB'"
    if not isinstance(size, str):
        return None if size is None else arguments.whole_number("memory_limit", size, 0, wanted)
    found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})\s*([kKMGT]?)(i?)B?\s*", size, re.ASCII)
    if not found:
        raise arguments.refused("memory_limit", wanted, size)
    number, prefix, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** " kMGT".index(prefix.replace("K", "k") or " "))
