"""dagprop: a graph, made into a program."""

from functools import partial

import numpy as np

import dagprop as dp
from dagprop.program import NumpySource


class Functions:
    """What dagprop calls the functions of the losses."""

    sigmoid, relu, softmax, log_softmax, gelu_tanh = dp.sigmoid, dp.relu, dp.softmax, dp.log_softmax, dp.gelu_tanh
    tanh, exp, log1p, sum = np.tanh, np.exp, np.log1p, np.sum

    @staticmethod
    def layer_norm(x, gain, bias):
        centred = x - x.mean(axis=-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5) * gain + bias

    @staticmethod
    def conv2d(x, kernel, bias):
        return dp.conv2d(x, kernel) + bias.reshape((-1, 1, 1))

    @staticmethod
    def max_pool2d(x):
        return dp.max_pool2d(x, 2)


class Engine:
    """`executor` is "tape" or "numpy"."""

    def __init__(self, dtype, cores, executor):
        self.dtype = dtype
        if executor == "tape":
            from dagprop.program.tape import Tape

            self.executor = Tape(cores)
        else:
            self.executor = NumpySource()

    def graph(self, work):
        g = dp.Graph(work.name, self.dtype)
        d = {name: g.input(name, value.shape) for name, value in work.data.items()}
        p = {name: g.parameter(name, initial=value) for name, value in work.parameters.items()}
        return work, work.loss(p, d, Functions)

    def step(self, graph):
        work, loss = graph
        program = dp.compile(loss, list(work.parameters), executor=self.executor)
        return partial(program, work.data)

    @staticmethod
    def numbers(result):
        value, gradients = result
        return [value, *gradients.values()]
