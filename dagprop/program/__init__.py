"""Programs: a graph and its gradients made fast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from numpy.typing import ArrayLike

from dagprop.graph.node import Node
from dagprop.plugin.hookspecs import Executor
from dagprop.program.executor import NumpySource, find_executor
from dagprop.program.program import Program
from dagprop.program.settings import Settings, byte_count, chosen_passes
from dagprop.program.update import Optimiser
from dagprop.run.nonfinite import OnNonFinite
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
    on_nonfinite: OnNonFinite = "ignore",
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
    on_nonfinite : {"ignore", "warn", "raise"}
        What to do about a NaN or an infinity in what a call returns, or with `update=` in what it would make of the
        parameters.  The first node that made it is told, as by `dp.backprop`.  After "raise" the parameters are
        those of before the call.

    Raises
    ------
    ArgumentError, UnknownError
        For an argument that is not what is asked for, before any work starts.
    FeedError, ShapeError
        For a parameter's value that does not fit.
    GradientError, RuleError
        As `dp.gradient`.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> w = g.parameter("w", (2,), initial=[3.0, 4.0])
    >>> value, gradients = dp.compile((w * w).sum())()
    >>> value.item(), gradients["w"].tolist()
    (25.0, [6.0, 8.0])
    """
    targets = list(dict.fromkeys(targets_of(of, wrt)))
    settings = Settings(
        executor=find_executor(executor),
        passes=chosen_passes(passes),
        reuse_outputs=reuse_outputs,
        memory_limit=byte_count(memory_limit),
        update=update,
        parameters=parameters,
        seed=seed,
        on_nonfinite=on_nonfinite,
    )
    return Program(of, targets, settings)
