"""What NumPy code takes for an array and is none: a node, a symbol, a formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from dagprop.dimension import Dimension, Shape
from dagprop.errors import OperandError
from dagprop.plugin.registry import registry
from dagprop.spec import Spec


class Specified:
    """What has a `spec`, and says of its shape and dtype what an array says."""

    __slots__ = ()
    spec: Spec

    @property
    def shape(self) -> Shape:
        """The shape: ints, and a `Dim` where a feed will settle it."""
        return self.spec.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype."""
        return self.spec.dtype

    @property
    def ndim(self) -> int:
        """How many dimensions."""
        return len(self.spec.shape)

    @property
    def size(self) -> Dimension:
        """How many elements."""
        return self.spec.size


class StandIn(Specified, NDArrayOperatorsMixin):
    """Stands in for an array: NumPy's protocols (NEP 13 and NEP 18) hand each call to the operator that answers it.

    What an operator makes of it, it says in `__dagprop_apply__`.
    """

    __slots__ = ()
    __array_priority__ = 1000
    __hash__ = object.__hash__  # `==` is an operator too; identity is what a dict goes by

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            raise OperandError(
                f"np.{ufunc.__name__}.{method} of {self!r} has no operator; "
                "np.sum, np.prod, np.max, np.min and np.outer have"
            )
        return registry.answering(ufunc)(*operands, **kwargs)

    def __array_function__(
        self,
        function: Callable[..., Any],
        types: Iterable[type],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Any:
        known = _KNOWN.get(function)
        return registry.answering(function)(*args, **kwargs) if known is None else known(*args, **kwargs)

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise OperandError(f"{self!r} is not an array")


_KNOWN: Mapping[Callable[..., Any], Callable[..., Any]] = {
    np.ndim: lambda a: a.ndim,
    np.shape: lambda a: a.shape,
    np.size: lambda a, axis=None: a.size if axis is None else a.shape[axis],
}
"""What NumPy asks about an array that is answered at once, from the shape."""
