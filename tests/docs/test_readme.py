"""The README shows the program that its example makes."""

import ast
from pathlib import Path

from markdown_it import MarkdownIt

README = Path(__file__).parents[2] / "README.md"


def test_the_source_shown_is_the_source_printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fences = [t.content for t in MarkdownIt().parse(README.read_text("utf-8")) if t.info == "python"]
    namespace = {}
    for snippet in fences:
        if not snippet.startswith((">>>", "import numpy as np\n\n\ndef step")):
            exec(snippet, namespace)
    (shown,) = (snippet for snippet in fences if "def step" in snippet)
    assert ast.dump(ast.parse(shown)) == ast.dump(ast.parse(namespace["program"].source))
