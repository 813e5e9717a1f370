"""An operator is a NumPy function with rules, which must fit it."""

import copy
import pickle

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import OperandError, ShapeError, UnpicklableError


def test_an_operator_is_called_like_the_function_it_was():
    @dp.elementwise(latex=r"{x}^3")
    def cube(x):
        """The third power."""
        return x * x * x

    assert cube(2.0) == 8
    assert cube(np.arange(3)).tolist() == [0, 1, 8]
    assert (cube.name, cube.operands, cube.attributes, cube.elementwise) == ("cube", ("x",), {}, True)
    assert cube.__doc__ == "The third power."
    assert repr(cube) == f"<operator {cube.id}>"
    assert cube.sign.latex == "{x}^3"


def test_a_ufunc_is_an_operator_as_it_is():
    cbrt = dp.elementwise(np.cbrt, text="∛{x}")
    assert (cbrt.name, cbrt.numpy, cbrt.sign.text) == ("cbrt", (np.cbrt,), "∛{x}")
    assert cbrt(8.0) == 2
    assert dp.elementwise(np.hypot).operands == ("x", "y")


@dp.operator
def scaled_sum(x, y, *, axis=None, scale=1.0):
    return np.sum(x * y, axis=axis) * scale


def test_an_elementwise_operator_declares_a_derivative_any_other_a_vjp():
    with pytest.raises(OperandError, match=r"scaled_sum is not elementwise: declare .vjp, not .derivative"):
        scaled_sum.derivative(lambda x, y: (1, 1))
    with pytest.raises(OperandError, match=r"tanh is elementwise: declare .derivative, not .vjp"):
        dp.tanh.vjp(lambda grad, x: grad)


def test_rules_may_ask_for_the_result_and_for_attributes():
    @dp.elementwise
    def raised(x, *, to=2):
        return x**to

    asked = {}

    @raised.derivative
    def _(x, *, out, to):
        asked.update(out=out, to=to)
        return to * out / x

    graph = dp.Graph()
    y = raised(graph.input("x"), to=3)
    assert dp.forward(dp.gradient(y, "x"), {"x": 2.0}) == 12
    assert asked["out"] is y
    assert asked["to"] == 3


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (lambda grad, x: grad, "takes 2 positional parameters, not grad and one for each of x, y"),
        (lambda grad, x, y, z: grad, "takes 4 positional parameters"),
        (lambda grad, x, y, *, ax: grad, "asks for 'ax': no attribute"),
    ],
    ids=["few", "many", "attribute"],
)
def test_a_rule_that_does_not_fit_its_operator_is_refused(rule, told):
    @dp.operator
    def product(x, y, *, axis=0):
        return x * y

    with pytest.raises(OperandError, match=f"the local-derivative rule of product {told}"):
        product.vjp(rule)


def test_what_it_requires_is_asked_when_it_is_applied_and_never_while_a_graph_runs():
    asked = []

    @dp.operator
    def limited(x, *, limit=1.0):
        return np.minimum(x, limit)

    @limited.requires
    def _(x, *, limit):
        asked.append(np.shape(x))
        if limit < 0:
            raise ValueError(f"the limit is at least 0, not {limit}")

    limited.vjp(lambda grad, x, *, limit: grad * (x <= limit))
    x = dp.Graph().input("x", (2,))
    y = limited(x, limit=2.0)
    for _ in range(2):
        dp.backprop(y, {"x": [1.0, 3.0]})
    assert limited(3.0) == 1
    assert asked == [(2,), ()]
    with pytest.raises(ShapeError, match=r"limited cannot take these operands(.|\n)*the limit is at least 0, not -1"):
        limited(x, limit=-1)
    with pytest.raises(ShapeError, match=r"limited cannot take these operands(.|\n)*the limit is at least 0, not -1"):
        limited(3.0, limit=-1)


def test_a_requirement_of_what_is_no_attribute_is_refused():
    @dp.operator
    def plain(x):
        return x

    plain.requires(lambda x, *, limit: None)
    with pytest.raises(OperandError, match=r"the rule @plain\.requires asks for 'limit': no attribute"):
        plain.check_rules()


def test_a_ufunc_may_be_a_rule_as_it_is():
    sine = dp.elementwise(np.sin)
    sine.derivative(np.cos)
    sine.check_rules()
    graph = dp.Graph()
    assert dp.forward(dp.gradient(sine(graph.input("x")), "x"), {"x": 0.5}) == np.cos(0.5)
    product = dp.elementwise(np.multiply)
    with pytest.raises(OperandError, match="takes 1 positional parameters, not one for each of x, y"):
        product.derivative(np.cos)


def test_an_operator_that_no_module_has_is_copied_as_itself_and_not_pickled():
    @dp.elementwise
    def double(x):
        return 2 * x

    double.derivative(lambda x: 2.0)
    x = dp.Graph().input("x")
    flow = dp.backprop(double(x), {"x": 1.0})
    assert copy.copy(double) is double
    assert copy.deepcopy(flow).of.operator is double
    for held in (double, x.graph, flow, dp.compile(double(x))):
        with pytest.raises(UnpicklableError, match="double is pickled by name, and its module has none of it"):
            pickle.dumps(held)


def test_an_operator_is_pickled_by_name():
    assert pickle.loads(pickle.dumps(dp.tanh)) is dp.tanh
    assert pickle.loads(pickle.dumps(dp.sum)) is dp.sum


def test_a_rule_is_held_to_the_operator_when_it_is_declared():
    @dp.operator
    def scaled(x, *, by=2.0):
        return x * by

    with pytest.raises(OperandError, match="the local-derivative rule of scaled asks for 'times': no attribute"):
        scaled.vjp(lambda grad, x, *, times: grad)
    with pytest.raises(OperandError, match="takes 1 positional parameters, not grad and one for each of x"):
        scaled.vjp(lambda grad: grad)
