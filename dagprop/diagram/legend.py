"""The title of a picture and the key to its colours."""

from __future__ import annotations

from dagprop.diagram import palette
from dagprop.diagram.scene import Scene
from dagprop.diagram.text import label

_EXPONENTS = range(-palette.SPAN, palette.SPAN + 1)


def heading(scene: Scene) -> str:
    """Title, a line on how to read the picture, and the legend."""
    flow = scene.recording is not None
    what = "Gradient flow" if flow else "Graph"
    title = f'<FONT POINT-SIZE="18"><B>{what}</B> · {label(scene.title, 80)}</FONT>'
    rows = [title, _faint(_FLOW if flow else _GRAPH, 10)]
    lines = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    key = f'<TR><TD ALIGN="LEFT">{legend()}</TD></TR>' if flow else ""
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3">{lines}{key}</TABLE>'


_FLOW = "thin grey → forward values  ·  coloured ← backward: what each edge sent back (norm, sign, gain)"
_GRAPH = "grey → values flow from inputs and parameters to outputs"


def legend() -> str:
    """The scale of colours and the signs."""
    swatches = "".join(
        f'<TD FIXEDSIZE="TRUE" WIDTH="46" HEIGHT="12" BGCOLOR="{colour}"></TD>' for colour in palette.SCALE
    )
    numbers = "".join(f"<TD>{_faint(_power(exponent), 9)}</TD>" for exponent in _EXPONENTS)
    words = (
        f'<TD ALIGN="LEFT">{_strong("- - vanishing &lt; 0.01", palette.ink(palette.SCALE[1]))}</TD>'
        f"<TD>{_faint('healthy', 9)}</TD>"
        f'<TD ALIGN="RIGHT">{_strong("exploding &gt; 100 ═", palette.ink(palette.SCALE[-2]))}</TD>'
    )
    what = "<B>Colour of a backward edge</B> = ‖what it sent back‖ / ‖gradient leaving the loss‖"
    rows = [
        f'<FONT POINT-SIZE="10">{what}</FONT>',
        f"{_GRID}<TR>{swatches}</TR><TR>{numbers}</TR></TABLE>",
        f"{_GRID}<TR>{words}</TR></TABLE>",
        _strong("NaN, Inf", palette.NOT_FINITE) + _faint(_SIGNS, 9),
    ]
    lines = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return (
        f'<TABLE BORDER="1" COLOR="{palette.LINE}" STYLE="ROUNDED" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
        f"{lines}</TABLE>"
    )


_GRID = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="2" CELLPADDING="0">'
_SIGNS = (
    "&#160; · &#160;width: log of the same  ·  (+) (−) sign of the mean  ·  "
    "▼ ▲ gain: an operator shrinks or grows it &gt; 2×"
)


def _power(exponent: int) -> str:
    return "1" if exponent == 0 else f"1e{exponent}"


def _faint(text: str, size: int) -> str:
    return f'<FONT POINT-SIZE="{size}" COLOR="{palette.FAINT}">{text}</FONT>'


def _strong(text: str, colour: str) -> str:
    return f'<FONT POINT-SIZE="9" COLOR="{colour}"><B>{text}</B></FONT>'
