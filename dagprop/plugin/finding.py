"""Plugins found, loaded, and set aside where they are broken: none of them takes the rest down."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint
from time import perf_counter
from typing import Any, NamedTuple

import pluggy

from dagprop.callers import warn
from dagprop.errors import PluginError, PluginWarning, UnknownError, reason, suggestion
from dagprop.plugin import hookspecs
from dagprop.plugin.bringing import BUILT_IN, Plugin, check_name, read
from dagprop.plugin.pack import Pack
from dagprop.plugin.watching import Watchers

GROUP = "dagprop"


class Quarantined(NamedTuple):
    """A plugin that was set aside, or the one hook of it that was, and why."""

    name: str
    owner: str
    reason: str
    hook: str = ""

    def __str__(self) -> str:
        what = f"the hook {self.hook} of the plugin" if self.hook else "the plugin"
        return f"{what} {self.name!r} ({self.owner})"


class Plugins:
    """Who is there: plugins, found by entry point or registered by hand.

    What changes is replaced as a whole, so that another thread, or Ctrl-C, never sees half of it.
    """

    def __init__(self, entry_points: Callable[[], Iterable[EntryPoint]]) -> None:
        self._entry_points = entry_points
        self._pending: list[EntryPoint] | None = None
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(hookspecs)
        self._lock = threading.RLock()
        self._loading = False
        self._found: dict[str, Plugin] = {}
        self._quarantined: tuple[Quarantined, ...] = ()
        self._untold: list[Quarantined] = []
        self._interrupted: set[str] = set()
        self._awaited: frozenset[str] | None = None
        """After whose import a pack must be loaded; None while not every plugin is there."""

    def _changed(self) -> None:
        """Is called when other plugins are there, or other operators of theirs."""

    # ---- loading ------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Find and load every plugin, once, and each pack whose operators must be known by now."""
        if self._awaited is None or not sys.modules.keys().isdisjoint(self._awaited):
            self._load(lambda pack: not sys.modules.keys().isdisjoint(pack.awaited))

    def load_packs(self) -> None:
        """Load the packs as well that nothing was used of."""
        self._load(lambda _: True)

    def _load(self, wanted: Callable[[Pack], bool]) -> None:
        with self._lock:
            if self._loading:  # a plugin's import may look an operator up
                return
            self._loading = True
            try:
                if self._pending is None:
                    self._pending = sorted(self._entry_points(), key=lambda e: (not _ours(e), e.name))
                while self._pending:  # one that is interrupted is still there when it is loaded again
                    entry_point = self._pending[0]
                    self._try(entry_point.name, _owner(entry_point), entry_point.load, ours=_ours(entry_point))
                    del self._pending[0]
                self._replace(self._found)
                for plugin in self._found.values():
                    for pack in filter(wanted, plugin.waiting):
                        self._open(plugin.name, pack)
            finally:
                self._loading = False
        self._tell()

    def _try(self, name: str, owner: str, load: Callable[[], object], *, ours: bool = False) -> None:
        """Load a plugin, or set it aside."""
        started = perf_counter()
        try:
            check_name(name, ours=ours)
            if name in self._found:
                raise ValueError(f"a plugin named {name!r} is already there, from {self._found[name].owner}")
            plugin = self._read(name, owner, load(), ours)
        except BaseException as error:  # noqa: BLE001  # whatever a plugin raises, the rest works
            self._set_aside(Quarantined(name, owner, reason(error)), error)
            return
        self._replace({**self._found, name: replace(plugin, seconds=perf_counter() - started)})

    def _read(self, name: str, owner: str, brought: object, ours: bool) -> Plugin:
        try:
            self._manager.register(brought, name=name)
            return read(self._manager, name, owner, self._found.values(), ours=ours)
        except BaseException:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            raise

    def _open(self, name: str, pack: Pack) -> None:
        """Load a pack of a plugin; where that fails, the plugin is set aside."""
        plugin = self._found.get(name)
        if plugin is None:  # another pack of it has failed
            return
        started = perf_counter()
        try:
            opened = plugin.opened(pack, self._found.values())
        except BaseException as error:  # noqa: BLE001  # as above
            self._set_aside(Quarantined(name, plugin.owner, reason(error)), error)
            self._take_out(name)
            return
        seconds = plugin.seconds_for_packs + perf_counter() - started
        self._replace({**self._found, name: replace(opened, seconds_for_packs=seconds)})

    def _replace(self, found: dict[str, Plugin]) -> None:
        self._found = found
        self._changed()
        if self._pending == []:
            self._awaited = frozenset(n for plugin in found.values() for pack in plugin.waiting for n in pack.awaited)

    # ---- by hand ------------------------------------------------------------------------------------------

    def register(self, name: str, plugin: object, owner: str = "") -> None:
        """Add a plugin by hand, as an entry point of that name would: for a notebook, or a test."""
        self.load()
        with self._lock:
            self._try(name, owner or getattr(plugin, "__name__", type(plugin).__name__), lambda: plugin)
        self._tell()

    def unregister(self, name: str) -> None:
        """Take a plugin and its operators out.  UnknownError where there is none of that name."""
        self.load()
        with self._lock:
            if name not in self._found:
                raise UnknownError(f"there is no plugin {name!r}. {suggestion(str(name), self._found)}".strip())
            self._take_out(name)
            self._quarantined = tuple(q for q in self._quarantined if not (q.hook and q.name == name))

    def _take_out(self, name: str) -> None:
        self._manager.unregister(name=name)
        self._replace({other: plugin for other, plugin in self._found.items() if other != name})

    # ---- who is there -------------------------------------------------------------------------------------

    @property
    def plugins(self) -> Sequence[Plugin]:
        """The plugins that work, with all their operators."""
        self.load_packs()
        return tuple(self._found.values())

    @property
    def quarantined(self) -> Sequence[Quarantined]:
        """What was set aside, with the reason."""
        self.load()
        return self._quarantined

    @property
    def executors(self) -> Sequence[hookspecs.Executor]:
        """The executors that plugins bring."""
        self.load()
        return tuple(executor for plugin in self._found.values() for executor in plugin.executors)

    def watchers(self, hook: str) -> Watchers | None:
        """Those that implement a watching hook, to be told of each step of one run; None where nobody does."""
        self.load()
        impls = getattr(self._manager.hook, hook).get_hookimpls()
        if not impls:
            return None
        silent = {q.name for q in self._quarantined if q.hook == hook}
        everyone = self._manager.get_plugins()
        told: dict[str, Callable[..., Any]] = {
            impl.plugin_name: self._manager.subset_hook_caller(hook, everyone - {impl.plugin})
            for impl in reversed(impls)  # pluggy calls the last one first
            if impl.plugin_name not in silent
        }
        return Watchers(told, partial(self._silence, hook)) if told else None

    # ---- setting aside ------------------------------------------------------------------------------------

    def _silence(self, hook: str, name: str, error: BaseException) -> None:
        plugin = self._found.get(name)  # it may have taken itself out meanwhile
        self._set_aside(Quarantined(name, plugin.owner if plugin is not None else "", reason(error), hook), error)
        self._tell()

    def _set_aside(self, broken: Quarantined, error: BaseException) -> None:
        """Note what is broken; or raise, where that was asked for, or where it was the user that interrupted it.

        Ctrl-C while a plugin is loaded leaves it to be loaded again.  The second time it is set aside: one that hangs,
        or raises KeyboardInterrupt itself, would keep everything else from working.
        """
        if isinstance(error, KeyboardInterrupt) and (broken.name in BUILT_IN or broken.name not in self._interrupted):
            self._interrupted.add(broken.name)
            raise error
        if os.environ.get("DAGPROP_STRICT") == "1":
            raise PluginError(f"{broken} is broken: {broken.reason}") from error
        self._quarantined = (*self._quarantined, broken)
        self._untold.append(broken)

    def _tell(self) -> None:
        """Warn of what was set aside, when all is in its place: a warning may be an error, and a lock is no place."""
        while self._untold:
            broken = self._untold.pop(0)
            what = "was set aside; the run goes on" if broken.hook else "is broken and was set aside; the rest works"
            warn(f"{broken} {what}. {broken.reason}", PluginWarning)


def _ours(entry_point: EntryPoint) -> bool:
    """Whether it is dagprop's own."""
    dist = entry_point.dist
    return dist is not None and re.sub(r"[-_.]+", "-", str(dist.name)).lower() == "dagprop"


def _owner(entry_point: EntryPoint) -> str:
    dist = entry_point.dist
    return f"{dist.name} {dist.version}" if dist is not None else entry_point.value
