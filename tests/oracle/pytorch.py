"""PyTorch's operators, written with dagprop's: the table by which its sample cases are run.

Each function has the parameters of the PyTorch operator it is named for (`dim`, `keepdim`, …), takes nodes where
that takes tensors, and says in a line or two what it is in NumPy's words.
"""

# ruff: noqa: A002  # the parameters are named as PyTorch names them
from __future__ import annotations

import inspect
import math

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


def _named(function):
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


# ---- arithmetic ---------------------------------------------------------------------------------------------------


@_named
def add(x, other, *, alpha=1):
    return x + alpha * other


@_named
def sub(x, other, *, alpha=1):
    return x - alpha * other


@_named
def div(x, other, *, rounding_mode=None):
    return {None: np.divide, "floor": np.floor_divide, "trunc": lambda a, b: np.trunc(a / b)}[rounding_mode](x, other)


@_named
def rsqrt(x):
    return 1 / np.sqrt(x)


@_named
def clamp(x, min=None, max=None):
    return np.clip(x, min, max)


@_named
def clamp_min(x, min):
    return np.maximum(x, min)


@_named
def clamp_max(x, max):
    return np.minimum(x, max)


@_named
def lerp(x, end, weight):
    return x + weight * (end - x)


@_named
def addcmul(x, first, second, *, value=1):
    return x + value * first * second


@_named
def addcdiv(x, first, second, *, value=1):
    return x + value * first / second


@_named
def xlogy(x, other):
    return x * np.log(other)


# ---- products -----------------------------------------------------------------------------------------------------


@_named
def addmm(x, first, second, *, beta=1, alpha=1):
    return beta * x + alpha * (first @ second)


OPERATORS["baddbmm"] = addmm


@_named
def tensordot(x, other, dims=2):
    for i, j in zip(*dims, strict=True) if not isinstance(dims, int) else ():  # a size of 1 goes with any
        if x.shape[i] != other.shape[j]:
            x, other = np.sum(x, axis=i, keepdims=True), np.sum(other, axis=j, keepdims=True)
    return np.tensordot(x, other, dims)


@_named
def einsum(operands, equation):
    return np.einsum(equation, *operands)


@_named
def cross(x, other, dim=None):
    if dim is None:  # the first dimension of size 3
        dim = x.shape.index(3)
    return np.cross(x, other, axis=dim)


@_named
def nn__linear(x, weight, bias=None):
    product = x @ weight.T
    return product if bias is None else product + bias


@_named
def nn__bilinear(x, other, weight, bias=None):
    product = np.einsum("...i,oij,...j->...o", x, weight, other)
    return product if bias is None else product + bias


@_named
def linalg__multi_dot(matrices):
    product = matrices[0]
    for matrix in matrices[1:]:
        product = product @ matrix
    return product


@_named
def linalg__matrix_power(x, n):
    if n < 0:
        raise NotImplementedError("the inverse of a matrix")
    power = np.broadcast_to(np.eye(x.shape[-1]), x.shape) + 0 * x
    for _ in range(n):
        power = power @ x
    return power


