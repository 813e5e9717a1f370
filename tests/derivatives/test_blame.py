"""What cannot be differentiated is refused with all that is known, and a rule that is wrong is named."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import GradientError, GraphError, RuleError

RNG = np.random.default_rng(7)


@pytest.fixture
def graph():
    return dp.Graph("model")


@pytest.mark.parametrize("dtype", [int, bool, complex])
def test_only_real_floats_have_gradients(graph, dtype):
    x, k = graph.input("x", (3,)), graph.input("k", (3,), dtype=dtype)
    with pytest.raises(
        GradientError, match=rf"no derivative with respect to 'k': its dtype is {np.dtype(dtype)}(.|\n)*made at"
    ):
        dp.gradient((x * x).sum(), k)
    with pytest.raises(GradientError, match=rf"no derivative of 'k': its dtype is {np.dtype(dtype)}(.|\n)*float dtype"):
        dp.gradient(k, x)


def test_an_integer_operand_stays_out_of_the_way(graph):
    x, k = graph.input("x", (3,)), graph.input("k", (3,), dtype=int)
    d = dp.gradient(x * k, x)
    assert dp.forward(d, {"x": [1, 2, 3], "k": [4, 5, 6]}).tolist() == [4, 5, 6]


def roundabout(x):
    """|ix|, which is |x|: the slope of a real function of a real operand, by way of a complex value."""
    return np.abs((1j * x).named("turned")).sum().named("length")


@pytest.mark.parametrize(
    "differentiated",
    [
        dp.gradient,
        lambda E, x: dp.backprop(E, {"x": [1.0, 2.0, 3.0]}, wrt=[x]),
        lambda E, x: dp.compile(E, wrt=[x]),
        lambda E, x: dp.jvp(E, x, np.ones(3)),
        dp.jacobian,
        lambda E, x: dp.hessian_vector_product(E, x, np.ones(3)),
    ],
    ids=["gradient", "backprop", "compile", "jvp", "jacobian", "Hessian"],
)
def test_a_gradient_that_would_have_to_pass_a_complex_value_is_refused(graph, differentiated):
    x = graph.input("x", (3,))
    E = roundabout(x)
    with pytest.raises(GradientError) as caught:
        differentiated(E, x)
    told = str(caught.value)
    for part in (
        "would have to pass a complex value, 'turned'",
        "node       absolute_0 (3,) float64  made at",
        "core:absolute",
        "turned (3,) complex128  made at",
        "in real numbers",
    ):
        assert part in told


def test_a_complex_output_among_several_is_refused_as_well(graph):
    @dp.operator
    def turned(x):
        return x * 1.0, x * 1j

    @turned.vjp
    def _(grads, x):
        return grads[0]

    x = graph.input("x", (3,))
    _, z = turned(x)
    with pytest.raises(GradientError, match=r"would have to pass a complex value, 'turned_0\.1'"):
        dp.gradient(np.abs(z).sum(), x)


def test_a_complex_value_beside_the_way_is_no_obstacle(graph):
    x, z = graph.input("x", (3,)), graph.input("z", (3,), dtype=complex)
    turned = np.abs(1j * x)
    E = (x * np.abs(z) * (turned > 1)).sum()  # a truth value has no slope, whatever it was made of
    slopes = dp.backprop(E, {"x": [1.0, 2.0, 3.0], "z": [3j, 4j, 3 + 4j]}, wrt=[x]).gradients["x"]
    assert slopes.tolist() == [0.0, 4.0, 5.0]


def test_a_cotangent_is_cast_to_the_dtype_of_what_it_arrives_at_and_a_complex_one_refused(graph):
    x, z = graph.input("x", (2,)), graph.input("z", (2,), dtype=complex)
    turned = dp.gradient(x[::-1], x, cotangent=graph.constant(np.array([1, 2])))
    assert (turned.dtype, dp.forward(turned, {"x": [0.0, 0.0]}).tolist()) == (np.float64, [2.0, 1.0])
    with pytest.raises(GradientError, match="the cotangent 'z' has dtype complex128, 'multiply_0' float64"):
        dp.gradient(x * 2, x, cotangent=z)


def test_what_belongs_to_another_graph_is_refused(graph):
    with pytest.raises(GraphError, match="belongs to another graph"):
        dp.gradient(graph.input("x"), dp.Graph("other").input("x"))


def test_an_operator_without_a_rule_is_named(graph):
    @dp.elementwise
    def mystery(x):
        return x + 1

    y = mystery(graph.input("x"))
    with pytest.raises(GradientError) as caught:
        dp.gradient(y * 2, "x")
    for part in (
        "operator mystery has no local-derivative rule",
        "y = mystery(graph",
        "multiply_0 and x",
        "@mystery.derivative",
    ):
        assert part in str(caught.value)


def test_the_rule_of_what_the_gradient_ends_at_is_not_asked_for(graph):
    @dp.elementwise
    def unruled(x):
        return 2 * x

    y = unruled(graph.input("x"))
    slope = dp.gradient(np.exp(y), y)
    np.testing.assert_allclose(dp.forward(slope, {"x": 0.5}), np.exp(1.0))


def test_an_operand_without_a_derivative_is_named(graph):
    @dp.elementwise
    def step_at(x, edge):
        return np.where(x > edge, x, 0.0)

    @step_at.derivative
    def _(x, edge):
        return x > edge, None

    x, edge = graph.input("x", (3,)), graph.input("edge")
    y = step_at(x, edge)
    assert dp.forward(dp.gradient(y, x), {"x": [1, 2, 3], "edge": 1.5}).tolist() == [0, 1, 1]
    with pytest.raises(
        GradientError, match=r"step_at has no derivative by its operand 'edge'(.|\n)*edge: edge \(\) float64"
    ):
        dp.gradient(y, edge)


def rule_of(vjp, shapes=((3,), (3,))):
    """The error of a two-operand operator whose rule is this one."""

    @dp.operator
    def product(x, y):
        return x * y

    product.vjp(vjp)
    graph = dp.Graph()
    operands = [graph.input(name, shape) for name, shape in zip("ab", shapes, strict=True)]
    with pytest.raises(RuleError) as caught:
        dp.gradient(product(*operands), operands)
    told = str(caught.value)
    assert told.startswith("the local-derivative rule of product returned ")
    assert f"{__name__}:product" in told or "test_blame:product" in told
    assert "product_0 (3,) float64  made at " in told
    assert "test_blame.py:" in told  # where the rule stands
    return told


def test_a_rule_that_returns_too_few_gradients_is_named():
    assert "returned 1 gradients for 2 operands" in rule_of(lambda grad, x, y: grad * y)


def test_a_rule_that_returns_the_wrong_shape_is_named():
    told = rule_of(lambda grad, x, y: (grad * y, (grad * x).sum()))
    assert "returned shape () for an operand of (3,)" in told
    assert "operand 1  y: b (3,) float64  made at" in told


def test_a_rule_that_returns_the_wrong_dtype_is_named():
    told = rule_of(lambda grad, x, y: (grad * y, grad > x))
    assert "returned dtype bool for an operand of float64" in told
    assert "operand 1  y: b" in told


def test_a_rule_that_returns_no_node_is_named():
    assert "returned str instead of a gradient" in rule_of(lambda grad, x, y: (grad * y, "gradient"))


def test_a_derivative_that_is_no_number_is_named(graph):
    double = dp.elementwise(lambda x: 2 * x)
    double.derivative(lambda x: "two")
    with pytest.raises(RuleError, match=r"returned str instead of a slope(.|\n)*operand 0  x: x \(3,\)"):
        dp.gradient(double(graph.input("x", (3,))), "x")


def test_a_derivative_that_does_not_broadcast_is_named(graph):
    @dp.elementwise
    def double(x):
        return 2 * x

    @double.derivative
    def _(x):
        return np.full(4, 2.0)

    with pytest.raises(
        RuleError, match=r"double returned shape \(4,\) for a result of \(3,\)(.|\n)*operand 0  x: x \(3,\)"
    ):
        dp.gradient(double(graph.input("x", (3,))), "x")


def test_a_rule_that_fails_shows_where(graph):
    @dp.operator
    def product(x, y):
        return x * y

    @product.vjp
    def _(grad, x, y):
        return grad @ y, grad * x  # no matrix product of (3,) and (2, 3)

    with pytest.raises(RuleError) as caught:
        dp.gradient(product(graph.input("x", (2, 3)), graph.input("y", (2, 3))), "x")
    told = str(caught.value)
    assert told.startswith("the local-derivative rule of product failed: ShapeError: matmul cannot take these operands")
    assert "product_0 (2, 3) float64  made at" in told


def test_a_rule_that_cannot_run_on_nodes_is_named(graph):
    @dp.operator
    def rounded(x):
        return np.round(x)

    @rounded.vjp
    def _(grad, x):
        return grad if x[0] > 0 else -grad

    with pytest.raises(RuleError, match=r"rule of rounded failed: OperandError: the node .* has no truth value"):
        dp.gradient(rounded(graph.input("x", (2,))), "x")
