"""Rules run on symbols: what computes numbers from arrays writes equations from SymPy's symbols.

Nothing here differentiates.  The rules are NumPy code, NumPy's dispatch protocols hand each call to the operand,
and this operand answers with SymPy's expression for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from dagprop.derivatives.backward import differentiate
from dagprop.errors import OperandError, missing_extra
from dagprop.graph.graph import graph_of
from dagprop.graph.node import CONSTANT, Node
from dagprop.graph.order import ancestors
from dagprop.notation.reading import built_in
from dagprop.operators.structure import dimension
from dagprop.plugin.operator import Operator


class Symbolic(NDArrayOperatorsMixin):
    """A SymPy expression that NumPy code and operators take for a number.

    Parameters
    ----------
    expression : str or SymPy expression
        A name makes a real symbol.

    Raises
    ------
    MissingExtraError
        Where SymPy is not installed.

    Examples
    --------
    >>> import dagprop as dp
    >>> x = Symbolic("x")
    >>> dp.sigmoid(x)
    1/(1 + exp(-x))
    >>> 3 * x**4 + np.exp(x)
    3*x**4 + exp(x)
    """

    shape: tuple[int, ...] = ()
    ndim, size, dtype = 0, 1, np.dtype(np.float64)
    __array_priority__ = 1000
    __hash__ = object.__hash__

    def __init__(self, expression: Any) -> None:
        sympy = _sympy()
        self.expression = (
            sympy.Symbol(expression, real=True) if isinstance(expression, str) else _expression(expression)
        )

    def __dagprop_apply__(self, operator: Operator, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Symbolic:
        meaning = _meanings().get(operator.name) if built_in(operator) else None
        if meaning is not None:
            return Symbolic(meaning(*map(_expression, operands)))
        return _wrapped(operator.forward(*operands, **attributes))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **_: Any) -> Symbolic:
        if method != "__call__":
            raise OperandError(f"np.{ufunc.__name__}.{method} has no meaning for a symbol, which is one number")
        return self._answer(ufunc, operands)

    def __array_function__(
        self,
        function: Callable[..., Any],
        types: Iterable[type],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Symbolic:
        if function.__name__ in ALONE:
            return _wrapped(args[0])
        if function in (np.ones_like, np.zeros_like):
            return Symbolic(int(function is np.ones_like))
        if function is np.full_like:
            return _wrapped(args[1])
        return self._answer(function, args)

    def _answer(self, function: Callable[..., Any], operands: Sequence[Any]) -> Symbolic:
        meaning = _meanings().get(function.__name__)
        if meaning is None:
            raise OperandError(f"np.{function.__name__} has no meaning for a symbol, which is one number")
        return Symbolic(meaning(*map(_expression, operands)))

    def astype(self, _: Any) -> Symbolic:
        """The same as a number: 1 where a condition holds, 0 elsewhere."""
        return Symbolic(_number(self.expression))

    def __bool__(self) -> bool:
        return bool(self.expression)

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise OperandError(f"the symbol {self.expression} is not an array")

    def __repr__(self) -> str:
        return str(self.expression)


ALONE = {
    "sum", "mean", "prod", "max", "min", "reshape", "broadcast_to", "transpose", "swapaxes", "expand_dims",
    "squeeze", "ravel", "cumsum", "cumprod",
}  # fmt: skip
"""Functions that leave a single number as it is."""


def symbolic(node: Node) -> Any:
    """The SymPy expression of a node whose graph works element by element: names become symbols.

    Parameters
    ----------
    node : Node
        Arrays are read per element; operators that mix elements (a matrix product, a sum) are refused unless
        their operands are single numbers.

    Returns
    -------
    sympy.Expr
        Constants are rationals where they are close to one.

    Raises
    ------
    OperandError
        For an operator that mixes elements, or whose rule uses a function without a meaning here.
    MissingExtraError
        Where SymPy is not installed.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x = g.input("x")
    >>> symbolic(0.5 * (x - 1) ** 2)
    (x - 1)**2/2
    """
    return _symbolic([node])[0]


def symbolic_gradient(of: Node, wrt: Node | str | Sequence[Node | str]) -> Any:
    """∂of/∂wrt as a SymPy expression, from the operators' own derivative rules; a list for several.

    A factor common to all terms is taken out where that makes the expression shorter.

    Raises
    ------
    OperandError, MissingExtraError
        As `symbolic`.
    GradientError
        As `dp.gradient`.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> x = g.input("x")
    >>> symbolic_gradient((x**2 + x) ** 3, x), symbolic_gradient(3 * x**4 + 2 * x**2, x)
    (3*(2*x + 1)*(x**2 + x)**2, 12*x**3 + 4*x)
    """
    if isinstance(wrt, Node | str):
        return symbolic_gradient(of, [wrt])[0]
    sympy = _sympy()
    graph = graph_of(of)
    targets = [graph.resolve(node) for node in wrt]
    adjoints = differentiate(of, targets, graph.extension()).adjoints
    found = _symbolic([adjoints[node] for node in targets])
    return [min(e, sympy.gcd_terms(e), key=sympy.count_ops) for e in found]


def _symbolic(nodes: Sequence[Node]) -> list[Any]:
    made: dict[Node, Symbolic] = {}
    for node in ancestors(nodes):
        try:
            made[node] = _made(node, made)
        except RecursionError:
            raise OperandError(f"the expression of {node.name!r} is nested too deeply for SymPy") from None
    return [_number(made[node].expression) for node in nodes]


def _made(node: Node, made: Mapping[Node, Symbolic]) -> Symbolic:
    """The node in symbols, from its operands in symbols."""
    if node.kind == CONSTANT:
        if node.value.ndim:
            raise OperandError(f"the constant {node.name!r} is an array: a symbol stands for one number")
        return Symbolic(node.value.item())
    if node.operator is None or node.operator is dimension:
        return Symbolic(node.name if node.operator is None else str(node.attributes["size"]))
    mixes = not node.operator.elementwise and node.operator.name != "broadcast_to"
    if mixes and any(operand.shape for operand in node.operands):
        raise OperandError(f"{node.name!r} mixes elements ({node.operator.name}): its symbol is not one expression")
    operands = [made[operand] for operand in node.operands]
    return operands[0].__dagprop_apply__(node.operator, operands, node.attributes)


# ---- what NumPy's functions mean ----------------------------------------------------------------------------------


@cache
def _sympy() -> Any:
    try:
        import sympy
    except ImportError:
        raise missing_extra("sympy", "symbols", "Mathematics with symbols") from None
    return sympy


def _wrapped(value: Any) -> Symbolic:
    return value if isinstance(value, Symbolic) else Symbolic(value)


def _expression(value: Any) -> Any:
    """SymPy's expression for an operand of NumPy code; numbers as rationals where they are close to a simple one."""
    sympy = _sympy()
    if isinstance(value, Symbolic):
        return value.expression
    if isinstance(value, sympy.Basic):
        return value
    if np.ndim(value):
        raise OperandError(f"a symbol is one number, and does not go with an array of shape {np.shape(value)}")
    plain = np.asarray(value).item()
    if isinstance(plain, bool):
        return sympy.true if plain else sympy.false
    close = sympy.nsimplify(plain, rational=True)
    return close if close.is_Rational and close.q < 10**6 else sympy.Float(plain)


