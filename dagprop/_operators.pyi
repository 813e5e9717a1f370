"""How each built-in operator is called.  Written by tests/typing/make_stub.py: do not edit."""

# mypy: disable-error-code="overload-overlap"
# A list of arrays is a list of operands too: what is given no node is an array all the same.

from collections.abc import Sequence
from typing import Any, overload

from numpy.typing import ArrayLike

from dagprop.dimension import Dim
from dagprop.graph.node import Node, Operand
from dagprop.plugin.hookspecs import Array
from dagprop.plugin.operator import Operator

class _Absolute(Operator):
    """NumPy's `absolute`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

absolute: _Absolute

class _AbsoluteError(Operator):
    """|p - y| per element, with slope 0 where they are equal."""

    @overload
    def __call__(self, prediction: Node, target: Operand) -> Node: ...
    @overload
    def __call__(self, prediction: Operand, target: Node) -> Node: ...
    @overload
    def __call__(self, prediction: ArrayLike, target: ArrayLike) -> Array: ...

absolute_error: _AbsoluteError

class _Add(Operator):
    """NumPy's `add`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

add: _Add

class _AddAlongAxis(Operator):
    """Zeros of the shape with each value added at its position along the axis: `take_along_axis` undone."""

    @overload
    def __call__(self, values: Node, indices: Operand, shape: tuple[int | Dim, ...], axis: int) -> Node: ...
    @overload
    def __call__(self, values: Operand, indices: Node, shape: tuple[int | Dim, ...], axis: int) -> Node: ...
    @overload
    def __call__(self, values: ArrayLike, indices: ArrayLike, shape: tuple[int | Dim, ...], axis: int) -> Array: ...

add_along_axis: _AddAlongAxis

class _AddAtMax(Operator):
    """Each window's value added where x is `largest` in it, in zeros of x's shape: `take_at_max` undone."""

    @overload
    def __call__(
        self, values: Node, x: Operand, largest: Operand, size: tuple[int, ...], stride: tuple[int, ...]
    ) -> Node: ...
    @overload
    def __call__(
        self, values: Operand, x: Node, largest: Operand, size: tuple[int, ...], stride: tuple[int, ...]
    ) -> Node: ...
    @overload
    def __call__(
        self, values: Operand, x: Operand, largest: Node, size: tuple[int, ...], stride: tuple[int, ...]
    ) -> Node: ...
    @overload
    def __call__(
        self, values: ArrayLike, x: ArrayLike, largest: ArrayLike, size: tuple[int, ...], stride: tuple[int, ...]
    ) -> Array: ...

add_at_max: _AddAtMax

class _AddWindows(Operator):
    """Every element of every window added where `windows` reads it, in zeros of (..., *shape)."""

    @overload
    def __call__(self, values: Node, shape: tuple[int | Dim, ...], stride: tuple[int, ...]) -> Node: ...
    @overload
    def __call__(self, values: ArrayLike, shape: tuple[int | Dim, ...], stride: tuple[int, ...]) -> Array: ...

add_windows: _AddWindows

class _All(Operator):
    """Whether all elements are true (not 0)."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array: ...

all: _All

class _Any(Operator):
    """Whether any element is true (not 0)."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array: ...

any: _Any

class _Arccos(Operator):
    """NumPy's `arccos`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

arccos: _Arccos

class _Arccosh(Operator):
    """NumPy's `arccosh`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

arccosh: _Arccosh

class _Arcsin(Operator):
    """NumPy's `arcsin`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

arcsin: _Arcsin

class _Arcsinh(Operator):
    """NumPy's `arcsinh`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

arcsinh: _Arcsinh

class _Arctan(Operator):
    """NumPy's `arctan`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

arctan: _Arctan

class _Arctan2(Operator):
    """NumPy's `arctan2`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

arctan2: _Arctan2

class _Arctanh(Operator):
    """NumPy's `arctanh`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

arctanh: _Arctanh

class _Argmax(Operator):
    """The position of the largest element; the first of several."""

    @overload
    def __call__(self, x: Node, axis: int | None = None, keepdims: bool = False) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | None = None, keepdims: bool = False) -> Array: ...

argmax: _Argmax

class _Argmin(Operator):
    """The position of the smallest element; the first of several."""

    @overload
    def __call__(self, x: Node, axis: int | None = None, keepdims: bool = False) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | None = None, keepdims: bool = False) -> Array: ...

argmin: _Argmin

class _Argsort(Operator):
    """The positions that sort the axis; equal elements keep their order."""

    @overload
    def __call__(
        self, x: Node, axis: int | None = -1, kind: str | None = None, order: None = None, *, stable: bool | None = None
    ) -> Node: ...
    @overload
    def __call__(
        self,
        x: ArrayLike,
        axis: int | None = -1,
        kind: str | None = None,
        order: None = None,
        *,
        stable: bool | None = None,
    ) -> Array: ...

argsort: _Argsort

class _ArraySplit(Operator):
    """Cut as `split` does; parts need not be equal, the first ones may be one longer."""

    @overload
    def __call__(self, x: Node, indices_or_sections: Any, *axis: int, **named: int) -> tuple[Node, ...]: ...
    @overload
    def __call__(self, x: ArrayLike, indices_or_sections: Any, *axis: int, **named: int) -> tuple[Array, ...]: ...

array_split: _ArraySplit

class _Astype(Operator):
    """The same values in another dtype."""

    @overload
    def __call__(self, x: Node, dtype: Any) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, dtype: Any) -> Array: ...

astype: _Astype

class _Atleast1d(Operator):
    """A scalar as a vector of one element; anything else as it is."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

atleast_1d: _Atleast1d

