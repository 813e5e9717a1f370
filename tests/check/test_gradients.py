import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import GradientError, OperandError, RuleError


@dp.elementwise
def cube(x):
    return x * x * x


@cube.derivative
def _(x):
    return 3 * x * x


@dp.elementwise
def wrong_cube(x):
    return x * x * x


@wrong_cube.derivative
def _(x):
    return 2 * x * x


# ---- an operator ------------------------------------------------------------------------------------------------


def test_a_right_rule_is_right_to_second_order():
    report = dp.check_operator(cube, [[0.5, -2.0], [0.0, 1e3]])
    assert report.ok
    assert [row.what for row in report.rows] == ["∂ x", "∂² x"]
    assert "all 2 right" in str(report)


def test_a_wrong_rule_is_wrong_and_the_table_says_where_to_look():
    report = dp.check_operator(wrong_cube, [0.5, 2.0])
    assert not report.ok
    worst = report.wrong[0]
    assert (worst.what, worst.verdict) == ("∂ x", "WRONG")
    assert abs(worst.derived / worst.numeric) == pytest.approx(2 / 3)
    assert worst.error == pytest.approx(1 / 3)
    assert "WRONG" in str(report)
    assert "look at the local-derivative rule of" in str(report)
    assert "@wrong_cube.derivative" in str(report)


def test_only_the_operand_with_the_wrong_rule_is_blamed():
    @dp.elementwise
    def area(width, height):
        return width * height

    @area.derivative
    def _(width, height):
        return height, 2 * width

    report = dp.check_operator(area, [1.0, 2.0], 3.0)
    assert [row.what for row in report.wrong] == ["∂ height"]


def test_a_rule_made_of_a_wrong_operator_is_wrong_to_second_order():
    @dp.elementwise
    def fourth(x):
        return x**4 / 4

    @fourth.derivative
    def _(x):
        return wrong_cube(x)

    report = dp.check_operator(fourth, [1.0, -2.0])
    assert [row.what for row in report.wrong] == ["∂² x"]
    assert "an operator in the local-derivative rule of" in str(report)


def test_rounding_is_no_excuse():
    """Differences of a large, straight function are noisy, yet no kink: a wrong slope is wrong."""

    @dp.elementwise
    def line(x):
        return 1e6 + 0.1 * x

    @line.derivative
    def _(x):
        return 0.2

    assert dp.check_operator(line, [0.3, 0.7]).wrong[0].verdict == "WRONG"


def test_a_slope_between_those_of_a_kinks_sides_is_accepted():
    report = dp.check_operator("relu", [0.0])
    assert report.ok
    assert [row.verdict for row in report.rows] == ["kink", "kink"]


def test_a_slope_outside_those_of_a_kinks_sides_is_wrong():
    @dp.elementwise
    def distance(x):
        return np.abs(x)

    @distance.derivative
    def _(x):
        return np.where(x == 0, 2, np.sign(x))

    assert [row.what for row in dp.check_operator(distance, [0.0]).wrong] == ["∂ x"]


def test_an_infinite_slope_is_not_right():
    report = dp.check_operator("sqrt", [0.0, 4.0])
    assert {row.verdict for row in report.rows} == {"not finite"}
    assert report.rows[0].element == (0,)


def test_operands_may_come_in_a_list_attributes_by_name_and_outputs_in_number():
    names = [row.what for row in dp.check_operator("concatenate", [np.ones(2), np.ones(3)], axis=0).rows]
    assert names == ["∂ arrays[0]", "∂ arrays[1]", "∂² arrays[0]", "∂² arrays[1]"]
    assert dp.check_operator("split", np.arange(6.0), 3).ok


def test_integers_are_not_differentiated():
    with pytest.raises(GradientError, match="nothing to differentiate"):
        dp.check_operator("add", [1, 2], [3, 4])
    assert [row.what for row in dp.check_operator("multiply", [1, 2], [3.0, 4.0]).rows] == ["∂ y", "∂² y"]


