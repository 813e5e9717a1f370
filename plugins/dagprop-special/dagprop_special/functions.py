"""The operators, one rule each.

Each is the `scipy.special` ufunc itself: called on nodes, `scipy.special.erf(x)` adds a node and can be
differentiated as often as one likes.  An order, such as that of a Bessel function, is a plain number: in it there
is no derivative in closed form, and a node there is refused rather than given a wrong gradient of zero.

Derivatives are from the Digital Library of Mathematical Functions (https://dlmf.nist.gov), by equation number, or
follow in a line from the function's definition.
"""

from __future__ import annotations

import math
import numbers

import numpy as np
from scipy import special

import dagprop as dp


def _ordered(operator: dp.Operator) -> dp.Operator:
    """Let an operator `f(x, *, order)` be called as SciPy has it, the order first."""

    def arguments(order, x):
        if not isinstance(order, numbers.Real):
            raise TypeError(f"the order is a number, not {order!r}: there is no derivative in it")
        number = float(order)
        return (x,), {"order": int(number) if number.is_integer() else number}

    operator.arguments(arguments)
    return operator


# ---- the error function and the normal distribution -------------------------------------------------------------

erf = dp.elementwise(special.erf)
erf.derivative(lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x))  # DLMF 7.2.1

erfc = dp.elementwise(special.erfc)
erfc.derivative(lambda x: -2 / math.sqrt(math.pi) * np.exp(-x * x))  # DLMF 7.2.2

erfcx = dp.elementwise(special.erfcx)
erfcx.derivative(lambda x, *, out: 2 * x * out - 2 / math.sqrt(math.pi))  # of exp(x²) erfc(x)

erfinv = dp.elementwise(
    special.erfinv, singular=True, latex=r"\operatorname{{erf}}^{{-1}}({x:bare})", text="erf⁻¹({x:bare})"
)
erfinv.derivative(lambda _, *, out: math.sqrt(math.pi) / 2 * np.exp(out * out))  # 1 / erf'(out)

ndtr = dp.elementwise(special.ndtr, latex=r"\Phi({x:bare})", text="Φ({x:bare})")
ndtr.derivative(lambda x: np.exp(-x * x / 2) / math.sqrt(2 * math.pi))  # the normal density

log_ndtr = dp.elementwise(special.log_ndtr, latex=r"\ln \Phi({x:bare})", text="ln Φ({x:bare})")
# density / Φ, with the factor exp(−x²/2) cancelled, which far to the left underflows in both
log_ndtr.derivative(lambda x: math.sqrt(2 / math.pi) / special.erfcx(-x / math.sqrt(2)))

ndtri = dp.elementwise(special.ndtri, singular=True, latex=r"\Phi^{{-1}}({x:bare})", text="Φ⁻¹({x:bare})")
ndtri.derivative(lambda _, *, out: math.sqrt(2 * math.pi) * np.exp(out * out / 2))  # 1 / Φ'(out)


# ---- gamma and beta ---------------------------------------------------------------------------------------------

gamma = dp.elementwise(special.gamma, singular=True, latex=r"\Gamma({x:bare})", text="Γ({x:bare})")
gamma.derivative(lambda x, *, out: out * special.psi(x))  # DLMF 5.2.2

gammaln = dp.elementwise(special.gammaln, singular=True, latex=r"\ln |\Gamma({x:bare})|", text="ln |Γ({x:bare})|")
gammaln.derivative(lambda x: special.psi(x))  # noqa: PLW0108  # DLMF 5.2.2; a ufunc is no rule: it has no signature

psi = dp.elementwise(special.psi, singular=True, latex=r"\psi({x:bare})", text="ψ({x:bare})")


