"""A program run in one of the ways that there are, held to what the interpreter makes of it."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

import dagprop as dp
from dagprop.errors import DagpropError, ShapeError
from dagprop.plugin.passes import Change, known_passes
from dagprop.program.recompute import MemoryLimitError
from tests.fuzz.programs import Program
from tests.fuzz.rounding import Rounding, wrong
from tests.fuzz.trying import outcome
from tests.fuzz.values import placed


@cache
def usual() -> dict[str, Change]:
    """The passes that are on unless one says otherwise, and what each may change."""
    return {name: known.changes for name, known in known_passes().items() if known.by_default}


@dataclass(frozen=True)
class Way:
    """How a program is run."""

    executor: str
    passes: tuple[str, ...]
    threads: int = 1
    share: float | None = None
    reuse_outputs: bool = False
    at_once: bool = False

    def __str__(self) -> str:
        told = f", passes={list(self.passes)!r}" if self.passes != tuple(usual()) else ""
        told += f", memory_limit={self.share:.2f} of the peak" if self.share else ""
        told += ", reuse_outputs=True" if self.reuse_outputs else ""
        return f"executor={self.executor!r}{told}" + (", by three threads at once" if self.at_once else "")


@dataclass(frozen=True)
class Failure:
    """What is wrong, in which run and way."""

    way: Way
    run: int
    what: str

    @property
    def kind(self) -> str:
        """What failures of one cause have in common."""
        return f"{self.way.executor}: {self.what.partition(':')[0]}"


class Wanted:
    """What the interpreter makes of a program: for each run its outputs, or what it raised."""

    def __init__(self, program: Program) -> None:
        self.program = program
        nodes = program.build()
        self.of, self.wrt = nodes[program.of], [nodes[place] for place in program.wrt]

    @cached_property
    def runs(self) -> list[list[np.ndarray] | Exception]:
        return [
            outcome(interpreted, self.of, self.wrt, self.program.feeds(run)) for run in range(len(self.program.runs))
        ]

    @property
    def works(self) -> list[int]:
        """The runs that raise nothing."""
        return [run for run, outputs in enumerate(self.runs) if not isinstance(outputs, Exception)]

    @cache  # noqa: B019  # as long as the program is tried
    def rounding(self, run: int, loose: bool) -> Rounding:
        """How far off what a run makes may be."""
        return Rounding(self.program, run, loose)


def interpreted(of: dp.Node, wrt: list[dp.Node], feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The value and the gradients, as a recording has them."""
    if not wrt:
        return [np.asarray(dp.forward(of, feeds))]
    flow = dp.backprop(of, feeds, wrt=wrt, on_nonfinite="ignore")
    return [flow.values[of], *(flow.gradients[node] for node in wrt)]


def ways(rng: random.Random) -> list[Way]:
    """Every way that a program is tried in."""
    every = tuple(usual())
    some = tuple(name for name in every if rng.random() < 0.5)
    executors = ["numpy", *(["tape"] if tape_is_there() else [])]
    return [
        Way("interpreter", ()),
        *(Way(name, every, threads=2) for name in executors),
        *(Way(name, (), reuse_outputs=rng.random() < 0.3) for name in executors),
        Way(rng.choice(executors), some, rng.choice((1, 2)), at_once=rng.random() < 0.3),
        Way(rng.choice(executors), rng.choice(((), every)), rng.choice((1, 2)), share=rng.uniform(0.3, 1)),
        Way("source", rng.choice(((), every, some))),
    ]


@cache
def tape_is_there() -> bool:
    """Whether the native module was built."""
    try:
        import dagprop.program._tape  # noqa: F401
    except ImportError:
        return False
    return True


def tried(program: Program, way: Way, wanted: Wanted) -> Failure | None:
    """What is wrong with a program run this way, or nothing."""
    with quiet():
        return _interpreter(program, way, wanted) if way.executor == "interpreter" else _program(program, way, wanted)


