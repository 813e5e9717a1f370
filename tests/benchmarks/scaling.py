"""How times grow with the graph and with the arrays: curves in docs/pictures.

Against the graph: chains of 10² to 10⁵ operators on 64 numbers, each call and the first gradient from nothing. Against
the width: the elementwise workload on 1 to 10⁷ numbers.
"""

from pathlib import Path

from examples.lessons._plot import plot
from tests.benchmarks import engines
from tests.benchmarks.report import table, time
from tests.benchmarks.workers import measured, started

CORES = 2
PICTURES = Path("docs/pictures")
LENGTHS, WIDTHS = (100, 1_000, 10_000, 100_000), tuple(10**i for i in range(8))
ENGINES = ("dagprop", "NumPy by hand", "PyTorch", "JAX", "autograd")
LONGEST = {"JAX": 1_000}
"""The longest chain that an engine is given: compiling one of 10,000 operators takes JAX minutes."""


def series(workload, sizes, quick):
    """For each engine and size what was measured."""
    names = [name for name in ENGINES if engines.runs(name, workload)]
    found = {name: {} for name in names}
    with started(names, "float32", CORES) as workers:
        for size in sizes:
            able = {n: w for n, w in workers.items() if workload != "chain" or size <= LONGEST.get(n, size)}
            for name, answer in measured(workload, able, 1 if quick else 3, 0.02 if quick else 0.2, size).items():
                found[name][size] = answer
    return found


def curves(found, what):
    return {
        name: (list(by_size), [answer[what] * 1e6 for answer in by_size.values()]) for name, by_size in found.items()
    }


def shown(found, what, sizes, label):
    """A table of the times."""
    rows = [
        [name, *(time(by_size[size][what]) if size in by_size else "–" for size in sizes)]
        for name, by_size in found.items()
    ]
    print(f"{table([label, *(f'{size:,}' for size in sizes)], rows)}\n")


def main(options):
    """Measure, print tables, and draw."""
    lengths, widths = (LENGTHS[:2], WIDTHS[:4]) if options.quick else (LENGTHS, WIDTHS)
    chains, wide = series("chain", lengths, options.quick), series("elem", widths, options.quick)
    shown(chains, "per_call", lengths, "operators")
    shown(chains, "from_nothing", lengths, "operators, first gradient")
    shown(wide, "per_call", widths, "elements")
    if not options.quick:
        PICTURES.mkdir(exist_ok=True)
        logarithmic = {"log_x": True, "log_y": True, "y_label": "µs"}
        operators, elements = {"x_label": "operators", **logarithmic}, {"x_label": "elements", **logarithmic}
        plot(
            PICTURES / "graph_size.svg",
            curves(chains, "per_call"),
            title="A call, against the graph's size",
            **operators,
        )
        title = "The first gradient, from nothing"
        plot(PICTURES / "first_gradient.svg", curves(chains, "from_nothing"), title=title, **operators)
        plot(PICTURES / "width.svg", curves(wide, "per_call"), title="A call, against the arrays' size", **elements)
    return {"chain": chains, "elem": wide}
