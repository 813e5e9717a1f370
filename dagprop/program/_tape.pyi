"""The tape: a program as a list of NumPy's own inner loops, run in C one after the other.

A tape is made of *buffers* (memory) and *instructions* (what to do with it), and is checked when made: afterwards no
run can leave its memory. Whatever is wrong is a ValueError that names the instruction and carries its number as
the attribute ``instruction``; in a group that of the part as ``part``, which is -1 otherwise.

Buffers
-------
Numbered in the order given:

``("scratch", bytes)``
    memory of the tape. Several calls at once have one each. What it holds before it is written is undefined.
``("local", bytes_per_row)``
    memory of one block of a group (below), small enough to stay in cache.
``("constant", array)``
    held, not copied where it is contiguous, never written.
``("input", shape, dtype)``
    an array of the caller, never written. One that is aligned and contiguous is used where it lies; others are copied.
``("inout", shape, dtype)``
    an array of the caller that is updated in place: writable, contiguous, sharing no memory with another input.
``("output", shape, dtype)``
    an array made for the caller.

Inputs and inouts are passed, outputs returned, in the order of their buffers.

Views
-----
An operand is ``(buffer, offset, shape, strides, dtype)``, offset and strides in bytes, as in ``numpy.ndarray``. There
is no broadcasting: a stride of 0 repeats an operand. What is written may not overlap itself, nor another operand of its
instruction, but for a loop that writes over an operand in place. dtypes are plain numbers in native byte order.
A view has at most 64 dimensions, as an array has; an instruction has at most 16 views, a call any number.

Instructions
------------
Operands are views of one shape, inputs before outputs, unless said otherwise.

``("loop", ufunc, views)``
    the ufunc's inner loop for exactly these dtypes.
``("scalar", ufunc, views)``
    a loop over one number for which libm will do: its last bit may differ from NumPy's. A "loop" over one float32 or
    float64 that adds, subtracts, multiplies, divides, negates, squares or takes a root runs as fast, with NumPy's bits.
    So for NumPy's own ufuncs, told by the object; any other, whatever its name, runs its own inner loop.
``("where", (condition, x, y, target))``
    ``target[...] = numpy.where(condition, x, y)``.
``("copy", (source, target))``
    a copy, a fill (strides of 0), or a cast. None is to or from float16, nor from floats to integers: what becomes of a
    number out of range, C does not say.
``("gufunc", ufunc, views)``
    such as ``numpy.matmul``. The last dimensions of each view are its core dimensions, none left out (a vector has
    one of length 1); those before are alike. Matrices with one stride of an item, transposed or not, go to BLAS.
``("reduce", ufunc, (source, target))``
    along every dimension in which the target has length 1 or stride 0. Starts from the ufunc's identity or, where it
    has none and its order does not matter (maximum, minimum, fmax, fmin), from the first elements.
``("take", (rows, index, target))``
    ``target[...] = rows[index]``, for int64 indices. An index out of bounds ends the run with an IndexError.
``("scatter_add", (index, values, rows))``
    ``numpy.add.at(rows, index, values)``, in order.
``("call", function, inputs, outputs)``
    calls Python with arrays, read-only views of the inputs. It returns an array, or a tuple of them where there are
    several outputs, of exactly their shapes and dtypes. What it raises passes through.
``("group", instructions, block)``
    loops, copies, gufuncs, reductions and takes whose views have equally long first dimensions, the rows. They run
    block by block of rows (of ``block`` rows, 0 to let the tape choose), so that locals stay in cache. A view of a
    local has all rows, like any other, though memory exists for those of one block only. A reduction over the rows is
    complete only after the group. What one part writes, others may see only in the same rows. ``take`` chooses no rows
    of locals.

Running
-------
Groups with much to do, and single instructions over much data, spread over ``threads`` threads. Blocks do not depend
on their number, so results are the same bits on any. A tape with much to do releases the GIL. Any number of threads may
call one tape. Floating-point errors neither warn nor raise; what an inner loop raises (a negative power of an integer)
passes through.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias, TypedDict, final

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
DType: TypeAlias = np.dtype[Any]

View: TypeAlias = tuple[int, int, Shape, Shape, DType]

Buffer: TypeAlias = (
    tuple[Literal["scratch", "local"], int]
    | tuple[Literal["constant"], Array]
    | tuple[Literal["input", "inout", "output"], Shape, DType]
)

Part: TypeAlias = (
    tuple[Literal["loop", "scalar", "gufunc", "reduce"], np.ufunc, tuple[View, ...]]
    | tuple[Literal["copy", "where", "take", "scatter_add"], tuple[View, ...]]
)

Instruction: TypeAlias = (
    Part
    | tuple[Literal["call"], Callable[..., Array | tuple[Array, ...]], tuple[View, ...], tuple[View, ...]]
    | tuple[Literal["group"], Sequence[Part], int]
)

class Info(TypedDict):
    threads: int
    ops: int
    operands: int
    scratch_bytes: int
    states: int

@final
class Tape:
    """NumPy's inner loops, called one after the other with no Python in between.

    Parameters
    ----------
    buffers
        The memory.
    instructions
        What to do with it.
    threads
        How many threads, at most, may work on one call.
    reuse_outputs
        Return the same arrays at every call (of one thread; calls at the same time have their own).
    checked
        For tests: check every pointer before each run, and fill scratch and outputs with NaN (−1, True), so that
        what was never written shows.
    """

    def __new__(
        cls,
        buffers: Sequence[Buffer],
        instructions: Sequence[Instruction],
        *,
        threads: int = 1,
        reuse_outputs: bool = False,
        checked: bool = False,
    ) -> Tape: ...
    def __call__(self, inputs: tuple[Array, ...], /) -> tuple[Array, ...]: ...
    def disassemble(self) -> list[str]:
        """What runs, one line each."""

    @property
    def info(self) -> Info:
        """Threads, ops, operands, bytes of scratch for a call in progress, and how many of those there were at once."""
