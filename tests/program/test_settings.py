"""What `dp.compile` is asked for is held to what can be asked for, before any work starts."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import ArgumentError, DagpropError, FeedError, OperandError, ShapeError, UnknownError
from dagprop.program.settings import byte_count


@pytest.fixture
def model():
    g = dp.Graph("model")
    x, w = g.input("x", ("n",)), g.parameter("w", (), initial=1.0)
    g.parameter("counts", (2,), initial=[1, 2], dtype=int)
    return (x * w).sum().named("E")


class NoUpdate:
    def initial(self, parameter):
        return ()


REFUSED = {
    "wrt is a number": ({"wrt": 3}, ArgumentError, "wrt is nodes or names, not 3"),
    "wrt holds a number": ({"wrt": [3]}, UnknownError, "found by its name, a string, not by 3"),
    "wrt is unknown": ({"wrt": "v"}, UnknownError, "no node 'v'"),
    "passes is a number": ({"passes": 3}, ArgumentError, "passes is names of passes"),
    "a pass is unknown": ({"passes": ["identitys"]}, UnknownError, "Did you mean identities"),
    "a pass is no name": (
        {"passes": [None]},
        ArgumentError,
        "the name of a pass is a string, such as",
    ),
    "executor is misspelt": ({"executor": "numpi"}, UnknownError, r"no executor 'numpi'\. Did you mean numpy"),
    "executor is unknown": ({"executor": "gpu"}, UnknownError, r"no executor 'gpu'\. There are auto, numpy"),
    "executor is a number": ({"executor": 3}, UnknownError, "3 is neither an executor nor the name of one"),
    "seed is negative": ({"seed": -1}, ArgumentError, "seed is a whole number, at least 0, not -1"),
    "seed is a float": ({"seed": 1.5}, ArgumentError, "seed is a whole number, at least 0, not 1.5"),
    "reuse_outputs is a word": ({"reuse_outputs": "no"}, ArgumentError, "True or False, not 'no'"),
    "update is a class": ({"update": dp.optim.Adam}, ArgumentError, r"such as dp.optim.Adam\(0.01\)"),
    "update is half": ({"update": NoUpdate()}, ArgumentError, "an object with initial and update"),
    "update of an input": (
        {"wrt": ["x"], "update": dp.optim.Adam()},
        ArgumentError,
        "changes parameters, and 'x' in wrt= is input",
    ),
    "on_nonfinite is a word": ({"on_nonfinite": "explode"}, ArgumentError, "'raise', 'warn' or 'ignore'"),
    "on_nonfinite is an array": ({"on_nonfinite": np.ones(2)}, ArgumentError, "'raise', 'warn' or 'ignore'"),
    "a parameter is none": ({"parameters": {"w": None}}, FeedError, "'w' has dtype object"),
    "parameters are a list": ({"parameters": [1.0]}, FeedError, "a list has no names"),
    "a parameter is unknown": ({"parameters": {"v": 1.0}}, FeedError, "no node 'v'"),
    "a parameter is an input": ({"parameters": {"x": [1.0]}}, FeedError, "only parameters are fed; 'x' is input"),
    "a parameter's shape": ({"parameters": {"w": [1.0]}}, ShapeError, "'w' is "),
    "a parameter of floats": ({"parameters": {"counts": [1.9, 2.9]}}, FeedError, "'counts' has dtype float64"),
    "a parameter of text": ({"parameters": {"w": "3.5"}}, FeedError, "'w' has dtype <U3"),
    "a complex parameter": ({"parameters": {"w": 1 + 2j}}, FeedError, "'w' has dtype complex128"),
    "a parameter out of range": (
        {"parameters": {"counts": [0, 2**70]}},
        FeedError,
        "'counts' has dtype object, and int64 is wanted",
    ),
    "memory_limit is nan": ({"memory_limit": float("nan")}, ArgumentError, "a number of bytes.*not nan"),
    "memory_limit is negative": ({"memory_limit": -1}, ArgumentError, "a number of bytes.*not -1"),
    "memory_limit is true": ({"memory_limit": True}, ArgumentError, "a number of bytes.*not True"),
    "memory_limit is a list": ({"memory_limit": []}, ArgumentError, r"a number of bytes.*not \[\]"),
    "memory_limit is far": ({"memory_limit": "200 parsecs"}, ArgumentError, "'200 parsecs'"),
    "memory_limit has no end": ({"memory_limit": "9" * 5000}, ArgumentError, "a number of bytes"),
    "memory_limit has two points": ({"memory_limit": "1..5MB"}, ArgumentError, "'1..5MB'"),
}


@pytest.mark.parametrize(("asked", "error", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_asked_for_is_refused(model, asked, error, told):
    assert issubclass(error, DagpropError)
    with pytest.raises(error, match=told):
        dp.compile(model, **asked)


def test_what_is_compiled_is_a_node():
    with pytest.raises(OperandError, match="3 is not a node"):
        dp.compile(3)


@pytest.mark.parametrize("feeds", [[1.0], np.ones(3), 3, "x", 0, []], ids=repr)
def test_feeds_go_by_name_first_and_later(model, executor, feeds):
    step = dp.compile(model, executor=executor)
    for _ in range(2):
        with pytest.raises(FeedError, match="feeds go by name"):
            step(feeds)
        step({"x": [1.0]})


def test_a_name_given_twice_is_one(model):
    step = dp.compile(model, wrt=["w", "w", model.graph["w"]], update=dp.optim.GradientDescent(0.5))
    _, gradients = step({"x": [1.0, 1.0]})
    assert (gradients["w"], step.parameters["w"]) == (2, 0)


def test_an_update_changes_a_parameter_that_the_loss_does_not_depend_on(executor):
    g = dp.Graph()
    w, v = g.parameter("w", (), initial=3.0), g.parameter("v", (), initial=1.0)
    step = dp.compile(w * w, wrt=[w, v], update=dp.optim.GradientDescent(0.5), executor=executor)
    step()
    assert (step.parameters["w"], step.parameters["v"]) == (0, 1)


def test_sizes_are_read_from_text():
    sizes = {
        "200MB": 200_000_000,
        "1.5 GiB": 1610612736,
        "64": 64,
        ".5kB": 500,
        7: 7,
        np.int64(8): 8,
        None: None,
    }
    assert {size: byte_count(size) for size in sizes} == sizes
