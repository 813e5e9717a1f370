"""The function `step`, line by line."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dagprop.dimension import Dim, Writing
from dagprop.graph.node import CONSTANT, INPUT, PARAMETER, Node
from dagprop.operators.structure import output
from dagprop.plugin.interpretation import Declared
from dagprop.plugin.operator import Operator
from dagprop.program.numpy_source.calls import call_of
from dagprop.program.numpy_source.definitions import Definitions
from dagprop.program.numpy_source.expressions import ATOM, LOWEST, PRODUCT, SUM, UNARY, expression
from dagprop.program.numpy_source.names import Names
from dagprop.program.numpy_source.values import literal, numpy_name, readable, written
from dagprop.program.work import Work

WIDTH = 76
"""An expression longer than this is given a line of its own."""

LINE = 100
"""A line longer than this is broken."""

BINDING = {"sum": SUM, "product": PRODUCT, "function": ATOM}
"""How tightly arithmetic on sizes binds."""

WHOLE = (np.add, np.subtract, np.multiply)
"""What gives the same of Python's ints, such as sizes, as of floats: a quotient does not, where it is one by 0."""

IDENTIFIER = re.compile(r"[^\W\d]\w*")


class Writer:
    """Writes one program.

    Attributes
    ----------
    definitions : Definitions
        What stands before the function, and what the source needs that is not text.
    rules : dict
        Those functions that are operators' rules, by name.
    arguments : dict
        What the function takes: for each leaf's name, what it is called there.
    """

    def __init__(self, work: Work) -> None:
        self._work, self._names = work, Names()
        self.definitions = Definitions(self._names)
        self._returned = set(work.outputs)
        self._uses: dict[Node, int] = {}
        for node in work.order:
            for operand in node.operands:
                self._uses[operand] = self._uses.get(operand, 0) + 1
        self._texts: dict[Node, tuple[str, int]] = {}
        self._weak: set[Node] = set()  # written as Python numbers, which take the dtype of what they meet
        self._whole: set[Node] = set()  # of these, those that are Python ints
        self.rules: dict[str, Callable[..., Any]] = {}
        self._sizes: dict[str, str] = {}
        self._late: set[Node] = set()  # the backward half, and what is made of it
        named = dict.fromkeys(node for node in (*work.leaves, *work.order) if not node.automatic)
        self._given = {node: self._names.fresh(node.name) for node in named}
        self.arguments = {leaf.name: self._name(leaf) for leaf in work.leaves}

    def code(self) -> str:
        """The definitions and the function."""
        body = self._body()
        if self._work.recomputed:  # where memory is short, a name is deleted when it has been read
            body = _with_deletions(body)
        made = self.definitions
        needs = [f"# to be given by who runs this: {', '.join(made.needs)}"] if made.needs else []
        values = ["\n".join(made.values)] if made.values else []
        step = f"{_broken('def step(', self.arguments.values(), '):')}\n{textwrap.indent(chr(10).join(body), '    ')}\n"
        return "\n\n\n".join([*needs, *values, *made.functions, step])

    def _body(self) -> list[str]:
        forward: list[str] = []
        backward: list[str] = []
        for node in self._work.order:
            if node.kind in (INPUT, PARAMETER):
                continue
            if node.kind == CONSTANT:
                self._constant(node)
                continue
            again = bool(self._work.recomputed and self._late)  # what is made again stays where it is needed
            if again or node.primal is not None or not self._late.isdisjoint(node.operands):
                self._late.add(node)
            self._texts[node] = text, _ = self._expression(node)
            if not self._is_inlined(node, text):
                (backward if node in self._late else forward).append(f"{self._assigned(node)} = {text}")
        value, *others = map(self._result, self._work.outputs)
        labelled = [f"{label!r}: {text}" for label, text in zip(self._work.labels, others, strict=True)]
        result = _broken(f"return {value}, {{", labelled, "}")
        parts = [*self._size_lines()]
        parts += ["# forward", *forward, "# backward", *backward] if backward else forward
        return [*parts, result]

    def _size_lines(self) -> list[str]:
        where: dict[str, str] = {}
        for leaf in self._work.leaves:
            for axis, n in enumerate(leaf.shape):
                if isinstance(n, Dim) and n.name is not None:
                    where.setdefault(n.name, f"{self._texts[leaf][0]}.shape[{axis}]")
        return [f"{text} = {where[name]}" for name, text in self._sizes.items()]

    # ---- names ------------------------------------------------------------------------------------------------

    def _name(self, node: Node) -> str:
        if node not in self._texts:
            self._texts[node] = self._given.get(node) or self._names.fresh(node.name), ATOM
        return self._texts[node][0]

    def _assigned(self, node: Node) -> str:
        del self._texts[node]
        return self._name(node)

    def _size(self, name: str) -> str:
        return self._sizes.setdefault(name, self._names.fresh(name.replace("?", "size_")))

    def _is_inlined(self, node: Node, text: str) -> bool:
        """Whether the node's expression is written where it is used."""
        used_once = self._uses.get(node, 0) == 1 and node not in self._returned
        return used_once and node.automatic and len(text) <= WIDTH and not node.ports

    # ---- expressions ------------------------------------------------------------------------------------------

    def _expression(self, node: Node) -> tuple[str, int]:
        op = node.operator
        assert op is not None
        if op is output:
            return f"{self._operand(node, node.operands[0], ATOM)}[{node.attributes['port']}]", ATOM
        declared = Operator.source[op]
        if declared is not None:
            among = node.operands if op.elementwise else ()
            texts = [self._operand(node, operand, ATOM, among) for operand in node.operands]
            said = declared(*texts, out=node, attributes=node.attributes)
            if isinstance(_held(said, declared), str):
                return said, LOWEST
            self._weak.add(node)
            if isinstance(said, Dim):
                self._whole.add(node)
                text, binding = said.written(Writing(self._size))
                return text, BINDING[binding]
            return self._number(node, said)
        call = call_of(op, node.operands, node.attributes)
        if call is not None:
            if call.function in WHOLE and node.dtype.kind == "f" and self._whole.issuperset(node.operands):
                self._weak.add(node)
                self._whole.add(node)
            found = expression(
                call,
                lambda operand, level: self._operand(node, operand, level, self._among(node, operand, call.function)),
                self._size,
            )
            if found is not None:
                return found
        return self._called(node, op), ATOM

    def _among(self, user: Node, node: Node, function: Any) -> Sequence[Node]:
        """The operands whose dtype a number takes in a call of the function: NumPy's ufuncs look at all of them.

        Its other functions make an array of the first.
        """
        assert user.operator is not None
        if not user.operator.elementwise or not numpy_name(function):
            return ()
        looks = isinstance(function, np.ufunc) or (
            node is not user.operands[0] and not self._weak.issuperset(user.operands)
        )
        return user.operands if looks else ()

    def _operand(self, user: Node, node: Node, level: int, among: Sequence[Node] = ()) -> str:
        """An operand, in brackets where it binds less tightly than its user.

        A number is written with its dtype, but `among` operands of which one has that dtype: it takes theirs.  Of
        numbers alone, the last is written with its dtype.
        """
        text, binds = self._texts[node]
        met = user in self._weak or any(
            (o not in self._weak or (o is among[-1] and o is not node)) and o.dtype == node.dtype for o in among
        )
        if node in self._weak and not met:
            return f"np.{node.dtype.name}({text})"
        return text if binds >= level else f"({text})"

    def _called(self, node: Node, op: Operator) -> str:
        """A call of a function of its own, for a rule that no expression can stand for."""
        name = self.definitions.name_of(op.forward, op.name)
        self.rules[name] = op.forward
        given = [self._operand(node, operand, LOWEST) for operand in node.operands]
        defaults = getattr(op.forward, "__kwdefaults__", None) or {}  # what can be read there is left out
        given += [
            f"{key}={self.definitions.text_of(value, f'{op.name}_{key}', self._size)}"
            for key, value in node.attributes.items()
            if key not in defaults or value is not defaults[key]
        ]
        return f"{name}({', '.join(given)})"

    # ---- constants and results ----------------------------------------------------------------------------------

    def _constant(self, node: Node) -> None:
        if node.value.ndim == 0 and readable(node.value):
            self._texts[node] = self._number(node, node.value.item())
        elif readable(node.value):
            name = self._name(node)
            self.definitions.values.append(f"{name} = {literal(node.value)}")
        else:
            self.definitions.constants[self._name(node)] = node.value

    def _number(self, node: Node, value: Any) -> tuple[str, int]:
        """A number as one writes it."""
        self._weak.add(node)
        whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e6 and str(value) != "-0.0"
        text = written(int(value) if whole else value, self._size)
        if whole:
            self._whole.add(node)
        return text, UNARY if text.startswith("-") else ATOM

    def _result(self, node: Node) -> str:
        """An output's expression; a copy of what would otherwise share memory with an operand or a constant."""
        text = self._texts[node][0]
        if node.kind == CONSTANT or node in self._weak:
            return f"np.array({text}, dtype=np.{node.dtype.name})"
        op = node.operator
        shares = op is None or op.view or op is output
        twice = sum(other is node for other in self._work.outputs) > 1
        return f"np.array({text})" if shares or twice else text