def _number(expression: Any) -> Any:
    """The expression as a number: a condition is 1 where it holds and 0 elsewhere."""
    sympy = _sympy()
    logic = sympy.logic.boolalg
    if isinstance(expression, logic.BooleanAtom | logic.BooleanFunction | sympy.core.relational.Relational):
        return sympy.Piecewise((1, expression), (0, True))
    return expression


@cache
def _meanings() -> dict[str, Callable[..., Any]]:
    """SymPy's expression for a call, by the NumPy function's name."""
    s = _sympy()

    def numeric(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *operands: function(*map(_number, operands))

    def where(condition: Any, x: Any, y: Any) -> Any:
        return s.Piecewise((_number(x), condition), (_number(y), True))

    numbers: dict[str, Callable[..., Any]] = {
        "add": lambda x, y: x + y, "subtract": lambda x, y: x - y, "multiply": lambda x, y: x * y,
        "divide": lambda x, y: x / y, "power": lambda x, y: x**y, "float_power": lambda x, y: x**y,
        "negative": lambda x: -x, "positive": lambda x: x, "square": lambda x: x**2,
        "reciprocal": lambda x: 1 / x, "absolute": s.Abs, "fabs": s.Abs, "sign": s.sign, "sqrt": s.sqrt,
        "cbrt": s.cbrt, "exp": s.exp, "exp2": lambda x: 2**x, "expm1": lambda x: s.exp(x) - 1, "log": s.log,
        "log2": lambda x: s.log(x, 2), "log10": lambda x: s.log(x, 10), "log1p": lambda x: s.log(1 + x),
        "logaddexp": lambda x, y: s.log(s.exp(x) + s.exp(y)), "hypot": lambda x, y: s.sqrt(x**2 + y**2),
        "sin": s.sin, "cos": s.cos, "tan": s.tan, "arcsin": s.asin, "arccos": s.acos, "arctan": s.atan,
        "sinh": s.sinh, "cosh": s.cosh, "tanh": s.tanh, "arcsinh": s.asinh, "arccosh": s.acosh,
        "arctanh": s.atanh, "arctan2": s.atan2, "floor": s.floor, "ceil": s.ceiling,
        "maximum": s.Max, "minimum": s.Min, "fmax": s.Max, "fmin": s.Min,
        "clip": lambda x, lower, upper: s.Min(s.Max(x, lower), upper),
        "normal_cdf": lambda x: (1 + s.erf(x / s.sqrt(2))) / 2, "heaviside": s.Heaviside,
        "greater": s.Gt, "greater_equal": s.Ge, "less": s.Lt, "less_equal": s.Le, "equal": s.Eq, "not_equal": s.Ne,
    }  # fmt: skip
    conditions: dict[str, Callable[..., Any]] = {
        "logical_and": s.And, "bitwise_and": s.And, "logical_or": s.Or, "bitwise_or": s.Or, "logical_not": s.Not,
        "invert": s.Not, "logical_xor": s.Xor, "bitwise_xor": s.Xor, "where": where,
        "isnan": lambda _: s.false, "isinf": lambda _: s.false, "isfinite": lambda _: s.true,
    }  # fmt: skip
    return {**{name: numeric(function) for name, function in numbers.items()}, **conditions}
