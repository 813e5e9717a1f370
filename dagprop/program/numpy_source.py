"""A program as plain NumPy source, as a person would have derived and written it by hand.

One function, the user's names, no dagprop inside.  What is used once and bears no name of the user's is written
where it is used; operators that no NumPy function stands for are written out by their own forward rules.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import keyword
import re
import textwrap
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from dagprop.graph.node import CONSTANT, INPUT, PARAMETER, Node
from dagprop.operators.indexing import ARRAY
from dagprop.operators.structure import astype, dimension, output
from dagprop.plugin.operator import Operator
from dagprop.program.lowering import VIEWING
from dagprop.program.rewrite import is_automatic
from dagprop.program.work import Work
from dagprop.spec import Dim, Quotient

WIDTH = 76
"""An expression longer than this is given a line of its own."""

INFIX = {
    "core:add": ("+", 5), "core:subtract": ("-", 5), "core:multiply": ("*", 6), "core:divide": ("/", 6),
    "core:matmul": ("@", 6), "core:power": ("**", 8), "core:greater": (">", 1), "core:less": ("<", 1),
    "core:greater_equal": (">=", 1), "core:less_equal": ("<=", 1), "core:equal": ("==", 1),
    "core:not_equal": ("!=", 1), "core:bitwise_and": ("&", 4), "core:bitwise_or": ("|", 2),
    "core:remainder": ("%", 6), "core:floor_divide": ("//", 6),
}  # fmt: skip
"""Python's operators and how tightly they bind."""

ATOM, UNARY = 10, 7

IMPORT = "import numpy as np\n\n\n"

RESERVED = ("np", "step", "parameters", "_file")
"""Names that have a meaning in the source, or in a module made of it."""

SMALL = 64
"""Constants of up to this many numbers are written out."""

LISTING = ("concatenate", "stack", "vstack", "hstack", "dstack", "column_stack")
"""Operators whose NumPy function takes the operands in a list."""


@dataclass(frozen=True)
class Source:
    """The text of a program, and what it needs that is not text: large constants, rules that cannot be written out.

    `arguments` are what the function `step` takes: for each leaf's name, what it is called there.
    """

    text: str
    needs: dict[str, Any]
    arguments: dict[str, str]

    def function(self) -> Callable[..., tuple[Any, ...]]:
        """The function `step` that the text defines."""
        namespace: dict[str, Any] = {"np": np, **self.needs}
        exec(compile(self.text, "<dagprop program>", "exec"), namespace)
        step: Callable[..., tuple[Any, ...]] = namespace["step"]
        return step


def keeps(operator: Operator) -> bool:
    """Whether source can call the operator as it is: a NumPy function stands for it."""
    return operator.id in INFIX or bool(operator.numpy) or operator in (astype, dimension, output)


def write(work: Work) -> Source:
    """The source of a program: a function of the leaves that returns the first output and a dict of the others."""
    return _Writer(work).source()


