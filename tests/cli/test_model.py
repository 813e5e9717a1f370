"""MODEL.py: what it may define, and what is said when it does not."""

from pathlib import Path

import numpy as np
import pytest

import dagprop as dp
from dagprop.cli.model import ModelError, load
from dagprop.errors import ShapeError
from dagprop.training.optimisers import Adam, GradientDescent


def test_everything_that_a_file_may_define(model):
    defined = load(model())
    assert (defined.loss.name, defined.accuracy.name) == ("E", "accuracy")
    assert (set(defined.data), set(defined.test_data)) == ({"x", "y"}, {"x", "y"})
    assert defined.optimiser == Adam(0.1)
    assert (defined.epochs, defined.batch_size) == (50, 8)


def test_a_loss_is_enough(model):
    source = "import dagprop as dp\nw = dp.Graph().parameter('w', (), initial=1.0)\nloss = w * w\n"
    defined = load(model(source=source))
    assert (dict(defined.data), defined.accuracy) == ({}, None)
    assert defined.optimiser == GradientDescent()
    assert (defined.epochs, defined.batch_size) == (20, 32)


def test_it_may_import_what_lies_beside_it(model, tmp_path):
    (tmp_path / "beside_the_model.py").write_text("rate = 0.25\n", encoding="utf-8")
    path = model("import beside_the_model\noptimiser = dp.optim.GradientDescent(beside_the_model.rate)\n")
    assert load(path).optimiser == GradientDescent(0.25)


def test_it_may_define_classes_and_operators(model):
    path = model(
        "import dataclasses\n"
        "@dataclasses.dataclass\nclass Slow:\n    learning_rate: float = 0.1\n"
        "    def initial(self, w): return ()\n"
        "    def update(self, w, g): return (w - self.learning_rate * g,)\n"
        "optimiser = Slow()\n"
        "@dp.elementwise\ndef double(x): return 2 * x\n"
        "@double.derivative\ndef _(x): return 2.0\n"
        "loss = double(loss)\n"
    )
    defined = load(path)
    flow = dp.backprop(defined.loss, defined.data)
    assert flow.gradients["E"] == 2
    assert defined.optimiser.learning_rate == 0.1


def test_the_example_is_a_model():
    example = Path(__file__).parents[2] / "examples" / "digits.py"
    defined = load(example)
    assert np.isfinite(dp.forward(defined.loss, defined.data))


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("del loss", "loss +is missing"),
        ("losses = loss; del loss", "loss +is missing. Did you mean losses"),
        ("optimizer = optimiser; del optimiser", "optimizer +is spelt optimiser here"),
        ("loss = 3.0", "is of type float, not a node"),
        ("loss = error", r"loss +is the node subtract_0, \(batch,\) float64, not a scalar"),
        ("accuracy = 'high'", "accuracy .*of type str"),
        ("data = [1, 2]", "of type list, not a dict"),
        ("test_data = {x: 1}", "test_data"),
        ("optimiser = dp.Graph", "the class Graph: call it"),
        ("optimiser = 0.1", "of type float, which has no update rule"),
        ("epochs = 0", "epochs .*0, not a whole number"),
        ("batch_size = 2.5", "batch_size"),
    ],
)
def test_what_is_wrong_is_named_and_the_convention_shown(model, added, said):
    with pytest.raises(ModelError, match=said) as caught:
        load(model(added))
    assert "loss        a node: the scalar to minimise" in str(caught.value)


def test_an_error_in_the_file_is_told_with_its_line(model):
    with pytest.raises(ModelError, match=r"model\.py:15 +z = y \+ undefined\n +reason +NameError: .*'undefined'"):
        load(model("\nz = y + undefined\n"))


def test_a_syntax_error_is_told_with_its_line(model):
    with pytest.raises(ModelError, match=r"model\.py\", line 14\n.*\n.*\nSyntaxError"):
        load(model("z = = 3\n"))


def test_an_error_of_dagprops_own_stays_as_it_is(model):
    with pytest.raises(ShapeError, match=r"model\.py:14"):
        load(model("z = x @ g.input('v', (2, 3))\n"))
