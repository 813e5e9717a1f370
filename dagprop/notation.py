"""Notation: nodes read as mathematics, in the user's own names, as text and as LaTeX.

A formula is a small tree of `Term`s.  Each operator brings its own sign (`text`, `latex`, `binding`); what can
only be said with shapes known (a transpose, the axes a sum runs over) is said here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from dagprop.node import CONSTANT, Node
from dagprop.operator import FUNCTION, POWER, PRODUCT, SUM, Operator
from dagprop.spec import Dim, Shape

Style: TypeAlias = Literal["text", "latex"]

LIMIT = 40
"""How many symbols a formula may hold before its largest parts go by their nodes' names."""

TIGHTNESS = {SUM: 0, PRODUCT: 1, POWER: 2, FUNCTION: 3}
GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


class Sign(NamedTuple):
    """How an operator is written: format strings over its operands' names, and how tightly they bind."""

    name: str
    operands: tuple[str, ...]
    text: str
    latex: str
    binding: str = FUNCTION
    variadic: bool = False


@dataclass(frozen=True, eq=False)
class Term:
    """A formula as a tree: a symbol, a number, or a sign applied to terms."""

    sign: Sign | None = None
    operands: tuple[Term, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    shape: Shape = ()
    text: str = ""
    latex: str = ""
    number: float | None = None
    size: int = 1

    def is_a(self, *names: str) -> bool:
        """Whether it is one of these signs applied."""
        return self.sign is not None and self.sign.name in names


Maker: TypeAlias = Callable[[Sign, tuple[Term, ...], Mapping[str, Any], Shape], Term]


# ---- leaves -----------------------------------------------------------------------------------------------------


def symbol(name: str, shape: Shape = ()) -> Term:
    """A name as a symbol: `w0` is w₀ in LaTeX, `theta` is θ."""
    return Term(shape=shape, text=name, latex=latex_name(name))


def number(value: float) -> Term:
    """A number as a term.

    >>> number(3.0).text, number(-0.5).text, number(1e-5).latex
    ('3', '−0.5', '10^{-5}')
    """
    plain = (
        f"{value:.6g}"
        if value == value and abs(value) != np.inf
        else {"inf": "∞", "-inf": "-∞"}.get(str(float(value)), "NaN")
    )
    mantissa, _, exponent = plain.partition("e")
    latex = plain.replace("∞", r"\infty")
    if exponent:
        power = f"10^{{{int(exponent)}}}"
        latex = power if mantissa == "1" else rf"{mantissa} \cdot {power}"
    return Term(text=plain.replace("-", "−", 1) if plain[0] == "-" else plain, latex=latex, number=float(value))


def latex_name(name: str) -> str:
    r"""A name as LaTeX: one letter and an index, a Greek letter, or upright words, whatever they hold.

    >>> for name in ["w0", "theta", "layer1/z0", "loss_mean"]:
    ...     print(latex_name(name))
    w_{0}
    \theta
    \text{layer1/}z_{0}
    \text{loss\_mean}
    """
    scope, _, last = name.translate(SUBSCRIPTS).rpartition("/")
    before = rf"\text{{{escape(scope)}/}}" if scope else ""
    match = re.fullmatch(r"([^\W\d_]+?)_?(\d*)('*)", last)
    letter = match[1] if match is not None else ""
    if match is not None and (len(letter) == 1 or letter in GREEK.values()):
        letter = rf"\{GREEK[letter]}" if letter in GREEK else rf"\{letter}" if len(letter) > 1 else letter
        return before + letter + (f"_{{{match[2]}}}" if match[2] else "") + match[3]
    return before + rf"\text{{{escape(last)}}}"


def escape(text: str) -> str:
    """Text that LaTeX shows as it is."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(special.get(c, rf"\{c}" if c in "&%$#_{}" else c) for c in text)


# ---- a node as a term -------------------------------------------------------------------------------------------


def auto_named(node: Node) -> bool:
    """Whether dagprop named the node, so that a formula may say what it is rather than its name.

    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> auto_named(g.input("x") + 1), auto_named((g["x"] + 2).named("y"))
    (True, False)
    """
    stem = "constant" if node.kind == CONSTANT else node.operator.name if node.operator is not None else None
    if stem is None:
        return False
    last = node.name.rpartition("/")[2]
    return bool(re.fullmatch(rf"{re.escape(stem)}_\d+", last)) or stem == "output"


def leaf(node: Node) -> Term:
    """A node by its name; a number where it is one."""
    if node.kind == CONSTANT and node.value.ndim == 0 and auto_named(node):
        return number(node.value.item())
    return symbol(node.name, node.shape)


def sign_of(operator: Operator) -> Sign:
    """The sign that an operator declares; without one it is written as a function."""
    return Sign(operator.name, operator.operands, operator.text, operator.latex, operator.binding, operator.variadic)


def built_in(operator: Operator) -> bool:
    """Whether a pack of dagprop's own brings the operator."""
    return operator.__module__.startswith("dagprop.operators.")


def applied(sign: Sign, operands: tuple[Term, ...], attributes: Mapping[str, Any], shape: Shape) -> Term:
    """The sign applied to the operands, nothing changed."""
    return Term(sign, operands, attributes, shape, size=1 + sum(operand.size for operand in operands))


def term(
    node: Node,
    shown: Callable[[Node], Term | None] | None = None,
    make: Maker = applied,
    limit: int = LIMIT,
) -> Term:
    """The formula of a node.

    Parameters
    ----------
    node : Node
        Its operator is always written out.
    shown : callable, optional
        The term for a node that goes by a name, None for one to write out; without it, nodes that dagprop
        named are written out.
    make : callable, optional
        Makes the term of a sign applied to terms: it may tidy.
    limit : int, optional
        The largest formula: past it, the largest parts go by their nodes' names.
    """
    shown = shown or (lambda n: None if auto_named(n) else leaf(n))
    if node.operator is None:
        return shown(node) or leaf(node)
    made: dict[Node, Term] = {}
    inside, stack = {node}, [node]
    while stack:
        for operand in stack.pop().operands:
            if operand in inside or operand in made:
                continue
            known = shown(operand) or (leaf(operand) if operand.operator is None else None)
            if known is not None:
                made[operand] = known
            else:
                inside.add(operand)
                stack.append(operand)
    for n in sorted(inside, key=lambda n: n.index):
        parts = [made[operand] for operand in n.operands]
        while sum(part.size for part in parts) >= limit and max(part.size for part in parts) > 1:
            largest = max(range(len(parts)), key=lambda i: parts[i].size)
            parts[largest] = leaf(n.operands[largest])
        sign, attributes = read(n)
        made[n] = make(sign, tuple(parts), attributes, n.shape)
    return made[node]


def read(node: Node) -> tuple[Sign, Mapping[str, Any]]:
    """The sign of a node's operator, where its shapes say more than the operator alone can."""
    op = node.operator
    assert op is not None
    if built_in(op):
        if op.name == "astype" and node.operands[0].dtype.kind == "b":
            return INDICATOR, {}
        if op.name in ("swapaxes", "transpose") and _transposes(node):
            return TRANSPOSE, {}
        if op.name == "sum_to":
            return TOTAL, {"over": _lost_axes(node)}
        if op.name in ("sum", "mean"):
            return (TOTAL if op.name == "sum" else MEAN), {"over": _axes(node)}
    return sign_of(op), node.attributes


TRANSPOSE = Sign("transpose", ("x",), "{x}ᵀ", "{x}^{{T}}", POWER)
INDICATOR = Sign("indicator", ("x",), "[{x:bare}]", r"\left[{x:bare}\right]")
TOTAL = Sign("total", ("x",), "Σ{over} {x}", r"\sum{over} {x}", PRODUCT)
MEAN = Sign("mean", ("x",), "mean{over}({x:bare})", r"\operatorname{{mean}}{over}\left({x:bare}\right)")


class Over(str):
    """The axes a sum runs over, an index to its sign; empty for all of them."""

    __slots__ = ()


def _over(names: Iterable[str]) -> Over:
    return Over(",".join(names))


def _transposes(node: Node) -> bool:
    """Whether the axes are those of a matrix (or a stack of them), swapped."""
    ndim = node.ndim
    if ndim < 2:
        return True
    last_two = {ndim - 1, ndim - 2}
    if "axis1" in node.attributes:
        return {node.attributes["axis1"] % ndim, node.attributes["axis2"] % ndim} == last_two
    axes = node.attributes.get("axes")
    return ndim == 2 and (axes is None or [axis % 2 for axis in axes] == [1, 0])


def _axis_name(shape: Shape, axis: int) -> str:
    n = shape[axis]
    return n.name if isinstance(n, Dim) and n.name is not None and not n.anonymous else f"axis {axis}"


def _lost_axes(node: Node) -> Over:
    (x,) = node.operands
    lead = x.ndim - node.ndim
    lost = [axis for axis in range(x.ndim) if axis < lead or (node.shape[axis - lead] == 1 != x.shape[axis])]
    return _over(() if len(lost) == x.ndim else (_axis_name(x.shape, axis) for axis in lost))


def _axes(node: Node) -> Over:
    (x,) = node.operands
    axis = node.attributes.get("axis")
    if axis is None:
        return Over()
    axes = [a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,))]
    return _over(() if len(axes) == x.ndim else (_axis_name(x.shape, a) for a in axes))


