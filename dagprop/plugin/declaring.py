r"""How operators are declared: the two decorators, and what their rules speak of.

    @dp.elementwise(latex=r"\log(1 + e^{{{x}}})")
    def softplus(x):
        return np.logaddexp(x, 0)

    @softplus.derivative
    def _(x):
        return dp.sigmoid(x)

Positional parameters are operands (arrays), keyword-only parameters are attributes (plain values).  A pack of
operators imports this floor and other packs, and nothing else of dagprop.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict, Unpack, overload

import numpy as np

from dagprop.dimension import Dim, Dimension, Shape
from dagprop.errors import ArgumentError, suggestion
from dagprop.plugin.operator import Operator
from dagprop.plugin.rule import Value
from dagprop.plugin.signs import Sign
from dagprop.spec import Spec, broadcast, meet

__all__ = [
    "Dim", "Dimension", "Operator", "Shape", "Spec", "Value", "broadcast", "elementwise", "meet", "operator",
]  # fmt: skip


class Options(TypedDict, total=False):
    """What a decorator may be told: see `elementwise`."""

    numpy: Sequence[Callable[..., Any]]
    singular: bool | Callable[..., bool]
    view: bool
    reduces: np.ufunc | None
    repeats: bool
    reshapes: bool
    advice: str
    sign: Sign | None
    conditions: Sequence[int]
    latex: str
    text: str
    binding: str


@overload
def elementwise(function: Callable[..., Any], /, **options: Unpack[Options]) -> Operator: ...
@overload
def elementwise(**options: Unpack[Options]) -> Callable[[Callable[..., Any]], Operator]: ...
def elementwise(function: Callable[..., Any] | None = None, /, **options: Unpack[Options]) -> Any:
    r"""Make an elementwise operator of a NumPy function, or of a ufunc as it is.

    Its result at an element depends on the operands' values at that element alone; the engine broadcasts.

    Parameters
    ----------
    function : callable
        Positional parameters are operands, keyword-only parameters attributes.
    numpy : sequence of NumPy functions, optional
        The functions that it answers when they are called on nodes; a ufunc made an operator answers itself.
    singular : bool, or function of the operand nodes, optional
        The derivative may be infinite or NaN (√ at 0); a gradient of exactly 0 then stays 0 there.
    view, reduces, repeats, reshapes, advice : optional
        Facts that programs and reports use: see `Operator`.
    latex, text, binding : str, optional
        The notation, e.g. `latex=r"\frac{{{x}}}{{{y}}}"`, and how tightly it binds.
    sign : Sign, optional
        The notation as a whole: of `dagprop.plugin.signs`, where the operator is an operation of algebra.
    conditions : sequence of int, optional
        The slots of the operands that are conditions.

    Examples
    --------
    >>> @elementwise
    ... def double(x):
    ...     return 2 * x
    >>> double(np.array([1.0, 2.0])).tolist()
    [2.0, 4.0]
    """
    return _make(function, options, elementwise=True)


@overload
def operator(function: Callable[..., Any], /, **options: Unpack[Options]) -> Operator: ...
@overload
def operator(**options: Unpack[Options]) -> Callable[[Callable[..., Any]], Operator]: ...
def operator(function: Callable[..., Any] | None = None, /, **options: Unpack[Options]) -> Any:
    """Make an operator of a NumPy function whose rule is not per element.  Options as for `elementwise`.

    Examples
    --------
    >>> @operator
    ... def total(x, *, axis=None):
    ...     return np.sum(x, axis=axis)
    >>> total.signature
    'total(x, *, axis=None)'
    """
    return _make(function, options, elementwise=False)


def _make(function: Callable[..., Any] | None, options: Mapping[str, Any], *, elementwise: bool) -> Any:
    for name in options:
        if name not in Options.__annotations__:
            hint = suggestion(name, Options.__annotations__)
            raise ArgumentError(f"an operator has no option {name!r}. {hint}".strip())
    if function is None:
        return lambda function: _make(function, options, elementwise=elementwise)
    if isinstance(function, np.ufunc):
        module = sys._getframe(2).f_globals["__name__"]  # a ufunc does not know who made it an operator
        return Operator(function, elementwise=elementwise, module=module, **{"numpy": (function,), **options})
    return Operator(function, elementwise=elementwise, **options)
