"""Every operator, each operand and attribute replaced by rubbish, in a graph and on arrays."""

import faulthandler

import pytest

import dagprop as dp
from dagprop.errors import DagpropError
from tests.doors.rubbish import RUBBISH
from tests.plugin.samples import SAMPLES

OPERATORS = [name for name in SAMPLES if name != "dimension"]


@pytest.fixture(autouse=True)
def bounded():
    """Where an operator hangs, the run ends and tells where."""
    faulthandler.dump_traceback_later(120, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


LEFT_OUT = {
    "graph": {"a hostile object"},  # what its own code raises when it is asked is its own
    "arrays": {"a hostile object", "b'bytes'"},  # bytes are numbers too: NumPy would make an array of that shape
}


def calls(op, operands, left_out):
    """How the sample of an operator calls it with these operands, every attribute said; and that, spoilt."""
    said = []

    def noting(*args, **kwargs):
        said.append((args, kwargs))

    noting.__module__ = op.__module__  # where a sample looks for what it calls with
    SAMPLES[op.name][0].call(noting, *operands)
    ((args, kwargs),) = said
    yield "nothing", args, kwargs
    for rubbish, made in RUBBISH.items():
        if rubbish in left_out:
            continue
        for position in range(len(args)):
            yield f"operand {position}: {rubbish}", (*args[:position], made(), *args[position + 1 :]), kwargs
        for name in {**op.attributes, **kwargs}:
            yield f"{name}={rubbish}", args, {**kwargs, name: made()}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("where", ["graph", "arrays"])
def test_rubbish_is_taken_or_refused_in_words(name, where):
    op, arrays = dp.registry[f"core:{name}"], SAMPLES[name][0].operands
    graph = dp.Graph("model")
    nodes = [graph.input(f"x{slot}", array.shape, array.dtype) for slot, array in enumerate(arrays)]
    wrong = []
    for call, args, kwargs in calls(op, nodes if where == "graph" else arrays, LEFT_OUT[where]):
        before = list(map(id, graph))
        try:
            op(*args, **kwargs)
        except DagpropError as error:
            if call == "nothing" or not (op.name in str(error) or "removed" in str(error)):
                wrong.append(f"{call}: {error}")
            if before != list(map(id, graph)):
                wrong.append(f"{call} is half done")
        except Exception as error:  # noqa: BLE001  # whatever it is, it is looked at
            wrong.append(f"{call}: {type(error).__name__}")
    assert not wrong, "\n".join(wrong)
