r"""Signs: how operators are written, as text and as LaTeX.

Most operators have a sign of their own, made of their `text`, `latex` and `binding`.  One that *is* an operation of
algebra, whatever its name, says so with `sign=`: it is then written as that operation, and tidied like it (x · x is
x², −(−x) is x).

A sign's strings are format strings over the names of operands and attributes.  An operand gets brackets where it
needs them; what stands behind a colon says how else it is written:

    {x:bare}     never in brackets
    {y:raised}   as an exponent, ² or ^(y + 1)
    {y:times}    as a factor with its dot in front, which is left out after a number: 2 x
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from string import Formatter

from dagprop.arguments import instance, refused, several, text, truth, whole_number, word
from dagprop.dimension import Dim, Shape
from dagprop.errors import ArgumentError

BINDINGS = ("sum", "product", "power", "function")
"""How tightly a sign may bind: an operand that binds less tightly is put in brackets."""


@dataclass(frozen=True, eq=False)
class Sign:
    r"""How an operator is written.  A sign is known by what it is, not by its name: compare with `is`.

    Parameters
    ----------
    name : str
        What a function is called that has no strings.
    operands : tuple of str
        The operands' names in the strings; the last stands for any number where `variadic`.
    text, latex : str
        The format strings; without them it is written as a function.
    binding : str
        One of `BINDINGS`.
    family : str
        Signs of one family may stand beside one another without brackets, where `beside` allows it.
    beside : tuple of int
        The slots where an operand of its own family needs no brackets: a − b − c, but a − (b − c).
    reaches : bool
        Whether it reaches over all that binds as it does: Σ x · y is a sum of products.

    Raises
    ------
    ArgumentError
        For a `binding` that there is not.

    Examples
    --------
    >>> import dagprop as dp
    >>> integral = Sign("integral", ("x",), "∫ {x}", r"\int {x}", "product", reaches=True)
    >>> area = dp.operator(sign=integral)(lambda x: np.sum(x))
    """

    name: str
    operands: tuple[str, ...]
    text: str = ""
    latex: str = ""
    binding: str = "function"
    variadic: bool = False
    family: str = ""
    beside: tuple[int, ...] = ()
    reaches: bool = False

    def __post_init__(self) -> None:
        text("the name of a sign", self.name)
        text(f"{self.name}: family", self.family)
        for name in ("text", "latex"):
            _template(f"{self.name}: {name}", getattr(self, name))
        word(f"{self.name}: binding", self.binding, BINDINGS)
        for name in ("variadic", "reaches"):
            truth(f"{self.name}: {name}", getattr(self, name))
        for operand in several(f"{self.name}: operands", self.operands, "names, in a tuple"):
            text(f"{self.name}: each of operands", operand)
        for slot in several(f"{self.name}: beside", self.beside, "slots, in a tuple"):
            whole_number(f"{self.name}: each of beside", slot, 0)

    @property
    def tightness(self) -> int:
        """How tightly it binds, as a number."""
        return BINDINGS.index(self.binding)


def _template(name: str, value: object) -> None:
    try:
        list(Formatter().parse(text(name, value)))
    except ValueError as error:
        if isinstance(error, ArgumentError):
            raise
        raise ArgumentError(f"{name} is a format string, and {value!r} is none: {error}") from None


class Over(str):
    """The axes that a sum runs over, as an index to its sign; empty where those are all."""

    __slots__ = ()


def over(shape: Shape, axes: Iterable[int]) -> Over:
    """The index that names these axes, counted from the front.

    >>> over((Dim("batch"), 3), [0]), over((Dim("batch"), 3), [1]), over((Dim("batch"), 3), [0, 1])
    ('batch', 'axis1', '')
    """
    instance("shape", shape, tuple, "a shape: a tuple")
    axes = [whole_number("each of axes", axis, 0) for axis in several("axes", axes, "numbers of axes")]
    if axes and max(axes) >= len(shape):
        raise refused("each of axes", f"less than {len(shape)}, the number of axes", max(axes))
    names = [n.name if isinstance(n := shape[a], Dim) and n.name and not n.anonymous else f"axis{a}" for a in axes]
    return Over("" if len(names) == len(shape) else ",".join(names))


# ---- the signs of algebra ---------------------------------------------------------------------------------------

ADD = Sign("add", ("x", "y"), "{x} + {y}", "{x} + {y}", "sum", family="sum", beside=(0, 1))
SUBTRACT = Sign("subtract", ("x", "y"), "{x} − {y}", "{x} - {y}", "sum", family="sum", beside=(0,))
NEGATIVE = Sign("negative", ("x",), "−{x}", "-{x}", "sum", family="sum")
MULTIPLY = Sign("multiply", ("x", "y"), "{x} {y:times}", "{x} {y:times}", "product", family="product", beside=(0, 1))
HADAMARD = Sign("hadamard", ("x", "y"), "{x} ⊙ {y}", r"{x} \odot {y}", "product", family="product", beside=(0, 1))
DIVIDE = Sign(
    "divide", ("x", "y"), "{x} / {y}", r"\frac{{{x:bare}}}{{{y:bare}}}", "product", family="product", beside=(0,)
)
POWER = Sign("power", ("x", "y"), "{x}{y:raised}", "{x}{y:raised}", "power")
SQUARE = Sign("square", ("x",), "{x}²", "{x}^2", "power")
MATMUL = Sign("matmul", ("a", "b"), "{a} {b}", "{a} {b}", "product", family="matmul", beside=(0, 1))
TRANSPOSE = Sign("transpose", ("x",), "{x}ᵀ", "{x}^{{T}}", "power")
TOTAL = Sign("total", ("x",), "Σ{over} {x}", r"\sum{over} {x}", "product", reaches=True)
MEAN = Sign("mean", ("x",), "mean{over}({x:bare})", r"\operatorname{{mean}}{over}\left({x:bare}\right)")
INDICATOR = Sign("indicator", ("x",), "[{x:bare}]", r"\left[{x:bare}\right]")
