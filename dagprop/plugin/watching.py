"""Those who watch a run: each is told of every step, and one that fails does not take the run with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Watchers:
    """The plugins that implement one watching hook, called as one.

    Parameters
    ----------
    told : dict
        For each plugin, by name, what it is told by.
    set_aside : callable
        Is given the name of a plugin whose hook raised, and what it raised.
    """

    def __init__(self, told: dict[str, Callable[..., Any]], set_aside: Callable[[str, BaseException], None]) -> None:
        self._told, self._set_aside = told, set_aside

    def __call__(self, **step: Any) -> None:
        """Tell each of a step; one that raises is told of no further one."""
        for name, tell in list(self._told.items()):
            try:
                tell(**step)
            except KeyboardInterrupt:  # it is the user's, and meant for the run
                raise
            except BaseException as error:  # noqa: BLE001  # whatever a plugin raises, the run is not its own
                del self._told[name]
                self._set_aside(name, error)
