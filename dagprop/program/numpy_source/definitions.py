"""What a source defines before its function: rules that no expression stands for, and all that they use.

A rule is written out as it stands in its file.  What it reads from outside itself (other functions, numbers, arrays,
modules) is defined beside it or imported; what none of that works for is to be given by who runs the source.
"""

from __future__ import annotations

import ast
import base64
import builtins
import dis
import enum
import inspect
import os
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from dagprop.dimension import Dim
from dagprop.plugin.operator import Operator
from dagprop.plugin.rule import Rule
from dagprop.program.numpy_source.names import Names
from dagprop.program.numpy_source.values import numpy_name, readable, written

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
            self._define(value.forward if isinstance(value, Operator) and value.plain else value, name, wanted)
        return self._known[key][0]

    def text_of(self, value: Any, wanted: str, size: Callable[[str], str] = str) -> str:
        """A value where it is used: written out, or by a name that it is defined under."""
        if isinstance(value, Enum):
            return f"{self.name_of(type(value), type(value).__name__)}.{value.name}"
        return written(value, size) if _is_written(value) else self.name_of(value, wanted)

    def _define(self, value: Any, name: str, wanted: str) -> None:
        text = self._function(value, name) if isinstance(value, FunctionType) else None
        text = self._rule(value, name) if isinstance(value, Rule) else text
        if text is not None:
            self.functions.append(text)
        elif isinstance(value, np.ndarray) and not readable(value):
            self.constants[name] = value
        elif _is_written(value) or isinstance(value, Enum):
            self.values.append(f"{name} = {self.text_of(value, name)}")
        elif isinstance(value, type) and issubclass(value, Enum) and _is_listed(value):
            kind = next(base.__name__ for base in value.__mro__ if base.__module__ == enum.__name__)
            members = written({name: member.value for name, member in value.__members__.items()}, str)
            self.values.append(f"{name} = {self.name_of(enum, 'enum')}.{kind}({name!r}, {members})")
        elif (place := _place_of(value, wanted)) is not None:
            self.imports.append(place if place.endswith(f" {name}") else f"{place} as {name}")
        else:
            self.needs[name] = value

    def _function(self, function: FunctionType, name: str) -> str | None:
        """A function as text, without decorators; None where it cannot be written out."""
        try:
            code = textwrap.dedent(inspect.getsource(function.__code__))
            tree = _definition(ast.parse(code), function)
            used = _used(function)
        except (OSError, TypeError, SyntaxError):
            return None
        if tree is None or used is None:
            return None
        renamed = {own: self.name_of(value, own) for own, value in used.items()}
        if any(own != new for own, new in renamed.items()):
            if not _locals(function).isdisjoint(renamed):
                return None
            code = _with_names(code, tree, renamed)
            tree = _definition(ast.parse(code), function)
            assert tree is not None
        for parameter in ast.walk(tree.args):
            if isinstance(parameter, ast.arg):
                parameter.annotation = None
        tree.args.defaults = [self._default(value, name) for value in function.__defaults__ or ()]
        given = function.__kwdefaults__ or {}
        tree.args.kw_defaults = [
            self._default(given[p.arg], name) if p.arg in given else None for p in tree.args.kwonlyargs
        ]
        header = f"def {name}({ast.unparse(tree.args)}):"
        if isinstance(tree, ast.Lambda):
            return f"{header}\n    return {ast.unparse(tree.body)}"
        first, *rest = tree.body
        said = (
            (ast.get_docstring(tree) or "").partition("\n\n")[0].replace("\\", "\\\\")
        )  # the first paragraph is enough
        body = [first, *rest][bool(said) :]
        lines = [header, *([f'    """{said}"""'] if said else [])]
        if not body or body[0].lineno == tree.lineno:  # all in one line
            return "\n".join([*lines, *(f"    {ast.unparse(statement)}" for statement in body or [ast.Pass()])])
        return "\n".join([*lines, *code.splitlines()[body[0].lineno - 1 : tree.end_lineno]]).rstrip()

    def _default(self, value: Any, name: str) -> ast.expr:
        """The value that a parameter has when it is left out, and not the expression that gave it once."""
        return ast.parse(self.text_of(value, f"{name}_default"), mode="eval").body

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


PLAIN = (type(None), type(...), bool, int, float, complex, str, bytes, slice)
"""What Python writes so that it reads the same again.  What is derived of them may be something else."""


def _is_written(value: Any) -> bool:
    """Whether a value is written where it is used."""
    if isinstance(value, tuple | list) and not hasattr(value, "_fields"):
        return all(map(_is_written, value))
    if type(value) in (set, frozenset):
        return all(map(_is_written, value))
    if type(value) is dict:
        return all(map(_is_written, [*value, *value.values()]))
    if isinstance(value, np.ndarray):
        return readable(value)
    known = type(value) in PLAIN or isinstance(value, Dim | np.dtype | np.number | np.bool)
    return known or value in (bool, int, float, complex) or bool(numpy_name(value))


def _is_listed(value: type[Enum]) -> bool:
    """Whether an enumeration is its members and nothing else, and those are written."""
    more = [name for name in vars(value) if not name.startswith("_") and name not in value.__members__]
    return not more and all(_is_written(member.value) for member in value.__members__.values())


def _definition(module: ast.Module, function: FunctionType) -> ast.FunctionDef | ast.Lambda | None:
    """Where a function is defined, in the text that it stands in; None where that is not clear."""
    if module.body and isinstance(module.body[0], ast.FunctionDef):
        return module.body[0]
    found = [node for node in ast.walk(module) if isinstance(node, ast.Lambda)]
    return found[0] if len(found) == 1 and function.__name__ == "<lambda>" else None


def _place_of(value: Any, wanted: str) -> str | None:
    """How a module, or what a module holds under its own name or the name `wanted`, is imported; None for all else."""
    if isinstance(value, ModuleType):
        known = sys.modules.get(value.__name__) is value and _is_found(value.__name__)
        return f"import {value.__name__}" if known else None
    name = value.name if isinstance(value, Operator) else getattr(value, "__name__", "")
    name = name or wanted
    home = getattr(value, "__module__", None)  # a ufunc does not say: it is looked for
    modules = [home] if home else sorted(known for known in sys.modules if "._" not in known and known[0] != "_")
    for module in modules:
        if vars(sys.modules.get(module, object)).get(name) is value and _is_found(module):
            return f"from {module} import {name}"
    return None


HOMES = tuple({str(Path(sysconfig.get_path(key)).resolve()) + os.sep for key in ("stdlib", "platlib", "purelib")})
"""Where the standard library is, and what was installed."""


def _is_found(module: str) -> bool:
    """Whether the module is Python's own or was installed: what lies beside a model, another process does not find."""
    file = getattr(sys.modules.get(module), "__file__", None)
    own = module.partition(".")[0] == __name__.partition(".")[0]  # dagprop is there wherever a program is made
    installed = file is not None and str(Path(file).resolve()).startswith(HOMES)
    return own or installed or module in sys.builtin_module_names


def _used(function: FunctionType) -> Mapping[str, Any] | None:
    """What a function reads from outside itself, by name, apart from what is built in; None where it cannot be told."""
    names, codes = set[str](), [function.__code__]
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
