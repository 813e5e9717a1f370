"""Commands run in this process, and models to run them on."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dagprop.cli import cli

LINE = """\
import numpy as np
import dagprop as dp

g = dp.Graph("line")
x, y = g.input("x", ("batch",)), g.input("y", ("batch",))
w, b = g.parameter("w", (), initial=0.0), g.parameter("b", (), initial=0.0)
error = w * x + b - y
loss = (error**2).mean().named("E")
accuracy = (abs(error) < 0.1).mean().named("accuracy")
data = {"x": np.linspace(-1, 1, 40), "y": 2 * np.linspace(-1, 1, 40) + 1}
test_data = {"x": np.array([0.5, -0.5]), "y": np.array([2.0, 0.0])}
optimiser = dp.optim.Adam(0.1)
epochs, batch_size = 50, 8
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run `dagprop` with arguments, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(cli, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def model(tmp_path):
    """Write a model: the straight line, with lines added below it; or other source."""

    def write(added: str = "", source: str = LINE) -> Path:
        path = tmp_path / "model.py"
        path.write_text(source + added, encoding="utf-8")
        return path

    return write
