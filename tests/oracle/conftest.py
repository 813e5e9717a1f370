"""Counts what the oracle tests saw, and prints it at the end of the run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cases import Count

COUNTS = pytest.StashKey[dict[str, Count]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[COUNTS] = {}


@pytest.fixture(scope="session")
def counts(pytestconfig: pytest.Config) -> Iterator[dict[str, Count]]:
    return pytestconfig.stash[COUNTS]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for kind, count in sorted(config.stash[COUNTS].items()):
        terminalreporter.write_line(f"oracle {kind}: {count}")
