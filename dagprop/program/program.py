"""Program: a graph and its gradients made into one function, as fast as the machine allows."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from dagprop.derivatives.backward import differentiate
from dagprop.errors import FeedError, ShapeError
from dagprop.graph.building import without_full_collections
from dagprop.graph.graph import Graph, graph_of
from dagprop.graph.node import INPUT, PARAMETER, Node
from dagprop.graph.order import ancestors
from dagprop.operators.structure import astype
from dagprop.plugin.hookspecs import Executor, Runnable
from dagprop.program import numpy_source
from dagprop.program.plan import Plan, plan_work
from dagprop.program.recompute import within
from dagprop.program.rewrite import Rewriting
from dagprop.program.work import Work
from dagprop.run.feeds import bind_feeds
from dagprop.spec import show_shape

Array = np.ndarray[Any, Any]
Arrays: TypeAlias = dict[str, Array]


class Optimiser(Protocol):
    """How a parameter changes with its gradient, as NumPy code: see `dagprop.training.optimisers`."""

    def initial(self, parameter: Array) -> Sequence[Array]:
        """The state that goes with a parameter, before the first step."""

    def update(self, parameter: Any, gradient: Any, *state: Any) -> tuple[Any, ...]:
        """The parameter and the state after a step; on arrays or on nodes."""


@dataclass
class Settings:
    """How a program is made and run."""

    executor: Executor
    passes: Sequence[str]
    reuse_outputs: bool
    memory_limit: int | None
    update: Optimiser | None
    parameters: Mapping[Any, ArrayLike]
    seed: int


def _picking(names: Sequence[str]) -> Callable[[Mapping[Any, Any]], tuple[Any, ...]]:
    """A function that picks the values of these names."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple([values[name] for name in names])


