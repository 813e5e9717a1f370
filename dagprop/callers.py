"""Whose line it is: the nearest caller outside dagprop and NumPy, which nodes bear and warnings point to."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from types import FrameType

import numpy as np

_NOT_THE_USERS = tuple(str(package) + os.sep for package in (Path(__file__).parent, Path(np.__file__).parent))


def user_line() -> tuple[str, int] | None:
    """File and line of the nearest caller outside dagprop and NumPy."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(_NOT_THE_USERS):
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else None


def warn(message: str, category: type[Warning]) -> None:
    """Warn, pointing to the user's line; to the outermost one where all are dagprop's, as in a command."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_NOT_THE_USERS):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
