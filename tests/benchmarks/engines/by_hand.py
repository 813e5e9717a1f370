"""NumPy, with the derivatives worked out by hand and each line a call."""

from functools import partial

import numpy as np


def seed(d, p):
    X, y = d["X"], d["y"]
    a0 = 1 / (1 + np.exp(-(X @ p["w0"] + p["b0"])))
    e = a0 @ p["w1"] + p["b1"] - y
    d_z1 = e / e.size
    d_z0 = d_z1 @ p["w1"].T * a0 * (1 - a0)
    return 0.5 * (e * e).mean(), X.T @ d_z0, d_z0.sum(0), a0.T @ d_z1, d_z1.sum(0)


def chain(d, p, depth):
    h, s, kept = d["X"], p["s"], []
    for _ in range(depth):
        before, h = h, np.tanh(h * s)
        kept.append((before, h))
    grad, d_s = np.ones_like(h), np.zeros_like(s)
    for before, after in reversed(kept):
        grad = grad * (1 - after * after)
        d_s = d_s + grad * before
        grad = grad * s
    return h.sum(), d_s


def elem(d, p):
    X, a, b = d["X"], p["a"], p["b"]
    h = np.tanh(a * X + b)
    s = 1 / (1 + np.exp(-h * a))
    k = s * h
    q, r = np.exp(-k * k), np.exp(k)
    d_k = -2 * k * q + r / (1 + r)
    d_v = d_k * h * s * (1 - s)
    d_u = (d_k * s + d_v * a) * (1 - h * h)
    return (q + np.log1p(r)).sum(), d_v * h + d_u * X, d_u


def mlp(d, p):
    X, y = d["X"], d["y"]
    z0 = X @ p["w0"] + p["b0"]
    a0 = np.maximum(z0, 0)
    z1 = a0 @ p["w1"] + p["b1"]
    a1 = np.maximum(z1, 0)
    z2 = a1 @ p["w2"] + p["b2"]
    z2 = z2 - z2.max(1, keepdims=True)
    e = np.exp(z2)
    total = e.sum(1, keepdims=True)
    d_z2 = (e / total - y) / len(X)
    d_z1 = d_z2 @ p["w2"].T * (z1 > 0)
    d_z0 = d_z1 @ p["w1"].T * (z0 > 0)
    value = -(y * (z2 - np.log(total))).sum(1).mean()
    return value, X.T @ d_z0, d_z0.sum(0), a0.T @ d_z1, d_z1.sum(0), a1.T @ d_z2, d_z2.sum(0)


STEPS = {"seed": seed, "elem": elem, "mlp": mlp}


class Engine:
    def __init__(self, dtype, cores):
        pass

    def graph(self, work):
        return work

    def step(self, work):
        step = STEPS.get(work.name) or partial(chain, depth=work.depth)
        return partial(step, work.data, work.parameters)

    @staticmethod
    def numbers(result):
        return result
