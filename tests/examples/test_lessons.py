"""Every lesson, on its numbers.  What took how long is printed by lesson 1, and not judged here."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from alone import run_alone

from dagprop.program import Program

LESSONS = Path(__file__).parents[2] / "examples" / "lessons"
PAGES = Path(__file__).parents[2] / "docs" / "lessons"
SCRIPTS = sorted(LESSONS.glob("[0-9]*.py"))


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch):
    monkeypatch.syspath_prepend(LESSONS)


@pytest.fixture(autouse=True)
def _sources_run_alone(monkeypatch):
    """The source of every program that a lesson runs gives what the program gives, without dagprop."""
    call, seen = Program.__call__, set()

    def held(self, feeds=None):
        alone = None if self in seen else run_alone(self, feeds or {})
        seen.add(self)
        made = call(self, feeds)
        if alone is not None:
            np.testing.assert_allclose(made[0], alone[0], rtol=1e-5)
        return made

    monkeypatch.setattr(Program, "__call__", held)


@pytest.fixture
def lesson(tmp_path):
    """Run a lesson's main and return what it returns."""
    return lambda name: importlib.import_module(name).main(tmp_path)


def drawn(folder):
    return sorted(path.name for path in folder.glob("*.svg"))


def assert_committed(folder, *names):
    """The pages show what the lesson draws: its cards and edges, in its fonts."""
    for name in names:
        shown, made = ((place / name).read_text("utf-8") for place in (PAGES, folder))
        for part in (r'<g id="([^"]*)" class="([^"]*)"', r'font-family="([^"]*)"'):
            assert re.findall(part, made) == re.findall(part, shown) != [], f"draw docs/lessons/{name} again"


def test_there_are_eight():
    assert [int(path.name[:2]) for path in SCRIPTS] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_1_one_backward_pass_against_two_forward_passes_per_parameter(lesson, tmp_path):
    results = lesson("01_backprop_is_not_training")
    for r in results:
        assert r["backprop passes"] == [1, 1]
        assert r["difference passes"] == 2 * r["parameters"]
        assert r["largest difference"] < 1e-7
    assert [r["parameters"] for r in results] == [7, 25, 97, 385, 1537]
    assert drawn(tmp_path) == ["01_flow.svg", "01_time.svg"]


def test_1_the_passes_that_are_counted_are_run(monkeypatch):
    module = importlib.import_module("01_backprop_is_not_training")
    calls = []
    forward = module.dp.forward
    monkeypatch.setattr(module.dp, "forward", lambda *args: calls.append(args) or forward(*args))
    E, feeds, parameters = module.network(2)
    _, passes = module.finite_differences(E, feeds, parameters)
    assert passes == len(calls) == 2 * 13


def test_2_derivatives_as_numbers_and_as_formulas(lesson, tmp_path):
    sympy = pytest.importorskip("sympy")
    x = sympy.Symbol("x", real=True)
    rows, formulas, twice = lesson("02_derivatives")
    assert rows == [(-5, 25, -10), (-2, 4, -4), (0, 0, 0), (2, 4, 4), (5, 25, 10)]
    assert formulas == {
        "x²": [2 * x, 0],
        "5x³": [15 * x**2, 0],
        "3x⁴ + 2x²": [12 * x**3 + 4 * x, 0],
        "8x": [8, 0],
        "2x + 5y + 8": [2, 5],
        "(x² + x)³": [3 * (x**2 + x) ** 2 * (2 * x + 1), 0],
    }
    assert twice == (15 * x**2, 30 * x)
    assert drawn(tmp_path) == ["02_brackets.svg"]


def test_2_without_sympy_the_numbers_are_shown_all_the_same(lesson, monkeypatch, capsys):
    from dagprop.explanation import symbols

    symbols._sympy.cache_clear()
    monkeypatch.setitem(sys.modules, "sympy", None)
    rows, formulas, _ = lesson("02_derivatives")
    symbols._sympy.cache_clear()
    assert len(rows) == 5
    assert not formulas
    assert "dagprop[symbols]" in capsys.readouterr().out


