"""Where new nodes go, and whose line they bear.

While a rule runs on nodes, what it makes goes to one graph and bears the line of the node it is run for; otherwise
a node goes to its operands' graph and bears the user's own line.
"""

from __future__ import annotations

import gc
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagprop.graph.node import Node

_indices = itertools.count()


class _Site(threading.local):
    """The graph that rules add their nodes to, and the node they run for; None where no rule runs."""

    graph: Any = None
    like: Node | None = None


site = _Site()


class _Sweeps:
    """How many put off full collections now, and the thresholds while nobody does and while somebody does."""

    lock = threading.Lock()
    makers = 0
    usual = seldom = gc.get_threshold()


RARELY = 1_000
"""How many collections of the middle generation come before a full one, while many nodes are made."""


@contextmanager
def without_full_collections() -> Iterator[None]:
    """Put off the full sweeps of Python's cyclic garbage collector while many nodes are made.

    They look at all nodes again each time their number has grown by a quarter, though none is garbage: a third of
    the time that a program of 10,000 operators takes to make.  Young garbage, of any thread, is collected as ever.
    """
    with _Sweeps.lock:
        if not _Sweeps.makers:
            _Sweeps.usual = gc.get_threshold()
            gc.set_threshold(*_Sweeps.usual[:2], RARELY)
            _Sweeps.seldom = gc.get_threshold()  # Python 3.14 sweeps bit by bit, and has no third threshold
        _Sweeps.makers += 1
    try:
        yield
    finally:
        with _Sweeps.lock:
            _Sweeps.makers -= 1
            if not _Sweeps.makers and gc.get_threshold() == _Sweeps.seldom:  # nobody has changed it since
                gc.set_threshold(*_Sweeps.usual)


def next_index() -> int:
    """An index greater than that of every node there is: sorting by it is a topological order of any graph."""
    return next(_indices)
