"""What an operator says wrongly is blamed on it: on its rule, by line, on the operator, and on whose it is."""

import pytest

import dagprop as dp
from dagprop.errors import PluginWarning, RuleError, UnknownError
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


def test_source_that_is_no_expression(scaled, x):
    scaled.source(lambda x, *, by: f"{by} times {x}")
    fails(lambda: dp.compile(scaled(x), wrt=[]).source, "@scaled.source returned what is no expression", "2.0 times x")


def test_a_symbol_of_other_operands(scaled):
    pytest.importorskip("sympy")
    scaled.symbol(lambda sympy: 0)
    fails(lambda: dp.symbolic(scaled(dp.Graph().input("x"))), "@scaled.symbol failed", "positional argument")


def test_a_notation_that_is_no_sign(scaled, x):
    scaled.notation(lambda x: "x")
    with pytest.raises(RuleError, match=r"@scaled\.notation of .*:scaled, from .* returned 'x', no sign"):
        dp.equation(scaled(x))


@pytest.mark.parametrize(
    ("door", "rule", "told"),
    [
        ("source", lambda x, y: "", "takes 2 positional parameters, not one for each of x"),
        ("lower", lambda x: None, "takes 1 positional parameters, not 1 and one for each of x"),
        ("symbol", lambda sympy, x, *, to: x, "asks for 'to': no attribute"),
        ("bound", lambda bound, x, *, on: 0, "asks for 'on': no attribute"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "",
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
