"""The title of a picture and the key to its colours."""

from __future__ import annotations

from dagprop.diagram import palette
from dagprop.diagram.markup import bold, cell, font, lines, small, table
from dagprop.diagram.scene import Scene
from dagprop.diagram.text import label

_EXPONENTS = range(-palette.SPAN, palette.SPAN + 1)


def heading(what: str, title: str, *below: str) -> str:
    """What a picture is and what of, and lines that say how to read it."""
    return lines([font(f"{bold(what)} · {label(title, 80)}", 18), *below], CELLPADDING=3)


def scene_heading(scene: Scene) -> str:
    """The heading of a graph, or of a flow with the legend."""
    if scene.recording is None:
        return heading("Graph", scene.title, font(_GRAPH, 10, palette.FAINT))
    return heading("Gradient flow", scene.title, font(_FLOW, 10, palette.FAINT), legend())


_FLOW = "thin grey → forward values  ·  coloured ← backward: what each edge sent back (norm, sign, gain)"
_GRAPH = "grey → values flow from inputs and parameters to outputs"


def legend() -> str:
    """The scale of colours and the signs."""
    swatches = [cell(FIXEDSIZE="TRUE", WIDTH=46, HEIGHT=12, BGCOLOR=colour) for colour in palette.SCALE]
    numbers = [cell(small("1" if exponent == 0 else f"1e{exponent}")) for exponent in _EXPONENTS]
    words = [
        cell(_strong("- - vanishing &lt; 0.01", palette.ink(palette.SCALE[1])), ALIGN="LEFT"),
        cell(small("healthy")),
        cell(_strong("exploding &gt; 100 ═", palette.ink(palette.SCALE[-2])), ALIGN="RIGHT"),
    ]
    rows = [
        font(f"{bold('Colour of a backward edge')} = ‖what it sent back‖ / ‖gradient leaving the loss‖", 10),
        table(["".join(swatches), "".join(numbers)], CELLSPACING=2),
        table(["".join(words)], CELLSPACING=2),
        _strong("NaN, Inf", palette.NOT_FINITE) + small(_SIGNS),
    ]
    return lines(rows, BORDER=1, COLOR=palette.LINE, STYLE="ROUNDED", CELLPADDING=2)


_SIGNS = (
    "&#160; · &#160;width: log of the same  ·  (+) (−) sign of the mean  ·  "
    "▼ ▲ gain: an operator shrinks or grows it &gt; 2×"
)


def _strong(text: str, colour: str) -> str:
    return font(bold(text), 9, colour)
