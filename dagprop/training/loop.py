"""The training loop: minibatches, a step for each, and a record of every step.

The loop is a generator, so that whoever runs it decides what happens between steps: print, draw, stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from dagprop import arguments
from dagprop.dimension import Dim
from dagprop.errors import FeedError, GradientError, NonFiniteError, ShapeError
from dagprop.flow import backprop
from dagprop.graph.graph import graph_of
from dagprop.graph.node import INPUT, PARAMETER, Node
from dagprop.graph.order import ancestors
from dagprop.program import Optimiser, compile  # noqa: A004  # what it is called everywhere
from dagprop.program.update import check_optimiser
from dagprop.training.optimisers import GradientDescent

Array = np.ndarray[Any, Any]
Arrays: TypeAlias = dict[str, Array]


@dataclass(frozen=True, eq=False)
class Step:
    """One step of training, and all that is needed to repeat it.

    Attributes
    ----------
    number, epoch : int
        Which step this is and in which epoch, both counted from 1.
    loss : float
        The loss of this minibatch, before the step.
    feeds, parameters : dict of arrays
        The minibatch, and the parameters that the gradients were taken at: `dp.backprop(loss, step.feeds,
        step.parameters)` records the step's gradient flow.
    gradients : dict of arrays
        ∂loss/∂parameter, by name.
    """

    number: int
    epoch: int
    loss: float
    feeds: Arrays
    parameters: Arrays
    gradients: Arrays


class Training:
    """A loss, the optimiser that makes it smaller, and the parameters as they are now.

    Parameters
    ----------
    loss : Node
        What to minimise: a scalar that depends on a parameter.
    optimiser : Optimiser, optional
        `GradientDescent(0.1)` where it is left out.
    parameters : mapping, optional
        Where to start, by name; those left out start where their initialiser says.
    seed : int
        Of the initialisers, and of the order in which rows are dealt into minibatches.

    Attributes
    ----------
    taken : int
        How many steps have been taken.

    Raises
    ------
    ShapeError
        For a loss that is not a scalar, or a parameter of another shape than its node's.
    GradientError
        For a loss that depends on no parameter.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph("line")
    >>> x, y, w = g.input("x", ("batch",)), g.input("y", ("batch",)), g.parameter("w", (), initial=0.0)
    >>> training = Training(((x * w - y) ** 2).mean(), GradientDescent(0.1))
    >>> data = {"x": np.arange(4.0), "y": 3 * np.arange(4.0)}
    >>> for step in training.steps(data, epochs=10, batch_size=2):
    ...     pass
    >>> step.number, round(float(training.parameters["w"]), 2)
    (20, 3.0)
    """

    def __init__(
        self,
        loss: Node,
        optimiser: Optimiser | None = None,
        *,
        parameters: Mapping[str, ArrayLike] | None = None,
        seed: int = 0,
    ) -> None:
        graph = graph_of(loss, "loss")
        if optimiser is not None:
            check_optimiser("optimiser", optimiser)
        if parameters is not None:
            arguments.mapping("parameters", parameters, "a mapping of names to arrays")
        seed = arguments.whole_number("seed", seed, 0)
        if loss.shape != ():
            raise ShapeError(f"a loss is a scalar, and {loss.name!r} is {loss.spec}: take its mean, or its sum")
        trained = [node for node in ancestors([loss]) if node.kind == PARAMETER]
        if not trained:
            raise GradientError(f"{loss.name!r} depends on no parameter: there is nothing to train")
        self.loss, self.graph, self.seed = loss, graph, seed
        self.optimiser: Optimiser = GradientDescent() if optimiser is None else optimiser
        self._program = compile(
            loss, trained, parameters=parameters, update=self.optimiser, seed=seed, on_nonfinite="raise"
        )
        self._trained = [node.name for node in trained]
        self._now: Arrays = dict(self._program.held)
        self.taken = self._epochs = 0

    @property
    def parameters(self) -> Arrays:
        """The parameters by name, as the last whole step left them, also where an interrupt cut one short.

        A step makes new arrays and never writes into the old ones.
        """
        now = self._now
        return {name: now[name] for name in self._trained}

    def steps(self, data: Mapping[str, ArrayLike], *, epochs: int = 1, batch_size: int | None = None) -> Iterator[Step]:
        """Train, and yield every step when it has been taken.  Called again, it goes on where it was.

        Parameters
        ----------
        data : mapping
            An array for each input, by name.  An input whose first dimension is a name (`"batch"`) is dealt out
            row by row; any other is fed as it is in every step.
        epochs : int
            How many times to go through the rows, each time in another order.
        batch_size : int, optional
            How many rows a step sees; the last step of an epoch sees those that remain.  All, if left out.

        Raises
        ------
        FeedError
            As `dp.backprop`, and for data of different numbers of rows.
        NonFiniteError
            Where the loss, a gradient or what a step makes is NaN or infinite; the parameters are those of the step
            before.
        """
        epochs = arguments.whole_number("epochs", epochs, 0)
        self.minibatches(data, batch_size)
        return self._steps(data, epochs, batch_size)

    def _steps(self, data: Mapping[str, ArrayLike], epochs: int, batch_size: int | None) -> Iterator[Step]:
        for _ in range(epochs):
            self._epochs += 1
            before = self.taken
            try:
                for feeds in self.minibatches(data, batch_size):
                    yield self._step(feeds)
            except FeedError:
                self._epochs -= self.taken == before  # an epoch of which no step was taken has not begun
                raise

    def minibatches(self, data: Mapping[str, ArrayLike], batch_size: int | None = None) -> Iterator[Arrays]:
        """The feeds of one epoch: the one that runs, or, before the first, the order of epoch 0."""
        dealt: Arrays = {}
        fed: Arrays = {}
        for name, value in arguments.mapping("data", data, "a mapping of names to arrays").items():
            node = self.graph.resolve(name)
            if node.kind != INPUT:
                raise FeedError(
                    f"data is for inputs, and {node.name!r} is {node.what}: Training(parameters=) starts one"
                )
            by_row = bool(node.shape) and isinstance(node.shape[0], Dim)
            (dealt if by_row else fed)[node.name] = arguments.array(f"the data for {node.name!r}", value)
        order = np.random.default_rng([self.seed, self._epochs])
        rows = batches(_count(dealt), batch_size, order)
        return (fed | {name: array[chosen] for name, array in dealt.items()} for chosen in rows)

    def _step(self, feeds: Arrays) -> Step:
        parameters = self.parameters
        try:
            loss, gradients, changed = self._program.proposed(feeds | self._now)
        except NonFiniteError as error:
            raise self._diverged(feeds, parameters, error) from None
        self.taken += 1
        self._now = changed
        return Step(self.taken, self._epochs, float(loss), feeds, parameters, gradients)

    def _diverged(self, feeds: Arrays, parameters: Arrays, error: NonFiniteError) -> NonFiniteError:
        """The program's error, of the first node that is not finite, with the number of the step and a recording."""
        told = NonFiniteError(
            f"step {self.taken + 1} (epoch {self._epochs}): the loss, a gradient or what the step makes is not finite; "
            f"the parameters stay as the step before left them. A smaller learning rate may help.\n{error}"
        )
        told.flow = backprop(self.loss, feeds, parameters, on_nonfinite="ignore")
        return told


def _count(dealt: Arrays) -> int:
    counts = {name: array.shape[0] if array.shape else 0 for name, array in dealt.items()}
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{count} in {name!r}" for name, count in counts.items())
        raise FeedError(f"the data differ in their number of rows: {found}")
    if 0 in counts.values():
        raise FeedError(f"the data have no rows: {', '.join(counts)}")
    return next(iter(counts.values()), 1)


def batches(count: int, size: int | None, order: np.random.Generator) -> Iterator[Array]:
    """The row numbers from 0 to `count`, shuffled and cut into pieces of `size`; the last takes what remains.

    >>> [batch.tolist() for batch in batches(5, 2, np.random.default_rng(0))]
    [[2, 4], [3, 0], [1]]
    """
    size = count if size is None else arguments.whole_number("batch_size", size, 1)
    rows = order.permutation(count)
    return (rows[start : start + size] for start in range(0, count, size))
