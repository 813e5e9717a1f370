"""A statement of DOT."""

from __future__ import annotations

from collections.abc import Mapping

from dagprop.diagram.text import quoted


def statement(what: str, attributes: Mapping[str, str], html: str = "") -> str:
    """A node or an edge with its attributes; `html` is its HTML-like label.

    >>> statement("a -> b", {"color": "#102030"}, "<B>1</B>")
    'a -> b [color="#102030", label=<<B>1</B>>];'
    """
    written = [f"{name}={quoted(value)}" for name, value in attributes.items()]
    return f"{what} [{', '.join(written + [f'label=<{html}>'] * bool(html))}];"
