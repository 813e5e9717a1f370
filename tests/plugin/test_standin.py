"""What stands in for an array: NumPy's functions come to the operator that answers them."""

import numpy as np
import pytest

from dagprop.errors import OperandError
from dagprop.plugin.standin import StandIn


class Told(StandIn):
    """Tells which operator it was given to, and with what."""

    shape, ndim, size = (2, 3), 2, 6

    def __dagprop_apply__(self, operator, operands, attributes):
        return operator.name, len(operands), attributes

    def __repr__(self):
        return "<told>"


@pytest.mark.parametrize(
    ("call", "given"),
    [
        (np.tanh, ("tanh", 1, {})),
        (lambda x: 2 * x, ("multiply", 2, {})),
        (lambda x: x == x, ("equal", 2, {})),  # it is an operator too
        (lambda x: np.concatenate([x, x], axis=1), ("concatenate", 2, {"axis": 1})),
    ],
    ids=["a ufunc", "a sign", "equality", "a function"],
)
def test_a_call_of_numpy_s_comes_to_the_operator(call, given):
    assert call(Told()) == given


def test_questions_about_the_shape_are_answered_at_once():
    x = Told()
    assert (np.shape(x), np.ndim(x), np.size(x), np.size(x, 1)) == ((2, 3), 2, 6, 3)


def test_it_is_no_array():
    with pytest.raises(OperandError, match="<told> is not an array"):
        np.asarray(Told())


def test_a_ufuncs_own_methods_have_no_operator():
    with pytest.raises(OperandError, match=r"np\.add\.reduce of <told> has no operator; np\.sum"):
        np.add.reduce(Told())
