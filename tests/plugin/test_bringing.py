"""What a plugin brings is read and checked: one that is broken is set aside with its reason."""

import pytest

BROKEN = {
    "fails to import": ("import a_package_that_nobody_has", "ModuleNotFoundError: No module named 'a_package"),
    "does not parse": ("def operators(:", "SyntaxError"),
    "leaves": ("raise SystemExit('no licence found')", "SystemExit: no licence found"),
    "returns no operator": (
        """
        import dagprop as dp
        @dp.hookimpl
        def dagprop_operators():
            return [abs]
        """,
        "TypeError: dagprop_operators returned <built-in function abs>, which is not an operator",
    ),
    "returns nothing": (
        """
        import dagprop as dp
        @dp.hookimpl
        def dagprop_operators():
            pass
        """,
        "TypeError: dagprop_operators returned nothing: it returns a list",
    ),
    "returns operators without end": (
        """
        import itertools
        import dagprop as dp
        @dp.hookimpl
        def dagprop_operators():
            yield from itertools.repeat(dp.sigmoid)
        """,
        "TypeError: dagprop_operators returned a generator: it returns a list",
    ),
    "returns what is derived of a list": (
        """
        import dagprop as dp
        class Endless(list):
            pass  # what is one may have an __iter__ of its own
        @dp.hookimpl
        def dagprop_operators():
            return Endless()
        """,
        "TypeError: dagprop_operators returned a Endless: it returns a list",
    ),
    "returns executors without end": (
        """
        import itertools
        import dagprop as dp
        @dp.hookimpl
        def dagprop_executors():
            return itertools.count()
        """,
        "TypeError: dagprop_executors returned a count: it returns a list",
    ),
    "raises what is no Exception": (
        """
        class GeneralStrike(BaseException):
            pass
        raise GeneralStrike("until further notice")
        """,
        "GeneralStrike: until further notice",
    ),
    "has a hook that raises what is no Exception": (
        """
        import dagprop as dp
        @dp.hookimpl
        def dagprop_operators():
            raise GeneratorExit("gone")
        """,
        "GeneratorExit: gone",
    ),
    "raises what cannot be shown": (
        """
        class Mute(Exception):
            def __str__(self):
                raise RuntimeError
        raise Mute
        """,
        "Mute",
    ),
    "has an executor without a name": (
        """
        import dagprop as dp
        @dp.hookimpl
        def dagprop_executors():
            return [object()]
        """,
        "lacks build, keeps, settled, name",
    ),
    "has an executor that cannot build": (
        """
        import dagprop as dp
        class Fast:
            name, settled = "fast", True
            def keeps(self, operator):
                return True
        @dp.hookimpl
        def dagprop_executors():
            return [Fast()]
        """,
        "lacks build: an executor has a name",
    ),
    "has an executor named as one of dagprop's": (
        """
        import dagprop as dp
        class Tape:
            name, settled = "tape", True
            def keeps(self, operator):
                return True
            def build(self, work):
                return lambda arrays: [-1.0]
        @dp.hookimpl
        def dagprop_executors():
            return [Tape()]
        """,
        "ValueError: the executor 'tape' bears a name that another has",
    ),
    "has an executor named auto": (
        """
        import dagprop as dp
        class Auto(dp.program.NumpySource):
            name = "auto"
        @dp.hookimpl
        def dagprop_executors():
            return [Auto()]
        """,
        "ValueError: the executor 'auto' bears a name that another has",
    ),
    "has two of a name": (
        """
        import dagprop as dp
        def made():
            @dp.elementwise
            def double(x):
                return 2 * x
            return double
        @dp.hookimpl
        def dagprop_operators():
            return [made(), made()]
        """,
        "ValueError: two operators named 'double'",
    ),
    "has a name that cannot be written": (
        """
        import dagprop as dp
        @dp.hookimpl
        def dagprop_operators():
            return [dp.elementwise(lambda x: 2 * x)]
        """,
        "ValueError: '<lambda>' is no name for an operator",
    ),
    "brings another's operator": (
        """
        import dagprop as dp
        from dagprop.operators.activation import sigmoid
        @dp.hookimpl
        def dagprop_operators():
            return [sigmoid]
        """,
        "ValueError: the operator core:sigmoid is dagprop ",
    ),
    "has a rule for other operands": (
        """
        import dagprop as dp
        @dp.elementwise
        def double(x):
            return 2 * x
        @double.derivative
        def _(x, y):
            return 2.0
        @dp.hookimpl
        def dagprop_operators():
            return [double]
        """,
        "OperandError: the local-derivative rule of double takes 2 positional parameters",
    ),
    "misspells a hook": (
        """
        import dagprop as dp
        @dp.hookimpl
        def dagprop_operator():
            return []
        """,
        "ValueError: there is no hook 'dagprop_operator'. Did you mean dagprop_operators",
    ),
    "misunderstands a hook": (
        """
        import dagprop as dp
        @dp.hookimpl
        def dagprop_backward_step(name, gradient):
            print("watching")
        @dp.hookimpl
        def dagprop_forward_step(nonsense):
            pass
        """,
        "PluginValidationError",
    ),
}


WORKS = """
x = dp.Graph().input("x", (2,))
E = dp.sigmoid(x).sum()
flow = dp.backprop(E, {"x": [0.0, 0.0]})
print(flow.gradients["x"].tolist(), [p.name for p in dp.registry.plugins if p.name in ("core", "good", "broken")])
"""


@pytest.mark.parametrize(("source", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_set_aside_and_the_rest_works(site, source, reason):
    site.install("broken", source)
    site.install("good", operator="double")
    done = site.python(WORKS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[0.25, 0.25] ['core', 'good']"
    assert "PluginWarning: the plugin 'broken' (dagprop-broken 1.2) is broken and was set aside" in done.stderr
    assert reason in done.stderr


@pytest.mark.parametrize("how", ["fails to import", "leaves", "has two of a name"])
def test_a_broken_plugin_is_an_error_where_that_is_asked_for(site, how):
    source, reason = BROKEN[how]
    site.install("broken", source)
    done = site.python(WORKS, DAGPROP_STRICT="1")
    assert done.returncode == 1
    assert f"PluginError: the plugin 'broken' (dagprop-broken 1.2) is broken: {reason}" in done.stderr


@pytest.mark.parametrize(
    "use",
    [
        "dp.registry['broken:erf']",
        "dp.registry['triple']",
        "dp.triple",
        "np.frexp(dp.Graph().input('x'))",
        "import networkx as nx; dag = nx.DiGraph([('x', 'y')]); dag.nodes['x']['shape'] = (); "  # noqa: ISC004
        "dag.nodes['y']['operator'] = 'broken:erf'; dp.Graph.from_networkx(dag)",
    ],
)
def test_an_operator_of_a_broken_plugin_is_missed_with_the_reason(site, use):
    site.install("broken", "import a_package_that_nobody_has")
    done = site.python("import warnings; warnings.simplefilter('ignore'); " + use)
    assert "The plugin 'broken' (dagprop-broken 1.2) was set aside: ModuleNotFoundError" in done.stderr


def test_an_operator_of_a_plugin_that_marks_no_hook_is_missed_with_the_reason(site):
    site.install("plain", "def dagprop_operators():\n    return []")
    done = site.python("dp.registry['plain:erf']")
    assert "The plugin 'plain' brings nothing: mark its hooks with @dp.hookimpl." in done.stderr