@contextmanager
def quiet() -> Iterator[None]:
    """No warning is passed over but what NumPy has to say of values."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", RuntimeWarning)  # of a mean of nothing, say
        yield


def _interpreter(program: Program, way: Way, wanted: Wanted) -> Failure | None:
    """It raises what dagprop says, and what a graph of named sizes makes is what one of these sizes makes."""
    for run, outputs in enumerate(wanted.runs):
        if isinstance(outputs, DagpropError):
            continue
        if isinstance(outputs, Exception):
            return Failure(way, run, raised(outputs))
        settled = outcome(_settled, program, run)
        if isinstance(settled, ShapeError):  # of what is not needed for the values
            continue
        told = raised(settled) if isinstance(settled, Exception) else ""
        told = told or _compared(settled, outputs, wanted.rounding(run, loose=False), zeros=True)
        if told:
            return Failure(way, run, f"at fixed sizes, {told}")
    return None


def _settled(program: Program, run: int) -> list[np.ndarray]:
    nodes = program.build(run)
    return interpreted(nodes[program.of], [nodes[place] for place in program.wrt], program.feeds(run))


def _program(program: Program, way: Way, wanted: Wanted) -> Failure | None:
    call = outcome(made, program, way, wanted)
    if isinstance(call, MemoryLimitError):
        return None
    if isinstance(call, Exception):
        if wanted.works:
            return Failure(way, wanted.works[0], f"making it {raised(call)}")
        return None if isinstance(call, DagpropError) else Failure(way, 0, f"wrong error: making it {raised(call)}")
    rng, runs = random.Random(len(program)), range(len(program.runs))
    feeds = [{name: placed(rng, array) for name, array in program.feeds(run).items()} for run in runs]
    kept = [{name: array.copy() for name, array in fed.items()} for fed in feeds]
    for run, found in _results(call, way, feeds):
        what = _judged(way, wanted, run, found)
        if what:
            return Failure(way, run, what)
    for run, (fed, before) in enumerate(zip(feeds, kept, strict=True)):
        for name, array in fed.items():
            if not np.array_equal(array, before[name], equal_nan=array.dtype.kind in "fc"):
                return Failure(way, run, f"the feed was changed: {name}")
    return None


def _results(call: Callable[..., Any], way: Way, feeds: list[dict[str, np.ndarray]]) -> Iterator[tuple[int, Any]]:
    """What each run makes, every run twice; looked at when all are done, unless outputs are used again."""
    order = [*range(len(feeds)), *range(len(feeds))]
    results = ((run, outcome(call, feeds[run])) for run in order)
    if way.at_once:
        with ThreadPoolExecutor(3) as pool:
            return iter(list(pool.map(lambda run: (run, outcome(call, feeds[run])), order * 2)))
    return results if way.reuse_outputs else iter(list(results))


def _judged(way: Way, wanted: Wanted, run: int, found: Any) -> str:
    """What is wrong with a run, or nothing."""
    outputs = wanted.runs[run]
    if isinstance(found, MemoryLimitError):
        return ""
    if isinstance(outputs, Exception):
        if isinstance(found, Exception):
            plain = isinstance(found, DagpropError) or way.executor == "source"
            return "" if plain else f"wrong error: {raised(found)}, and the interpreter says: {outputs}"
        checks = not way.passes and way.executor != "source"  # passes drop what nobody reads, source checks nothing
        return f"ran, and the interpreter {raised(outputs)}" if checks else ""
    if isinstance(found, Exception):
        return raised(found)
    value, gradients = found
    changes = {usual()[name] for name in way.passes}
    rounding = wanted.rounding(run, Change.LAST_BITS in changes)
    return _compared([value, *gradients.values()], outputs, rounding, zeros=changes <= {Change.NOTHING})


def _compared(found: list[Any], outputs: list[np.ndarray], rounding: Rounding, zeros: bool) -> str:
    if len(found) != len(outputs):
        return f"{len(found)} outputs: and {len(outputs)} are wanted"
    for place, (array, expected) in enumerate(zip(found, outputs, strict=True)):
        what = wrong(array, expected, place, rounding, zeros)
        if what:
            return f"wrong {f'gradient: of wrt[{place - 1}]' if place else 'value:'} {what}"
    return ""


def raised(error: Exception) -> str:
    """An error in one line, apart from what it is."""
    return f"raised {type(error).__name__}: {error}"


def made(program: Program, way: Way, wanted: Wanted) -> Callable[..., Any]:
    """The function of feeds that is tried."""
    if way.executor == "source":
        return _source(dp.compile(wanted.of, wrt=wanted.wrt, executor="numpy", passes=way.passes))
    executor: Any = dp.program.NumpySource()
    if way.executor == "tape":
        from dagprop.program.tape import Tape

        executor = Tape(way.threads, checked=True)
    settings = {"wrt": wanted.wrt, "executor": executor, "passes": way.passes}
    if way.share is None:
        return dp.compile(wanted.of, **settings, reuse_outputs=way.reuse_outputs)
    free = dp.compile(wanted.of, **settings)
    if wanted.works:
        free(program.feeds(wanted.works[0]))
        return dp.compile(wanted.of, **settings, memory_limit=int(way.share * free.plan.peak))
    return free


def _source(step: dp.Program) -> Callable[..., Any]:
    """The source run by itself, as a person would who has only the text."""
    namespace: dict[str, Any] = {}
    exec(compile(step.source, "<source>", "exec"), namespace)
    function, names = namespace["step"], step.written.arguments

    def call(feeds: dict[str, np.ndarray]) -> Any:
        given = {**step.held, **feeds}
        leaves = {name: step.of.graph[name] for name in names}
        with np.errstate(all="ignore"):
            value, gradients = function(
                **{names[name]: np.asarray(given[name]).astype(leaf.dtype, copy=False) for name, leaf in leaves.items()}
            )
        return np.asarray(value), {name: np.asarray(array) for name, array in gradients.items()}

    return call
