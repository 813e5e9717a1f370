"""What commands print with: one console, one look."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 200
"""Columns where no terminal says how many: a line on its way to `grep` is better not folded."""


LABEL_WIDTH = 19
"""Columns of the labels before facts, so that one table of them stands straight below another."""


def console() -> Console:
    """A console for standard output.  Strings are printed as they are, with all brackets; `Text` has a style."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, highlight=False, markup=False)


def table(*columns: str) -> Table:
    """A table with a thin line below its head."""
    made = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False)
    for column in columns:
        made.add_column(column)
    return made


def facts(rows: Iterable[tuple[str, str | Text]]) -> Table:
    """Aligned lines of a label and what there is to say."""
    made = Table.grid(padding=(0, 2))
    made.add_column(style="dim", justify="right", min_width=LABEL_WIDTH)
    made.add_column()
    for label, text in rows:
        made.add_row(label, text)
    return made
