"""Where a new node goes, whose line it bears, and what comes after what."""

import gc
import weakref

import numpy as np

import dagprop as dp
from dagprop.graph.building import next_index, without_full_collections


def test_indices_only_grow():
    before = next_index()
    node = dp.Graph().input("x")
    assert before < node.index < next_index()


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


class Ring:
    """Garbage that only the cyclic collector finds."""

    def __init__(self):
        self.itself = self


def test_young_garbage_is_collected_while_many_nodes_are_made():
    with without_full_collections():
        gone = weakref.ref(Ring())
        kept = [[] for _ in range(2 * gc.get_threshold()[0])]
        assert gone() is None, f"not collected beside {len(kept)} new objects"


def test_full_collections_are_put_off_as_long_as_anyone_makes_nodes():
    usual = gc.get_threshold()
    with without_full_collections():
        with without_full_collections():
            assert gc.isenabled()
        assert gc.get_threshold()[:2] == usual[:2]
        if usual[2]:  # Python 3.14 has no such threshold
            assert gc.get_threshold()[2] > usual[2]
    assert gc.get_threshold() == usual


def test_a_threshold_that_was_changed_meanwhile_stays():
    usual = gc.get_threshold()
    try:
        with without_full_collections():
            gc.set_threshold(500, 5, 5)
        assert gc.get_threshold() == (500, 5, 5)
    finally:
        gc.set_threshold(*usual)


def test_a_collector_that_is_off_stays_off():
    gc.disable()
    try:
        with without_full_collections():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
