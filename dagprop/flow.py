"""The gradient flow: a recorded forward and backward pass that shows and explains itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from dagprop.diagram import Picture, dot, draw
from dagprop.explanation import explain
from dagprop.graph.node import Node
from dagprop.notation.reading import Style
from dagprop.run.nonfinite import OnNonFinite, check_choice, tell
from dagprop.run.recording import Recording, prepared, record, targets_of

if TYPE_CHECKING:
    from graphviz import Digraph


class Flow(Recording):
    """A recorded forward and backward pass; see `Recording` for what it holds.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x, w = g.input("x"), g.parameter("w", (), initial=3.0)
    >>> E = (x * w).named("E")
    >>> flow = dp.backprop(E, {"x": 2.0})
    >>> flow.values["E"].item(), flow.gradients["w"].item(), flow.contributions["w", "E", 1].item()
    (6.0, 2.0, 2.0)
    """

    def draw(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        format: str | None = None,  # noqa: A002  # what Matplotlib and Graphviz call it
        title: str | None = None,
    ) -> Picture:
        """Draw the flow; with a path, write it there as its suffix says (svg, png, pdf or dot).  See `dp.draw`."""
        return draw(self, path, format=format, title=title)

    def dot(self, *, title: str | None = None) -> Digraph:
        """The flow's diagram as a `graphviz.Digraph`, to be extended.  See `dp.dot`."""
        return dot(self, title=title)

    def explain(self, name: str | Node, style: Style = "text", *, numbers: bool = True) -> str:
        """How the gradient of a node comes about: formula, both passes step by step, chain rule.  See `dp.explain`."""
        return explain(self, name, style, numbers=numbers)

    def _repr_svg_(self) -> str:
        return self.draw().svg


def backprop(
    of: Node,
    feeds: Mapping[Any, ArrayLike] | None = None,
    parameters: Mapping[Any, ArrayLike] | None = None,
    wrt: Iterable[Node | str] | Node | str | None = None,
    *,
    on_nonfinite: OnNonFinite = "warn",
) -> Flow:
    """Run forward in topological order, then backward in reverse, and record all of it.

    Parameters
    ----------
    of : Node
        What to differentiate: a loss.  Where it is not a scalar, the gradient is that of its sum.
    feeds : mapping, optional
        An array for each input, by name or node.
    parameters : mapping, optional
        A value for each parameter; those left out start where their initialiser says.
    wrt : nodes or names, optional
        With respect to what; without it, the parameters (where there are none, the floating inputs).
    on_nonfinite : {"warn", "raise", "ignore"}
        What to do about a NaN or an infinity in any value or gradient.

    Raises
    ------
    FeedError
        For a feed that is missing, unknown, or of the wrong shape or dtype; nothing has run then.
    GradientError, RuleError
        As `dp.gradient`.
    NonFiniteError
        With `on_nonfinite="raise"`; its `flow` attribute holds what was recorded.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x, w = g.input("x", (2,)), g.parameter("w", (2,), initial=[3.0, 4.0])
    >>> flow = dp.backprop((x * w).sum(), {"x": [1, 2]}, wrt=["w"])
    >>> flow.gradients["w"].tolist()
    [1.0, 2.0]
    """
    check_choice(on_nonfinite)
    flow = Flow(*record(prepared(of, targets_of(of, wrt)), feeds, parameters))
    if flow.nonfinite is not None:
        tell(str(flow.nonfinite), on_nonfinite, flow)
    return flow
