"""Values as text, and back: what a file of NetworkX's own writers can hold.

The text is a Python expression, so a person can read and write it: `('batch', 3)`, `{'axis': 1}`,
`array([1.0, 2.0], 'float32')`, `normal(0.1)`.  It is parsed, never run: only the names listed here mean anything.
"""

from __future__ import annotations

import ast
import base64
import operator as python
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import numpy as np

from dagprop.dimension import Dim, Writing
from dagprop.graph import initialisers
from dagprop.plugin.index import Index

READABLE = 100
"""An array of more elements is written as the base64 of its bytes: nobody would read it, and it is read back fast."""


def show(value: Any) -> str:
    """The text of a value; of one that no text can hold (a function of the user's), `<its name>`.

    >>> show({"axis": None, "shape": (2 * Dim("batch"), 3), "dtype": np.dtype("int8")})
    "{'axis': None, 'shape': (2*Dim('batch'), 3), 'dtype': dtype('int8')}"
    >>> show(np.zeros)
    '<numpy.zeros>'
    """
    kind = type(value)
    if kind in _SHOWN:
        return _SHOWN[kind](value)
    for name, constant in _CONSTANTS.items():
        if value is constant:
            return name
    if isinstance(value, np.generic):
        return f"scalar({show(value.item())}, {show_dtype(value.dtype)!r})"
    if isinstance(value, np.dtype):
        return f"dtype({show_dtype(value)!r})"
    if isinstance(value, type) and issubclass(value, np.generic):
        return f"type({np.dtype(value).name!r})"
    what = value if hasattr(value, "__qualname__") else kind
    return f"<{what.__module__}.{what.__qualname__}>"


def read(text: str) -> Any:
    """The value of a text.  ValueError for one that is none.

    >>> read("(2*Dim('batch'), 3, slice(None, -1), array([1, 2], 'int8'))")
    (2*batch, 3, slice(None, -1, None), array([1, 2], dtype=int8))
    >>> read("open('file')")
    Traceback (most recent call last):
    ValueError: in a text, open means nothing
    """
    if text.startswith("<"):
        raise ValueError(f"{text} is nothing that a text can hold: give the object itself")
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        raise ValueError(f"this is not the text of a value: {text:.60}") from None
    return _value(tree.body)


def _value(tree: ast.expr) -> Any:
    match tree:
        case ast.Constant(value):
            return value
        case ast.Tuple(parts):
            return tuple(map(_value, parts))
        case ast.List(parts):
            return list(map(_value, parts))
        case ast.Dict(keys, values) if None not in keys:
            return {_value(key): _value(value) for key, value in zip(keys, values, strict=True) if key is not None}
        case ast.UnaryOp(ast.USub(), operand):
            return -_value(operand)
        case ast.BinOp(left, op, right) if type(op) in _ARITHMETIC:
            operands = _value(left), _value(right)
            if any(isinstance(operand, Dim) for operand in operands):
                return _ARITHMETIC[type(op)](*operands)
        case ast.Name(name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.Call(ast.Name(name), parts, []) if name in _MADE:
            return _MADE[name](*map(_value, parts))
    raise ValueError(f"in a text, {ast.unparse(getattr(tree, 'func', tree)):.60} means nothing")


# ---- what is shown ------------------------------------------------------------------------------------------------


def _float(value: float) -> str:
    return repr(value) if np.isfinite(value) else str(value)  # nan and inf are names here


def _dim(dim: Dim) -> str:
    """A dimension as arithmetic on names; it is the same again when it is worked out."""
    return dim.written(Writing(name=lambda name: f"Dim({name!r})"))[0]


def _array(array: np.ndarray[Any, Any]) -> str:
    dtype = show_dtype(array.dtype)
    if 0 < array.size <= READABLE and array.dtype.char not in "gG":  # a Python float is exact for the other dtypes
        return f"array({show(array.tolist())}, {dtype!r})"
    return f"array({base64.b64encode(array.tobytes()).decode()!r}, {dtype!r}, {array.shape})"


def _partial(value: partial[Any]) -> str:
    """An initialiser with its scale; any other function that was given some of its arguments is the user's."""
    for name in ("normal", "uniform"):
        if getattr(initialisers, name)().func is value.func and not value.keywords:
            return f"{name}({', '.join(map(show, value.args))})"
    return f"<partial of {getattr(value.func, '__qualname__', value.func)}>"


@cache  # NumPy makes the name anew each time, from what the dtype is a kind of
def show_dtype(dtype: np.dtype[Any]) -> str:
    """The name of a dtype; of one whose bytes are swapped, NumPy's short form, which says so."""
    return dtype.name if dtype.isnative else dtype.str


_SHOWN: Mapping[type, Callable[[Any], str]] = {
    **dict.fromkeys((type(None), bool, int, str), repr),
    type(Ellipsis): lambda _: "...",
    float: _float,
    complex: lambda value: f"complex({_float(value.real)}, {_float(value.imag)})",
    tuple: lambda value: f"({', '.join(map(show, value))}{',' if len(value) == 1 else ''})",
    list: lambda value: f"[{', '.join(map(show, value))}]",
    dict: lambda value: f"{{{', '.join(f'{show(k)}: {show(v)}' for k, v in value.items())}}}",
    Index: lambda value: f"Index({show(tuple(value))})",
    slice: lambda value: f"slice({', '.join(map(show, (value.start, value.stop, value.step)))})",
    Dim: _dim,
    np.ndarray: _array,
    partial: _partial,
}

# ---- what is read -------------------------------------------------------------------------------------------------


def _from_array(value: Any, dtype: str, shape: tuple[int, ...] | None = None) -> np.ndarray[Any, Any]:
    if shape is None:
        return np.array(value, dtype)
    return np.frombuffer(base64.b64decode(value), dtype).reshape(shape)


_CONSTANTS: Mapping[str, Any] = {
    "nan": float("nan"), "inf": float("inf"), "float": float, "int": int, "bool": bool, "complex": complex,
    "zeros": initialisers.zeros, "glorot": initialisers.glorot, "he": initialisers.he,
}  # fmt: skip
_MADE: Mapping[str, Callable[..., Any]] = {
    "Dim": Dim, "Index": Index, "slice": slice, "complex": complex, "dtype": np.dtype, "array": _from_array,
    "scalar": lambda value, dtype: np.array(value, dtype)[()], "type": lambda name: np.dtype(name).type,
    "normal": initialisers.normal, "uniform": initialisers.uniform,
}  # fmt: skip
_ARITHMETIC: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: python.add, ast.Sub: python.sub, ast.Mult: python.mul, ast.FloorDiv: python.floordiv,
}  # fmt: skip
