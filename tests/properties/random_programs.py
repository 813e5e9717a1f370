"""Random programs: NumPy code which, run on arrays, is the oracle of the graph that it makes when run on nodes.

Their values stay near 1, so that differences are accurate. They broadcast, fan out, take views, reduce and join.
"""

import numpy as np

import dagprop as dp

UNARY = [
    np.tanh,
    np.sin,
    lambda x: np.exp(-x * x),
    lambda x: np.sqrt(1 + x**2),
    lambda x: np.log1p(x * x),
    lambda x: 1 / (1 + np.exp(-x)),
    lambda x: -x,
    lambda x: 0.5 * x - 0.25,
    lambda x: x.T,
    lambda x: np.reshape(x, x.shape[::-1]),
    lambda x: x[::-1],
    lambda x: x[:, ::-1],
    lambda x: x[:, :1],
    lambda x: x[[0, -1, 0]],
    lambda x: np.sum(x, axis=0, keepdims=True) / 3,
    lambda x: np.mean(x, axis=1, keepdims=True),
    lambda x: np.cumsum(x, axis=1) / 3,
    lambda x: np.broadcast_to(x, (2, *x.shape))[1],
    lambda x: np.roll(x, 1, axis=0),
    lambda x: np.expand_dims(x, 0)[0],
]
BINARY = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: x * y,
    lambda x, y: x / (2 + y * y),
    lambda x, y: np.where(np.arange(y.shape[-1]) % 2 == 0, x, y),
    lambda x, y: x + y[:1, :1],
    lambda x, y: (x * y[:, :1] + y[:1]) / 2,
    lambda x, y: np.tanh(x @ y.T) @ y if x.shape[-1] == y.shape[-1] else x,
    lambda x, y: np.concatenate([x, y], axis=0)[1:] if x.shape[-1] == y.shape[-1] else x,
    lambda x, y: np.einsum("ij,ij->ij", x, y) if x.shape == y.shape else x,
]
DTYPES = [
    lambda x: x.astype(np.float32),
    lambda x: x.astype(np.float64),
    lambda x: x * np.float32(0.5),
    lambda x: 2 * x,
]
SHAPES = [(3, 4), (1, 4), (3, 1), (3, 3), (1, 1), (4, 3)]


def random_program(seed, length, mixed=False):
    """A function of leaves (arrays, or nodes) that gives every value it makes, the loss last."""
    rng = np.random.default_rng(seed)
    functions = UNARY + BINARY + (DTYPES if mixed else [])
    steps = [(functions[rng.integers(len(functions))], rng.integers(0, 2**31, 2)) for _ in range(length)]

    def program(leaves):
        values = list(leaves)
        for function, picks in steps:
            # mostly recent values, so that the graph is deep, and sometimes any, so that it is wide
            recent = values[-4:] if picks[0] % 3 else values
            operands = [recent[picks[0] % len(recent)], values[picks[1] % len(values)]]
            try:
                value = function(*operands[: 2 if function in BINARY else 1])
            except ValueError:  # shapes that do not fit, of arrays as of nodes
                value = np.tanh(operands[0])
            if np.prod(value.shape) > 40:
                value = value[:3, :4]
            values.append(value if len(values) % 4 else np.tanh(value))
        return [*values, sum(np.sum(np.sin(value)) for value in values[-6:])]

    return program


def random_leaves(seed, dtypes=(np.float64,)):
    rng = np.random.default_rng([seed, 1])
    return [rng.normal(size=shape).astype(dtypes[i % len(dtypes)]) for i, shape in enumerate(SHAPES)]


def as_graph(program, arrays):
    graph = dp.Graph("random")
    leaves = [graph.input(f"x{i}", a.shape, a.dtype) for i, a in enumerate(arrays)]
    return program(leaves), leaves, {leaf.name: a for leaf, a in zip(leaves, arrays, strict=True)}
