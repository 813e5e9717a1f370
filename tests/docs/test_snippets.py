"""What the documentation shows is what happens.

Every ```python snippet of the README and of docs/ runs, the snippets of one page in one namespace, and so
does every example in a docstring of dagprop. What stands below a `>>>` must be what is printed, `...`
standing for anything. Each page and each docstring runs in a directory of its own, so that it may write
files.
"""

import doctest
import importlib
import importlib.util
import pkgutil
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import dagprop

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NEEDS = {
    "dagprop.program._tape": "dagprop.program._tape", "dagprop.program.tape": "dagprop.program._tape",
    "dagprop.mypy": "mypy",
}  # fmt: skip
"""Modules that need what may not be there: a compiler, an optional package."""
MODULES = [
    "dagprop",
    *(
        module.name
        for module in pkgutil.walk_packages(dagprop.__path__, "dagprop.")
        if module.name not in NEEDS or importlib.util.find_spec(NEEDS[module.name])
    ),
]
DOCSTRINGS = [
    docstring
    for module in MODULES
    for docstring in doctest.DocTestFinder().find(importlib.import_module(module))
    if docstring.examples
]


@pytest.fixture(autouse=True)
def _own_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def check(session):
    report = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    runner.run(session, out=report.append, clear_globs=False)
    assert not report, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_pages(page):
    namespace = {"__name__": "__main__"}
    for token in MarkdownIt().parse(page.read_text("utf-8")):
        if token.type != "fence" or token.info.split()[:1] != ["python"]:
            continue
        line = token.map[0] + 1
        if token.content.startswith(">>>"):
            session = doctest.DocTestParser().get_doctest(token.content, {}, f"{page.name}:{line}", str(page), line)
            session.globs = namespace
            check(session)
        else:
            exec(compile("\n" * line + token.content, page, "exec"), namespace)


@pytest.mark.parametrize("docstring", DOCSTRINGS, ids=lambda docstring: docstring.name)
def test_docstrings(docstring):
    check(docstring)
