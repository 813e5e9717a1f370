"""Plugins that interrupt, that pass for another, that fail again: none takes the rest down."""

import importlib.metadata
import types

import pytest

from dagprop.plugin.registry import Registry


@pytest.mark.parametrize("name", ["core", "executors"])
def test_nobody_passes_for_one_of_dagprops_own(site, name):
    site.install(name, operator="sigmoid")
    done = site.python("print(dp.sigmoid.owner.split()[0], dp.compile(dp.sigmoid(dp.Graph().constant(0.0)))()[0])")
    assert done.stdout.split() == ["dagprop", "0.5"]
    assert f"the plugin '{name}' (dagprop-{name} 1.2) is broken and was set aside" in done.stderr
    assert f"'{name}' is the name of one of dagprop's own plugins" in done.stderr


INTERRUPTED = """
import os
import dagprop as dp

print("loading")
if os.environ.pop("PRESS_CTRL_C", ""):
    raise KeyboardInterrupt

@dp.hookimpl
def dagprop_operators():
    return []
"""


def test_ctrl_c_while_plugins_are_loaded_leaves_them_to_be_loaded_again(site):
    site.install("interrupted", INTERRUPTED)
    site.install("zuletzt", operator="double")
    code = """
    try:
        dp.sigmoid
    except KeyboardInterrupt:
        print("interrupted")
    print(dp.sigmoid(0.0), dp.double(1.0), [q.name for q in dp.registry.quarantined])
    print("interrupted" in [p.name for p in dp.registry.plugins])
    """
    done = site.python(code, PRESS_CTRL_C="1")
    assert done.stdout.split("\n") == ["loading", "interrupted", "loading", "0.5 2.0 []", "True", ""], done.stderr
    assert done.stderr == ""


def test_ctrl_c_while_core_is_loaded_leaves_it_to_be_loaded_again():
    core = next(e for e in importlib.metadata.entry_points(group="dagprop") if e.name == "core")

    class Interrupted:
        name, value, dist = core.name, core.value, core.dist
        pressed = 0

        def load(self):
            self.pressed += 1
            if self.pressed <= 3:
                raise KeyboardInterrupt
            return types.SimpleNamespace()

    registry = Registry(lambda: [interrupted])
    interrupted = Interrupted()
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            registry.load()
    assert [plugin.name for plugin in registry.plugins] == ["core"]


def test_one_that_interrupts_every_time_is_set_aside(site):
    site.install("stubborn", "raise KeyboardInterrupt")
    code = """
    try:
        dp.sigmoid
    except KeyboardInterrupt:
        print("interrupted")
    print(dp.sigmoid(0.0))
    """
    done = site.python(code)
    assert done.stdout.split() == ["interrupted", "0.5"]
    assert "the plugin 'stubborn' (dagprop-stubborn 1.2) is broken and was set aside" in done.stderr


def test_a_broken_plugin_is_an_error_each_time_where_that_is_asked_for(site):
    site.install("broken", "import a_package_that_nobody_has")
    code = """
    for _ in range(2):
        try:
            dp.sigmoid
        except Exception as error:
            print(type(error).__name__)
    """
    assert site.python(code, DAGPROP_STRICT="1").stdout.split() == ["PluginError", "PluginError"]


def test_a_warning_that_is_an_error_leaves_the_rest_working(site):
    site.install("broken", "import a_package_that_nobody_has")
    site.install("good", operator="double")
    code = """
    import warnings
    warnings.simplefilter("error")
    try:
        dp.sigmoid
    except UserWarning:
        print("told")
    print(dp.sigmoid(0.0), dp.double(1.0), [q.name for q in dp.registry.quarantined])
    """
    assert site.says(code).splitlines() == ["told", "0.5 2.0 ['broken']"]
