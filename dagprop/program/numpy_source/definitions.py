"""What a source defines before its function: rules that no expression stands for, and all that they use.

A rule is written out as it stands in its file.  What it reads from outside itself (other functions, numbers, arrays,
modules) is defined beside it or imported; what none of that works for is to be given by who runs the source.
"""

from __future__ import annotations

import ast
import base64
import builtins
import dis
import inspect
import sys
import textwrap
from collections.abc import Mapping, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from dagprop.plugin.operator import Operator
from dagprop.plugin.rule import Rule
from dagprop.program.numpy_source.names import Names
from dagprop.program.numpy_source.values import literal, numpy_name, readable, written

Array = np.ndarray[Any, Any]

COLUMNS = 100
"""How wide the lines of a packed array are."""


class Definitions:
    """The definitions of one source.

    Attributes
    ----------
    imports : list of str
        Lines that import what is used.
    values, functions : list of str
        Small values, and functions, as text.
    constants : dict
        Arrays that are too large to be read, by name.
    needs : dict
        What cannot be written, by name.
    """

    def __init__(self, names: Names) -> None:
        self.imports: list[str] = []
        self.values: list[str] = []
        self.functions: list[str] = []
        self.constants: dict[str, Array] = {}
        self.needs: dict[str, Any] = {}
        self._names = names
        self._known: dict[tuple[int, str], tuple[str, Any]] = {}  # with the object, whose id stays its own so

    def name_of(self, value: Any, wanted: str) -> str:
        """The name that the value goes by in the source, where it is defined from now on."""
        if value is np:
            return "np"
        key = id(value), wanted
        if key not in self._known:
            name = self._names.fresh(wanted)
            self._known[key] = name, value  # before it is written: it may call itself
            self._define(value.forward if isinstance(value, Operator) and value.plain else value, name)
        return self._known[key][0]

    def _define(self, value: Any, name: str) -> None:
        text = self._function(value, name) if isinstance(value, FunctionType) else None
        text = self._rule(value, name) if isinstance(value, Rule) else text
        if text is not None:
            self.functions.append(text)
        elif isinstance(value, np.ndarray) and not readable(value):
            self.constants[name] = value
        elif isinstance(value, np.ndarray):
            self.values.append(f"{name} = {literal(value)}")
        elif _is_plain(value):
            self.values.append(f"{name} = {written(value, str)}")
        elif numpy_name(value):
            self.values.append(f"{name} = {numpy_name(value)}")
        elif (place := _place_of(value)) is not None:
            self.imports.append(f"{place} as {name}")
        else:
            self.needs[name] = value

    def _function(self, function: FunctionType, name: str) -> str | None:
        """A function as text, without decorators; None where it cannot be written out."""
        try:
            code = textwrap.dedent(inspect.getsource(function.__code__))
            (tree,) = ast.parse(code).body
        except (OSError, TypeError, SyntaxError):
            return None
        if not isinstance(tree, ast.FunctionDef):
            return None
        used = _used(function, [*tree.args.defaults, *filter(None, tree.args.kw_defaults)])
        first, *rest = tree.body
        said = (ast.get_docstring(tree) or "").partition("\n\n")[0]  # its first paragraph says enough
        body = [first, *rest][bool(said)].lineno - 1
        if used is None or body < tree.lineno:  # all in one line
            return None
        renamed = {own: self.name_of(value, own) for own, value in used.items()}
        if any(own != new for own, new in renamed.items()):
            if not _locals(function).isdisjoint(renamed):
                return None
            code = _with_names(code, tree, renamed)
            (tree,) = ast.parse(code).body
            assert isinstance(tree, ast.FunctionDef)
        for parameter in ast.walk(tree.args):
            if isinstance(parameter, ast.arg):
                parameter.annotation = None
        said = said.replace("\\", "\\\\")
        header = [f"def {name}({ast.unparse(tree.args)}):", *([f'    """{said}"""'] if said else [])]
        return "\n".join([*header, *code.splitlines()[body:]]).rstrip()

    def _rule(self, rule: Rule, name: str) -> str:
        """A local-derivative rule, called as dagprop calls it: with the attributes that it asks for."""
        function = self.name_of(rule.function, f"{name}_function")
        asked = (
            ["**attributes"] if rule.every_attribute else [f"{k}=attributes[{k!r}]" for k in sorted(rule.attributes)]
        )
        given = ", ".join(["*operands", *asked, *(["out=out"] if rule.wants_out else [])])
        return f"def {name}(*operands, out, attributes):\n    return {function}({given})"


def packed(name: str, value: Array) -> str:
    """An array as text that is not to be read, many numbers in little room."""
    data = base64.b64encode(value.astype(value.dtype.newbyteorder("<"), copy=False).tobytes()).decode()
    lines = "\n".join(f'    "{line}"' for line in textwrap.wrap(data, COLUMNS - 6))
    dtype = value.dtype.newbyteorder("<").str
    return f"{name} = np.frombuffer(base64.b64decode(\n{lines}\n), {dtype!r}).reshape({value.shape!r})"


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | complex | str | np.dtype | np.number | np.bool)


def _place_of(value: Any) -> str | None:
    """How a module, or what a module holds under its own name, is imported; None where it stands in none."""
    if isinstance(value, ModuleType):
        return f"import {value.__name__}" if sys.modules.get(value.__name__) is value else None
    name = value.name if isinstance(value, Operator) else getattr(value, "__name__", "")
    home = getattr(value, "__module__", None)  # a ufunc does not say: it is looked for
    modules = [home] if home else sorted(known for known in sys.modules if "._" not in known and known[0] != "_")
    for module in modules:
        if module != "__main__" and name and vars(sys.modules.get(module, object)).get(name) is value:
            return f"from {module} import {name}"
    return None


def _used(function: FunctionType, defaults: Sequence[ast.expr]) -> Mapping[str, Any] | None:
    """What a function reads from outside itself, by name, apart from what is built in; None where it cannot be told."""
    names = {node.id for default in defaults for node in ast.walk(default) if isinstance(node, ast.Name)}
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        for instruction in dis.get_instructions(code):
            if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                return None
            if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
                names.add(instruction.argval)
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    try:
        found = dict(inspect.getclosurevars(function).nonlocals)
    except ValueError:  # a variable of the outer function that is not bound
        return None
    for name in sorted(names):
        if name in function.__globals__:
            found[name] = function.__globals__[name]
        elif not hasattr(builtins, name):
            return None
    return {name: value for name, value in found.items() if value is not np or name != "np"}


def _locals(function: FunctionType) -> set[str]:
    """The names that a function, or one inside it, binds."""
    bound, codes = set[str](), [function.__code__]
    while codes:
        code = codes.pop()
        bound |= {*code.co_varnames, *code.co_cellvars}
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    return bound


def _with_names(code: str, tree: ast.AST, renamed: Mapping[str, str]) -> str:
    """The code with other names, and everything else as it stands."""
    lines = [line.encode() for line in code.splitlines()]  # columns count bytes
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in renamed]
    for node in sorted(found, key=lambda node: -node.col_offset):
        line, start = lines[node.lineno - 1], node.col_offset
        lines[node.lineno - 1] = line[:start] + renamed[node.id].encode() + line[start + len(node.id.encode()) :]
    return "\n".join(line.decode() for line in lines)
