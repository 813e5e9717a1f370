"""What goes wrong in a program is told of the user's own node and line, whatever runs it."""

import traceback
import warnings

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import NonFiniteError, NonFiniteWarning, RuleError
from dagprop.program import NumpySource
from dagprop.program.recompute import MemoryLimitError


def looked_up():
    g = dp.Graph()
    rows, at = g.parameter("rows", (3, 2), initial=np.ones((3, 2))), g.input("at", ("n",), dtype=int)
    return np.take(rows, at, axis=0).named("chosen").sum()


def indexed():
    g = dp.Graph()
    rows, at = g.parameter("rows", (3, 2), initial=np.ones((3, 2))), g.input("at", ("n",), dtype=int)
    return (rows * 2)[at].named("chosen").sum()


def labelled():
    g = dp.Graph()
    z, at = g.parameter("z", (2, 3), initial=np.eye(2, 3)), g.input("at", (2,), dtype=int)
    return dp.softmax_cross_entropy_labels(z, at).named("chosen").mean()


@pytest.mark.parametrize("made", [looked_up, indexed, labelled])
@pytest.mark.parametrize("wrong", [7, -4])
def test_an_index_that_is_out_of_bounds_names_the_user_s_node(executor, made, wrong):
    step = dp.compile(made(), executor=executor)
    for _ in range(2):
        with pytest.raises(RuleError, match=rf"failed while running 'chosen'(.|\n)*named\(\"chosen\"\)(.|\n)*{wrong}"):
            step({"at": [0, wrong]})
        step({"at": [0, 1]})


@dp.operator
def moody(x):
    """Refuses what is negative."""
    if (x < 0).any():
        raise ValueError("not in the mood")
    return x + 1


@moody.vjp(opaque=True)
def _(grad, x):
    if (x > 100).any():
        raise OverflowError("too much")
    return grad


def test_what_a_rule_raises_names_its_operator_and_shows_the_rule_s_own_line(executor):
    g = dp.Graph()
    step = dp.compile(moody(g.input("x", ("n",)) * 3).named("mood").sum(), wrt=["x"], executor=executor)
    step({"x": [1, 2]})
    told = r"moody failed while running 'mood'\n  operator .*moody, from (.|\n)*\(2,\) float64(.|\n)*not in the mood"
    with pytest.raises(RuleError, match=told) as caught:
        step({"x": [-1, 2]})
    assert isinstance(caught.value.__cause__, ValueError)
    assert "in moody" in "".join(traceback.format_exception(caught.value))


def test_a_rule_that_fails_is_called_once_more_and_no_failure_is_passed_over(executor):
    calls = []

    @dp.operator
    def flaky(x):
        """Fails at its third call."""
        calls.append(float(np.array(x)))
        if len(calls) == 3:
            raise ValueError("the third")
        return np.array(x)

    g = dp.Graph()
    step = dp.compile(flaky(g.input("x") * 2), wrt=[], executor=executor)
    feeds = {"x": np.array(1.0)}
    del calls[:]
    step(feeds)
    step(feeds)
    with pytest.raises(RuleError, match=r"failed where the interpreter does not(.|\n)*the third"):
        step(feeds)
    assert calls == [2.0] * 4
    assert step(feeds)[0] == 2


def test_what_a_derivative_raises_names_its_operator(executor):
    g = dp.Graph()
    step = dp.compile(moody(g.input("x", ("n",))).named("mood").sum(), wrt=["x"], executor=executor)
    with pytest.raises(RuleError, match=r"the local-derivative rule of moody failed(.|\n)*too much"):
        step({"x": [101, 2]})
    assert step({"x": [1.0]})[0] == 2


def test_what_a_rule_returns_wrongly_is_the_rule_s_and_not_the_executor_s(executor):
    @dp.operator
    def grown(x):
        """One element more than it says."""
        return np.append(np.array(x), 0.0)

    @grown.infer
    def _(x):
        return x

    g = dp.Graph()
    step = dp.compile(grown(g.input("x", (2,))), wrt=[], executor=executor)
    with pytest.raises(RuleError, match=r"the rule of grown returned \(3,\) float64 where \(2,\) float64 was inferred"):
        step({"x": [1.0, 2.0]})


