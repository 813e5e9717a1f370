"""Numbers at the edges of every dtype, and how near what passes make of an expression is to what it says."""

from fractions import Fraction

import numpy as np

import dagprop as dp
from dagprop.graph.order import ancestors
from dagprop.plugin.passes import Change
from dagprop.program import numpy_source
from dagprop.program.rewrite import Rewriting

FLOATS = ("float16", "float32", "float64")
REALS = (*FLOATS, "int8", "int64", "uint8", "bool")
ALL = (*REALS, "complex64", "complex128")


def edges(dtype):
    """Numbers at which something happens in a dtype."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.array([False, True])
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return np.array([info.min, info.min + 1, 0, 1, 2, 3, 7, info.max // 2 + 1, info.max], dtype)
    if dtype.kind == "c":
        parts = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.5, -2.0], dtype.type(0).real.dtype)
        made = np.empty((7, 7), dtype)
        made.real, made.imag = parts[:, None], parts
        return made.ravel()
    info = np.finfo(dtype)
    with np.errstate(all="ignore"):
        sizes = [info.smallest_subnormal, 3 * info.smallest_subnormal, info.tiny, info.max, info.max / 3]
        sizes += [np.sqrt(info.max), np.cbrt(info.max), np.sqrt(info.tiny), 1, 1 + info.eps, 0.3, 7, 0, np.inf, np.nan]
        sizes = np.array(sizes, dtype)
    return np.concatenate([sizes, -sizes])


# ---- how near two results are -------------------------------------------------------------------------------------


def same_bits(a, b):
    """Where two arrays of one dtype hold the same bits, or both NaN (of complex numbers: in the same part)."""
    if a.dtype.kind == "c":
        return same_bits(a.real, b.real) & same_bits(a.imag, b.imag)
    if a.dtype.kind != "f":
        return a == b
    return (np.isnan(a) & np.isnan(b)) | ((a == b) & (np.signbit(a) == np.signbit(b)))


def same_numbers(a, b):
    """As `same_bits`, where 0 and −0 are one."""
    if a.dtype.kind == "c":
        return same_numbers(a.real, b.real) & same_numbers(a.imag, b.imag)
    return (a == b) | (np.isnan(a) & np.isnan(b)) if a.dtype.kind == "f" else a == b


def near(a, b, steps=4):
    """Where there are at most so many numbers of the dtype between two; infinity stands behind the largest."""
    if a.dtype.kind != "f":
        return same_numbers(a, b)
    integers = f"i{a.dtype.itemsize}"
    places = [np.ascontiguousarray(x).view(integers).astype(object) for x in (a, b)]
    places = [np.where(place < 0, int(np.iinfo(integers).min) - place, place) for place in places]
    apart = np.abs(places[0] - places[1]) <= steps
    return np.where(np.isnan(a) | np.isnan(b), np.isnan(a) & np.isnan(b), apart).astype(bool)


HOLDS = {Change.NOTHING: same_bits, Change.ZERO_SIGNS: same_numbers, Change.LAST_BITS: near}


def exactly(build, x):
    """What an expression of real numbers is, worked out in fractions and rounded once; the rest is NaN."""
    made = np.full(x.shape, np.nan, x.dtype)
    for i, value in enumerate(x):
        if np.isfinite(value):
            try:
                found = build(Fraction(float(value)), lambda c: Fraction(float(x.dtype.type(c))))
                made[i] = x.dtype.type(float(found))
            except OverflowError:
                made[i] = np.inf if found > 0 else -np.inf
            except ZeroDivisionError:
                pass
    return made


def simplified(node, passes):
    """What these passes make of a node, as a node."""
    graph = Rewriting(node.graph, passes, numpy_source.keeps)
    graph.take(ancestors([node]), {})
    return graph.made[node]


def hold(build, x, passes, change, rational=False):
    """What passes make of an expression gives what the expression gives, as nearly as they say."""
    g = dp.Graph(dtype=x.dtype)
    node = build(g.input("x", x.shape), lambda c: g.constant(np.array(c, x.dtype)))
    written, found = (dp.forward(one, {"x": x}) for one in (node, simplified(node, passes)))
    assert (found.dtype, found.shape) == (written.dtype, written.shape)
    good = HOLDS[change](found, written)
    if rational and change is Change.LAST_BITS:
        good |= near(found, exactly(build, x))
    assert good.all(), list(zip(x[~good], found[~good], written[~good], strict=True))[:5]
