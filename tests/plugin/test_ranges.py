"""What refuses a number that is out of range, and says which range that is."""

import numpy as np
import pytest

from dagprop.dimension import Dim
from dagprop.plugin.ranges import at_least, finite, positive, probabilities, whole


def test_what_is_in_range_is_let_through():
    finite(a=0, b=-1.5)
    positive(a=np.float32(0.5), b=float("inf"))
    at_least(0, a=0, b=(1, 2))
    whole(a=1, b=np.int8(2), c=(3, Dim("n")))
    probabilities(a=[0, 0.5, 1], b=np.float32(1) + np.finfo(np.float32).eps, c=np.zeros((0, 2)))


@pytest.mark.parametrize(
    ("refuse", "told"),
    [
        (lambda: finite(a=0, b=float("inf")), "b is a finite number, not inf"),
        (lambda: positive(a=0), "a is greater than 0, not 0"),
        (lambda: at_least(1, a=(2, 0)), "a is at least 1, not 0"),
        (lambda: at_least(1, a=float("nan")), "a is at least 1, not nan"),
        (lambda: whole(a=(1, 2.0)), "a is a whole number, not 2.0"),
        (lambda: probabilities(a=[0.5, 1.1]), "a is made of probabilities, 0 to 1, not 0.5 to 1.1"),
    ],
)
def test_what_is_not_is_refused_by_name(refuse, told):
    with pytest.raises(ValueError, match=told):
        refuse()


def test_of_what_is_not_known_yet_nothing_is_asked():
    probabilities(a=object())
