"""What the lessons share: where their pictures go, and tables."""

import argparse
import sys
from pathlib import Path


def run(main):
    """Run a lesson's `main(out)`; `--out DIR` says where its pictures go, the current directory without it."""
    sys.stdout.reconfigure(encoding="utf-8")  # θ and ∂ on a console that would rather not
    parser = argparse.ArgumentParser(description=main.__globals__["__doc__"].splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where the pictures go")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    main(out)


def heading(text):
    print(f"\n{text}\n{'─' * len(text)}")


def table(header, rows):
    """Print rows below a header, numbers to four digits, words to the left and numbers to the right."""
    cells = [[str(cell) if isinstance(cell, str | int) else f"{cell:.4g}" for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    sides = ["<" if all(isinstance(cell, str) for cell in column) else ">" for column in zip(*rows, strict=True)]
    for row in [header, ["─" * width for width in widths], *cells]:
        line = "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True))
        print(line.rstrip())