# ---- a term as a string -----------------------------------------------------------------------------------------


class _Part(NamedTuple):
    """An operand as a format string asks for it: in brackets where it must be, never with `:bare`."""

    bare: str
    bracketed: str

    def __format__(self, how: str) -> str:
        return self.bare if how == "bare" else self.bracketed


def render(term: Term, style: Style = "text", write: Callable[[Term], str] | None = None) -> str:
    """A term as text or LaTeX; `write` says what stands for a symbol, in place of its name."""
    if term.sign is None:
        return write(term) if write is not None else term.text if style == "text" else term.latex
    sign = term.sign
    inner = [render(operand, style, write) for operand in term.operands]
    parts = [
        _Part(bare, bracket(bare, style) if _needs_brackets(term, slot, bare) else bare)
        for slot, bare in enumerate(inner)
    ]
    if sign.name == "power" and style == "text" and (written := _superscript(term.operands[1])):
        return f"{parts[0]}{written}"
    if sign.name in ("multiply", "chain") and () in [operand.shape for operand in term.operands]:
        beside = term.operands[0].number is not None and not inner[1][:1].isdigit()
        dot = "·" if style == "text" else r"\cdot"
        return f"{parts[0]} {parts[1]}" if beside else f"{parts[0]} {dot} {parts[1]}"
    template = sign.text if style == "text" else sign.latex
    if not template:
        return _as_function(term, inner, style)
    names = sign.operands
    given: dict[str, Any] = dict(zip(names, parts, strict=False))
    if sign.variadic:
        given[names[-1]] = ", ".join(inner[len(names) - 1 :])
    written_attributes = {key: _attribute(value, style) for key, value in term.attributes.items()}
    return template.format(**written_attributes, **given)


