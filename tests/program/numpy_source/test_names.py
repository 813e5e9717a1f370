"""Identifiers in source: like the names they stand for, valid, and all different."""

import keyword

import pytest

from dagprop.program.numpy_source.names import RESERVED, Names


@pytest.mark.parametrize("name", ["x", "layer1/w", "2nd", "x²", "ﬁ", "a b", "-", "🙂", "", "new\nline"])
def test_any_text_becomes_an_identifier(name):
    assert Names().fresh(name).isidentifier()


@pytest.mark.parametrize("name", [*RESERVED, "lambda", "None", "print"])
def test_what_python_or_the_source_calls_so_gets_a_number(name):
    assert Names().fresh(name) == f"{name}_2"


def test_one_name_asked_for_twice_is_two():
    names = Names()
    made = [names.fresh(name) for name in ("x", "x", "x_2", "a/b", "a b", "ﬁ", "fi")]
    assert made == ["x", "x_2", "x_2_2", "a_b", "a_b_2", "fi", "fi_2"]
    assert not any(map(keyword.iskeyword, made))
