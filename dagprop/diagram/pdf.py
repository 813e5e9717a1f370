"""PDF where no Graphviz writes it: made of the SVG, by svglib and reportlab."""

from __future__ import annotations

import io

from dagprop.errors import missing_extra

SUBSTITUTES = str.maketrans(
    {"‖": "||", "═": "=", "ᵀ": "^T", "⁻": "-", "⁰": "0", "⁴": "4", "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9"}
)
"""What is written for signs that the fonts every PDF reader has do not hold."""


def from_svg(svg: str) -> bytes:
    """An SVG of Graphviz as PDF.

    The text is set in the fonts that every PDF reader has: Latin and Greek letters and mathematical signs; those of
    other scripts show as boxes.  A system Graphviz writes them all.

    Raises MissingExtraError without svglib and reportlab.
    """
    try:
        from reportlab.graphics import renderPDF
        from svglib.svglib import svg2rlg
    except ImportError:
        raise missing_extra("svglib and reportlab (or a system Graphviz)", "pdf", "a diagram as PDF") from None
    drawing = svg2rlg(io.BytesIO(svg.translate(SUBSTITUTES).encode()))
    result: bytes = renderPDF.drawToString(drawing)
    return result
