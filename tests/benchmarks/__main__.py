"""Benchmarks, to be read as ratios: `python -m tests.benchmarks` in the root of the repository.

    python -m tests.benchmarks                    all of them
    python -m tests.benchmarks programs chains    some
    python -m tests.benchmarks programs --quick   whether it runs: the times mean little

{benchmarks}

Each engine runs in a process of its own; one that is not installed is left out, or shown as "–"
(`pip install "dagprop[benchmarks]"` installs all). Times are medians, tables are in Markdown.
"""

import argparse
import json
import os
import platform
from pathlib import Path

from tests.benchmarks import chains, engines, instructions, limits, memory, overhead, programs, scaling, workloads
from tests.benchmarks.report import processor, versions

BENCHMARKS = {
    "programs": programs, "limits": limits, "memory": memory, "instructions": instructions, "scaling": scaling,
    "chains": chains, "overhead": overhead,
}  # fmt: skip
PACKAGES = ("dagprop", "numpy", "torch", "jax", "pytensor", "casadi", "autograd")


def arguments():
    about = "\n".join(f"    {name:<14}{module.__doc__.splitlines()[0]}" for name, module in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        description=__doc__.format(benchmarks=about), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("benchmarks", nargs="*", choices=[*BENCHMARKS, []], metavar="BENCHMARK")
    parser.add_argument("--quick", action="store_true", help="few repetitions and small sizes")
    parser.add_argument("--engines", nargs="+", choices=engines.ENGINES, help="only these, in `programs`")
    parser.add_argument("--workloads", nargs="+", choices=workloads.WORKLOADS, help="only these, in `programs`")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured to a file")
    return parser.parse_args()


options = arguments()
installed = ", ".join(versions(PACKAGES))
print(f"{processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {installed}\n")
found = {}
for name in options.benchmarks or BENCHMARKS:
    found[name] = BENCHMARKS[name].main(options)
    print()
if options.json:
    options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
