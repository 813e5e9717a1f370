"""The table, what goes into it as it is, and how the rest gets there."""

from __future__ import annotations

import inspect

import numpy as np

import dagprop as dp

OPERATORS = {
    "__getitem__": lambda x, index: x[index],
    "abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "atanh": np.arctanh,
    "bmm": np.matmul,
    "broadcast_tensors": np.broadcast_arrays,
    "broadcast_to": np.broadcast_to,
    "cos": np.cos,
    "cosh": np.cosh,
    "dot": np.dot,
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "fliplr": np.fliplr,
    "flipud": np.flipud,
    "float_power": np.float_power,
    "fmax": np.fmax,
    "fmin": np.fmin,
    "hypot": np.hypot,
    "inner": np.inner,
    "kron": np.kron,
    "log": np.log,
    "log10": np.log10,
    "log1p": np.log1p,
    "log2": np.log2,
    "logaddexp": np.logaddexp,
    "logaddexp2": np.logaddexp2,
    "matmul": np.matmul,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "mm": np.matmul,
    "movedim": np.moveaxis,
    "mul": np.multiply,
    "mv": np.matmul,
    "neg": np.negative,
    "outer": np.outer,
    "pow": np.power,
    "ravel": np.ravel,
    "reciprocal": np.reciprocal,
    "reshape": np.reshape,
    "sigmoid": dp.sigmoid,
    "sign": np.sign,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "square": np.square,
    "t": np.transpose,
    "take": np.take,
    "tan": np.tan,
    "tanh": np.tanh,
    "tril": np.tril,
    "triu": np.triu,
    "true_divide": np.divide,
    "unsqueeze": np.expand_dims,
    "vdot": np.vdot,
    "view": np.reshape,
    "where": lambda x, condition, other: np.where(condition, x, other),
    "nn.functional.logsigmoid": dp.logsigmoid,
    "nn.functional.mish": dp.mish,
    "nn.functional.relu6": dp.relu6,
    "nn.functional.selu": dp.selu,
    "nn.functional.softsign": dp.softsign,
}


def named(function):
    """Put a function into the table by its name, `nn__relu` for `nn.functional.relu`, `linalg__norm` likewise."""
    module, _, name = function.__name__.rpartition("__")
    prefix = {"": "", "nn": "nn.functional.", "linalg": "linalg."}[module]
    OPERATORS[prefix + name.removeprefix("torch_")] = function = _along_a_scalar(function)
    return function


def _along_a_scalar(function):
    """Where a dimension is named, PyTorch takes a scalar for a vector of one element, and returns scalars."""
    signature = inspect.signature(function)

    def called(*args, **kwargs):
        given = signature.bind(*args, **kwargs).arguments
        first = next(iter(given.values()))
        if given.get("dim") is None or not isinstance(first, dp.Node) or first.ndim:
            return function(*args, **kwargs)
        args = [np.reshape(a, (1,)) if isinstance(a, dp.Node | np.ndarray) and not a.ndim else a for a in args]
        made = function(*args, **kwargs)
        return [np.reshape(x, ()) for x in made] if isinstance(made, tuple) else np.reshape(made, ())

    return called
