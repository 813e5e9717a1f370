"""The plan of a program: in what order instructions run, how long each value lives, and where it lies meanwhile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dagprop.dimension import Shape
from dagprop.graph.node import Node
from dagprop.program.instructions import COPY, LOOP, REDUCE, SCALAR, Instruction
from dagprop.program.layout import LOCAL, OUTPUT, SCRATCH, Storage, View
from dagprop.program.lowering import Kind, Lowering
from dagprop.program.work import Work

ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector register there is."""

LARGE = 1 << 14
"""Elements: from here on, elementwise work is bound by memory, and neighbours are run block by block together."""


class Life(NamedTuple):
    """A value in scratch memory: written first at a step, read last at another, and why it lives that long."""

    name: str
    nbytes: int
    first: int
    last: int
    reader: str


@dataclass
class Plan:
    """Instructions in order (a list stands for a group that runs block by block), and memory for them."""

    steps: list[Instruction | list[Instruction]]
    first: dict[Storage, int] = field(default_factory=dict)
    last: dict[Storage, tuple[int, Instruction]] = field(default_factory=dict)
    arena: int = 0
    locals: list[Storage] = field(default_factory=list)
    recomputed: tuple[str, ...] = ()

    @property
    def lives(self) -> list[Life]:
        """How long each value in scratch memory lives."""
        return [
            Life(storage.node.name, storage.nbytes, self.first[storage], step, reader.node.name)
            for storage, (step, reader) in self.last.items()
        ]

    @property
    def live_bytes(self) -> list[int]:
        """Bytes alive at each step."""
        change = [0] * (len(self.steps) + 1)
        for life in self.lives:
            change[life.first] += life.nbytes
            change[life.last + 1] -= life.nbytes
        total, alive = 0, []
        for delta in change[:-1]:
            total += delta
            alive.append(total)
        return alive

    @property
    def peak(self) -> int:
        """The most bytes alive at one step: no arrangement of this order needs less."""
        return max(self.live_bytes, default=0)

    def explain(self) -> str:
        """A table: each step, the bytes alive at it, what ends there, and why the long-lived values are kept."""
        lives, alive = self.lives, self.live_bytes
        peak = max(alive, default=0)
        ends: dict[int, list[str]] = {}
        for life in lives:
            ends.setdefault(life.last, []).append(life.name)
        rows = ["step  bytes alive  work" + " " * 36 + "freed after it"]
        for number, step in enumerate(self.steps):
            work = _work(step)
            mark = " ← peak" if alive[number] == peak else ""
            rows.append(f"{number:>4}  {alive[number]:>11,}  {work:<38}  {', '.join(ends.get(number, []))}{mark}")
        kept = sorted((life for life in lives if life.last > life.first + 1), key=lambda life: -life.nbytes)
        if kept:
            rows += ["", "kept"]
            rows += [f"  {life.name}: {life.nbytes:,} bytes, for {life.reader} reads it" for life in kept[:40]]
        if self.recomputed:
            price = 100 * len(self.recomputed) / max(1, len(self.steps) - len(self.recomputed))
            names = ", ".join(self.recomputed[:8]) + (", …" if len(self.recomputed) > 8 else "")
            rows += ["", f"recomputed: {len(self.recomputed)} values ({price:.0f} % more steps): {names}"]
        return "\n".join([*rows, "", f"peak {peak:,} bytes, arena {self.arena:,} bytes"])


def _work(step: Instruction | list[Instruction]) -> str:
    if isinstance(step, list):
        return f"block by block: {len(step)} loops, to {step[-1].node.name}"
    what = getattr(step.function, "__name__", None) or step.node.what
    return f"{step.node.name} ({what})" if step.kind != COPY else f"{step.node.name} (copy)"


# ---- order ----------------------------------------------------------------------------------------------------------


def fusable(node: Node) -> bool:
    """Whether the node is large elementwise work, which gains from being run block by block with its neighbours."""
    op = node.operator
    return op is not None and op.elementwise and not node.ports and int(node.size) >= LARGE  # every size is a number


def order_for_groups(order: Sequence[Node]) -> list[Node]:
    """A topological order in which large elementwise work of one shape stands together.

    A node's level counts how often one must leave a group on the way to it: nodes of one shape and level need
    nothing from outside that is not there before.  A node waits for the first that reads it, so that nothing is
    made early, only to be kept.
    """
    if not any(map(fusable, order)):
        return list(order)
    level: dict[Node, int] = {}
    for node in order:
        level[node] = max((level[operand] + _apart(operand, node) for operand in node.operands), default=0)
    latest: dict[Node, int] = {}
    for node in reversed(order):
        late = latest.setdefault(node, level[node])
        for operand in node.operands:
            latest[operand] = min(latest.get(operand, late), late - _apart(operand, node))
    first: dict[tuple[int, Any], int] = {}

    def rank(node: Node) -> float:
        """Leaves, then the groups of a level one after the other with what reduces them, then all else."""
        if node.operator is None:
            return -1
        shape = _space(node)
        return math.inf if shape is None else first.setdefault((latest[node], shape), node.index)

    ranks = {node: rank(node) for node in order}
    return sorted(order, key=lambda node: (latest[node], ranks[node], node.index))


def _space(node: Node) -> Shape | None:
    """The shape that a group must have to take the node in, or None."""
    if fusable(node):
        return node.shape
    return next((operand.shape for operand in node.operands if _reduces(node, operand)), None)


