"""Random programs: operators called as their templates are, and otherwise, on leaves and on what others made."""

from __future__ import annotations

import operator as python
import random
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

import dagprop as dp
from dagprop.dimension import Dim
from dagprop.errors import DagpropError, GradientError
from dagprop.graph.order import ancestors
from tests.fuzz.programs import Entry, Leaf, Port, Program, Slope, Step, enter
from tests.fuzz.templates import Template, templates
from tests.fuzz.trying import outcome
from tests.fuzz.values import DTYPES, FLAVOURS, draw

SIZES = (1, 2, 2, 3, 3, 4, 5, 7, 0)
"""Of named dimensions."""


def generate(seed: int) -> Program:
    """The program of a seed; it ends with an operator whose turn it is, so that each has as many as any other."""
    rng, known = random.Random(seed), tuple(templates())
    while True:
        growing = Growing(rng)
        for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 5, 9))):
            growing.grow(rng.choice(signs() if rng.random() < 0.25 else known))
        growing.grow(known[seed % len(known)])
        program = growing.finish()
        if not isinstance(outcome(program.build), DagpropError):  # without the leaf that had a size
            return program


@cache
def signs() -> tuple[str, ...]:
    """The operators that Python has signs for: what programs are mostly made of."""
    x = dp.Graph().input("x", (2, 2), int)
    two = (
        python.add, python.sub, python.mul, python.truediv, python.floordiv, python.mod, python.pow, python.matmul,
        python.and_, python.or_, python.xor, python.lt, python.le, python.gt, python.ge, python.eq, python.ne,
    )  # fmt: skip
    one = python.neg, python.pos, python.abs, python.invert, lambda x: x[0]
    return tuple(node.operator.id for node in (*(f(x, x) for f in two), *(f(x) for f in one)))


