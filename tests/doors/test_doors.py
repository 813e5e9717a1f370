"""Every public door, every argument, every kind of rubbish: an error of dagprop's that says what was wanted.

Nothing hangs, and what was refused leaves the graph as it was.
"""

import faulthandler
import itertools
import warnings

import numpy as np
import pytest

from dagprop.errors import DagpropError
from tests.doors.doors import DOORS, World
from tests.doors.rubbish import RUBBISH

PATIENCE = 120
"""Seconds after which a door hangs."""


@pytest.fixture(autouse=True)
def bounded():
    """Where a door hangs, the run ends and tells where."""
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def state(world):
    """What a refused call must leave as it was."""
    nodes = [(node.name, node.scope, id(node), np.asarray(node.value).tobytes()) for node in world.g]
    return nodes, [id(node) for node in world.g.outputs]


def outcomes(name, folder):
    """What a door says of each piece of rubbish, for each argument: an error, or None where it takes it."""
    _, arguments = DOORS[name](World(folder))
    for argument, rubbish in itertools.product(arguments, RUBBISH):
        world = World(folder)
        function, good = DOORS[name](world)
        given = {key: value for key, (value, _) in good.items()} | {argument: RUBBISH[rubbish]()}
        before = state(world)
        error = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                function(**given)
        except Exception as raised:  # noqa: BLE001  # whatever it is, it is looked at
            error = raised
        yield argument, rubbish, rubbish in good[argument][1], error, before == state(world)


@pytest.mark.parametrize("name", DOORS)
def test_a_door_refuses_rubbish_in_words(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wrong = []
    for argument, rubbish, fit, error, unchanged in outcomes(name, tmp_path):
        call = f"{name}({argument}={rubbish})"
        if error is None:
            wrong += [] if fit else [f"{call} is taken"]
        elif not isinstance(error, DagpropError | FileNotFoundError):
            wrong.append(f"{call}: {type(error).__name__}")
        elif not unchanged:
            wrong.append(f"{call} is half done")
        elif len(str(error)) < 20:
            wrong.append(f"{call} says no more than {error}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", DOORS)
def test_a_door_opens(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function, arguments = DOORS[name](World(tmp_path))
    function(**{key: value for key, (value, _) in arguments.items()})