def _apart(operand: Node, node: Node) -> int:
    """Whether the two cannot stand in one group."""
    theirs = operand.shape if fusable(operand) else None
    mine = node.shape if fusable(node) else None
    return int(operand.operator is not None and mine != theirs and not _reduces(node, operand))


def _reduces(node: Node, operand: Node) -> bool:
    return node.operator is not None and node.operator.reduces is not None and fusable(operand)


def grouped(instructions: Sequence[Instruction | list[Instruction]]) -> list[Instruction | list[Instruction]]:
    """Neighbouring large loops over one space put together, to be run block by block."""
    steps: list[Instruction | list[Instruction]] = []
    group: list[Instruction] = []
    partial: set[Storage] = set()
    written: dict[Storage, View] = {}

    def close() -> None:
        if len(group) == 1:
            steps.append(group[0])
        elif group:
            steps.append(list(group))
        group.clear()
        partial.clear()
        written.clear()

    for instruction in instructions:
        if isinstance(instruction, list):
            close()
            steps.append(instruction)
            continue
        space = instruction.reads[0].shape if instruction.kind == REDUCE else instruction.writes[0].shape
        suits = _suits(instruction) and not any(
            view.storage in partial or written.get(view.storage, view) != view for view in instruction.reads
        )
        if group:
            first = group[0]
            same = space == (first.reads[0].shape if first.kind == REDUCE else first.writes[0].shape)
            if not (suits and same):
                close()
                suits = _suits(instruction)
        if not suits:
            steps.append(instruction)
            continue
        group.append(instruction)
        if instruction.kind == REDUCE:
            partial.add(instruction.writes[0].storage)
        else:
            written[instruction.writes[0].storage] = instruction.writes[0]
    close()
    return steps


def _suits(instruction: Instruction) -> bool:
    if instruction.kind in (LOOP, COPY):
        return len(instruction.writes) == 1 and instruction.writes[0].size >= LARGE and instruction.writes[0].contiguous
    return instruction.kind == REDUCE and instruction.reads[0].size >= LARGE


# ---- memory ---------------------------------------------------------------------------------------------------------


def plan_work(work: Work, called: AbstractSet[Kind] = frozenset()) -> Plan:
    """Lower the work, and plan the instructions; nodes of the kinds `called` are calls, whatever else they could be."""
    order = work.order if work.recomputed else order_for_groups(work.order)
    made = plan(Lowering(work.leaves, order, work.outputs, called).instructions)
    made.recomputed = work.recomputed
    return made


def plan(instructions: Sequence[Instruction | list[Instruction]]) -> Plan:
    """Group the instructions, and find a place in one arena for every value while it lives."""
    made = Plan(grouped(instructions))
    first, last = made.first, made.last
    for number, step in enumerate(made.steps):
        for instruction in step if isinstance(step, list) else (step,):
            for view in (*instruction.reads, *instruction.writes):
                if view.storage.kind == SCRATCH:
                    first.setdefault(view.storage, number)
                    last[view.storage] = number, instruction
    for number, step in enumerate(made.steps):
        if isinstance(step, list):
            made.locals += _localise(step, number, first, last)
    _place(made)
    return made


def _localise(
    group: list[Instruction], number: int, first: dict[Storage, int], last: dict[Storage, tuple[int, Instruction]]
) -> list[Storage]:
    """Values that live within one group need memory for one block only."""
    rows = {i.writes[0].storage: i.writes[0].shape[0] for i in group if i.kind != REDUCE}
    local = [s for s in rows if s in first and first[s] == number and last[s][0] == number]
    for storage in local:
        storage.kind, storage.row = LOCAL, storage.nbytes // max(1, rows[storage])
        del first[storage], last[storage]
    return local


def _place(made: Plan) -> None:
    """First fit by size, in the order of the steps; a value that dies where an equal one is made hands its place on."""
    starts: dict[int, list[Storage]] = {}
    for storage, number in made.first.items():
        starts.setdefault(number, []).append(storage)
    ends: dict[int, list[Storage]] = {}
    for storage, (number, _) in made.last.items():
        ends.setdefault(number, []).append(storage)
    room = {nbytes: _rounded(nbytes) for nbytes in {storage.nbytes for storage in made.first}}
    free: dict[int, list[int]] = {size: [] for size in room.values()}
    for number, step in enumerate(made.steps):
        ending = ends.get(number, ())
        handed = _handed_on(step, ending)
        for storage in handed:
            free[room[storage.nbytes]].append(storage.place)
        for storage in starts.get(number, ()):
            size = room[storage.nbytes]
            places = free[size]
            if places:
                storage.place = places.pop()
            else:
                storage.place, made.arena = made.arena, made.arena + size
        for storage in ending:
            if storage not in handed:
                free[room[storage.nbytes]].append(storage.place)


def _rounded(nbytes: int) -> int:
    return max(ALIGNMENT, -(-nbytes // ALIGNMENT) * ALIGNMENT)


def _handed_on(step: Instruction | list[Instruction], ending: Sequence[Storage]) -> Sequence[Storage]:
    """The operands that a loop may write over: they end here, and every reader reads just the element it writes."""
    if not ending or isinstance(step, list) or step.kind not in (LOOP, SCALAR):
        return ()
    (out,) = step.writes
    if out.storage.kind not in (SCRATCH, OUTPUT) or not out.contiguous:
        return ()
    fits = []
    for storage in ending:
        views = [view for view in step.reads if view.storage is storage]
        alike = [
            v.strides == out.strides and v.shape == out.shape and v.offset == 0 and v.dtype == out.dtype for v in views
        ]
        if alike and all(alike):
            fits.append(storage)
    return fits
