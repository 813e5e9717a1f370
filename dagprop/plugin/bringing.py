"""What a plugin brings: read from its hooks once, when it is found, and checked before anything of it is used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pluggy

from dagprop.arguments import shown
from dagprop.errors import PluginError, check_writable, suggestion
from dagprop.plugin import hookspecs
from dagprop.plugin.hookspecs import BUILT_IN_EXECUTORS, Executor, check_executor
from dagprop.plugin.operator import Operator
from dagprop.plugin.pack import Pack

BUILT_IN = ("core", "executors")
"""The plugins of dagprop's own distribution: no other's may bear their names."""

HOOKS = tuple(name for name, spec in vars(hookspecs).items() if hasattr(spec, "dagprop_spec"))

BRINGING = frozenset({"dagprop_operators", "dagprop_executors"})
"""The hooks by which something is brought; by the others a plugin watches."""


@dataclass(frozen=True, eq=False)
class Plugin:
    """A plugin that works.

    Attributes
    ----------
    name : str
        What its entry point is called: the namespace of its operators.
    owner : str
        The distribution and version that it came from.
    hooks : tuple of str
        The hooks that it implements.
    forgotten : tuple of str
        What is named as a hook is, and not marked with `@dp.hookimpl`: it is none.
    operators : tuple of Operator
        The operators that it brings.
    waiting : tuple of Pack
        The packs of further operators, of which nothing was used yet.
    executors : tuple of Executor
        The executors that it brings.
    seconds, seconds_for_packs : float
        How long it took to import it and to read its hooks, and how long its packs took when they were used.
    """

    name: str
    owner: str
    hooks: tuple[str, ...]
    forgotten: tuple[str, ...]
    operators: tuple[Operator, ...]
    waiting: tuple[Pack, ...]
    executors: tuple[Executor, ...]
    seconds: float = 0.0
    seconds_for_packs: float = 0.0

    def opened(self, pack: Pack, others: Iterable[Plugin]) -> Plugin:
        """The plugin with the operators of one of its packs, which is loaded and checked."""
        operators = pack.load()
        check_operators(operators, others)
        own(operators, self.name, self.owner)
        waiting = tuple(other for other in self.waiting if other is not pack)
        return replace(self, operators=(*self.operators, *operators), waiting=waiting)


def read(manager: pluggy.PluginManager, name: str, owner: str, others: Collection[Plugin], *, ours: bool) -> Plugin:
    """What a plugin brings, whose hooks the manager knows.

    Raises
    ------
    Exception
        Whatever is wrong with it: a hook that there is not or that raises, something that is no operator, a rule that
        does not take the operands, a name that is taken.
    """
    plugin = manager.get_plugin(name)
    callers = manager.get_hookcallers(plugin) or []
    for caller in callers:
        if not caller.has_spec():
            raise ValueError(f"there is no hook {caller.name!r}. {suggestion(caller.name, HOOKS)}".strip())
    hooks = tuple(caller.name for caller in callers)
    brought = list(_returned(manager, plugin, "dagprop_operators"))
    packs = tuple(one for one in brought if isinstance(one, Pack))
    operators = tuple(one for one in brought if not isinstance(one, Pack))
    check_operators(operators, others)
    check_names([*(op.name for op in operators), *(called for pack in packs for called in pack.names)])
    executors = tuple(_returned(manager, plugin, "dagprop_executors"))
    check_executors(executors, [executor.name for other in others for executor in other.executors], ours=ours)
    forgotten = tuple(hook for hook in HOOKS if hook not in hooks and callable(getattr(plugin, hook, None)))
    own(operators, name, owner)
    return Plugin(name, owner, hooks, forgotten, operators, packs, executors)


def _returned(manager: pluggy.PluginManager, plugin: object, hook: str) -> Iterator[Any]:
    """What a plugin's own implementation of a hook returned: a list or a tuple, for anything else might never end."""
    for impl in getattr(manager.hook, hook).get_hookimpls():
        if impl.plugin is plugin:
            brought = impl.function()
            if type(brought) not in (tuple, list):  # one that is derived of them may have no end
                raise TypeError(f"{hook} returned {_kind(brought)}: it returns a list")
            yield from brought


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def own(operators: Iterable[Operator], name: str, owner: str) -> None:
    """Tell operators whose they are."""
    for op in operators:
        op.namespace, op.owner = name, owner


def check_name(name: object, *, ours: bool) -> None:
    """Refuse what is no name for a plugin, and dagprop's own names for another's."""
    if not isinstance(name, str) or not name:
        raise PluginError(f"the name of a plugin is a string, not {shown(name)}")
    check_writable(name, "plugin", PluginError)
    if name in BUILT_IN and not ours:
        raise ValueError(f"{name!r} is the name of one of dagprop's own plugins: give the entry point another")


def check_names(names: Iterable[str]) -> None:
    """Refuse what is no name for an operator, and a name twice."""
    seen: set[str] = set()
    for name in names:
        if not name.isidentifier():
            raise ValueError(f"{name!r} is no name for an operator: define it with `def`")
        if name in seen:
            raise ValueError(f"two operators named {name!r}")
        seen.add(name)


def check_operators(operators: Iterable[Any], others: Iterable[Plugin]) -> None:
    """Refuse what is not an operator, one that another plugin brings, and a rule that does not take the operands."""
    foreign = {op for plugin in others for op in plugin.operators}
    for op in operators:
        if not isinstance(op, Operator):
            raise TypeError(f"dagprop_operators returned {op!r}, which is not an operator: decorate it")
        if op in foreign:
            raise ValueError(f"the operator {op.id} is {op.owner}'s: a plugin brings its own")
        op.check_rules()


def check_executors(executors: Iterable[Any], taken: Iterable[str], *, ours: bool) -> None:
    """Refuse what is not an executor, one without a name, and a name that another has."""
    names = {*taken, *(() if ours else BUILT_IN_EXECUTORS)}
    for executor in executors:
        check_executor(executor)
        name = executor.name
        check_writable(name, "executor", PluginError)
        if name in names:
            raise ValueError(f"the executor {name!r} bears a name that another has: give it one of its own")
        names.add(name)
