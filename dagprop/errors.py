"""What dagprop says when something is wrong.

Every error names what the user knows: the node, the line that made it, the operator and the package that
brought it, all shapes and dtypes, what was expected, and what to do.  `report` lays such a message out; the
classes say what kind of mistake it is, and each also is the built-in exception that a caller would expect.
"""

from __future__ import annotations

import linecache
import pickle
from collections.abc import Iterable
from typing import Any


class DagpropError(Exception):
    """Base of every error that dagprop raises on purpose."""


class ArgumentError(DagpropError, TypeError, ValueError):
    """An argument that is not what was asked for, in kind or in value: Python has a name for each, and it is both."""


class ShapeError(DagpropError, ValueError):
    """Operands whose shapes or dtypes an operator cannot take."""


class OperandError(DagpropError, TypeError):
    """Operands or attributes that do not fit an operator's signature."""


class PositionError(DagpropError, IndexError):
    """An index that does not go with its operand."""


class RuleError(DagpropError, RuntimeError):
    """A rule, or an executor, failed or returned something else than it promises."""


class GradientError(DagpropError, TypeError):
    """A derivative was asked for that does not exist."""


class GraphError(DagpropError, ValueError):
    """A graph that is not a graph of operators: a cycle, a missing slot, a name taken twice."""


class UnknownError(DagpropError, KeyError):
    """A name that nothing answers to: an operator, a node, an input."""

    def __str__(self) -> str:  # a KeyError would show its message quoted
        return str(self.args[0])


class FeedError(DagpropError, ValueError):
    """A feed that is missing, unknown, or of the wrong shape or dtype."""


class NonFiniteError(DagpropError, ArithmeticError):
    """A NaN or an infinity turned up in a value or a gradient; `flow` holds what was recorded, if anything was."""

    flow: Any = None


class NonFiniteWarning(RuntimeWarning):
    """A NaN or an infinity turned up in a value or a gradient."""


class MissingError(UnknownError, AttributeError):
    """An operator that cannot be had as an attribute of dagprop: several claim its name, or its pack is broken."""


class FallbackWarning(RuntimeWarning):
    """An operator, or a whole program, runs in a slower way than it was to: the numbers are the same."""


class PluginError(DagpropError, RuntimeError):
    """A plugin is broken, and `DAGPROP_STRICT=1` asked to be told by an error."""


class PluginWarning(UserWarning):
    """A plugin is broken and was set aside; the rest works."""


class UnpicklableError(DagpropError, pickle.PicklingError):
    """An operator is pickled by name, and its module has none of it."""


class MissingExtraError(DagpropError, ImportError):
    """An optional package is needed and is not installed."""


def report(headline: str, rows: Iterable[tuple[str, str]] = (), *, advice: str = "") -> str:
    """A headline, then aligned `label  text` rows, then what to do.

    >>> print(report("matmul cannot take these shapes", [("operand 0", "a (3, 4)")], advice="Transpose a."))
    matmul cannot take these shapes
      operand 0  a (3, 4)
      to do      Transpose a.
    """
    lines = [(label, text) for label, text in rows if text]
    if advice:
        lines.append(("to do", advice))
    width = max((len(label) for label, _ in lines), default=0)
    return "\n".join([headline, *(f"  {label:<{width}}  {text}" for label, text in lines)])


def reason(error: BaseException) -> str:
    """What was raised, as Python's last line of a traceback has it; the class alone where it says nothing.

    >>> reason(ValueError("no")), reason(KeyboardInterrupt())
    ('ValueError: no', 'KeyboardInterrupt')
    """
    try:
        return f"{type(error).__name__}: {error}".removesuffix(": ")
    except BaseException:  # noqa: BLE001  # its message may be of a plugin's making, and raise anything itself
        return type(error).__name__


def source_line(source: tuple[str, int] | None) -> str:
    """The user's line as `file:12  a @ b`, or nothing where it is not known."""
    if source is None:
        return ""
    filename, number = source
    code = linecache.getline(filename, number).strip()
    return f"{filename}:{number}" + (f"  {code}" if code else "")


def check_writable(name: str, what: str, error: type[DagpropError]) -> None:
    r"""Refuse a name that no file and no picture can hold.

    >>> check_writable("σ of x", "node", GraphError)
    >>> check_writable("x\0", "node", GraphError)
    Traceback (most recent call last):
    dagprop.errors.GraphError: the node 'x\x00': its name has a NUL character, which no file or picture can hold
    """
    wrong = "a NUL character" if "\0" in name else ""
    try:
        name.encode()
    except UnicodeEncodeError:
        wrong = "half of a surrogate pair"
    if wrong:
        raise error(f"the {what} {name!r:.60}: its name has {wrong}, which no file or picture can hold")


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean …?` for a misspelt name, or nothing.

    >>> suggestion("sigmiod", ["sigmoid", "tanh"])
    'Did you mean sigmoid?'
    >>> suggestion("x", ["X", "y"])
    'Did you mean X?'
    """
    import difflib

    names = list(known)
    otherwise = [other for other in names if other.casefold() == name.casefold()]  # all that differs is the case
    close = otherwise or difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(close)}?" if close else ""


def missing_extra(package: str, extra: str, purpose: str) -> MissingExtraError:
    """The error for an optional package that is not installed."""
    return MissingExtraError(f"{purpose} needs {package}: pip install 'dagprop[{extra}]'")
