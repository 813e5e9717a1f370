"""Rules that no expression stands for, as functions of their own."""

from __future__ import annotations

import ast
import dis
import inspect
import textwrap
from collections.abc import Callable
from types import CodeType
from typing import Any


def self_contained(function: Callable[..., Any], name: str) -> str | None:
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
        read |= {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    return read & set(function.__globals__)
