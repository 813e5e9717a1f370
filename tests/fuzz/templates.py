"""How each operator in the registry may be called: operands to start from, and attributes that they go with.

The built-in operators' are the table that other tests have; any other operator is tried with what its signature allows,
so that a new one is fuzzed without a word.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from inspect import Parameter
from typing import Any

import numpy as np

import dagprop as dp
from dagprop.errors import DagpropError
from dagprop.operators.structure import output
from tests.plugin.samples import SAMPLES, SHARE, SIGNED, SQUARE, Sample

TRIED = (1, 0, 2, 0.5, None, True, (1,), (2, 3), np.dtype(np.float32))
"""Values tried for an attribute that has no default, in this order."""


@dataclass(frozen=True, eq=False)
class Template:
    """An operator, arrays that it takes as operands, and attributes that go with them."""

    operator: dp.Operator
    operands: tuple[np.ndarray, ...]
    attributes: dict[str, Any]


@cache
def templates() -> dict[str, tuple[Template, ...]]:
    """At least one for every operator, by id.  A port of an operator with several outputs is no call."""
    return {op.id: tuple(_templates(op)) for op in dp.registry if op is not output}


def _templates(op: dp.Operator) -> Iterator[Template]:
    samples = SAMPLES.get(op.name, ()) if op.namespace == "core" else ()
    yield from (_sampled(op, sample) for sample in samples) if samples else _tried(op)


def _sampled(op: dp.Operator, sample: Sample) -> Template:
    """The sample's call as the graph has it: operands in a row, every attribute with its value."""
    graph = dp.Graph()
    leaves = [graph.input(f"x{i}", x.shape, x.dtype) for i, x in enumerate(sample.operands)]
    sample.call(op, *leaves)
    node = next(node for node in graph if node.operator is op)
    operands = dp.forward(node.operands, dict(zip(leaves, sample.operands, strict=True)))
    return Template(op, tuple(operands), dict(node.attributes))


def _tried(op: dp.Operator) -> Iterator[Template]:
    """The first arrays and attributes that the operator takes, for each number of operands that it has."""
    counts = range(1, 4) if op.variadic else [len(op.operands)]
    needed = [name for name, default in op.attributes.items() if default is Parameter.empty]
    for count in filter(op.takes, counts):
        for like, values in itertools.product((SHARE, SQUARE, SIGNED), itertools.product(TRIED, repeat=len(needed))):
            attributes = {**op.attributes, **dict(zip(needed, values, strict=True))}
            operands = (like,) * count
            graph = dp.Graph()
            try:
                graph.apply(op, [graph.constant(x) for x in operands], attributes)
            except DagpropError:
                continue
            yield Template(op, operands, attributes)
            break