class _Writer:
    def __init__(self, work: Work) -> None:
        self.leaves, self.order, self.labels = work.leaves, work.order, work.labels
        self.outputs, self.returned = list(work.outputs), set(work.outputs)
        self.frees = bool(work.recomputed)  # where memory is short, a name is deleted when it has been read
        self.uses: dict[Node, int] = {}
        for node in self.order:
            for operand in node.operands:
                self.uses[operand] = self.uses.get(operand, 0) + 1
        self.taken = {*RESERVED, *keyword.kwlist, *dir(builtins)}
        self.text: dict[Node, tuple[str, int]] = {}
        self.needs: dict[str, Any] = {}
        self.functions: dict[Operator, str] = {}
        self.helpers: dict[str, str] = {}
        self.weak: set[Node] = set()  # written as Python numbers, which take the dtype of what they meet
        self.sizes: dict[str, str] = {}

    def source(self) -> Source:
        """Everything, put together."""
        parameters = [self._name(leaf) for leaf in self.leaves]
        body: list[str] = []
        backward = False
        for node in self.order:
            if node.kind in (INPUT, PARAMETER) or node in self.text:
                continue
            if node.kind == CONSTANT:
                self._constant(node)
                continue
            expression, binds = self._expression(node)
            if self._inlined(node, expression):
                self.text[node] = expression, binds
                continue
            if self._is_backward(node) and not backward:
                backward = True
                body.append("# backward")
            name = self._name(node)
            body.append(f"{name} = {expression}")
        results = [self._result(node) for node in self.outputs]
        others = [f"{label!r}: {text}" for label, text in zip(self.labels, results[1:], strict=True)]
        line = f"return {results[0]}, {{{', '.join(others)}}}"
        body.append(line if len(line) <= 100 else f"return {results[0]}, {{\n    " + ",\n    ".join(others) + ",\n}")
        if self.frees:
            body = self._with_deletions(body)
        sizes = [f"{text} = {where}" for text, where in self._size_lines()]
        lines = [*sizes, *(["# forward"] if backward else []), *body]
        header = f"def step({', '.join(parameters)}):"
        if len(header) > 100:
            header = "def step(\n    " + ",\n    ".join(parameters) + ",\n):"
        text = header + "\n" + textwrap.indent("\n".join(lines), "    ") + "\n"
        helpers = "".join(f"{code}\n\n" for code in self.helpers.values())
        arguments = {leaf.name: name for leaf, name in zip(self.leaves, parameters, strict=True)}
        needs = f"# to be given by who runs this: {', '.join(self.needs)}\n\n\n" if self.needs else ""
        return Source(f"{IMPORT}{needs}{helpers}{text}", self.needs, arguments)

    def _with_deletions(self, body: list[str]) -> list[str]:
        """The lines, each name that was assigned deleted behind the line that reads it last."""
        last = {name: i for i, line in enumerate(body[:-1]) for name in re.findall(r"[^\W\d]\w*", line)}
        returned = set(re.findall(r"[^\W\d]\w*", body[-1]))
        assigned = {line.partition(" = ")[0] for line in body if " = " in line}
        lines: list[str] = []
        for i, line in enumerate(body):
            lines.append(line)
            ends = [name for name, end in last.items() if end == i and name in assigned - returned]
            if ends:
                lines.append(f"del {', '.join(ends)}")
        return lines

    # ---- names ------------------------------------------------------------------------------------------------

    def _name(self, node: Node) -> str:
        if node not in self.text:
            self.text[node] = self._fresh(node.name), ATOM
        return self.text[node][0]

    def _fresh(self, name: str) -> str:
        name = unicodedata.normalize("NFKC", name)  # as Python reads identifiers: ﬁ and fi are one name
        stem = "".join(c if f"_{c}".isidentifier() else "_" for c in name)
        stem = stem if stem.isidentifier() else f"_{stem}"
        found, number = stem, 1
        while found in self.taken:
            number += 1
            found = f"{stem}_{number}"
        self.taken.add(found)
        return found

    def _inlined(self, node: Node, expression: str) -> bool:
        """Whether the node's expression is written where it is used."""
        if node in self.returned or self.uses.get(node, 0) != 1 or len(expression) > WIDTH or node.ports:
            return False
        return is_automatic(node) or _is_adjoint_of_automatic(node)

    @staticmethod
    def _is_backward(node: Node) -> bool:
        return node.name.rpartition("/")[2].startswith("d_")

    # ---- expressions ------------------------------------------------------------------------------------------

    def _operand(self, node: Node, level: int, user: Node) -> str:
        """An operand, in brackets where it binds less tightly than its user; a number with its dtype where it must."""
        text, binds = self.text[node]
        if node in self.weak and user not in self.weak:
            met = any(o not in self.weak and o.dtype == node.dtype for o in user.operands)
            if not (met and user.operator is not None and user.operator.elementwise):
                return f"np.{node.dtype.name}({text})"
        return text if binds >= level else f"({text})"

    def _expression(self, node: Node) -> tuple[str, int]:
        op, operands = node.operator, node.operands
        assert op is not None
        if op is dimension or (op.id in INFIX and all(o in self.weak for o in operands)):
            self.weak.add(node)
        infix = INFIX.get(op.id)
        if infix is not None:
            sign, level = infix
            left, right = operands
            # the right operand of an operator that does not associate goes into brackets at its own level
            return (
                f"{self._operand(left, level + (sign == '**'), node)} {sign} {self._operand(right, level + 1, node)}",
                level,
            )
        match op.id, tuple(operands):
            case "core:negative", (x,):
                return f"-{self._operand(x, UNARY, node)}", UNARY
            case "core:invert" | "core:logical_not", (x,) if x.dtype == bool:
                return f"~{self._operand(x, UNARY, node)}", UNARY
            case "core:astype", (x,):
                return f"{self._operand(x, ATOM, node)}.astype(np.{node.dtype.name})", ATOM
            case "core:dimension", ():  # a Python int, which takes the dtype of what it meets
                size = node.attributes["size"]
                return self._value(size), ATOM if isinstance(size, Dim) and size.name else 5
            case "core:output", (value,):
                return f"{self._operand(value, ATOM, node)}[{node.attributes['port']}]", ATOM
            case "core:getitem", (x, *arrays):
                rest = iter(arrays)
                entries = [
                    self._operand(next(rest), 0, node) if entry == ARRAY else self._index(entry)
                    for entry in node.attributes["index"]
                ]
                return f"{self._operand(x, ATOM, node)}[{', '.join(entries)}]", ATOM
            case "core:swapaxes" | "core:transpose", (x,) if x.ndim == 2:
                return f"{self._operand(x, ATOM, node)}.T", ATOM
        return self._call(node, op), ATOM

    def _call(self, node: Node, op: Operator) -> str:
        given = [self._operand(operand, 0, node) for operand in node.operands]
        function = next((f for f in op.numpy if _numpy_name(f)), None)
        if function is None:
            name = self._helper(op)
        else:
            name = _numpy_name(function)
            if op.name in LISTING:
                given = [f"[{', '.join(given)}]"]
            elif op.name == "einsum":
                return f"{name}({', '.join([repr(node.attributes['subscripts']), *given])})"
        attributes = [
            f"{key}={self._value(value[0] if key == 'axis' and type(value) is tuple and len(value) == 1 else value)}"
            for key, value in node.attributes.items()
            if value is not op.attributes.get(key) or (function is not None and not _has_default(function, key, value))
        ]
        return f"{name}({', '.join([*given, *attributes])})"

    def _helper(self, op: Operator) -> str:
        """A function of its own for a rule that no expression can stand for."""
        if op not in self.functions:
            self.functions[op] = name = self._fresh(op.name)
            code = _self_contained(op.forward, name)
            if code is None:
                self.needs[name] = op.forward
            else:
                self.helpers[name] = code
        return self.functions[op]

    def _value(self, value: Any) -> str:
        if isinstance(value, Dim):
            return self._dim(value)
        if isinstance(value, tuple):
            return f"({', '.join(map(self._value, value))}{',' if len(value) == 1 else ''})"
        if isinstance(value, list):
            return f"[{', '.join(map(self._value, value))}]"
        if isinstance(value, slice):
            return f"slice({', '.join(self._value(part) for part in (value.start, value.stop, value.step))})"
        if isinstance(value, np.dtype):
            return f"np.{value.name}"
        if isinstance(value, np.generic):
            return self._value(value.item())
        if isinstance(value, float) and not np.isfinite(value):
            return {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}[repr(value)]
        return "..." if value is Ellipsis else repr(value)

    def _index(self, entry: Any) -> str:
        if not isinstance(entry, slice):
            return self._value(entry)
        start, stop, step = (
            "" if part is None else self._value(part) for part in (entry.start, entry.stop, entry.step)
        )
        return f"{start}:{stop}" + (f":{step}" if step else "")

    def _dim(self, dim: Dim) -> str:
        def atom(part: Any) -> str:
            if isinstance(part, Quotient):
                return f"({self._dim(part.dim)}) // {part.divisor}"
            return self.sizes.setdefault(part, self._fresh(part.replace("?", "size_")))

        terms = [
            "*".join([*([str(factor)] if factor != 1 or not term else []), *map(atom, term)])
            for term, factor in dim.terms.items()
        ]
        return " + ".join(terms)

    def _size_lines(self) -> list[tuple[str, str]]:
        where: dict[str, str] = {}
        for leaf in self.leaves:
            for axis, n in enumerate(leaf.shape):
                if isinstance(n, Dim) and n.name is not None:
                    where.setdefault(n.name, f"{self.text[leaf][0]}.shape[{axis}]")
        return [(text, where[name]) for name, text in self.sizes.items()]

    # ---- constants and results ----------------------------------------------------------------------------------

    def _constant(self, node: Node) -> None:
        value = node.value
        if value.ndim == 0:
            self.text[node] = self._scalar(node, value.item())
            return
        name = self._name(node)
        if value.size <= SMALL:
            self.helpers[name] = f"{name} = {literal(value)}"
        else:
            self.needs[name] = value

    def _scalar(self, node: Node, value: Any) -> tuple[str, int]:
        """A number as one writes it."""
        self.weak.add(node)
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e6
        return self._value(int(value) if whole and str(value) != "-0.0" else value), ATOM if value >= 0 else UNARY

    def _result(self, node: Node) -> str:
        """An output's expression; a copy of what would otherwise share memory with an operand or a constant."""
        text = self.text[node][0]
        if node.kind == CONSTANT or node in self.weak:
            return f"np.array({text}, dtype=np.{node.dtype.name})"
        twice = sum(output is node for output in self.outputs) > 1
        shares = node.kind != "operator" or node.what in (*VIEWING, "contiguous", "positive", "output")
        return f"np.array({text})" if shares or twice else text


