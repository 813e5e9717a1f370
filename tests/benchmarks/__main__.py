"""Benchmarks, to be read as ratios: `python -m tests.benchmarks` in the root of the repository.

    python -m tests.benchmarks                    all of them
    python -m tests.benchmarks programs chains    some
    python -m tests.benchmarks programs --quick   whether it runs: the times mean little

{benchmarks}

Each engine runs in a process of its own; one that is not installed is left out, or shown as "–"
(`pip install "dagprop[benchmarks]"` installs all). Times are medians, tables are in Markdown.
"""

import argparse
import contextlib
import io
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
    parser.add_argument("--page", type=Path, metavar="FILE", help="put the tables between their marks in this page")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured to a file")
    return parser.parse_args()


def written_into(page, name, told):
    """The page with what a benchmark told between the marks that bear its name."""
    before, start, rest = page.partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- end of {name} -->\n")
    return f"{before}{start}\n{told}\n{end}{after}" if start and end else page


options = arguments()
installed = ", ".join(versions(PACKAGES))
machine = (
    f"{processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {installed}."
)
print(f"{machine}\n")
found = {}
for name in options.benchmarks or BENCHMARKS:
    with contextlib.redirect_stdout(io.StringIO()) as told:
        found[name] = BENCHMARKS[name].main(options)
    print(f"## {name}\n\n{told.getvalue()}", flush=True)
    if options.page:
        page = written_into(options.page.read_text(encoding="utf-8"), name, f"{machine}\n\n{told.getvalue()}")
        options.page.write_text(page, encoding="utf-8")
if options.json:
    options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
