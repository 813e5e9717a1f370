"""A failing program made smaller, as long as it fails in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

import numpy as np

import dagprop as dp
from tests.fuzz.programs import Leaf, Program
from tests.fuzz.trial import Failure, Wanted, Way, tried
from tests.fuzz.trying import outcome


def shrunk(program: Program, failure: Failure, seconds: float = 5) -> tuple[Program, Failure]:
    """The smallest program found that fails so, and its failure."""
    end = monotonic() + seconds
    smaller = True
    while smaller and monotonic() < end:
        smaller = False
        for candidate in _candidates(program, failure):
            found = fails(candidate, failure.way, failure.kind)
            if found is not None:
                program, failure, smaller = candidate, found, True
                break
            if monotonic() > end:
                break
    for change in ({"at_once": False}, {"share": None}, {"reuse_outputs": False}, {"threads": 1}):
        failure = fails(program, replace(failure.way, **change), failure.kind) or failure
    for name in failure.way.passes:
        fewer = tuple(other for other in failure.way.passes if other != name)
        failure = fails(program, replace(failure.way, passes=fewer), failure.kind) or failure
    return program, failure


def fails(program: Program, way: Way, kind: str) -> Failure | None:
    """Its failure, where it fails in the same way; what is no program any more does not."""
    found = outcome(lambda: tried(program, way, Wanted(program)))
    return found if isinstance(found, Failure) and found.kind == kind else None


def _candidates(program: Program, failure: Failure) -> Iterator[Program]:
    if len(program.runs) > 1:
        yield program.replace(runs=(program.runs[failure.run],))
    for place in range(len(program)):
        if place != program.of and not isinstance(program.entries[place], Leaf):
            yield from _ending(program, place)
    for place in program.wrt:
        yield program.replace(wrt=tuple(other for other in program.wrt if other != place)).pruned()
    if len(program.runs) == 1:
        yield from _leaves(program)
        yield from _plain(program)


def _ending(program: Program, place: int) -> Iterator[Program]:
    before = tuple(other for other in program.wrt if other <= place)
    yield program.replace(of=place, wrt=before).pruned()


def _leaves(program: Program) -> Iterator[Program]:
    """An operator's result as an input, fed with what it is."""
    nodes = program.build()
    single = [node for node in nodes if not isinstance(node, tuple)]
    values = outcome(dp.forward, single, program.feeds(0))
    if isinstance(values, Exception):
        return
    known = dict(zip(single, values, strict=True))
    for place, entry in enumerate(program.entries):
        if isinstance(entry, Leaf) and entry.kind == "input":
            continue
        if place == program.of or isinstance(nodes[place], tuple):
            continue
        value = np.asarray(entry.value if isinstance(entry, Leaf) else known[nodes[place]])
        if isinstance(entry, Leaf) and place in program.runs[0]:
            value = program.runs[0][place]
        leaf = Leaf("input", value.shape, value.dtype, value)
        entries = (*program.entries[:place], leaf, *program.entries[place + 1 :])
        yield program.replace(entries=entries, runs=({**program.runs[0], place: value},)).pruned()


def _plain(program: Program) -> Iterator[Program]:
    """Feeds of ones, of one number, of a plainer dtype; sizes of their own in place of names."""
    for place, array in program.runs[0].items():
        entry = program.entries[place]
        assert isinstance(entry, Leaf)
        if any(isinstance(n, str) for n in entry.shape):
            yield _with(program, place, Leaf(entry.kind, array.shape, entry.dtype, entry.value), array)
        for plain in (np.ones_like(array), np.full_like(array, array.ravel()[0]) if array.size else array):
            if not np.array_equal(plain, array, equal_nan=array.dtype.kind in "fc"):
                yield _with(program, place, entry, plain)
        for dtype in map(np.dtype, ("float64", "int64")):
            if array.dtype != dtype and array.dtype.kind == dtype.kind:
                leaf = Leaf(entry.kind, entry.shape, dtype, entry.value)
                yield _with(program, place, leaf, array.astype(dtype))


def _with(program: Program, place: int, leaf: Leaf, array: np.ndarray) -> Program:
    entries = (*program.entries[:place], leaf, *program.entries[place + 1 :])
    return program.replace(entries=entries, runs=({**program.runs[0], place: array},))