def test_an_operator_without_a_rule_cannot_be_checked():
    @dp.elementwise
    def ruleless(x):
        return x * 2

    with pytest.raises(GradientError, match="has no local-derivative rule"):
        dp.check_operator(ruleless, [1.0])


def test_an_opaque_rule_is_checked_to_first_order():
    @dp.operator
    def running_total(x):
        return np.cumsum(x)

    @running_total.vjp(opaque=True)
    def _(grad, x):
        sent = np.zeros_like(x)
        for i in range(len(x)):
            sent[: i + 1] += grad[i]
        return sent

    report = dp.check_operator(running_total, [1.0, 2.0, 3.0])
    assert report.ok
    assert [row.what for row in report.rows] == ["∂ x"]


def test_a_rule_may_be_a_ufunc_and_is_named_by_it():
    hyperbolic = dp.elementwise(np.sinh, numpy=())
    hyperbolic.derivative(np.cosh)
    assert dp.check_operator(hyperbolic, [1.0, 2.0]).ok
    hyperbolic.derivative(np.tanh)
    report = dp.check_operator(hyperbolic, [1.0, 2.0])
    assert [row.what for row in report.wrong] == ["∂ x"]
    assert str(report).endswith(": numpy.tanh")


@pytest.mark.parametrize("function", [np.exp, np.sum, np.sort], ids=lambda function: function.__name__)
def test_a_numpy_function_stands_for_the_operator_that_answers_it(function):
    assert dp.check_operator(function, [1.0, 2.0, 0.5]).ok


def test_what_no_operator_answers_is_refused():
    with pytest.raises(OperandError, match=r"no operator answers numpy\.fft"):
        dp.check_operator(np.fft.fft, [1.0])
    with pytest.raises(OperandError, match="3 is no operator"):
        dp.check_operator(3, [1.0])


# ---- rules that break the rules -----------------------------------------------------------------------------------


@dp.operator
def halved(x):
    return x / 2


@halved.vjp(opaque=True)
def _(grad, x):
    grad /= 2
    return grad


def test_a_rule_that_writes_into_its_gradient_is_found_and_named_and_not_its_neighbour():
    with pytest.raises(RuleError, match=r"the local-derivative rule of halved failed(.|\n)*@halved\.vjp(.|\n)*a copy"):
        dp.check_operator(halved, [1.0, 2.0])
    with pytest.raises(RuleError, match=r"the local-derivative rule of halved failed(.|\n)*a copy"):
        dp.check_gradient(model(halved), feeds())


def random_scale(x):
    return x * np.random.default_rng().random()


def test_a_forward_rule_that_makes_other_numbers_the_second_time_is_named():
    noisy = dp.operator(random_scale)
    noisy.vjp(lambda grad, x: grad)
    told = r"the rule of random_scale made other numbers(.|\n)*node (.|\n)*rule .*def random_scale"
    with pytest.raises(RuleError, match=told):
        dp.check_operator(noisy, [1.0, 2.0])
    with pytest.raises(RuleError, match=told + r"(.|\n)*feed what is random"):
        dp.check_gradient(model(noisy), feeds())


@pytest.mark.parametrize("opaque", [False, True])
def test_a_local_derivative_rule_that_makes_other_numbers_the_second_time_is_named(opaque):
    """One that runs on nodes makes other nodes, with other numbers in them."""

    @dp.operator
    def plain(x):
        return x * 1.0

    @plain.vjp(opaque=opaque)
    def _(grad, x):
        return random_scale(grad)

    told = r"the local-derivative rule of plain made other numbers(.|\n)*hidden/a(.|\n)*@plain\.vjp"
    with pytest.raises(RuleError, match=told):
        dp.check_gradient(model(plain), feeds())


def test_a_rule_that_counts_its_calls_is_named():
    calls = []

    @dp.elementwise
    def counting(x):
        calls.append(1)
        return x + len(calls)

    counting.derivative(lambda x: 1)
    with pytest.raises(RuleError, match="the rule of counting made other numbers"):
        dp.check_operator(counting, [1.0])


