"""Trying the program of a seed in every way, and what is told of one that fails."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from tests.fuzz.generate import generate
from tests.fuzz.programs import Program, Step, snippet
from tests.fuzz.shrink import shrunk
from tests.fuzz.trial import Failure, Wanted, tried, ways

DONE = None
"""What a process that tries programs says last."""


@dataclass(frozen=True)
class Found:
    """A program that fails, as small as it was made, and how."""

    seed: int
    program: Program
    failure: Failure

    @property
    def cause(self) -> str:
        """What failures of one cause have in common."""
        operators = sorted({e.operator for e in self.program.entries if isinstance(e, Step)})
        return f"{self.failure.kind} [{', '.join(operators)}]"

    def __str__(self) -> str:
        run = min(self.failure.run, len(self.program.runs) - 1)
        lines = [f"# seed {self.seed}: {self.failure.way}", f"# {self.failure.what}", snippet(self.program, run)]
        return "\n".join([*lines, *_again(self.program, self.failure)])


def _again(program: Program, failure: Failure) -> list[str]:
    """Python that shows what the interpreter makes of it, and what the way that failed."""
    way = failure.way
    flow = 'flow = dp.backprop(of, feeds, wrt=wrt, on_nonfinite="ignore")'
    wanted = [flow, "print(flow.values[of], [flow.gradients[x] for x in wrt])"]
    wanted = wanted if program.wrt else ["print(dp.forward(of, feeds))"]
    if way.executor == "interpreter":
        return wanted
    executor = "numpy" if way.executor == "source" else way.executor
    compiled = f'step = dp.compile(of, wrt=wrt, executor="{executor}", passes={list(way.passes)!r})'
    if way.executor == "source":
        return [*wanted, compiled, "print(step.source)", "exec(step.source)"]
    return [*wanted, compiled, "print(step(feeds))"]


def attempt(seed: int, seconds: float = 5) -> list[Found]:
    """Every failure of the program of a seed, one for each way."""
    program = generate(seed)
    wanted = Wanted(program)
    failures = [tried(program, way, wanted) for way in ways(random.Random(seed))]
    kinds = {failure.kind: failure for failure in reversed([f for f in failures if f])}
    return [Found(seed, *shrunk(program, failure, seconds)) for failure in kinds.values()]


def work(seeds: Iterable[int], seconds: float, now: Any, told: Any) -> None:
    """Try the program of each seed, in a process of its own; `now` is where others see at which it is."""
    end = monotonic() + seconds
    for seed in seeds:
        if monotonic() > end:
            break
        now.value = seed
        told.put([(found.cause, str(found)) for found in attempt(seed)])
    told.put(DONE)
