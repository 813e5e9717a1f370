"""`dagprop draw`."""

import xml.etree.ElementTree as ET

import pytest

from dagprop.training.checkpoints import save_parameters


def test_the_gradient_flow_of_a_minibatch(run, model, tmp_path):
    result = run("draw", model(), "-o", "flow.svg")
    assert result.exit_code == 0, result.output
    assert result.output.strip() == "flow.svg"
    assert ET.parse(tmp_path / "flow.svg").getroot().tag.endswith("svg")


def test_saved_parameters_make_another_picture(run, model, tmp_path):
    save_parameters(tmp_path / "line.npz", {"w": 2.0, "b": 0.5})
    run("draw", model(), "-o", "first.dot")
    run("draw", model(), "-o", "trained.dot", "--parameters", "line.npz")
    first, trained = ((tmp_path / name).read_text(encoding="utf-8") for name in ("first.dot", "trained.dot"))
    assert first != trained


def test_without_data_the_graph_alone_is_drawn(run, model, tmp_path):
    run("draw", model(), "-o", "flow.dot")
    run("draw", model("data = {}\n"), "-o", "graph.dot")
    flow, graph = ((tmp_path / name).read_text(encoding="utf-8") for name in ("flow.dot", "graph.dot"))
    assert flow.count(".backward") > graph.count(".backward") == 0


@pytest.mark.parametrize("name", ["flow.gif", "flow"])
def test_another_format_is_refused_before_anything_runs(run, model, name):
    result = run("draw", model("raise SystemExit('was run')\n"), "-o", name)
    assert result.exit_code == 2
    assert "svg, png, pdf, dot" in result.output


def test_a_folder_that_cannot_be_written_is_a_message(run, model, tmp_path):
    (tmp_path / "taken").touch()
    result = run("draw", model(), "-o", "taken/flow.dot")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
