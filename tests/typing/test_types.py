"""What a type checker is told is true, and is what the rules say."""

import runpy
import typing
from pathlib import Path

import pytest

import dagprop as dp

HERE = Path(__file__).parent


def test_the_stub_is_what_the_rules_say():
    made = runpy.run_path(str(HERE / "make_stub.py"))
    assert made["STUB"].read_text("utf-8") == made["stub"](), "run `python tests/typing/make_stub.py`"


def test_every_built_in_operator_is_in_the_stub():
    lines = Path(dp.__file__).with_name("_operators.pyi").read_text("utf-8").splitlines()
    typed = {line.partition(": _")[0] for line in lines if ": _" in line and not line.startswith((" ", "#"))}
    built_in = {op.name for op in dp.registry if op.namespace == "core"}
    assert built_in - typed == {"diff", "dot", "trace"}, "which are functions of dagprop's own"


def test_what_a_user_writes_has_the_types_it_says(monkeypatch):
    """The user's file is run, and each `assert_type` looks at the value."""
    looked = []

    def look(value, expected):
        looked.append(value)
        assert isinstance(value, typing.get_origin(expected) or expected)
        return value

    monkeypatch.setattr(typing, "assert_type", look)
    runpy.run_path(str(HERE / "user.py"))
    assert looked


def test_mypy_finds_those_types_too(tmp_path):
    """With its plugin, and refusing what fails when it is run: there an ignore that nothing needs is an error."""
    api = pytest.importorskip("mypy.api")
    config = tmp_path / "mypy.ini"
    config.write_text("[mypy]\nstrict = true\nplugins = dagprop.mypy\n")
    found, wrong, _ = api.run(["--config-file", str(config), "--cache-dir", str(tmp_path), str(HERE / "user.py")])
    assert not wrong
    assert found.startswith("Success"), found
