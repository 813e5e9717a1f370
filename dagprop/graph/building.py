"""Where new nodes go, and whose line they bear.

While a rule runs on nodes, what it makes goes to one graph and bears the line of the node it is run for; otherwise
a node goes to its operands' graph and bears the user's own line.
"""

from __future__ import annotations

import gc
import itertools
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from dagprop.graph.node import Node

_NOT_THE_USERS = tuple(str(package) + os.sep for package in (Path(__file__).parents[1], Path(np.__file__).parent))
_indices = itertools.count()


class _Site(threading.local):
    """The graph that rules add their nodes to, and the node they run for; None where no rule runs."""

    graph: Any = None
    like: Node | None = None


site = _Site()


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Pause Python's cyclic garbage collector while many nodes are made.

    It looks at all of them again each time their number has grown by a quarter, though none is garbage: a third
    of the time that a gradient or a program takes to make.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def next_index() -> int:
    """An index greater than that of every node there is: sorting by it is a topological order of any graph."""
    return next(_indices)


def user_line() -> tuple[str, int] | None:
    """File and line of the nearest caller outside dagprop and NumPy."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(_NOT_THE_USERS):
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else None
