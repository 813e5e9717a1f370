"""Memory for time: values worked out again where they are needed, instead of kept from the forward pass.

Checkpointing (Griewank & Walther, "Algorithm 799: revolve", 2000) as an edit of the order of work that one can
see: a value that is alive at the peak without being read there is dropped, and an operator that makes it again is
put before its next reader.  What that operator reads may be dropped in its turn.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from dagprop.errors import DagpropError, report
from dagprop.graph.node import APPLIED, Node
from dagprop.operators.structure import output
from dagprop.plugin.operator import Operator
from dagprop.program.plan import plan_work
from dagprop.program.work import Work

TRIALS = 8
"""How many values are tried at a peak before it is taken for the lowest there is."""


LARGEST_CONE = 64
"""How many values may be made again for one that is dropped."""


class MemoryLimitError(DagpropError, MemoryError):
    """A memory limit that no amount of recomputing reaches."""


def within(work: Work, limit: int) -> Work:
    """The work with as many values recomputed as it takes to keep at most `limit` bytes alive in scratch memory.

    Raises MemoryLimitError where that cannot be reached; it says what can.
    """
    draft, room = _Draft.of(work), limit
    while True:
        draft, alive = _lowered(draft, room)
        found = draft.work()
        peak = plan_work(found).peak
        if peak <= limit:
            return found
        lowest = max(alive)
        if lowest > room:
            rows = [
                ("limit", f"{limit:,} bytes"),
                ("lowest", f"{peak:,} bytes: {draft.name_at(alive.index(lowest))}"),
            ]
            raise MemoryLimitError(
                report("the program does not fit", rows, advice="Allow more memory, or feed smaller batches.")
            )
        room = lowest - (peak - limit)  # instructions take memory for copies, which a draft does not know of


def _lowered(draft: _Draft, room: int) -> tuple[_Draft, list[int]]:
    """The draft edited until it keeps no more than this alive, or cannot be made better; and what is alive then."""
    alive = draft.alive()
    while max(alive, default=0) > room:
        better = next(_improvements(draft, alive), None)
        if better is None:
            break
        draft, alive = better
    return draft, alive


def _improvements(draft: _Draft, alive: Sequence[int]) -> Iterator[tuple[_Draft, list[int]]]:
    """Edits of the draft that make its peak lower, or narrower; those that save most for their work first."""
    peak = max(alive)
    position = alive.index(peak)
    for cone, value, reader in draft.droppable(position):
        edited = draft.dropping(cone, value, reader)
        then = edited.alive()
        if (max(then), sum(n == max(then) for n in then)) < (peak, sum(n == peak for n in alive)):
            yield edited, then


@dataclass
class _Draft:
    """An order of work by numbers: of each value the node it is, and what it reads; two values may be one node."""

    base: Work
    order: list[int]
    nodes: dict[int, Node]
    operands: dict[int, tuple[int, ...]]
    fixed: set[int] = field(default_factory=set)
    numbers: count[int] = field(default_factory=count)

    @classmethod
    def of(cls, work: Work) -> _Draft:
        """The draft of work that recomputes nothing."""
        number = {node: i for i, node in enumerate(work.order)}
        return cls(
            work,
            list(range(len(work.order))),
            dict(enumerate(work.order)),
            {i: tuple(number[o] for o in node.operands) for node, i in number.items()},
            {number[node] for node in work.outputs},
            count(len(work.order)),
        )

    def homes(self) -> dict[int, int]:
        """By value: the one in whose memory it lies, itself or what it is a view of."""
        home: dict[int, int] = {}
        for value in self.order:
            op = self.nodes[value].operator
            views = op is not None and (op.view or op is output)
            home[value] = home[self.operands[value][0]] if views else value
        return home

    def alive(self) -> list[int]:
        """Bytes of scratch memory alive at each step."""
        home = self.homes()
        last = {home[o]: i for i, value in enumerate(self.order) for o in (value, *self.operands[value])}
        change = [0] * (len(self.order) + 1)
        for i, value in enumerate(self.order):
            if home[value] == value and self._is_scratch(value):
                size = _bytes(self.nodes[value])
                change[i] += size
                change[last[value] + 1] -= size
        total, alive = 0, []
        for delta in change[:-1]:
            total += delta
            alive.append(total)
        return alive

    def _is_scratch(self, value: int) -> bool:
        return self.nodes[value].kind == APPLIED and value not in self.fixed

    def droppable(self, position: int) -> list[tuple[set[int], int, int]]:
        """What could be dropped at a step: values to make again for a next reader, the value itself, the reader.

        The value is alive at the step without being read there.  What it is made of may be gone by the time of
        its reader, and is then made again as well.
        """
        home = self.homes()
        reads: dict[int, list[int]] = {}
        for i, value in enumerate(self.order):
            for operand in self.operands[value]:
                reads.setdefault(home[operand], []).append(i)
        last = {value: readers[-1] for value, readers in reads.items()}
        found: list[tuple[float, int, int, set[int]]] = []
        for value in self.order[:position]:
            if value not in reads or position in reads[value] or home[value] != value or not self._is_scratch(value):
                continue
            reader = next((i for i in reads[value] if i > position), None)
            if reader is None or self.nodes[value].ports:
                continue
            cone = self._cone(value, home, last, reader)
            if cone is not None:
                cost = sum(_cost(self.nodes[v]) * _bytes(self.nodes[v]) for v in cone)
                found.append((_bytes(self.nodes[value]) * (reader - position) / max(cost, 1), value, reader, cone))
        best = heapq.nlargest(TRIALS, found, key=lambda item: item[:3])
        return [(cone, value, reader) for _, value, reader, cone in best]

    def _cone(self, value: int, home: Mapping[int, int], last: Mapping[int, int], reader: int) -> set[int] | None:
        """The value and all that must be made again for it, being gone before its reader; None where too much is."""
        cone, stack = {value}, [value]
        while stack:
            for operand in self.operands[stack.pop()]:
                gone = self._is_scratch(home[operand]) and last[home[operand]] < reader
                if gone and operand not in cone:
                    cone.add(operand)
                    stack.append(operand)
            if len(cone) > LARGEST_CONE:
                return None
        return cone

    def dropping(self, cone: set[int], value: int, reader: int) -> _Draft:
        """The draft with the values made again before that step, for it and all later readers of the last one."""
        home = self.homes()
        operands, nodes = dict(self.operands), dict(self.nodes)
        before = self.order[:reader]
        again: dict[int, int] = {}
        order = list(before)

        def make(old: int) -> None:
            again[old] = new = next(self.numbers)
            nodes[new] = nodes[old]
            operands[new] = tuple(again.get(o, o) for o in self.operands[old])
            order.append(new)

        for old in before:  # in order, so that operands come first; views of the value are made again with it
            if old in cone or (home[old] == value and old != value):
                make(old)
        mine = {old: new for old, new in again.items() if home[old] == value}
        for late in self.order[reader:]:
            operands[late] = tuple(mine.get(o, o) for o in self.operands[late])
            order.append(late)
        return _Draft(self.base, order, nodes, operands, self.fixed, self.numbers)

    def name_at(self, position: int) -> str:
        """The node that a step is about."""
        return self.nodes[self.order[position]].name

    def work(self) -> Work:
        """The draft as work: a node for each value, copies for those that are made again."""
        made: dict[int, Node] = {}
        seen: set[Node] = set()
        recomputed: list[str] = []
        for value in self.order:
            node = self.nodes[value]
            operands = tuple(made[o] for o in self.operands[value])
            same = all(new is old for new, old in zip(operands, node.operands, strict=True))
            if node in seen:
                made[value] = _copy(node, operands, f"{node.name}_again")
                recomputed.append(node.name)
            else:
                made[value] = node if same else _copy(node, operands, node.name)
                seen.add(node)
        number = {node: i for i, node in enumerate(self.base.order)}
        outputs = [made[number[node]] for node in self.base.outputs]
        return replace(self.base, order=[made[v] for v in self.order], outputs=outputs, recomputed=tuple(recomputed))


def _bytes(node: Node) -> int:
    if node.ports:
        return sum(int(spec.size) * spec.dtype.itemsize for spec in node.ports)
    return int(node.size) * node.dtype.itemsize  # every dimension is a number here


def _cost(node: Node) -> float:
    """What making the value costs, in passes over its elements."""
    rule = Operator.cost[node.operator]
    if rule is None:
        return 1.0
    cost = rule(*node.operands, out=node, attributes=node.attributes)
    if not isinstance(cost, int | float):
        raise rule.wrong(f"returned {cost!r:.60}, no number")
    return float(cost)


def _copy(node: Node, operands: tuple[Node, ...], name: str) -> Node:
    """Another node of the same operator."""
    copy = Node(
        node.graph, name, node.kind, node.ports or node.spec, node.operator, operands, node.attributes, node.value,
        automatic=node.automatic, scope=node.scope, source=node.source, index=node.index,
    )  # fmt: skip
    copy.primal, copy.origin = node.primal, node.origin
    return copy
