"""The registry: which operators there are, who brought them, and which one answers a NumPy function.

Plugins are found by entry point (group `dagprop`) when the first operator is looked up.  One that is broken is
set aside with a warning that names it, and the rest works; `DAGPROP_STRICT=1` makes it an error.
"""

from __future__ import annotations

import importlib.metadata
import os
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pluggy

from dagprop.errors import OperandError, PluginError, PluginWarning, UnknownError, suggestion
from dagprop.plugin import hookspecs
from dagprop.plugin.operator import Operator

GROUP = "dagprop"


class Plugin(NamedTuple):
    """A plugin that works: its name (the namespace of its operators), its owner, its operators."""

    name: str
    owner: str
    operators: tuple[Operator, ...]


class Quarantined(NamedTuple):
    """A plugin that was set aside, and why."""

    name: str
    owner: str
    reason: str


class Registry:
    """All operators, by id (`core:sigmoid`), by short name, and by the NumPy function they answer.

    Where two plugins bring the same short name, or answer the same NumPy function, neither wins: using it is
    an error until `prefer` has settled it.

    Examples
    --------
    >>> registry["core:sigmoid"] is registry["sigmoid"]
    True
    """

    def __init__(self, entry_points: Callable[[], Iterable[importlib.metadata.EntryPoint]]) -> None:
        self._unread: Callable[[], Iterable[importlib.metadata.EntryPoint]] | None = entry_points
        self._manager = pluggy.PluginManager(GROUP)
        self._manager.add_hookspecs(hookspecs)
        self._lock = threading.RLock()
        self._plugins: dict[str, Plugin] = {}
        self._quarantined: list[Quarantined] = []
        self._by_id: dict[str, Operator] = {}
        self._by_name: dict[str, list[Operator]] = {}
        self._by_function: dict[Callable[..., Any], list[Operator]] = {}
        self._preferred: set[str] = set()

    # ---- looking up ---------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Operator:
        """The operator of this id or short name.  UnknownError where there is none, or several."""
        self.load()
        if name in self._by_id:
            return self._by_id[name]
        found = self._settled(self._by_name.get(name, []))
        if len(found) == 1:
            return found[0]
        if found:
            ids = " and ".join(op.id for op in found)
            raise UnknownError(
                f"the operator name {name!r} is claimed by {ids}: use the id, or dp.prefer({found[0].id!r})"
            )
        raise UnknownError(f"there is no operator {name!r}. {self._hint(name)}".strip())

    def answering(self, function: Callable[..., Any]) -> Operator:
        """The operator that stands for a NumPy function.  OperandError where there is none, or several."""
        found = self._by_function.get(function)
        if found is None or self._unread is not None:
            self.load()
            found = self._by_function.get(function, [])
        if len(found) > 1:
            found = self._settled(found)
        if len(found) == 1:
            return found[0]
        name = f"{getattr(function, '__module__', None) or 'numpy'}.{function.__name__}"
        if found:
            ids = " and ".join(op.id for op in found)
            raise OperandError(f"{name} on a node is claimed by {ids}: dp.prefer({found[0].id!r}) settles it")
        told = f"no operator answers {name} on a node. {self._hint(function.__name__)}".strip()
        raise OperandError(f"{told} `dagprop ops` lists what there is; @dp.operator(numpy=[...]) makes your own.")

    def __iter__(self) -> Iterator[Operator]:
        self.load()
        return iter(self._by_id.values())

    def __contains__(self, name: object) -> bool:
        self.load()
        return isinstance(name, str) and (name in self._by_id or bool(self._by_name.get(name)))

    def __len__(self) -> int:
        self.load()
        return len(self._by_id)

    def prefer(self, name: str) -> None:
        """Settle a clash: from now on, this operator answers to its short name and to its NumPy functions."""
        chosen = self[name]
        self._preferred -= {op.id for op in self._by_name[chosen.name]}
        self._preferred.add(chosen.id)

    def _settled(self, found: list[Operator]) -> list[Operator]:
        return [op for op in found if op.id in self._preferred] or found

    def _hint(self, name: str) -> str:
        broken = [q for q in self._quarantined if name.startswith(f"{q.name}:")]
        if broken:
            return f"The plugin {broken[0].name!r} ({broken[0].owner}) was set aside: {broken[0].reason}"
        namespace, _, short = name.rpartition(":")
        if namespace and namespace not in self._plugins:
            return (
                f"No plugin named {namespace!r} is installed: pip install the package that brings it "
                f"(usually named dagprop-{namespace})."
            )
        return suggestion(short, self._by_name)

    # ---- plugins ------------------------------------------------------------------------------------------

    @property
    def plugins(self) -> Sequence[Plugin]:
        """The plugins that work."""
        self.load()
        return tuple(self._plugins.values())

    @property
    def quarantined(self) -> Sequence[Quarantined]:
        """The plugins that were set aside, with the reason."""
        self.load()
        return tuple(self._quarantined)

    @property
    def hook(self) -> Any:
        """The hooks of all plugins, to be called."""
        self.load()
        return self._manager.hook

    def load(self) -> None:
        """Find and load every plugin, once."""
        with self._lock:
            entry_points, self._unread = self._unread, None
            if entry_points is None:  # loaded, or being loaded: a plugin's import may look an operator up
                return
            for entry_point in sorted(entry_points(), key=lambda e: (e.name != "core", e.name)):
                dist = entry_point.dist
                owner = f"{dist.name} {dist.version}" if dist is not None else entry_point.value
                self._try(entry_point.name, owner, entry_point.load)

    def register(self, name: str, plugin: object, owner: str = "") -> None:
        """Add a plugin by hand, as an entry point of that name would: for a notebook, or a test."""
        self.load()
        self._try(name, owner or getattr(plugin, "__name__", type(plugin).__name__), lambda: plugin)

    def unregister(self, name: str) -> None:
        """Take a plugin and its operators out."""
        self._manager.unregister(name=name)
        for op in self._plugins.pop(name).operators:
            del self._by_id[op.id]
            self._by_name[op.name].remove(op)
            for function in op.numpy:
                self._by_function[function].remove(op)

    def _try(self, name: str, owner: str, load: Callable[[], object]) -> None:
        try:
            self._add(name, owner, load())
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {error}"
            if os.environ.get("DAGPROP_STRICT") == "1":
                raise PluginError(f"the plugin {name!r} ({owner}) is broken: {reason}") from error
            self._quarantined.append(Quarantined(name, owner, reason))
            warnings.warn(
                f"the plugin {name!r} ({owner}) is broken and was set aside; the rest works. {reason}",
                PluginWarning,
                stacklevel=4,
            )

    def _add(self, name: str, owner: str, plugin: Any) -> None:
        if name in self._plugins:
            raise ValueError(f"a plugin named {name!r} is already there, from {self._plugins[name].owner}")
        try:
            self._manager.register(plugin, name=name)
            impls = [i for i in self._manager.hook.dagprop_operators.get_hookimpls() if i.plugin is plugin]
            brought: list[Any] = [impl.function() for impl in impls]
            operators = tuple(op for part in brought for op in part)
            check_operators(operators)
            self._refuse_others(operators)
            self._refuse_unknown_hooks(plugin)
        except BaseException:
            if self._manager.has_plugin(name):
                self._manager.unregister(name=name)
            raise
        self._plugins[name] = Plugin(name, owner, operators)
        for op in operators:
            op.namespace, op.owner = name, owner
            self._by_id[op.id] = op
            self._by_name.setdefault(op.name, []).append(op)
            for function in op.numpy:
                self._by_function.setdefault(function, []).append(op)

    def _refuse_unknown_hooks(self, plugin: object) -> None:
        for hook in self._manager.get_hookcallers(plugin) or ():
            if not hook.has_spec():
                raise ValueError(f"there is no hook {hook.name!r}. {suggestion(hook.name, dir(hookspecs))}".strip())

    def _refuse_others(self, operators: Iterable[Operator]) -> None:
        for op in operators:
            if self._by_id.get(op.id) is op:
                raise ValueError(f"the operator {op.id} is {op.owner}'s: a plugin brings its own")


def check_operators(operators: Iterable[Any]) -> None:
    """Refuse what is not an operator, a name twice, and a rule that does not take the operands."""
    names: set[str] = set()
    for op in operators:
        if not isinstance(op, Operator):
            raise TypeError(f"dagprop_operators returned {op!r}, which is not an operator: decorate it")
        if not op.name.isidentifier():
            raise ValueError(f"{op.name!r} is no name for an operator: define it with `def`")
        if op.name in names:
            raise ValueError(f"two operators named {op.name!r}")
        names.add(op.name)
        op.check_rules()


registry = Registry(lambda: importlib.metadata.entry_points(group=GROUP))
"""The registry that dagprop uses."""
