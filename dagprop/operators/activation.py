"""Activation functions.

At a kink a choice is made: relu has slope 0 at 0, its relatives the slope of their left side, and what saturates
(relu6, hardtanh, hardsigmoid) slope 0 where it begins to.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from dagprop.operators.normal import normal_cdf, normal_pdf
from dagprop.plugin.declaring import Dim, Spec, Value, elementwise, operator
from dagprop.plugin.ranges import at_least, finite, positive

# ---- sigmoid and its relatives ----------------------------------------------------------------------------------


@elementwise(latex=r"\sigma({x:bare})", text="σ({x:bare})")
def sigmoid(x: Value) -> Value:
    """The logistic function 1 / (1 + e⁻ˣ).

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    with np.errstate(over="ignore"):  # e¹⁰⁰⁰ is infinite, and 1 / (1 + ∞) the right 0
        return 1 / (1 + np.exp(-x))


@sigmoid.derivative
def _(x: Value, *, out: Value) -> Value:
    return out * (1 - out)


@sigmoid.bound
def _(bound: Callable[[Value], float], x: Value) -> float:
    return 0.0


@elementwise(latex=r"\ln \sigma({x:bare})", text="ln σ({x:bare})")
def logsigmoid(x: Value) -> Value:
    """ln(1 / (1 + e⁻ˣ)), which for large -x is x itself and never -∞.

    >>> float(logsigmoid(-1000.0))
    -1000.0
    """
    return -np.logaddexp(-x, 0)


@logsigmoid.derivative
def _(x: Value) -> Value:
    return sigmoid(-x)


@elementwise(latex=r"\ln(1 + e^{{{x:bare}}})", text="ln(1 + exp({x:bare}))")
def softplus(x: Value) -> Value:
    """ln(1 + eˣ), a smooth maximum of x and 0.

    >>> softplus(np.array([-1000.0, 1000.0])).tolist()
    [0.0, 1000.0]
    """
    return np.logaddexp(x, 0)


@softplus.derivative
def _(x: Value) -> Value:
    return sigmoid(x)


@elementwise(latex=r"{x} \odot \sigma({x:bare})", text="{x} · σ({x:bare})", binding="product")
def silu(x: Value) -> Value:
    """x·σ(x), the sigmoid linear unit, also known as swish."""
    return x * sigmoid(x)


@silu.derivative
def _(x: Value) -> Value:
    gate = sigmoid(x)
    return gate * (1 + x * (1 - gate))


@elementwise(
    latex=r"{x} \odot \tanh(\ln(1 + e^{{{x:bare}}}))", text="{x} · tanh(ln(1 + exp({x:bare})))", binding="product"
)
def mish(x: Value) -> Value:
    """x·tanh(softplus(x)) (Misra, 2019)."""
    return x * np.tanh(softplus(x))


@mish.derivative
def _(x: Value) -> Value:
    gate = np.tanh(softplus(x))
    return gate + x * sigmoid(x) * (1 - np.square(gate))


@elementwise(latex=r"\frac{{{x:bare}}}{{1 + |{x:bare}|}}", text="{x} / (1 + |{x:bare}|)", binding="product")
def softsign(x: Value) -> Value:
    """The softsign x / (1 + |x|)."""
    return x / (1 + np.abs(x))


@softsign.derivative
def _(x: Value) -> Value:
    return 1 / np.square(1 + np.abs(x))


# ---- rectifiers -------------------------------------------------------------------------------------------------


@elementwise(latex=r"\operatorname{{relu}}({x:bare})", text="relu({x:bare})")
def relu(x: Value) -> Value:
    """max(x, 0), with slope 0 at 0."""
    return np.maximum(x, 0)


@relu.derivative
def _(x: Value) -> Value:
    return x > 0


@elementwise(latex=r"\operatorname{{relu6}}({x:bare})", text="relu6({x:bare})")
def relu6(x: Value) -> Value:
    """min(max(x, 0), 6), with slope 0 at 0 and at 6."""
    return np.clip(x, 0, 6)


@relu6.derivative
def _(x: Value) -> Value:
    return (x > 0) & (x < 6)


