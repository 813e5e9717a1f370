"""The reference has everything public."""

from pathlib import Path

import pytest

import dagprop

PAGE = (Path(__file__).parents[2] / "docs" / "reference.md").read_text("utf-8")


@pytest.mark.parametrize("name", dagprop.__all__)
def test_a_public_name_is_there(name):
    assert f":: dagprop.{name}" in PAGE, f"docs/reference.md does not tell of dp.{name}"
