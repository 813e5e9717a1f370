"""How messages are laid out, and that each error is also the built-in exception a caller would expect."""

import pytest

from dagprop import errors


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (errors.ArgumentError, TypeError),
        (errors.ArgumentError, ValueError),
        (errors.ShapeError, ValueError),
        (errors.OperandError, TypeError),
        (errors.PositionError, IndexError),
        (errors.RuleError, RuntimeError),
        (errors.GradientError, TypeError),
        (errors.GraphError, ValueError),
        (errors.UnknownError, KeyError),
        (errors.FeedError, ValueError),
        (errors.NonFiniteError, ArithmeticError),
        (errors.PluginError, RuntimeError),
        (errors.MissingExtraError, ImportError),
    ],
)
def test_an_error_is_dagprops_and_a_builtin_one(error, builtin):
    assert issubclass(error, errors.DagpropError)
    assert issubclass(error, builtin)


def test_a_key_error_shows_its_message_unquoted():
    assert str(errors.UnknownError("there is no 'x'")) == "there is no 'x'"


def test_rows_are_aligned_and_empty_ones_left_out():
    assert errors.report("headline", [("a", "1"), ("operand", ""), ("bcd", "2")], advice="Do this.") == (
        "headline\n  a      1\n  bcd    2\n  to do  Do this."
    )
    assert errors.report("headline") == "headline"


def test_the_users_line(tmp_path):
    file = tmp_path / "model.py"
    file.write_text("import x\n    y = a @ b  # here\n", "utf-8")
    assert errors.source_line((str(file), 2)) == f"{file}:2  y = a @ b  # here"
    assert errors.source_line(("<stdin>", 3)) == "<stdin>:3"
    assert errors.source_line(None) == ""


def test_suggestions():
    assert errors.suggestion("sofmax", ["softmax", "softplus", "tanh"]) == "Did you mean softmax?"
    assert errors.suggestion("log_softmx", ["log_softmax", "softmax"]) == "Did you mean log_softmax or softmax?"
    assert errors.suggestion("x", ["X", "y"]) == "Did you mean X?"  # nothing but the case is wrong
    assert errors.suggestion("qqq", ["softmax"]) == ""


def test_a_missing_extra_says_what_to_type():
    assert str(errors.missing_extra("SymPy", "symbols", "Writing equations")) == (
        "Writing equations needs SymPy: pip install 'dagprop[symbols]'"
    )
