"""Text that a picture shows: numbers, shapes, and anything a user may have put into a name."""

from __future__ import annotations

import hashlib
import html
import math
import unicodedata
from collections.abc import Iterable

_LEFT_TO_RIGHT = "\u200e"
"""Ends text that runs right to left, so that what follows does not run on with it."""

_JOINERS = "\u200c\u200d"  # they shape Persian words and emoji


def visible(text: str) -> str:
    r"""Text as it is, but for characters that cannot be seen or drawn: those by their Python escapes.

    >>> visible("tab\there"), visible("naïve σ")
    ('tab\\there', 'naïve σ')
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in _JOINERS
    if hidden or (ord(character) & 0xFFFE) == 0xFFFE or "\ufdd0" <= character <= "\ufdef":
        return character.encode("unicode_escape", "surrogatepass").decode()
    return character


def clip(text: str, width: int) -> str:
    """Text of at most `width` characters: the middle of a longer one gives way to `…`.

    >>> clip("a_rather_long_name", 9)
    'a_ra…name'
    """
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def label(text: str, width: int = 60, *, end: bool = False) -> str:
    """Text for an HTML-like label, so that it shows literally; too long, it gives way in the middle, or at the end."""
    shown = visible(text[: width - 1] + "…" if end and len(text) > width else clip(text, width))
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in shown):
        shown += _LEFT_TO_RIGHT
    escaped = html.escape(shown).replace("\\", "\\\\").replace("]", "&#93;")  # dot 2.43 chokes on a lone ]
    return escaped if escaped.strip() else "&#160;" * max(len(escaped), 1)


def literal(text: str) -> str:
    """Text for an attribute, as entities of all that graphviz (`<…>` is markup to it) or Graphviz would read."""
    return html.escape(visible(clip(text, 400)), quote=False).replace("\\", "&#92;")  # dot 2.43 takes 16,384 bytes


def tooltip(text: str) -> str:
    """Text that shows literally as a tooltip, in which Graphviz reads escapes twice, entities before that."""
    return literal(text).replace("&#92;", "\\" * 4)


def node_id(name: str, prefix: str = "node") -> str:
    """An id that depends on a name alone, and that no other name has.

    >>> node_id("layer1/a0"), node_id("a b")
    ('node-layer1-a0', 'node-a.20.b')
    """
    return f"{prefix}-{_slug(name)}"


def edge_id(source: str, target: str, slot: int | str, way: str) -> str:
    """An id for one way along one edge.

    >>> edge_id("x", "layer1/z", 0, "forward")
    'edge-x.to.layer1-z.slot.0.forward'
    """
    return f"edge-{_slug(source)}.to.{_slug(target)}.slot.{slot}.{way}"


def _slug(name: str) -> str:
    slug = "".join(
        c if c.isascii() and (c.isalnum() or c == "_") else "-" if c == "/" else f".{ord(c):x}." for c in name
    )
    if len(slug) <= 100:
        return slug
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{slug[:60]}.cut.{digest[:24]}"


def figure(value: float) -> str:
    """A number in three digits.

    >>> [figure(v) for v in (0.76, -1.494, 0.0063, 31.2, 12345.0, 0.0)]
    ['0.760', '−1.49', '6.3e-3', '31.2', '1.2e4', '0']
    """
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    sign, size = "−" if value < 0 else "", abs(value)
    if 0.00995 <= size < 999.5:
        return sign + f"{size:#.3g}".rstrip(".")
    mantissa, _, exponent = f"{size:.1e}".partition("e")
    return f"{sign}{mantissa}e{int(exponent)}"


def shape_text(shape: Iterable[object]) -> str:
    """A shape as `8×3`; of no dimensions, `scalar`."""
    return "×".join(map(str, shape)) or "scalar"
