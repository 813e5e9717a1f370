"""Which operators there are, and how they are found."""

import types

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import OperandError, PluginWarning, UnknownError
from dagprop.plugin.registry import Registry
from dagprop.program import NumpySource


def test_operators_are_found_by_id_by_name_and_as_attributes():
    assert dp.registry["core:sigmoid"] is dp.registry["sigmoid"] is dp.sigmoid
    assert "sigmoid" in dp.registry
    assert "core:sigmoid" in dp.registry
    assert "sigmiod" not in dp.registry
    assert "sigmoid" in dir(dp)
    assert len(dp.registry) == len(list(dp.registry)) > 50


def test_every_operator_knows_its_owner():
    for op in dp.registry:
        assert op.id == f"{op.namespace}:{op.name}"
        assert op.owner.split()[0]
    assert dp.sigmoid.owner.startswith("dagprop ")
    assert "core" in [plugin.name for plugin in dp.registry.plugins]


def test_what_is_not_there_is_told_with_a_suggestion():
    with pytest.raises(UnknownError, match=r"there is no operator 'sigmiod'\. Did you mean sigmoid"):
        dp.registry["sigmiod"]
    with pytest.raises(UnknownError, match=r"No plugin named 'acme' is installed: pip install"):
        dp.registry["acme:sigmoid"]
    with pytest.raises(AttributeError, match="no attribute, and no plugin an operator, named 'sigmiod'"):
        dp.sigmiod  # noqa: B018


class Brings:
    """A plugin with an executor of a name."""

    def __init__(self, name):
        self.executor = NumpySource()
        self.executor.name = name

    @dp.hookimpl
    def dagprop_executors(self):
        return [self.executor]


def test_two_plugins_cannot_bring_executors_of_one_name():
    known = Registry(list)
    known.register("one", Brings("fast"))
    with pytest.warns(PluginWarning, match="'two' .* the executor 'fast' bears a name that another has"):
        known.register("two", Brings("fast"))
    assert [executor.name for executor in known.executors] == ["fast"]


def test_an_executor_s_name_can_be_written():
    with pytest.warns(PluginWarning, match="its name has a NUL character"):
        Registry(list).register("one", Brings("fast\0"))


def test_numpy_functions_are_answered():
    assert dp.registry.answering(np.tanh) is dp.tanh
    assert dp.registry.answering(np.concatenate) is dp.concatenate
    with pytest.raises(OperandError, match=r"no operator answers numpy.frexp on a node"):
        dp.registry.answering(np.frexp)


def plugin(*operators):
    module = types.ModuleType("acme")
    module.dagprop_operators = dp.hookimpl(lambda: operators)
    module.dagprop_operators.__name__ = "dagprop_operators"
    return module


def test_a_plugin_is_registered_and_taken_out_by_hand():
    registry = Registry(lambda: ())
    half = dp.elementwise(np.spacing)
    registry.register("acme", plugin(half), owner="acme 1.2")
    assert registry["acme:spacing"] is registry["spacing"] is half
    assert (half.id, half.owner) == ("acme:spacing", "acme 1.2")
    assert registry.answering(np.spacing) is half
    registry.unregister("acme")
    assert len(registry) == 0
    assert "spacing" not in registry
    with pytest.raises(OperandError):
        registry.answering(np.spacing)


@pytest.mark.parametrize("name", ["x\0", "\ud800", "", 3, "core", "executors"])
def test_what_is_no_name_for_a_plugin_is_refused(name):
    registry = Registry(lambda: ())
    with pytest.warns(
        PluginWarning, match=r"no file or picture can hold|is a string, not|one of dagprop's own plugins"
    ):
        registry.register(name, plugin())
    assert registry.plugins == ()


def test_a_plugin_that_is_not_there_cannot_be_taken_out():
    with pytest.raises(UnknownError, match=r"there is no plugin 'cor'\. Did you mean core"):
        dp.registry.unregister("cor")


def test_plugins_are_looked_for_once_and_not_on_import():
    looked = []
    registry = Registry(lambda: looked.append(1) or ())
    assert looked == []
    assert len(registry) == 0
    assert "x" not in registry
    assert looked == [1]
