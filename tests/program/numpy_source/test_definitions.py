"""What a rule uses goes along: functions, numbers, arrays and modules are defined or imported."""

import base64
import colorsys
import enum
import math as mathematics
from fractions import Fraction

import numpy as np
import pytest
from numpy.lib.array_utils import normalize_axis_index
from numpy.testing import assert_array_equal

import dagprop as dp
from dagprop.program.numpy_source.definitions import Definitions, packed
from dagprop.program.numpy_source.names import Names

FACTOR, TABLE, LARGE = 3, np.array([1.5, 2.5]), np.arange(100.0)


def defined(value, name="f"):
    """What the definitions make of a value, when they are run by themselves."""
    made = Definitions(Names())
    known_as = made.name_of(value, name)
    namespace = {"np": np, **made.constants}
    exec("\n".join([*made.imports, *made.values, *made.functions]), namespace)
    assert not made.needs
    return namespace[known_as]


def test_a_function_without_its_decorators_annotations_and_long_words():
    @np.vectorize
    def decorated(x: float, *, by: float = 2.0) -> float:
        """x, many times.

        More is not said.
        """
        return np.exp(x) * by

    made = Definitions(Names())
    assert made.name_of(decorated.pyfunc, "times") == "times"
    assert made.functions == ['def times(x, *, by=2.0):\n    """x, many times."""\n    return np.exp(x) * by']


def double(x):
    return 2 * x


def reads_a_number(x):
    return x * FACTOR


def reads_a_table(x):
    return np.sum(TABLE * x) + LARGE[int(x)]


def calls_another(x):
    return double(double(x))


def calls_itself(n):
    return 1 if n < 2 else n * calls_itself(n - 1)


def calls_modules(x):
    return mathematics.sqrt(x) + colorsys.rgb_to_hls(x, x, x)[1] + normalize_axis_index(-1, 2)


def calls_a_class(x):
    return float(Fraction(x) / 2)


def calls_an_operator(x):
    return dp.sigmoid(x) + 1


def binds(factor):
    def inner(x):
        return x * factor + sum(k * factor for k in range(3))

    return inner


def has_a_default(x, *, by=FACTOR / 2, to=np.sin, then=double):
    return then(to(x * by))


SCALE, TABLES = np.float32(0.5), {"a": 2.0, 3: (1, None)}


class Kind(enum.Enum):
    NARROW = 3


def reads_a_dict(x):
    return x * TABLES["a"] * TABLES[3][0]


def reads_a_word_of_a_list(x):
    return x * Kind.NARROW.value


def in_one_line(x): return 2 * x  # fmt: skip


def made_with(k):
    def keeps_its_default(x, *, factor=k):
        return x * factor

    return keeps_its_default


k = 3.0  # what a default was called is another value by now

doubled = lambda x: 2 * x  # noqa: E731

FUNCTIONS = [
    has_a_default,
    reads_a_number,
    reads_a_table,
    calls_another,
    calls_itself,
    calls_modules,
    calls_a_class,
    binds(0.5),
    reads_a_dict,
    reads_a_word_of_a_list,
    in_one_line,
    made_with(5.0),
    doubled,
]


@pytest.mark.parametrize("function", [*FUNCTIONS, calls_an_operator], ids=lambda function: function.__name__)
def test_what_a_function_uses_goes_along(function):
    assert defined(function)(4) == function(4)


@pytest.mark.parametrize(
    "value",
    [np, np.sin, np.float32, np.fft.fft, mathematics, Fraction, dp.sigmoid.forward, 3, (1, "a"), TABLE, LARGE, None],
    ids=lambda value: getattr(value, "__name__", repr(value)[:10]),
)
def test_values_that_can_be_written_or_imported(value):
    again = defined(value)
    if isinstance(value, np.ndarray):
        assert_array_equal(again, value, strict=True)
    elif getattr(value, "__name__", "") == "sigmoid":
        assert again(0.0) == 0.5
    else:
        assert again is value or again == value


def test_a_number_keeps_its_dtype():
    """A float32 of NumPy's among float64 is not what Python's 0.5 is."""

    def scaled(x):
        return x * SCALE

    assert defined(scaled)(np.ones(2, np.float16)).dtype == np.float32


def test_one_thing_is_defined_once_and_two_of_one_name_are_two():
    made = Definitions(Names())
    first, second = binds(2), binds(3)
    assert [made.name_of(f, "f") for f in (first, second, first)] == ["f", "f_2", "f"]
    namespace = {"np": np}
    exec("\n".join([*made.values, *made.functions]), namespace)
    assert namespace["f"](1), namespace["f_2"](1) == (first(1), second(1))
    assert namespace["f_2"](1) == second(1) != first(1)


def changes_a_global(x):
    global FACTOR  # noqa: PLW0603  # which a source must not do
    FACTOR = x


class Held:
    def __call__(self, x):
        return x


@pytest.mark.parametrize(
    "value",
    [changes_a_global, eval("lambda x: x"), Held(), object()],
    ids=["a global", "a lambda", "an object", "no more"],
)
def test_what_cannot_be_written_is_to_be_given(value):
    made = Definitions(Names())
    name = made.name_of(value, "f")
    assert list(made.needs) == [name] or made.imports == [f"from {__name__} import {value.__name__} as {name}"]


def test_an_array_is_packed_to_the_bit():
    for array in (
        LARGE,
        np.array([[np.nan, -0.0]], np.float16),
        np.array([1 + 2j]),
        np.ones((2, 3), bool),
        TABLE[::-1],
    ):
        namespace = {"np": np, "base64": base64}
        exec(packed("table", array), namespace)
        assert_array_equal(namespace["table"], array, strict=True)
        assert namespace["table"].tobytes() == array.tobytes()
    assert max(map(len, packed("table", LARGE).splitlines())) <= 100
