"""A sign is how an operator is written; those of algebra are known by the object."""

import pytest

import dagprop as dp
from dagprop.dimension import Dim
from dagprop.errors import ArgumentError, OperandError
from dagprop.plugin.signs import ADD, MULTIPLY, POWER, Sign, over


def test_an_operator_has_a_sign_of_its_own_or_one_of_algebra():
    @dp.elementwise(text="√({x})", latex=r"\sqrt{{{x}}}")
    def root(x):
        return x**0.5

    @dp.elementwise(sign=ADD)
    def power(x, y):
        return x + y

    assert (root.sign.name, root.sign.text, root.sign.operands) == ("root", "√({x})", ("x",))
    assert power.sign is ADD, "whatever it is called"


def test_signs_alike_are_two():
    assert Sign("f", ("x",)) != Sign("f", ("x",))


def test_how_tightly_a_sign_binds():
    assert ADD.tightness < MULTIPLY.tightness < POWER.tightness < Sign("f", ("x",)).tightness
    with pytest.raises(ArgumentError, match="f: binding is 'sum', 'product', 'power' or 'function', not 'tight'"):
        Sign("f", ("x",), binding="tight")


def test_a_sign_is_of_as_many_operands():
    with pytest.raises(OperandError, match=r"operator same: the sign 'add' is of 2 operands, and there are 1"):

        @dp.elementwise(sign=ADD)
        def same(x):
            return x


def test_what_a_sum_runs_over():
    assert over((Dim("n"), 3), [0]) == "n"
    assert over((Dim("n"), 3), [1]) == "axis1"
    assert over((Dim("n"), 3), [0, 1]) == "", "all of it goes without saying"
