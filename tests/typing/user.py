"""A user's file.  mypy reads it, with dagprop's plugin; and it is run, with `assert_type` looking at the values."""

from typing import TYPE_CHECKING, Any, assert_type

import numpy as np
from numpy.typing import NDArray

import dagprop as dp

Array = np.ndarray[Any, Any]

g = dp.Graph("typed")
x = g.input("x", ("n", 3))
w = g.parameter("w", (3, 4))
b = g.parameter("b", (4,))
t = g.input("t", ("n", 4))

# Python's operators
assert_type(x @ w + b, dp.Node)
assert_type(2 * x - 1, dp.Node)
assert_type(np.ones(3) - x, dp.Node)
assert_type(np.ones((2, 3)) @ w, dp.Node)
assert_type(np.float32(2) / w, dp.Node)
assert_type(-(x**2) + 2**x, dp.Node)
assert_type(x > 0, dp.Node)
assert_type(x == 0, dp.Node)
assert_type(abs(x) / x.shape[0], dp.Node)
assert_type(x[1:], dp.Node)
assert_type(x.T.sum(axis=0), dp.Node)
assert_type(list(w), list[dp.Node])
assert_type({x: 1}, dict[dp.Node, int])

y = x
y += 1
assert_type(y, dp.Node)

# NumPy's functions
assert_type(np.tanh(x), dp.Node)
assert_type(np.maximum(x, 0), dp.Node)
assert_type(np.matmul(x, w), dp.Node)
assert_type(np.sum(x), dp.Node)
assert_type(np.mean(x, axis=0), dp.Node)
assert_type(np.where(x > 0, x, 0), dp.Node)
assert_type(np.concatenate([x, np.ones((1, 3))]), dp.Node)
assert_type(np.reshape(w, (4, 3)), dp.Node)
assert_type(np.einsum("ij,jk->ik", x, w), dp.Node)
assert_type(np.split(w, 3), tuple[dp.Node, ...])
assert_type(np.tanh(np.ones(3)), NDArray[Any])

# operators
assert_type(dp.sigmoid(x), dp.Node)
assert_type(dp.sigmoid(np.ones(3)), Array)
assert_type(dp.add(1, x), dp.Node)
assert_type(dp.add(np.ones(3), 1), Array)
assert_type(dp.sum(x, 0, keepdims=True), dp.Node)
assert_type(dp.clip(x, max=b[:3]), dp.Node)
assert_type(dp.concatenate([x, np.ones((1, 3))]), dp.Node)
assert_type(dp.concatenate([np.ones(3), np.ones(3)]), Array)
assert_type(dp.split(w, 3), tuple[dp.Node, ...])
assert_type(dp.softmax_cross_entropy(x @ w, t).mean(), dp.Node)
assert_type(dp.sigmoid.name, str)


# an operator of one's own
@dp.elementwise(latex=r"{x}^3", binding="power")
def cube(x: Any) -> Any:
    """The cube."""
    return x * x * x


assert_type(cube, dp.Operator)

# derivatives
E = np.sum(dp.sigmoid(x @ w + b))
assert_type(dp.gradient(E, w), dp.Node)
assert_type(dp.gradient(E, "w"), dp.Node)
assert_type(dp.gradient(E, [w, b]), list[dp.Node])
assert_type(dp.jvp(E, w, np.ones((3, 4))), dp.Node)
assert_type(dp.hessian_vector_product(E, b, np.ones(4)), dp.Node)
assert_type(dp.hessian_vector_product(E, [b], [np.ones(4)]), list[dp.Node])
assert_type(dp.jacobian(E, b), dp.Node)
assert_type(dp.trace(cube.forward, x=dp.Spec((2,))).outputs, tuple[dp.Node, ...])

# numbers
feeds = {"x": np.ones((2, 3))}
assert_type(dp.forward(E, feeds), Array)
assert_type(dp.forward([E, w], feeds), list[Array])
flow = dp.backprop(E, feeds)
assert_type(flow.values[E], Array)
assert_type(flow.gradients["w"], Array)
assert_type(dp.compile(E)(feeds), tuple[Array, dict[str, Array]])

if TYPE_CHECKING:  # what fails when it is run is refused before
    np.linalg.eig(x)  # type: ignore[call-overload]
    divmod(x, 2)  # type: ignore[operator]
    x + None  # type: ignore[operator]
    dp.sigmoid(x, x)  # type: ignore[call-overload]
    dp.sum(x, axes=0)  # type: ignore[call-overload]
    dp.elementwise(latx="")  # type: ignore[call-overload]
    dp.forward("E", feeds)  # type: ignore[arg-type]
