"""Program: a graph and its gradients made into one function, as fast as the machine allows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from dagprop.derivatives.backward import differentiate
from dagprop.errors import FeedError
from dagprop.graph.building import without_full_collections
from dagprop.graph.graph import Graph, graph_of
from dagprop.graph.node import INPUT, PARAMETER, Node
from dagprop.graph.order import ancestors
from dagprop.plugin.hookspecs import Runnable
from dagprop.program import numpy_source
from dagprop.program.faults import build, explained, first_nonfinite, hold
from dagprop.program.held import Parameters, first_values
from dagprop.program.plan import Plan, plan_work
from dagprop.program.recompute import within
from dagprop.program.rewrite import Rewriting
from dagprop.program.settings import Settings
from dagprop.program.update import Optimiser, updates
from dagprop.program.work import Work
from dagprop.run.feeds import bind_feeds
from dagprop.run.nonfinite import all_finite, tell
from dagprop.run.sizes import hold_sizes, settling

Array = np.ndarray[Any, Any]
Arrays: TypeAlias = dict[str, Array]


KEPT = 32
"""For how many combinations of sizes a program keeps what it made: for those that were fed last."""


class _Tried(NamedTuple):
    """A step that raised an error for some arrays: they do not fit it, or it fails."""

    step: Runnable
    arrays: tuple[Array, ...]
    error: Exception


def _picking(names: Sequence[str]) -> Callable[[Mapping[Any, Any]], tuple[Any, ...]]:
    """A function that picks the values of these names."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple([values[name] for name in names])


def _only_at(sizes: Mapping[str, int], leaves: Sequence[Node], step: Runnable) -> Runnable:
    """The step, for these sizes alone: others must be held to what was inferred first."""
    shapes = [leaf.spec.bind(sizes).shape for leaf in leaves]

    def at(arrays: tuple[Array, ...]) -> Sequence[Array]:
        if [array.shape for array in arrays] != shapes:
            raise ValueError("the arrays do not fit")
        return step(arrays)

    return at


