"""What people hand to a function by mistake, and which of it a good argument of each kind may be all the same."""

import numpy as np

import dagprop as dp


class Hostile:
    """Says nothing of itself: not its truth, not its length, not even what it is."""

    def __repr__(self):
        raise RuntimeError("not for show")

    __bool__ = __len__ = __iter__ = __eq__ = __array__ = __repr__
    __hash__ = object.__hash__


def foreign():
    """A node of a graph that the others are not of."""
    return dp.Graph("elsewhere").parameter("stranger", (2,))


def lost():
    """A node that an edit has removed."""
    g = dp.Graph("edited")
    node = g.parameter("removed", (3, 2))
    with g.edit() as dag:
        dag.remove_node("removed")
    return node


RUBBISH = {
    "None": lambda: None,
    "True": lambda: True,
    "-1": lambda: -1,
    "1.5": lambda: 1.5,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "10**400": lambda: 10**400,
    "1j": lambda: 1j,
    "''": lambda: "",
    "'rubbish'": lambda: "rubbish",
    "b'bytes'": lambda: b"bytes",
    "[]": list,
    "{}": dict,
    "[None]": lambda: [None],
    "[[1], [2, 3]]": lambda: [[1], [2, 3]],
    "{'nowhere': 1}": lambda: {"nowhere": 1},
    "{3: 1}": lambda: {3: 1},
    "{1}": lambda: {1},
    "object()": object,
    "a class": lambda: int,
    "a function": lambda: lambda *_, **__: None,
    "a generator": lambda: (i for i in [None]),
    "...": lambda: ...,
    "a slice": lambda: slice(1, 2),
    "a foreign node": foreign,
    "a lost node": lost,
    "texts": lambda: np.array(["a", "b"]),
    "objects": lambda: np.array([object()]),
    "another shape": lambda: np.ones((5, 7)),
    "a hostile object": Hostile,
}
"""By name, each made anew where it is used."""


class Kind:
    """A kind of argument: called with a good one, it notes which rubbish is none for it."""

    def __init__(self, *fit: str) -> None:
        assert set(fit) <= set(RUBBISH)
        self.fit = set(fit)

    def __call__(self, value):
        """A good value, and the names of the rubbish that may pass for one."""
        return value, self.fit

    def __or__(self, other):
        return Kind(*self.fit | other.fit)


NOTHING = Kind()
OPTIONAL = Kind("None")
NAME = Kind("'rubbish'")
TEXT = Kind("''", "'rubbish'")
PATH = Kind("'rubbish'")
FLAG = Kind("True")
SEED = COUNT = Kind("10**400")
RATE = Kind("1.5")
NUMBER = Kind("-1", "1.5")
DTYPE = Kind("a class")
SHAPE = Kind("[]", "''", "'rubbish'", "[None]", "a generator", "texts")
NUMBERS = Kind("True", "-1", "1.5", "nan", "inf", "1j", "[]", "another shape")
NODES = Kind("[]")
MAPPING = Kind("{}")
FUNCTION = Kind("a function", "a class")
ANYTHING = Kind(*RUBBISH)
ALIEN = Kind("a foreign node")  # any node will do, of whatever graph
