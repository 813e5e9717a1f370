"""Arrays written into formulas: small ones in full, large ones by shape and norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from dagprop.notation.formula import Style, number, render

SMALL = 9
"""The largest array that is written in full."""


def written(value: np.ndarray[Any, Any], style: Style = "text") -> str:
    r"""An array as text or LaTeX, to four digits.

    >>> written(np.array([[1.0, 0.25], [1 / 3, -2.0]]))
    '[[1, 0.25], [0.3333, −2]]'
    >>> written(np.ones((64, 10)))
    '⟨(64, 10), norm 25.3⟩'
    >>> print(written(np.array([[1, 2], [3, 4]]), "latex"))
    \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}
    """
    value = np.asarray(value)
    if value.size > SMALL or value.ndim > 2:
        norm = rounded(np.linalg.norm(value.astype(np.float64).ravel()), style)
        if style == "text":
            return f"⟨{value.shape}, norm {norm}⟩"
        return rf"\left\langle {value.shape},\; \lVert\cdot\rVert = {norm} \right\rangle"
    if value.ndim == 0:
        return rounded(value, style)
    rows = [[rounded(element, style) for element in row] for row in np.atleast_2d(value)]
    if style == "latex":
        inner = r" \\ ".join(" & ".join(row) for row in rows)
        return rf"\begin{{bmatrix}} {inner} \end{{bmatrix}}"
    texts = [f"[{', '.join(row)}]" for row in rows]
    return texts[0] if value.ndim == 1 else f"[{', '.join(texts)}]"


def rounded(value: Any, style: Style = "text") -> str:
    """A number to four digits."""
    return render(number(float(f"{float(value):.4g}") + 0.0), style)  # + 0.0 turns −0 into 0
