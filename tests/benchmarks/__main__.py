"""Benchmarks, to be read as ratios: `python -m tests.benchmarks` in the root of the repository.

    python -m tests.benchmarks            all of them
    python -m tests.benchmarks chains     one

Each engine runs in a process of its own, one after the other; an engine that is not installed is left out
(`pip install torch autograd`). Times are medians; on a machine that does other work as well, run it twice.
"""

import argparse
import importlib.metadata
import platform

from tests.benchmarks import chains, overhead

BENCHMARKS = {"chains": chains.main, "overhead": overhead.main}
PACKAGES = ("dagprop", "numpy", "torch", "autograd")


def versions():
    for package in PACKAGES:
        try:
            yield f"{package} {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:
            continue


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("benchmarks", nargs="*", help=f"which: {', '.join(BENCHMARKS)}; all of them without")
wanted = parser.parse_args().benchmarks or list(BENCHMARKS)
print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, {', '.join(versions())}\n")
for name in wanted:
    BENCHMARKS[name]()
