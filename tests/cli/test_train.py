"""`dagprop train`."""

import re

import pytest

from dagprop.training.checkpoints import load_parameters


def test_it_trains_and_measures(run, model):
    result = run("train", model())
    assert result.exit_code == 0, result.output
    assert "250 steps of Adam(learning_rate=0.1" in result.output
    assert re.search(r"training data  loss .*e-.* accuracy 1 ", result.output)
    assert "held-out data" in result.output


def test_options_go_before_the_file(run, model):
    result = run("train", model(), "--epochs", 2, "--batch-size", 30, "--learning-rate", 0.5)
    assert "4 steps of Adam(learning_rate=0.5" in result.output


def test_saved_parameters_can_be_gone_on_with(run, model, tmp_path):
    run("train", model(), "--save", "line.npz")
    saved = load_parameters(tmp_path / "line.npz")
    assert (saved["w"], saved["b"]) == (pytest.approx(2, abs=0.01), pytest.approx(1, abs=0.01))
    result = run("train", model(), "--parameters", "line.npz", "--epochs", 1, "--learning-rate", 1e-6)
    assert float(re.search(r"training data +loss (\S+)", result.output)[1]) < 1e-4


def test_parameters_of_another_format_are_refused_before_the_work(run, model, monkeypatch):
    monkeypatch.setattr("dagprop.cli.train.Training", lambda *_, **__: pytest.fail("it is trained"))
    result = run("train", model(), "--save", "line.safetensors")
    assert result.exit_code == 1
    assert "parameters are saved as NumPy's .npz" in result.output


def test_the_seed_decides(run, model, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run("train", model(), "--epochs", 1, "--seed", seed, "--save", f"{name}.npz")
    a, b, c = (load_parameters(tmp_path / f"{name}.npz")["w"] for name in "abc")
    assert a == b != c


INTERRUPTED = """

@dp.operator
def interrupted(x):
    if x.size == 8 and x.sum() < 8:  # a minibatch, some steps on
        raise KeyboardInterrupt
    return x * 1

@interrupted.vjp
def _(grad, x):
    return grad

loss = interrupted(error**2).mean()
"""


def test_ctrl_c_keeps_the_parameters_so_far(run, model, tmp_path):
    result = run("train", model(INTERRUPTED), "--save", "line.npz")
    assert result.exit_code == 130
    assert re.search(r"interrupted after +\d+ steps", result.output)
    assert load_parameters(tmp_path / "line.npz")["w"] != 0


def test_a_model_without_data_cannot_be_trained(run, model):
    result = run("train", model("data = {}\n"))
    assert (result.exit_code, "defines no `data`" in result.output) == (2, True)


def test_a_loss_without_inputs_needs_none(run, model):
    source = "import dagprop as dp\nw = dp.Graph('x²').parameter('w', (), initial=5.0)\nloss = w**2\n"
    result = run("train", model(source=source), "--epochs", 10, "--learning-rate", 0.5)
    assert "training data  loss 0 " in result.output


def test_a_rate_for_an_optimiser_without_one_is_refused(run, model):
    path = model("class Still:\n    initial = update = lambda self, w, *rest: (w, *rest)\noptimiser = Still()\n")
    result = run("train", path, "--learning-rate", 1)
    assert (result.exit_code, "no learning rate" in result.output) == (2, True)


def test_a_loss_that_diverges_is_a_message_not_a_traceback(run, model, tmp_path):
    result = run("train", model(), "--learning-rate", 1e200, "--save", "line.npz")
    assert result.exit_code == 1
    assert result.output.startswith("Error: step 2 (epoch 1): the loss, a gradient or what the step makes is not")
    assert "Traceback" not in result.output
    assert not (tmp_path / "line.npz").exists()


def test_parameters_that_do_not_fit_are_told(run, model, tmp_path):
    from dagprop.training.checkpoints import save_parameters

    save_parameters(tmp_path / "other.npz", {"w": [1.0, 2.0]})
    result = run("train", model(), "--parameters", "other.npz")
    assert (result.exit_code, "the parameter 'w'" in result.output) == (1, True)


def test_a_file_that_cannot_hold_parameters_is_refused_before_the_training(run, model, tmp_path):
    result = run("train", model(), "--save", "line.safetensors")
    assert result.exit_code == 1
    assert result.output.startswith("Error: parameters are saved as NumPy's .npz")
    assert not (tmp_path / "line.safetensors").exists()
