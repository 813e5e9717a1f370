"""Dimensions: sizes that may be names still, and arithmetic on them.

A dimension is an int, or a `Dim` that a feed will settle: a name such as `"batch"`, or arithmetic on names
(`2*batch`, what `concatenate` makes).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from dagprop import arguments
from dagprop.errors import ShapeError, check_writable

Monomial: TypeAlias = tuple["str | Quotient", ...]
Dimension: TypeAlias = "int | Dim"
Shape: TypeAlias = tuple[Dimension, ...]
ShapeLike: TypeAlias = "Sequence[int | str | Dim | None] | int | str"


class _Undecided(threading.local):
    count = 0


undecided = _Undecided()
"""How many questions were asked of dimensions, in this thread, that have one answer for some sizes and another for
others: whether `n` is 3, say.  Whoever runs a rule on named dimensions sees by it that what the rule made holds for
some sizes alone."""


class Writing(NamedTuple):
    """How arithmetic on dimensions is written: names, signs, and a quotient rounded down.

    `floor` is a format string of the dividend and the divisor; `closed` says that it needs no brackets around it.
    """

    name: Callable[[str], str] = str
    times: str = "*"
    minus: str = "-"
    floor: str = "{}//{}"
    closed: bool = False


CODE = Writing()
"""As Python writes it: `3*((n + 1)//2)`."""


class Quotient:
    """`dim // divisor`, rounded down: the one dimension that is not a polynomial (every second row of a batch)."""

    __slots__ = ("dim", "divisor")

    def __init__(self, dim: Dim, divisor: int) -> None:
        self.dim, self.divisor = dim, divisor

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quotient) and (self.dim, self.divisor) == (other.dim, other.divisor)

    def __hash__(self) -> int:
        return hash((self.dim, self.divisor))

    def __str__(self) -> str:
        return self.written(CODE)[0]

    def written(self, how: Writing) -> tuple[str, str]:
        """As text, and how tightly that binds."""
        text, binding = self.dim.written(how)
        inner = text if binding == "function" else f"({text})"
        return how.floor.format(inner, self.divisor), "function" if how.closed else "product"


class Dim:
    """A dimension that is not a number yet: a polynomial, with integer coefficients, in names.

    >>> batch = Dim("batch")
    >>> 2 * batch + 1, batch == "batch", (6 * batch) // 3
    (2*batch + 1, True, 2*batch)
    >>> (batch * 4).bind({"batch": 8})
    32
    """

    __slots__ = ("_hash", "terms")
    terms: dict[Monomial, int]

    def __init__(self, name: str) -> None:
        if not arguments.text("the name of a dimension", name):
            raise arguments.refused("the name of a dimension", "a string with something in it", name)
        check_writable(name, "dimension", ShapeError)
        self._fill({(name,): 1})

    def _fill(self, terms: dict[Monomial, int]) -> None:
        self.terms = terms
        name = self.name  # a plain name hashes and compares as its string does
        self._hash = hash(name) if name is not None else hash(frozenset(terms.items()))

    @classmethod
    def _of(cls, terms: Mapping[Monomial, int]) -> Dimension:
        kept = {term: factor for term, factor in terms.items() if factor}
        if not kept:
            return 0
        if len(kept) == 1 and () in kept:
            return kept[()]
        dim = cls.__new__(cls)
        dim._fill(kept)
        return dim

    @property
    def name(self) -> str | None:
        """The name, where the dimension is nothing but a name."""
        if len(self.terms) == 1:
            ((term, factor),) = self.terms.items()
            if factor == 1 and len(term) == 1 and isinstance(term[0], str):
                return term[0]
        return None

    @property
    def names(self) -> set[str]:
        """The names in it."""
        atoms = [atom for term in self.terms for atom in term]
        return {name for atom in atoms for name in ((atom,) if isinstance(atom, str) else atom.dim.names)}

    @property
    def anonymous(self) -> bool:
        """Whether it came from a `None` in a shape, so that it may turn out equal to any other dimension."""
        return any(isinstance(atom, str) and atom.startswith("?") for term in self.terms for atom in term)

    def bind(self, sizes: Mapping[str, int]) -> int:
        """The number, once every name has a size."""

        def size(atom: str | Quotient) -> int:
            return sizes[atom] if isinstance(atom, str) else atom.dim.bind(sizes) // atom.divisor

        return sum(factor * math.prod(map(size, term)) for term, factor in self.terms.items())

    def __add__(self, other: Dimension) -> Dimension:
        if not isinstance(other, int | np.integer | Dim):
            return NotImplemented
        total = dict(self.terms)
        for term, factor in _terms(other).items():
            total[term] = total.get(term, 0) + factor
        return Dim._of(total)

    def __mul__(self, other: Dimension) -> Dimension:
        if not isinstance(other, int | np.integer | Dim):
            return NotImplemented
        product: dict[Monomial, int] = {}
        for left, a in self.terms.items():
            for right, b in _terms(other).items():
                term = tuple(sorted((*left, *right), key=str))
                product[term] = product.get(term, 0) + a * b
        return Dim._of(product)

    def __floordiv__(self, other: Dimension) -> Dimension:
        if not isinstance(other, int | np.integer | Dim):
            return NotImplemented
        divided: dict[Monomial, int] = {}
        ((by, factor), *rest) = _terms(other).items()
        for term, own in self.terms.items():
            left = list(term)
            if rest or own % factor or any(left.count(atom) < by.count(atom) for atom in by):
                if isinstance(other, int | np.integer):
                    return Dim._of({(Quotient(self, int(other)),): 1})
                raise TypeError(f"the dimension {self} is not a multiple of {other}")
            for atom in by:
                left.remove(atom)
            divided[tuple(left)] = own // factor
        return Dim._of(divided)

    def __truediv__(self, other: object) -> Any:
        if isinstance(other, int | float | np.number | Dim):
            raise TypeError(
                f"the dimension {self} has no size yet, so a quotient of it and {other} is no number: divide a node by "
                "it, as in np.sum(x) / x.shape[0], or it by an integer, as in n // 2"
            )
        return NotImplemented

    __rtruediv__ = __truediv__

    def __neg__(self) -> Dimension:
        return self * -1

    def __sub__(self, other: Dimension) -> Dimension:
        return self + -other

    def __rsub__(self, other: Dimension) -> Dimension:
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self.name == other
        same = isinstance(other, Dim) and self.terms == other.terms
        if not same and isinstance(other, Dim | int | np.integer) and not (isinstance(other, int) and other < 0):
            undecided.count += 1
        return same

    def __bool__(self) -> bool:
        undecided.count += 1  # whether there are any elements
        return True

    def __hash__(self) -> int:
        return self._hash

    def __index__(self) -> int:
        raise TypeError(f"the dimension {self} has no size yet: it is known only when feeds arrive")

    __int__ = __index__

    def __repr__(self) -> str:
        return self.written()[0]

    def written(self, how: Writing = CODE) -> tuple[str, str]:
        """As text, and how tightly that binds: as a `"sum"`, a `"product"` or, like a name, a `"function"`.

        >>> n = Dim("n")
        >>> (3 * ((n + 1) // 2)).written(), (2 - n).written(), n.written()
        (('3*((n + 1)//2)', 'product'), ('2 - n', 'sum'), ('n', 'function'))
        """
        terms = sorted(self.terms.items(), key=lambda item: item[1] < 0)  # 2 - n, not -n + 2
        parts = [_product(term, abs(factor), how) for term, factor in terms]
        signs = [how.minus if factor < 0 else "+" for _, factor in terms]
        rest = (f" {sign} {text}" for sign, (text, _) in zip(signs[1:], parts[1:], strict=True))
        text = "".join([signs[0].replace("+", ""), parts[0][0], *rest])
        return text, parts[0][1] if signs == ["+"] else "sum"


def _product(atoms: Monomial, factor: int, how: Writing) -> tuple[str, str]:
    """A term of a polynomial as text, and how tightly it binds."""
    parts = [(how.name(atom), "function") if isinstance(atom, str) else atom.written(how) for atom in atoms]
    if factor != 1 or not atoms:
        parts.insert(0, (str(factor), "function"))
    if len(parts) == 1:
        return parts[0]
    return how.times.join(text if binding == "function" else f"({text})" for text, binding in parts), "product"


def _terms(dimension: Dimension) -> dict[Monomial, int]:
    return dimension.terms if isinstance(dimension, Dim) else {(): int(dimension)}


def bind(value: Any, sizes: Mapping[str, int]) -> Any:
    """`value` with every `Dim` inside it (in tuples, lists and slices) replaced by its size."""
    if isinstance(value, Dim):
        return value.bind(sizes)
    if isinstance(value, tuple | list):
        return type(value)(bind(item, sizes) for item in value)
    if isinstance(value, slice):
        return slice(*(bind(part, sizes) for part in (value.start, value.stop, value.step)))
    return value


def names_in(value: Any) -> set[str]:
    """The names of all dimensions inside `value` (in tuples, lists and slices)."""
    if isinstance(value, slice):
        value = (value.start, value.stop, value.step)
    if isinstance(value, tuple | list):
        return {name for part in value for name in names_in(part)}
    return value.names if isinstance(value, Dim) else set()


def symbolic(value: Any) -> bool:
    """Whether a `Dim` stands anywhere inside `value`."""
    if isinstance(value, tuple | list):
        return any(map(symbolic, value))
    if isinstance(value, slice):
        return any(map(symbolic, (value.start, value.stop, value.step)))
    return isinstance(value, Dim)
