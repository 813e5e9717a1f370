"""Peak memory of a step, beside PyTorch's and beside the plan's own lower bound (Linux).

Each engine works in a process of its own. What counts is how far the process's memory grows at its most while
the step is called three times, from when data, parameters and graph are there. The lower bound is the most bytes that
are alive at one step of the plan, the arena what the plan takes for them; the outputs come on top of both.
"""

import json
import sys
from pathlib import Path

import numpy as np

from tests.benchmarks.engines import make, runs
from tests.benchmarks.report import table
from tests.benchmarks.worker import on_cores
from tests.benchmarks.workers import alone
from tests.benchmarks.workloads import workload

CORES = 2
WORKLOADS = ("elem", "mlp", "attn", "conv")
ENGINES = ("dagprop", "PyTorch", "JAX")
STATUS = Path("/proc/self/status")


def resident(what):
    """Bytes of this process in memory, now ("VmRSS") or at most ("VmHWM")."""
    (line,) = (line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith(what))
    return int(line.split()[1]) * 1024


def growth(engine, work):
    """How many bytes more the process has at its most while it makes and calls the step."""
    step = engine.step(engine.graph(work))
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the highest mark starts anew
    for _ in range(3):
        result = step()
    outputs = sum(np.asarray(number).nbytes for number in engine.numbers(result))
    return step, {"grown": resident("VmHWM") - before, "outputs": outputs}


def main(options):
    """Measure, and print a table."""
    if not STATUS.exists():
        print("peak memory is only measured where there is /proc")
        return {}
    engines = [name for name in ENGINES if runs(name, "seed")]
    found = {name: {engine: alone("memory", engine, name)[0] for engine in engines} for name in WORKLOADS}
    rows = []
    for name, by_engine in found.items():
        ours = by_engine["dagprop"]
        sizes = [ours["peak"], ours["arena"], ours["outputs"], *(by_engine[engine]["grown"] for engine in engines)]
        rows.append([name, *(f"{size / 1e6:.2f}" for size in sizes)])
    print(table(["MB", "lower bound", "arena", "outputs", *(f"{engine} grows by" for engine in engines)], rows))
    return found


if __name__ == "__main__":
    on_cores(CORES)
    engine, work = make(sys.argv[1], np.dtype("float32"), CORES), workload(sys.argv[2])
    engine.step(engine.graph(workload("seed")))()  # what an engine takes once
    step, found = growth(engine, work)
    if sys.argv[1] == "dagprop":
        plan = step.func.plan
        found |= {"peak": plan.peak, "arena": plan.arena}
    print(json.dumps(found))
