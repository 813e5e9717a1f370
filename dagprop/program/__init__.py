"""Programs: a graph and its gradients made fast."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from numpy.typing import ArrayLike

from dagprop.errors import UnknownError, suggestion
from dagprop.graph.node import Node
from dagprop.plugin.hookspecs import Executor
from dagprop.plugin.passes import known_passes
from dagprop.program.executor import NumpySource, find_executor
from dagprop.program.program import Optimiser, Program, Settings
from dagprop.run.recording import targets_of

__all__ = ["Executor", "NumpySource", "Optimiser", "Program", "compile"]


def compile(  # noqa: A001  # what it is called everywhere
    of: Node,
    wrt: Iterable[Node | str] | Node | str | None = None,
    *,
    parameters: Mapping[Any, ArrayLike] | None = None,
    update: Optimiser | None = None,
    executor: str | Executor = "auto",
    passes: Iterable[str] | None = None,
    memory_limit: int | str | None = None,
    reuse_outputs: bool = False,
    seed: int = 0,
) -> Program:
    """Make a program of `of` and its gradients.

    Parameters
    ----------
    of : Node
        What to work out and to differentiate: a loss.
    wrt : nodes or names, optional
        With respect to what; without it, the parameters (where there are none, the floating inputs).
    parameters : mapping, optional
        A value for each parameter; those left out start where their initialiser says.
    update : Optimiser, optional
        How each call changes the parameters: a step is then forward, backward and update in one.
    executor : str or Executor
        What runs it: `"auto"`, or the name of one that a plugin brings (`"numpy"` is built in).
    passes : names of passes
        What to simplify; without it, by every pass that changes no more than the last bits.  Each says what it may
        change of the numbers (`dagprop.plugin.passes.known_passes` has those of plugins too):

        - nothing: common subexpressions, constant folding, identities, dead code
        - signs of zeros: plain slopes, pooling before thresholds
        - last bits: cheaper forms, implicit broadcasting, sums of broadcasts, stacked products
        - more: none of dagprop's own
    memory_limit : int (bytes) or str such as "200MB", optional
        How much scratch memory values may take: some are then worked out again where they are needed instead of
        kept; `step.plan.explain()` says which, and the price.
    reuse_outputs : bool
        Return the same arrays at every call, overwritten by the next.
    seed : int
        For initialisers that are random.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> w = g.parameter("w", (2,), initial=[3.0, 4.0])
    >>> value, gradients = dp.compile((w * w).sum())()
    >>> value.item(), gradients["w"].tolist()
    (25.0, [6.0, 8.0])
    """
    targets = targets_of(of, wrt)
    known = known_passes()
    usual = [name for name, one in known.items() if one.by_default]
    chosen = usual if passes is None else [passes] if isinstance(passes, str) else list(passes)
    for name in chosen:
        if name not in known:
            raise UnknownError(f"there is no pass {name!r}. {suggestion(str(name), known)}".strip())
    limit = byte_count(memory_limit)
    settings = Settings(find_executor(executor), chosen, reuse_outputs, limit, update, parameters or {}, seed)
    return Program(of, targets, settings)


def byte_count(size: int | str | None) -> int | None:
    """A size in bytes, from a number or from text.

    >>> byte_count("200MB"), byte_count("1.5 GiB"), byte_count(64)
    (200000000, 1610612736, 64)
    """
    if not isinstance(size, str):
        return size
    found = re.fullmatch(r"\s*([\d.]+)\s*([kKMGT]?)(i?)B?\s*", size)
    if found is None:
        raise ValueError(f"a size is a number of bytes, or text such as '200MB' or '1.5GiB', not {size!r}")
    number, prefix, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** " kMGT".index(prefix.replace("K", "k") or " "))
