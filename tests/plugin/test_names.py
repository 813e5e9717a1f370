"""No part knows an operator by its name: words that are also names of operators are few, and mean something else."""

import ast
from collections import defaultdict
from pathlib import Path

import dagprop as dp

ROOT = Path(dp.__file__).parent
NAMES = {op.name for op in dp.registry if op.namespace == "core"}

OTHER_MEANINGS = {
    "__init__.py": "dp.diff, dp.dot and dp.trace are functions of dagprop's own",
    "cli/demo.py": "the name of a node in the demo's model",
    "diagram/__init__.py": "dagprop.diagram.dot, a function",
    "diagram/digraph.py": "`pad`, an attribute of Graphviz",
    "diagram/edges.py": "`all`, in the id of many edges drawn as one",
    "diagram/engine.py": "`dot`, the program",
    "diagram/picture.py": "`dot`, a format",
    "explanation/update.py": "`sum`, how tightly a sign binds",
    "plugin/signs.py": "what signs of algebra are called, and how tightly they bind",
    "program/layout.py": "`output`, a kind of memory",
    "program/numpy_source/writer.py": "`sum`, how tightly a size binds",
    "program/tape.py": "`output`, a kind of memory",
    "dimension.py": "what an error calls a dimension, and `sum`, how tightly one binds",
}


def words(module):
    """The string constants of a module, without its docstrings."""
    tree = ast.parse(module.read_text("utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in said]


def test_words_that_are_names_of_operators_mean_something_else():
    found = defaultdict(list)
    for module in ROOT.rglob("*.py"):
        where = module.relative_to(ROOT).as_posix()
        if not where.startswith("operators/"):
            found[where] += [word for word in words(module) if str(word).removeprefix("core:") in NAMES]
    found = {where: some for where, some in found.items() if some}
    assert found.keys() == OTHER_MEANINGS.keys(), found
    assert sum(map(len, found.values())) < 40, found
