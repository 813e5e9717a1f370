"""A rule is written out as a function where it needs nothing but NumPy."""

import numpy as np
import pytest

from dagprop.program.numpy_source.functions import self_contained

FACTOR = 3


def test_a_function_without_its_decorators_annotations_and_long_words():
    @np.vectorize
    def decorated(x: float, *, by: float = 2.0) -> float:
        """x, many times.

        More is not said.
        """
        return np.exp(x) * by

    assert self_contained(decorated.pyfunc, "times") == (
        'def times(x, *, by=2.0):\n    """x, many times."""\n    return np.exp(x) * by'
    )


def reads_a_global(x):
    return x * FACTOR


def has_a_default_that_is_no_literal(x, *, to=np.sin):
    return to(x)


def closes_over(factor):
    def inner(x):
        return x * factor

    return inner


@pytest.mark.parametrize(
    "function",
    [reads_a_global, has_a_default_that_is_no_literal, closes_over(2), np.sin, eval("lambda x: x")],
    ids=["a global", "a default", "a closure", "a ufunc", "a lambda"],
)
def test_what_needs_more_than_numpy_is_not_written(function):
    assert self_contained(function, "f") is None
