"""Machine instructions per step() of the hidden layer, counted by valgrind: a number that noise does not change.

    valgrind --tool=callgrind python -m tests.benchmarks.instructions EXECUTOR CALLS

The difference between runs of many and of few calls is what the calls take. One thread; valgrind has no AVX-512, so
NumPy runs its AVX2 loops.
"""

import json
import re
import shutil
import sys

import numpy as np

from tests.benchmarks.engines import OURS, make
from tests.benchmarks.report import table
from tests.benchmarks.workers import alone
from tests.benchmarks.workloads import workload

FEW, MANY = 100, 2_100
VALGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")


def counted(engine, calls):
    """Instructions of a process that calls the step so many times."""
    settings = {"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    _, told = alone("instructions", engine, calls, before=VALGRIND, **settings)
    return int(re.search(r"Collected : (\d+)", told)[1])


def main(options):
    """Count, and print a table."""
    if shutil.which("valgrind") is None:
        print("instructions are only counted where there is valgrind")
        return {}
    found = {name: (counted(name, MANY) - counted(name, FEW)) / (MANY - FEW) for name in OURS}
    print(table(["seed", "instructions per call"], [[name, f"{count:,.0f}"] for name, count in found.items()]))
    return found


if __name__ == "__main__":
    engine = make(sys.argv[1], np.dtype("float32"), 1)
    step = engine.step(engine.graph(workload("seed")))
    for _ in range(int(sys.argv[2])):
        step()
    print(json.dumps({"calls": sys.argv[2]}))
