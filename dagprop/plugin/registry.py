"""The registry: which operators there are, who brought them, and which one answers a NumPy function.

Plugins are found by entry point (group `dagprop`) when the first operator is looked up.  One that is broken is
set aside with a warning that names it, and the rest works; `DAGPROP_STRICT=1` makes it an error.
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from dagprop.arguments import shown
from dagprop.errors import OperandError, UnknownError, suggestion
from dagprop.plugin.bringing import Plugin
from dagprop.plugin.finding import GROUP, Plugins
from dagprop.plugin.operator import Operator
from dagprop.plugin.pack import Pack


class Tables:
    """The operators of plugins, by id, by short name (the ids that bear it), and by the function they answer.

    Of a pack that was not loaded yet the ids and names are known, and no function that anybody can have called.
    """

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        self.by_id: dict[str, Operator | Pack] = {}
        self.by_name: dict[str, list[str]] = {}
        self.by_function: dict[Callable[..., Any], list[Operator]] = {}
        for plugin in plugins:
            known: list[tuple[str, Operator | Pack]] = [(op.name, op) for op in plugin.operators]
            for name, found in (*known, *((name, pack) for pack in plugin.waiting for name in pack.names)):
                self.by_id[f"{plugin.name}:{name}"] = found
                self.by_name.setdefault(name, []).append(f"{plugin.name}:{name}")
            for op in plugin.operators:
                for function in op.numpy:
                    self.by_function.setdefault(function, []).append(op)


class Registry(Plugins):
    """All operators, by id (`core:sigmoid`), by short name, and by the NumPy function they answer.

    Where two plugins bring the same short name, or answer the same NumPy function, neither wins: using it is
    an error until `prefer` has settled it.

    Examples
    --------
    >>> registry["core:sigmoid"] is registry["sigmoid"]
    True
    """

    def __init__(self, entry_points: Callable[[], Iterable[importlib.metadata.EntryPoint]]) -> None:
        super().__init__(entry_points)
        self._tables = Tables(())
        self._preferred: set[str] = set()

    def _changed(self) -> None:
        self._tables = Tables(self._found.values())

    # ---- looking up ---------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Operator:
        """The operator of this id or short name.  UnknownError where there is none, or several."""
        self.load()
        if not isinstance(name, str):
            raise UnknownError(f"an operator is found by its id or its name, a string, not by {shown(name)}")
        if name in self._tables.by_id:
            return self._made(name)
        ids = self._settled(self._tables.by_name.get(name, []))
        if not ids:
            raise UnknownError(f"there is no operator {name!r}. {self.hint(name)}".strip())
        if len(ids) > 1:
            raise UnknownError(
                f"the operator name {name!r} is claimed by {' and '.join(ids)}: use the id, or dp.prefer({ids[0]!r})"
            )
        return self._made(ids[0])

    def _made(self, name: str) -> Operator:
        """The operator of an id, whose pack is loaded if it was not."""
        found = self._tables.by_id[name]
        if isinstance(found, Pack):
            self._load(lambda pack: pack is found)
            found = self._tables.by_id.get(name, found)
            if isinstance(found, Pack):
                raise UnknownError(f"there is no operator {name!r}. {self.hint(name)}".strip())
        return found

    def answering(self, function: Callable[..., Any]) -> Operator:
        """The operator that stands for a NumPy function.  OperandError where there is none, or several."""
        if self._awaited is None or not sys.modules.keys().isdisjoint(self._awaited):
            self.load()
        found = self._tables.by_function.get(function, [])
        if len(found) > 1:
            found = [op for op in found if op.id in self._preferred] or found
        if len(found) == 1:
            return found[0]
        name = f"{getattr(function, '__module__', None) or 'numpy'}.{function.__name__}"
        if found:
            ids = " and ".join(op.id for op in found)
            raise OperandError(f"{name} on a node is claimed by {ids}: dp.prefer({found[0].id!r}) settles it")
        told = f"no operator answers {name} on a node. {self.hint(function.__name__)}".strip()
        raise OperandError(f"{told} `dagprop ops` lists what there is; @dp.operator(numpy=[...]) makes your own.")

    def __iter__(self) -> Iterator[Operator]:
        self.load_packs()
        return iter([op for op in self._tables.by_id.values() if isinstance(op, Operator)])

    def __contains__(self, name: object) -> bool:
        self.load()
        return isinstance(name, str) and (name in self._tables.by_id or name in self._tables.by_name)

    def __len__(self) -> int:
        self.load()
        return len(self._tables.by_id)

    @property
    def names(self) -> Sequence[str]:
        """The short names of all operators, whether or not they were used yet."""
        self.load()
        return tuple(self._tables.by_name)

    def clashes(self) -> Iterator[tuple[str | Callable[..., Any], Sequence[str]]]:
        """The names, and the NumPy functions, that several operators claim, with their ids; settled ones as well."""
        self.load_packs()
        tables = self._tables
        yield from ((name, tuple(ids)) for name, ids in tables.by_name.items() if len(ids) > 1)
        yield from ((f, tuple(op.id for op in found)) for f, found in tables.by_function.items() if len(found) > 1)

    def prefer(self, name: str) -> None:
        """Settle a clash: from now on, this operator answers to its short name and to its NumPy functions."""
        chosen = self[name]
        self._preferred -= set(self._tables.by_name[chosen.name])
        self._preferred.add(chosen.id)

    def _settled(self, ids: Sequence[str]) -> Sequence[str]:
        return [one for one in ids if one in self._preferred] or ids

    def hint(self, name: str) -> str:
        """What may be the matter where there is no operator of a name or id: who was set aside, or what is alike."""
        namespace, _, short = name.rpartition(":")
        aside = [q for q in self._quarantined if not q.hook and namespace in ("", q.name)]
        told = [f"The plugin {q.name!r} ({q.owner}) was set aside: {q.reason}" for q in aside]
        if namespace and not aside and namespace not in self._found:
            return (
                f"No plugin named {namespace!r} is installed: pip install the package that brings it "
                f"(usually named dagprop-{namespace})."
            )
        if namespace in self._found and not self._found[namespace].hooks:
            told.append(f"The plugin {namespace!r} brings nothing: mark its hooks with @dp.hookimpl.")
        alike = "" if namespace and aside else suggestion(short, self._tables.by_name)
        return " ".join(filter(None, [alike, *told]))


registry = Registry(lambda: importlib.metadata.entry_points(group=GROUP))
"""The registry that dagprop uses."""
