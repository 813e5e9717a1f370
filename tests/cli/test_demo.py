"""The demonstration: what it promises, on its default seed and on others."""

import re
import xml.etree.ElementTree as ET

import pytest
from rich.console import Console

from dagprop.cli.demo import pictures
from dagprop.training.digits import load_digits


def accuracy(output, which):
    return float(re.search(rf"{which} accuracy +([\d.]+)%", output)[1])


def test_it_reads_digits_and_draws_how(run, tmp_path):
    result = run("demo", "--out", tmp_path / "new folder")
    assert result.exit_code == 0, result.output
    assert accuracy(result.output, "training") >= accuracy(result.output, "held-out") >= 97
    drawn = sorted((tmp_path / "new folder").iterdir())
    assert [path.name for path in drawn] == ["demo-first-step.svg", "demo-last-step.svg"]
    assert all(ET.parse(path).getroot().tag.endswith("svg") for path in drawn)
    assert drawn[0].read_bytes() != drawn[1].read_bytes()
    assert all(str(path) in result.output for path in drawn)


@pytest.mark.parametrize("seed", [1, 2])
def test_accuracy_does_not_hang_on_the_seed(run, seed):
    assert accuracy(run("demo", "--seed", seed).output, "held-out") >= 96


def test_the_pictures_say_what_was_read_and_what_it_was():
    digits = load_digits()
    read = digits.labels.copy()
    read[0] = 7
    console = Console(width=80, record=True, file=None)
    with console.capture() as captured:
        console.print(pictures(digits, read))
    lines = captured.get().splitlines()
    assert lines[4].split() == ["1", "2", "3", "4", "5", "6", "7"]
    assert lines[10].split() == ["7,", "not", "0"]
    assert max(map(len, lines)) < 80
