"""The benchmarks run, with dagprop and NumPy by hand, and find that both give the same numbers."""

import doctest
from types import SimpleNamespace

import pytest

from tests.benchmarks import programs, report, workers

OURS = ["dagprop (NumPy source)", "NumPy by hand"]


def test_programs_are_measured_beside_peers(capsys):
    options = SimpleNamespace(quick=True, engines=OURS, workloads=["seed", "scalar"])
    own, _ = programs.main(options).values()
    assert all(own[name][engine]["per_call"] > 0 for name in ("seed", "scalar") for engine in OURS)
    printed = capsys.readouterr().out
    assert "| workload |" in printed
    assert "µs" in printed


def test_other_numbers_than_the_first_engine_s_are_no_time():
    class Wrong:
        dtype = "float64"

        def __init__(self, norm):
            self.norm = norm

        def ask(self, **order):
            return {"norms": [1.0, self.norm], "graph": 0.0, "first": 0.0, "per_call": 1.0}

    same = {"dagprop": Wrong(2.0), "NumPy by hand": Wrong(2.0)}
    assert workers.measured("seed", same, 1, 0.0)["dagprop"]["per_call"] == 1.0
    with pytest.raises(AssertionError, match="NumPy by hand gives other numbers for seed"):
        workers.measured("seed", same | {"NumPy by hand": Wrong(2.1)}, 1, 0.0)


def test_a_bar_is_met_or_missed():
    found = {"dagprop": {"per_call": 2.0}, "JAX": {"per_call": 10.0}, "PyTorch": {"per_call": 8.0}}
    assert programs.judged(found, "per_call", [(0.25, None)]) == "0.25 × PyTorch (≤ 0.25: met)"
    assert programs.judged(found, "per_call", [(0.1, "JAX")]) == "0.2 × JAX (≤ 0.1: **missed**)"
    assert programs.judged(found, "per_call", [(1.0, "CasADi")]) == "–"


def test_times_and_tables_read_well():
    assert doctest.testmod(report).failed == 0
