"""A pass is what simplifications go by, and says what it may change before it has a rule."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import ArgumentError, OperandError, UnknownError
from dagprop.plugin.passes import PASSES, known_passes, the_pass


@pytest.fixture
def swing():
    """An operator of a plugin, with a rule that holds for small angles alone."""

    @dp.elementwise
    def swing(x):
        return np.sin(x)

    swing.simplify(dp.Pass("roughly", "The sine of x is x.", dp.Change.MORE))(lambda x: x)
    return swing


def test_what_may_change_more_than_the_last_bits_is_asked_for(swing):
    y = swing(dp.Graph().input("x"))
    usual, all_of_them = dp.compile(y, wrt=[]), dp.compile(y, wrt=[], passes=[*known_passes()])
    assert usual({"x": 1.0})[0] == np.sin(1.0)
    assert all_of_them({"x": 1.0})[0] == 1
    assert "roughly" in all_of_them.passes
    assert "roughly" not in usual.passes


@pytest.mark.parametrize("changes", [change for change in dp.Change if change is not dp.Change.MORE])
def test_a_plugin_s_pass_that_says_less_is_on(changes):
    @dp.elementwise
    def twice(x):
        return x + x

    twice.simplify(dp.Pass(f"doubling, {changes.value}", "x + x is 2x.", changes))(lambda x: 2 * x)
    assert f"doubling, {changes.value}" in dp.compile(twice(dp.Graph().input("x")), wrt=[]).passes


def test_all_of_dagprop_s_own_are_on_without_being_asked_for():
    assert set(PASSES) <= set(dp.compile(dp.Graph().input("x") + 1, wrt=[]).passes)
    assert all(one.by_default for one in PASSES.values())


def test_a_rule_for_a_pass_that_there_is_not_is_refused(swing):
    with pytest.raises(OperandError, match=r"no pass 'identitys'\. Did you mean identities\? Declare a new one"):
        swing.simplify("identitys")
    with pytest.raises(UnknownError, match="no pass 'identitys'"):
        dp.compile(swing(dp.Graph().input("x")), wrt=[], passes=["identitys"])


def test_two_passes_of_one_name_are_refused(swing):
    with pytest.raises(OperandError, match=r"a pass 'roughly' already, which says: The sine of x is x\. \(more\)"):
        swing.simplify(dp.Pass("roughly", "The sine of x is x.", dp.Change.NOTHING))
    assert the_pass(dp.Pass("roughly", "The sine of x is x.", dp.Change.MORE)) is the_pass("roughly")


def test_a_pass_says_what_it_may_change():
    with pytest.raises(TypeError, match="changes"):
        dp.Pass("mine", "Something.")
    with pytest.raises(ArgumentError, match=r"what the pass 'mine' changes is one of Change.NOTHING(.|\n)*'a little'"):
        dp.Pass("mine", "Something.", "a little")


@pytest.mark.parametrize(
    ("name", "does", "changes"), [([], "d", dp.Change.MORE), ("n", 3, dp.Change.MORE), ("n", "d", np.zeros(3))]
)
def test_a_pass_says_what_it_is_in_the_right_kind(name, does, changes):
    with pytest.raises(ArgumentError):
        dp.Pass(name, does, changes)
