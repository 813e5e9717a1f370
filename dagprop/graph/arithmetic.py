"""What Python's operators make of a node: NumPy's mixin passes them to NumPy's functions.

The stub beside this module says that what they make is a node, where NumPy's says Any.  It tells nothing of
`__array__`, with which a type checker would take a node for an array, and `np.ones(3) - node` for one too.
"""

from __future__ import annotations

from typing import Any, NoReturn

from numpy.lib.mixins import NDArrayOperatorsMixin

from dagprop.errors import OperandError


class Arithmetic(NDArrayOperatorsMixin):
    """Arithmetic, comparisons and logic of a node, each an operator of the graph; and that it is no array."""

    __slots__ = ()
    __hash__ = object.__hash__  # `==` adds a node; identity is what a dict goes by
    name: str

    # A node is never written to: `y += 1` makes `y` another name for the node `y + 1`, as it does for a number.
    __iadd__ = NDArrayOperatorsMixin.__add__
    __isub__ = NDArrayOperatorsMixin.__sub__
    __imul__ = NDArrayOperatorsMixin.__mul__
    __itruediv__ = NDArrayOperatorsMixin.__truediv__
    __ifloordiv__ = NDArrayOperatorsMixin.__floordiv__
    __imod__ = NDArrayOperatorsMixin.__mod__
    __imatmul__ = NDArrayOperatorsMixin.__matmul__
    __iand__ = NDArrayOperatorsMixin.__and__
    __ior__ = NDArrayOperatorsMixin.__or__
    __ixor__ = NDArrayOperatorsMixin.__xor__

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise OperandError(
            f"the node {self.name!r} is not an array: it has a value only when the graph is run. "
            "Use dp.forward(node, feeds), or a NumPy function that has an operator (`dagprop ops` lists them)"
        )