def bracket(inner: str, style: Style) -> str:
    """In round brackets."""
    return f"({inner})" if style == "text" else rf"\left({inner}\right)"


def _superscript(exponent: Term) -> str:
    value = exponent.number
    return str(int(value)).translate(SUPERSCRIPTS) if value is not None and value == int(value) else ""


def _as_function(term: Term, operands: list[str], style: Style) -> str:
    assert term.sign is not None
    name = term.sign.name.rpartition(":")[2]
    name = name if style == "text" else rf"\operatorname{{{escape(name)}}}"
    attributes = [
        f"{key}={value}" if style == "text" else rf"\text{{{escape(f'{key}={value}')}}}"
        for key, value in term.attributes.items()
        if value is not None and value is not False and key not in ("shape", "dtype")
    ]
    return name + bracket(", ".join([*operands, *attributes]), style)


def _attribute(value: Any, style: Style) -> Any:
    if isinstance(value, Over):
        over = str(value) if style == "text" else rf"\text{{{escape(value)}}}"
        return "" if not value else f"_{over}" if style == "text" else f"_{{{over}}}"
    if isinstance(value, Dim):
        return str(value) if style == "text" else rf"\text{{{escape(str(value))}}}"
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    return escape(str(value)) if style == "latex" else str(value)


FAMILY = {
    "add": SUM, "subtract": SUM, "negative": SUM,
    "multiply": PRODUCT, "chain": PRODUCT, "divide": PRODUCT, "hadamard": PRODUCT, "matmul": "matmul",
}  # fmt: skip
"""Signs that may stand beside one another without brackets."""


def _needs_brackets(parent: Term, slot: int, written: str) -> bool:
    """Whether an operand must stand in brackets, to be read as it was meant."""
    child, sign = parent.operands[slot], parent.sign
    assert sign is not None
    negative_number = child.sign is None and written.startswith(("-", "−"))
    binding = child.sign.binding if child.sign is not None else SUM if negative_number else FUNCTION
    outer, inner = TIGHTNESS[sign.binding], TIGHTNESS[binding]
    if inner != outer or sign.binding == FUNCTION:
        return inner < outer
    if sign.name == "total":
        return False
    family = FAMILY.get(child.sign.name) if child.sign is not None else SUM
    if family is None or family != FAMILY.get(sign.name) or sign.name == "negative":
        return True
    if slot == 0:
        return False
    return negative_number or child.is_a("negative") or sign.name in ("subtract", "divide")


def equation(node: Node, style: Style = "text") -> str:
    """A node's equation in the user's names: nodes that dagprop named are written out, not mentioned.

    Parameters
    ----------
    node : Node
        Any node; a leaf is its own name.
    style : {"text", "latex"}
        Plain text with Unicode signs, or LaTeX for mathematics mode.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph()
    >>> X, w, b = g.input("X", ("n", 3)), g.parameter("w0", (3, 2)), g.parameter("b0", (2,))
    >>> z = (X @ w + b).named("z0")
    >>> equation(z), equation(z, "latex")
    ('z0 = X w0 + b0', 'z_{0} = X w_{0} + b_{0}')
    >>> equation(dp.tanh(z))
    'tanh_0 = tanh(z0)'
    """
    name = render(symbol(node.name), style)
    if node.operator is None:
        value = leaf(node)
        return name if value.number is None else f"{name} = {render(value, style)}"
    return f"{name} = {render(term(node), style)}"
