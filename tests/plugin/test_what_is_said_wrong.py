"""What an operator says wrongly is blamed on it: on its rule, by line, on the operator, and on whose it is."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import OperandError, PluginWarning, RuleError, UnknownError
from dagprop.plugin.registry import Registry


@pytest.fixture
def scaled():
    @dp.elementwise
    def scaled(x, *, by=2.0):
        return by * x

    scaled.derivative(lambda x, *, by: by)
    return scaled


@pytest.fixture
def x():
    return dp.Graph().input("x", (3,))


def fails(run, *words):
    with pytest.raises(RuleError) as caught:
        run()
    told = str(caught.value)
    for word in (*words, ":scaled, from ", "test_what_is_said_wrong.py"):
        assert word in told, told


def on_the_tape(of):
    pytest.importorskip("dagprop.program._tape")
    return dp.compile(of, wrt=[], executor="tape")({"x": [1, 2, 3]})


def test_a_lowering_that_is_not_the_result(scaled, x):
    scaled.lower(lambda to, x: x.expanded(0))
    fails(lambda: on_the_tape(scaled(x)), "@scaled.lower returned a view", "(1, 3) float64", "scaled_0 (3,)")


def test_a_lowering_that_raises(scaled, x):
    scaled.lower(lambda to, x: x.nothing)
    fails(lambda: on_the_tape(scaled(x)), "@scaled.lower failed", "AttributeError")


def test_a_simplification_that_raises(scaled, x):
    scaled.simplify("identities")(lambda x, *, by: {}[by])
    fails(lambda: dp.compile(scaled(x), wrt=[]).source, "@scaled.simplify", "KeyError: 2.0")


@pytest.mark.parametrize(
    "text", ["{by} times {x}", "{x}; import os", "y = {x}", "{x}  # twice", "np.sin({x}"], ids=lambda text: text
)
def test_source_that_is_no_expression(scaled, x, text):
    scaled.source(lambda x, *, by: text.format(x=x, by=by))
    fails(lambda: dp.compile(scaled(x), wrt=[]).source, "@scaled.source returned what is no expression")


def test_what_is_to_be_equal_and_is_not_alike(scaled, x):
    scaled.simplify("identities")(lambda x: x.sum())
    told = '@scaled.simplify("identities") makes () float64', "wanted     (3,) float64, as scaled does"
    fails(lambda: dp.compile(scaled(x), wrt=[]).source, *told)


MISFITS = {"a shape": lambda x: x.sum(), "a number": lambda x: 3.0, "a dtype": lambda x: x.astype(bool)}


@pytest.mark.parametrize("made", MISFITS.values(), ids=MISFITS)
def test_an_expansion_that_is_not_alike(scaled, x, made):
    scaled.expand(made)
    told = "@scaled.expand makes", "wanted     (3,) float64, as scaled does"
    fails(lambda: dp.compile(scaled(x), wrt=[]).source, *told)


def test_an_expansion_that_raises(scaled, x):
    scaled.expand(lambda x: x.nothing)
    fails(lambda: dp.compile(scaled(x), wrt=[]).source, "@scaled.expand failed", "AttributeError")


def test_facts_that_do_not_go_with_the_signature():
    with pytest.raises(OperandError, match="reduces= goes with an attribute 'axis'"):
        dp.operator(reduces=np.add)(lambda x: x.sum())
    with pytest.raises(OperandError, match="repeats= goes with an attribute 'shape'"):
        dp.operator(repeats=True)(lambda x: x)
    with pytest.raises(OperandError, match="conditions= names the operand 5"):
        dp.elementwise(conditions=[5])(lambda x: x)


def test_an_operator_of_objects(x):
    twice = dp.elementwise(np.frompyfunc(lambda v: 2 * v, 1, 1))
    with pytest.raises(OperandError, match="makes objects"):
        twice(x)


def test_a_symbol_of_other_operands(scaled):
    pytest.importorskip("sympy")
    scaled.symbol(lambda sympy: 0)
    fails(lambda: dp.symbolic(scaled(dp.Graph().input("x"))), "@scaled.symbol failed", "positional argument")


def test_a_notation_that_is_no_sign(scaled, x):
    scaled.notation(lambda x: "x")
    fails(lambda: dp.equation(scaled(x)), "@scaled.notation returned 'x', no sign of 1 operands")


@pytest.mark.parametrize(
    ("door", "rule", "told"),
    [
        ("source", lambda x, y: "", "takes 2 positional parameters, not one for each of x"),
        ("lower", lambda x: None, "takes 1 positional parameters, not to and one for each of x"),
        ("symbol", lambda sympy, x, *, to: x, "asks for 'to': no attribute"),
        ("bound", lambda bound, x, *, on: 0, "asks for 'on': no attribute"),
    ],
    ids=["source", "lower", "symbol", "bound"],
)
def test_a_plugin_with_a_rule_that_does_not_fit_is_set_aside(scaled, door, rule, told):
    getattr(scaled, door)(rule)

    class Plugin:
        @dp.hookimpl
        def dagprop_operators(self):
            return [scaled]

    with pytest.warns(PluginWarning, match=f"@scaled.{door} {told}"):
        Registry(list).register("wrong", Plugin())


def test_a_pass_that_there_is_not(x):
    with pytest.raises(UnknownError, match="Did you mean identities"):
        dp.compile(x * 1, wrt=[], passes=["identitys"])
