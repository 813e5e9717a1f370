"""A network with one hidden layer, and numbers to feed it."""

import numpy as np

import dagprop as dp

rng = np.random.default_rng(0)


def hidden_layer(dtype=np.float64):
    g = dp.Graph("one hidden layer", dtype)
    X, y = g.input("X", ("batch", 3)), g.input("y", ("batch", 1))
    w0, b0 = g.parameter("w0", (3, 4)), g.parameter("b0", (4,))
    w1, b1 = g.parameter("w1", (4, 1)), g.parameter("b1", (1,))
    z0 = (X @ w0 + b0).named("z0")
    a0 = dp.sigmoid(z0).named("a0")
    z1 = (a0 @ w1 + b1).named("z1")
    return (0.5 * (z1 - y) ** 2).mean().named("E")


def feeds(batch=8, dtype=np.float64):
    return {"X": rng.normal(size=(batch, 3)).astype(dtype), "y": rng.normal(size=(batch, 1)).astype(dtype)}