@_ordered
@dp.elementwise(singular=True, latex=r"\psi^{{({order})}}({x:bare})", text="ψ[{order}]({x:bare})")
def polygamma(x, *, order):
    """The derivative of this order of the digamma function, `polygamma(order, x)`.

    SciPy's own is a Python function that cannot be called on nodes; `dp.polygamma` can.

    >>> round(float(polygamma(1, 1.0)), 6)  # π²/6
    1.644934
    """
    return np.asarray(special.polygamma(order, x), np.result_type(x, 0.0))


@polygamma.requires
def _(_x, *, order):
    if not isinstance(order, int) or order < 0:
        raise ValueError(f"the order is a whole number, at least 0, not {order}")


psi.derivative(lambda x: polygamma(1, x))  # DLMF 5.15
polygamma.derivative(lambda x, *, order: polygamma(order + 1, x))  # DLMF 5.15

beta = dp.elementwise(special.beta, singular=True, latex=r"B({x:bare}, {y:bare})", text="B({x:bare}, {y:bare})")


@beta.derivative
def _(a, b, *, out):  # of Γ(a) Γ(b) / Γ(a + b), DLMF 5.12.1
    both = special.psi(a + b)
    return out * (special.psi(a) - both), out * (special.psi(b) - both)


betaln = dp.elementwise(
    special.betaln, singular=True, latex=r"\ln B({x:bare}, {y:bare})", text="ln B({x:bare}, {y:bare})"
)


@betaln.derivative
def _(a, b):
    both = special.psi(a + b)
    return special.psi(a) - both, special.psi(b) - both


@_ordered
@dp.elementwise(singular=True, numpy=[special.gammainc], latex="P({order}, {x:bare})", text="P({order}, {x:bare})")
def gammainc(x, *, order):
    """The regularised lower incomplete gamma function P(a, x), `gammainc(a, x)`."""
    return np.asarray(special.gammainc(order, x), np.result_type(x, 0.0))  # SciPy makes float64 of float32


@gammainc.requires
def _(_x, *, order):
    if not order > 0:
        raise ValueError(f"the order is greater than 0, not {order}")


gammainc.derivative(lambda x, *, order: np.exp(special.xlogy(order - 1, x) - x - math.lgamma(order)))  # DLMF 8.8.13


# ---- Bessel functions: DLMF 10.6.1 for J and Y, 10.29.1 for I and K ---------------------------------------------

j0 = dp.elementwise(special.j0, latex="J_0({x:bare})", text="J₀({x:bare})")
j0.derivative(lambda x: -special.j1(x))

j1 = dp.elementwise(special.j1, latex="J_1({x:bare})", text="J₁({x:bare})")
j1.derivative(lambda x: (special.j0(x) - special.jv(2, x)) / 2)


@_ordered
@dp.elementwise(numpy=[special.jv], latex="J_{{{order}}}({x:bare})", text="J[{order}]({x:bare})")
def jv(x, *, order):
    """The Bessel function of the first kind of this order, `jv(order, x)`."""
    return special.jv(order, x)


jv.derivative(lambda x, *, order: (special.jv(order - 1, x) - special.jv(order + 1, x)) / 2)

y0 = dp.elementwise(special.y0, singular=True, latex="Y_0({x:bare})", text="Y₀({x:bare})")
y0.derivative(lambda x: -special.y1(x))

y1 = dp.elementwise(special.y1, singular=True, latex="Y_1({x:bare})", text="Y₁({x:bare})")
y1.derivative(lambda x: (special.y0(x) - special.yv(2, x)) / 2)


@_ordered
@dp.elementwise(singular=True, numpy=[special.yv], latex="Y_{{{order}}}({x:bare})", text="Y[{order}]({x:bare})")
def yv(x, *, order):
    """The Bessel function of the second kind of this order, `yv(order, x)`."""
    return special.yv(order, x)


yv.derivative(lambda x, *, order: (special.yv(order - 1, x) - special.yv(order + 1, x)) / 2)

i0 = dp.elementwise(special.i0, latex="I_0({x:bare})", text="I₀({x:bare})")
i0.derivative(lambda x: special.i1(x))  # noqa: PLW0108

