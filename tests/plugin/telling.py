"""A model of one operator, and all that dagprop says and does with it, as text."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

import dagprop as dp
from dagprop.errors import DagpropError
from dagprop.program.executor import executors
from tests.plugin.samples import Sample


class Model(NamedTuple):
    """Leaves, what the operator makes of them, and a loss: the sum of the squares of all that."""

    graph: dp.Graph
    leaves: list[dp.Node]
    outs: list[dp.Node]
    loss: dp.Node
    feeds: dict[str, np.ndarray]

    @property
    def wrt(self) -> list[dp.Node]:
        return [leaf for leaf in self.leaves if leaf.differentiable]


@functools.cache
def build(op: dp.Operator, sample: Sample, named: bool = False) -> Model:
    """The operator in a model; with `named`, the first axis of the largest operands is a named dimension."""
    graph = dp.Graph("model")
    leaves, feeds = [], {}
    largest = max(sample.operands, key=np.ndim)
    for slot, value in enumerate(sample.operands):
        batch = named and value.ndim == largest.ndim > 0 and len(value) == len(largest)
        if value.dtype.kind == "f" and not named:
            leaves.append(graph.parameter(f"w{slot}", value.shape, initial=value))
        else:
            leaves.append(graph.input(f"x{slot}", ("n", *value.shape[1:]) if batch else value.shape, value.dtype))
            feeds[f"x{slot}"] = value
    made = sample.call(op, *leaves)
    outs = [*made] if isinstance(made, tuple | list) else [made]
    squares = [np.sum(out * out) if out.differentiable else np.sum(out * 1.0) for out in outs]
    loss = functools.reduce(np.add, squares).named("E")
    return Model(graph, leaves, outs, loss, feeds)


def outcome(say: Callable[..., str], *args: Any) -> str:
    """What is said, or why nothing is."""
    try:
        return say(*args)
    except (DagpropError, TypeError, ValueError, IndexError) as error:
        return f"{type(error).__name__}: {error}"


def array(value: Any) -> str:
    value = np.asarray(value)
    return f"{value.dtype} {value.shape} {value.tolist()}"


def numbers(model: Model) -> str:
    """Every value and gradient: the interpreter's, and those of every executor's program."""
    flow = dp.backprop(model.loss, model.feeds, wrt=model.wrt)
    rows = [f"value {name}: {array(flow.values[name])}" for name in (node.name for node in (*model.outs, model.loss))]
    rows += [f"gradient {leaf.name}: {array(flow.gradients[leaf])}" for leaf in model.wrt]
    for name, executor in executors().items():
        value, gradients = dp.compile(model.loss, wrt=model.wrt, executor=executor)(model.feeds)
        rows += [f"{name}: {array(value)}"]
        rows += [f"{name}, gradient {leaf}: {array(gradient)}" for leaf, gradient in gradients.items()]
    return "\n".join(rows)


def function(called: Any) -> str:
    """A function by what it does, not by where it is."""
    if isinstance(called, functools.partial):
        return f"{function(called.func)} with {[*map(function, called.args)]} {called.keywords}"
    if isinstance(called, np.ufunc) or called is None or isinstance(called, str):
        return str(called)
    return f"{called.__module__}.{called.__qualname__}"


class Storages(dict[Any, str]):
    """A text for each storage; the first time all that it is, then its number."""

    def text(self, view: Any) -> str:
        storage, new = view.storage, ""
        if storage not in self:
            self[storage] = f"{storage.kind}{len(self)}"
            new = f" [{storage.nbytes} bytes at {storage.place}, row {storage.row}, number {storage.number}"
            new += f", {array(storage.array)}]" if storage.array is not None else "]"
        return f"{self[storage]}{new} + {view.offset} {view.shape} by {view.strides} {view.dtype}"


def program(model: Model) -> str:
    """The plan, instruction for instruction."""
    step = dp.compile(model.loss, wrt=model.wrt)
    step(model.feeds)
    storages, rows = Storages(), list[str]()
    for number, work in enumerate(step.plan.steps):
        for instruction in work if isinstance(work, list) else [work]:
            reads, writes = (", ".join(map(storages.text, views)) for views in (instruction.reads, instruction.writes))
            rows.append(f"{number} {instruction.kind} {function(instruction.function)} of {reads} to {writes}")
            rows[-1] += f" for {instruction.node.name}"
    return "\n".join([*rows, f"arena {step.plan.arena}, peak {step.plan.peak}"])


def simplified(model: Model) -> str:
    """The simplified graph, node for node, each with where it came from."""
    graph = dp.compile(model.loss, wrt=model.wrt).graph
    rows = []
    for node in graph:
        what = node.operator.name if node.operator is not None else node.kind
        operands = ", ".join(operand.name for operand in node.operands)
        origin = node.origin.name if node.origin is not None else ""
        value = array(node.value) if node.kind == "constant" else ""
        rows.append(f"{node.name} = {what}({operands}) {dict(node.attributes)} {node.spec} {value} ← {origin}")
    return "\n".join(rows)


def source(model: Model) -> str:
    return dp.compile(model.loss, wrt=model.wrt).source


def derived(derivatives: Mapping[Any, Any]) -> str:
    return "\n".join(f"{key}: {derivative.text} / {derivative.latex}" for key, derivative in derivatives.items())


def formulas(model: Model) -> str:
    """Equations, local derivatives, update equations and the walkthrough, as text and as LaTeX."""
    rows = [dp.equation(node, style) for node in (*model.outs, model.loss) for style in ("text", "latex")]
    for derivatives, of in ((dp.local_derivatives, model.graph), (dp.partial_derivatives, model.loss)):
        rows.append(outcome(lambda derivatives=derivatives, of=of: derived(derivatives(of))))
    flow = dp.backprop(model.loss, model.feeds, wrt=model.wrt)
    for subject in (model.loss, flow):
        rows += [f"{said.text} / {said.latex}" for said in dp.update_equations(subject, wrt=model.wrt).values()]
    return "\n".join(rows + [outcome(lambda leaf=leaf: str(dp.explain(flow, leaf))) for leaf in model.wrt])


def picture(model: Model) -> str:
    """The DOT of the graph and of the gradient flow."""
    flow = dp.backprop(model.loss, model.feeds, wrt=model.wrt)
    return "\n".join(str(dp.draw(subject).dot) for subject in (model.graph, flow))


def symbols(model: Model) -> str:
    """The expression, and its derivatives."""
    said = [outcome(lambda out=out: str(dp.symbolic(out))) for out in model.outs]
    return "\n".join(said + [outcome(lambda out=out: str(dp.symbolic_gradient(out, model.wrt))) for out in model.outs])


def report(model: Model) -> str:
    """What is said of the first NaN or infinity."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        flow = dp.backprop(model.loss, model.feeds, wrt=model.wrt, on_nonfinite="warn")
    return f"{flow.nonfinite}\n" + "\n".join(str(warning.message) for warning in caught)


def recomputed(model: Model) -> str:
    steep = functools.reduce(np.add, [np.sum(np.tanh(out) * np.sin(out * 1.0)) for out in model.outs])
    free = dp.compile(steep, wrt=model.wrt)
    free(model.feeds)
    step = dp.compile(steep, wrt=model.wrt, memory_limit=int(0.7 * free.plan.peak))
    step(model.feeds)
    return step.plan.explain()
