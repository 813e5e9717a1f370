"""How Sphinx builds these pages.  Neither it nor they need a network: mathematics becomes MathML."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib.metadata import version as installed
from typing import Any

import numpy as np
from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

import dagprop.operators
from dagprop import Operator
from dagprop.cli.ops import called, equation

project = "dagprop"
author = "The dagprop authors"
copyright = "2026, The dagprop authors"
release = installed("dagprop")

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
default_role = "code"
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_type_aliases = {name: name for name in ("ArrayLike", "DTypeLike", "ShapeLike", "Arrays", "Style")}
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False

html_theme = "furo"
html_title = f"dagprop {release}"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#5B4A8A", "color-brand-content": "#1F5FA8"},
    "dark_css_variables": {"color-brand-primary": "#B3A5DB", "color-brand-content": "#7FB0E6"},
}
pygments_style = "friendly"


def inline_math(writer: HTML5Translator, node: nodes.math) -> None:
    writer.body.append(convert(node.astext()))
    raise nodes.SkipNode


def block_math(writer: HTML5Translator, node: nodes.math_block) -> None:
    text = node.astext().replace("{aligned}", "{align*}")  # which latex2mathml knows
    writer.body.append(convert(text, display="block"))
    raise nodes.SkipNode


def operator_tables() -> Iterator[str]:
    """A table for every pack that comes with dagprop: what it says of itself, and its operators."""
    for found in pkgutil.iter_modules(dagprop.operators.__path__):
        pack = importlib.import_module(f"dagprop.operators.{found.name}")
        if not hasattr(pack, "OPERATORS"):
            continue
        yield f"### {found.name.replace('_', ' ').capitalize()}\n\n{inspect.getdoc(pack)}\n"
        numpy = ("NumPy", "---") if any(op.numpy for op in pack.OPERATORS) else ()
        rows = [("operator", "what it is", *numpy[:1]), ("---", "---", *numpy[1:])]
        for op in sorted(pack.OPERATORS, key=lambda op: op.name):
            answers = ", ".join(f"`{called(function)}`" for function in op.numpy)
            rows.append((f"`{op.signature}`", description(op), answers)[: len(rows[0])])
        yield "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def description(op: Operator) -> str:
    """What an operator says of itself; a ufunc, which NumPy describes, as it is written."""
    ufunc = isinstance(op.forward, np.ufunc)
    said = equation(op) if ufunc else (inspect.getdoc(op) or "").partition("\n")[0]
    return re.sub(r"([|*_])", r"\\\1", said)


def fill_in(_: Sphinx, page: str, source: list[str]) -> None:
    if page == "operators":
        source[0] = source[0].replace("% operators", "\n".join(operator_tables()))


SMALLEST = 0.36
"""How far a diagram is scaled down before it scrolls; a click opens it at its own size."""


def fit_pictures(app: Sphinx, page: nodes.document) -> None:
    for image in page.findall(nodes.image):
        file = app.srcdir / image["uri"]  # where there is none, Sphinx says so
        width = re.search(r'<svg[^>]* width="([\d.]+)pt"', file.read_text("utf-8")) if file.exists() else None
        if width:
            image["width"] = f"{SMALLEST * float(width[1]) * 4 / 3:.0f}px"


def name_aliases(*signature: Any) -> tuple[str | None, str | None]:
    """Call a type by its alias also where it is part of a union."""
    *_, arguments, result = signature
    shown = [text and re.sub(r"TypeAliasForwardRef\('(\w+)'\)", r"\1", text) for text in (arguments, result)]
    return shown[0], shown[1]


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-signature", name_aliases)
    app.connect("doctree-read", fit_pictures)
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    app.connect("source-read", fill_in)