@elementwise(latex=r"\operatorname{{leaky\_relu}}({x:bare})", text="leaky_relu({x:bare})")
def leaky_relu(x: Value, *, slope: float = 0.01) -> Value:
    """Leaky rectifier: x where it is positive, slope·x elsewhere.

    >>> leaky_relu(np.array([-2.0, 3.0]), slope=0.1).tolist()
    [-0.2, 3.0]
    """
    return np.where(x > 0, x, slope * x)


@leaky_relu.requires
def _(_x: Value, *, slope: float) -> None:
    finite(slope=slope)


@leaky_relu.derivative
def _(x: Value, *, slope: float) -> Value:
    return np.where(x > 0, np.ones_like(x), slope)


@elementwise(latex=r"\operatorname{{elu}}({x:bare})", text="elu({x:bare})")
def elu(x: Value, *, alpha: float = 1.0) -> Value:
    """The exponential linear unit: x where it is positive, α(eˣ - 1) elsewhere (Clevert et al., 2015)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@elu.requires
def _(_x: Value, *, alpha: float) -> None:
    finite(alpha=alpha)
    at_least(0, alpha=alpha)


@elu.derivative
def _(x: Value, *, alpha: float, out: Value) -> Value:
    return np.where(x > 0, np.ones_like(x), out + alpha)


@elementwise(latex=r"\operatorname{{celu}}({x:bare})", text="celu({x:bare})")
def celu(x: Value, *, alpha: float = 1.0) -> Value:
    """Elu with slope 1 on both sides of 0: x where it is positive, α(eˣᐟᵅ - 1) elsewhere (Barron, 2017)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


@celu.requires
def _(_x: Value, *, alpha: float) -> None:
    finite(alpha=alpha)
    positive(alpha=alpha)


@celu.derivative
def _(x: Value, *, alpha: float, out: Value) -> Value:
    return np.where(x > 0, np.ones_like(x), out / alpha + 1)


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al., 2017, equation 14


@elementwise(latex=r"\operatorname{{selu}}({x:bare})", text="selu({x:bare})")
def selu(x: Value) -> Value:
    """Scaled elu, whose constants keep mean 0 and variance 1 from layer to layer (Klambauer et al., 2017)."""
    return SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0)))


@selu.derivative
def _(x: Value, *, out: Value) -> Value:
    return np.where(x > 0, np.full_like(x, SELU_SCALE), out + SELU_SCALE * SELU_ALPHA)


# ---- piecewise linear gates -------------------------------------------------------------------------------------


@elementwise(latex=r"\operatorname{{hardtanh}}({x:bare})", text="hardtanh({x:bare})")
def hardtanh(x: Value, *, lower: float = -1.0, upper: float = 1.0) -> Value:
    """What `clip` does, with fixed bounds, and slope 0 on them."""
    return np.clip(x, lower, upper)


@hardtanh.requires
def _(_x: Value, *, lower: float, upper: float) -> None:
    if not lower <= upper:
        raise ValueError(f"lower is at most upper: {lower} is not, beside {upper}")


@hardtanh.derivative
def _(x: Value, *, lower: float, upper: float) -> Value:
    return (x > lower) & (x < upper)


@elementwise(latex=r"\operatorname{{hardsigmoid}}({x:bare})", text="hardsigmoid({x:bare})")
def hardsigmoid(x: Value) -> Value:
    """x/6 + ½ held between 0 and 1, with slope 0 at -3 and 3."""
    return np.clip(x / 6 + 0.5, 0, 1)


@hardsigmoid.derivative
def _(x: Value) -> Value:
    return np.where(np.abs(x) < 3, np.full_like(x, 1 / 6), 0)


@elementwise(latex=r"\operatorname{{hardswish}}({x:bare})", text="hardswish({x:bare})")
def hardswish(x: Value) -> Value:
    """x·hardsigmoid(x), with the slope of the inner side at -3 and 3 (Howard et al., 2019)."""
    return x * hardsigmoid(x)


@hardswish.derivative
def _(x: Value) -> Value:
    return np.where(np.abs(x) <= 3, x / 3 + 0.5, x > 3)


# ---- Gaussian error linear unit ---------------------------------------------------------------------------------


@elementwise(latex=r"\operatorname{{gelu}}({x:bare})", text="gelu({x:bare})")
def gelu(x: Value) -> Value:
    """x·Φ(x), the Gaussian error linear unit (Hendrycks and Gimpel, 2016).

    >>> round(float(gelu(1.0)), 12)
    0.841344746069
    """
    return x * normal_cdf(x)