def _held(said: Any, rule: Declared) -> Any:
    """What an operator's own rule wrote, once it is clear that it is an expression, or a number."""
    if isinstance(said, int | float | Dim):
        return said
    try:
        ast.parse(f"({said})", mode="eval")  # in brackets, which a comment would swallow
        fits = isinstance(said, str)
    except SyntaxError:
        fits = False
    if not fits:
        raise rule.wrong("returned what is no expression", [("returned", f"{said!r}")])
    return said


def _broken(start: str, parts: Any, end: str) -> str:
    """Parts between brackets, each on a line of its own where they are too long for one."""
    line = f"{start}{', '.join(parts)}{end}"
    return line if len(line) <= LINE else f"{start}\n    " + ",\n    ".join(parts) + f",\n{end}"


def _with_deletions(body: Sequence[str]) -> list[str]:
    """The lines, each name that was assigned deleted behind the line that reads it last."""
    last = {name: i for i, line in enumerate(body[:-1]) for name in IDENTIFIER.findall(line)}
    returned = set(IDENTIFIER.findall(body[-1]))
    assigned = {line.partition(" = ")[0] for line in body if " = " in line}
    lines: list[str] = []
    for i, line in enumerate(body):
        lines.append(line)
        ends = [name for name, end in last.items() if end == i and name in assigned - returned]
        if ends:
            lines.append(f"del {', '.join(ends)}")
    return lines