class _Atleast2d(Operator):
    """A vector as a matrix of one row; anything of two dimensions or more as it is."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

atleast_2d: _Atleast2d

class _Atleast3d(Operator):
    """A vector (n,) as (1, n, 1), a matrix (m, n) as (m, n, 1); anything of three dimensions or more as it is."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

atleast_3d: _Atleast3d

class _AvgPool2d(Operator):
    """The mean of every window of the last two axes; `size` and `stride` as for `max_pool2d`."""

    @overload
    def __call__(self, x: Node, size: Any, stride: Any = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, size: Any, stride: Any = None) -> Array: ...

avg_pool2d: _AvgPool2d

class _BinaryCrossEntropy(Operator):
    """-y·ln p - (1 - y)·ln(1 - p) per element, where 0·ln 0 is 0."""

    @overload
    def __call__(self, prediction: Node, target: Operand) -> Node: ...
    @overload
    def __call__(self, prediction: Operand, target: Node) -> Node: ...
    @overload
    def __call__(self, prediction: ArrayLike, target: ArrayLike) -> Array: ...

binary_cross_entropy: _BinaryCrossEntropy

class _BinaryCrossEntropyWithLogits(Operator):
    """Binary cross-entropy of p = σ(x), from x: ln(1 + eˣ) - x·y, exact for any x."""

    @overload
    def __call__(self, logits: Node, target: Operand) -> Node: ...
    @overload
    def __call__(self, logits: Operand, target: Node) -> Node: ...
    @overload
    def __call__(self, logits: ArrayLike, target: ArrayLike) -> Array: ...

binary_cross_entropy_with_logits: _BinaryCrossEntropyWithLogits

class _BitwiseAnd(Operator):
    """NumPy's `bitwise_and`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

bitwise_and: _BitwiseAnd

class _BitwiseOr(Operator):
    """NumPy's `bitwise_or`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

bitwise_or: _BitwiseOr

class _BitwiseXor(Operator):
    """NumPy's `bitwise_xor`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

bitwise_xor: _BitwiseXor

class _BroadcastArrays(Operator):
    """Each array, repeated to the shape that all of them broadcast to: one output for each."""

    @overload
    def __call__(self, *arrays: ArrayLike) -> tuple[Array, ...]: ...
    @overload
    def __call__(self, *arrays: Operand) -> tuple[Node, ...]: ...

broadcast_arrays: _BroadcastArrays

class _BroadcastTo(Operator):
    """Repeated, without a copy, to fill the shape by NumPy's rules."""

    @overload
    def __call__(self, x: Node, shape: tuple[int | Dim, ...]) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, shape: tuple[int | Dim, ...]) -> Array: ...

broadcast_to: _BroadcastTo

class _Cbrt(Operator):
    """NumPy's `cbrt`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

cbrt: _Cbrt

class _Ceil(Operator):
    """NumPy's `ceil`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

ceil: _Ceil

class _Celu(Operator):
    """Elu with slope 1 on both sides of 0: x where it is positive, α(eˣᐟᵅ - 1) elsewhere (Barron, 2017)."""

    @overload
    def __call__(self, x: Node, alpha: float = 1.0) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, alpha: float = 1.0) -> Array: ...

celu: _Celu

class _Chain(Operator):
    """`grad · partial`, and 0 where no gradient arrives at an infinite slope: there 0 · ∞ is 0."""

    @overload
    def __call__(self, grad: Node, partial: Operand) -> Node: ...
    @overload
    def __call__(self, grad: Operand, partial: Node) -> Node: ...
    @overload
    def __call__(self, grad: ArrayLike, partial: ArrayLike) -> Array: ...

chain: _Chain

class _Clip(Operator):
    """Hold x between two bounds: min(max(x, lower), upper).  A bound may be None, or vary."""

    @overload
    def __call__(
        self,
        x: Node,
        a_min: Operand | None = None,
        a_max: Operand | None = None,
        *,
        min: Operand | None = None,
        max: Operand | None = None,
    ) -> Node: ...
    @overload
    def __call__(
        self,
        x: Operand,
        a_min: Node,
        a_max: Operand | None = None,
        *,
        min: Operand | None = None,
        max: Operand | None = None,
    ) -> Node: ...
    @overload
    def __call__(
        self, x: Operand, a_min: Operand | None, a_max: Node, *, min: Operand | None = None, max: Operand | None = None
    ) -> Node: ...
    @overload
    def __call__(
        self,
        x: Operand,
        a_min: Operand | None = None,
        a_max: Operand | None = None,
        *,
        min: Node,
        max: Operand | None = None,
    ) -> Node: ...
    @overload
    def __call__(
        self,
        x: Operand,
        a_min: Operand | None = None,
        a_max: Operand | None = None,
        *,
        min: Operand | None = None,
        max: Node,
    ) -> Node: ...
    @overload
    def __call__(
        self,
        x: ArrayLike,
        a_min: ArrayLike | None = None,
        a_max: ArrayLike | None = None,
        *,
        min: ArrayLike | None = None,
        max: ArrayLike | None = None,
    ) -> Array: ...

clip: _Clip

class _ColumnStack(Operator):
    """Matrices, given in a list, beside each other; a vector is a column."""

    @overload
    def __call__(self, arrays: Sequence[ArrayLike]) -> Array: ...
    @overload
    def __call__(self, arrays: Sequence[Operand]) -> Node: ...

column_stack: _ColumnStack

class _Concatenate(Operator):
    """The arrays, given in a list, one behind the other along an axis; each flattened first where axis is None."""

    @overload
    def __call__(self, arrays: Sequence[ArrayLike], axis: int | None = 0) -> Array: ...
    @overload
    def __call__(self, arrays: Sequence[Operand], axis: int | None = 0) -> Node: ...

concatenate: _Concatenate