class Growing:
    """A program as it grows: entries, and the graph that they make."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.graph = rng, dp.Graph()
        self.entries: list[Entry] = []
        self.nodes: list[Any] = []

    def add(self, entry: Entry) -> int:
        """The place of an entry, once the graph has taken it."""
        self.nodes.append(enter(self.graph, self.nodes, len(self.entries), entry, {}))
        self.entries.append(entry)
        return len(self.entries) - 1

    # ---- growing --------------------------------------------------------------------------------------------------

    def grow(self, chosen: str) -> None:
        """Apply an operator: changed in every way, then less, until the graph takes it."""
        template = self.rng.choice(templates()[chosen])
        for boldness in (1.0, 1.0, 0.7, 0.4, 0.0):
            mark = len(self.entries)
            try:
                place = self._applied(template, boldness)
            except DagpropError:
                self._forget(mark)
                continue
            if isinstance(self.nodes[place], tuple):
                for port in range(len(self.nodes[place])):
                    self.add(Port(place, port))
            return

    def _forget(self, mark: int) -> None:
        """Drop the leaves of a call that was refused: the graph is made anew without them."""
        entries, self.entries, self.nodes, self.graph = self.entries[:mark], [], [], dp.Graph()
        for entry in entries:
            self.add(entry)

    def _applied(self, template: Template, boldness: float) -> int:
        rng, op = self.rng, template.operator
        sizes = self._sizes(template, boldness)
        shapes = [tuple(sizes.get(n, n) for n in x.shape) for x in template.operands]
        if op.elementwise and rng.random() < 0.4 * boldness:
            shapes = self._broadcastable(len(shapes))
        operands = []
        for like, shape in zip(template.operands, shapes, strict=True):
            known = [i for i, node in enumerate(self.nodes) if self._fits(op, node, like)]
            if known and rng.random() < 0.6 * boldness:
                operands.append(rng.choice(known[-4:] if rng.random() < 0.7 else known))
            else:
                operands.append(self._leaf(like, shape, boldness))
        attributes = {name: self._attribute(value, sizes, boldness) for name, value in template.attributes.items()}
        return self.add(Step(op.id, tuple(operands), attributes))

    def _fits(self, op: dp.Operator, node: Any, like: np.ndarray) -> bool:
        if isinstance(node, tuple) or (like.dtype.kind in "iu" and not op.elementwise):
            return False  # an index is drawn so that it mostly lies inside
        return op.elementwise or node.ndim == like.ndim

    def _sizes(self, template: Template, boldness: float) -> dict[int, int | str]:
        """What some of the template's sizes become, wherever they stand: a name, another number."""
        found = {n for x in template.operands for n in x.shape}
        changed: dict[int, int | str] = {}
        for size in sorted(found):
            if self.rng.random() < 0.5 * boldness:
                changed[size] = self.rng.choice(("n", "n", "m", "n", 0, 1, size + 1, 70 if len(found) < 3 else size))
        return changed

    def _broadcastable(self, count: int) -> list[tuple[int | str, ...]]:
        rng = self.rng
        rank = rng.choice((0, 0, 1, 1, 2, 2, 3, 4, 6, 20, 40))
        full = [rng.choice((1, 2, 3, "n", "m", 0) if rank < 7 else (1,) * 20 + (2,)) for _ in range(rank)]
        return [
            tuple(n if rng.random() < 0.8 else 1 for n in full[rng.choice((0, 0, rng.randint(0, rank))) :])
            for _ in range(count)
        ]

    def _leaf(self, like: np.ndarray, shape: tuple[int | str, ...], boldness: float) -> int:
        rng = self.rng
        dtype = like.dtype
        if rng.random() < 0.5 * boldness:
            kinds = like.dtype.kind if rng.random() < 0.3 else "biufc"
            dtype = rng.choice([np.dtype(name) for name in DTYPES if np.dtype(name).kind in kinds])
        kind = rng.choice(("input",) * 6 + ("constant", "parameter"))
        if any(isinstance(n, str) for n in shape):
            return self.add(Leaf("input", shape, dtype, like))
        if kind == "input":
            return self.add(Leaf(kind, shape, dtype, like))
        return self.add(Leaf(kind, shape, dtype, draw(rng, shape, dtype, like, rng.choice(FLAVOURS))))

    def _attribute(self, value: Any, sizes: Mapping[int, int | str], boldness: float) -> Any:
        """An attribute, its sizes changed as the operands' are; now and then another of its kind."""
        if type(value) is tuple and value and all(type(n) is int for n in value):
            value = type(value)(Dim(new) if isinstance(new := sizes.get(n, n), str) else new for n in value)
        return self._other(value) if self.rng.random() < 0.3 * boldness else value

    def _other(self, value: Any) -> Any:
        rng = self.rng
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return value + rng.choice((-2, -1, 1))
        if isinstance(value, float):
            return rng.choice((0.0, -0.0, 1.0, -1.5, 1e-3, 1e30, value / 2))
        if value is None:
            return rng.choice((0, 1, -1, (0,), (0, 1), (-1, 0), ()))
        if isinstance(value, np.dtype):
            return np.dtype(rng.choice(DTYPES))
        if type(value) is tuple and value:
            place = rng.randrange(len(value))
            return (*value[:place], self._other(value[place]), *value[place + 1 :])
        if isinstance(value, slice):
            return slice(rng.choice((None, 0, 1, -2)), rng.choice((None, 0, 3, -1)), rng.choice((None, 1, 2, -1, -2)))
        return value

    # ---- the end --------------------------------------------------------------------------------------------------

    def finish(self) -> Program:
        """What is differentiated, by what, and what is fed."""
        rng = self.rng
        single = [i for i, node in enumerate(self.nodes) if not isinstance(node, tuple)]
        real = [i for i in single if self.nodes[i].differentiable and self.nodes[i].operator is not None]
        of = real[-1] if real and rng.random() < 0.3 else single[-1]
        node = self.nodes[of]
        if node.differentiable and rng.random() < 0.5:  # what arrives is not always ones
            shape = tuple(n if isinstance(n, int) else n.name for n in node.shape)
            if None not in shape and not any(isinstance(n, str) and n.startswith("?") for n in shape):
                arrives = self.add(Leaf("input", shape, node.dtype, np.array([-1.0, 2.0])))
                of = self.add(Step("core:multiply", (of, arrives), {}))
        if self.nodes[of].differentiable and rng.random() < 0.3:
            of = self.add(Step("core:sum", (of,), dict(dp.registry["core:sum"].attributes)))
        wrt = self._wrt(of)
        if wrt and rng.random() < 0.15:  # a gradient's gradient
            slope = outcome(self.add, Slope(of, wrt[0]))
            of, wrt = (slope, self._wrt(slope)) if isinstance(slope, int) else (of, wrt)
        program = Program(tuple(self.entries), of, wrt, ()).pruned()
        return program.replace(runs=tuple(self._feeds(program) for _ in range(rng.choice((1, 2, 3)))))

    def _wrt(self, of: int) -> tuple[int, ...]:
        if not self.nodes[of].differentiable:
            return ()
        before = set(ancestors([self.nodes[of]]))
        inputs = [
            i for i, node in enumerate(self.nodes)
            if not isinstance(node, tuple) and node in before and node.differentiable
            and (node.operator is None or self.rng.random() < 0.1)
        ]  # fmt: skip
        wrt = self.rng.sample(inputs, self.rng.randint(min(1, len(inputs)), len(inputs)))
        while wrt and isinstance(outcome(dp.gradient, self.nodes[of], [self.nodes[i] for i in wrt]), GradientError):
            wrt.pop()
        return tuple(wrt)

    def _feeds(self, program: Program) -> dict[int, np.ndarray]:
        rng = self.rng
        sizes = {name: rng.choice(SIZES) for name in "nm"}
        flavour = rng.choice(FLAVOURS)
        return {
            place: draw(rng, tuple(sizes.get(n, n) for n in entry.shape), entry.dtype, entry.value, flavour)
            for place, entry in enumerate(program.entries)
            if isinstance(entry, Leaf) and entry.kind != "constant" and (entry.kind == "input" or rng.random() < 0.5)
        }
