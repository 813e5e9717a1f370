"""What two graphs have in common, and what not: of a user's graph and the simplified one, say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dagprop.arguments import instance
from dagprop.arguments import word as one_of
from dagprop.graph.graph import Graph
from dagprop.graph.node import CONSTANT, Node
from dagprop.notation.formula import applied, render, symbol
from dagprop.notation.reading import leaf, read

ADDED, REMOVED, CHANGED, SAME = "added", "removed", "changed", "same"
SIGNS = {ADDED: "+", REMOVED: "−", CHANGED: "~", SAME: " "}


@dataclass(frozen=True, eq=False)
class Entry:
    """A node of the first graph, of the second, or one of each that belong together; and what became of it."""

    before: Node | None
    after: Node | None
    word: str
    changes: tuple[str, ...] = ()

    @property
    def node(self) -> Node:
        """The node as it is now, or was."""
        node = self.before if self.after is None else self.after
        assert node is not None
        return node

    def __str__(self) -> str:
        lines = [f"{SIGNS[self.word]} {line_of(self.node)}", *(f"      {change}" for change in self.changes)]
        return "\n".join(lines)


class Comparison:
    """Two graphs, node by node.

    Nodes belong together by the name of the node that they came from, where they tell that (`node.origin`),
    else by their own.  Numbers are part of what reads them.

    Attributes
    ----------
    entries : list of Entry
        Everything, in the order of the second graph; what was removed stands where it was.
    """

    def __init__(self, before: Graph, after: Graph) -> None:
        self.before = instance("before", before, Graph, "a graph")
        self.after = instance("after", after, Graph, "a graph")
        self.partner = _pairs(before, after)

    @cached_property
    def entries(self) -> list[Entry]:  # noqa: D102  # documented above
        return list(_merged(self.before, self.after, self.partner))

    def count(self, word: str) -> int:
        """How many nodes are `"added"`, `"removed"`, `"changed"` or the `"same"`."""
        return self.counts[one_of("word", word, tuple(SIGNS))]

    @cached_property
    def counts(self) -> Counter[str]:
        """How many nodes there are of each word."""
        return Counter(entry.word for entry in self.entries)

    @property
    def summary(self) -> str:
        """The counts in words."""
        said = [f"{self.counts[word]} {word}" for word in (ADDED, REMOVED, CHANGED) if self.counts[word]]
        return ", ".join([*said, f"{self.counts[SAME]} the same"]) if said else "the same"

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return any(entry.word != SAME for entry in self.entries)

    def __str__(self) -> str:
        name, other = self.before.name, self.after.name
        title = name if name == other else f"{name} → {other}"
        return "\n".join([f"{title}: {self.summary}", *(str(e) for e in self.entries if e.word != SAME)])


def _merged(before: Graph, after: Graph, partner: Mapping[Node, Node]) -> Iterator[Entry]:
    """The nodes of the second graph in order, each behind those removed that stood before its partner."""
    kept = set(partner.values())
    waiting = [node for node in before if _counts(node)]
    done = 0
    for node in after:
        if not _counts(node):
            continue
        old = partner.get(node)
        if old is None:
            yield Entry(None, node, ADDED, _came_from(node))
            continue
        upto = next((i for i in range(done, len(waiting)) if waiting[i] is old), None)
        if upto is not None:
            yield from (Entry(gone, None, REMOVED) for gone in waiting[done:upto] if gone not in kept)
            done = upto + 1
        changes = tuple(_changes(old, node, partner))
        yield Entry(old, node, CHANGED if changes else SAME, changes)
    yield from (Entry(gone, None, REMOVED) for gone in waiting[done:] if gone not in kept)


def _counts(node: Node) -> bool:
    """Whether a node stands in the comparison: numbers are part of what reads them."""
    return not (node.kind == CONSTANT and not node.shape)


# ---- who belongs to whom ----------------------------------------------------------------------------------------


def _pairs(before: Graph, after: Graph) -> dict[Node, Node]:
    """For nodes of the second graph, their partners in the first."""
    roots: dict[str, tuple[list[Node], list[Node]]] = {}
    for side, graph in enumerate((before, after)):
        for node in graph:
            if _counts(node):
                roots.setdefault((node if node.origin is None else node.origin).name, ([], []))[side].append(node)
    return {node: old for mine, theirs in roots.values() for node, old in _matched(mine, theirs)}


def _matched(before: Sequence[Node], after: Sequence[Node]) -> Iterator[tuple[Node, Node]]:
    """Of nodes with one origin: those of one name, then those of one operator, then the last, whose value goes on."""
    left, rest = dict.fromkeys(before), dict.fromkeys(after)
    for alike in (_same_name, _same_operator):
        for node in list(rest):
            found = next((old for old in left if alike(old, node)), None)
            if found is not None:
                yield node, found
                del left[found], rest[node]
    if left and rest:
        yield list(rest)[-1], list(left)[-1]


def _same_name(a: Node, b: Node) -> bool:
    return a.name == b.name


def _same_operator(a: Node, b: Node) -> bool:
    return a.operator is b.operator and a.kind == b.kind


# ---- what differs -----------------------------------------------------------------------------------------------


def _changes(old: Node, new: Node, partner: Mapping[Node, Node]) -> Iterator[str]:
    operands = [partner.get(o) for o in new.operands]
    same = len(operands) == len(old.operands) and all(
        mine is theirs or (mine is None and _equal(theirs, o))
        for mine, theirs, o in zip(operands, old.operands, new.operands, strict=True)
    )
    if not _same_operator(old, new) or not same:
        yield f"was {line_of(old)}"
    for name in sorted({*old.attributes, *new.attributes}):
        a, b = old.attributes.get(name), new.attributes.get(name)
        if _same_operator(old, new) and repr(a) != repr(b):
            yield f"{name}: {a!r} → {b!r}"
    if (old.ports or old.spec) != (new.ports or new.spec):
        yield f"{old.spec} → {new.spec}"
    if old.kind == new.kind == CONSTANT and not np.array_equal(old.value, new.value):
        yield "another value"


def _equal(a: Node, b: Node) -> bool:
    """Whether two are one number."""
    numbers = a.kind == b.kind == CONSTANT and not a.shape and not b.shape
    return numbers and a.dtype == b.dtype and bool(a.value == b.value)


def _came_from(node: Node) -> tuple[str, ...]:
    origin = node.origin
    return () if origin is None or origin.name == node.name else (f"from {origin.name}",)


def line_of(node: Node) -> str:
    """A node with its equation and its spec, on a line."""
    said = f": {node.spec}" if not node.ports else f": {len(node.ports)} outputs"
    if node.operator is None:
        return f"{node.name}{said}, {node.kind}"
    return f"{node.name} = {one_step(node)}{said}"


def one_step(node: Node) -> str:
    """What a node's own step works out, its operands by their names."""
    sign, attributes = read(node)

    def operand(of: Node) -> Any:
        term = leaf(of)
        return term if term.number is not None else symbol(of.name, of.shape)

    return render(applied(sign, tuple(map(operand, node.operands)), attributes, node.shape))
