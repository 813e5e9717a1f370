"""A node behaves as an array would: operators, indexing, methods and NumPy functions, with NumPy's types."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dagprop as dp
from dagprop.errors import ArgumentError, OperandError

X = np.array([[0.5, -1.5, 2.0], [3.0, 0.25, -0.75]])


def node_of(array, dtype=None):
    graph = dp.Graph("m", dtype=array.dtype if dtype is None else dtype)
    return graph.input("x", array.shape, array.dtype)


def check(function, array=X):
    """The function of a node, run on the array, is the function of the array: value, shape and dtype."""
    expected = function(array)
    node = function(node_of(array))
    value = dp.forward(node, {"x": array})
    np.testing.assert_allclose(value, expected, rtol=1e-12 if array.dtype.itemsize == 8 else 1e-6)
    assert value.shape == node.shape == np.shape(expected)
    assert value.dtype == node.dtype == expected.dtype


def meaning(expression):
    return eval(f"lambda x: {expression}", {"np": np, "X": X})


@pytest.mark.parametrize(
    "expression",
    [
        "x + 1",
        "1 + x",
        "x - 0.5",
        "1 - x",
        "x * x",
        "2 * x",
        "x / 3",
        "3 / x",
        "x**2",
        "x**3",
        "2.0**x",
        "-x",
        "+x",
        "abs(x)",
        "x @ x.T",
        "X.T @ x",
        "X + x",
        "np.float64(2) * x",
        "x > 0",
        "x >= 0.5",
        "x < 0",
        "x <= 0.5",
        "x == 2.0",
        "x != 2.0",
        "(x > 0) & (x < 1)",
        "(x > 0) | (x < -1)",
        "~(x > 0)",
    ],
)
def test_python_operators(expression):
    check(meaning(expression))


@pytest.mark.parametrize(
    "index",
    [0, -1, (0, 1), slice(None, 1), (slice(None), 0), (..., -1), (None, 0), [1, 0, 1], (slice(None), [2, 0])],
    ids=str,
)
def test_indexing(index):
    check(lambda x: x[index])


@pytest.mark.parametrize(
    "expression",
    [
        "x.T",
        "x.mT",
        "x.sum()",
        "x.sum(axis=1)",
        "x.sum(0, keepdims=True)",
        "x.prod(axis=0)",
        "x.mean(axis=-1)",
        "x.max(axis=0)",
        "x.min()",
        "x.var(axis=0)",
        "x.std()",
        "x.cumsum(axis=1)",
        "x.clip(-1, 1)",
        "x.dot(X.T)",
        "x.diagonal()",
        "x.trace()",
        "x[:1].squeeze()",
        "x.swapaxes(0, 1)",
        "x.ravel()",
        "x.flatten()",
        "x.reshape(3, 2)",
        "x.reshape((3, 2))",
        "x.reshape(-1)",
        "x.transpose()",
        "x.transpose(1, 0)",
        "x.transpose((1, 0))",
        "x.astype(np.float32)",
        "x.astype(int)",
    ],
)
def test_methods(expression):
    check(meaning(expression))


@pytest.mark.parametrize(
    "expression",
    [
        "np.exp(x)",
        "np.tanh(x)",
        "np.transpose(x)",
        "np.sum(x, axis=1)",
        "np.sum(x, 1)",
        "np.where(x > 0, x, 0)",
        "np.maximum(x, 0)",
        "np.concatenate([x, X], axis=1)",
        "np.stack([x, x])",
        "np.expand_dims(x, 0)",
        "np.broadcast_to(x, (4, 2, 3))",
        "np.reshape(x, (6,))",
        'np.einsum("ij,kj->ik", x, X)',
        "np.zeros_like(x) + np.ones_like(x)",
    ],
)
def test_numpy_functions(expression):
    check(meaning(expression))


@pytest.mark.parametrize(
    "array", [np.array(3), np.arange(3), np.arange(3, dtype=np.float32), np.array([True])], ids=repr
)
@pytest.mark.parametrize("exponent", [3, 2.0, 0.5])
def test_a_power_has_numpys_dtype(array, exponent):
    check(lambda x: x**exponent, array)


DTYPES = [np.bool_, np.int8, np.int64, np.float32, np.float64]


@given(
    left=st.sampled_from(DTYPES),
    right=st.sampled_from([*DTYPES, True, 1, 1.5]),
    swap=st.booleans(),
    function=st.sampled_from([np.add, np.multiply, np.divide, np.maximum, np.greater]),
)
def test_promotion_is_numpys(left, right, swap, function):
    array = np.ones(3, left)
    other = np.ones(3, right) if isinstance(right, type) else right
    check(lambda x: function(other, x) if swap else function(x, other), array)


def test_a_python_number_is_weak_and_a_numpy_one_is_not():
    x = dp.Graph("m", dtype=np.float32).input("x", (3,))
    assert (x * 2.0).dtype == np.float32
    assert (2**x).dtype == np.float32
    assert (x * np.float64(2)).dtype == np.float64
    assert (x + np.ones(3)).dtype == np.float64
    assert (np.float32(2) * x).dtype == np.float32


def test_an_array_on_the_left_does_not_swallow_the_node():
    x = node_of(X)
    for made in (X @ x.T, X * x, X - x, np.float64(2) / x, np.True_ * x):
        assert isinstance(made, dp.Node)


def test_in_place_operators_name_a_new_node():
    x = node_of(X)
    y = x
    y += 1
    y *= 2
    y -= X
    y /= 4
    y **= 2
    assert x.kind == "input"
    np.testing.assert_allclose(dp.forward(y, {"x": X}), (((X + 1) * 2 - X) / 4) ** 2)


def test_comparing_adds_a_node_and_hashing_goes_by_identity():
    x = node_of(X)
    y = x + 1
    assert (x == y).what == "equal"
    assert {x: "x", y: "y"}[x] == "x"


def test_length_and_iteration():
    x = node_of(X)
    assert len(x) == 2
    assert [row.shape for row in x] == [(3,), (3,)]
    with pytest.raises(OperandError, match="'x' is a scalar: it has no length"):
        len(dp.Graph().input("x"))
    with pytest.raises(TypeError, match="the dimension batch has no size yet"):
        list(dp.Graph().input("x", ("batch",)))


def test_what_a_node_knows():
    graph = dp.Graph("m")
    x = graph.input("x", ("batch", 3))
    y = dp.tanh(x).named("y")
    assert (y.name, y.kind, y.what, y.operator.id) == ("y", "operator", "tanh", "core:tanh")
    assert (y.shape, y.ndim, y.dtype, y.operands) == (("batch", 3), 2, np.float64, (x,))
    assert y.size == x.size == 3 * dp.Dim("batch")
    assert y.index > x.index
    assert y.source[0] == __file__
    assert repr(y) == "<Node y: tanh (batch, 3) float64>"
    assert y.describe().startswith("y (batch, 3) float64  made at ")
    assert y.describe().endswith('y = dp.tanh(x).named("y")')


@pytest.mark.parametrize(
    ("misuse", "told"),
    [
        ("bool(x > 0)", "no truth value.*np.where"),
        ("1 if x else 0", "no truth value"),
        ("np.asarray(x)", "'x' is not an array.*dp.forward"),
        ("np.add.reduce(x)", r"np.add.reduce of <Node x.*> has no operator; np.sum"),
        ("np.add(x, 1, out=np.zeros((2, 3)))", "has no attribute 'out'"),
        ("np.frexp(x)", "no operator answers numpy.frexp on a node. `?"),
        ("np.linalg.lstsq(x, x)", r"no operator answers numpy.linalg.lstsq on a node"),
        ("x + 'a'", "add: an operand is a node, or numbers, not 'a'"),
        ("x + None", "add: an operand is a node, or numbers, not None"),
        ("x + object()", "add: an operand is a node, or numbers, not <object"),
    ],
)
def test_misuse_is_told(misuse, told):
    with pytest.raises((ArgumentError, OperandError), match=told) as caught:
        meaning(misuse)(node_of(X))
    assert "  `" not in str(caught.value)


def test_a_node_is_not_written_to():
    x = node_of(X)
    with pytest.raises(TypeError):
        x[0] = 1
    with pytest.raises(AttributeError):
        x.colour = "red"
