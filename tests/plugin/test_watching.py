"""Those who watch a run: one that fails is set aside by name, and the run goes on."""

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import PluginError, PluginWarning

FEEDS = {"x": [1.0, -2.0]}


@pytest.fixture
def loss():
    x = dp.Graph("watched").input("x", ("n",))
    return np.square(np.tanh(x)).sum()


@pytest.fixture
def watch():
    """Register plugins that watch, for the length of a test."""
    names = []

    def register(name, plugin):
        dp.registry.register(name, plugin, f"{name} 1.0")
        names.append(name)
        return plugin

    yield register
    for name in names:
        dp.registry.unregister(name)


class Counts:
    def __init__(self):
        self.steps = 0

    @dp.hookimpl
    def dagprop_forward_step(self, name):
        self.steps += 1

    @dp.hookimpl
    def dagprop_backward_step(self, name):
        self.steps += 1


class GeneralStrike(BaseException):
    pass


@pytest.mark.parametrize("error", [ValueError("boom"), SystemExit(3), GeneralStrike("boom"), RecursionError("deep")])
@pytest.mark.parametrize("hook", ["dagprop_forward_step", "dagprop_backward_step"])
def test_one_that_raises_is_set_aside_and_the_run_goes_on(loss, watch, hook, error):
    def fail(name):
        raise error

    fail.__name__ = hook
    plugin = type("Failing", (), {hook: staticmethod(dp.hookimpl(fail))})()
    alone = dp.backprop(loss, FEEDS)
    before, failing, after = watch("before", Counts()), watch("failing", plugin), watch("after", Counts())
    with pytest.warns(PluginWarning) as warned:
        flow = dp.backprop(loss, FEEDS)
    (warning,) = warned
    reason = f"{type(error).__name__}: {error}"
    assert str(warning.message) == (
        f"the hook {hook} of the plugin 'failing' (failing 1.0) was set aside; the run goes on. {reason}"
    )
    assert np.array_equal(flow.gradients["x"], alone.gradients["x"])
    assert before.steps == after.steps == 2 * len(flow.nodes)
    dp.backprop(loss, FEEDS)  # without a further warning
    assert ("failing", reason, hook) in [(q.name, q.reason, q.hook) for q in dp.registry.quarantined]
    assert failing is plugin


def test_only_the_hook_that_raised_is_set_aside(loss, watch):
    class Half(Counts):
        @dp.hookimpl
        def dagprop_operators(self):
            @dp.elementwise
            def threefold(x):
                return 3 * x

            return [threefold]

        @dp.hookimpl
        def dagprop_forward_step(self, name):
            raise OSError("the disk is full")

    half = watch("half", Half())
    with pytest.warns(PluginWarning, match="the hook dagprop_forward_step of the plugin 'half'"):
        flow = dp.backprop(loss, FEEDS)
    assert half.steps == len(flow.nodes)
    assert dp.threefold(2.0) == 6.0


def test_one_that_is_registered_again_watches_again(loss, watch):
    class Once:
        mended = False

        @dp.hookimpl
        def dagprop_forward_step(self, name):
            if not self.mended:
                raise ValueError("not yet")
            self.seen = name

    once = watch("once", Once())
    with pytest.warns(PluginWarning, match="not yet"):
        dp.forward(loss, FEEDS)
    once.mended = True
    dp.registry.unregister("once")
    dp.registry.register("once", once)
    dp.forward(loss, FEEDS)
    assert once.seen == loss.name


def test_ctrl_c_while_one_is_told_is_the_users(loss, watch):
    class Slow:
        @dp.hookimpl
        def dagprop_forward_step(self, name):
            raise KeyboardInterrupt

    watch("slow", Slow())
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            dp.forward(loss, FEEDS)


def test_it_is_an_error_where_that_is_asked_for(loss, watch, monkeypatch):
    class Failing:
        @dp.hookimpl
        def dagprop_forward_step(self, name):
            raise ValueError("boom")

    watch("failing", Failing())
    monkeypatch.setenv("DAGPROP_STRICT", "1")
    with pytest.raises(PluginError, match=r"the hook dagprop_forward_step of the plugin 'failing'.*ValueError: boom"):
        dp.forward(loss, FEEDS)