def test_a_nan_that_comes_again_is_the_same():
    @dp.elementwise
    def root(x):
        return np.sqrt(x)

    root.derivative(lambda x: 1 / (2 * np.sqrt(x)))
    assert {row.verdict for row in dp.check_operator(root, [-1.0]).rows} == {"not finite"}


# ---- a model ----------------------------------------------------------------------------------------------------


def model(activation, dtype=np.float64):
    g = dp.Graph("model", dtype)
    x, y = g.input("x", ("batch", 3)), g.input("y", ("batch", 2))
    with g.scope("hidden"):
        w = g.parameter("w", (3, 4))
        z = (x @ w).named("z")
        a = activation(z).named("a")
    v, b = g.parameter("v", (4, 2)), g.parameter("b", (2,))
    return dp.softmax_cross_entropy(a @ v + b, y).mean().named("E")


def feeds(dtype=np.float64):
    rng = np.random.default_rng(0)
    return {"x": rng.normal(size=(5, 3)).astype(dtype), "y": np.eye(2, dtype=dtype)[[0, 1, 1, 0, 1]]}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_models_gradient_is_right_whole_and_edge_by_edge(dtype):
    report = dp.check_gradient(model(np.tanh, dtype), feeds(dtype))
    assert report.ok, report
    what = [row.what for row in report.rows]
    assert what[:3] == ["E by hidden/w", "E by v", "E by b"]
    assert "hidden/a by hidden/z [0]" in what


def test_a_wrong_rule_in_a_model_is_named():
    report = dp.check_gradient(model(wrong_cube), feeds())
    wrong = [row.what for row in report.wrong]
    assert wrong == ["E by hidden/w", "hidden/a by hidden/z [0]"]
    assert str(report).count("look at the local-derivative rule of") == 1
    assert "wrong_cube" in str(report)


def test_a_rule_that_fails_beside_the_numbers_given_is_named():
    @dp.elementwise
    def bounded(x):
        if np.any(x > 2):
            raise ValueError("no more than 2")
        return x * x

    bounded.derivative(lambda x: 2 * x)
    x = dp.Graph().input("x", (2,))
    E = bounded(x).named("y").sum()
    with pytest.raises(RuleError, match=r"the rule of bounded failed while running 'y'(.|\n)*no more than 2"):
        dp.check_gradient(E, {"x": [1.0, 2.0]}, wrt=x)


def test_wrt_says_what_is_checked():
    E = model(np.tanh)
    rows = dp.check_gradient(E, feeds(), wrt=["b", E.graph["x"]]).rows
    assert [row.what for row in rows[:2]] == ["E by b", "E by x"]


def test_parameters_are_those_given():
    g = dp.Graph()
    w = g.parameter("w", (), initial=1.0)
    report = dp.check_gradient((w * w).named("E"), parameters={"w": 5.0})
    assert report.rows[0].derived == 10


def test_of_a_large_parameter_a_part_is_checked():
    g = dp.Graph()
    w = g.parameter("w", (100, 100))
    report = dp.check_gradient(np.sum(np.sin(w)).named("E"))
    assert report.ok
    assert "(32 of 10000 checked)" in str(report)


def test_several_outputs_and_integer_operands_are_no_obstacle():
    g = dp.Graph()
    x, index = g.input("x", (6,)), g.input("index", (2,), np.int64)
    low, high = np.split(x, 2)
    E = np.sum(low[index] * np.exp(high[:2])).named("E")
    report = dp.check_gradient(E, {"x": np.linspace(-1, 1, 6), "index": [2, 0]})
    assert report.ok, report
    assert any(row.what.startswith("split_0 by x") for row in report.rows)


def test_an_empty_batch_is_right():
    g = dp.Graph()
    x = g.input("x", ("batch", 3))
    report = dp.check_gradient(np.sum(np.tanh(x)), {"x": np.zeros((0, 3))})
    assert report.ok
    assert report.rows[0].size == 0
