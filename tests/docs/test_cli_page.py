"""The page on the command line tells of every command, and of every option of it."""

from pathlib import Path

import pytest

from dagprop.cli import cli

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")
SHOWN_SHORT = {"--out"}  # the headings write -o


@pytest.mark.parametrize("name", cli.commands)
def test_a_command_has_a_section_that_tells_its_options(name):
    heading = f"\n## dagprop {name}"
    assert heading in PAGE
    section = PAGE.partition(heading)[2].partition("\n## ")[0]
    options = {max(option.opts, key=len) for option in cli.commands[name].params if option.param_type_name == "option"}
    untold = sorted(option for option in options - SHOWN_SHORT if option not in section)
    assert not untold, f"docs/cli.md does not tell of {', '.join(untold)} of dagprop {name}"
