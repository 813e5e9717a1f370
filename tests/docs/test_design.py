"""The page on the design tells of every file."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "design.md").read_text("utf-8")
PARTS = [
    path.name + "/" * path.is_dir()
    for path in sorted((ROOT / "dagprop").iterdir())
    if (path / "__init__.py").exists() or (path.suffix == ".py" and path.name != "__init__.py")
]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_has_a_floor(part):
    assert f"`{part}`" in PAGE, f"docs/design.md does not say on which floor {part} is, and what for"
