import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import dagprop as dp
from dagprop.diagram import engine, to_svg
from dagprop.diagram.text import visible

SVG = "{http://www.w3.org/2000/svg}"

NASTY = [
    "<script>alert(1)</script>", "javascript:alert(1)", '"><a href="x">', "&amp;", "&lt;b&gt;", r"\N \G \l", "a\\",
    "\\\\", "{|}", "two  spaces", "tab\tline\nend\r", "\x01\x07\x1b[31m", "\u202eevil\u2066", "שלום", "😀 👩\u200d🚀",
    "]]>", "]", "<!--x-->", "--", "$x %n `y`", "<TABLE>", "\ufffe\uffff", "'", "&#x0;", "a;b:c", "HREF", "ᵀ‖∂",
]  # fmt: skip


def texts(svg):
    """What the picture says, text by text."""
    return [spaced(text.text or "").rstrip("\u200e") for text in ET.fromstring(svg).iter(f"{SVG}text")]


def spaced(text):
    """Text with plain spaces: Graphviz writes those that must not collapse as no-break spaces."""
    return text.replace("\xa0", " ")


def picture(name):
    g = dp.Graph(f"title {name}"[:60])
    with g.scope("s" + name.replace("/", "")[:20]):
        x = g.parameter(name[:24], (2,), initial=np.ones(2))
        flow = dp.backprop((x * x).sum().named(f"out {name}"[:24]))
    return to_svg(flow)


def check(name):
    svg = picture(name)
    tree = ET.fromstring(svg)
    assert spaced(visible(name[:24])) in texts(svg)
    assert spaced("s" + visible(name.replace("/", "")[:20])) in texts(svg)
    assert {element.tag.removeprefix(SVG) for element in tree.iter()} <= {
        "svg", "g", "title", "polygon", "path", "polyline", "text", "a", "ellipse",
    }  # fmt: skip
    assert not any(attribute.endswith("href") for element in tree.iter() for attribute in element.attrib)


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_nasty_names_show_literally(name, each_engine):
    check(name)


QUOTED = [
    "<b>",
    "<<b>x</b>>",
    "<",
    '"',
    '\\"',
    r'\\" [x=y] "',
    "graph",
    "Strict",
    "1",
    "-.5",
    "a:b:c",
    "é",
    "&gt;",
    *NASTY,
]
"""And what DOT, or the package that writes it, could take for markup, an end, a keyword, a number or a port."""


@pytest.mark.parametrize("name", QUOTED, ids=range(len(QUOTED)))
def test_title_and_tooltips_are_literal(name, each_engine):
    g = dp.Graph(name)
    svg = ET.fromstring(to_svg(np.tanh(g.input(name, (2,))).named("y")))
    name = spaced(visible(name))
    assert spaced(svg.find(f"{SVG}g/{SVG}title").text) == name
    tooltips = {spaced(title) for a in svg.iter(f"{SVG}a") for title in a.attrib.values()}
    assert tooltips == {f"{name}: input (2,) float64", "y: tanh (2,) float64", f"{name} to y"}


@pytest.mark.parametrize(
    ("name", "scope"),
    [("/", "/"), (" ", " "), ("\u3000", "//"), ("a" * 20_000, "b" * 20_000), ("x", "/a"), ("x", "a//b"), (".", "..")],
    ids=range(7),
)
def test_odd_names_can_be_drawn(name, scope, each_engine):
    g = dp.Graph(name)
    with g.scope(scope):
        x = g.parameter(name, (2,), initial=np.ones(2))
    svg = to_svg(dp.backprop((x * x).sum()))
    ET.fromstring(svg)
    assert len(svg) < 100_000


@pytest.mark.parametrize("origin", [engine.PURE, engine.SYSTEM])
def test_any_name_shows_literally(origin, monkeypatch):
    monkeypatch.delenv("DAGPROP_DOT", raising=False)
    found = [each for each in engine.engines() if each.origin == origin]
    if not found:
        pytest.skip(f"no {origin} on this machine")
    monkeypatch.setenv("DAGPROP_DOT", found[0].binary)

    @settings(max_examples=60, deadline=None)
    @given(st.text(min_size=1, max_size=24).filter(lambda name: name.strip() and name.strip("/") and "\0" not in name))
    @example("a\\")
    def show(name):
        check(name)

    show()