class _Conjugate(Operator):
    """NumPy's `conjugate`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

conjugate: _Conjugate

class _Contiguous(Operator):
    """The same values, one behind the other in memory: worth it where they are read many times."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

contiguous: _Contiguous

class _Conv1d(Operator):
    """The cross-correlation of x (batch, channels, n) with a kernel (filters, channels, k), as `conv2d`'s."""

    @overload
    def __call__(self, x: Node, kernel: Operand, stride: Any = 1, padding: Any = 0) -> Node: ...
    @overload
    def __call__(self, x: Operand, kernel: Node, stride: Any = 1, padding: Any = 0) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, kernel: ArrayLike, stride: Any = 1, padding: Any = 0) -> Array: ...

conv1d: _Conv1d

class _Conv2d(Operator):
    """The cross-correlation of x (batch, channels, height, width) with a kernel (filters, channels, k, l)."""

    @overload
    def __call__(self, x: Node, kernel: Operand, stride: Any = 1, padding: Any = 0) -> Node: ...
    @overload
    def __call__(self, x: Operand, kernel: Node, stride: Any = 1, padding: Any = 0) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, kernel: ArrayLike, stride: Any = 1, padding: Any = 0) -> Array: ...

conv2d: _Conv2d

class _Cos(Operator):
    """NumPy's `cos`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

cos: _Cos

class _Cosh(Operator):
    """NumPy's `cosh`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

cosh: _Cosh

class _CountNonzero(Operator):
    """How many elements are true (not 0)."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array: ...

count_nonzero: _CountNonzero

class _Cross(Operator):
    """The cross product of vectors with three components, along these axes of a, b and the result."""

    @overload
    def __call__(
        self, a: Node, b: Operand, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
    ) -> Node: ...
    @overload
    def __call__(
        self, a: Operand, b: Node, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
    ) -> Node: ...
    @overload
    def __call__(
        self, a: ArrayLike, b: ArrayLike, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
    ) -> Array: ...

cross: _Cross

class _CrossEntropy(Operator):
    """-Σ y·ln p over the axis of the classes, of probabilities p and y; 0·ln 0 is 0."""

    @overload
    def __call__(self, prediction: Node, target: Operand, axis: int = -1) -> Node: ...
    @overload
    def __call__(self, prediction: Operand, target: Node, axis: int = -1) -> Node: ...
    @overload
    def __call__(self, prediction: ArrayLike, target: ArrayLike, axis: int = -1) -> Array: ...

cross_entropy: _CrossEntropy

class _Cumprod(Operator):
    """The product of each element and all before it along the axis; of the flattened array where axis is None."""

    @overload
    def __call__(self, x: Node, axis: int | None = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | None = None) -> Array: ...

cumprod: _Cumprod

class _Cumsum(Operator):
    """The sum of each element and all before it along the axis; of the flattened array where axis is None."""

    @overload
    def __call__(self, x: Node, axis: int | None = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | None = None) -> Array: ...

cumsum: _Cumsum

class _Deg2rad(Operator):
    """NumPy's `deg2rad`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

deg2rad: _Deg2rad

class _Degrees(Operator):
    """NumPy's `degrees`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

degrees: _Degrees

class _Diag(Operator):
    """The k-th diagonal of a matrix, or the matrix that has a vector on its k-th diagonal."""

    @overload
    def __call__(self, x: Node, k: int = 0) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, k: int = 0) -> Array: ...

diag: _Diag

class _Diagonal(Operator):
    """The elements with j = i + offset, i and j along the two axes, as a new last axis."""

    @overload
    def __call__(self, x: Node, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array: ...

diagonal: _Diagonal

class _Dimension(Operator):
    """The size of a dimension that a feed settles, as a number to compute with."""

    def __call__(self, size: int | Dim, dtype: Any) -> Array: ...

dimension: _Dimension

class _Divide(Operator):
    """NumPy's `divide`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

divide: _Divide

class _Dsplit(Operator):
    """Cut along axis 2, as `split` does."""

    @overload
    def __call__(self, x: Node, indices_or_sections: Any, *axis: int, **named: int) -> tuple[Node, ...]: ...
    @overload
    def __call__(self, x: ArrayLike, indices_or_sections: Any, *axis: int, **named: int) -> tuple[Array, ...]: ...

dsplit: _Dsplit

class _Dstack(Operator):
    """Arrays, given in a list, behind each other along axis 2; (n,) counts as (1, n, 1), (m, n) as (m, n, 1)."""

    @overload
    def __call__(self, arrays: Sequence[ArrayLike]) -> Array: ...
    @overload
    def __call__(self, arrays: Sequence[Operand]) -> Node: ...

dstack: _Dstack

class _Einsum(Operator):
    """Products of elements, summed over every label that the output does not have: `einsum("ij,jk->ik", a, b)`."""

    @overload
    def __call__(self, subscripts: Any, *operands: ArrayLike) -> Array: ...
    @overload
    def __call__(self, subscripts: Any, *operands: Operand) -> Node: ...

einsum: _Einsum

class _Elu(Operator):
    """The exponential linear unit: x where it is positive, α(eˣ - 1) elsewhere (Clevert et al., 2015)."""

    @overload
    def __call__(self, x: Node, alpha: float = 1.0) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, alpha: float = 1.0) -> Array: ...

elu: _Elu

class _Equal(Operator):
    """NumPy's `equal`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

equal: _Equal

class _Exp(Operator):
    """NumPy's `exp`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

exp: _Exp

class _Exp2(Operator):
    """NumPy's `exp2`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

exp2: _Exp2

class _ExpandDims(Operator):
    """New axes of size 1, at these positions of the result."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...]) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...]) -> Array: ...

expand_dims: _ExpandDims

