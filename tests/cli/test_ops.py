"""`dagprop ops`."""

import dagprop as dp


def test_every_operator_is_listed(run):
    result = run("ops")
    assert result.exit_code == 0
    assert f"{len(dp.registry)} operators" in result.output
    assert all(op.id in result.output for op in dp.registry)


def test_what_is_said_of_one(run):
    result = run("ops", "--search", "core:sum")
    (line,) = (line for line in result.output.splitlines() if "core:sum " in line)
    for said in ("x", "axis=None, keepdims=False", "np.sum"):
        assert said in line
    assert f"core  {dp.registry['core:sum'].owner}\n" in result.output


def test_functions_go_by_the_names_one_calls_them_by(run):
    assert "np.linalg.norm" in run("ops", "--search", "linalg").output
    assert " operator.getitem" in run("ops", "--search", "getitem").output


def test_search_goes_through_ids_descriptions_and_numpy_names(run):
    assert "core:power" in run("ops", "--search", "np.power").output
    assert "core:matmul" in run("ops", "--search", "MATMUL").output


def test_brackets_are_printed_as_they_are(run):
    line = next(line for line in run("ops", "--search", "core:getitem").output.splitlines() if "core:getitem" in line)
    assert "x[" in line.replace(" ", "")


def test_nothing_found(run):
    result = run("ops", "--search", "no such thing")
    assert (result.exit_code, "No operator" in result.output) == (1, True)
