"""Formulas as small trees, and how they are written: as text and as LaTeX.

Each operator brings its own sign (`text`, `latex`, `binding`); brackets, numbers and names are written here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from dagprop.plugin.operator import FUNCTION, POWER, PRODUCT, SUM
from dagprop.spec import Dim, Shape

Style: TypeAlias = Literal["text", "latex"]

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


def applied(sign: Sign, operands: tuple[Term, ...], attributes: Mapping[str, Any], shape: Shape) -> Term:
    """The sign applied to the operands, nothing changed."""
    return Term(sign, operands, attributes, shape, size=1 + sum(operand.size for operand in operands))


TRANSPOSE = Sign("matrix_transpose", ("x",), "{x}ᵀ", "{x}^{{T}}", POWER)
INDICATOR = Sign("indicator", ("x",), "[{x:bare}]", r"\left[{x:bare}\right]")
TOTAL = Sign("total", ("x",), "Σ{over} {x}", r"\sum{over} {x}", PRODUCT)
MEAN = Sign("mean", ("x",), "mean{over}({x:bare})", r"\operatorname{{mean}}{over}\left({x:bare}\right)")


class Over(str):
    """The axes a sum runs over, an index to its sign; empty for all of them."""

    __slots__ = ()


# ---- leaves -----------------------------------------------------------------------------------------------------


def symbol(name: str, shape: Shape = ()) -> Term:
    """A name as a symbol: `w0` is w₀ in LaTeX, `theta` is θ."""
    return Term(shape=shape, text=name, latex=latex_name(name))


def number(value: float) -> Term:
    """A number as a term.

    >>> number(3.0).text, number(-0.5).text, number(1e-5).latex
    ('3', '−0.5', '10^{-5}')
    """
    exact = math.isfinite(value) and value == int(value) and abs(value) < 1e12
    plain = str(int(value)) if exact else f"{value:.6g}".replace("inf", "∞").replace("nan", "NaN")
    mantissa, _, exponent = plain.partition("e")
    latex = plain.replace("∞", r"\infty").replace("NaN", r"\text{NaN}")
    if exponent:
        power = f"10^{{{int(exponent)}}}"
        latex = power if mantissa == "1" else rf"{mantissa} \cdot {power}"
    return Term(text=re.sub("^-", "−", plain), latex=latex, number=float(value))


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
    template = sign.text if style == "text" else sign.latex
    if style == "latex" and "}_" in template:  # an index on top of an index needs a group of its own
        inner = [f"{{{bare}}}" for bare in inner]
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
    if isinstance(value, float):
        return render(number(value), style)
    if isinstance(value, int | str) or value is None:
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
    in_front = sign.name == "multiply" and slot == 1 and parent.operands[0].number is not None
    if sign.name == "total" or in_front:
        return False
    family = FAMILY.get(child.sign.name) if child.sign is not None else SUM
    if family is None or family != FAMILY.get(sign.name) or sign.name == "negative":
        return True
    if slot == 0:
        return False
    return negative_number or child.is_a("negative") or sign.name in ("subtract", "divide")
