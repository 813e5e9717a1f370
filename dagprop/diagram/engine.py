"""The one place that knows which Graphviz lays a diagram out.

`graphviz-pure`, a Graphviz in a wheel, comes with dagprop where there is a wheel for the machine; a system `dot`
serves where there is none, and for formats that the wheel lacks.  `DAGPROP_DOT=/path/to/dot` overrides both.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from importlib import metadata
from typing import NamedTuple

from dagprop.callers import warn
from dagprop.errors import DagpropError

TIMEOUT = 120.0
"""Seconds after which a layout is given up."""

LIMITS = {"png": ("-Gdpi=110", "-Gsize=90,90")}
"""A picture of pixels is scaled down to this many inches: a large graph would else make gigabytes of them."""

FONTS = b'"Helvetica,sans-Serif"', b'"Helvetica,Arial,Liberation Sans,sans-serif"'
"""Fonts as wide as the one that text was laid out for come first: a reader may not have that one."""

EXPECTED = re.compile("no value for width of non-ASCII character")
"""What graphviz-pure says of every text with a σ or a · in it, as all of ours have: it takes the width of a space."""

PURE, SYSTEM, CHOSEN = "graphviz-pure", "system Graphviz", "DAGPROP_DOT"


class EngineError(DagpropError, RuntimeError):
    """No Graphviz can render this, or it failed."""


class LayoutTimeoutError(EngineError):
    """The layout took longer than `TIMEOUT` seconds."""


class Engine(NamedTuple):
    """A Graphviz: where it comes from, and its binary."""

    origin: str
    binary: str

    @property
    def formats(self) -> frozenset[str]:
        """The formats it writes: it names them itself when asked for one that there is not."""
        return frozenset(_ask(self.binary, "-T?").partition("one of:")[2].split())

    def describe(self) -> str:
        """The engine in a line: version, origin and path."""
        version = re.sub(r"^\S+ - ", "", _ask(self.binary, "-V"))  # `dot - graphviz version …`
        return f"{version} ({self.binary if self.origin in version else f'{self.origin}, {self.binary}'})"


def engines() -> list[Engine]:
    """The engines there are, the preferred one first."""
    chosen = os.environ.get("DAGPROP_DOT")
    if chosen:
        binary = shutil.which(chosen)
        if binary is None:
            raise EngineError(f"DAGPROP_DOT={chosen!r} is not a program that can be run")
        return [Engine(CHOSEN, binary)]
    found = []
    pure, system = _pure_binary(), shutil.which("dot")
    if pure is not None:
        found.append(Engine(PURE, pure))
    if system is not None:
        found.append(Engine(SYSTEM, system))
    return found


def engine_for(kind: str) -> Engine | None:
    """The engine that writes this kind of file (svg, png, pdf), or None."""
    return next((engine for engine in engines() if kind in engine.formats), None)


def describe() -> str:
    """Which Graphviz draws, for `dagprop doctor`; says what to do where there is none."""
    found = engines()
    return ", then ".join(engine.describe() for engine in found) if found else f"none: {_ADVICE}"


def run(dot: str, kind: str) -> bytes:
    """A diagram in DOT, rendered as svg or png, or as pdf where an engine writes that.

    Where an engine fails, the next one is tried, with a RuntimeWarning; not where it takes too long.  What an engine
    complains of while it draws is a RuntimeWarning as well.

    Raises
    ------
    EngineError
        Where no engine writes this kind, or all that do fail.
    LayoutTimeoutError
        Where the layout takes longer than `TIMEOUT` seconds.
    """
    able = [engine for engine in engines() if kind in engine.formats]
    if not able:
        raise EngineError(f"no Graphviz here writes {kind}: {_ADVICE}")
    for engine in able[:-1]:
        try:
            return _run(engine, dot, kind)
        except LayoutTimeoutError:
            raise  # the next one would be as long about it
        except EngineError as error:
            warn(f"{error}\nTrying the next Graphviz.", RuntimeWarning)
    return _run(able[-1], dot, kind)


def _run(engine: Engine, dot: str, kind: str) -> bytes:
    command = [engine.binary, f"-T{kind}", *LIMITS.get(kind, ())]
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise LayoutTimeoutError(f"{engine.describe()} was still busy with the layout after {TIMEOUT:g} s") from None
    except OSError as error:
        raise EngineError(f"{engine.describe()} cannot be run: {error}") from error
    lines = done.stderr.decode(errors="replace").splitlines()
    said = "\n".join(line for line in lines if line.strip() and not EXPECTED.search(line))[:2000]
    if done.returncode or not done.stdout:
        raise EngineError(f"{engine.describe()} failed with code {done.returncode}: {said or 'no message'}")
    if said:
        warn(f"{engine.describe()} drew it, and said: {said}", RuntimeWarning)
    return done.stdout.replace(*FONTS) if kind == "svg" else done.stdout


_ADVICE = (
    "pip install graphviz-pure, or install Graphviz (https://graphviz.org/download), "
    "or let DAGPROP_DOT name a dot program"
)


def _pure_binary() -> str | None:
    """The binary that the graphviz-pure wheel installed, wherever scripts go on this machine."""
    try:
        files = metadata.files("graphviz-pure") or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.name in ("graphviz-pure", "graphviz-pure.exe"):
            return shutil.which(os.path.normpath(str(file.locate())))
    return None


@cache
def _ask(binary: str, option: str) -> str:
    """What the binary says to an option that makes it draw nothing."""
    try:
        done = subprocess.run([binary, option], capture_output=True, timeout=30, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"unusable ({error})"
    return (done.stdout + done.stderr).decode(errors="replace").strip()