class Odd(NumpySource):
    """Builds what a test says."""

    name = "odd"

    def __init__(self, made):
        self.made = made

    def build(self, work):
        return self.made


def fails(arrays):
    raise ZeroDivisionError("inside")


def test_an_executor_that_fails_alone_is_named():
    w = dp.Graph().parameter("w", (2,))
    with pytest.raises(
        RuleError, match=r"'odd' failed where the interpreter does not\n  reason  Zero.*: inside"
    ) as caught:
        dp.compile((w * w).sum(), executor=Odd(fails))()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_what_an_executor_says_in_dagprop_s_own_errors_is_passed_on():
    def refuses(arrays):
        raise MemoryLimitError("no room for this")

    w = dp.Graph().parameter("w", (2,))
    with pytest.raises(MemoryLimitError, match=r"^no room for this$"):
        dp.compile((w * w).sum(), executor=Odd(refuses))()


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (None, "built a NoneType, which cannot be called"),
        (lambda arrays: None, "returned a NoneType where a list of 2 arrays is wanted"),
        (lambda arrays: [np.float64(1)], "returned 1 of them where a list of 2 arrays is wanted"),
        (lambda arrays: [1.0, *arrays], "returned a float, not an array"),
        (lambda arrays: [*arrays, *arrays], r"returned \(2,\) float64 where \(\) float64 is wanted\n  node +sum_0"),
        (lambda arrays: [np.array(1), *arrays], r"returned \(\) int64 where \(\) float64 is wanted"),
    ],
    ids=["no function", "nothing", "too few", "a number", "shape", "dtype"],
)
def test_what_an_executor_returns_is_held_to_what_is_wanted(made, told):
    w = dp.Graph().parameter("w", (2,))
    step = dp.compile((w * w).sum(), executor=Odd(made))
    for _ in range(2):
        with pytest.raises(RuleError, match=f"the executor 'odd' {told}"):
            step()


def test_an_executor_that_cannot_build_is_named():
    class Failing(Odd):
        def build(self, work):
            raise KeyError("lost")

    w = dp.Graph().parameter("w", (2,))
    with pytest.raises(RuleError, match="the executor 'odd' failed to build the program: KeyError: 'lost'"):
        dp.compile((w * w).sum(), executor=Failing(None))()


# ---- NaN and infinity ------------------------------------------------------------------------------------------------


def logarithm():
    g = dp.Graph("logarithm")
    x, w = g.input("x", ("n",)), g.parameter("w", (), initial=1.0)
    h = np.log(x * w).named("h")
    return (h * h).sum().named("E")


def test_by_default_a_program_returns_what_is_not_finite_and_says_nothing(executor):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(dp.compile(logarithm(), executor=executor)({"x": [-1.0]})[0])


def test_the_first_node_that_is_not_finite_is_told_in_the_words_of_backprop(executor):
    E = logarithm()
    step = dp.compile(E, executor=executor, on_nonfinite="raise")
    assert step({"x": [1.0]})[0] == 0
    for _ in range(2):
        with pytest.raises(NonFiniteError) as told:
            step({"x": [2.0, -1.0]})
        assert str(told.value) == dp.backprop(E, {"x": [2.0, -1.0]}, on_nonfinite="ignore").nonfinite.message
        assert "NaN in the value of 'h' (log): 1 of 2 elements" in str(told.value)


def test_a_warning_points_at_the_user_s_line_and_the_numbers_come(executor):
    step = dp.compile(logarithm(), executor=executor, on_nonfinite="warn")
    for _ in range(2):
        with pytest.warns(NonFiniteWarning, match="'h'") as caught:
            value, _ = step({"x": [-1.0]})
        assert np.isnan(value)
        assert caught[0].filename == __file__


