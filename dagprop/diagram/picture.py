"""Drawing: a subject as a picture, kept as DOT and rendered when it is shown or saved."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from dagprop import arguments
from dagprop.diagram import engine, pdf
from dagprop.diagram.digraph import write
from dagprop.diagram.scene import Scene
from dagprop.errors import ArgumentError
from dagprop.files import whole
from dagprop.graph.graph import Graph
from dagprop.graph.node import Node
from dagprop.run.recording import Recording

if TYPE_CHECKING:
    from graphviz import Digraph

Subject: TypeAlias = Graph | Recording | Node | Iterable[Node]

FORMATS = ("svg", "png", "pdf", "dot")
"""What a picture can be saved as."""


class Picture:
    """A drawn diagram: shows itself in a notebook, and saves itself.

    Attributes
    ----------
    dot : str
        The diagram in DOT, the language of Graphviz.
    svg : str
        The diagram laid out, as SVG.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph("line")
    >>> y = (g.parameter("w", ()) * g.input("x")).named("y")
    >>> picture = dp.draw(y)
    >>> "y = w · x" in picture.svg
    True
    """

    def __init__(self, dot: str) -> None:
        self.dot = arguments.text("dot", dot, "text in the language of Graphviz")

    def __repr__(self) -> str:
        return f"<Picture: {len(self.dot.splitlines())} lines of DOT; save(path) writes it>"

    @cached_property
    def svg(self) -> str:
        """The picture as SVG."""
        return engine.run(self.dot, "svg").decode()

    def save(self, path: str | os.PathLike[str], format: str | None = None) -> Path:  # noqa: A002
        """Write the picture to a file, in the format that its suffix (or `format`) says, and return the path.

        Raises
        ------
        ArgumentError
            For another format than svg, png, pdf or dot.
        EngineError
            Where Graphviz is missing or fails.  What was at `path` then stays as it was.
        MissingExtraError
            For a pdf, without a system Graphviz and without the extra `pdf`.
        """
        path, kind = _place(path, format)
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


def _place(path: str | os.PathLike[str], format: str | None) -> tuple[Path, str]:  # noqa: A002
    """Where a picture goes, and in which format."""
    place = arguments.path("path", path)
    if format is not None:
        return place, arguments.word("format", format, FORMATS)
    kind = place.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        known = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        asked = f"not {kind!r}" if kind else "and this path has no suffix"
        raise ArgumentError(f"a diagram is saved as {known}, {asked}: {str(place)!r}")
    return place, kind


def draw(
    subject: Subject | Digraph,
    path: str | os.PathLike[str] | None = None,
    *,
    format: str | None = None,  # noqa: A002  # what Matplotlib and Graphviz call it
    title: str | None = None,
) -> Picture:
    """Draw a graph, a gradient flow, or some nodes with all they depend on.

    Every operator is a card with its equation and its place in the order; of a flow it also tells the value and
    the gradient.  Thin grey edges lead forward.  Coloured edges lead back: each tells what *it* sent back (norm,
    sign of the mean), and the gain, how much the operator let through.  Their colour is the ratio to the gradient
    that leaves the loss; what vanishes (below 1/100), explodes (above 100) or is not finite says so in words.
    Scopes are frames.  A graph of more than 150 cards is folded, scope by scope, flagged edges excepted.

    Parameters
    ----------
    subject : Graph, Flow, Node, iterable of Node, or graphviz.Digraph
        What to draw; a digraph of `dp.dot`, or any other, as it is.
    path : path, optional
        A file to write as well: its suffix says whether svg, png, pdf or dot.
    format : {"svg", "png", "pdf", "dot"}, optional
        The format, where the suffix is not to say it.
    title : str, optional
        Instead of the graph's name; a digraph has its own.

    Returns
    -------
    Picture
        It shows itself in a notebook; `picture.svg` and `picture.dot` are its texts.

    Raises
    ------
    ArgumentError
        For another format, or another subject; nothing is drawn then.
    EngineError
        Where Graphviz is missing or fails; no file is left behind.
    MissingExtraError
        For a pdf, without a system Graphviz and without the extra `pdf`.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph("a line through one point")
    >>> E = ((g.parameter("w", (), initial=3.0) * g.input("x") - g.input("y")) ** 2).named("E")
    >>> picture = dp.draw(dp.backprop(E, {"x": 2.0, "y": 1.0}))
    >>> "‖∂‖ / ‖w‖" in picture.svg
    True
    """
    from graphviz import Digraph  # when something is drawn, not when dagprop is imported

    if path is not None:
        _place(path, format)
    elif format is not None:
        arguments.word("format", format, FORMATS)
    if not isinstance(subject, Digraph):
        subject = dot(subject, title=title)
    elif title is not None:
        raise ArgumentError("a digraph has its own title: set digraph.graph_attr['label']")
    picture = Picture(subject.source)
    if path is not None:
        picture.save(path, format)
    return picture


def dot(subject: Subject, *, title: str | None = None) -> Digraph:
    """The diagram of a subject (see `draw`) as a `graphviz.Digraph`, to be extended and then drawn, or used as DOT.

    A node's id is `node-` and its name, an edge's `edge-a.to.b.slot.0.forward` or `….backward`, a scope's `scope-`
    and its name, where a `/` is written `-` and other characters that an id may not hold `.2e.` by their code.
    Classes say what each is: `operator`, `parameter`, `input`, `constant`, `folded`, `scope`, `forward`,
    `backward`, and the flag's word.  The same subject gives the same text, in `source`.

    Examples
    --------
    >>> import dagprop as dp
    >>> g = dp.Graph("line")
    >>> y = (g.parameter("w", ()) * g.input("x")).named("y")
    >>> digraph = dp.dot(y)
    >>> digraph.node("note", "the slope")
    >>> digraph.edge("note", "node-w")
    >>> "the slope" in dp.draw(digraph).svg
    True
    """
    return write(Scene(subject, title))


def to_svg(subject: Subject, *, title: str | None = None) -> str:
    """The diagram of a subject (see `draw`) as SVG, with the ids and classes that `dot` tells of."""
    return draw(subject, title=title).svg
