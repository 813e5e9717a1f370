"""SciPy's special functions as operators.

SciPy takes a fifth of a second to import, so this module imports nothing of it: it says what the operators are called,
and `functions` brings them when the first is asked for, or when the user has imported SciPy's functions himself.
"""

from __future__ import annotations

import dagprop as dp

NAMES = (
    "erf", "erfc", "erfcx", "erfinv", "ndtr", "log_ndtr", "ndtri", "gamma", "gammaln", "psi", "polygamma", "beta",
    "betaln", "gammainc", "j0", "j1", "jv", "y0", "y1", "yv", "i0", "i1", "iv", "i0e", "i1e", "ive", "k0", "k1", "kv",
    "expit", "logit", "log_expit", "xlogy", "xlog1py", "entr", "rel_entr", "kl_div",
)  # fmt: skip


@dp.hookimpl
def dagprop_operators() -> list[dp.Pack]:
    """The operators in `functions`, which answer what `scipy.special` has."""
    return [dp.Pack("dagprop_special.functions", NAMES, answers=["scipy.special"])]