def test_3_minimising_and_fitting(lesson, tmp_path):
    rates, steps, paths = lesson("03_minimising_and_fitting")
    assert rates[0.1][1:3] == pytest.approx([4.0, 3.2])
    assert rates[0.5][1] == 0.0
    assert rates[0.9][20] == pytest.approx(5 * 0.8**20)
    assert abs(rates[1.02][20]) > 5
    assert steps["½(θx² − y)²"][:3] == ([-3, 0, -3], -2, 2)
    assert steps["(θx² − y)²"][:3] == ([-6, 0, -6], -4, 4)
    assert {size: len(path) for size, path in paths.items()} == {1: 8 * 24 + 1, 6: 8 * 4 + 1, 24: 8 + 1}
    jitter = {size: np.abs(np.diff(path[len(path) // 2 :])).mean() for size, path in paths.items()}
    assert jitter[1] > jitter[6]
    assert drawn(tmp_path) == ["03_batch_size.svg", "03_fit.svg", "03_learning_rate.svg"]


def test_4_partial_derivatives(lesson, tmp_path):
    each, mean, fitted = lesson("04_partial_derivatives")
    np.testing.assert_allclose(each, [[32, -16, 8], [0, 0, 0], [-1, -1, -1]])
    np.testing.assert_allclose(mean, [31 / 3, -17 / 3, 7 / 3])
    np.testing.assert_allclose(fitted, [0, 3, 1], atol=1e-6)
    assert drawn(tmp_path) == ["04_flow.svg"]


def test_5_the_perceptron(lesson, tmp_path):
    rows, answers = lesson("05_perceptron")
    for z, a, slope, sent in rows:
        assert a == pytest.approx(1 / (1 + np.exp(-z)))
        assert sent == pytest.approx(slope) == pytest.approx(a * (1 - a))
    np.testing.assert_allclose(answers["and", "linear"], [-0.25, 0.25, 0.25, 0.75], atol=1e-3)
    np.testing.assert_allclose(answers["and", "sigmoid"], [0, 0, 0, 1], atol=0.1)
    np.testing.assert_allclose(answers["or", "sigmoid"], [0, 1, 1, 1], atol=0.1)
    np.testing.assert_allclose(answers["xor", "sigmoid"], 0.5, atol=1e-3)
    assert drawn(tmp_path) == ["05_sigmoid.svg", "05_xor.svg"]


def test_6_one_hidden_layer(lesson, tmp_path):
    derivatives, flow, hand = lesson("06_one_hidden_layer")
    assert derivatives == {
        ("z0", "X"): "w0",
        ("z0", "w0"): "X",
        ("z0", "b0"): "1",
        ("a0", "z0"): "a0 ⊙ (1 − a0)",
        ("z1", "a0"): "w1",
        ("z1", "w1"): "a0",
        ("z1", "b1"): "1",
        ("E", "z1"): "z1 − y",
        ("E", "y"): "y − z1",
    }
    for name, gradient in hand.items():
        np.testing.assert_allclose(flow.gradients[name], gradient)
    np.testing.assert_allclose(flow.values["z0"], [[0.6, 0.4]])
    assert drawn(tmp_path) == ["06_flow.svg"]
    assert_committed(tmp_path, "06_flow.svg")


def test_7_the_update_equations(lesson, tmp_path, capsys):
    symbols, numbers, differences, (before, after) = lesson("07_chain_rule")
    assert [equation.text for equation in symbols.values()] == [
        "w0 ← w0 − η · Xᵀ (((z1 − y) w1ᵀ) ⊙ a0 ⊙ (1 − a0))",
        "b0 ← b0 − η · Σ_batch ((z1 − y) w1ᵀ) ⊙ a0 ⊙ (1 − a0)",
        "w1 ← w1 − η · a0ᵀ (z1 − y)",
        "b1 ← b1 − η · Σ_batch (z1 − y)",
    ]
    assert max(differences.values()) < 1e-12
    assert after < before
    z1 = 0.5 / (1 + np.exp(-0.6)) - 0.6 / (1 + np.exp(-0.4)) + 0.2
    np.testing.assert_allclose(numbers["b1"].updated, [0.2 - 0.5 * (z1 - 1)])
    printed = capsys.readouterr().out
    for name, equation in symbols.items():
        assert equation.text in printed
        assert equation.latex in printed
        assert numbers[name].numbers_latex in printed
    document = (tmp_path / "07_update_equations.tex").read_text(encoding="utf-8")
    assert document.count("{") == document.count("}")
    assert drawn(tmp_path) == ["07_after_the_step.svg"]


def test_8_gradients_vanish_and_what_helps(lesson, tmp_path):
    norms = lesson("08_vanishing_gradients")
    first = {name: {depth: layers[0] for depth, layers in by_depth.items()} for name, by_depth in norms.items()}
    assert first["sigmoid"][20] < 1e-9 * first["sigmoid"][2]
    assert first["tanh, small start"][20] < 1e-6 * first["tanh, small start"][2]
    assert first["tanh, Glorot"][20] > 0.05 * first["tanh, Glorot"][2]
    assert first["relu, He"][20] > 0.05 * first["relu, He"][2]
    assert first["relu, Glorot"][20] < 0.01 * first["relu, Glorot"][2]
    layers = norms["sigmoid"][20]
    assert all(layers[i] < layers[i + 2] for i in range(18))
    assert "vanishing" in (tmp_path / "08_sigmoid.svg").read_text(encoding="utf-8")
    assert_committed(tmp_path, "08_sigmoid.svg", "08_relu_he.svg")


def test_a_lesson_runs_as_a_script_and_writes_where_it_is_told(tmp_path):
    out = tmp_path / "pictures"
    command = [sys.executable, "-W", "error", LESSONS / "04_partial_derivatives.py", "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True, cwd=tmp_path)
    assert "31/3, -17/3, 7/3" in done.stdout
    assert drawn(out) == ["04_flow.svg"]
    assert not drawn(tmp_path)


def test_plots_are_well_formed_and_hold_any_label(tmp_path):
    from xml.dom import minidom

    plot = importlib.import_module("_plot").plot
    plot(tmp_path / "p.svg", {"<a> & b": ([1, 10], [0.0, 0.0])}, title="<&>", x_label="x", y_label="y", log_x=True)
    texts = [t.firstChild.data for t in minidom.parse(str(tmp_path / "p.svg")).getElementsByTagName("text")]
    assert {"<a> & b", "<&>", "1e0", "1e1"} <= set(texts)