class Program:
    """A graph and its gradients as one function.  Made by `dp.compile`.

    Call it with feeds: it returns the value and the gradients by name, which are the caller's to keep.  It
    specialises itself to the sizes it is fed and keeps what it made for the last 32 combinations of them.  Several
    threads may call it at once; with `update=` their steps are taken one after the other, and every one counts.

    Attributes
    ----------
    parameters : mapping of str to array
        The value used for each parameter that is not fed; with `update=`, the one that each call changes.  Set one
        (`step.parameters["w"] = array`) to change it yourself: it is held to the parameter's shape and dtype.
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
        self.executor, self.passes = settings.executor, settings.passes
        self._graph = work = graph_of(of).extension()
        adjoints = differentiate(of, wrt, work).adjoints if wrt else {}
        self._outputs = [of, *(adjoints[node] for node in wrt)]
        nodes = [node for node in ancestors([of, *wrt]) if node.kind == PARAMETER]
        self.held = first_values(work, nodes, settings.parameters, settings.seed)
        self.state: dict[str, tuple[Array, ...]] = {}
        self._updates_of: list[str] = []
        self._changing = threading.RLock()
        self._parameters = Parameters(nodes, self.held, self._changing)
        if settings.update is not None:
            self._trace(settings.update)
        self._order = ancestors(self._outputs)
        self._leaves = [node for node in self._order if node.kind in (INPUT, PARAMETER)]
        self._leaves += settling(self._graph, self._order, self._leaves)
        self._order = ancestors([*self._outputs, *self._leaves])
        self._names = [node.name for node in self._leaves]
        self._known = len({*self._names, *self.held})
        self._pick = _picking(self._names)
        self._labels = [node.name for node in wrt]
        self._looks = settings.on_nonfinite != "ignore"
        self._lock = threading.Lock()
        self._steps: dict[frozenset[tuple[str, int]], Runnable] = {}
        self._last: Runnable | None = None
        self._any_size: Runnable | None = None
        self._sizes: Mapping[str, int] | None = None
        self._written: tuple[Graph, numpy_source.Source] | None = None

    def _trace(self, optimiser: Optimiser) -> None:
        """Take in what each parameter becomes, with the optimiser's state of it."""
        gradients = self._outputs[1:]
        for node, update in zip(self.wrt, updates(optimiser, self.wrt, gradients, self.held, self._graph), strict=True):
            self.held |= update.state
            self.state[node.name] = tuple(update.state.values())
            self._outputs += update.changed.values()
            self._updates_of += update.changed

    def __reduce__(self) -> tuple[Any, ...]:
        return Program, (self.of, self.wrt, self.settings), self.held

    def __setstate__(self, parameters: Mapping[str, Array]) -> None:
        for name, value in parameters.items():
            self.held[name][...] = value

    # ---- running ------------------------------------------------------------------------------------------------

    def __call__(self, feeds: Mapping[Any, ArrayLike] | None = None) -> tuple[Array, dict[str, Array]]:
        """The value, and the gradients by name.

        Raises FeedError for a feed that is missing, unknown, or of the wrong shape or dtype, before anything runs;
        RuleError, which names the node, where an operator fails; and NonFiniteError, if that was asked for.
        """
        if self._updates_of:
            with self._changing:
                outputs = self._run(feeds)
                for name, new in zip(self._updates_of, outputs[1 + len(self._labels) :], strict=True):
                    self.held[name][...] = new
        else:
            outputs = self._run(feeds)
        return outputs[0], dict(zip(self._labels, outputs[1:]))  # noqa: B905  # what is updated follows

    def proposed(self, feeds: Mapping[Any, ArrayLike] | None = None) -> tuple[Array, Arrays, Arrays]:
        """As a call, but nothing is changed: the value, the gradients, and what the update would make, by name."""
        with self._changing:
            outputs = self._run(feeds)
        new = dict(zip(self._updates_of, outputs[1 + len(self._labels) :], strict=True))
        return outputs[0], dict(zip(self._labels, outputs[1:], strict=False)), new

    def _run(self, feeds: Mapping[Any, ArrayLike] | None) -> Sequence[Array]:
        """Every output, looked at if that was asked for: by the step that ran last, where the feeds fit it."""
        outputs: Sequence[Array] | None = None
        tried: _Tried | None = None
        last = self._last
        if last is not None:
            arrays: tuple[Array, ...] = ()
            try:
                given = self.held if feeds is None else {**self.held, **feeds}
                if len(given) <= self._known:  # nothing is unknown, unless something is missing
                    arrays = self._pick(given)
                    outputs = last(arrays)
            except Exception as error:  # noqa: BLE001  # whether it does not fit or fails is found out below
                tried = _Tried(last, arrays, error)
        if outputs is None:
            outputs = self._specialised(feeds, tried)
        if self._looks and not all_finite(outputs):
            leaves, sizes = bind_feeds(self._graph, self._leaves, feeds, self.held)
            message = first_nonfinite(self._order, leaves, sizes, self._outputs)
            tell(message, self.settings.on_nonfinite)
        return outputs

    def _specialised(self, feeds: Mapping[Any, ArrayLike] | None, tried: _Tried | None) -> Sequence[Array]:
        """Check the feeds, make a step for their sizes unless there is one, and run it unless that was tried."""
        leaves, sizes = bind_feeds(self._graph, self._leaves, feeds, self.held)
        step = self._step(sizes)
        arrays = tuple([leaves[leaf] for leaf in self._leaves])
        if tried is not None and tried.step is step and [*map(id, tried.arrays)] == [*map(id, arrays)]:
            failed = tried.error
        else:
            try:
                outputs = step(arrays)
                hold(self.executor, self._outputs, sizes, outputs)
            except Exception as error:  # noqa: BLE001  # raised below, where a traceback shows only the rule's own error
                failed = error
            else:
                self._last = step
                return outputs
        raise explained(self._order, leaves, sizes, self.executor, failed)

    def _step(self, sizes: Mapping[str, int]) -> Runnable:
        """The step for these sizes, made unless there is one; of too many, the one last asked for longest ago goes.

        Raises RuleError for sizes at which the graph is not what it was inferred to be.
        """
        key = frozenset(sizes.items())
        with self._lock:
            self._sizes = sizes
            step = self._steps.pop(key, None)
            if step is None:
                if sizes:
                    hold_sizes(self._order, sizes)
                step = self._made_for(sizes)
            self._steps[key] = step
            if len(self._steps) > KEPT:
                del self._steps[next(iter(self._steps))]
        return step

    def _made_for(self, sizes: Mapping[str, int]) -> Runnable:
        """A step for these sizes: a new one, or the one that serves all sizes, kept to these."""
        settled = self.executor.settled or self.settings.memory_limit is not None
        step = None if settled else self._any_size
        if step is None:
            with without_full_collections():
                step = build(self.executor, self._work(sizes if settled else {}, self.executor))
        if settled or not sizes:
            return step
        self._any_size = step
        return _only_at(sizes, self._leaves, step)

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
    def parameters(self) -> Parameters:
        """The value of each parameter, by name: to be read, and to be set."""
        return self._parameters

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
