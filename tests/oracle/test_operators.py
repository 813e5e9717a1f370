"""Every operator against PyTorch's answers to its own sample inputs: values and vector-Jacobian products."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from cases import Count, Store, hold_gradients
from pytorch import OPERATORS

import dagprop as dp

STORE = Store("operators.npz")
CASES = {name: list(cases) for name, cases in groupby(STORE.index["cases"], key=lambda case: case["op"])}


def run(case: dict[str, Any], count: Count) -> None:
    """Build what the operator is in dagprop, and compare its outputs and gradients, also as a program."""
    graph = dp.Graph()
    leaves: list[Any] = []

    def leaf(array: np.ndarray) -> Any:
        made = graph.input(f"x{len(leaves)}", array.shape, array.dtype) if array.dtype.kind == "f" else array
        leaves.append((made, array))
        return made

    args = STORE.decode(case["args"], leaf)
    kwargs = {name: STORE.decode(value, leaf) for name, value in case["kwargs"].items()}
    made = OPERATORS[case["op"]](*args, **kwargs)
    outs = made if isinstance(made, list | tuple) else [made]
    feeds = {node: array for node, array in leaves if isinstance(node, dp.Node)}

    compared = [(outs[int(i)], STORE.array(case["outs"][i]), STORE.array(case["cot"][i])) for i in case["cot"]]
    for value, (_, expected, _) in zip(dp.forward([o for o, _, _ in compared], feeds), compared, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-7, atol=1e-12, strict=True)
    total = sum(np.sum(out * cotangent) for out, _, cotangent in compared)
    wrt = [leaves[int(i)][0] for i in case["grads"]]
    hold_gradients(total, wrt, feeds, [STORE.array(case["grads"][i]) for i in case["grads"]], count)


@pytest.mark.parametrize("name", sorted(CASES))
def test_agrees_with_pytorch(name, counts, subtests):
    count = counts.setdefault("operators", Count(uncovered=Counter(STORE.index["left out"])))
    for case in CASES[name]:
        with subtests.test(case["id"]):
            try:
                run(case, count)
            except NotImplementedError:
                count.uncovered[name] += 1
            except BaseException:
                count.total += 1
                raise
            else:
                count.total += 1
                count.passed += 1
