"""Every derivative against finite differences of SciPy's own function, twice over."""

import math
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest
from scipy import special

import dagprop as dp

# The function, and points inside its domain for each of its operands (an order is a plain number).
POSITIVE = np.array([0.3, 0.8, 1.7, 4.2])
REAL = np.array([-2.1, -0.4, 0.7, 3.3])
SHARE = np.array([0.15, 0.3, 0.62, 0.85])
CASES = {
    "erf": (REAL,),
    "erfc": (REAL,),
    "erfcx": (REAL,),
    "erfinv": (2 * SHARE - 1,),
    "ndtr": (REAL,),
    "log_ndtr": (REAL,),
    "ndtri": (SHARE,),
    "gamma": (np.array([-2.6, -0.3, 0.4, 5.5]),),
    "gammaln": (np.array([-2.6, -0.3, 0.4, 5.5]),),
    "psi": (np.array([-2.6, -0.3, 0.4, 5.5]),),
    "polygamma": (2, POSITIVE),
    "beta": (POSITIVE, POSITIVE[::-1]),
    "betaln": (POSITIVE, POSITIVE[::-1]),
    "gammainc": (1.5, POSITIVE),
    "j0": (REAL,),
    "j1": (REAL,),
    "jv": (2.5, POSITIVE),
    "y0": (POSITIVE,),
    "y1": (POSITIVE,),
    "yv": (0.5, POSITIVE),
    "i0": (REAL,),
    "i1": (REAL,),
    "iv": (3, REAL),
    "i0e": (REAL,),
    "i1e": (REAL,),
    "ive": (1, REAL),
    "k0": (POSITIVE,),
    "k1": (POSITIVE,),
    "kv": (1.3, POSITIVE),
    "expit": (REAL,),
    "logit": (SHARE,),
    "log_expit": (REAL,),
    "xlogy": (REAL, POSITIVE),
    "xlog1py": (REAL, SHARE - 0.5),
    "entr": (POSITIVE,),
    "rel_entr": (POSITIVE, POSITIVE[::-1]),
    "kl_div": (POSITIVE, POSITIVE[::-1]),
}


def slope(function, x, h=1e-3):
    """f' at x by a five-point rule, whose error is of order h⁴."""
    near = (function(x + h) - function(x - h)) * 8
    far = function(x + 2 * h) - function(x - 2 * h)
    return (near - far) / (12 * h)


def on_nodes(name, operands):
    """The operator on one input node for each array, those nodes, and the feeds."""
    g = dp.Graph(name)
    feeds = {f"x{i}": operand for i, operand in enumerate(operands) if isinstance(operand, np.ndarray)}
    nodes = {key: g.input(key, value.shape, value.dtype) for key, value in feeds.items()}
    args = [nodes.get(f"x{i}", operand) for i, operand in enumerate(operands)]
    return dp.registry[f"special:{name}"](*args), nodes, feeds


def test_every_operator_has_a_case():
    (plugin,) = (p for p in dp.registry.plugins if p.name == "special")
    assert {op.name for op in plugin.operators} == set(CASES)


def test_no_short_name_is_also_cores():
    core = {op.name for op in dp.registry if op.namespace == "core"}
    assert core.isdisjoint(CASES)


def test_the_plugin_is_found_by_its_entry_point():
    (entry,) = entry_points(group="dagprop", name="special")
    assert dp.registry["erf"].owner == f"{entry.dist.name} {entry.dist.version}"


@pytest.mark.parametrize("name", CASES)
def test_value_is_scipys(name):
    out, _, feeds = on_nodes(name, CASES[name])
    assert np.array_equal(dp.forward(out, feeds), getattr(special, name)(*CASES[name]))


