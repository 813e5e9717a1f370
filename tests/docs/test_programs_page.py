"""The page on programs tells of every pass."""

from pathlib import Path

import pytest

from dagprop.program.passes import PASSES

PAGE = (Path(__file__).parents[2] / "docs" / "programs.md").read_text("utf-8")


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_is_there(name):
    assert f"\n| {name} |" in PAGE
