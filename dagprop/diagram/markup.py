"""HTML-like labels of Graphviz: tables, cells and fonts.  What users wrote goes through `text.label` first."""

from __future__ import annotations

from collections.abc import Iterable

from dagprop.diagram import palette


def element(tag: str, content: str = "", **look: object) -> str:
    """An element with its attributes; those that are empty are left out.

    >>> element("FONT", "∂", POINT_SIZE=9, COLOR="")
    '<FONT POINT-SIZE="9">∂</FONT>'
    """
    written = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in look.items() if value != "")
    return f"<{tag}{written}>{content}</{tag}>"


def table(rows: Iterable[str], **look: object) -> str:
    """Rows of cells, without lines and gaps but for those in `look`."""
    plain = {"BORDER": 0, "CELLBORDER": 0, "CELLSPACING": 0, "CELLPADDING": 0}
    return element("TABLE", "".join(element("TR", row) for row in rows), **plain | look)


def cell(content: str = "", **look: object) -> str:
    """A cell of a row."""
    return element("TD", content, **look)


def lines(texts: Iterable[str], **look: object) -> str:
    """A table of one column, from the left."""
    return table((cell(text, ALIGN="LEFT") for text in texts), **look)


def font(text: str, size: int, colour: str = "") -> str:
    """Text in this size and colour."""
    return element("FONT", text, POINT_SIZE=size, COLOR=colour)


def bold(text: str) -> str:
    """Text that stands out."""
    return element("B", text)


def small(text: str) -> str:
    """Text that stands back."""
    return font(text, 9, palette.FAINT)