class _Expm1(Operator):
    """NumPy's `expm1`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

expm1: _Expm1

class _Fabs(Operator):
    """NumPy's `fabs`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

fabs: _Fabs

class _Flip(Operator):
    """The elements in reverse along the axes; along all where axis is None."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] | None = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] | None = None) -> Array: ...

flip: _Flip

class _Fliplr(Operator):
    """The columns in reverse: `flip` along axis 1."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

fliplr: _Fliplr

class _Flipud(Operator):
    """The rows in reverse: `flip` along axis 0."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

flipud: _Flipud

class _FloatPower(Operator):
    """NumPy's `float_power`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

float_power: _FloatPower

class _Floor(Operator):
    """NumPy's `floor`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

floor: _Floor

class _FloorDivide(Operator):
    """NumPy's `floor_divide`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

floor_divide: _FloorDivide

class _Fmax(Operator):
    """NumPy's `fmax`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

fmax: _Fmax

class _Fmin(Operator):
    """NumPy's `fmin`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

fmin: _Fmin

class _Fmod(Operator):
    """NumPy's `fmod`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

fmod: _Fmod

class _FromDiagonal(Operator):
    """Zeros of the shape with the values' last axis on the diagonal: `diagonal` undone."""

    @overload
    def __call__(
        self, values: Node, shape: tuple[int | Dim, ...], offset: int = 0, axis1: int = 0, axis2: int = 1
    ) -> Node: ...
    @overload
    def __call__(
        self, values: ArrayLike, shape: tuple[int | Dim, ...], offset: int = 0, axis1: int = 0, axis2: int = 1
    ) -> Array: ...

from_diagonal: _FromDiagonal

class _FullLike(Operator):
    """One number in x's shape, and in its dtype where none is given."""

    @overload
    def __call__(self, x: Node, fill_value: float, dtype: Any = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, fill_value: float, dtype: Any = None) -> Array: ...

full_like: _FullLike

class _Gelu(Operator):
    """x·Φ(x), the Gaussian error linear unit (Hendrycks and Gimpel, 2016)."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

gelu: _Gelu

class _GeluTanh(Operator):
    """½x(1 + tanh(√(2/π)(x + 0.044715x³))), the approximation of gelu that its authors gave."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

gelu_tanh: _GeluTanh

class _Getitem(Operator):
    """`x[index]`: ints, slices, None, an ellipsis, integer arrays (or nodes) and boolean arrays."""

    @overload
    def __call__(self, x: Node, index: Any) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, index: Any) -> Array: ...

getitem: _Getitem

class _Greater(Operator):
    """NumPy's `greater`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

greater: _Greater

class _GreaterEqual(Operator):
    """NumPy's `greater_equal`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

greater_equal: _GreaterEqual

class _Hardsigmoid(Operator):
    """x/6 + ½ held between 0 and 1, with slope 0 at -3 and 3."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

hardsigmoid: _Hardsigmoid

class _Hardswish(Operator):
    """x·hardsigmoid(x), with the slope of the inner side at -3 and 3 (Howard et al., 2019)."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

hardswish: _Hardswish

class _Hardtanh(Operator):
    """What `clip` does, with fixed bounds, and slope 0 on them."""

    @overload
    def __call__(self, x: Node, lower: float = -1.0, upper: float = 1.0) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, lower: float = -1.0, upper: float = 1.0) -> Array: ...

hardtanh: _Hardtanh

class _Heaviside(Operator):
    """NumPy's `heaviside`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

heaviside: _Heaviside

class _Hinge(Operator):
    """max(0, 1 - y·p) per element, for targets of -1 and 1; slope 0 where y·p is 1."""

    @overload
    def __call__(self, prediction: Node, target: Operand) -> Node: ...
    @overload
    def __call__(self, prediction: Operand, target: Node) -> Node: ...
    @overload
    def __call__(self, prediction: ArrayLike, target: ArrayLike) -> Array: ...

hinge: _Hinge

class _Hsplit(Operator):
    """Cut along axis 1, vectors along their only axis, as `split` does."""

    @overload
    def __call__(self, x: Node, indices_or_sections: Any, *axis: int, **named: int) -> tuple[Node, ...]: ...
    @overload
    def __call__(self, x: ArrayLike, indices_or_sections: Any, *axis: int, **named: int) -> tuple[Array, ...]: ...

hsplit: _Hsplit

class _Hstack(Operator):
    """Arrays, given in a list, beside each other: along axis 1, vectors along their only axis."""

    @overload
    def __call__(self, arrays: Sequence[ArrayLike]) -> Array: ...
    @overload
    def __call__(self, arrays: Sequence[Operand]) -> Node: ...

hstack: _Hstack

class _Huber(Operator):
    """½d² for errors d = p - y up to δ, and δ(|d| - ½δ) beyond, where it is straight (Huber, 1964)."""

    @overload
    def __call__(self, prediction: Node, target: Operand, delta: float = 1.0) -> Node: ...
    @overload
    def __call__(self, prediction: Operand, target: Node, delta: float = 1.0) -> Node: ...
    @overload
    def __call__(self, prediction: ArrayLike, target: ArrayLike, delta: float = 1.0) -> Array: ...

huber: _Huber

class _Hypot(Operator):
    """NumPy's `hypot`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

hypot: _Hypot

class _Inner(Operator):
    """The sum over the last axes of both; a number multiplies."""

    @overload
    def __call__(self, a: Node, b: Operand) -> Node: ...
    @overload
    def __call__(self, a: Operand, b: Node) -> Node: ...
    @overload
    def __call__(self, a: ArrayLike, b: ArrayLike) -> Array: ...

inner: _Inner

class _Invert(Operator):
    """NumPy's `invert`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

invert: _Invert

class _Isfinite(Operator):
    """NumPy's `isfinite`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