@pytest.mark.parametrize("name", CASES)
def test_first_derivative(name):
    operands = CASES[name]
    out, nodes, feeds = on_nodes(name, operands)
    for slot, key in ((int(key[1:]), key) for key in nodes):
        expected = slope(
            lambda x, slot=slot: getattr(special, name)(*operands[:slot], x, *operands[slot + 1 :]), operands[slot]
        )
        got = dp.forward(dp.gradient(out, nodes[key]), feeds)
        assert got == pytest.approx(expected, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_second_derivatives_also_mixed(name):
    operands = CASES[name]
    out, nodes, feeds = on_nodes(name, operands)
    for node in nodes.values():
        first = dp.gradient(out, node)
        for key, other in nodes.items():
            expected = slope(lambda x, key=key, first=first: dp.forward(first, {**feeds, key: x}), feeds[key])
            got = dp.forward(dp.gradient(first, other), feeds)
            assert got == pytest.approx(expected, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_float32_stays_float32(name):
    operands = [x.astype(np.float32) if isinstance(x, np.ndarray) else x for x in CASES[name]]
    out, nodes, feeds = on_nodes(name, operands)
    assert out.dtype == np.float32
    assert dp.forward(out, feeds).dtype == np.float32
    assert all(dp.gradient(out, node).dtype == np.float32 for node in nodes.values())


def test_scipy_is_not_imported_for_a_model_without_special_functions():
    code = """
import sys
import numpy as np
import dagprop as dp

g = dp.Graph()
x, w = g.input("x", ("n", 3)), g.parameter("w", (3, 2))
E = dp.sigmoid(np.exp(x) @ w).mean()
feeds = {"x": np.ones((4, 3))}
assert dp.backprop(E, feeds).gradients["w"].shape == (3, 2)
assert dp.compile(E, wrt=[w])(feeds)[1]["w"].shape == (3, 2)
assert "erf" in dp.registry and "scipy" not in sys.modules
assert dp.erf(0.0) == 0 and "scipy" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_scipys_own_ufunc_takes_nodes_and_broadcasts():
    g = dp.Graph()
    x, y = g.input("x", (2, 1)), g.input("y", (3,))
    out = special.xlogy(x, y)
    assert (out.operator.id, out.shape) == ("special:xlogy", (2, 3))
    flow = dp.backprop(out.sum(), {"x": [[1.0], [2.0]], "y": [1.0, 2.0, 4.0]}, wrt=[x, y])
    assert flow.gradients["x"] == pytest.approx(np.full((2, 1), math.log(8)))
    assert flow.gradients["y"] == pytest.approx(np.array([3, 1.5, 0.75]))


def test_xlogy_at_the_point_it_was_made_for():
    g = dp.Graph()
    x, y = g.input("x"), g.input("y")
    flow = dp.backprop(special.xlogy(x, y), {"x": 0.0, "y": 0.0}, wrt=[y])
    assert flow.values[flow.of] == 0
    assert flow.gradients["y"] == 0


def test_log_ndtr_keeps_its_slope_where_the_density_underflows():
    g = dp.Graph()
    x = g.input("x")
    slopes = [dp.forward(dp.gradient(special.log_ndtr(x), x), {"x": at}) for at in (-1e4, -40.0, 50.0)]
    # the inverse Mills ratio is −x − 1/x + … far to the left
    assert slopes[:2] == pytest.approx([1e4 + 1e-4, 40.02497], rel=1e-7)
    assert slopes[2] == 0


def test_an_order_is_a_number():
    g = dp.Graph()
    order, x = g.input("order"), g.input("x")
    with pytest.raises(TypeError, match="jv: the order is a number, not <Node order"):
        special.jv(order, x)


def test_an_order_out_of_range_is_refused():
    x = dp.Graph().input("x")
    for order in (-1, 0.5):
        with pytest.raises(dp.errors.ShapeError, match=f"the order is a whole number, at least 0, not {order}"):
            dp.polygamma(order, x)
    with pytest.raises(dp.errors.ShapeError, match="the order is greater than 0, not 0"):
        special.gammainc(0, x)


def test_the_readme_lists_every_operator():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert [name for name in CASES if f"`{name}`" not in readme] == []


def test_a_program_runs_scipys_loops_natively():
    pytest.importorskip("dagprop.program._tape")
    from dagprop.program.lowering import CALL

    g = dp.Graph()
    x = g.input("x", (50,))
    loss = (special.erf(x) * special.gammaln(x + 2)).sum()
    feeds = {"x": np.linspace(0.1, 3, 50)}
    step = dp.compile(loss, wrt=[x], executor="tape")
    value, gradients = step(feeds)
    expected, slopes = dp.compile(loss, wrt=[x], executor="numpy")(feeds)
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    np.testing.assert_allclose(gradients["x"], slopes["x"], rtol=1e-13)
    steps = step.plan.steps
    assert {special.erf, special.gammaln, special.psi} <= {instruction.function for instruction in steps}
    assert all(instruction.kind != CALL for instruction in steps)
