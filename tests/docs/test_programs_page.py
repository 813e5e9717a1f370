"""The page on programs, and what `dp.compile` says of itself, tell of every pass and what it may change."""

from pathlib import Path

import pytest

import dagprop as dp
from dagprop.plugin.passes import PASSES, Change

PAGE = (Path(__file__).parents[2] / "docs" / "programs.md").read_text("utf-8")


@pytest.mark.parametrize("one", PASSES.values(), ids=PASSES)
def test_a_pass_is_there_with_what_it_may_change(one):
    (row,) = [row for row in PAGE.splitlines() if row.startswith(f"| {one.name} |")]
    assert row.endswith(f"| {one.changes.value} |")
    (told,) = [line for line in dp.compile.__doc__.splitlines() if line.strip().startswith(f"- {one.changes.value}: ")]
    assert one.name in told.split(": ")[1].split(", ")


@pytest.mark.parametrize("change", Change)
def test_what_a_pass_may_change_is_said(change):
    assert f"\n- **{change.value.capitalize()}**" in PAGE
