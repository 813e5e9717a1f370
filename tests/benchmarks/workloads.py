"""What programs are measured on: data, parameters, and the loss, written once for every engine.

A loss is a function of parameters `p`, data `d` and an engine's functions `f`, of which each engine has its own:
`f.sigmoid`, `f.log_softmax`, `f.conv2d` and so on, along the last axis where there is a choice.
"""

from dataclasses import dataclass
from functools import partial
from math import sqrt
from typing import Any

import numpy as np

SAMPLES, TOKENS, WIDTH, HEADS = 8, 64, 128, 4


def seed(p, d, f):
    """One hidden layer 3-4-1, 32 samples."""
    z1 = f.sigmoid(d["X"] @ p["w0"] + p["b0"]) @ p["w1"] + p["b1"]
    return 0.5 * ((z1 - d["y"]) ** 2).mean()


def chain(p, d, f, depth):
    """Operators one behind the other, 1,000 of them on 64 numbers."""
    h = d["X"]
    for _ in range(depth):
        h = f.tanh(h * p["s"])
    return f.sum(h)


def elem(p, d, f):
    """Elementwise work on 10⁶ numbers."""
    h = f.tanh(p["a"] * d["X"] + p["b"])
    k = f.sigmoid(h * p["a"]) * h
    return f.sum(f.exp(-k * k) + f.log1p(f.exp(k)))


def mlp(p, d, f):
    """Layers 784-256-128-10, 128 samples."""
    h = f.relu(d["X"] @ p["w0"] + p["b0"])
    h = f.relu(h @ p["w1"] + p["b1"])
    return cross_entropy(h @ p["w2"] + p["b2"], d["y"], f)


def attn(p, d, f):
    """A transformer block: 8 sequences of 64 tokens, 128 wide, 4 heads."""
    x = d["X"]
    split, joined = (SAMPLES, TOKENS, HEADS, WIDTH // HEADS), (SAMPLES, TOKENS, WIDTH)
    h = f.layer_norm(x, p["g1"], p["e1"])
    q, k, v = ((h @ p[w]).reshape(split).swapaxes(1, 2) for w in ("wq", "wk", "wv"))
    weights = f.softmax(q @ k.swapaxes(-1, -2) / sqrt(WIDTH // HEADS))
    x = x + (weights @ v).swapaxes(1, 2).reshape(joined) @ p["wo"]
    h = f.layer_norm(x, p["g2"], p["e2"])
    x = x + f.gelu_tanh(h @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]
    return ((x - d["y"]) ** 2).mean()


def conv(p, d, f):
    """Two convolutions with pooling on 32 digits of 28×28."""
    h = f.max_pool2d(f.relu(f.conv2d(d["X"], p["k0"], p["c0"])))
    h = f.max_pool2d(f.relu(f.conv2d(h, p["k1"], p["c1"])))
    return cross_entropy(h.reshape((32, 256)) @ p["w"] + p["b"], d["y"], f)


def cross_entropy(logits, target, f):
    return -(target * f.log_softmax(logits)).sum(1).mean()


@dataclass
class Workload:
    """A loss, with the data and the parameters that it is worked out for; `depth` is half a chain's length."""

    name: str
    loss: Any
    depth: int
    data: dict[str, np.ndarray]
    parameters: dict[str, np.ndarray]


def workload(name, dtype=np.float32, size=None):
    """A workload by name, where one wants with so many operators (a chain) or elements (`elem`).

    `scalar` is the chain on one number.
    """
    R = np.random.default_rng(0)
    depth = (size or 1_000) // 2

    def normal(*shape, scale=1.0):
        return (R.normal(size=shape) * scale).astype(dtype)

    def zeros(*shape):
        return np.zeros(shape, dtype)

    def labels(samples):
        return np.eye(10, dtype=dtype)[R.integers(0, 10, samples)]

    match name:
        case "seed":
            data = {"X": normal(32, 3), "y": normal(32, 1)}
            parameters = {"w0": normal(3, 4), "b0": zeros(4), "w1": normal(4, 1), "b1": zeros(1)}
        case "chain":
            data, parameters = {"X": normal(64)}, {"s": np.full(64, 1.01, dtype)}
        case "scalar":
            data, parameters = {"X": np.array(0.3, dtype)}, {"s": np.array(1.01, dtype)}
        case "elem":
            width = size or 1_000_000
            data, parameters = {"X": normal(width)}, {"a": normal(width), "b": normal(width)}
        case "mlp":
            data, parameters = {"X": normal(128, 784), "y": labels(128)}, {}
            for i, (before, after) in enumerate([(784, 256), (256, 128), (128, 10)]):
                parameters[f"w{i}"] = normal(before, after, scale=sqrt(2 / before))
                parameters[f"b{i}"] = zeros(after)
        case "attn":
            data = {name: normal(SAMPLES, TOKENS, WIDTH) for name in ("X", "y")}
            parameters = {w: normal(128, 128, scale=0.05) for w in ("wq", "wk", "wv", "wo")}
            parameters |= {g: np.ones(128, dtype) for g in ("g1", "g2")} | {e: zeros(128) for e in ("e1", "e2")}
            parameters |= {"w1": normal(128, 512, scale=0.05), "b1": zeros(512)}
            parameters |= {"w2": normal(512, 128, scale=0.05), "b2": zeros(128)}
        case "conv":
            data = {"X": normal(32, 1, 28, 28), "y": labels(32)}
            parameters = {"k0": normal(8, 1, 5, 5, scale=0.2), "c0": zeros(8)}
            parameters |= {"k1": normal(16, 8, 5, 5, scale=0.1), "c1": zeros(16)}
            parameters |= {"w": normal(256, 10, scale=0.1), "b": zeros(10)}
    losses = {"seed": seed, "elem": elem, "mlp": mlp, "attn": attn, "conv": conv}
    return Workload(name, losses.get(name, partial(chain, depth=depth)), depth, data, parameters)


WORKLOADS = ("seed", "chain", "scalar", "elem", "mlp", "attn", "conv")
