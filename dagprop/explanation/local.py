"""Local derivatives as formulas, read off the operators' own rules.

A piece of the graph is rebuilt with its operands as inputs, something unknown arrives (`g`), and the engine
differentiates.  Where what comes back is g times something, that something is the derivative: ∂z/∂w = X from
Xᵀ g.  Where it is not (softmax mixes the elements of g), the formula in g is what there is to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from dagprop.arguments import instance, word
from dagprop.derivatives.backward import differentiate
from dagprop.dimension import Shape
from dagprop.graph.graph import Graph, graph_of
from dagprop.graph.node import CONSTANT, Edge, Node
from dagprop.notation.algebra import tidied
from dagprop.notation.formula import STYLES, Style, Term, latex_name, number, render
from dagprop.notation.reading import leaf, term
from dagprop.operators.structure import output
from dagprop.plugin.signs import ADD, DIVIDE, HADAMARD, MATMUL, MULTIPLY, NEGATIVE, SUBTRACT, TOTAL, TRANSPOSE
from dagprop.run.recording import Recording

LIMIT = 400
"""How many symbols a local derivative may hold: what a rule makes on the way has no name to go by instead."""

ELLIPSIS = Term(text="…", latex=r"\dots")
ARRIVING = Term(text="g", latex="g", attributes={"arriving": True})


def _cut(node: Node) -> Term:
    return replace(ELLIPSIS, shape=node.shape)


class LocalDerivative(NamedTuple):
    """∂target/∂source as a formula.

    `text` and `latex` are whole equations, `∂z0/∂w0 = X`; where the derivative is no factor, what arriving `g`
    is turned into: `∂p/∂z: g ↦ p ⊙ (g − Σ (g ⊙ p))`.
    """

    source: str
    target: str
    formula: Term
    is_factor: bool

    def written(self, style: Style = "text") -> str:
        """The equation, as text or LaTeX."""
        word("style", style, STYLES)
        left, right = partial(self.target, self.source, style), render(self.formula, style)
        if self.is_factor:
            return f"{left} = {right}"
        return f"{left}: g ↦ {right}" if style == "text" else rf"{left}:\; g \mapsto {right}"

    @property
    def text(self) -> str:
        """The equation as text."""
        return self.written("text")

    @property
    def latex(self) -> str:
        """The equation as LaTeX."""
        return self.written("latex")


def partial(of: str, wrt: str, style: Style = "text") -> str:
    r"""The sign of a partial derivative.

    >>> print(partial("E", "w0"), partial("E", "w0", "latex"))
    ∂E/∂w0 \frac{\partial E}{\partial w_{0}}
    """
    if style == "text":
        return f"∂{of}/∂{wrt}"
    return rf"\frac{{\partial {latex_name(of)}}}{{\partial {latex_name(wrt)}}}"


def local_derivatives(subject: Graph | Recording | Node) -> dict[Edge, LocalDerivative]:
    """The local derivative of every edge, by (source, target, slot).

    Parameters
    ----------
    subject : Graph, Recording or Node
        A graph's edges; those that a recorded run went through; or those that lead into one node.

    Returns
    -------
    dict
        Edges along which no gradient can flow (from constants, integers, operators without a rule) have none.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> z = (g.input("x") * g.parameter("w", ())).named("z")
    >>> [d.text for d in local_derivatives(g).values()]
    ['∂z/∂x = w', '∂z/∂w = x']
    """
    instance("subject", subject, (Graph, Recording, Node), "a graph, a recorded run or a node")
    if isinstance(subject, Node):
        graph_of(subject)
    nodes: Iterable[Node] = (
        [subject] if isinstance(subject, Node) else subject.nodes if isinstance(subject, Recording) else subject
    )
    found = {}
    for node in nodes:
        if node.operator is None or node.operator.rule is None or not node.differentiable:
            continue
        slots = [slot for slot, operand in enumerate(node.operands) if _varies(operand)]
        for slot, derivative in zip(slots, _derivatives(node, lambda _: True, slots), strict=True):
            found[Edge(node.operands[slot].name, node.name, slot)] = derivative
    return found


def partial_derivatives(node: Node) -> dict[str, LocalDerivative]:
    """The partial derivatives of a node's equation, by the name of the operand.

    The equation is the one `equation` writes: nodes that dagprop named are part of it, and every other node in
    it is a variable of its own.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> X, w, b = g.input("X", ("n", 3)), g.parameter("w0", (3, 2)), g.parameter("b0", (2,))
    >>> z = (X @ w + b).named("z0")
    >>> [d.text for d in partial_derivatives(z).values()]
    ['∂z0/∂X = w0', '∂z0/∂w0 = X', '∂z0/∂b0 = 1']
    """
    graph_of(node, "node")
    return {derivative.source: derivative for derivative in _derivatives(node, is_landmark, None)}


def is_landmark(node: Node) -> bool:
    """Whether formulas call the node by its name."""
    return node.operator is None or not node.automatic


def _varies(node: Node) -> bool:
    return node.kind != CONSTANT and node.differentiable


class _Piece:
    """A piece of a graph rebuilt in a graph of its own, its operands as inputs."""

    def __init__(self, node: Node, is_operand: Callable[[Node], bool], apart: bool) -> None:
        self.graph = Graph(dtype=node.dtype)
        self.of: dict[Node, Node] = {}
        self.operands: list[tuple[Node, Node]] = []
        made: dict[Node, Node] = {}
        inside, stack = {node}, [node]
        while stack:
            for operand in stack.pop().operands:
                if operand not in inside and (operand.ports or not is_operand(operand)):
                    inside.add(operand)
                    stack.append(operand)
        for n in sorted(inside, key=lambda n: n.index):
            assert n.operator is not None
            if n.operator is output:
                made[n] = self.graph.ports_of(made[n.operands[0]])[n.attributes["port"]]
                continue
            operands = []
            for operand in n.operands:
                if operand not in made or (apart and operand not in inside):
                    made[operand] = self._leaf(operand)
                operands.append(made[operand])
            result = self.graph.apply(n.operator, operands, n.attributes)
            made[n] = result[0].operands[0] if n.ports else result
        self.node = made[node]
        self.of[self.node] = node
        self.operands.sort(key=lambda pair: pair[1].index)

    def _leaf(self, node: Node) -> Node:
        if node.kind == CONSTANT:
            made = self.graph.constant(node.value)
        else:
            made = self.graph.input(f"x{len(self.operands)}", node.shape, node.dtype)
            self.operands.append((node, made))
        self.of[made] = node
        return made


def _derivatives(node: Node, is_operand: Callable[[Node], bool], slots: Sequence[int] | None) -> list[LocalDerivative]:
    """∂node/∂operand for the operands at these slots, or for all operands of a piece that vary."""
    if node.operator is None or node.ports or not node.differentiable or slots == []:
        return []
    piece = _Piece(node, is_operand, apart=slots is not None)
    if slots is None:
        pairs = [(n, made) for n, made in piece.operands if _varies(n)]
    else:
        pairs = [(node.operands[slot], piece.node.operands[slot]) for slot in slots]
    arriving = piece.graph.input("g", node.shape, node.dtype)
    backward = differentiate(piece.node, [made for _, made in pairs], piece.graph, arriving)

    def shown(n: Node) -> Term | None:
        original = piece.of.get(n)
        if original is None:
            return replace(ARRIVING, shape=node.shape) if n is arriving else None
        return leaf(original) if original is not node or is_landmark(node) or slots is not None else None

    found = []
    for original, made in pairs:
        formula = term(backward.adjoints[made], shown, tidy=True, limit=LIMIT, cut=_cut)
        factor = factor_of(formula)
        found.append(
            LocalDerivative(original.name, node.name, formula if factor is None else factor, factor is not None)
        )
    return found


# ---- what g is multiplied by --------------------------------------------------------------------------------------


def _arriving(x: Term) -> int:
    """How often g occurs."""
    if x.sign is None:
        return int("arriving" in x.attributes)
    return sum(map(_arriving, x.operands))


def factor_of(formula: Term, *, last: bool = True) -> Term | None:
    """What the arriving gradient is multiplied by, where the formula is one product; None where it is not.

    Multiplying by a matrix goes back as its transpose, and broadcasting as a sum that is the last thing done:
    undone here, Xᵀ g is X and Σ g is 1.  Any other sum (`last` is False for it) mixes the elements of g.
    """
    sign = formula.sign
    if sign is None:
        return number(1) if "arriving" in formula.attributes else number(0) if formula.number == 0 else None
    if formula.is_a(ADD, SUBTRACT):
        last = last and all(operand.is_a(TOTAL) for operand in formula.operands)
        factors = [factor_of(operand, last=last) for operand in formula.operands]
        whole = tuple(factor for factor in factors if factor is not None)
        return tidied(sign, whole, {}, formula.shape) if len(whole) == len(factors) else None
    holding = [slot for slot, operand in enumerate(formula.operands) if _arriving(operand)]
    if len(holding) != 1 or (formula.is_a(TOTAL) and not last):
        return None
    (slot,) = holding
    others = [operand for i, operand in enumerate(formula.operands) if i != slot]
    inner = factor_of(formula.operands[slot], last=last and all(other.number is not None for other in others))
    if inner is None:
        return None
    if formula.is_a(TOTAL):
        return inner
    if formula.is_a(NEGATIVE, DIVIDE) and slot == 0:
        return tidied(sign, (inner, *others), {}, formula.shape)
    if formula.is_a(MULTIPLY, HADAMARD):
        return _times(inner, others[0], formula.shape)
    if formula.is_a(MATMUL) and inner.number is not None:
        return _times(inner, tidied(TRANSPOSE, (others[0],), {}, others[0].shape), formula.shape)
    return None


def _times(x: Term, y: Term, shape: Shape) -> Term:
    return tidied(MULTIPLY, (x, y), {}, shape)
