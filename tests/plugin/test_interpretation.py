"""What operators say of themselves: a table for each interpretation, which any package fills."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import OperandError, RuleError
from dagprop.plugin.facts import applied
from dagprop.plugin.interpretation import Interpretation, Simplification
from dagprop.plugin.rule import place_of


@pytest.fixture
def cube():
    @dp.elementwise
    def cube(x, *, times=1):
        return x * x * x * times

    return cube


def test_an_operator_says_it_with_a_decorator_and_the_table_has_it(cube):
    assert cube not in dp.Operator.symbol
    assert dp.Operator.symbol[cube] is None

    @cube.symbol
    def said(sympy, x):
        return x**3

    assert cube in dp.Operator.symbol
    assert dp.Operator.symbol[cube](None, 2, attributes={"times": 1}) == 8
    assert said(None, 2) == 8, "the function stays what it was"


def test_a_rule_is_given_the_attributes_that_it_asks_for(cube):
    cube.cost(lambda x, *, times: times + x)
    assert dp.Operator.cost[cube](1, attributes={"times": 5}) == 6
    assert dp.Operator.cost[cube].with_all(1, times=5) == 6
    cube.cost(lambda x: x)
    assert dp.Operator.cost[cube].with_all(1, times=5) == 1, "and none that it does not"


def test_a_table_of_ones_own():
    price = Interpretation("What it costs at the shop.")
    price.of(dp.tanh)(lambda x: 3)
    assert list(price) == [dp.tanh]
    assert price[dp.tanh](None, attributes={}) == 3
    assert price[dp.exp] is None


def test_what_follows_from_a_table_knows_when_it_is_old(cube):
    before = dp.Operator.cost.version, dp.Operator.simplify.version
    cube.cost(lambda x: 2)
    cube.simplify("identities")(lambda x: None)
    assert (dp.Operator.cost.version, dp.Operator.simplify.version) == (before[0] + 1, before[1] + 1)


def test_simplifications_go_by_their_pass(cube):
    table = Simplification("What is simpler.")
    table.of(cube, "identities")(lambda x: x)
    table.of(cube, dp.Pass("my own", "As I say.", dp.Change.MORE))(lambda x: None)
    table.of(dp.tanh, "my own")(lambda x: None)  # which is known from then on
    assert (list(table[cube]), list(table[dp.tanh]), table[dp.exp]) == (["identities", "my own"], ["my own"], {})


def test_a_rule_that_fails_is_named(cube):
    @cube.cost
    def _(x):
        return 1 / 0

    with pytest.raises(RuleError, match=r"the rule @cube\.cost failed") as told:
        dp.Operator.cost[cube](1, attributes={})
    assert "test_interpretation.py" in str(told.value)
    assert "ZeroDivisionError: division by zero" in str(told.value)


@pytest.mark.parametrize(
    ("declare", "told"),
    [
        (lambda op: op.cost(lambda x, y: 1), r"@cube\.cost takes 2 positional parameters, not one for each of x"),
        (lambda op: op.lower(lambda x: 1), r"@cube\.lower takes 1 positional parameters, not to and one for each of x"),
        (lambda op: op.tidy(lambda x, *, many: x), r"@cube\.tidy asks for 'many': no attribute"),
        (lambda op: op.simplify("identities")(lambda: 1), r'@cube\.simplify\("identities"\) takes 0 positional'),
    ],
    ids=["too many", "what comes before", "attribute", "of a pass"],
)
def test_a_rule_that_does_not_fit_is_refused(cube, declare, told):
    declare(cube)
    with pytest.raises(OperandError, match=told):
        cube.check_rules()


def test_a_ufunc_may_be_a_rule():
    sine = dp.elementwise(np.sin)
    sine.expand(np.sin)
    sine.check_rules()
    assert dp.Operator.expand[sine](0.0, attributes={}) == 0


def test_rules_of_one_pass_add_up():
    @dp.elementwise
    def kept(x):
        return np.tanh(x)

    @kept.simplify("identities")
    def _(x):
        return x if x.kind == "constant" else None

    @kept.simplify("identities")
    def _(x):
        operands = applied(kept, x)
        return operands[0] if operands else None

    first, second = dp.Operator.simplify[kept]["identities"]
    assert place_of(first.function) < place_of(second.function)
    source = dp.compile(kept(kept(dp.Graph().input("x", (3,)))) + 0.5, wrt=[]).source
    assert "tanh" not in source
