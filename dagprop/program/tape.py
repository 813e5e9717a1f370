"""The tape executor: a program as NumPy's own inner loops, called one after the other by native code."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from dagprop.plugin.hookspecs import Runnable
from dagprop.plugin.operator import Operator
from dagprop.program import lowering
from dagprop.program._tape import Tape as NativeTape
from dagprop.program.instructions import CALL, COPY, SCATTER_ADD, TAKE, Instruction
from dagprop.program.layout import CONSTANT, INPUT, LOCAL, OUTPUT, Storage, View
from dagprop.program.plan import plan_work
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
        """Lower, plan, and assemble the tape."""
        planned = plan_work(work)
        buffers: list[tuple[Any, ...]] = [("input", leaf.shape, leaf.dtype) for leaf in work.leaves]
        outputs = [(node.shape, node.dtype) for node in work.outputs]
        buffers += [("output", shape, dtype) for shape, dtype in outputs]
        arena = len(buffers)
        buffers.append(("scratch", planned.arena))
        numbers: dict[Storage, int] = {}

        def number(storage: Storage) -> int:
            if storage.kind == INPUT:
                return storage.number
            if storage.kind == OUTPUT:
                return len(work.leaves) + storage.number
            if storage.kind not in (CONSTANT, LOCAL):
                return arena
            known = numbers.get(storage)
            if known is None:
                known = numbers[storage] = len(buffers)
                buffers.append(("constant", storage.array) if storage.kind == CONSTANT else ("local", storage.row))
            return known

        def native(view: View) -> tuple[Any, ...]:
            storage = view.storage
            place = max(0, storage.place)
            return number(storage), place + view.offset, view.shape, view.strides, view.dtype

        def code(instruction: Instruction) -> tuple[Any, ...]:
            kind, function, reads, writes, _ = instruction
            if kind == CALL:
                silent = np.errstate(all="ignore")(function)  # as loops are
                return CALL, silent, tuple(map(native, reads)), tuple(map(native, writes))
            views = tuple([native(view) for view in (*reads, *writes)])
            if kind == COPY:
                return COPY, (_repeated(views[0], views[1][2]), views[1])
            if kind in (TAKE, SCATTER_ADD):
                return kind, views
            return kind, function, views

        tape = [
            ("group", [code(part) for part in step]) if isinstance(step, list) else code(step) for step in planned.steps
        ]
        native_tape: Runnable = NativeTape(
            buffers, tape, threads=self.threads, reuse_outputs=work.reuse_outputs, checked=self.checked
        )
        return native_tape


def available_cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _repeated(view: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    buffer, offset, own, strides, dtype = view
    lead = len(shape) - len(own)
    repeated = (0,) * lead + tuple(
        0 if n == 1 and wanted != 1 else stride for n, wanted, stride in zip(own, shape[lead:], strides, strict=True)
    )
    return buffer, offset, shape, repeated, dtype