class Program:
    """A graph and its gradients as one function.  Made by `dp.compile`.

    Call it with feeds: it returns the value and the gradients by name, which are the caller's to keep.  It
    specialises itself to the sizes it is fed and keeps what it made; several threads may call it at once.

    Attributes
    ----------
    parameters : mapping of str to array
        The value used for each parameter that is not fed; with `update=`, the one that each call changes.  Write
        into an array to change it yourself.
    held : dict of str to array
        The same, and with `update=` the optimiser's state of each parameter as well (`w0.mean`).
    state : dict of str to arrays
        With `update=`: the optimiser's state of each parameter.
    graph : Graph
        The simplified graph, dimensions as the user named them.
    passes : sequence of str
        The names of the passes that simplified it.
    source : str
        The same as plain NumPy source.
    plan : Plan
        What runs in what order, how long each value lives, and where; `print(step.plan.explain())`.
    executor : Executor
        What runs it.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x, w = g.input("x", ("n",)), g.parameter("w", (), initial=3.0)
    >>> step = dp.compile(((x * w) ** 2).sum())
    >>> value, gradients = step({"x": [1.0, 2.0]})
    >>> value.item(), gradients["w"].item()
    (45.0, 30.0)
    """

    def __init__(self, of: Node, wrt: Sequence[Node], settings: Settings) -> None:
        self.of, self.wrt, self.settings = of, tuple(wrt), settings
        self.executor, self.passes = settings.executor, tuple(settings.passes)
        self._graph = work = graph_of(of).extension()
        adjoints = differentiate(of, wrt, work).adjoints if wrt else {}
        self._outputs = [of, *(adjoints[node] for node in wrt)]
        self.held, self.state = self._first_values(), dict[str, tuple[Array, ...]]()
        self._parameters = tuple(self.held)
        self._updates_of: list[str] = []
        if settings.update is not None:
            self._outputs += self._updates(settings.update, work)
        self._order = ancestors(self._outputs)
        self._leaves = [node for node in self._order if node.kind in (INPUT, PARAMETER)]
        self._names = [node.name for node in self._leaves]
        self._known = len({*self._names, *self.held})
        self._pick = _picking(self._names)
        self._labels = [node.name for node in wrt]
        self._lock = threading.Lock()
        self._steps: dict[frozenset[tuple[str, int]], Runnable] = {}
        self._last: Runnable | None = None
        self._sizes: Mapping[str, int] | None = None
        self._written: tuple[Graph, numpy_source.Source] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return Program, (self.of, self.wrt, self.settings), self.held

    def __setstate__(self, parameters: Mapping[str, Array]) -> None:
        for name, value in parameters.items():
            self.held[name][...] = value

    def _first_values(self) -> dict[str, Array]:
        given = {self._graph.resolve(key): np.asarray(value) for key, value in self.settings.parameters.items()}
        for node, value in given.items():
            if value.shape != node.shape:
                raise ShapeError(f"the parameter {node.name!r} is {node.spec}, and {value.shape} was given")
        parameters = [node for node in ancestors([self.of]) if node.kind == PARAMETER]
        return {
            node.name: np.array(given[node], node.dtype) if node in given else node.initial_value(self.settings.seed)
            for node in parameters
        }

    def _updates(self, optimiser: Optimiser, work: Graph) -> list[Node]:
        """The optimiser's rule traced into the same graph: what each parameter and its state become."""
        made: list[Node] = []
        with work.collecting() as like:
            for node, gradient in zip(self.wrt, self._outputs[1:], strict=True):
                value = self.held[node.name]
                state = tuple(np.array(part, copy=True) for part in optimiser.initial(value))
                self.state[node.name] = state
                like(node)
                leaves = [
                    work.parameter(f"{node.name}.{name}", part.shape, initial=part, dtype=part.dtype)
                    for name, part in zip(_state_names(optimiser, len(state)), state, strict=True)
                ]
                self.held |= {leaf.name: part for leaf, part in zip(leaves, state, strict=True)}
                mark = work.mark
                changed = optimiser.update(node, gradient, *leaves)
                if len(changed) != 1 + len(leaves):
                    raise ShapeError(
                        f"{optimiser!r} returns what is not the parameter and its {len(leaves)} parts of state"
                    )
                fresh = set(work.made_since(mark))
                for leaf, new in zip([node, *leaves], changed, strict=True):
                    made.append(_becomes(leaf, new, optimiser))
                    self._updates_of.append(leaf.name)
                    if made[-1] in fresh:
                        work.rename_fresh(made[-1], f"new_{leaf.name.rpartition('/')[2]}")
                        made[-1].automatic = False
        return made

    # ---- running ------------------------------------------------------------------------------------------------

    def __call__(self, feeds: Mapping[Any, ArrayLike] | None = None) -> tuple[Array, dict[str, Array]]:
        """The value, and the gradients by name.

        Raises FeedError for a feed that is missing, unknown, or of the wrong shape or dtype, before anything runs.
        """
        outputs = self._run(feeds or {})
        if self._updates_of:
            for name, new in zip(self._updates_of, outputs[1 + len(self._labels) :], strict=True):
                self.held[name][...] = new
        return outputs[0], dict(zip(self._labels, outputs[1:]))  # noqa: B905  # what is updated follows

    def proposed(self, feeds: Mapping[Any, ArrayLike] | None = None) -> tuple[Array, Arrays, Arrays]:
        """As a call, but nothing is changed: the value, the gradients, and what the update would make, by name."""
        outputs = self._run(feeds or {})
        new = dict(zip(self._updates_of, outputs[1 + len(self._labels) :], strict=True))
        return outputs[0], dict(zip(self._labels, outputs[1:], strict=False)), new

    def _run(self, feeds: Mapping[Any, ArrayLike]) -> Sequence[Array]:
        """Every output: by the step that ran last, where the feeds fit it."""
        if self._last is not None:
            given = {**self.held, **feeds}
            if len(given) <= self._known:  # nothing is unknown, unless something is missing
                try:
                    return self._last(self._pick(given))
                except (KeyError, TypeError, ValueError):
                    return self._specialised(feeds)
        return self._specialised(feeds)

    def _specialised(self, feeds: Mapping[Any, ArrayLike]) -> Sequence[Array]:
        """Check the feeds, make a step for their sizes unless there is one, and run it."""
        values, sizes = bind_feeds(self._graph, self._leaves, feeds, self.held)
        settled = self.executor.settled or self.settings.memory_limit is not None
        bound = sizes if settled else {}
        key = frozenset(bound.items())
        with self._lock:
            step = self._steps.get(key)
            if step is None:
                with without_full_collections():
                    step = self._steps[key] = self.executor.build(self._work(bound, self.executor))
                self._sizes = sizes
        outputs = step(tuple(values[leaf] for leaf in self._leaves))
        self._last = step
        return outputs

    def _work(self, sizes: Mapping[str, int], executor: Any) -> Work:
        """The simplified graph as work for an executor, within the memory limit where there is one."""
        graph, leaves, outputs = self._simplified(sizes, executor)
        work = Work(leaves, list(graph), outputs, self._all_labels(), self.settings.reuse_outputs)
        limit = self.settings.memory_limit
        return work if limit is None else within(work, limit)

    def _all_labels(self) -> list[str]:
        return [*self._labels, *(f"new {name}" for name in self._updates_of)]

    def _simplified(self, sizes: Mapping[str, int], executor: Any) -> tuple[Rewriting, list[Node], list[Node]]:
        """The simplified graph, and the leaves and outputs as they are in it."""
        graph = Rewriting(self._graph, self.passes, executor.keeps)
        graph.take(self._order, sizes)
        leaves, outputs = ([graph.made[node] for node in nodes] for nodes in (self._leaves, self._outputs))
        if "dead code" in self.passes:
            graph.discard(0, set(ancestors([*leaves, *outputs])))
        return graph, leaves, outputs

    @property
    def parameters(self) -> Mapping[str, Array]:
        """The value of each parameter, by name."""
        return MappingProxyType({name: self.held[name] for name in self._parameters})

    # ---- looking ------------------------------------------------------------------------------------------------

    def _write(self) -> tuple[Graph, numpy_source.Source]:
        if self._written is None:
            graph, leaves, outputs = self._simplified({}, numpy_source)
            self._written = graph, numpy_source.write(Work(leaves, list(graph), outputs, self._all_labels()))
        return self._written

    @property
    def graph(self) -> Graph:
        """The simplified graph; each node knows where it came from (`node.origin`)."""
        return self._write()[0]

    @property
    def source(self) -> str:
        """The program as plain NumPy source."""
        return self.written.text

    @property
    def written(self) -> numpy_source.Source:
        """The source, with what it needs that is not text."""
        return self._write()[1]

    @property
    def plan(self) -> Plan:
        """What runs in what order, how long each value lives, and where: for the sizes that were fed last.

        Raises FeedError where nothing was fed yet and the graph has named dimensions.
        """
        if self._sizes is None and not all(leaf.spec.concrete for leaf in self._leaves):
            raise FeedError("a plan needs the size of every dimension: call the program once, then look at its plan")
        return plan_work(self._work(self._sizes or {}, self.executor))


def _state_names(optimiser: Optimiser, count: int) -> list[str]:
    """What the parts of an optimiser's state are called: as `update` calls them, where it names each."""
    parameters = list(inspect.signature(optimiser.update).parameters.values())
    names = [p.name for p in parameters[2:] if p.kind is p.POSITIONAL_OR_KEYWORD]
    return names if len(names) == count else [f"state_{number}" for number in range(count)]


def _becomes(leaf: Node, new: Any, optimiser: Optimiser) -> Node:
    """What an optimiser makes of a parameter, or of a part of its state: of the same shape and dtype."""
    shape = np.shape(new) if not isinstance(new, Node) else new.shape
    if shape != leaf.shape:
        raise ShapeError(f"{optimiser!r} turns {leaf.name!r}, {leaf.spec}, into the shape {show_shape(shape)}")
    if isinstance(new, Node):
        return new if new.dtype == leaf.dtype else astype(new, dtype=leaf.dtype)
    constant: Node = leaf.graph.destination().constant(new, dtype=leaf.dtype)
    return constant