i1 = dp.elementwise(special.i1, latex="I_1({x:bare})", text="I₁({x:bare})")
i1.derivative(lambda x: (special.i0(x) + special.iv(2, x)) / 2)


@_ordered
@dp.elementwise(numpy=[special.iv], latex="I_{{{order}}}({x:bare})", text="I[{order}]({x:bare})")
def iv(x, *, order):
    """The modified Bessel function of the first kind of this order, `iv(order, x)`."""
    return special.iv(order, x)


iv.derivative(lambda x, *, order: (special.iv(order - 1, x) + special.iv(order + 1, x)) / 2)

i0e = dp.elementwise(special.i0e)
i0e.derivative(lambda x, *, out: special.i1e(x) - np.sign(x) * out)  # of exp(−|x|) I₀(x)

i1e = dp.elementwise(special.i1e)
i1e.derivative(lambda x, *, out: (special.i0e(x) + special.ive(2, x)) / 2 - np.sign(x) * out)


@_ordered
@dp.elementwise(numpy=[special.ive])
def ive(x, *, order):
    """exp(−|x|) times the modified Bessel function of the first kind, `ive(order, x)`."""
    return special.ive(order, x)


ive.derivative(lambda x, *, order, out: (special.ive(order - 1, x) + special.ive(order + 1, x)) / 2 - np.sign(x) * out)

k0 = dp.elementwise(special.k0, singular=True, latex="K_0({x:bare})", text="K₀({x:bare})")
k0.derivative(lambda x: -special.k1(x))

k1 = dp.elementwise(special.k1, singular=True, latex="K_1({x:bare})", text="K₁({x:bare})")
k1.derivative(lambda x: -(special.k0(x) + special.kv(2, x)) / 2)


@_ordered
@dp.elementwise(singular=True, numpy=[special.kv], latex="K_{{{order}}}({x:bare})", text="K[{order}]({x:bare})")
def kv(x, *, order):
    """The modified Bessel function of the second kind of this order, `kv(order, x)`."""
    return special.kv(order, x)


kv.derivative(lambda x, *, order: -(special.kv(order - 1, x) + special.kv(order + 1, x)) / 2)


# ---- logistic and information -----------------------------------------------------------------------------------

expit = dp.elementwise(special.expit, latex=r"\sigma({x:bare})", text="σ({x:bare})")
expit.derivative(lambda _, *, out: out * (1 - out))

logit = dp.elementwise(special.logit, singular=True)
logit.derivative(lambda x: 1 / (x * (1 - x)))

log_expit = dp.elementwise(special.log_expit, latex=r"\ln \sigma({x:bare})", text="ln σ({x:bare})")
log_expit.derivative(lambda x: special.expit(-x))

xlogy = dp.elementwise(
    special.xlogy, singular=True, latex=r"{x} \ln({y:bare})", text="{x} ln({y:bare})", binding="product"
)
# where x is 0 the function is 0 whatever y, and so is its slope in y
xlogy.derivative(lambda x, y: (np.log(y), x / np.where(x == 0, 1.0, y)))

xlog1py = dp.elementwise(
    special.xlog1py, singular=True, latex=r"{x} \ln(1 + {y})", text="{x} ln(1 + {y})", binding="product"
)
xlog1py.derivative(lambda x, y: (np.log1p(y), x / np.where(x == 0, 1.0, 1 + y)))

entr = dp.elementwise(special.entr, singular=True)
entr.derivative(lambda x: -1 - np.log(x))  # of −x ln x

rel_entr = dp.elementwise(special.rel_entr, singular=True)
rel_entr.derivative(lambda x, y: (np.log(x / y) + 1, -x / y))  # of x ln(x / y)

kl_div = dp.elementwise(special.kl_div, singular=True)
kl_div.derivative(lambda x, y: (np.log(x / y), 1 - x / y))  # of x ln(x / y) − x + y