@gelu.derivative
def _(x: Value) -> Value:
    return normal_cdf(x) + x * normal_pdf(x)


@elementwise(latex=r"\operatorname{{gelu}}_{{\tanh}}({x:bare})", text="gelu_tanh({x:bare})")
def gelu_tanh(x: Value) -> Value:
    """½x(1 + tanh(√(2/π)(x + 0.044715x³))), the approximation of gelu that its authors gave."""
    return x * sigmoid(_GELU_SCALE * (x + 0.044715 * x * x * x))


_GELU_SCALE = float(2 * np.sqrt(2 / np.pi))  # ½(1 + tanh z) is σ(2z)


@gelu_tanh.derivative
def _(x: Value) -> Value:
    gate = sigmoid(_GELU_SCALE * (x + 0.044715 * x * x * x))
    return gate + x * gate * (1 - gate) * _GELU_SCALE * (1 + 0.134145 * x * x)


# ---- softmax ----------------------------------------------------------------------------------------------------


def _same_shape(x: Spec, *, axis: int | tuple[int, ...]) -> Spec:
    normalize_axis_tuple(axis, x.ndim)
    return Spec(x.shape, np.exp(np.ones((), x.dtype)).dtype)


@operator(latex=r"\operatorname{{softmax}}({x:bare})", text="softmax({x:bare})")
def softmax(x: Value, *, axis: int | tuple[int, ...] = -1) -> Value:
    """eˣ / Σ eˣ along an axis: positive numbers that sum to 1.

    >>> softmax(np.array([1000.0, 1000.0])).tolist()
    [0.5, 0.5]
    """
    return _softmax(_lowered(x, axis) if x.size else x, axis)


@softmax.expand
def _(x: Value, *, axis: int | tuple[int, ...]) -> Value | None:
    return None if _may_be_nothing(x, axis) else _softmax(_lowered(x, axis), axis)


def _softmax(x: Value, axis: int | tuple[int, ...]) -> Value:
    raised = np.exp(x)
    return raised / np.sum(raised, axis=axis, keepdims=True)


def _lowered(x: Value, axis: int | tuple[int, ...]) -> Value:
    """Subtract the maximum, which changes neither softmax nor its gradient and keeps eˣ finite."""
    return x - np.max(x, axis=axis, keepdims=True)


def _may_be_nothing(x: Value, axis: int | tuple[int, ...]) -> bool:
    """Whether there may be nothing along the axis once its size is known, and so no maximum."""
    return any(isinstance(x.shape[a], Dim) for a in normalize_axis_tuple(axis, x.ndim))


@softmax.vjp
def _(grad: Value, x: Value, *, axis: int | tuple[int, ...], out: Value) -> Value:
    return out * (grad - np.sum(grad * out, axis=axis, keepdims=True))


@operator(latex=r"\ln \operatorname{{softmax}}({x:bare})", text="ln softmax({x:bare})")
def log_softmax(x: Value, *, axis: int | tuple[int, ...] = -1) -> Value:
    """The logarithm of softmax along an axis, finite where softmax itself has become 0.

    >>> log_softmax(np.array([1000.0, 0.0])).tolist()
    [0.0, -1000.0]
    """
    return _log_softmax(_lowered(x, axis) if x.size else x, axis)


@log_softmax.expand
def _(x: Value, *, axis: int | tuple[int, ...]) -> Value | None:
    return None if _may_be_nothing(x, axis) else _log_softmax(_lowered(x, axis), axis)


def _log_softmax(x: Value, axis: int | tuple[int, ...]) -> Value:
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


@log_softmax.vjp
def _(grad: Value, x: Value, *, axis: int | tuple[int, ...], out: Value) -> Value:
    return grad - np.exp(out) * np.sum(grad, axis=axis, keepdims=True)


softmax.infer(_same_shape)
log_softmax.infer(_same_shape)

OPERATORS = (
    sigmoid, logsigmoid, softplus, silu, mish, softsign, relu, relu6, leaky_relu, elu, celu, selu,
    hardtanh, hardsigmoid, hardswish, gelu, gelu_tanh, softmax, log_softmax,
)  # fmt: skip
