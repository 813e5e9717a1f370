"""Optimisers: how a gradient changes a parameter.

An optimiser is an object with hyper-parameters and two rules, for one parameter at a time:

    initial(parameter) -> state                                  # a tuple of arrays, often empty
    update(parameter, gradient, *state) -> (parameter, *state)   # the new ones

`update` is written as an operator's rule is: ordinary NumPy code that never asks about values (no `if`) and
writes nothing in place.  Fed arrays it takes a step, fed nodes it writes that step as a graph.

    class SignDescent:
        def initial(self, parameter):
            return ()

        def update(self, parameter, gradient):
            return (parameter - 0.01 * np.sign(gradient),)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from dagprop.arguments import number, truth
from dagprop.plugin.rule import Value
from dagprop.program import Optimiser

Array = np.ndarray[Any, Any]

__all__ = ["Adam", "GradientDescent", "Momentum", "Optimiser"]


def _positive(name: str, value: float) -> None:
    number(name, value, "a number greater than 0", lambda n: 0 < n < math.inf)


def _share(name: str, value: float) -> None:
    number(name, value, "a number, at least 0 and less than 1", lambda n: 0 <= n < 1)


@dataclass(frozen=True)
class GradientDescent:
    """Gradient descent: a step against the gradient, w ← w − η ∂E/∂w.

    With minibatches it is *stochastic* gradient descent.

    Parameters
    ----------
    learning_rate : float
        η: how far to go for a gradient of 1.

    Examples
    --------
    >>> w = np.array([1.0, 2.0])
    >>> GradientDescent(0.5).update(w, 2 * w)  # the gradient of Σw², whose minimum one step reaches
    (array([0., 0.]),)
    """

    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        _positive("learning_rate", self.learning_rate)

    def initial(self, parameter: Array) -> tuple[Array, ...]:  # noqa: ARG002  # the others look at it
        """No state."""
        return ()

    def update(self, parameter: Value, gradient: Value) -> tuple[Value, ...]:
        """The parameter after a step."""
        return (parameter - self.learning_rate * gradient,)


@dataclass(frozen=True)
class Momentum:
    """Gradient descent whose steps remember the earlier ones: v ← μv − η ∂E/∂w, w ← w + v.

    Polyak, "Some methods of speeding up the convergence of iteration methods" (1964).  With `nesterov`, the step
    is w ← w + μv − η ∂E/∂w of the new v: the gradient is taken where the momentum leads.  It is Nesterov's
    accelerated gradient (1983) in the variables in which the parameter *is* that point: Bengio,
    Boulanger-Lewandowski & Pascanu, "Advances in optimizing recurrent networks" (2013), eq. 7.

    Parameters
    ----------
    learning_rate : float
        η: how far one gradient of 1 moves in its first step; in the long run it moves η / (1 − μ).
    momentum : float
        μ: how much of a step the next one keeps, at least 0 and less than 1.
    nesterov : bool
        Look ahead.

    Examples
    --------
    >>> w, v = np.array(1.0), np.array(0.0)
    >>> for _ in range(2):
    ...     w, v = Momentum(0.1, 0.5).update(w, 2 * w, v)
    >>> round(float(w), 3), round(float(v), 3)
    (0.54, -0.26)
    """

    learning_rate: float = 0.1
    momentum: float = 0.9
    nesterov: bool = False

    def __post_init__(self) -> None:
        _positive("learning_rate", self.learning_rate)
        _share("momentum", self.momentum)
        truth("nesterov", self.nesterov)

    def initial(self, parameter: Array) -> tuple[Array, ...]:
        """The velocity v, at rest."""
        return (np.zeros_like(parameter),)

    def update(self, parameter: Value, gradient: Value, velocity: Value) -> tuple[Value, ...]:
        """The parameter and the velocity after a step."""
        step = self.learning_rate * gradient
        velocity = self.momentum * velocity - step
        if self.nesterov:
            return parameter + self.momentum * velocity - step, velocity
        return parameter + velocity, velocity


@dataclass(frozen=True)
class Adam:
    """Steps of about the learning rate in every coordinate, whatever the size of its gradient.

    With running means of the gradient, m ← β₁m + (1 − β₁)g, and of its square, v ← β₂v + (1 − β₂)g², both freed
    of their start at zero, m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ), the step is w ← w − η m̂ / (√v̂ + ε).

    Kingma & Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1.

    Parameters
    ----------
    learning_rate : float
        η: about how far a step goes.
    beta1, beta2 : float
        How much of their past the two running means keep, at least 0 and less than 1.
    epsilon : float
        ε: keeps the division finite where the gradient has been zero.

    Examples
    --------
    >>> w = np.array([1.0, 1000.0])
    >>> new, *state = Adam(0.1).update(w, 2 * w, *Adam().initial(w))
    >>> new.round(6).tolist()  # the first step is η long in each coordinate
    [0.9, 999.9]
    """

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _positive("learning_rate", self.learning_rate)
        _share("beta1", self.beta1)
        _share("beta2", self.beta2)
        _positive("epsilon", self.epsilon)

    def initial(self, parameter: Array) -> tuple[Array, ...]:
        """The running means m and v, and the number of steps t."""
        return np.zeros_like(parameter), np.zeros_like(parameter), np.zeros((), parameter.dtype)

    def update(self, parameter: Value, gradient: Value, mean: Value, square: Value, steps: Value) -> tuple[Value, ...]:
        """The parameter, the running means and the number of steps after a step."""
        steps = steps + 1
        mean = self.beta1 * mean + (1 - self.beta1) * gradient
        square = self.beta2 * square + (1 - self.beta2) * gradient * gradient
        unbiased = mean / _remembered(self.beta1, steps)
        scale = np.sqrt(square / _remembered(self.beta2, steps)) + self.epsilon
        return parameter - self.learning_rate * unbiased / scale, mean, square, steps


def _remembered(beta: float, steps: Value) -> Value:
    """1 − βᵗ; in float32 the difference itself would keep three digits of β₂'s at the first step."""
    return -np.expm1(steps * math.log(beta)) if beta else 1.0
