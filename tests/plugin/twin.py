"""The built-in packs loaded a second time, as anyone's plugin, and settled so that core's answer NumPy's functions."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import dagprop as dp

NAME = "twin"

COPIES = {"dagprop.operators": "twin_operators"}
"""What is loaded again, and as what.  A module that says more of core's operators from outside their packs goes here:
importing its copy must say the same of the twins."""


class Copies(MetaPathFinder, Loader):
    """Loads modules again under the names of `COPIES`; what they import of each other are copies as well."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        for original, copy in COPIES.items():
            if name == copy or name.startswith(f"{copy}."):
                found = importlib.util.find_spec(original + name.removeprefix(copy))
                assert found is not None
                package = found.submodule_search_locations is not None
                return importlib.util.spec_from_loader(name, self, origin=found.origin, is_package=package)
        return None

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        file = str(module.__spec__.origin)
        text = Path(file).read_text("utf-8")
        for original, copy in COPIES.items():
            text = text.replace(original, copy)
        exec(compile(text, file, "exec"), module.__dict__)  # the file's own name: sources are found by it


@contextmanager
def registered() -> Iterator[None]:
    """The twins are there; every name and function that both claim is core's."""
    dp.registry.load()
    preferred = set(dp.registry._preferred)
    finder = Copies()
    sys.meta_path.insert(0, finder)
    try:
        package, *_ = [importlib.import_module(copy) for copy in COPIES.values()]
        core = next(plugin for plugin in dp.registry.plugins if plugin.name == "core")
        dp.registry.register(NAME, package, core.owner)
        try:
            yield
        finally:
            dp.registry.unregister(NAME)
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] in COPIES.values()]:
            del sys.modules[name]
        dp.registry._preferred = preferred


def settle(namespace: str) -> None:
    """This plugin's operators answer to short names and to NumPy's functions."""
    for op in list(dp.registry):
        if op.namespace == namespace:
            dp.prefer(op.id)


def pair(name: str) -> tuple[dp.Operator, dp.Operator]:
    """Core's operator of this short name, and its twin."""
    return dp.registry[f"core:{name}"], dp.registry[f"{NAME}:{name}"]


def alike(value: Any) -> Any:
    """Text without the namespaces by which twins differ."""
    return value.replace(f"{NAME}:", "core:").replace("twin_operators", "dagprop.operators")
