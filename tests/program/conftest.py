"""What tests of programs share."""

import sys
from pathlib import Path

import pytest

from dagprop.program import NumpySource

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def tape():
    """The native executor, checking every instruction; without it what needs it is skipped."""
    pytest.importorskip("dagprop.program._tape")
    from dagprop.program.tape import Tape

    return Tape(2, checked=True)


@pytest.fixture(params=["numpy", "tape"])
def executor(request):
    """Each executor that is there."""
    return NumpySource() if request.param == "numpy" else request.getfixturevalue("tape")
