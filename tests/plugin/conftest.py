"""Packages made on the spot, and a Python that finds them as if they were installed."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

OPERATOR = """
import dagprop as dp

@dp.elementwise
def {operator}(x):
    return 2 * x

@{operator}.derivative
def _(x):
    return 2.0

@dp.hookimpl
def dagprop_operators():
    return [{operator}]
"""


class Site:
    """A folder of packages that a Python process of its own finds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, source: str = OPERATOR, **operator: str) -> None:
        """Put the package `dagprop-NAME 1.2` there, whose one module has this source."""
        module = f"dagprop_{name}"
        source = source.format(**operator) if operator else source
        (self.folder / f"{module}.py").write_text(textwrap.dedent(source), encoding="utf-8")
        info = self.folder / f"{module}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: dagprop-{name}\nVersion: 1.2\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[dagprop]\n{name} = {module}\n", encoding="utf-8")

    def python(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run code in a Python that finds the packages."""
        path = os.pathsep.join([str(self.folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        return subprocess.run(
            [sys.executable, "-c", "import numpy as np, dagprop as dp\n" + textwrap.dedent(code)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", **environment},
        )

    def says(self, code: str) -> str:
        """What the code printed; it must have gone well, without a warning."""
        done = self.python(code)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)