def test_a_gradient_that_alone_is_not_finite_is_told(executor):
    w = dp.Graph().parameter("w", (2,), initial=[0.0, 4.0])
    step = dp.compile(np.sqrt(w).named("root").sum(), executor=executor, on_nonfinite="raise")
    with pytest.raises(NonFiniteError, match=r"Inf in the gradient at 'root' \(sqrt\)"):
        step()


def test_after_an_error_the_parameters_are_those_of_before(executor):
    step = dp.compile(logarithm(), update=dp.optim.Adam(0.1), executor=executor, on_nonfinite="raise")
    step({"x": [2.0]})
    before = {name: value.copy() for name, value in step.held.items()}
    for call in (step, step.proposed):
        with pytest.raises(NonFiniteError, match="'h'"):
            call({"x": [2.0, -1.0]})
    for name, value in before.items():
        np.testing.assert_array_equal(step.held[name], value)
    step({"x": [2.0]})
    assert step.held["w"] != before["w"]


def test_an_update_that_alone_is_not_finite_is_told(executor):
    w = dp.Graph().parameter("w", (), initial=1e200)
    step = dp.compile(w * 1e200, update=dp.optim.GradientDescent(1e200), executor=executor, on_nonfinite="raise")
    with pytest.raises(NonFiniteError, match="Inf in the value of"):
        step()
    assert step.parameters["w"] == 1e200


def test_an_infinity_that_is_meant_is_told_where_it_reaches_an_output(executor):
    g = dp.Graph()
    x = g.input("x", (2,))
    masked = x + np.array([-np.inf, 0.0])
    step = dp.compile(masked.max(), wrt=[], executor=executor, on_nonfinite="raise")
    assert step({"x": [1.0, 2.0]})[0] == 2
    with pytest.raises(NonFiniteError, match="The constant itself is not finite"):
        dp.compile(masked.min(), wrt=[], executor=executor, on_nonfinite="raise")({"x": [1.0, 2.0]})


def test_what_only_the_executor_makes_is_told_as_its_own():
    w = dp.Graph().parameter("w", (), initial=1.0)
    made = Odd(lambda arrays: [np.array(np.nan), np.array(2.0)])
    with pytest.raises(NonFiniteError, match="though every node is where the interpreter runs them"):
        dp.compile(w * w, executor=made, on_nonfinite="raise")()


@pytest.mark.parametrize("error", [AssertionError, RuntimeError, KeyError, OSError])
def test_a_rule_that_refuses_nodes_in_its_own_way_is_called(executor, error):
    @dp.operator
    def arrays_only(x):
        if not isinstance(x, np.ndarray):
            raise error("arrays only")
        return x * 2.0

    @arrays_only.vjp(opaque=True)
    def _(grad, x):
        if not isinstance(x, np.ndarray):
            raise error("arrays only")
        return grad * 2.0

    x = dp.Graph().input("x", ("n",))
    step = dp.compile(arrays_only(x).sum(), wrt=[x], executor=executor)
    value, gradients = step({"x": [1.0, 2.0]})
    assert (value, gradients["x"].tolist()) == (6, [2, 2])


def test_an_opaque_rule_is_never_run_on_nodes(executor):
    seen = []

    @dp.operator
    def told(x):
        return x * 2.0

    @told.vjp(opaque=True)
    def _(grad, x):
        seen.append(type(x))
        return grad * 2.0

    x = dp.Graph().input("x", ("n",))
    dp.compile(told(x).sum(), wrt=[x], executor=executor)({"x": [1.0, 2.0]})
    assert set(seen) == {np.ndarray}


def test_the_error_of_a_rule_whose_operand_has_several_outputs():
    outputs = iter([3, 2])

    @dp.operator
    def parted(x):
        return tuple(x * k for k in range(next(outputs)))

    parted.infer(lambda x: (x, x, x))
    x = dp.Graph().input("x", (2,))
    third = parted(x)[2].named("third")
    assert dp.forward(third, {"x": [1.0, 1.0]}).tolist() == [2, 2]
    with pytest.raises(RuleError, match=r"failed while running 'third'(.|\n)*parted_0 3 outputs"):
        dp.forward(third, {"x": [1.0, 1.0]})