isfinite: _Isfinite

class _Isinf(Operator):
    """NumPy's `isinf`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

isinf: _Isinf

class _Isnan(Operator):
    """NumPy's `isnan`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

isnan: _Isnan

class _Kron(Operator):
    """The Kronecker product: each element of a times all of b; the shapes multiply, axis by axis."""

    @overload
    def __call__(self, a: Node, b: Operand) -> Node: ...
    @overload
    def __call__(self, a: Operand, b: Node) -> Node: ...
    @overload
    def __call__(self, a: ArrayLike, b: ArrayLike) -> Array: ...

kron: _Kron

class _LeakyRelu(Operator):
    """Leaky rectifier: x where it is positive, slope·x elsewhere."""

    @overload
    def __call__(self, x: Node, slope: float = 0.01) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, slope: float = 0.01) -> Array: ...

leaky_relu: _LeakyRelu

class _Less(Operator):
    """NumPy's `less`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

less: _Less

class _LessEqual(Operator):
    """NumPy's `less_equal`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

less_equal: _LessEqual

class _Log(Operator):
    """NumPy's `log`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

log: _Log

class _Log10(Operator):
    """NumPy's `log10`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

log10: _Log10

class _Log1p(Operator):
    """NumPy's `log1p`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

log1p: _Log1p

class _Log2(Operator):
    """NumPy's `log2`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

log2: _Log2

class _LogSoftmax(Operator):
    """The logarithm of softmax along an axis, finite where softmax itself has become 0."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] = -1) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] = -1) -> Array: ...

log_softmax: _LogSoftmax

class _Logaddexp(Operator):
    """NumPy's `logaddexp`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

logaddexp: _Logaddexp

class _Logaddexp2(Operator):
    """NumPy's `logaddexp2`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

logaddexp2: _Logaddexp2

class _LogicalAnd(Operator):
    """NumPy's `logical_and`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

logical_and: _LogicalAnd

class _LogicalNot(Operator):
    """NumPy's `logical_not`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

logical_not: _LogicalNot

class _LogicalOr(Operator):
    """NumPy's `logical_or`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

logical_or: _LogicalOr

class _LogicalXor(Operator):
    """NumPy's `logical_xor`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

logical_xor: _LogicalXor

class _Logsigmoid(Operator):
    """ln(1 / (1 + e⁻ˣ)), which for large -x is x itself and never -∞."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

logsigmoid: _Logsigmoid

class _Logsumexp(Operator):
    """Log Σ eˣ without overflow: the largest element is taken out first.  −∞ where every element is."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array: ...

logsumexp: _Logsumexp

class _Matmul(Operator):
    """NumPy's `matmul`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

matmul: _Matmul

class _Max(Operator):
    """The largest element.  Where several are largest, the gradient is split evenly among them."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array: ...

max: _Max

class _MaxPool2d(Operator):
    """The largest element of every window of the last two axes; windows lie side by side without a stride."""

    @overload
    def __call__(self, x: Node, size: Any, stride: Any = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, size: Any, stride: Any = None) -> Array: ...

max_pool2d: _MaxPool2d

class _Maximum(Operator):
    """NumPy's `maximum`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

maximum: _Maximum

class _Mean(Operator):
    """The sum of the elements over their number; NaN of none."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array: ...

mean: _Mean

class _Meshgrid(Operator):
    """The coordinates of a grid, one output for each vector: `"xy"` as one plots it, `"ij"` as one indexes it."""

    @overload
    def __call__(self, *arrays: ArrayLike, indexing: str = "xy") -> tuple[Array, ...]: ...
    @overload
    def __call__(self, *arrays: Operand, indexing: str = "xy") -> tuple[Node, ...]: ...

meshgrid: _Meshgrid

class _Min(Operator):
    """The smallest element.  Where several are smallest, the gradient is split evenly among them."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array: ...

min: _Min

class _Minimum(Operator):
    """NumPy's `minimum`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

minimum: _Minimum

class _Mish(Operator):
    """x·tanh(softplus(x)) (Misra, 2019)."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

mish: _Mish

class _Moveaxis(Operator):
    """The axes `source` at the places `destination`; the others stay in order."""

    @overload
    def __call__(self, x: Node, source: Any, destination: Any) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, source: Any, destination: Any) -> Array: ...

moveaxis: _Moveaxis

class _Multiply(Operator):
    """NumPy's `multiply`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

multiply: _Multiply

class _NanToNum(Operator):
    """Put numbers in place of NaN and the infinities; where it replaces x, it has slope 0."""

    @overload
    def __call__(self, x: Node, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Node: ...
    @overload
    def __call__(
        self, x: ArrayLike, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
    ) -> Array: ...

nan_to_num: _NanToNum

class _Negative(Operator):
    """NumPy's `negative`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

negative: _Negative

class _Norm(Operator):
    """The length (Σ |xᵢ|ᵖ)^(1/p) of vectors, p = `ord` (2 where None); of a matrix the Frobenius norm."""

    @overload
    def __call__(
        self, x: Node, ord: float | str | None = None, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
    ) -> Node: ...
    @overload
    def __call__(
        self,
        x: ArrayLike,
        ord: float | str | None = None,
        axis: int | tuple[int, ...] | None = None,
        keepdims: bool = False,
    ) -> Array: ...

norm: _Norm

class _NormalCdf(Operator):
    """Φ(x), the share of a standard normal distribution below x, exact to a few units in the last place."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

normal_cdf: _NormalCdf

class _NormalPdf(Operator):
    """φ(x) = exp(-x²/2) / √(2π), the density of a standard normal distribution."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

normal_pdf: _NormalPdf