def literal(value: np.ndarray[Any, Any]) -> str:
    """An array as one writes it.

    >>> literal(np.array([1.5, np.inf])), literal(np.zeros((0, 2), np.int64))
    ('np.array([1.5, np.inf], dtype=np.float64)', 'np.zeros((0, 2), dtype=np.int64)')
    """
    dtype = f"dtype=np.{value.dtype.name}"
    if not value.size:
        return f"np.zeros({value.shape!r}, {dtype})"
    numbers = re.sub(r"\b(nan|inf)\b", r"np.\1", repr(value.tolist()))
    return f"np.array({numbers}, {dtype})"


def _is_adjoint_of_automatic(node: Node) -> bool:
    return re.fullmatch(r"(d_)+\w+_\d+", node.name.rpartition("/")[2]) is not None


def _numpy_name(function: Any) -> str:
    name = getattr(function, "__name__", "")
    return f"np.{name}" if getattr(np, name, None) is function else ""


def _has_default(function: Any, name: str, value: Any) -> bool:
    """Whether a NumPy function takes this value where the argument is left out."""
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:  # it tells nothing of its arguments
        return False
    default = parameters[name].default if name in parameters else np._NoValue
    return default is value or default is np._NoValue


def _self_contained(function: Callable[..., Any], name: str) -> str | None:
    """The text of a function that needs nothing but NumPy, without decorators; None where it needs more."""
    try:
        code = textwrap.dedent(inspect.getsource(function))
        (tree,) = ast.parse(code).body
    except (OSError, TypeError, SyntaxError):
        return None
    if not isinstance(tree, ast.FunctionDef) or function.__code__.co_freevars or _globals_read(function) - {"np"}:
        return None
    first, *rest = tree.body
    said = (ast.get_docstring(tree) or "").partition("\n\n")[0]  # its first paragraph says enough
    body = [first, *rest][bool(said)].lineno - 1
    if body < tree.lineno:  # all in one line
        return None
    signature = inspect.signature(function)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    header = f"def {name}{signature.replace(parameters=bare, return_annotation=inspect.Signature.empty)}:"
    said = said.replace("\\", "\\\\")
    text = "\n".join([header, *([f'    """{said}"""'] if said else []), *code.splitlines()[body:]]).rstrip()
    try:
        ast.parse(text)
    except SyntaxError:  # a default that no literal stands for
        return None
    return text


def _globals_read(function: Callable[..., Any]) -> set[str]:
    """The names of its module that a function reads, also in functions inside it."""
    read, codes = set[str](), [function.__code__]
    while codes:
        code = codes.pop()
        read |= set(code.co_names) & set(function.__globals__)
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    return read
