"""`dagprop export`: what it writes runs without dagprop."""

import subprocess
import sys

import numpy as np
import pytest

import dagprop as dp
from dagprop.cli.export import ExportError, module
from dagprop.training.checkpoints import save_parameters

ALONE = """
import sys
sys.modules["dagprop"] = None  # as where it is not installed
import numpy as np
import step
with np.load("feeds.npz") as file:
    feeds = dict(file)
value, gradients = step.step(**feeds, **step.parameters)
np.savez("found.npz", value=value, **gradients)
"""


def run_alone(folder, feeds):
    """What the exported module finds, in a Python that has no dagprop."""
    np.savez(folder / "feeds.npz", **feeds)
    (folder / "by_itself.py").write_text(ALONE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "by_itself.py"], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    with np.load(folder / "found.npz") as file:
        found = dict(file)
    return found.pop("value"), found


def test_it_runs_without_dagprop(run, model, tmp_path):
    result = run("export", model(), "--numpy", "-o", "step.py")
    assert result.exit_code == 0, result.output
    assert result.output.split() == ["step.py"]
    feeds = {"x": np.array([1.0, 2.0]), "y": np.array([3.0, 5.0])}
    value, gradients = run_alone(tmp_path, feeds)
    assert value == np.mean(feeds["y"] ** 2)
    assert gradients == {"w": -2 * np.mean(feeds["x"] * feeds["y"]), "b": -2 * np.mean(feeds["y"])}


def test_it_says_what_it_is(run, model, tmp_path):
    run("export", model(), "--numpy", "-o", "step.py")
    text = (tmp_path / "step.py").read_text(encoding="utf-8")
    assert text.startswith('"""line: the value of E and its gradients, as NumPy code.')
    assert "    value, gradients = step(x, y, **parameters)" in text
    assert "    x : (batch,) float64" in text
    assert "    w : () float64" in text
    assert "import dagprop" not in text


WIDE = """
import numpy as np
import dagprop as dp

g = dp.Graph("wide", np.float32)
x = g.input("x", ("batch", 20))
table = g.constant(np.arange(100.0).reshape(20, 5) / 100, "table", np.float32)
with g.scope("layer"):
    w = g.parameter("w", (5, 20), initial=dp.initialisers.glorot)
loss = dp.sigmoid(x @ table @ w).mean().named("E")
"""


def test_arrays_of_many_numbers_lie_beside_it(run, model, tmp_path):
    result = run("export", model(source=WIDE), "--numpy", "-o", "step.py")
    assert result.output.split() == ["step.py", "step.npz"]
    feeds = {"x": np.random.default_rng(0).normal(size=(3, 20)).astype(np.float32)}
    value, gradients = run_alone(tmp_path, feeds)
    scope = {}
    exec(WIDE, scope)
    flow = dp.backprop(scope["loss"], feeds)
    np.testing.assert_allclose(value, flow.values["E"], rtol=1e-6)
    np.testing.assert_allclose(gradients["layer/w"], flow.gradients["layer/w"], rtol=1e-4, atol=1e-7, strict=True)


def test_trained_parameters_go_into_it(run, model, tmp_path):
    save_parameters(tmp_path / "line.npz", {"w": 2.0, "b": 1.0})
    run("export", model(), "--numpy", "-o", "step.py", "--parameters", "line.npz")
    assert "'w': np.array(2.0, dtype=np.float64)," in (tmp_path / "step.py").read_text(encoding="utf-8")


OPAQUE = """
class Counter:
    def __call__(self, x):
        return x * 1

counter = Counter()

@dp.operator
def count(x):
    if x.sum() > 1e9:
        return x
    return counter(x)

@count.vjp(opaque=True)
def _(grad, x):
    return grad

loss = count(loss)
"""


def test_a_rule_that_is_not_numpy_is_refused_and_named(run, model, tmp_path):
    result = run("export", model(OPAQUE), "--numpy", "-o", "step.py")
    assert result.exit_code == 1
    assert "the step needs what cannot be written out" in result.output
    assert "counter " in result.output
    assert "Counter object" in result.output
    assert not (tmp_path / "step.py").exists()


def test_a_rule_of_plain_numpy_goes_along(run, model, tmp_path):
    ranked = '''
@dp.operator
def ranked(x):
    """Every number's rank."""
    if x.size == 0:
        return x
    return np.argsort(np.argsort(x)) * 1.0

@ranked.vjp
def _(grad, x):
    return 0 * grad

loss = (ranked(error) * error).mean()
'''
    result = run("export", model(ranked), "--numpy", "-o", "step.py")
    assert result.exit_code == 0, result.output
    feeds = {"x": np.array([1.0, 2.0]), "y": np.array([5.0, 3.0])}
    value, _ = run_alone(tmp_path, feeds)
    assert value == (0 * -5 + 1 * -3) / 2


def test_the_text_survives_any_name():
    g = dp.Graph('a """quoted""" name\\')
    w = g.parameter("lambda", (), initial=np.inf)
    text, arrays = module(dp.compile(w * w))
    scope = {}
    exec(text, scope)
    assert scope["__doc__"].startswith(g.name)
    assert list(scope["parameters"].values()) == [np.inf]
    assert arrays == {}


class Copying:
    def __call__(self, x):
        return x.copy()


def test_a_rule_that_needs_what_cannot_be_written_cannot_be_a_module():
    copying = Copying()
    op = dp.operator(lambda x: copying(x) + 0)
    op.vjp(lambda grad, x: grad)
    with pytest.raises(ExportError, match=r"copying +<.*Copying object"):
        module(dp.compile(op(dp.Graph().parameter("w", ())), wrt=[]))


@pytest.mark.parametrize("options", [["-o", "step.py"], ["--numpy", "-o", "step.txt"]])
def test_what_is_missing_or_wrong_is_told(run, model, options):
    result = run("export", model(), *options)
    assert result.exit_code == 2


def test_without_a_name_it_is_the_models(run, model, tmp_path):
    path = model()
    assert run("export", path, "--numpy").exit_code == 0
    assert (tmp_path / f"{path.stem}_step.py").exists()


def test_a_failure_leaves_what_was_there(run, model, tmp_path):
    (tmp_path / "step.py").write_text("precious", encoding="utf-8")
    assert run("export", model(OPAQUE), "--numpy", "-o", "step.py").exit_code == 1
    assert (tmp_path / "step.py").read_text(encoding="utf-8") == "precious"


def test_a_rule_that_calls_dagprop_s_operators_is_refused():
    @dp.operator
    def gated(x):
        if x.sum() > 1e9:
            return x
        return dp.sigmoid.forward(x)

    step = dp.compile(gated(dp.Graph().parameter("w", ())), wrt=[])
    with pytest.raises(ExportError, match=r"the step needs dagprop(.|\n)*import dagprop"):
        module(step)


def test_what_lies_beside_a_model_is_not_imported(run, tmp_path, monkeypatch):
    (tmp_path / "rules_beside.py").write_text("class Held:\n    def __call__(self, x): return x * 1\n\nHELD = Held()\n")
    model = tmp_path / "model_beside.py"
    model.write_text(
        "import dagprop as dp\nfrom rules_beside import HELD\n\n\n@dp.operator\ndef op(x):\n    if x.sum() > 1e9:\n"
        "        return x\n    return HELD(x)\n\n\nop.vjp(lambda grad, x: grad, opaque=True)\n"
        "loss = op(dp.Graph().parameter('w', ()))\n"
    )
    result = run("export", model, "--numpy", "-o", "step.py")
    assert result.exit_code == 1
    assert "HELD" in result.output