class _NotEqual(Operator):
    """NumPy's `not_equal`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

not_equal: _NotEqual

class _OnesLike(Operator):
    """Ones of x's shape, and of its dtype where none is given."""

    @overload
    def __call__(self, x: Node, dtype: Any = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, dtype: Any = None) -> Array: ...

ones_like: _OnesLike

class _Outer(Operator):
    """aᵢ bⱼ of two vectors; other shapes are flattened."""

    @overload
    def __call__(self, a: Node, b: Operand) -> Node: ...
    @overload
    def __call__(self, a: Operand, b: Node) -> Node: ...
    @overload
    def __call__(self, a: ArrayLike, b: ArrayLike) -> Array: ...

outer: _Outer

class _Output(Operator):
    """One output of an operator that has several."""

    @overload
    def __call__(self, value: Node, port: int) -> Node: ...
    @overload
    def __call__(self, value: ArrayLike, port: int) -> Array: ...

output: _Output

class _Pad(Operator):
    """Longer along each axis, by `pad_width` = ((before, after), …), or one pair or number for all axes."""

    @overload
    def __call__(self, x: Node, pad_width: Any, mode: str = "constant", *, constant_values: float = 0) -> Node: ...
    @overload
    def __call__(
        self, x: ArrayLike, pad_width: Any, mode: str = "constant", *, constant_values: float = 0
    ) -> Array: ...

pad: _Pad

class _Positive(Operator):
    """NumPy's `positive`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

positive: _Positive

class _Power(Operator):
    """NumPy's `power`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

power: _Power

class _Prod(Operator):
    """The product of the elements; 1 of none."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array: ...

prod: _Prod

class _Rad2deg(Operator):
    """NumPy's `rad2deg`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

rad2deg: _Rad2deg

class _Radians(Operator):
    """NumPy's `radians`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

radians: _Radians

class _Ravel(Operator):
    """The elements, in order, in one dimension."""

    @overload
    def __call__(self, x: Node, order: str | None = "C") -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, order: str | None = "C") -> Array: ...

ravel: _Ravel

class _Real(Operator):
    """Take the real part: of a real number, the number itself, so that code written for complex ones runs."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

real: _Real

class _Reciprocal(Operator):
    """NumPy's `reciprocal`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

reciprocal: _Reciprocal

class _Recurrence(Operator):
    """yᵢ = aᵢ yᵢ₋₁ + bᵢ along the axis, from y₋₁ = 0; with `reverse`, yᵢ = aᵢ yᵢ₊₁ + bᵢ from the end."""

    @overload
    def __call__(self, a: Node, b: Operand, axis: int, reverse: bool = False) -> Node: ...
    @overload
    def __call__(self, a: Operand, b: Node, axis: int, reverse: bool = False) -> Node: ...
    @overload
    def __call__(self, a: ArrayLike, b: ArrayLike, axis: int, reverse: bool = False) -> Array: ...

recurrence: _Recurrence

class _Relu(Operator):
    """max(x, 0), with slope 0 at 0."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

relu: _Relu

class _Relu6(Operator):
    """min(max(x, 0), 6), with slope 0 at 0 and at 6."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

relu6: _Relu6

class _Remainder(Operator):
    """NumPy's `remainder`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

remainder: _Remainder

class _Repeat(Operator):
    """Each element this many times in a row along the axis; flattened first where axis is None."""

    @overload
    def __call__(self, x: Node, repeats: Any, axis: int | None = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, repeats: Any, axis: int | None = None) -> Array: ...

repeat: _Repeat

class _Reshape(Operator):
    """The elements, in order, in another shape.  One dimension may be -1: it takes what is left."""

    @overload
    def __call__(self, x: Node, shape: Any, order: str | None = "C") -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, shape: Any, order: str | None = "C") -> Array: ...

reshape: _Reshape

class _Rint(Operator):
    """NumPy's `rint`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

rint: _Rint

class _Roll(Operator):
    """The elements `shift` places further along the axes, round the end; as if flat where axis is None."""

    @overload
    def __call__(self, x: Node, shift: Any, axis: Any = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, shift: Any, axis: Any = None) -> Array: ...

roll: _Roll

class _Rot90(Operator):
    """Turned k times by 90°, from the first of the axes towards the second."""

    @overload
    def __call__(self, x: Node, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array: ...

rot90: _Rot90

class _Rsqrt(Operator):
    """1/√x, infinite at 0."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

rsqrt: _Rsqrt

class _ScatterAdd(Operator):
    """Zeros of the shape with the values added at the index, again where a position is repeated."""

    @overload
    def __call__(self, values: ArrayLike, *arrays: ArrayLike, shape: tuple[int | Dim, ...], index: Any) -> Array: ...
    @overload
    def __call__(self, values: Operand, *arrays: Operand, shape: tuple[int | Dim, ...], index: Any) -> Node: ...

scatter_add: _ScatterAdd

class _Selu(Operator):
    """Scaled elu, whose constants keep mean 0 and variance 1 from layer to layer (Klambauer et al., 2017)."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

selu: _Selu

class _Shift(Operator):
    """The elements moved `by` places (1 or −1) along the axis, `fill` where none came."""

    @overload
    def __call__(self, x: Node, by: int, axis: int, fill: float = 0.0) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, by: int, axis: int, fill: float = 0.0) -> Array: ...

shift: _Shift

class _Sigmoid(Operator):
    """The logistic function 1 / (1 + e⁻ˣ)."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

sigmoid: _Sigmoid

class _Sign(Operator):
    """NumPy's `sign`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

sign: _Sign

class _Silu(Operator):
    """x·σ(x), the sigmoid linear unit, also known as swish."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

silu: _Silu

