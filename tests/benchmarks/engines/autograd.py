"""HIPS autograd: NumPy, recorded at each call."""

from functools import partial

import autograd.numpy as np
from autograd import value_and_grad


class Functions:
    tanh, exp, log1p, sum = np.tanh, np.exp, np.log1p, np.sum

    @staticmethod
    def sigmoid(x):
        return 0.5 * (np.tanh(x / 2) + 1)

    @staticmethod
    def relu(x):
        return np.maximum(x, 0)

    @staticmethod
    def softmax(x):
        e = np.exp(x - np.max(x, -1, keepdims=True))
        return e / np.sum(e, -1, keepdims=True)

    @staticmethod
    def log_softmax(x):
        x = x - np.max(x, -1, keepdims=True)
        return x - np.log(np.sum(np.exp(x), -1, keepdims=True))

    @staticmethod
    def gelu_tanh(x):
        return 0.5 * x * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))

    @staticmethod
    def layer_norm(x, gain, bias):
        centred = x - np.mean(x, -1, keepdims=True)
        return centred / np.sqrt(np.mean(centred**2, -1, keepdims=True) + 1e-5) * gain + bias


class Engine:
    def __init__(self, dtype, cores):
        pass

    def graph(self, work):
        return work

    def step(self, work):
        return partial(value_and_grad(lambda p: work.loss(p, work.data, Functions)), work.parameters)

    @staticmethod
    def numbers(result):
        value, gradients = result
        return [value, *gradients.values()]
