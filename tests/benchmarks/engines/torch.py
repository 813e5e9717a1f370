"""PyTorch: eager, or through torch.compile."""

import torch
from torch.nn import functional


class Functions:
    sigmoid, relu, tanh, exp, log1p, sum = torch.sigmoid, torch.relu, torch.tanh, torch.exp, torch.log1p, torch.sum
    conv2d = functional.conv2d

    @staticmethod
    def softmax(x):
        return functional.softmax(x, -1)

    @staticmethod
    def log_softmax(x):
        return functional.log_softmax(x, -1)

    @staticmethod
    def gelu_tanh(x):
        return functional.gelu(x, approximate="tanh")

    @staticmethod
    def layer_norm(x, gain, bias):
        return functional.layer_norm(x, (x.shape[-1],), gain, bias)

    @staticmethod
    def max_pool2d(x):
        return functional.max_pool2d(x, 2)


class Engine:
    def __init__(self, dtype, cores, compiled=False):
        torch.set_num_threads(cores)
        self.compiled = compiled

    def graph(self, work):
        data = {name: torch.tensor(value) for name, value in work.data.items()}
        parameters = {name: torch.tensor(value, requires_grad=True) for name, value in work.parameters.items()}
        return work.loss, parameters, data

    def step(self, graph):
        loss, parameters, data = graph

        def forward(p, d):
            return loss(p, d, Functions)

        torch.compiler.reset()
        forward = torch.compile(forward) if self.compiled else forward
        leaves = list(parameters.values())

        def step():
            value = forward(parameters, data)
            return value, torch.autograd.grad(value, leaves)

        return step

    @staticmethod
    def numbers(result):
        value, gradients = result
        return [value.detach().numpy(), *(gradient.numpy() for gradient in gradients)]
