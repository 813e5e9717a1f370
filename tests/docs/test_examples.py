"""The examples run, and give what NumPy gives."""

import runpy
from pathlib import Path

import numpy as np

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_network_written_as_a_networkx_graph(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    made = runpy.run_path(str(EXAMPLES / "networkx_model.py"))
    X, y = made["feeds"].values()
    first = made["g"].initial_values()
    hidden = np.tanh(np.tanh(X @ first["w0"]) @ first["w1"])
    np.testing.assert_allclose(made["after"].values["E"], np.mean((hidden @ first["w2"] - y) ** 2))
    np.testing.assert_allclose(
        made["after"].gradients["w2"], hidden.T @ (2 / len(X) * (hidden @ first["w2"] - y)), rtol=1e-10
    )
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "every way from X to E leads through X, z0, a0, joined, a1, z2, error, squared, E"
    assert said[1] == "the longest way: X → z0 → a0 → z1 → joined → a1 → z2 → error → squared → E"
    assert said[2].startswith("w0 reaches E along 2 ways")
    assert said[3] in (f"to part joined from a0, cut a0 → joined and {rest}" for rest in ("a0 → z1", "z1 → joined"))
    assert {path.name for path in tmp_path.iterdir()} == {"networkx_model.svg", "networkx_model.graphml"}
