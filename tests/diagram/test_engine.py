import subprocess

import pytest

from dagprop.diagram import engine

DOT = "digraph { a -> b }"


def test_each_engine_renders(each_engine):
    assert b"<svg" in engine.run(DOT, "svg")
    assert engine.run(DOT, "png").startswith(b"\x89PNG")
    assert {"svg", "png"} <= each_engine.formats


def test_the_bundled_engine_comes_first(monkeypatch):
    monkeypatch.delenv("DAGPROP_DOT", raising=False)
    monkeypatch.setattr(engine, "_pure_binary", lambda: "/somewhere/graphviz-pure")
    monkeypatch.setattr(engine.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert [each.binary for each in engine.engines()] == ["/somewhere/graphviz-pure", "/usr/bin/dot"]


def test_dagprop_dot_overrides(monkeypatch):
    monkeypatch.setenv("DAGPROP_DOT", "/no/such/dot")
    with pytest.raises(engine.EngineError, match="DAGPROP_DOT='/no/such/dot' is not a program"):
        engine.run(DOT, "svg")


def test_a_syntax_error_is_told_with_the_engine_that_found_it(each_engine):
    with pytest.raises(engine.EngineError, match=r"(?s)DAGPROP_DOT.*syntax error"):
        engine.run("digraph { a -> }", "svg")


def test_what_the_engine_complains_of_is_a_warning(each_engine):
    with pytest.warns(RuntimeWarning, match=r"DAGPROP_DOT.*drew it, and said: .*no_such_shape"):
        assert b"<svg" in engine.run("digraph { a [shape=no_such_shape] }", "svg")


def test_a_layout_that_takes_too_long_is_given_up_and_not_tried_again(monkeypatch):
    tried = []

    def late(command, **kwargs):
        if command[1] == "-Tsvg":
            tried.append(command[0])
        raise subprocess.TimeoutExpired(command, kwargs["timeout"])

    two = [engine.Engine("a test", "first-dot"), engine.Engine("a test", "second-dot")]
    monkeypatch.setattr(engine, "engines", lambda: two)
    monkeypatch.setattr(engine.Engine, "formats", {"svg"})
    monkeypatch.setattr(engine.subprocess, "run", late)
    with pytest.raises(engine.LayoutTimeoutError, match=r"first-dot.*still busy"):
        engine.run(DOT, "svg")
    assert tried == ["first-dot"]


@pytest.mark.parametrize(
    ("origin", "said", "described"),
    [
        (engine.PURE, "graphviz-pure - graphviz-pure version 0.2 (port)", "graphviz-pure version 0.2 (port) (/a/dot)"),
        (engine.SYSTEM, "dot - graphviz version 2.43 (0)", "graphviz version 2.43 (0) (system Graphviz, /a/dot)"),
        (engine.CHOSEN, "dot - graphviz version 2.43 (0)", "graphviz version 2.43 (0) (DAGPROP_DOT, /a/dot)"),
        (engine.SYSTEM, "unusable (no reply)", "unusable (no reply) (system Graphviz, /a/dot)"),
    ],
)
def test_an_engine_is_named_once(monkeypatch, origin, said, described):
    monkeypatch.setattr(engine, "_ask", lambda binary, option: said)
    assert engine.Engine(origin, "/a/dot").describe() == described


def test_without_any_engine_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(engine, "engines", list)
    with pytest.raises(engine.EngineError, match="pip install graphviz-pure"):
        engine.run(DOT, "png")
    assert engine.describe().startswith("none")


def test_the_next_engine_steps_in_with_a_warning(monkeypatch, each_engine):
    broken = engine.Engine("broken", "no-such-binary")
    monkeypatch.setattr(engine, "engines", lambda: [broken, each_engine])
    monkeypatch.setattr(engine.Engine, "formats", {"svg"})
    with pytest.warns(RuntimeWarning, match="broken"):
        assert b"<svg" in engine.run(DOT, "svg")


def test_doctor_can_name_the_engine(each_engine):
    assert each_engine.binary in engine.describe()
    assert "version" in engine.describe()
