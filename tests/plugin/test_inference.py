"""The shape and dtype of a result are found by running the rule on ones that take no memory."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import OperandError, ShapeError
from dagprop.spec import Spec


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


def test_a_rule_that_fails_on_ones_is_told_that_it_was_run_on_them():
    @dp.operator
    def inverse(x):
        return np.linalg.inv(x)  # of ones there is none

    with pytest.raises(ShapeError) as failed:
        inverse(dp.Graph().input("x", (3, 3)))
    reason, advice = str(failed.value).splitlines()[-2:]
    assert reason == "  reason     LinAlgError: Singular matrix"
    assert "to do      The rule of inverse was run on ones of these shapes, to find the shape and dtype" in advice
    assert "declare @inverse.infer" in advice


def test_a_rule_that_forgets_to_return_is_told_so():
    @dp.elementwise
    def forgetful(x):
        2 * x

    with pytest.raises(OperandError, match="the rule returned None, not an array"):
        forgetful(dp.Graph().input("x", (3,)))


def test_operands_that_do_not_fit_are_no_matter_of_ones():
    g = dp.Graph()
    with pytest.raises(ShapeError) as failed:
        dp.hypot(g.input("x", (3,)), g.input("y", (4,)))
    assert "ones" not in str(failed.value)


def test_an_infer_rule_spares_the_rule_from_ones():
    @dp.operator
    def inverted(x):
        return np.linalg.inv(x)

    inverted.infer(lambda x: x)
    x = dp.Graph().input("x", (2, 2))
    assert dp.forward(inverted(x), {"x": [[2, 0], [0, 4]]}).tolist() == [[0.5, 0], [0, 0.25]]


def test_several_outputs_are_not_elementwise():
    @dp.elementwise
    def both(x):
        return x, x

    with pytest.raises(OperandError, match="both has several outputs: declare it with @operator"):
        infer(both, (3,))


def test_a_dimension_of_an_operand_is_found_whatever_it_is_made_of():
    @dp.operator
    def copied(x):
        return np.array(x)

    g = dp.Graph()
    a = g.input("a", ("m", 3))
    for made in (a[::2], a[1:], np.tile(a, (2, 1)), np.concatenate([a, a])):
        assert copied(made).shape == made.shape


def test_a_result_of_another_size_is_not_taken_for_another_operand_s():
    @dp.operator
    def longer(x, y):
        return np.zeros((len(x) + 10, 3))

    g = dp.Graph()
    with pytest.raises(ShapeError, match="made out of a named one"):
        longer(g.input("x", ("m", 3)), g.input("y", ("n",)))


def test_a_named_size_may_stand_in_an_attribute_alone():
    @dp.operator
    def spread(y, *, shape):
        return np.broadcast_to(y, shape) * 1.0

    g = dp.Graph()
    x, y = g.input("x", ("n", 3)), g.input("y", (3,))
    assert spread(y, shape=x.shape).shape == ("n", 3)


def test_what_infer_returns_is_a_spec_and_may_be_declared_anew():
    @dp.operator
    def halved(x):
        return x / 2

    halved.infer(lambda x: (3,))
    x = dp.Graph().input("x", (4,))
    with pytest.raises(OperandError, match=r"@halved.infer returned \(3,\), no dp.Spec"):
        halved(x)
    halved.infer(lambda x: dp.Spec(x.shape, np.float32))
    assert halved(x).dtype == np.float32
    halved.infer(lambda x: x)
    assert halved(x).dtype == np.float64
