"""The built-in packs loaded a second time, as a plugin named `twin`, are read everywhere as core's are.

Nothing that dagprop knows of an operator may come from who brought it, or from what it is called: each operator's
twin, in the same little model, has the same numbers, program, source, formulas, symbol, picture and advice.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import OperandError, UnknownError
from dagprop.plugin.interpretation import Interpretation, Simplification
from tests.plugin.samples import SAMPLES, Sample
from tests.plugin.telling import (
    Model,
    build,
    formulas,
    numbers,
    outcome,
    picture,
    program,
    recomputed,
    report,
    simplified,
    source,
    symbols,
)
from tests.plugin.twin import alike, pair, registered, settle

CORE = [op for op in dp.registry if op.namespace == "core"]
OPERATORS = [op.name for op in CORE if op.name != "output"]
ELEMENTWISE = [op.name for op in CORE if op.elementwise]


@pytest.fixture(scope="module", autouse=True)
def _twins() -> Iterator[None]:
    with registered():
        settle("core")
        yield
        build.cache_clear()


def scalars(sample: Sample) -> Sample:
    """The call with a single number for each operand."""
    return Sample(tuple(x.ravel()[0] for x in sample.operands), sample.call)


def say_of(say: Callable[[Model], str], op: dp.Operator, sample: Sample) -> str:
    """What is said of a model with a named dimension."""
    return say(build(op, sample, named=True))


def hold(name: str, say: Callable[[Model], str], named: bool = False) -> None:
    """Core's operator and its twin, in the same models, are told of in the same words."""
    core, twin = pair(name)
    for sample in SAMPLES[name]:
        if named:
            said, of_twin = (outcome(say_of, say, op, sample) for op in (core, twin))
        else:
            said, of_twin = (say(build(op, sample)) for op in (core, twin))
        assert alike(of_twin) == said, f"twin:{name} is not read as core:{name} is"


# ---- the twins ------------------------------------------------------------------------------------------------------


def test_every_operator_has_a_sample_and_every_sample_an_operator():
    assert {op.name for op in CORE if not SAMPLES.get(op.name)} == {"output"}, "what only a graph applies: a port"
    assert set(SAMPLES) - set(OPERATORS) == set()


def test_few_operators_refuse_a_named_dimension():
    """So that what is held of named dimensions is held of nearly every operator."""

    def refuses(op: dp.Operator, sample: Sample) -> bool:
        return "Error" in outcome(say_of, numbers, op, sample).partition(":")[0]

    refused = [name for name in OPERATORS if all(refuses(pair(name)[0], sample) for sample in SAMPLES[name])]
    assert len(refused) < 10, refused


def test_neither_wins_unasked(monkeypatch):
    monkeypatch.setattr(dp.registry, "_preferred", set())
    node = dp.Graph().input("x")
    with pytest.raises(UnknownError, match="'sigmoid' is claimed by core:sigmoid and twin:sigmoid"):
        dp.sigmoid(node)
    with pytest.raises(OperandError, match="exp on a node is claimed by core:exp and twin:exp"):
        np.exp(node)
    dp.prefer("twin:exp")
    assert np.exp(node).operator.id == "twin:exp"


def test_the_twins_are_twins_not_the_same():
    for name in OPERATORS:
        core, twin = pair(name)
        assert core is not twin
        assert core.forward is not twin.forward or isinstance(core.forward, np.ufunc)


def test_a_twin_says_of_itself_what_core_says():
    """In every table, so that what is loaded again is all that speaks of core's operators."""
    tables = {
        name: table for name, table in vars(dp.Operator).items() if isinstance(table, Interpretation | Simplification)
    }
    assert tables, "an operator has no table to say anything in"
    for name, (label, table) in itertools.product(OPERATORS, tables.items()):
        of_core, of_twin = (table[op] for op in pair(name))
        assert type(of_core) is type(of_twin), f"`{label}` of {name} is said outside what is copied"
        if isinstance(of_core, dict):
            assert of_core.keys() == of_twin.keys(), f"`{label}` of {name} is said outside what is copied"


@pytest.mark.parametrize("name", OPERATORS)
def test_numbers(name):
    hold(name, numbers)


@pytest.mark.parametrize("name", OPERATORS)
def test_the_program_instruction_for_instruction(name):
    hold(name, program)


