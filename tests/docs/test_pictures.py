"""The pictures of the documentation are what the script beside them draws."""

import re
import runpy
from pathlib import Path

import pytest

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    runpy.run_path(str(PICTURES / "make.py"))["main"](folder)
    return folder


@pytest.mark.parametrize("name", ["saturated", "healthy", "layers"])
def test_they_show_the_same_cards_and_edges(drawn, name):
    """Where those lie, and the last digits, are another Graphviz's and another processor's business."""

    def parts(path):
        return re.findall(r'<g id="([^"]*)" class="([^"]*)"', path.read_text("utf-8"))

    committed = parts(PICTURES / f"{name}.svg")
    assert committed
    assert parts(drawn / f"{name}.svg") == committed


def test_the_first_one_shows_why_the_gradient_vanishes(drawn):
    text = (drawn / "saturated.svg").read_text("utf-8")
    assert "saturated units: 91 %" in text
    assert "vanishing" in text
    assert "saturated units" not in (drawn / "healthy.svg").read_text("utf-8")
