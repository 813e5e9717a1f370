"""Rules run on symbols: what computes numbers from arrays writes equations from SymPy's symbols.

Nothing here differentiates.  The rules are NumPy code, NumPy's dispatch protocols hand each call to the operator that
answers it, and that says what it is in symbols (`op.symbol`), or its forward rule does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from functools import cache
from typing import Any

import numpy as np

from dagprop.derivatives.backward import differentiate
from dagprop.errors import DagpropError, OperandError, missing_extra, reason
from dagprop.graph.graph import graph_of
from dagprop.graph.node import CONSTANT, Node
from dagprop.graph.order import ancestors
from dagprop.plugin.operator import Operator
from dagprop.plugin.standin import StandIn
from dagprop.spec import Spec


class Symbolic(StandIn):
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

    def __init__(self, expression: Any) -> None:
        sympy = _sympy()
        self.expression = (
            sympy.Symbol(expression, real=True) if isinstance(expression, str) else _expression(expression)
        )
        self.spec = Spec((), bool if _is_condition(self.expression) else np.float64)

    def __dagprop_apply__(self, operator: Operator, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Symbolic:
        return _applied(operator, operands, attributes)

    def astype(self, _: Any) -> Symbolic:
        """The same as a number: 1 where a condition holds, 0 elsewhere."""
        return Symbolic(_number(self.expression))

    def __bool__(self) -> bool:
        return bool(self.expression)

    def __repr__(self) -> str:
        return str(self.expression)


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
    graph_of(node, "node")
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
    graph = graph_of(of, "of")
    targets = graph.resolve_all(wrt)
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
    operator = node.operator
    if operator is None:
        return Symbolic(node.name)
    mixes = not operator.elementwise and not operator.repeats
    if mixes and any(operand.shape for operand in node.operands):
        raise OperandError(f"{node.name!r} mixes elements ({operator.name}): its symbol is not one expression")
    return _applied(operator, [made[operand] for operand in node.operands], node.attributes)


# ---- operators in symbols -----------------------------------------------------------------------------------------

_running: ContextVar[Operator | None] = ContextVar("running", default=None)
"""The operator whose forward rule is being run: where it calls what it answers itself, it says nothing new."""


def _applied(operator: Operator, operands: Sequence[Any], attributes: Mapping[str, Any]) -> Symbolic:
    """An operator applied to symbols: what it says itself, or what its forward rule makes of them."""
    rule = Operator.symbol[operator]
    if rule is not None:
        expressions = [
            _expression(operand) if slot in operator.conditions else _number(_expression(operand))
            for slot, operand in enumerate(operands)
        ]
        said = rule(_sympy(), *expressions, attributes=attributes)
        if not isinstance(said, _sympy().Basic | int | float | Symbolic):
            raise rule.wrong(f"returned {said!r:.60}, no expression")
        return _wrapped(said)
    if operator.ufunc is not None or operator is _running.get():
        raise _refused(operator, "its rule is a function of arrays")
    token = _running.set(operator)
    try:
        expand = Operator.expand[operator]
        if expand is not None:
            return _wrapped(expand(*operands, attributes=attributes))
        return _wrapped(operator.forward(*operands, **attributes))
    except DagpropError:
        raise
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise _refused(operator, f"its rule takes no symbols, {reason(error)}") from error
    finally:
        _running.reset(token)


def _refused(operator: Operator, why: str) -> OperandError:
    return OperandError(
        f"{operator.described}, has no expression in symbols, each of which is one number: {why}. "
        f"`@{operator.name}.symbol` declares one"
    )


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


def _is_condition(expression: Any) -> bool:
    sympy = _sympy()
    logic = sympy.logic.boolalg
    return isinstance(expression, logic.BooleanAtom | logic.BooleanFunction | sympy.core.relational.Relational)


def _number(expression: Any) -> Any:
    """The expression as a number: a condition is 1 where it holds and 0 elsewhere."""
    return _sympy().Piecewise((1, expression), (0, True)) if _is_condition(expression) else expression
