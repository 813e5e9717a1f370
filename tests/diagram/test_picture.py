import builtins
import re
import xml.etree.ElementTree as ET

import graphviz
import pytest

import dagprop as dp
from dagprop.diagram import FORMATS, draw, engine, picture
from dagprop.errors import MissingExtraError

STARTS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_by_its_suffix(flow, tmp_path, each_engine, kind):
    draw(flow, tmp_path / f"flow.{kind}")
    assert (tmp_path / f"flow.{kind}").read_bytes().startswith(STARTS[kind])


def test_a_format_may_be_named(flow, tmp_path):
    draw(flow, tmp_path / "flow", format="dot")
    draw(flow, tmp_path / "FLOW.DOT")
    assert (tmp_path / "flow").read_text(encoding="utf-8") == (tmp_path / "FLOW.DOT").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["flow.gif", "flow", "flow.svg.exe"])
def test_other_formats_are_refused_with_those_there_are(flow, tmp_path, name):
    with pytest.raises(ValueError, match="svg, png, pdf or dot"):
        draw(flow, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_failure_leaves_no_file_and_what_was_there_as_it_was(flow, tmp_path, monkeypatch, each_engine):
    old = tmp_path / "flow.svg"
    old.write_text("before", encoding="utf-8")
    broken = draw(flow)
    broken.dot = broken.dot.replace("<TABLE", "<TABEL")
    for name in ("flow.svg", "new.png"):
        with pytest.raises(engine.EngineError):
            broken.save(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["flow.svg"]
    assert old.read_text(encoding="utf-8") == "before"


def test_pdf_without_a_system_graphviz_is_made_of_the_svg(flow, tmp_path, monkeypatch):
    pytest.importorskip("svglib")
    monkeypatch.setattr(picture.engine, "engine_for", lambda kind: None)
    draw(flow, tmp_path / "flow.pdf")
    assert (tmp_path / "flow.pdf").read_bytes().startswith(b"%PDF")


def test_pdf_without_the_extra_says_what_to_install(flow, tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith(("svglib", "reportlab")):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(picture.engine, "engine_for", lambda kind: None)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"dagprop\[pdf\]"):
        draw(flow, tmp_path / "flow.pdf")
    assert not list(tmp_path.iterdir())


def test_a_picture_shows_itself_in_a_notebook(flow):
    shown = draw(flow, title="step 1")._repr_svg_()
    assert ET.fromstring(shown) is not None
    assert "step 1" in shown
    assert "lines of DOT" in repr(draw(flow))


def test_large_pictures_of_pixels_are_scaled_down(tmp_path, each_engine):
    wide = "digraph { rankdir=LR; a [width=400] }"
    png = engine.run(wide, "png")
    assert int.from_bytes(png[16:20], "big") < 10_500


def test_a_diagram_can_be_added_to_and_drawn(flow, tmp_path, each_engine):
    digraph = flow.dot(title="annotated")
    digraph.node("note", "look here", id="my-note")
    digraph.edge("note", "node-a0", id="my-edge")
    draw(digraph, tmp_path / "flow.svg")
    groups = {group.get("id") for group in ET.parse(tmp_path / "flow.svg").iter("{http://www.w3.org/2000/svg}g")}
    assert {"my-note", "my-edge", "node-a0", "edge-z0.to.a0.slot.0.backward"} <= groups
    assert "look here" in (tmp_path / "flow.svg").read_text("utf-8")
    assert "my-note" not in draw(flow).dot


def test_what_a_diagram_looks_like_can_be_changed(flow, each_engine):
    def width(drawn):
        return float(re.search(r'width="([\d.]+)pt"', drawn.svg)[1])

    digraph = dp.dot(flow.graph)
    digraph.graph_attr["ranksep"] = "2"
    assert width(draw(digraph)) > 1.3 * width(draw(flow.graph))


def test_any_digraph_can_be_drawn(each_engine):
    digraph = graphviz.Digraph("mine", body=["\ta -> b\n"])
    assert draw(digraph).dot == digraph.source
    assert "<title>mine</title>" in draw(digraph).svg


def test_a_digraph_has_its_own_title(flow):
    with pytest.raises(TypeError, match="graph_attr"):
        draw(flow.dot(), title="another")


def test_the_package_renders_a_diagram_too(flow, tmp_path, monkeypatch):
    if not any(each.origin == engine.SYSTEM for each in engine.engines()):
        pytest.skip("graphviz runs the system's dot, and there is none")
    monkeypatch.chdir(tmp_path)
    digraph = dp.dot(flow, title="../outside")
    assert digraph.render(format="svg") == "diagram.gv.svg"
    assert digraph.source == (tmp_path / "diagram.gv").read_text("utf-8")
    assert b"../outside" in (tmp_path / "diagram.gv.svg").read_bytes()
