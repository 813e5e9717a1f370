"""One engine in a process of its own: it does what it reads, a line of JSON each, and answers in lines of JSON.

The first line it writes says that it is ready.

    {"prepare": "mlp", "size": null}    make a workload's graph and step: seconds for each, and what comes out
    {"measure": 0.2}                    call the step for so many seconds: seconds per call (median), how many calls
"""

import gc
import itertools
import json
import os
import sys
from statistics import median
from time import perf_counter

SAMPLE = 100e-6
"""Seconds: calls that take less are timed several together."""


def on_cores(cores):
    """Keep this process to so many cores, where the system can, before an engine asks how many there are."""
    for library in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR"):
        os.environ[f"{library}_NUM_THREADS"] = str(cores)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def seconds(function):
    start = perf_counter()
    result = function()
    return perf_counter() - start, result


def prepare(engine, work, most=5, within=1.0):
    """The step, and the medians of the times that graph and first call take, over a few repetitions."""
    times = []
    end = perf_counter() + within
    while not times or (len(times) < most and perf_counter() < end):
        gc.collect()
        built, graph = seconds(lambda: engine.graph(work))
        made, (step, result) = seconds(lambda: first_call(engine, graph))  # noqa: B023  # called at once
        times.append((built, made))
    return step, result, [median(part) for part in zip(*times, strict=True)]


def first_call(engine, graph):
    step = engine.step(graph)
    return step, step()


def measure(step, duration):
    """The median time of a call, after a quarter of the duration to warm up."""
    taken, _ = seconds(step)
    at_once = max(1, round(SAMPLE / taken))
    samples, now = [], perf_counter()
    end, warm = now + duration, now + duration / 4
    while now < end or not samples:
        start = perf_counter()
        for _ in itertools.repeat(None, at_once):
            step()
        now = perf_counter()
        if start >= warm or now >= end:
            samples.append((now - start) / at_once)
    return median(samples), len(samples) * at_once


def answers(name, dtype, cores):
    """That the engine is ready, and then for each line read a line to write."""
    import numpy as np

    from tests.benchmarks.engines import make
    from tests.benchmarks.workloads import workload

    engine = make(name, np.dtype(dtype), cores)
    prepare(engine, workload("seed", dtype), most=1)  # what an engine does once, when it is used first
    yield {"ready": name}
    step = None
    for line in sys.stdin:
        order = json.loads(line)
        if "prepare" in order:
            step = None
            step, result, (graph, first) = prepare(engine, workload(order["prepare"], dtype, order["size"]))
            norms = [float(np.linalg.norm(np.asarray(number, float))) for number in engine.numbers(result)]
            yield {"graph": graph, "first": first, "norms": norms}
        else:
            per_call, calls = measure(step, order["measure"])
            yield {"per_call": per_call, "calls": calls}


if __name__ == "__main__":
    on_cores(int(sys.argv[3]))
    out = sys.stdout
    sys.stdout = sys.stderr  # what an engine prints is no answer
    for answer in answers(sys.argv[1], sys.argv[2], int(sys.argv[3])):
        print(json.dumps(answer), file=out, flush=True)