@pytest.mark.parametrize("name", OPERATORS)
def test_the_simplified_graph_node_for_node(name):
    hold(name, simplified)


@pytest.mark.parametrize("name", OPERATORS)
def test_the_source(name):
    hold(name, source)


@pytest.mark.parametrize("name", OPERATORS)
def test_all_of_it_with_a_named_dimension(name):
    for say in (numbers, program, simplified, source, formulas):
        hold(name, say, named=True)


@pytest.mark.parametrize("name", OPERATORS)
def test_the_formulas(name):
    hold(name, formulas)


@pytest.mark.parametrize("name", OPERATORS)
def test_the_picture(name):
    hold(name, picture)


@pytest.mark.parametrize("name", OPERATORS)
def test_the_symbol(name):
    core, twin = pair(name)
    sample = scalars(SAMPLES[name][0])
    said, of_twin = (outcome(lambda op=op: symbols(build(op, sample))) for op in (core, twin))
    assert alike(of_twin) == said


NOT_FINITE = np.array([-1e3, 0.0, 1e3])


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_what_is_said_of_the_first_nan(name):
    core, twin = pair(name)
    for sample in SAMPLES[name]:
        extreme = Sample(tuple(NOT_FINITE.astype(x.dtype) for x in sample.operands), sample.call)
        assert alike(report(build(twin, extreme))) == report(build(core, extreme))


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("log", "log needs a positive operand"),
        ("sqrt", "not negative"),
        ("divide", "denominator"),
        ("exp", "overflows"),
    ],
)
def test_the_advice_at_a_nan_is_the_operators_own(name, advice):
    for op in pair(name):
        assert advice in report(build(op, Sample((NOT_FINITE,) * len(op.operands), SAMPLES[name][0].call)))


@pytest.mark.parametrize("name", OPERATORS)
def test_what_is_worked_out_again_to_save_memory(name):
    """Which values are kept and which recomputed goes by what they cost."""
    core, twin = pair(name)
    for sample in SAMPLES[name]:
        said, of_twin = (outcome(recomputed, build(op, sample)) for op in (core, twin))
        assert alike(of_twin) == said


# ---- whole models -------------------------------------------------------------------------------------------------


def two_layers(x: Any, w: Any, v: Any) -> Any:
    return dp.softmax_cross_entropy(dp.sigmoid(x @ w + w[0]) @ v, np.eye(3)[[0, 2, 1, 1]]).mean()


def convolutions(x: Any, w: Any, v: Any) -> Any:
    image = np.reshape(x, (1, 1, 4, 3)) * 2.0
    pooled = dp.max_pool2d(np.maximum(dp.conv2d(image, np.reshape(w, (3, 1, 1, 3))[..., :2]), 0.0), 2)
    return np.sum(np.ravel(pooled) * np.ravel(v)[:6] - np.square(np.ravel(pooled)))


def attention(x: Any, w: Any, v: Any) -> Any:
    x = np.stack([x, -x])
    normal = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    scores = dp.softmax(normal @ w @ np.swapaxes(x, -1, -2) / np.sqrt(3.0))
    return np.sum((scores @ x @ v) ** 2)


def shapes(x: Any, w: Any, v: Any) -> Any:
    y = np.concatenate([np.reshape(np.transpose(x), (2, 6)), np.broadcast_to(w[:1, :2], (1, 2)) @ np.ones((2, 6))])
    return np.sum(
        np.exp(-np.transpose(np.transpose(y))) + np.where(y > 0, np.sqrt(np.abs(y)), np.negative(-y))
    ) + np.mean(v * v)


MODELS = {model.__name__: model for model in (two_layers, convolutions, attention, shapes)}
LEAVES = tuple(np.random.default_rng(seed).normal(size=shape) for seed, shape in enumerate([(4, 3), (3, 3), (3, 3)]))


@pytest.mark.parametrize("say", [numbers, program, simplified, source, formulas, picture])
@pytest.mark.parametrize("name", MODELS)
def test_a_whole_model_of_twins(name, say):
    """With all of NumPy's functions the twins', who meet what the engine itself puts into a graph."""
    sample = Sample(LEAVES, lambda op, *leaves: MODELS[name](*leaves))
    said = say(build(pair("sum")[0], sample))
    settle("twin")
    try:
        of_twins = say(build(pair("sum")[1], sample))
    finally:
        settle("core")
    assert alike(of_twins) == said
