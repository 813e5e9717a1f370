"""What Python's operators make of a node: they are passed to NumPy's functions.

The stub beside this module says that what they make is a node, where NumPy's says Any.  It tells nothing of
`__array__`, with which a type checker would take a node for an array, and `np.ones(3) - node` for one too.
"""

from __future__ import annotations

from typing import Any, NoReturn

from dagprop.errors import OperandError
from dagprop.plugin.standin import StandIn


class Arithmetic(StandIn):
    """Arithmetic, comparisons and logic of a node, each an operator of the graph; and that it is no array."""

    __slots__ = ()
    name: str

    # A node is never written to: `y += 1` makes `y` another name for the node `y + 1`, as it does for a number.
    __iadd__ = StandIn.__add__
    __isub__ = StandIn.__sub__
    __imul__ = StandIn.__mul__
    __itruediv__ = StandIn.__truediv__
    __ifloordiv__ = StandIn.__floordiv__
    __imod__ = StandIn.__mod__
    __imatmul__ = StandIn.__matmul__
    __iand__ = StandIn.__and__
    __ior__ = StandIn.__or__
    __ixor__ = StandIn.__xor__

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise OperandError(
            f"the node {self.name!r} is not an array: it has a value only when the graph is run. "
            "Use dp.forward(node, feeds), or a NumPy function that has an operator (`dagprop ops` lists them)"
        )
