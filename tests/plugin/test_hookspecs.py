"""Every hook is documented, and every hook has a test."""

import re
from pathlib import Path

import pytest

import dagprop as dp
from dagprop.errors import UnknownError
from dagprop.plugin import hookspecs
from dagprop.program.executor import find_executor

ROOT = Path(__file__).parents[2]
HOOKS = sorted(name for name, spec in vars(hookspecs).items() if hasattr(spec, "dagprop_spec"))
PAGE = (ROOT / "docs" / "plugins.md").read_text("utf-8")
TESTS = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]


def test_there_are_hooks():
    assert {"dagprop_operators", "dagprop_forward_step", "dagprop_backward_step"} <= set(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_documented_with_all_it_is_told(hook):
    function = vars(hookspecs)[hook]
    arguments = function.__code__.co_varnames[: function.__code__.co_argcount]
    assert f"{hook}({', '.join(arguments)})" in PAGE, f"docs/plugins.md has no section on {hook}"
    assert function.__doc__


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_test(hook):
    assert any(re.search(rf"hookimpl\s+def {hook}\(", text) for text in TESTS), f"no test implements {hook}"


def test_an_executor_of_a_plugin_is_found_by_name():
    class Plugin:
        @dp.hookimpl
        def dagprop_executors(self):
            return [self]

        name, settled = "mine", False

        def keeps(self, operator):
            return True

        def build(self, work):
            raise NotImplementedError

    plugin = Plugin()
    dp.registry.register("acme", plugin)
    try:
        assert find_executor("mine") is plugin
        assert find_executor("numpy").name == "numpy"
    finally:
        dp.registry.unregister("acme")
    with pytest.raises(UnknownError, match="there is no executor 'mine'"):
        find_executor("mine")
