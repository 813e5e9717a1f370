"""Passes: the names that simplifications go by, and what each may change of the numbers.

A pass says what it may change before it has a rule, so that who compiles a program can choose by that.  What may
change more than the last bits is only done when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from dagprop.arguments import instance, text
from dagprop.errors import OperandError, suggestion


class Change(Enum):
    """What a pass may change of a result, from nothing to anything.

    Examples
    --------
    >>> Change.NOTHING.value, Change.MORE.value
    ('nothing', 'more')
    """

    NOTHING = "nothing"
    """The same bits; a NaN where there was one."""

    ZERO_SIGNS = "signs of zeros"
    """0 may be −0, and the other way round."""

    LAST_BITS = "last bits"
    """Rounding, and signs of zeros.

    A result is as near as rounding allows to the one that was written, or to the exact one where a step on the way
    overflowed or underflowed: no infinity, NaN or 0 is new.  The terms of a sum may be added in another order, which
    rounds as the sum of their magnitudes does, and may only overflow where that does.
    """

    MORE = "more"
    """Anything that the pass tells of: it is off unless it is asked for."""


@dataclass(frozen=True)
class Pass:
    """A pass: what simplifications go by when a program is made.

    Parameters
    ----------
    name : str
        What `passes=` calls it.
    does : str
        What it does, in a sentence.
    changes : Change
        What its rules may change of a result.

    Examples
    --------
    >>> import numpy as np, dagprop as dp
    >>> @dp.elementwise
    ... def swing(x):
    ...     return np.sin(x)
    >>> @swing.simplify(dp.Pass("swings", "sin(x) is x.", dp.Change.MORE))
    ... def _(x):
    ...     return x
    >>> y = swing(dp.Graph().input("x"))
    >>> dp.compile(y, passes=["swings"], wrt=[])({"x": 0.5})[0].item()
    0.5
    >>> "swings" in dp.compile(y, wrt=[]).passes
    False
    """

    name: str
    does: str
    changes: Change

    def __post_init__(self) -> None:
        text("the name of a pass", self.name)
        text("what a pass does", self.does)
        told = ", ".join(f"Change.{change.name}" for change in Change)
        instance(f"what the pass {self.name!r} changes", self.changes, Change, f"one of {told}")

    @property
    def by_default(self) -> bool:
        """Whether it is on unless `passes=` says otherwise."""
        return self.changes is not Change.MORE


_OWN = (
    Pass("common subexpressions", "What is worked out twice is worked out once.", Change.NOTHING),
    Pass(
        "constant folding",
        "What is made of small constants alone is worked out when the program is made.",
        Change.NOTHING,
    ),
    Pass("identities", "x · 1, −(−x), a shape that a value has already, axes put back: left out.", Change.NOTHING),
    Pass(
        "cheaper forms",
        "x² as x · x, x + 0 as x, numbers that multiply put together, x · (1/n) as x / n.",
        Change.LAST_BITS,
    ),
    Pass(
        "plain slopes",
        "Where the slope is a finite number, or the gradient never 0, the chain rule's product is a product.",
        Change.ZERO_SIGNS,
    ),
    Pass("implicit broadcasting", "What an operator broadcasts by itself is not broadcast before.", Change.LAST_BITS),
    Pass(
        "sums of broadcasts",
        "The sum over axes along which a value does not change is that value, times their length.",
        Change.LAST_BITS,
    ),
    Pass("stacked products", "A stack of products is one product of more rows.", Change.LAST_BITS),
    Pass(
        "pooling before thresholds",
        "The largest of maximum(x, c) is maximum(the largest of x, c), with less to compare.",
        Change.ZERO_SIGNS,
    ),
    Pass("dead code", "What nothing reads is left out.", Change.NOTHING),
)

PASSES: Mapping[str, Pass] = MappingProxyType({one.name: one for one in _OWN})
"""Every pass of dagprop's own by name, in the order its rules are tried."""

_known = dict(PASSES)


def known_passes() -> dict[str, Pass]:
    """The passes there are, by name: dagprop's own, and those that a rule was declared for."""
    return dict(_known)


def the_pass(wanted: str | Pass) -> Pass:
    """The pass of a name, or one that is new and known from now on.

    Raises OperandError for a name that there is not, and for a second pass of a name that says something else.
    """
    if not isinstance(wanted, Pass):
        text("the name of a pass", wanted, "a string, or a dp.Pass")
        if wanted not in _known:
            hint = suggestion(str(wanted), _known)
            raise OperandError(
                f"there is no pass {wanted!r}. {hint}".strip() + " Declare a new one: "
                "simplify(dp.Pass(name, what it does, what it may change))."
            )
        return _known[wanted]
    known = _known.setdefault(wanted.name, wanted)
    if known != wanted:
        raise OperandError(f"there is a pass {wanted.name!r} already, which says: {known.does} ({known.changes.value})")
    return known