class _Sin(Operator):
    """NumPy's `sin`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

sin: _Sin

class _Sinc(Operator):
    """The normalised sine cardinal sin(πx) / (πx), and 1 at 0."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

sinc: _Sinc

class _Sinh(Operator):
    """NumPy's `sinh`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

sinh: _Sinh

class _Softmax(Operator):
    """eˣ / Σ eˣ along an axis: positive numbers that sum to 1."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] = -1) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] = -1) -> Array: ...

softmax: _Softmax

class _SoftmaxCrossEntropy(Operator):
    """-Σ y·ln softmax(x) over the axis of the classes, from the logits x; y is one-hot, or any distribution."""

    @overload
    def __call__(self, logits: Node, target: Operand, axis: int = -1) -> Node: ...
    @overload
    def __call__(self, logits: Operand, target: Node, axis: int = -1) -> Node: ...
    @overload
    def __call__(self, logits: ArrayLike, target: ArrayLike, axis: int = -1) -> Array: ...

softmax_cross_entropy: _SoftmaxCrossEntropy

class _SoftmaxCrossEntropyLabels(Operator):
    """-ln softmax(x) at the right class, over the axis of the classes; a label is the number of a class, from 0."""

    @overload
    def __call__(self, logits: Node, labels: Operand, axis: int = -1) -> Node: ...
    @overload
    def __call__(self, logits: Operand, labels: Node, axis: int = -1) -> Node: ...
    @overload
    def __call__(self, logits: ArrayLike, labels: ArrayLike, axis: int = -1) -> Array: ...

softmax_cross_entropy_labels: _SoftmaxCrossEntropyLabels

class _Softplus(Operator):
    """ln(1 + eˣ), a smooth maximum of x and 0."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

softplus: _Softplus

class _Softsign(Operator):
    """The softsign x / (1 + |x|)."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

softsign: _Softsign

class _Sort(Operator):
    """The elements in ascending order along the axis.  The gradient goes to where each element came from."""

    @overload
    def __call__(
        self, x: Node, axis: int | None = -1, kind: str | None = None, order: None = None, *, stable: bool | None = None
    ) -> Node: ...
    @overload
    def __call__(
        self,
        x: ArrayLike,
        axis: int | None = -1,
        kind: str | None = None,
        order: None = None,
        *,
        stable: bool | None = None,
    ) -> Array: ...

sort: _Sort

class _Split(Operator):
    """Cut along an axis, into this many equal parts, or at these positions: one output for each part."""

    @overload
    def __call__(self, x: Node, indices_or_sections: Any, *axis: int, **named: int) -> tuple[Node, ...]: ...
    @overload
    def __call__(self, x: ArrayLike, indices_or_sections: Any, *axis: int, **named: int) -> tuple[Array, ...]: ...

split: _Split

class _Sqrt(Operator):
    """NumPy's `sqrt`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

sqrt: _Sqrt

class _Square(Operator):
    """NumPy's `square`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

square: _Square

class _SquaredError(Operator):
    """(p - y)² per element."""

    @overload
    def __call__(self, prediction: Node, target: Operand) -> Node: ...
    @overload
    def __call__(self, prediction: Operand, target: Node) -> Node: ...
    @overload
    def __call__(self, prediction: ArrayLike, target: ArrayLike) -> Array: ...

squared_error: _SquaredError

class _Squeeze(Operator):
    """Without these axes, which are of size 1; without all such axes where axis is None."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] | None = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] | None = None) -> Array: ...

squeeze: _Squeeze

class _Stack(Operator):
    """Arrays of one shape, given in a list, side by side along a new axis at this position of the result."""

    @overload
    def __call__(self, arrays: Sequence[ArrayLike], axis: int = 0) -> Array: ...
    @overload
    def __call__(self, arrays: Sequence[Operand], axis: int = 0) -> Node: ...

stack: _Stack

class _Std(Operator):
    """The square root of the variance.  Where all elements are equal the gradient is 0, one of many that fit."""

    @overload
    def __call__(
        self,
        x: Node,
        axis: int | tuple[int, ...] | None = None,
        *,
        ddof: int = 0,
        keepdims: bool = False,
        correction: int | None = None,
    ) -> Node: ...
    @overload
    def __call__(
        self,
        x: ArrayLike,
        axis: int | tuple[int, ...] | None = None,
        *,
        ddof: int = 0,
        keepdims: bool = False,
        correction: int | None = None,
    ) -> Array: ...

std: _Std

class _Subtract(Operator):
    """NumPy's `subtract`."""

    @overload
    def __call__(self, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, y: ArrayLike) -> Array: ...

subtract: _Subtract

class _Sum(Operator):
    """The sum of the elements; 0 of none."""

    @overload
    def __call__(self, x: Node, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array: ...

sum: _Sum

class _SumTo(Operator):
    """The sum over the axes along which `shape` was broadcast to x's shape: broadcasting undone."""

    @overload
    def __call__(self, x: Node, shape: tuple[int | Dim, ...]) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, shape: tuple[int | Dim, ...]) -> Array: ...

sum_to: _SumTo

class _Swapaxes(Operator):
    """Two axes swapped."""

    @overload
    def __call__(self, x: Node, axis1: int, axis2: int) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axis1: int, axis2: int) -> Array: ...

swapaxes: _Swapaxes

class _Take(Operator):
    """The elements at these positions of the axis; of the flattened array where axis is None."""

    @overload
    def __call__(self, x: Node, indices: Operand, axis: int | None = None) -> Node: ...
    @overload
    def __call__(self, x: Operand, indices: Node, axis: int | None = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, indices: ArrayLike, axis: int | None = None) -> Array: ...

take: _Take

