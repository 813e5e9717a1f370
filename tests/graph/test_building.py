"""Where a new node goes, whose line it bears, and what comes after what."""

import gc
from pathlib import Path

import numpy as np

import dagprop as dp
from dagprop.graph.building import next_index, user_line, without_garbage_collection


def test_indices_only_grow():
    before = next_index()
    node = dp.Graph().input("x")
    assert before < node.index < next_index()


def test_a_line_is_the_users_even_through_numpy():
    x = dp.Graph().input("x")
    file, line = np.exp(x).source
    assert file == __file__
    assert "np.exp(x).source" in Path(file).read_text("utf-8").splitlines()[line - 1]
    assert user_line() is not None


def test_what_a_rule_makes_bears_the_line_of_the_node_it_is_run_for():
    g = dp.Graph()
    x = g.input("x")
    y = np.exp(x)
    extension = g.extension()
    with extension.collecting() as like:
        like(y)
        made = x * 2
    assert made.graph is extension
    assert made.source == y.source
    assert (x * 2).graph is g


def test_the_garbage_collector_is_paused_and_runs_again():
    assert gc.isenabled()
    with without_garbage_collection():
        assert not gc.isenabled()
        with without_garbage_collection():
            pass
        assert not gc.isenabled(), "who paused it first lets it go on"
    assert gc.isenabled()
