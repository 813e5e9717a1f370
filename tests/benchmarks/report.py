"""Tables in Markdown, times for people, and what was measured with."""

import importlib.metadata
import platform
from pathlib import Path


def time(seconds):
    """Three digits and a unit.

    >>> time(3.219e-6), time(0.0445), time(12.3456)
    ('3.22 µs', '44.5 ms', '12.3 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= 0.9995 * size or unit == "µs":
            number = seconds / size
            return f"{number:.{max(0, 2 - len(str(int(number + 0.0005))) + 1)}f} {unit}"
    return None


def table(header, rows):
    """A table in Markdown: what it is about on the left, numbers behind it.

    >>> print(table(["a", "time"], [["one", "2 s"]]))
    | a   | time |
    |-----|-----:|
    | one |  2 s |
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = []
    for first, *rest in (header, *rows):
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
        lines.append(f"| {' | '.join(cells)} |")
    rule = "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])])
    return "\n".join([lines[0], f"|{rule}|", *lines[1:]])


def processor():
    """What the machine calls its processor."""
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def versions(packages):
    """The versions of those that are installed."""
    for package in packages:
        try:
            yield f"{package} {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:
            continue