class _TakeAlongAxis(Operator):
    """At each place, the element at that place's position along the axis: what `argsort` and `argmax` find."""

    @overload
    def __call__(self, x: Node, indices: Operand, axis: int | None = -1) -> Node: ...
    @overload
    def __call__(self, x: Operand, indices: Node, axis: int | None = -1) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, indices: ArrayLike, axis: int | None = -1) -> Array: ...

take_along_axis: _TakeAlongAxis

class _TakeAtMax(Operator):
    """In every window the value where x is `largest`: how `max_pool2d` changes with x."""

    @overload
    def __call__(
        self, values: Node, x: Operand, largest: Operand, size: tuple[int, ...], stride: tuple[int, ...]
    ) -> Node: ...
    @overload
    def __call__(
        self, values: Operand, x: Node, largest: Operand, size: tuple[int, ...], stride: tuple[int, ...]
    ) -> Node: ...
    @overload
    def __call__(
        self, values: Operand, x: Operand, largest: Node, size: tuple[int, ...], stride: tuple[int, ...]
    ) -> Node: ...
    @overload
    def __call__(
        self, values: ArrayLike, x: ArrayLike, largest: ArrayLike, size: tuple[int, ...], stride: tuple[int, ...]
    ) -> Array: ...

take_at_max: _TakeAtMax

class _Tan(Operator):
    """NumPy's `tan`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

tan: _Tan

class _Tanh(Operator):
    """NumPy's `tanh`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

tanh: _Tanh

class _Tensordot(Operator):
    """The sum over these axes of a and those of b: `axes` is a pair of tuples, or how many last and first axes."""

    @overload
    def __call__(self, a: Node, b: Operand, axes: Any = 2) -> Node: ...
    @overload
    def __call__(self, a: Operand, b: Node, axes: Any = 2) -> Node: ...
    @overload
    def __call__(self, a: ArrayLike, b: ArrayLike, axes: Any = 2) -> Array: ...

tensordot: _Tensordot

class _Tile(Operator):
    """The whole array, this many times along each axis; the last numbers go to the last axes."""

    @overload
    def __call__(self, x: Node, reps: Any) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, reps: Any) -> Array: ...

tile: _Tile

class _Transpose(Operator):
    """The axes in another order: axis i of the result is `axes[i]` of x; reversed where axes is None."""

    @overload
    def __call__(self, x: Node, axes: Any = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, axes: Any = None) -> Array: ...

transpose: _Transpose

class _Tril(Operator):
    """The matrices with 0 above their k-th diagonal."""

    @overload
    def __call__(self, x: Node, k: int = 0) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, k: int = 0) -> Array: ...

tril: _Tril

class _Triu(Operator):
    """The matrices with 0 below their k-th diagonal."""

    @overload
    def __call__(self, x: Node, k: int = 0) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, k: int = 0) -> Array: ...

triu: _Triu

class _Trunc(Operator):
    """NumPy's `trunc`."""

    @overload
    def __call__(self, x: Node) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike) -> Array: ...

trunc: _Trunc

class _Var(Operator):
    """The mean squared deviation from the mean; the sum is divided by the number of elements less `ddof`."""

    @overload
    def __call__(
        self,
        x: Node,
        axis: int | tuple[int, ...] | None = None,
        *,
        ddof: int = 0,
        keepdims: bool = False,
        correction: int | None = None,
    ) -> Node: ...
    @overload
    def __call__(
        self,
        x: ArrayLike,
        axis: int | tuple[int, ...] | None = None,
        *,
        ddof: int = 0,
        keepdims: bool = False,
        correction: int | None = None,
    ) -> Array: ...

var: _Var

class _Vdot(Operator):
    """Σ aᵢ bᵢ over all elements of both, flattened."""

    @overload
    def __call__(self, a: Node, b: Operand) -> Node: ...
    @overload
    def __call__(self, a: Operand, b: Node) -> Node: ...
    @overload
    def __call__(self, a: ArrayLike, b: ArrayLike) -> Array: ...

vdot: _Vdot

class _Vsplit(Operator):
    """Cut along axis 0, as `split` does."""

    @overload
    def __call__(self, x: Node, indices_or_sections: Any, *axis: int, **named: int) -> tuple[Node, ...]: ...
    @overload
    def __call__(self, x: ArrayLike, indices_or_sections: Any, *axis: int, **named: int) -> tuple[Array, ...]: ...

vsplit: _Vsplit

class _Vstack(Operator):
    """Matrices, given in a list, below each other; a vector is a row."""

    @overload
    def __call__(self, arrays: Sequence[ArrayLike]) -> Array: ...
    @overload
    def __call__(self, arrays: Sequence[Operand]) -> Node: ...

vstack: _Vstack

class _Where(Operator):
    """Choose x where the condition holds, y elsewhere."""

    @overload
    def __call__(self, condition: Node, x: Operand, y: Operand) -> Node: ...
    @overload
    def __call__(self, condition: Operand, x: Node, y: Operand) -> Node: ...
    @overload
    def __call__(self, condition: Operand, x: Operand, y: Node) -> Node: ...
    @overload
    def __call__(self, condition: ArrayLike, x: ArrayLike, y: ArrayLike) -> Array: ...

where: _Where

class _Windows(Operator):
    """Every window of this size over the last axes, `stride` apart: a view of x."""

    @overload
    def __call__(self, x: Node, size: tuple[int, ...], stride: tuple[int, ...]) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, size: tuple[int, ...], stride: tuple[int, ...]) -> Array: ...

windows: _Windows

class _ZerosLike(Operator):
    """Zeros of x's shape, and of its dtype where none is given."""

    @overload
    def __call__(self, x: Node, dtype: Any = None) -> Node: ...
    @overload
    def __call__(self, x: ArrayLike, dtype: Any = None) -> Array: ...

zeros_like: _ZerosLike
