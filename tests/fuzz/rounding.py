"""How near is near enough: as near as the interpreter is to itself where a rounding may fall either way.

An executor may add up in another order, or take another loop for a logarithm. What that does to a result is seen, not
guessed: the graph is interpreted again, with operands and results of every operator that may round otherwise off by a
bit in the last place. Where that moves a result, by a little or from one side of a step to the other, a program's may
be off as far. What IEEE 754 rounds in one way alone (+, −, ×, ÷, √), and what only chooses among its operands, is left
exact, unless passes are on that say they change last bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

import dagprop as dp
from dagprop.dimension import bind
from dagprop.graph.order import ancestors
from tests.fuzz.programs import Program

EXACT = {
    np.add, np.subtract, np.multiply, np.divide, np.sqrt, np.square, np.reciprocal, np.negative, np.positive,
    np.absolute, np.fabs, np.sign, np.floor, np.ceil, np.trunc, np.rint, np.heaviside, np.remainder, np.fmod,
    np.floor_divide, np.maximum, np.minimum, np.fmax, np.fmin,
}  # fmt: skip
"""What is rounded in one way alone, of real numbers."""

TIMES = 8
"""How many times further than what was seen a result may be off."""


class Rounding:
    """What the value and the gradients of a run become when roundings fall otherwise.

    Parameters
    ----------
    loose : bool
        Whether +, −, × and ÷ may round otherwise too, as where passes gather factors.
    """

    def __init__(self, program: Program, run: int, loose: bool) -> None:
        self._program, self._run_number, self._loose = program, run, loose
        self._seen: list[list[np.ndarray]] = []

    @cached_property
    def _outputs(self) -> list[dp.Node]:
        nodes = self._program.build()
        of, wrt = nodes[self._program.of], [nodes[place] for place in self._program.wrt]
        return [of, *(dp.gradient(of, wrt) if wrt else [])]

    def seen(self, count: int) -> list[list[np.ndarray]]:
        """The outputs of that many runs."""
        while len(self._seen) < count:
            self._seen.append(self._run(np.random.default_rng(len(self._seen))))
        return self._seen

    def _run(self, rng: np.random.Generator) -> list[np.ndarray]:
        values: dict[dp.Node, Any] = {}
        with np.errstate(all="ignore"):
            for node in ancestors(self._outputs):
                values[node] = self._value(node, values, rng)
        return [np.asarray(values[node]) for node in self._outputs]

    def _value(self, node: dp.Node, values: Mapping[dp.Node, Any], rng: np.random.Generator) -> Any:
        op = node.operator
        if op is None:
            given = self._program.feeds(self._run_number).get(node.name)
            return (node.initial_value(0) if node.kind == "parameter" else node.value) if given is None else given
        operands = [values[operand] for operand in node.operands]
        sizes = self._program.sizes(self._run_number)
        attributes = {name: bind(value, sizes) for name, value in node.attributes.items()}
        made = op.forward(*operands, **attributes)
        several = isinstance(made, tuple | list) or any(isinstance(x, tuple | list) for x in operands)
        if several or made.dtype.kind not in "fc":
            return made
        if not self._loose and op.ufunc in EXACT and made.dtype.kind == "f":
            return made
        others = [np.asarray(_off(x, rng), order=rng.choice(["C", "F"])) for x in operands]  # what is summed first
        off = op.forward(*others, **attributes)
        chosen = _chosen(made, operands) and _chosen(off, others)
        return made if chosen else _off(off, rng)


def _chosen(made: Any, operands: Sequence[Any]) -> bool:
    """Whether each number is one of an operand's, or 0 or 1."""
    numbers = [x.ravel() for x in map(np.asarray, operands) if x.dtype == made.dtype]
    return bool(np.isin(made, np.concatenate([*numbers, np.array([0, 1, np.nan], made.dtype)])).all())


def _off(x: Any, rng: np.random.Generator) -> Any:
    """The value, each number up to a bit in the last place larger or smaller; 0 stays 0."""
    x = np.asarray(x)
    if x.dtype.kind not in "fc":
        return x
    info = np.finfo(x.dtype)
    way = rng.choice([-1, 1], x.shape)
    off = x + x * (info.eps * way).astype(info.dtype)
    if x.dtype.kind == "c":
        return off
    tiny = (abs(x) < info.tiny) & (x != 0)  # a denormal is off by the smallest
    off = np.where(tiny, x + info.smallest_subnormal * way.astype(x.dtype), off)
    return np.where(np.isfinite(off), off, x).astype(x.dtype)  # the largest number does not become infinite


def wrong(found: Any, wanted: np.ndarray, place: int, rounding: Rounding, zeros: bool) -> str:
    """What is wrong with an array, or nothing; `zeros` says whether the sign of a zero counts."""
    if not isinstance(found, np.ndarray):
        return f"is a {type(found).__name__}"
    if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
        return f"is {found.shape} {found.dtype}, and {wanted.shape} {wanted.dtype} is wanted"
    same = (found == wanted) | (np.isnan(found) & np.isnan(wanted)) if wanted.dtype.kind in "fc" else found == wanted
    if zeros and wanted.dtype.kind == "f":
        same &= (wanted != 0) | (np.signbit(found) == np.signbit(wanted))
    if same.all():
        return ""
    if wanted.dtype.kind in "fc":
        for runs in (3, 24):
            same |= _near(found, wanted, [outputs[place] for outputs in rounding.seen(runs)])
            if same.all():
                return ""
    elif any(((found == outputs[place]) | same).all() for outputs in rounding.seen(24)):
        return ""
    at = np.argwhere(~same)[0]
    where = f" at {tuple(map(int, at))}" if wanted.ndim else ""
    return f"{found[tuple(at)]} was found{where}, and {wanted[tuple(at)]} is wanted"


def _near(found: np.ndarray, wanted: np.ndarray, seen: Sequence[np.ndarray]) -> Any:
    info = np.finfo(wanted.dtype)
    wide = np.clongdouble if wanted.dtype.kind == "c" else np.longdouble
    with np.errstate(all="ignore"):
        found, wanted, seen = found.astype(wide), wanted.astype(wide), [x.astype(wide) for x in seen]
        spread = np.max([np.where(np.isfinite(x), abs(x - wanted), 0) for x in seen], axis=0)
        off = abs(found - wanted)
        near = off <= TIMES * spread + 4 * (info.eps * abs(wanted) + info.smallest_subnormal)
        near &= np.isfinite(found) & np.isfinite(wanted)
        for x in seen:
            near |= ~np.isfinite(found) & ((found == x) | (np.isnan(found) & np.isnan(x)))
            near |= np.isfinite(found) & ~np.isfinite(wanted) & np.isfinite(x)
        return near
