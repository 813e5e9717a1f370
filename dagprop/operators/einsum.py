"""Einstein summation."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from dagprop.operators.structure import sum_to
from dagprop.plugin.declaring import Shape, Spec, Value, broadcast, operator


@operator(
    numpy=[np.einsum],
    latex=r"\operatorname{{einsum}}(\text{{{subscripts}}}, {operands})",
    text="einsum('{subscripts}', {operands})",
)
def einsum(*operands: Value, subscripts: str) -> Value:
    """Products of elements, summed over every label that the output does not have: `einsum("ij,jk->ik", a, b)`.

    The output may be left out (labels that appear once, in order), `...` stands for axes that broadcast, and a
    label repeated in one operand takes its diagonal.  A graph holds the subscripts in full: written out,
    diagonals taken beforehand.

    >>> import dagprop as dp
    >>> dp.einsum("ii", np.eye(3)).item()
    3.0
    """
    return np.einsum(subscripts, *operands)


@einsum.arguments
def _(subscripts: Any, *operands: Value) -> tuple[tuple[Value, ...], dict[str, Any]]:
    if not isinstance(subscripts, str):
        subscripts, operands = _from_lists((subscripts, *operands))
    inputs, output = _written_out(subscripts, [np.ndim(x) for x in operands])
    taken = [_without_repeats(x, labels) for x, labels in zip(operands, inputs, strict=True)]
    return tuple(x for x, _ in taken), {"subscripts": f"{','.join(labels for _, labels in taken)}->{output}"}


def _from_lists(args: Sequence[Any]) -> tuple[str, tuple[Value, ...]]:
    """The other way to write it, `einsum(a, [0, 1], b, [1, 2], [0, 2])`: axes by number, an output at the end."""
    pairs, output = args[: len(args) // 2 * 2], args[len(args) // 2 * 2 :]

    def letters(axes: Any) -> str:
        if not isinstance(axes, Sequence) or isinstance(axes, str):
            raise TypeError(
                f"einsum takes a string such as 'ij,jk->ik', or a list of axes behind each operand: {axes!r}"
            )
        return "".join("..." if axis is Ellipsis else string.ascii_letters[axis] for axis in axes)

    subscripts = ",".join(map(letters, pairs[1::2]))
    return "->".join([subscripts, *map(letters, output)]), tuple(pairs[::2])


def _written_out(subscripts: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """The labels of each operand and of the output: no spaces, no ellipsis, the output explicit."""
    left, arrow, output = subscripts.replace(" ", "").partition("->")
    inputs = left.split(",")
    if len(inputs) != len(ndims):
        raise ValueError(f"{subscripts!r} is about {len(inputs)} operands, and there are {len(ndims)}")
    free = [letter for letter in string.ascii_letters if letter not in subscripts]
    widths = [ndim - len(labels.replace("...", "")) for labels, ndim in zip(inputs, ndims, strict=True)]
    for labels, width, ndim in zip(inputs, widths, ndims, strict=True):
        if width < 0 or (width and "..." not in labels):
            raise ValueError(f"{labels!r} labels other than the {ndim} dimensions that its operand has")
    dots = "".join(free[: max([0, *(w for w, labels in zip(widths, inputs, strict=True) if "..." in labels)])])
    inputs = [labels.replace("...", dots[len(dots) - width :]) for labels, width in zip(inputs, widths, strict=True)]
    if not arrow:
        every = "".join(inputs)
        output = "..." + "".join(sorted(c for c in set(every) - set(dots) if every.count(c) == 1))
    output = output.replace("...", dots)
    for label in "".join([*inputs, output]):
        if label not in string.ascii_letters:
            raise ValueError(f"{label!r} in {subscripts!r} is no label: labels are letters")
    return inputs, output


def _without_repeats(x: Value, labels: str) -> tuple[Value, str]:
    """The operand with the diagonal taken of every label that it has more than once."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = np.diagonal(x, axis1=first, axis2=second)
            labels = labels[:first] + labels[first + 1 : second] + labels[second + 1 :] + label
    return x, labels


def _labels(subscripts: str) -> tuple[list[str], str]:
    left, _, output = subscripts.partition("->")
    return left.split(","), output


@einsum.infer
def _(*operands: Spec, subscripts: str) -> Spec:
    inputs, output = _labels(subscripts)
    sizes: dict[str, Shape] = {}
    for labels, x in zip(inputs, operands, strict=True):
        if len(set(labels)) < x.ndim or len(labels) != x.ndim:
            raise ValueError(f"the labels {labels!r} must name each of {x.ndim} dimensions once")
        for label, n in zip(labels, x.shape, strict=True):
            try:
                sizes[label] = broadcast(sizes.get(label, (1,)), (n,))
            except ValueError:
                raise ValueError(
                    f"the label {label!r} is {sizes[label][0]} in one operand and {n} in another"
                ) from None
    unknown = set(output) - set(sizes)
    if unknown or len(set(output)) < len(output):
        raise ValueError(f"each label of the output {output!r} comes from an operand, and once")
    return Spec([sizes[label][0] for label in output], np.result_type(*(x.dtype for x in operands)))


@einsum.vjp
def _(grad: Value, *operands: Value, subscripts: str) -> tuple[Value, ...]:
    inputs, output = _labels(subscripts)
    pieces = []
    for i, (x, labels) in enumerate(zip(operands, inputs, strict=True)):
        others = [*inputs[:i], *inputs[i + 1 :]]
        found = "".join(label for label in labels if label in output or any(label in o for o in others))
        piece = np.einsum(f"{','.join([output, *others])}->{found}", grad, *operands[:i], *operands[i + 1 :])
        pieces.append(_spread(piece, found, labels, x.shape))
    return tuple(pieces)


def _spread(piece: Value, found: str, labels: str, shape: Shape) -> Value:
    """The piece over all labels of its operand: alike along those it was summed over, summed where it broadcast."""
    missing = tuple(axis for axis, label in enumerate(labels) if label not in found)
    if missing:
        piece = np.expand_dims(piece, missing)
    if piece.shape == shape:
        return piece
    target = tuple(1 if n == 1 else m for m, n in zip(piece.shape, shape, strict=True))
    if target != piece.shape:
        piece = sum_to(piece, shape=target)
    return piece if target == shape else np.broadcast_to(piece, shape)  # type: ignore[arg-type]


OPERATORS = (einsum,)
