"""Trying what may fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def outcome(function: Callable[..., Any], *args: Any) -> Any:
    """What a function returns or, where it raises, its exception: what is tried may raise anything."""
    try:
        return function(*args)
    except Exception as error:  # noqa: BLE001
        return error
