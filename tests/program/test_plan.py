"""The plan: groups, places and lifetimes, and how it tells of them."""

import re

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import FeedError
from dagprop.graph.order import ancestors
from dagprop.program.instructions import LOOP, REDUCE
from dagprop.program.lowering import Lowering
from dagprop.program.plan import ALIGNMENT, LARGE, order_for_groups, plan


def hidden_layer():
    g = dp.Graph("one hidden layer")
    X = g.input("X", (8, 3))
    w, v = g.parameter("w", (3, 4)), g.parameter("v", (4, 1))
    return (np.tanh((X @ w).named("z")).named("a") @ v).named("y").mean().named("E")


def planned(of, leaves):
    return plan(Lowering(leaves, order_for_groups(ancestors([of, *leaves])), [of]).instructions)


def test_the_table_says_what_is_kept_and_why():
    table = dp.compile(hidden_layer()).plan.explain()
    assert table.splitlines()[0].split() == ["step", "bytes", "alive", "work", "freed", "after", "it"]
    assert re.search(r"^ +0 +256  z \(matmul\)", table, re.MULTILINE)
    assert re.search(r"^ +1 .* a \(tanh\) +z", table, re.MULTILINE)  # z dies where a is made
    assert re.search(r"^  a: 256 bytes, for \w+ reads it$", table, re.MULTILINE)
    assert "← peak" in table
    assert re.search(r"^peak ([\d,]+) bytes, arena ([\d,]+) bytes$", table, re.MULTILINE)


def test_the_peak_is_the_most_that_is_alive():
    made = dp.compile(hidden_layer()).plan
    alive = [0] * len(made.steps)
    for life in made.lives:
        for step in range(life.first, life.last + 1):
            alive[step] += life.nbytes
    assert made.live_bytes == alive
    assert made.peak == max(alive)


def test_no_two_values_share_memory_while_both_live():
    rng = np.random.default_rng(0)
    g = dp.Graph()
    x = g.input("x", (6, 6))
    values = [x]
    for _ in range(60):
        a, b = (values[i] for i in rng.integers(max(0, len(values) - 6), len(values), 2))
        values.append(np.tanh(a @ b) if len(values) % 3 else a + np.sin(b))
    made = planned(values[-1].sum(), [x])
    lives = {}
    for number, step in enumerate(made.steps):
        for view in (*step.reads, *step.writes):
            if view.storage.place >= 0:
                first, _ = lives.get(view.storage, (number, number))
                lives[view.storage] = first, number
    storages = list(lives)
    for i, one in enumerate(storages):
        assert one.place % ALIGNMENT == 0
        assert one.place + one.nbytes <= made.arena
        for two in storages[i + 1 :]:
            apart = one.place + one.nbytes <= two.place or two.place + two.nbytes <= one.place
            before = lives[one][1] <= lives[two][0] or lives[two][1] <= lives[one][0]
            assert apart or before


def test_a_chain_runs_in_place():
    g = dp.Graph()
    x = made = g.input("x", (1000,))
    for _ in range(50):
        made = np.tanh(made)
    assert planned(made.sum(), [x]).arena == 8000


def test_a_product_does_not_write_over_its_operand():
    g = dp.Graph()
    x = made = g.input("x", (16, 16))
    for _ in range(5):
        made = made @ made
    assert planned(made.sum(), [x]).arena == 2 * 2048


def test_large_neighbours_run_block_by_block():
    g = dp.Graph()
    x = g.input("x", (1000, 100))
    made = planned((np.tanh(x) * 2 + np.exp(x)).sum(axis=1), [x])
    (group,) = made.steps
    assert [i.kind for i in group] == [LOOP] * 4 + [REDUCE]
    assert made.arena == 0  # nothing of it is kept beyond a block
    assert len(made.locals) == 4
    assert "block by block: 5 loops" in made.explain()


def test_small_work_is_not_grouped():
    g = dp.Graph()
    x = g.input("x", (LARGE - 1,))
    assert not any(isinstance(step, list) for step in planned((np.tanh(x) * 2).sum(), [x]).steps)


def test_what_is_read_after_its_group_is_kept():
    g = dp.Graph()
    x = g.input("x", (300, 100))
    t = np.tanh(x).named("t")
    made = planned((t * 2).sum() + (t @ t.T).sum(), [x])
    assert "t" in {life.name for life in made.lives}


def test_neighbours_are_found_whatever_order_they_were_written_in():
    g = dp.Graph()
    x, y = g.input("x", (300, 100)), g.input("y", (200, 150))
    made = []
    for _ in range(3):  # work of two shapes, in turns
        x, y = np.tanh(x), np.tanh(y)
        made = [x, y]
    leaves = list(made[0].graph.inputs)
    groups = [step for step in planned(made[0].sum() + made[1].sum(), leaves).steps if isinstance(step, list)]
    assert len(groups) == 2
    assert all(sum(i.kind == LOOP for i in group) == 3 for group in groups)


def test_a_plan_needs_sizes():
    g = dp.Graph()
    step = dp.compile(g.input("x", ("n",)).sum(), wrt=[])
    with pytest.raises(FeedError, match="call the program once"):
        _ = step.plan
    step({"x": np.ones(3)})
    assert len(step.plan.steps) == 1
