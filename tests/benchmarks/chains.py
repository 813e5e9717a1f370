"""Chains of 10³, 10⁴ and 10⁵ operators: what it costs to build, to differentiate and to run them.

The chain is x → x·s → tanh → ·s → tanh → … on four numbers, so that the time is the engine's and not the
arithmetic's. PyTorch and autograd make their graph as they run forward, each time anew; dagprop makes it once.

Times are those of the processor, on one thread, so that other work of the machine counts little. What Python's
garbage collector does is part of them; what it left of an earlier run is not.
"""

import gc
import importlib.util
import json
import subprocess
import sys
from statistics import median
from time import process_time

import numpy as np

LENGTHS = (1_000, 10_000, 100_000)
REPEATS = {1_000: 15, 10_000: 7, 100_000: 3}
X, S = np.array([0.1, -0.2, 0.3, -0.4]), 1.01


def dagprop(n):
    import dagprop as dp

    start = process_time()
    graph = dp.Graph("chain")
    y = x = graph.input("x", X.shape)
    for i in range(n):
        y = np.tanh(y) if i % 2 else y * S
    built = process_time()
    slope = dp.gradient(y, x)
    differentiated = process_time()
    dp.forward([y, slope], {"x": X})
    first = process_time()
    dp.forward([y, slope], {"x": X})
    again = process_time()
    flow = dp.backprop(y, {"x": X}, wrt=[x])
    recorded = process_time()
    assert flow.gradients["x"].shape == X.shape
    return {
        "build": built - start,
        "gradient": differentiated - built,
        "first run": first - differentiated,
        "run": again - first,
        "from nothing": first - start,
        "recorded": recorded - again,
    }


def torch(n):
    import torch

    torch.set_num_threads(1)
    x, s = torch.tensor(X, requires_grad=True), torch.tensor(S, dtype=torch.float64)
    start = process_time()
    y = x
    for i in range(n):
        y = torch.tanh(y) if i % 2 else y * s
    forward = process_time()
    y.sum().backward()
    back = process_time()
    return {"build": forward - start, "gradient": back - forward, "from nothing": back - start, "run": back - start}


def autograd(n):
    import autograd.numpy as anp
    from autograd import value_and_grad

    def chain(x):
        y = x
        for i in range(n):
            y = anp.tanh(y) if i % 2 else y * S
        return anp.sum(y)

    start = process_time()
    value_and_grad(chain)(X)
    total = process_time() - start
    return {"from nothing": total, "run": total}


def numpy(n):
    """By hand: what the arithmetic alone costs when it is called from Python."""
    start = process_time()
    y, values = X, []
    for i in range(n):
        y = np.tanh(y) if i % 2 else y * S
        values.append(y)
    grad = np.ones_like(y)
    for i in reversed(range(n)):
        grad = grad * (1 - values[i] * values[i]) if i % 2 else grad * S
    total = process_time() - start
    return {"from nothing": total, "run": total}


ENGINES = {"dagprop": dagprop, "torch": torch, "autograd": autograd, "numpy": numpy}


def measure(engine):
    """For each length the median of each time, in seconds."""
    ENGINES[engine](100)
    found = {}
    for n in LENGTHS:
        runs = []
        for _ in range(REPEATS[n]):
            gc.collect()
            runs.append(ENGINES[engine](n))
        found[n] = {what: median(run[what] for run in runs) for what in runs[0]}
    return found


def exponent(times):
    """The p of the power law time = c·nᵖ that fits best: 1 is linear growth."""
    return np.polyfit(np.log(LENGTHS), np.log(times), 1)[0]


def main(options):
    found = {}
    for engine in ENGINES:
        if importlib.util.find_spec(engine) is None:
            print(f"{engine} is not installed")
            continue
        command = [sys.executable, "-m", "tests.benchmarks.chains", engine]
        found[engine] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print("µs per operator:\n")
    print("| engine | what | " + " | ".join(f"{n:,}" for n in LENGTHS) + " | grows as n to the power |")
    print("|---|---|" + "---:|" * (len(LENGTHS) + 1))
    for engine, by_length in found.items():
        for what in by_length[str(LENGTHS[0])]:
            times = [by_length[str(n)][what] for n in LENGTHS]
            cells = [f"{t / n * 1e6:.2f}" for t, n in zip(times, LENGTHS, strict=True)]
            print(f"| {engine} | {what} | {' | '.join(cells)} | {exponent(times):.2f} |")
    print()
    for what in ("from nothing", "run"):
        for peer in [engine for engine in found if engine != "dagprop"]:
            ratios = [found[peer][str(n)][what] / found["dagprop"][str(n)][what] for n in LENGTHS]
            print(f"{what}: {peer} takes {', '.join(f'{r:.2f}' for r in ratios)} times as long as dagprop")


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
