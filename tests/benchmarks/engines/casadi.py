"""CasADi: symbolic matrices for the hidden layer, symbolic numbers for the chain; always float64."""

import casadi as ca
import numpy as np


class Functions:
    tanh, sum = ca.tanh, ca.sum1


class Engine:
    def __init__(self, dtype, cores):
        pass

    def graph(self, work):
        given = [ca.DM(np.atleast_2d(value).astype(float)) for value in work.parameters.values()]
        kind = ca.SX if work.name == "scalar" else ca.MX
        p = {name: kind.sym(name, *value.shape) for name, value in zip(work.parameters, given, strict=True)}
        d = {name: ca.DM(value.astype(float)) for name, value in work.data.items()}
        return p, given, self.seed(p, d) if work.name == "seed" else work.loss(p, d, Functions)

    @staticmethod
    def seed(p, d):
        rows = d["X"].shape[0]
        a0 = 1 / (1 + ca.exp(-(d["X"] @ p["w0"] + ca.repmat(p["b0"], rows, 1))))
        return 0.5 * ca.sumsqr(a0 @ p["w1"] + ca.repmat(p["b1"], rows, 1) - d["y"]) / rows

    def step(self, graph):
        p, given, loss = graph
        symbols = list(p.values())
        function = ca.Function("step", symbols, [loss, *(ca.gradient(loss, symbol) for symbol in symbols)])
        return lambda: function(*given)

    @staticmethod
    def numbers(result):
        return [np.array(number) for number in result]
