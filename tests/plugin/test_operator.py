"""An operator is a NumPy function with rules: its signature, how it is called, and what it infers."""

import pickle

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import OperandError
from dagprop.spec import Spec


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


@pytest.mark.parametrize(
    "call",
    [
        lambda x: scaled_sum(x, x, axis=1, scale=2),
        lambda x: scaled_sum(x, y=x, axis=1, scale=2),
        lambda x: scaled_sum(x=x, y=x, axis=1, scale=2),
        lambda x: scaled_sum(x, x, 1, 2),
        lambda x: scaled_sum(x, x, 1, scale=2),
    ],
    ids=["keywords", "operand by name", "all by name", "positions", "mixed"],
)
def test_operands_and_attributes_go_by_position_or_name(call):
    x = np.arange(6.0).reshape(2, 3)
    node = call(dp.Graph().input("x", (2, 3)))
    assert node.attributes == {"axis": 1, "scale": 2}
    assert call(x).tolist() == dp.forward(node, {"x": x}).tolist() == [10, 100]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (scaled_sum, r"scaled_sum\(x, y, \*, axis=None, scale=1.0\) takes 2 operands, not 1"),
        (lambda x: scaled_sum(x, x, axes=1), "no attribute 'axes'. Did you mean axis"),
        (lambda x: scaled_sum(x, x, 1, axis=1), "the attribute 'axis' is given twice"),
        (lambda x: scaled_sum(x, x, 1, 2, 3), "got 5 positional arguments"),
        (dp.reshape, "the attribute 'shape' is missing|missing .*'shape'"),
    ],
    ids=["too few", "unknown", "twice", "too many", "missing"],
)
def test_wrong_calls_are_refused(call, told):
    with pytest.raises(OperandError, match=told):
        call(dp.Graph().input("x", (2, 3)))


def test_a_signature_must_be_definite():
    with pytest.raises(OperandError, match=r"operator f: name each attribute"):

        @dp.operator
        def f(x, **attributes):
            return x

    with pytest.raises(OperandError, match=r"operator g: an operand has no default"):

        @dp.operator
        def g(x, y=1):
            return x


def test_any_number_of_operands():
    @dp.operator
    def total(*parts):
        return np.sum(np.stack(parts), axis=0)

    @total.vjp
    def _(grad, *parts):
        return (grad,) * len(parts)

    assert total.signature == "total(*parts)"
    graph = dp.Graph()
    x = graph.input("x", (2,))
    y = total(x, x * 2, x)
    assert dp.forward([y, dp.gradient(y, x)], {"x": [1, 2]})[1].tolist() == [4, 4]


def test_a_call_may_be_written_in_its_own_way():
    @dp.operator
    def joined(*parts, axis=0):
        return np.concatenate(parts, axis)

    @joined.arguments
    def _(parts, axis=0):
        return parts, {"axis": axis}

    x = dp.Graph().input("x", (2, 3))
    assert joined([x, np.ones((1, 3))]).shape == (3, 3)
    assert joined([np.ones(2), np.zeros(1)]).tolist() == [1, 1, 0]
    with pytest.raises(OperandError, match=r"joined: .*unexpected keyword"):
        joined([x], axes=1)


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

    product.vjp(rule)
    with pytest.raises(OperandError, match=f"the local-derivative rule of product {told}"):
        product.check_rules()


def test_a_ufunc_may_be_a_rule_as_it_is():
    sine = dp.elementwise(np.sin)
    sine.derivative(np.cos)
    sine.check_rules()
    graph = dp.Graph()
    assert dp.forward(dp.gradient(sine(graph.input("x")), "x"), {"x": 0.5}) == np.cos(0.5)
    product = dp.elementwise(np.multiply)
    product.derivative(np.cos)
    with pytest.raises(OperandError, match="takes 1 positional parameters, not one for each of x, y"):
        product.check_rules()


# ---- inferring ----------------------------------------------------------------------------------------------------


def infer(op, *shapes, dtype=np.float64, **attributes):
    return op.specs([Spec(shape, dtype) for shape in shapes], op.complete(attributes))


def test_shapes_are_run_through():
    @dp.operator
    def pairs(x, y):
        return np.einsum("bi,bj->bij", x, y)

    assert infer(pairs, (2, 3), (2, 4)) == Spec((2, 3, 4))
    assert infer(pairs, ("batch", 3), ("batch", "k")) == Spec(("batch", 3, "k"))
    assert infer(pairs, ("batch", 3), ("batch", 4), dtype=np.float32) == Spec(("batch", 3, 4), np.float32)
    with pytest.raises(ValueError, match="operands could not be broadcast"):  # NumPy's words; a graph says the rest
        infer(pairs, (2, 3), (3, 4))


def test_attributes_that_are_equal_but_of_another_type_are_told_apart():
    @dp.elementwise
    def scaled(x, *, by):
        return x * by

    assert [infer(scaled, (3,), dtype=int, by=by).dtype.kind for by in (2, 2.0, True, 1)] == ["i", "f", "i", "i"]


def test_inferring_takes_no_memory_and_hears_no_warning():
    @dp.operator
    def logs(x):
        return np.log(x - 1).sum(axis=0)

    assert infer(logs, (10**4, 3)) == Spec((3,))
    assert infer(dp.exp, (10**9, 10**6)) == Spec((10**9, 10**6))


def test_a_dimension_that_is_no_operands_asks_for_an_infer_rule():
    @dp.operator
    def doubled(x):
        return np.concatenate([x, x])

    with pytest.raises(ValueError, match=r"a dimension that is no operand's .* declare the rule's .infer"):
        infer(doubled, ("batch",))

    @doubled.infer
    def _(x):
        return Spec((2 * x.shape[0],), x.dtype)

    assert infer(doubled, ("batch",)) == Spec((2 * dp.Dim("batch"),))


def test_several_outputs_are_not_elementwise():
    @dp.elementwise
    def both(x):
        return x, x

    with pytest.raises(OperandError, match="both has several outputs: declare it with @operator"):
        infer(both, (3,))


def test_an_operator_is_pickled_by_name():
    assert pickle.loads(pickle.dumps(dp.tanh)) is dp.tanh
    assert pickle.loads(pickle.dumps(dp.sum)) is dp.sum
