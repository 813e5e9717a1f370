"""Programs as data: leaves, operators applied to them, what is differentiated, and what is fed.

What is data can be built at any sizes, made smaller while it still fails, and printed as Python that runs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

import dagprop as dp
from dagprop.dimension import Dim, Quotient, bind
from dagprop.plugin.index import Index

Feeds: TypeAlias = dict[int, np.ndarray]
"""What a run is given: an array for each input or parameter, by its place."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """An input, a parameter or a constant; the value is a constant's own, and an example of what others are fed."""

    kind: str
    shape: tuple[int | str, ...]
    dtype: np.dtype[Any]
    value: np.ndarray


@dataclass(frozen=True, eq=False)
class Step:
    """An operator, by id, applied to values before it."""

    operator: str
    operands: tuple[int, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Port:
    """One output of a step that has several."""

    step: int
    port: int


@dataclass(frozen=True, eq=False)
class Slope:
    """The gradient of one value with respect to another, as a value of the same graph."""

    of: int
    wrt: int


Entry: TypeAlias = Leaf | Step | Port | Slope


@dataclass(frozen=True, eq=False)
class Program:
    """Values, each made of those before it; which is differentiated, by which others; and the feeds of each run."""

    entries: tuple[Entry, ...]
    of: int
    wrt: tuple[int, ...]
    runs: tuple[Feeds, ...]

    def build(self, run: int | None = None) -> list[Any]:
        """A node for each entry, a tuple where it has several outputs; of the sizes of a run, where one is given."""
        graph = dp.Graph()
        sizes = {} if run is None else self.sizes(run)
        made: list[Any] = []
        for place, entry in enumerate(self.entries):
            made.append(enter(graph, made, place, entry, sizes))
        return made

    def sizes(self, run: int) -> dict[str, int]:
        """The size of each named dimension in a run."""
        return {
            name: size
            for place, array in self.runs[run].items()
            for name, size in zip(self.entries[place].shape, array.shape, strict=True)
            if isinstance(name, str)
        }

    def feeds(self, run: int) -> dict[str, np.ndarray]:
        """What a run is fed, by name."""
        return {f"x{place}": array for place, array in self.runs[run].items()}

    def __len__(self) -> int:
        return len(self.entries)

    def replace(self, **changes: Any) -> Program:
        """The same but for these fields."""
        return dataclasses.replace(self, **changes)

    def pruned(self) -> Program:
        """Without what nothing reads."""
        used = {self.of, *self.wrt}
        for place in range(len(self) - 1, -1, -1):
            if place in used:
                used.update(operands_of(self.entries[place]))
        kept = sorted(used)
        new = {old: place for place, old in enumerate(kept)}
        entries = _bound([moved(self.entries[old], new) for old in kept])
        runs = tuple({new[place]: array for place, array in feeds.items() if place in new} for feeds in self.runs)
        return Program(entries, new[self.of], tuple(new[place] for place in self.wrt), runs)


def _bound(entries: list[Entry]) -> tuple[Entry, ...]:
    """The entries, each size that no leaf has any more made a number."""
    named = {n for entry in entries if isinstance(entry, Leaf) for n in entry.shape if isinstance(n, str)}
    sizes: dict[str, Any] = {name: Dim(name) if name in named else 2 for name in "nm"}
    return tuple(
        dataclasses.replace(entry, attributes={name: bind(value, sizes) for name, value in entry.attributes.items()})
        if isinstance(entry, Step)
        else entry
        for entry in entries
    )


def enter(graph: dp.Graph, made: list[Any], place: int, entry: Entry, sizes: Mapping[str, int]) -> Any:
    """The node of an entry, added to a graph that has those before it."""
    if isinstance(entry, Port):
        return made[entry.step][entry.port]
    if isinstance(entry, Slope):
        return dp.gradient(made[entry.of], made[entry.wrt])
    if isinstance(entry, Step):
        attributes = {name: bind(value, sizes) if sizes else value for name, value in entry.attributes.items()}
        return graph.apply(dp.registry[entry.operator], [made[operand] for operand in entry.operands], attributes)
    if entry.kind == "constant":
        return graph.constant(entry.value, f"x{place}")
    shape = [sizes.get(n, n) if isinstance(n, str) else n for n in entry.shape]
    if entry.kind == "parameter":
        return graph.parameter(f"x{place}", shape, initial=entry.value, dtype=entry.dtype)
    return graph.input(f"x{place}", shape, entry.dtype)


def operands_of(entry: Entry) -> tuple[int, ...]:
    """The places of what an entry is made of."""
    if isinstance(entry, Slope):
        return entry.of, entry.wrt
    return entry.operands if isinstance(entry, Step) else (entry.step,) if isinstance(entry, Port) else ()


def moved(entry: Entry, new: Mapping[int, int]) -> Entry:
    """An entry whose operands have other places."""
    if isinstance(entry, Step):
        return Step(entry.operator, tuple(new[operand] for operand in entry.operands), entry.attributes)
    if isinstance(entry, Slope):
        return Slope(new[entry.of], new[entry.wrt])
    return Port(new[entry.step], entry.port) if isinstance(entry, Port) else entry


# ---- as Python ------------------------------------------------------------------------------------------------------


def snippet(program: Program, run: int) -> str:
    """Python that builds the program, and `of`, `wrt` and `feeds` as a run has them."""
    lines = ["import numpy as np", "from numpy import array, inf, nan", "import dagprop as dp"]
    lines += ["from dagprop.plugin.index import Index", "", "g = dp.Graph()"]
    for place, entry in enumerate(program.entries):
        lines.append(f"x{place} = {_entry(place, entry)}")
    wrt = ", ".join(f"x{place}" for place in program.wrt)
    feeds = ", ".join(f'"x{place}": {code(array)}' for place, array in program.runs[run].items())
    return "\n".join([*lines, f"of, wrt = x{program.of}, [{wrt}]", f"feeds = {{{feeds}}}"])


def _entry(place: int, entry: Entry) -> str:
    if isinstance(entry, Port):
        return f"x{entry.step}[{entry.port}]"
    if isinstance(entry, Slope):
        return f"dp.gradient(x{entry.of}, x{entry.wrt})"
    if isinstance(entry, Step):
        operands = ", ".join(f"x{operand}" for operand in entry.operands)
        return f"g.apply(dp.registry[{entry.operator!r}], [{operands}], {code(dict(entry.attributes))})"
    if entry.kind == "constant":
        return f'g.constant({code(entry.value)}, "x{place}")'
    initial = f", initial={code(entry.value)}" if entry.kind == "parameter" else ""
    return f'g.{entry.kind}("x{place}", {entry.shape!r}, dtype="{entry.dtype}"{initial})'


def code(value: Any) -> str:
    """A value as Python."""
    if isinstance(value, np.ndarray):
        dtype = f'"{value.dtype}"'
        return f"array({code(value.tolist())}, {dtype})" if value.size else f"np.zeros({value.shape}, {dtype})"
    if isinstance(value, Dim):
        return _dim(value)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {code(item)}' for key, item in value.items())}}}"
    if isinstance(value, Index):
        return f"Index({code(tuple(value))})"
    if isinstance(value, tuple):
        return f"({', '.join(map(code, value))}{',' * (len(value) == 1)})"
    if isinstance(value, list):
        return f"[{', '.join(map(code, value))}]"
    if isinstance(value, slice):
        return f"slice({code(value.start)}, {code(value.stop)}, {code(value.step)})"
    if isinstance(value, np.dtype):
        return f'np.dtype("{value}")'
    if isinstance(value, complex):
        return f"complex({value.real!r}, {value.imag!r})"
    if isinstance(value, np.longdouble):
        return f'np.longdouble("{value}")'
    if isinstance(value, np.clongdouble):
        return f"({code(value.real)} + 1j*{code(value.imag)})"
    return repr(value)


def _dim(dim: Dim) -> str:
    def atom(part: str | Quotient) -> str:
        return f"dp.Dim({part!r})" if isinstance(part, str) else f"(({_dim(part.dim)}) // {part.divisor})"

    return " + ".join(" * ".join([str(factor), *map(atom, term)]) for term, factor in dim.terms.items())
