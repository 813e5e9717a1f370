"""The engines' processes, and how they are measured: in turn, in short slots, so that noise hits all alike."""

import contextlib
import json
import os
import subprocess
import sys
from statistics import median

from tests.benchmarks import engines

TOLERANCE = {"float32": 2e-3, "float64": 1e-8}
"""How far the norms of value and gradients may lie apart, relative to the first engine's."""


class Worker:
    """A process of one engine."""

    def __init__(self, engine, dtype, cores):
        self.dtype = dtype
        command = [sys.executable, "-m", "tests.benchmarks.worker", engine, dtype, str(cores)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def ask(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self):
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{' '.join(self.process.args)} ended: {self.process.wait()}")
        return json.loads(answer)

    def end(self):
        self.process.communicate()


def alone(module, *arguments, before=(), **environment):
    """What a module prints in JSON, run in a process of its own (below another command, where one is given)."""
    command = [*before, sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment})
    return json.loads(run.stdout), run.stderr


@contextlib.contextmanager
def started(names, dtype, cores):
    """A worker for each engine, ended afterwards."""
    found = {}
    try:
        for name in names:
            found[name] = Worker(name, dtype, cores)
        yield found
    finally:
        for worker in found.values():
            worker.end()


def measured(workload, workers, rounds, slot, size=None):
    """For each engine that runs the workload: seconds for its graph, its first call and each further call."""
    found, expected = {}, None
    running = {name: worker for name, worker in workers.items() if engines.runs(name, workload)}
    for name, worker in running.items():
        found[name] = answer = worker.ask(prepare=workload, size=size)
        expected = expected or answer["norms"]
        for ours, theirs in zip(expected, answer["norms"], strict=True):
            if abs(ours - theirs) > TOLERANCE[worker.dtype] * abs(ours) + TOLERANCE[worker.dtype] * 1e-3:
                raise AssertionError(f"{name} gives other numbers for {workload}: {answer['norms']}, not {expected}")
        answer["slots"] = []
    for _ in range(rounds):
        for name, worker in running.items():
            found[name]["slots"].append(worker.ask(measure=slot)["per_call"])
    for answer in found.values():
        answer["per_call"] = median(answer["slots"])
        answer["from_nothing"] = answer["graph"] + answer["first"]
    return found
