"""`dagprop check`."""

WRONG = """
@dp.elementwise
def cube(x):
    return x**3
@cube.derivative
def _(x):
    return 2 * x**2
loss = cube(loss).named("wrong")
"""


def test_a_model_whose_derivatives_are_right(run, model):
    result = run("check", model())
    assert result.exit_code == 0, result.output
    assert "E by w" in result.output
    assert " are right." in result.output


def test_a_model_without_data_cannot_be_checked(run, model):
    result = run("check", model("data = {}\n"))
    assert (result.exit_code, "defines no `data`" in result.output) == (2, True)


def test_a_wrong_rule_is_named(run, model):
    result = run("check", model(WRONG))
    assert result.exit_code == 1
    assert "WRONG" in result.output
    assert "cube" in result.output.split("look at ")[1]
