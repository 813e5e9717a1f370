"""CasADi: symbolic matrices for the hidden layer, symbolic numbers for the chain; always float64.

The chain on one number is fed NumPy's arrays, as dagprop is; matrices are CasADi's own from the start.
"""

from functools import partial

import casadi as ca
import numpy as np


class Functions:
    tanh, sum = ca.tanh, ca.sum1


class Engine:
    def __init__(self, dtype, cores):
        pass

    def graph(self, work):
        if work.name == "seed":
            given = {name: ca.DM(np.atleast_2d(value).astype(float)) for name, value in work.parameters.items()}
            p = {name: ca.MX.sym(name, *value.shape) for name, value in given.items()}
            loss = self.seed(p, {name: ca.DM(value.astype(float)) for name, value in work.data.items()})
            return p, p, given, loss
        given = work.data | work.parameters
        symbols = {name: ca.SX.sym(name) for name in given}
        p = {name: symbols[name] for name in work.parameters}
        return symbols, p, given, work.loss(p, symbols, Functions)

    @staticmethod
    def seed(p, d):
        rows = d["X"].shape[0]
        a0 = 1 / (1 + ca.exp(-(d["X"] @ p["w0"] + ca.repmat(p["b0"], rows, 1))))
        return 0.5 * ca.sumsqr(a0 @ p["w1"] + ca.repmat(p["b1"], rows, 1) - d["y"]) / rows

    def step(self, graph):
        symbols, parameters, given, loss = graph
        results = [loss, *(ca.gradient(loss, symbol) for symbol in parameters.values())]
        return partial(ca.Function("step", list(symbols.values()), results), *given.values())

    @staticmethod
    def numbers(result):
        return [np.array(number) for number in result]
