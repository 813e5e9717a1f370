import numpy as np
import pytest

from dagprop.explanation.values import written


@pytest.mark.parametrize(
    ("value", "text", "latex"),
    [
        (2.0, "2", "2"),
        (-0.0, "0", "0"),
        (1 / 3, "0.3333", "0.3333"),
        ([1.0, -2.5], "[1, −2.5]", r"\begin{bmatrix} 1 & -2.5 \end{bmatrix}"),
        ([[1.0], [2.0]], "[[1], [2]]", r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}"),
        (np.ones((20, 5)), "⟨(20, 5), norm 10⟩", r"\left\langle (20, 5),\; \lVert\cdot\rVert = 10 \right\rangle"),
        (np.zeros((0, 2)), "[]", r"\begin{bmatrix}  \end{bmatrix}"),
        ([np.nan, np.inf], "[NaN, ∞]", r"\begin{bmatrix} \text{NaN} & \infty \end{bmatrix}"),
    ],
)
def test_arrays(value, text, latex):
    assert written(np.asarray(value), "text") == text
    assert written(np.asarray(value), "latex") == latex
