"""The page on plugins: its package in two files does what the page says."""

import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import dagprop as dp

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text("utf-8")


@pytest.fixture
def package(monkeypatch):
    """The module that the page writes, registered as its entry point would be."""
    pytest.importorskip("scipy")
    code = next(block for block in re.findall(r"```py\n(.*?)```", PAGE, re.DOTALL) if "dagprop_operators" in block)
    module = types.ModuleType("dagprop_of_the_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(code, "plugins.md", "exec"), vars(module))
    dp.registry.register("page", module)
    yield module
    dp.registry.unregister("page")


def test_its_operators_are_right_and_work_in_graphs_formulas_and_programs(package):
    for op in (package.erf, package.erfinv):
        assert dp.check_operator(op, np.linspace(-0.8, 0.8, 5)).ok
        g = dp.Graph()
        x = g.input("x", ("n",))
        y = op(x).named("y")
        feeds = {"x": np.array([0.25, -0.5])}
        flow = dp.backprop(y.sum(), feeds, wrt=x)
        value, gradients = dp.compile(y.sum(), wrt=x)(feeds)
        np.testing.assert_allclose(value, op.ufunc(feeds["x"]).sum())
        np.testing.assert_allclose(gradients["x"], flow.gradients["x"])
        assert dp.equation(y).startswith("y = erf")
