"""An attribute out of its range is refused where the operator is applied, to nodes and to arrays, in one way."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import ShapeError

NAN = float("nan")
op = dp.registry.__getitem__

REFUSED = {
    "huber": (lambda x: dp.huber(x, 0.0, delta=-1), "delta is greater than 0, not -1"),
    "huber of NaN": (lambda x: dp.huber(x, 0.0, delta=NAN), "delta is greater than 0, not nan"),
    "leaky_relu": (lambda x: dp.leaky_relu(x, slope=NAN), "slope is a finite number, not nan"),
    "elu": (lambda x: dp.elu(x, alpha=-0.5), "alpha is at least 0, not -0.5"),
    "celu": (lambda x: dp.celu(x, alpha=0), "alpha is greater than 0, not 0"),
    "hardtanh": (lambda x: dp.hardtanh(x, lower=1, upper=-1), "lower is at most upper: 1 is not, beside -1"),
    "cross_entropy": (
        lambda x: dp.cross_entropy(x, np.array([[0.5, 0.5, -0.1]] * 2)),
        "target is made of probabilities, 0 to 1, not -0.1 to 0.5",
    ),
    "its prediction": (
        lambda x: dp.cross_entropy(np.array([[0.5, 1.5, 0.1]] * 2), x),
        "prediction is made of probabilities, 0 to 1, not 0.1 to 1.5",
    ),
    "softmax_cross_entropy": (
        lambda x: dp.softmax_cross_entropy(x, np.array([[0, 3, 0]] * 2)),
        "target is made of probabilities, 0 to 1, not 0 to 3",
    ),
    "binary_cross_entropy": (lambda x: dp.binary_cross_entropy(x, 2), "target is made of probabilities"),
    "with_logits": (lambda x: dp.binary_cross_entropy_with_logits(x, 1.25), "target is made of probabilities"),
    "std": (lambda x: op("std")(x, axis=1, ddof=5), "ddof is less than the number of elements, 3: 5 is not"),
    "var": (lambda x: op("var")(x, axis=0, ddof=2), "ddof is less than the number of elements, 2: 2 is not"),
    "correction": (lambda x: op("var")(x, correction=6), "ddof is less than the number of elements, 6: 6 is not"),
    "var of NaN": (lambda x: op("var")(x, ddof=NAN), "ddof is a finite number, not nan"),
    "norm": (lambda x: op("norm")(x, NAN, axis=1), "ord is a number, not NaN"),
    "tril": (lambda x: op("tril")(x, 0.5), "k is a whole number, not 0.5"),
    "triu": (lambda x: op("triu")(x, 0.5), "k is a whole number, not 0.5"),
    "diagonal": (lambda x: op("diagonal")(x, 0.5), "offset is a whole number, not 0.5"),
    "trace": (lambda x: op("trace")(x, 0.5), "offset is a whole number, not 0.5"),
    "diag": (lambda x: op("diag")(x, 0.5), "k is a whole number, not 0.5"),
    "roll": (lambda x: op("roll")(x, 1.5), "shift is a whole number, not 1.5"),
    "roll of two": (lambda x: op("roll")(x, (1, 0.5), (0, 1)), "shift is a whole number, not 0.5"),
    "rot90": (lambda x: op("rot90")(x, 0.5), "k is a whole number, not 0.5"),
    "diff": (lambda x: op("diff")(x, -1), "n is at least 0, not -1"),
    "half a diff": (lambda x: op("diff")(x, 0.5), "n is a whole number, not 0.5"),
    "shift": (lambda x: op("shift")(x, by=0, axis=0), "elements move by 1 or -1, not by 0"),
    "tile": (lambda x: op("tile")(x, (2, -1)), "reps is at least 0, not -1"),
    "half a tile": (lambda x: op("tile")(x, 1.5), "reps is a whole number, not 1.5"),
    "repeat": (lambda x: op("repeat")(x, (1, -1), 0), "repeats is at least 0, not -1"),
    "half a repeat": (lambda x: op("repeat")(x, 1.5, 0), "repeats is a whole number, not 1.5"),
    "pad": (lambda x: op("pad")(x, ((0, 1), (0, -1))), "pad_width is at least 0, not -1"),
    "half a pad": (lambda x: op("pad")(x, 0.5), "pad_width is a whole number, not 0.5"),
    "tensordot": (lambda x: op("tensordot")(x, x, -1), "the number of axes is 0 to 2, not -1"),
    "a pad of no elements": (lambda x: op("pad")(x[:0], 1, "edge"), "of no elements there is none to repeat"),
}


@pytest.mark.parametrize(("applied", "told"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_where_a_graph_is_built(applied, told):
    x = dp.Graph().input("x", (2, 3))
    with pytest.raises(ShapeError) as caught:
        applied(x)
    assert told in str(caught.value)


@pytest.mark.parametrize(("applied", "told"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_for_arrays(applied, told):
    with pytest.raises(ShapeError) as caught:
        applied(np.full((2, 3), 0.5))
    assert told in str(caught.value)


def test_the_error_names_the_users_line_operator_and_attributes():
    x = dp.Graph().input("x", (3,))
    with pytest.raises(ShapeError) as caught:
        dp.huber(x, 0.0, delta=-1)  # the line
    for part in ("huber cannot take these operands", "# the line", "core:huber", "x (3,) float64", "delta=-1"):
        assert part in str(caught.value)


def test_a_graph_written_by_hand_is_held_to_the_same():
    import networkx as nx

    dag = nx.DiGraph()
    dag.add_node("x", kind="input", shape=(3,))
    dag.add_node("y", operator="hardtanh", attributes={"lower": 2.0})
    dag.add_edge("x", "y")
    with pytest.raises(ShapeError, match="lower is at most upper"):
        dp.Graph.from_networkx(dag)


ALLOWED = {
    "a bound that is infinite": lambda x: dp.huber(x, 0.0, delta=np.inf),
    "bounds that are equal": lambda x: dp.hardtanh(x, lower=0, upper=0),
    "a slope beyond 1": lambda x: dp.leaky_relu(x, slope=-2.0),
    "one-hot targets": lambda x: dp.cross_entropy(dp.softmax(x), np.eye(3)[[0, 1]]),
    "a rounded 1": lambda x: dp.binary_cross_entropy(dp.sigmoid(x), np.nextafter(np.float32(1), np.float32(2))),
    "a fraction of a degree": lambda x: np.var(x, axis=1, ddof=1.3),
    "a negative ddof": lambda x: np.std(x, ddof=-1),
    "none": lambda x: np.tile(x, (1, 0)),
    "NumPy's integers": lambda x: np.roll(np.tril(x, np.int8(-1)), np.int64(2)),
    "crossed bounds, of which NumPy takes the upper": lambda x: np.clip(x, 1, -1),
}


@pytest.mark.parametrize("applied", ALLOWED.values(), ids=ALLOWED)
def test_what_makes_sense_is_taken(applied):
    x = dp.Graph().input("x", (2, 3))
    assert dp.forward(applied(x), {"x": np.full((2, 3), 0.5)}).dtype == np.float64


def test_of_a_named_dimension_only_a_whole_number_of_elements_is_left_out():
    x = dp.Graph().input("x", ("n", 3))
    with pytest.raises(ShapeError, match=r"a whole number where the number of elements is n, not 1\.3"):
        np.var(x, axis=0, ddof=1.3)
    spread = np.var(x, axis=0, ddof=1).sum()
    feed = np.arange(12.0).reshape(4, 3) ** 2
    np.testing.assert_allclose(dp.forward(spread, {"x": feed}), np.var(feed, axis=0, ddof=1).sum())
    assert dp.check_gradient(spread, {"x": feed}).ok
