"""Formulas as small trees, and how they are written: as text and as LaTeX.

Each sign brings its strings (`dagprop.plugin.signs`); brackets, numbers and names are written here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from dagprop.dimension import Dim, Shape, Writing
from dagprop.errors import OperandError
from dagprop.plugin.signs import ADD, MULTIPLY, Over, Sign

Style: TypeAlias = Literal["text", "latex"]
STYLES: tuple[Style, Style] = ("text", "latex")

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


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

    def is_a(self, *signs: Sign) -> bool:
        """Whether it is one of these signs applied."""
        return self.sign in signs


def applied(sign: Sign, operands: tuple[Term, ...], attributes: Mapping[str, Any], shape: Shape) -> Term:
    """The sign applied to the operands, nothing changed."""
    return Term(sign, operands, attributes, shape, size=1 + sum(operand.size for operand in operands))


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


SIZES: Mapping[Style, Writing] = {
    "text": Writing(str, " ", "−", "⌊{}/{}⌋", closed=True),
    "latex": Writing(latex_name, r"\,", "-", r"\left\lfloor {}/{} \right\rfloor", closed=True),
}
"""How sizes are written in formulas."""


# ---- a term as a string -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Operand:
    """An operand as a format string asks for it (see `dagprop.plugin.signs`)."""

    parent: Term
    slot: int
    bare: str
    style: Style

    def __format__(self, how: str) -> str:
        match how:
            case "":
                return self.guarded()
            case "bare":
                return self.bare
            case "raised":
                return self.raised()
            case "times":
                return self.times()
        assert self.parent.sign is not None
        raise OperandError(
            f"the notation of {self.parent.sign.name}: an operand is written {{x}}, {{x:bare}}, {{x:raised}} or "
            f"{{x:times}}, not {{x:{how}}}"
        )

    def guarded(self) -> str:
        """In brackets, where it must be to be read as it was meant."""
        return bracket(self.bare, self.style) if _needs_brackets(self.parent, self.slot, self.bare) else self.bare

    def raised(self) -> str:
        if self.style == "latex":
            return f"^{{{self.bare}}}"
        value = self.parent.operands[self.slot].number
        if value is None or not value.is_integer():
            return f"^{self.guarded()}"
        return str(int(value)).translate(SUPERSCRIPTS)

    def times(self) -> str:
        if self.parent.operands[self.slot - 1].number is not None and not self.bare[:1].isdigit():
            return self.guarded()
        scalars = () in [operand.shape for operand in self.parent.operands]
        dot = "·" if self.style == "text" else r"\cdot" if scalars else r"\odot"
        return f"{dot} {self.guarded()}"


def render(term: Term, style: Style = "text", write: Callable[[Term], str] | None = None) -> str:
    """A term as text or LaTeX; `write` says what stands for a symbol, in place of its name."""
    if term.sign is None:
        return write(term) if write is not None else term.text if style == "text" else term.latex
    sign = term.sign
    inner = [render(operand, style, write) for operand in term.operands]
    template = sign.text if style == "text" else sign.latex
    if not template:
        return _as_function(term, inner, style)
    if style == "latex" and "}_" in template:  # an index on top of an index needs a group of its own
        inner = [f"{{{bare}}}" for bare in inner]
    given: dict[str, Any] = {key: _attribute(value, style) for key, value in term.attributes.items()}
    for slot, (name, bare) in enumerate(zip(sign.operands, inner, strict=False)):
        given[name] = _Operand(term, slot, bare, style)
    if sign.variadic:
        given[sign.operands[-1]] = ", ".join(inner[len(sign.operands) - 1 :])
    try:
        return template.format(**given)
    except (LookupError, AttributeError, ValueError) as error:
        what = f"it names {error}" if isinstance(error, LookupError) else f"{error}"
        raise OperandError(
            f"the notation of {sign.name}: {template!r} cannot be filled in, {what}; there are {', '.join(given)}"
        ) from error


def bracket(inner: str, style: Style) -> str:
    """In round brackets."""
    return f"({inner})" if style == "text" else rf"\left({inner}\right)"


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
        return value.written(SIZES[style])[0]
    if isinstance(value, float):
        return render(number(value), style)
    if isinstance(value, int | str) or value is None:
        return value
    return escape(str(value)) if style == "latex" else str(value)


LEAF = Sign("leaf", ())
"""What a symbol binds like, and a number without a minus; one that has it binds like a sum."""


def _needs_brackets(parent: Term, slot: int, written: str) -> bool:
    """Whether an operand must stand in brackets, to be read as it was meant."""
    child, sign = parent.operands[slot].sign, parent.sign
    assert sign is not None
    minus = written.startswith(("-", "−"))
    if child is None:
        child = ADD if minus else LEAF
    if child.tightness != sign.tightness or sign.binding == "function":
        return child.tightness < sign.tightness
    behind_a_number = sign is MULTIPLY and slot == 1 and parent.operands[0].number is not None
    if sign.reaches or behind_a_number:
        return False
    return child.family != sign.family or slot not in sign.beside or (slot > 0 and minus)
