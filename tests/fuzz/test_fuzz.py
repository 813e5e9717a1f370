"""A few hundred random programs, the same every time; `python -m tests.fuzz` tries as many as one likes.

And the fuzzer is held to what it is for: it finds a plugin's operator, and that its source says something else.
"""

import subprocess
import sys

import pytest

import dagprop as dp
from tests.fuzz import generate
from tests.fuzz.failing import attempt
from tests.fuzz.templates import templates


@pytest.mark.parametrize("first", range(0, 300, 25))
def test_programs_agree_with_the_interpreter(first):
    found = [str(one) for seed in range(first, first + 25) for one in attempt(seed)]
    assert not found, "\n\n".join(found)


@pytest.fixture
def twice(monkeypatch):
    """A plugin's operator, and the only one that programs are made of."""

    @dp.elementwise
    def twice(x, *, offset):
        return 2 * x + offset

    twice.derivative(lambda x, *, offset: 2 + 0 * x)

    class Plugin:
        @dp.hookimpl
        def dagprop_operators(self):
            return [twice]

    dp.registry.register("doubling", Plugin())
    templates.cache_clear()
    known = {twice.id: templates()[twice.id]}
    monkeypatch.setattr(generate, "templates", lambda: known)
    monkeypatch.setattr(generate, "signs", lambda: (twice.id,))
    yield twice
    dp.registry.unregister("doubling")
    templates.cache_clear()


def test_a_new_operator_is_tried_without_a_word(twice):
    assert not [one for seed in range(10) for one in attempt(seed)]


def test_what_is_wrong_is_found_and_told_as_python_that_shows_it(twice, capsys):
    twice.source(lambda x, *, offset: f"({x} * 2 + {offset} if np.size({x}) < 3 else {x} * 3)")
    found = (one for seed in range(100) for one in attempt(seed) if one.failure.way.executor == "source")
    exec(str(next(found)), {})
    assert "* 3" in capsys.readouterr().out


def test_from_the_command_line():
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--programs", "6", "--jobs", "2"],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert "6 programs in" in done.stdout
