"""The folders are the floors: none imports from above, and the page on the design tells of each."""

import ast
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "design.md").read_text("utf-8")

FLOORS = (
    "errors", "callers", "arguments", "files",
    "sealing", "casting", "dimension", "spec", "plugin", "operators", "graph", "derivatives",
    "run", "notation", "program", "check", "explanation", "diagram", "flow", "training", "cli", "mypy", "__main__",
)  # fmt: skip
"""From the ground up: each may import from those before it, and from itself."""

MODULES = sorted((ROOT / "dagprop").rglob("*.py"))


def floor(module):
    return module.relative_to(ROOT / "dagprop").with_suffix("").parts[0]


def imported(module):
    """What a module imports of dagprop, by floor; for the type checker alone, too."""
    tree = ast.parse(module.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("dagprop"):
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            yield from [alias.name.split(".")[1] for alias in node.names if alias.name.startswith("dagprop.")]


def test_every_floor_is_there():
    found = {floor(module) for module in MODULES} - {"__init__"}
    assert found == set(FLOORS)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_from_its_floor_and_those_below(module):
    if floor(module) == "__init__":
        return  # it gathers what is public
    above = [name for name in imported(module) if FLOORS.index(name) > FLOORS.index(floor(module))]
    assert not above, f"{module.relative_to(ROOT)} imports from above: {above}"


def test_a_pack_imports_nothing_but_the_plugin_floor():
    for module in (ROOT / "dagprop" / "operators").glob("*.py"):
        assert set(imported(module)) <= {"plugin", "operators"}, module.name


def test_no_modules_import_one_another():
    """Not even inside a function, or for the type checker; `dagprop` itself, which gathers all, stands for none."""
    modules = {".".join(m.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): m for m in MODULES}
    imports = nx.DiGraph()
    for name, module in modules.items():
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                found = {f"{node.module}.{alias.name}" for alias in node.names} & set(modules) or {node.module}
            else:
                found = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            imports.add_edges_from((name, other) for other in found & set(modules) - {"dagprop"})
    assert imports.number_of_edges() > len(modules)
    assert list(nx.simple_cycles(imports)) == []


@pytest.mark.parametrize("name", FLOORS)
def test_the_page_tells_of_a_floor(name):
    assert f"{name}/ " in PAGE or f"{name}.py" in PAGE, f"docs/design.md does not say what {name} is for"
