"""The page on what operators can say shows every door."""

from pathlib import Path

import pytest

import dagprop as dp
from dagprop.plugin.declaring import Options
from dagprop.plugin.interpretation import Interpretation, Simplification

PAGE = (Path(__file__).parents[2] / "docs" / "operators_say.md").read_text("utf-8")
DOORS = [name for name, table in vars(dp.Operator).items() if isinstance(table, Interpretation | Simplification)]


def test_there_are_doors():
    assert {"expand", "lower", "source", "simplify", "symbol", "tidy"} <= set(DOORS)


@pytest.mark.parametrize("name", DOORS)
def test_a_door_has_a_section_and_an_example(name):
    _, found, section = PAGE.partition(f"\n## {name}: ")
    assert found, f"docs/operators_say.md has no section on {name}"
    assert f".{name}" in section.partition("\n## ")[0]


@pytest.mark.parametrize("option", Options.__annotations__)
def test_an_option_is_told(option):
    assert f"`{option}=" in PAGE, f"docs/operators_say.md does not tell of {option}="
