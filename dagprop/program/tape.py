"""The tape executor: a program as NumPy's own inner loops, called one after the other by native code."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from dagprop.graph.node import Node
from dagprop.plugin.hookspecs import Runnable
from dagprop.plugin.operator import Operator
from dagprop.program import lowering
from dagprop.program._tape import Tape as NativeTape
from dagprop.program.fallback import interpreted, warn
from dagprop.program.instructions import CALL, COPY, Instruction
from dagprop.program.layout import CONSTANT, INPUT, LOCAL, OUTPUT, Storage, View
from dagprop.program.lowering import Kind, kind_of
from dagprop.program.plan import Plan, plan_work
from dagprop.program.work import Work


class Tape:
    """Runs a program natively.

    Parameters
    ----------
    threads : int, optional
        How many threads large work is spread over; the results do not depend on it.  As many as there are cores.
    checked : bool
        Check the range of every instruction at every run, and fill memory with a pattern before it.
    """

    name = "tape"
    settled = True

    def __init__(self, threads: int | None = None, *, checked: bool = False) -> None:
        self.threads = threads or available_cores()
        self.checked = checked

    def keeps(self, operator: Operator) -> bool:
        """What there is a loop for."""
        return lowering.keeps(operator)

    def build(self, work: Work) -> Runnable:
        """Lower, plan, and assemble the tape.

        What the native module refuses to run is called instead, as Python; where that will not do, every rule is.
        """
        called: set[Kind] = set()
        while True:
            planned = plan_work(work, called)
            try:
                return self._assembled(work, planned)
            except ValueError as refusal:
                node, reason = _blamed(work, planned, refusal), str(refusal)
                if node.operator is None or kind_of(node) in called or not hasattr(refusal, "instruction"):
                    return _interpreted(work, node, reason)
                warn(
                    f"the tape has no loop for {node.operator.name} here, and calls its forward rule",
                    node,
                    reason,
                    "Nothing, where the time of a Python call does not matter; else tell who brought the operator.",
                )
                called.add(kind_of(node))

    def _assembled(self, work: Work, planned: Plan) -> Runnable:
        code = _Code(work, planned.arena)
        instructions = [code.step(step) for step in planned.steps]
        step: Runnable = NativeTape(
            code.buffers, instructions, threads=self.threads, reuse_outputs=work.reuse_outputs, checked=self.checked
        )
        return step


def _blamed(work: Work, planned: Plan, refusal: ValueError) -> Node:
    """The node whose instruction or memory the native module refused."""
    number: int | None = getattr(refusal, "instruction", None)
    if number is None:  # too much memory
        return work.outputs[0]
    step = planned.steps[number]
    instruction = step[max(0, getattr(refusal, "part", 0))] if isinstance(step, list) else step
    return instruction.node


def _interpreted(work: Work, node: Node, reason: str) -> Runnable:
    warn(
        "the tape cannot run this program, and calls the forward rule of every operator",
        node,
        reason,
        "Nothing, where speed does not matter; executor='numpy' may be faster.",
    )
    return interpreted(work)


class _Code:
    """Instructions as the native tape takes them, and the buffers that they name by number.

    Inputs come first, then outputs, then the arena; constants and locals follow as they are met.
    """

    def __init__(self, work: Work, arena: int) -> None:
        self.buffers: list[tuple[Any, ...]] = [
            *(("input", leaf.shape, leaf.dtype) for leaf in work.leaves),
            *(("output", node.shape, node.dtype) for node in work.outputs),
            ("scratch", arena),
        ]
        self._first_output = len(work.leaves)
        self._arena = len(self.buffers) - 1
        self._met: dict[Storage, int] = {}

    def step(self, step: Instruction | list[Instruction]) -> tuple[Any, ...]:
        """An instruction, or those of a group."""
        if isinstance(step, list):
            return "group", [self._instruction(part) for part in step]
        return self._instruction(step)

    def _instruction(self, instruction: Instruction) -> tuple[Any, ...]:
        kind, function, reads, writes, _ = instruction
        if kind == COPY:
            reads = (reads[0].broadcast(writes[0].shape),)
        inputs, outputs = tuple(map(self._view, reads)), tuple(map(self._view, writes))
        if kind == CALL:
            return CALL, np.errstate(all="ignore")(function), inputs, outputs  # silent, as loops are
        if function is None:
            return kind, (*inputs, *outputs)
        if isinstance(function, str):  # a loop that is no ufunc's
            return function, (*inputs, *outputs)
        return kind, function, (*inputs, *outputs)

    def _view(self, view: View) -> tuple[Any, ...]:
        storage = view.storage
        offset = max(0, storage.place) + view.offset  # only what lies in the arena has a place
        return self._buffer(storage), offset, view.shape, view.strides, view.dtype

    def _buffer(self, storage: Storage) -> int:
        if storage.kind == INPUT:
            return storage.number
        if storage.kind == OUTPUT:
            return self._first_output + storage.number
        if storage.kind == CONSTANT:
            return self._declared(storage, ("constant", storage.array))
        if storage.kind == LOCAL:
            return self._declared(storage, ("local", storage.row))
        return self._arena

    def _declared(self, storage: Storage, declaration: tuple[Any, ...]) -> int:
        if storage not in self._met:
            self._met[storage] = len(self.buffers)
            self.buffers.append(declaration)
        return self._met[storage]


def available_cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity else os.cpu_count() or 1
