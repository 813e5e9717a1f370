"""Drawing: a subject as a picture, kept as DOT and rendered when it is shown or saved."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from dagprop.diagram import engine, pdf
from dagprop.diagram.dot import write
from dagprop.diagram.reading import Reading
from dagprop.files import whole
from dagprop.graph import Graph
from dagprop.node import Node
from dagprop.recording import Recording

Subject: TypeAlias = Graph | Recording | Node | Iterable[Node]

FORMATS = ("svg", "png", "pdf", "dot")
"""What a picture can be saved as."""


class Picture:
    """A drawn diagram: shows itself in a notebook, and saves itself."""

    def __init__(self, dot: str) -> None:
        self.dot = dot

    @cached_property
    def svg(self) -> str:
        """The picture as SVG."""
        return engine.run(self.dot, "svg").decode()

    def save(self, path: str | os.PathLike[str], format: str | None = None) -> Path:  # noqa: A002
        """Write the picture to a file, in the format that its suffix says; a failure leaves no file behind."""
        path = Path(path)
        kind = (format or path.suffix.lstrip(".")).lower()
        if kind not in FORMATS:
            known = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
            raise ValueError(f"a diagram is saved as {known}, not {kind or 'without a suffix'!r}: {str(path)!r}")
        content = self._rendered(kind)
        with whole(path) as file:
            file.write_bytes(content)
        return path

    def _rendered(self, kind: str) -> bytes:
        if kind == "dot":
            return self.dot.encode()
        if kind == "pdf" and engine.engine_for("pdf") is None:
            return pdf.from_svg(self.svg)
        return engine.run(self.dot, kind)

    def _repr_svg_(self) -> str:
        return self.svg


def draw(
    subject: Subject,
    path: str | os.PathLike[str] | None = None,
    *,
    format: str | None = None,  # noqa: A002
    title: str | None = None,
) -> Picture:
    """Draw a graph, a gradient flow, or some nodes with all they depend on."""
    picture = Picture(to_dot(subject, title=title))
    if path is not None:
        picture.save(path, format)
    return picture


def to_dot(subject: Subject, *, title: str | None = None) -> str:
    """The diagram in DOT, the language of Graphviz; the same for the same subject."""
    return write(Reading(subject, title))


def to_svg(subject: Subject, *, title: str | None = None) -> str:
    """The diagram as SVG; every node and edge has an id and a class."""
    return draw(subject, title=title).svg
