"""How near the mlp's step comes to its limit: the share of it that the matrix products alone would take.

The eight products of the layers 784-256-128-10, forward and back, are called in NumPy on arrays that are there,
into arrays that are there. Step and products take turns in one process.
"""

import json
import sys
from statistics import median

import numpy as np

from tests.benchmarks.report import table, time
from tests.benchmarks.worker import measure, on_cores
from tests.benchmarks.workers import alone
from tests.benchmarks.workloads import workload

CORES = 2


def products(work):
    """A function that works out the products of a step, forward and back."""
    X = work.data["X"]
    w0, w1, w2 = (work.parameters[f"w{i}"] for i in range(3))
    a0, a1, d_z2 = (np.ones((len(X), w.shape[1]), X.dtype) for w in (w0, w1, w2))
    pairs = [(X, w0), (a0, w1), (a1, w2)]
    pairs += [(a1.T, d_z2), (d_z2, w2.T), (a0.T, a1), (a1, w1.T), (X.T, a0)]
    calls = [(a, b, a @ b) for a, b in pairs]

    def run():
        for a, b, out in calls:
            np.matmul(a, b, out)

    return run


def main(options):
    found, _ = alone("limits", 2 if options.quick else 15, 0.02 if options.quick else 0.2)
    whole, part = found["step"], found["products"]
    print(table(["mlp", "time"], [["step", time(whole)], ["its matrix products alone", time(part)]]))
    print(f"\nThe products are {100 * part / whole:.0f} % of the step.")
    return found


if __name__ == "__main__":
    rounds, slot = int(sys.argv[1]), float(sys.argv[2])
    on_cores(CORES)
    from tests.benchmarks.engines import make

    engine, work = make("dagprop", np.dtype("float32"), CORES), workload("mlp")
    steps = {"step": engine.step(engine.graph(work)), "products": products(work)}
    slots = [{name: measure(step, slot)[0] for name, step in steps.items()} for _ in range(rounds)]
    print(json.dumps({name: median(each[name] for each in slots) for name in steps}))