@_named
def nn__scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False):
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    if is_causal:
        scores = np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -np.inf)
    elif isinstance(attn_mask, np.ndarray) and attn_mask.dtype == bool:
        scores = np.where(attn_mask, scores, -np.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    return dp.softmax(scores, axis=-1) @ value


# ---- reductions ---------------------------------------------------------------------------------------------------


def _axis(dim):
    return tuple(dim) if isinstance(dim, list) else None if dim == () else dim


@_named
def torch_sum(x, dim=None, keepdim=False):
    return np.sum(x, axis=_axis(dim), keepdims=keepdim)


@_named
def nansum(x, dim=None, keepdim=False):
    return np.sum(np.where(np.isnan(x), 0, x), axis=_axis(dim), keepdims=keepdim)


@_named
def mean(x, dim=None, keepdim=False):
    return np.mean(x, axis=_axis(dim), keepdims=keepdim)


@_named
def prod(x, dim=None, keepdim=False):
    return np.prod(x, axis=_axis(dim), keepdims=keepdim)


@_named
def amax(x, dim=None, keepdim=False):
    return np.max(x, axis=_axis(dim), keepdims=keepdim)


@_named
def amin(x, dim=None, keepdim=False):
    return np.min(x, axis=_axis(dim), keepdims=keepdim)


def _extremum(x, dim, keepdim, value, position, elementwise):
    """PyTorch's max and min: of all elements, along a dimension (with the position), or of two tensors."""
    if isinstance(dim, dp.Node):
        return elementwise(x, dim)
    if dim is None:
        return value(x)
    return value(x, axis=dim, keepdims=keepdim), position(x, axis=dim, keepdims=keepdim)


@_named
def torch_max(x, dim=None, keepdim=False):
    return _extremum(x, dim, keepdim, np.max, np.argmax, np.maximum)


@_named
def torch_min(x, dim=None, keepdim=False):
    return _extremum(x, dim, keepdim, np.min, np.argmin, np.minimum)


@_named
def var(x, dim=None, unbiased=True, keepdim=False, correction=None):
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    ddof = int(unbiased) if correction is None else correction
    return np.var(x, axis=_axis(dim), ddof=ddof, keepdims=keepdim)


@_named
def std(x, dim=None, unbiased=True, keepdim=False, correction=None):
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    ddof = int(unbiased) if correction is None else correction
    return np.std(x, axis=_axis(dim), ddof=ddof, keepdims=keepdim)


def _and_mean(spread, x, dim=None, *rest, **kwargs):
    axis = None if isinstance(dim, bool) else _axis(dim)
    return spread(x, dim, *rest, **kwargs), np.mean(x, axis=axis, keepdims=kwargs.get("keepdim", False))


@_named
def var_mean(x, dim=None, *rest, **kwargs):
    return _and_mean(var, x, dim, *rest, **kwargs)


@_named
def std_mean(x, dim=None, *rest, **kwargs):
    return _and_mean(std, x, dim, *rest, **kwargs)


@_named
def logsumexp(x, dim, keepdim=False):
    return dp.logsumexp(x, axis=_axis(dim), keepdims=keepdim)


@_named
def cumsum(x, dim):
    return np.cumsum(x, axis=dim)


@_named
def cumprod(x, dim, dtype=None):
    return np.cumprod(x, axis=dim)


@_named
def logcumsumexp(x, dim):
    top = np.max(x, axis=dim, keepdims=True)
    return np.log(np.cumsum(np.exp(x - top), axis=dim)) + top


@_named
def diff(x, n=1, dim=-1, prepend=None, append=None):
    if n == 0:
        return x
    x = np.concatenate([part for part in (prepend, x, append) if part is not None], axis=dim)
    return np.diff(x, n=n, axis=dim)


@_named
def trace(x):
    return np.trace(x)


@_named
def linalg__vector_norm(x, ord=2, dim=None, keepdim=False):
    axes = tuple(range(x.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if ord == 0:
        return np.count_nonzero(x, axis=axes, keepdims=keepdim).astype(x.dtype)
    if len(axes) == 1:
        return np.linalg.norm(x, ord, axes[0], keepdim)
    flat = np.moveaxis(x, axes, range(-len(axes), 0))
    length = np.linalg.norm(np.reshape(flat, (*flat.shape[: x.ndim - len(axes)], -1)), ord, axis=-1)
    return np.expand_dims(length, axes) if keepdim else length


@_named
def linalg__matrix_norm(x, ord="fro", dim=(-2, -1), keepdim=False):
    rows, columns = (axis % x.ndim for axis in dim)
    if ord in ("fro", None):
        return np.linalg.norm(x, "fro", (rows, columns), keepdim)
    if ord == "nuc" or abs(ord) == 2:
        raise NotImplementedError("singular values")
    within, across = (rows, columns) if abs(ord) == 1 else (columns, rows)
    totals = np.sum(np.abs(x), axis=within, keepdims=True)
    found = (np.max if ord > 0 else np.min)(totals, axis=across, keepdims=True)
    return found if keepdim else np.squeeze(found, (rows, columns))


@_named
def linalg__norm(x, ord=None, dim=None, keepdim=False):
    if ord is not None and (x.ndim > 1 if dim is None else not isinstance(dim, int)):
        return linalg__matrix_norm(x, ord, dim or (-2, -1), keepdim)
    return linalg__vector_norm(x, 2 if ord is None else ord, dim, keepdim)


@_named
def norm(x, p="fro", dim=None, keepdim=False):
    if p == "nuc":
        raise NotImplementedError("singular values")
    return linalg__vector_norm(x, 2 if p in ("fro", None) else p, dim, keepdim)


@_named
def cdist(x, other, p=2.0, compute_mode=None):
    return linalg__vector_norm(np.expand_dims(x, -2) - np.expand_dims(other, -3), p, -1)


@_named
def nn__normalize(x, p=2.0, dim=1, eps=1e-12):
    return x / np.maximum(linalg__vector_norm(x, p, dim, True), eps)


@_named
def nn__cosine_similarity(x, other, dim=1, eps=1e-8):
    product = np.sum(x * other, axis=dim)
    sizes = np.maximum(np.sum(x**2, axis=dim), eps**2) * np.maximum(np.sum(other**2, axis=dim), eps**2)
    return product / np.sqrt(sizes)


# ---- shapes -------------------------------------------------------------------------------------------------------


@_named
def expand(x, sizes):
    kept = (1,) * (len(sizes) - x.ndim) + x.shape
    return np.broadcast_to(x, tuple(m if n == -1 else n for m, n in zip(kept, sizes, strict=True)))


@_named
def flip(x, dims):
    return np.flip(x, dims)


@_named
def transpose(x, dim, other):
    return x if not x.ndim else np.swapaxes(x, dim, other)


@_named
def flatten(x, start_dim=0, end_dim=-1):
    if not x.ndim:
        return np.reshape(x, (1,))
    start, end = start_dim % x.ndim, end_dim % x.ndim
    return np.reshape(x, (*x.shape[:start], -1, *x.shape[end + 1 :]))


@_named
def unflatten(x, dim, sizes):
    dim %= x.ndim
    return np.reshape(x, (*x.shape[:dim], *sizes, *x.shape[dim + 1 :]))


@_named
def permute(x, dims):
    return np.transpose(x, dims)


@_named
def squeeze(x, dim=None):
    if dim is None or not x.ndim:
        return np.squeeze(x)
    axes = [dim] if isinstance(dim, int) else dim
    return np.squeeze(x, axis=tuple(a for a in axes if x.shape[a] == 1))


@_named
def roll(x, shifts, dims=None):
    return np.roll(x, shifts, dims if dims != () else None)


@_named
def rot90(x, k=1, dims=(0, 1)):
    return np.rot90(x, k, tuple(dims))


@_named
def tile(x, dims):
    return np.tile(x, dims)


@_named
def repeat(x, repeats):
    return np.tile(x, repeats)


@_named
def meshgrid(*tensors, indexing="ij"):
    tensors = tensors[0] if isinstance(tensors[0], list) else tensors
    return np.meshgrid(*(np.ravel(x) for x in tensors), indexing=indexing)


@_named
def diag(x, diagonal=0):
    return np.diag(x, diagonal)


@_named
def diagonal(x, offset=0, dim1=0, dim2=1):
    return np.diagonal(x, offset, dim1, dim2)


@_named
def diag_embed(x, offset=0, dim1=-2, dim2=-1):
    side = x.shape[-1] + abs(offset)
    embedded = dp.from_diagonal(x, shape=(*x.shape[:-1], side, side), offset=offset, axis1=-2, axis2=-1)
    return np.moveaxis(embedded, (-2, -1), (dim1, dim2))


@_named
def nn__pixel_shuffle(x, upscale_factor):
    *batch, channels, height, width = x.shape
    r = upscale_factor
    blocks = np.reshape(x, (*batch, channels // r**2, r, r, height, width))
    order = (*range(len(batch) + 1), *(len(batch) + i for i in (3, 1, 4, 2)))
    return np.reshape(np.transpose(blocks, order), (*batch, channels // r**2, height * r, width * r))


def _padded(x, pad, mode="constant", value=0):
    """PyTorch gives the padding of the last axis first, and a negative one cuts."""
    pairs = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    cut = tuple(slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(pairs, x.shape, strict=True))
    grow = [(max(a, 0), max(b, 0)) for a, b in pairs]
    if mode == "constant":
        return np.pad(x[cut], grow, constant_values=value or 0)
    if mode == "circular":
        return np.pad(x[cut], grow, "wrap")
    grown = np.pad(x, grow, {"replicate": "edge"}.get(mode, mode))
    return grown[tuple(slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(pairs, grown.shape, strict=True))]


@_named
def constant_pad_nd(x, pad, value=0):
    return _padded(x, pad, value=value)


OPERATORS["nn.functional.pad"] = _padded


# ---- joining and splitting ------------------------------------------------------------------------------------------


@_named
def cat(tensors, dim=0):
    joined = [x for x in tensors if x.shape != (0,)]
    return np.concatenate(joined or tensors, axis=dim)


@_named
def stack(tensors, dim=0):
    return np.stack(tensors, axis=dim)


@_named
def hstack(tensors):
    return np.hstack(tensors)


@_named
def vstack(tensors):
    return np.vstack(tensors)


@_named
def dstack(tensors):
    return np.dstack(tensors)


@_named
def unbind(x, dim=0):
    return [np.take(x, i, axis=dim) for i in range(x.shape[dim])]


@_named
def split(x, size, dim=0):
    if isinstance(size, int):
        return np.split(x, range(size, x.shape[dim], size), axis=dim)
    return np.split(x, np.cumsum(size)[:-1], axis=dim)


OPERATORS["split_with_sizes"] = split


@_named
def chunk(x, chunks, dim=0):
    return split(x, -(-x.shape[dim] // chunks), dim)


@_named
def tensor_split(x, indices_or_sections, dim=0):
    if isinstance(indices_or_sections, np.ndarray):
        indices_or_sections = indices_or_sections.tolist()
    return np.array_split(x, indices_or_sections, axis=dim)


@_named
def nn__glu(x, dim=-1):
    value, gate = np.split(x, 2, axis=dim)
    return value * dp.sigmoid(gate)


# ---- indexing -----------------------------------------------------------------------------------------------------


def _along(x, dim, index):
    return x[(*(slice(None),) * (dim % x.ndim), index)]


@_named
def select(x, dim, index):
    return _along(x, dim, index)


@_named
def torch_slice(x, *parts):
    return x[slice(*parts[1:])] if len(parts) > 1 else x[:]


@_named
def narrow(x, dim, start, length):
    start = int(start)
    return _along(x, dim, slice(start, start + length or None))


@_named
def index_select(x, dim, index):
    return np.take(x, index, axis=dim)


@_named
def nn__embedding(weight, index):
    return weight[index]


@_named
def gather(x, dim, index):
    rest = tuple(slice(n) for n in index.shape)
    return np.take_along_axis(x[(*rest[: dim % x.ndim], slice(None), *rest[dim % x.ndim + 1 :])], index, dim)


@_named
def take_along_dim(x, index, dim=None):
    return np.take_along_axis(x, index, axis=dim)


def _scattered(x, dim, index, source):
    """The source's elements added into zeros like x, each at its position along the dimension."""
    source = source[tuple(slice(n) for n in index.shape)]
    whole = tuple(n if a == dim % x.ndim else m for a, (n, m) in enumerate(zip(x.shape, index.shape, strict=True)))
    added = dp.add_along_axis(source, index, shape=whole, axis=dim)
    return np.pad(added, [(0, n - m) for n, m in zip(x.shape, whole, strict=True)])


@_named
def scatter_add(x, dim, index, source):
    return x + _scattered(x, dim, index, source)


@_named
def scatter(x, dim, index, source):
    """Elements replaced, not added: what is replaced is zeroed first."""
    source = source if isinstance(source, dp.Node) else source * np.ones(index.shape)
    with np.errstate(all="raise"):
        hits = np.zeros(x.shape)
        grid = list(np.ogrid[tuple(slice(n) for n in index.shape)])
        grid[dim] = index
        hits[tuple(grid)] = 1
    return np.where(hits > 0, _scattered(x, dim, index, source), x)


@_named
def index_add(x, dim, index, source, *, alpha=1):
    place = (*(slice(None),) * (dim % x.ndim), "array", *(slice(None),) * (x.ndim - dim % x.ndim - 1))
    return x + alpha * dp.scatter_add(source, index, shape=x.shape, index=place)


@_named
def index_put(x, indices, values, accumulate=False):
    place = ("array",) * len(indices) + (slice(None),) * (x.ndim - len(indices))
    added = dp.scatter_add(values, *indices, shape=x.shape, index=place)
    if accumulate:
        return x + added
    hits = np.zeros(x.shape, bool)
    hits[tuple(indices)] = True
    return np.where(hits, added, x)


@_named
def masked_fill(x, mask, value):
    return np.where(mask, value, x)


@_named
def masked_select(x, mask):
    shape = np.broadcast_shapes(x.shape, mask.shape)
    return np.ravel(np.broadcast_to(x, shape))[np.ravel(np.broadcast_to(mask, shape))]


@_named
def sort(x, dim=-1, descending=False, stable=False):
    order = np.argsort(x, axis=dim)
    found = np.sort(x, axis=dim)
    return (np.flip(found, dim), np.flip(order, dim)) if descending else (found, order)


@_named
def msort(x):
    return np.sort(x, axis=0)


@_named
def topk(x, k, dim=-1, largest=True, sorted=True):
    return tuple(_along(part, dim, slice(k)) for part in sort(x, dim, descending=largest))


@_named
def kthvalue(x, k, dim=-1, keepdim=False):
    place = slice(k - 1, k) if keepdim else k - 1
    return tuple(_along(part, dim, place) for part in sort(x, dim))


@_named
def median(x, dim=None, keepdim=False):
    if dim is None:
        return np.sort(np.ravel(x))[(x.size - 1) // 2]
    return kthvalue(x, (x.shape[dim] - 1) // 2 + 1, dim, keepdim)


# ---- activations --------------------------------------------------------------------------------------------------


@_named
def nn__relu(x, inplace=False):
    return dp.relu(x)


@_named
def nn__leaky_relu(x, negative_slope=0.01):
    return dp.leaky_relu(x, slope=negative_slope)


@_named
def nn__prelu(x, weight):
    if weight.ndim and weight.shape != (1,):
        weight = np.reshape(weight, (-1, *(1,) * max(x.ndim - 2, 0)))
    return np.where(x > 0, x, weight * x)


@_named
def nn__elu(x, alpha=1.0):
    return dp.elu(x, alpha=alpha)


@_named
def nn__celu(x, alpha=1.0):
    return dp.celu(x, alpha=alpha)


@_named
def nn__gelu(x, approximate="none"):
    return dp.gelu(x) if approximate == "none" else dp.gelu_tanh(x)


@_named
def erf(x):
    return 2 * dp.normal_cdf(math.sqrt(2) * x) - 1


@_named
def erfc(x):
    return 2 * dp.normal_cdf(-math.sqrt(2) * x)


@_named
def nn__silu(x, inplace=False):
    return dp.silu(x)


@_named
def nn__softplus(x, beta=1, threshold=20):
    return np.where(beta * x > threshold, x, dp.softplus(beta * x) / beta)


@_named
def nn__threshold(x, threshold, value):
    return np.where(x > threshold, x, value)


@_named
def nn__hardtanh(x, min_val=-1.0, max_val=1.0):
    return dp.hardtanh(x, lower=min_val, upper=max_val)


@_named
def nn__hardsigmoid(x, inplace=False):
    return dp.hardsigmoid(x)


@_named
def nn__hardswish(x, inplace=False):
    return dp.hardswish(x)


@_named
def softmax(x, dim, dtype=None):
    return dp.softmax(x, axis=dim)


@_named
def log_softmax(x, dim, dtype=None):
    return dp.log_softmax(x, axis=dim)


@_named
def nn__softmin(x, dim, dtype=None):
    return dp.softmax(-x, axis=dim)


# ---- normalisation ------------------------------------------------------------------------------------------------


def _standardised(x, axes, eps):
    centred = x - np.mean(x, axis=axes, keepdims=True)
    return centred / np.sqrt(np.var(x, axis=axes, keepdims=True) + eps)


def _affine(x, weight, bias, shape=None):
    for parameter, apply in ((weight, np.multiply), (bias, np.add)):
        if parameter is not None:
            x = apply(x, parameter if shape is None else np.reshape(parameter, shape))
    return x


@_named
def nn__layer_norm(x, normalized_shape, weight=None, bias=None, eps=1e-5):
    return _affine(_standardised(x, tuple(range(-len(normalized_shape), 0)), eps), weight, bias)


@_named
def nn__rms_norm(x, normalized_shape, weight=None, eps=None):
    eps = np.finfo(float).eps if eps is None else eps
    axes = tuple(range(-len(normalized_shape), 0))
    return _affine(x / np.sqrt(np.mean(x**2, axis=axes, keepdims=True) + eps), weight, None)


def _channels(x):
    return (-1, *(1,) * (x.ndim - 2))


@_named
def nn__group_norm(x, num_groups, weight=None, bias=None, eps=1e-5):
    groups = np.reshape(x, (x.shape[0], num_groups, -1))
    return _affine(np.reshape(_standardised(groups, -1, eps), x.shape), weight, bias, _channels(x))


@_named
def nn__instance_norm(
    x, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5
):
    return _affine(_standardised(x, tuple(range(2, x.ndim)), eps), weight, bias, _channels(x))


@_named
def nn__batch_norm(x, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    if training:
        normal = _standardised(x, (0, *range(2, x.ndim)), eps)
    else:
        shape = _channels(x)
        normal = (x - np.reshape(running_mean, shape)) / np.sqrt(np.reshape(running_var, shape) + eps)
    return _affine(normal, weight, bias, _channels(x))


@_named
def nn__local_response_norm(x, size, alpha=1e-4, beta=0.75, k=1.0):
    padded = np.pad(x**2, [(0, 0), (size // 2, (size - 1) // 2)] + [(0, 0)] * (x.ndim - 2))
    windows = [padded[:, i : i + x.shape[1]] for i in range(size)]
    return x / (k + alpha * np.mean(np.stack(windows), axis=0)) ** beta


# ---- losses -------------------------------------------------------------------------------------------------------


def _reduced(loss, reduction):
    return {"none": lambda x: x, "mean": np.mean, "sum": np.sum, "batchmean": lambda x: np.sum(x) / x.shape[0]}[
        reduction
    ](loss)


@_named
def nn__mse_loss(x, target, reduction="mean"):
    return _reduced(dp.squared_error(x, target), reduction)


@_named
def nn__l1_loss(x, target, reduction="mean"):
    return _reduced(dp.absolute_error(x, target), reduction)


@_named
def nn__huber_loss(x, target, reduction="mean", delta=1.0):
    return _reduced(dp.huber(x, target, delta=delta), reduction)


@_named
def nn__smooth_l1_loss(x, target, reduction="mean", beta=1.0):
    return _reduced(dp.huber(x, target, delta=beta) / beta, reduction)


@_named
def nn__hinge_embedding_loss(x, target, margin=1.0, reduction="mean"):
    similar = np.where(target == 1, x, 0)
    return _reduced(similar + np.where(target == -1, np.maximum(margin - x, 0), 0), reduction)


@_named
def nn__binary_cross_entropy(x, target, weight=None, reduction="mean"):
    loss = dp.binary_cross_entropy(x, target)
    return _reduced(loss if weight is None else weight * loss, reduction)


@_named
def nn__binary_cross_entropy_with_logits(x, target, weight=None, reduction="mean", pos_weight=None):
    if pos_weight is None:
        loss = dp.binary_cross_entropy_with_logits(x, target)
    else:
        loss = (1 - target) * dp.softplus(x) + pos_weight * target * dp.softplus(-x)
    return _reduced(loss if weight is None else weight * loss, reduction)


@_named
def nn__nll_loss(x, target, weight=None, ignore_index=-100, reduction="mean"):
    axis = 1 if x.ndim > 1 else 0
    labels = np.where(target == ignore_index, 0, target)
    chosen = np.squeeze(np.take_along_axis(x, np.expand_dims(labels, axis), axis), axis)
    weights = np.where(target == ignore_index, 0.0, 1.0 if weight is None else weight[labels])
    loss = -weights * chosen
    return np.sum(loss) / np.sum(weights) if reduction == "mean" else _reduced(loss, reduction)


@_named
def nn__cross_entropy(x, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    axis = 1 if x.ndim > 1 else 0
    scores = dp.log_softmax(x, axis=axis)
    if isinstance(target, np.ndarray) and target.dtype.kind in "iu":
        if label_smoothing:
            raise NotImplementedError("smoothed labels")
        return nn__nll_loss(scores, target, weight, ignore_index, reduction)
    classes = x.shape[axis]
    target = (1 - label_smoothing) * target + label_smoothing / classes
    weighted = scores if weight is None else scores * np.reshape(weight, (-1, *(1,) * (x.ndim - axis - 1)))
    loss = -np.sum(weighted * target, axis=axis)
    return np.sum(loss) / (x.size // classes) if reduction == "mean" else _reduced(loss, reduction)


@_named
def nn__gaussian_nll_loss(x, target, var, full=False, eps=1e-6, reduction="mean"):
    if isinstance(var, dp.Node) and var.ndim == x.ndim - 1:
        var = np.expand_dims(var, -1)
    var = np.maximum(var, eps)
    loss = 0.5 * (np.log(var) + (x - target) ** 2 / var)
    return _reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


@_named
def nn__poisson_nll_loss(x, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    loss = np.exp(x) - target * x if log_input else x - target * np.log(x + eps)
    if full:
        safe = np.where(target > 1, target, 1)
        stirling = safe * np.log(safe) - safe + 0.5 * np.log(2 * math.pi * safe)
        loss = loss + np.where(target > 1, stirling, 0)
    return _reduced(loss, reduction)


@_named
def nn__kl_div(x, target, reduction="mean", log_target=False):
    if log_target:
        return _reduced(np.exp(target) * (target - x), reduction)
    return _reduced(target * np.log(target) - target * x, reduction)
