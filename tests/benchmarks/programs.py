"""Compiled programs beside other engines: value and all gradients, called through the public `step(feeds)`.

Every engine runs in a process of its own on the same data, in float32 (the chain on one number in float64). The
processes take turns: a slot of a fraction of a second each, round after round, so that what else the machine does hits
all of them alike. A time is the median over the rounds of the slots' medians.

The first gradient is counted from nothing: what the user's code takes to build the graph, in the engines that have one,
and then the first call. In that dagprop differentiates, simplifies, plans and assembles the program, and runs it; JAX
traces, compiles and runs. All are medians of up to five, in a process that has run a small program before.
"""

from tests.benchmarks import engines
from tests.benchmarks.report import table, time
from tests.benchmarks.workers import measured, started
from tests.benchmarks.workloads import WORKLOADS

CORES = 2

OF_TWO = ("dagprop", "JAX")
"""Which engines are measured in float64 as well."""

BEST = None

BARS = {
    "seed": [(0.25, BEST)], "chain": [(0.30, BEST)], "scalar": [(1.0, "CasADi")], "elem": [(0.9, BEST)],
    "mlp": [(0.9, BEST)], "attn": [(0.9, BEST)], "conv": [(1.0, BEST)],
}  # fmt: skip
"""How long a call of dagprop's may take at most, as a share of a peer's time."""

FIRST_BARS = {name: [(0.05, "JAX")] for name in WORKLOADS}
FIRST_BARS["seed"] = [(0.05, "JAX"), (4.0, "CasADi")]
FIRST_BARS["scalar"] = [(0.05, "JAX"), (8.0, "CasADi")]
"""The same of the first gradient."""


def judged(found, what, bars):
    """For each bar: dagprop's share of the peer's time, the bar, and whether it is met."""
    peers = {name: answer[what] for name, answer in found.items() if name not in engines.OURS}
    verdicts = []
    for bar, peer in bars:
        peer = peer or min(peers, key=peers.get, default=None)
        if peer in peers and "dagprop" in found:
            share = found["dagprop"][what] / peers[peer]
            verdicts.append(f"{share:.3g} × {peer} (≤ {bar:g}: {'met' if share <= bar else '**missed**'})")
    return "; ".join(verdicts) or "–"


def comparison(by_workload, what, bars, names):
    """A table of times with a verdict for each workload."""
    rows = [
        [
            workload,
            *(time(found[name][what]) if name in found else "–" for name in names),
            judged(found, what, bars[workload]),
        ]
        for workload, found in by_workload.items()
    ]
    return table(["workload", *names, "dagprop takes"], rows)


def run(options):
    """All measurements, by workload and engine: in the dtype of the workload, and once more in float64."""
    rounds, slot = (2, 0.02) if options.quick else (7, 0.16)
    workloads = options.workloads or WORKLOADS
    singles = [name for name in workloads if name != "scalar"]
    own, double = {}, {}
    with started(chosen(options, "seed"), "float32", CORES) as workers:
        for workload in singles:
            own[workload] = measured(workload, workers, rounds, slot)
    if "scalar" in workloads:
        with started(chosen(options, "scalar"), "float64", CORES) as workers:
            own["scalar"] = measured("scalar", workers, rounds, slot)
    with started([name for name in chosen(options, "seed") if name in OF_TWO], "float64", CORES) as workers:
        for workload in singles:
            double[workload] = measured(workload, workers, rounds, slot)
    return {name: own[name] for name in workloads}, double


def chosen(options, workload):
    """The engines that were asked for, are installed, and run the workload."""
    return [name for name in options.engines or engines.ENGINES if engines.runs(name, workload)]


def main(options):
    """Measure, and print tables in Markdown."""
    own, double = run(options)
    names = [name for name in engines.ENGINES if any(name in found for found in own.values())]
    print("Each call:\n")
    print(comparison(own, "per_call", BARS, names))
    print("\nThe first gradient, from nothing:\n")
    print(comparison(own, "from_nothing", FIRST_BARS, names))
    if "dagprop" in names:
        print("\nOf that, in dagprop:\n")
        parts = [
            [name, time(found["dagprop"]["graph"]), time(found["dagprop"]["first"])] for name, found in own.items()
        ]
        print(table(["workload", "user's code building the graph", "first call"], parts))
    print("\nEach call in float64:\n")
    print(comparison(double, "per_call", {name: [(1.0, "JAX")] for name in double}, [n for n in names if n in OF_TWO]))
    return {"float32, scalar float64": own, "float64": double}
