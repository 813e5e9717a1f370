"""Plugins as packages: found by entry point, set aside when broken, and never winning by being imported first."""

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
        "TypeError",
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


def test_an_operator_of_a_broken_plugin_is_missed_with_the_reason(site):
    site.install("broken", "import a_package_that_nobody_has")
    done = site.python("dp.registry['broken:erf']")
    assert "The plugin 'broken' (dagprop-broken 1.2) was set aside: ModuleNotFoundError" in done.stderr


def test_an_operator_knows_who_brought_it(site):
    site.install("good", operator="double")
    said = site.says("print(dp.double.id, dp.double.owner, dp.double(np.ones(2)), sep=', ')")
    assert said == "good:double, dagprop-good 1.2, [2. 2.]"


def test_a_short_name_that_two_plugins_bring_belongs_to_neither(site):
    site.install("one", operator="double")
    site.install("two", operator="double")
    done = site.python("dp.double")
    assert "UnknownError: the operator name 'double' is claimed by one:double and two:double" in done.stderr
    assert "dp.prefer('one:double')" in done.stderr


@pytest.mark.parametrize("chosen", ["one", "two"])
def test_the_user_settles_it(site, chosen):
    site.install("one", operator="double")
    site.install("two", operator="double")
    assert site.says(f"dp.prefer('{chosen}:double'); print(dp.double.id, dp.double(1.5))") == f"{chosen}:double 3.0"


def test_the_user_may_settle_it_again(site):
    site.install("one", operator="double")
    site.install("two", operator="double")
    assert site.says("dp.prefer('one:double'); dp.prefer('two:double'); print(dp.double.id)") == "two:double"


def test_ids_work_whatever_clashes(site):
    site.install("one", operator="double")
    site.install("two", operator="double")
    assert site.says("print([dp.registry[f'{n}:double'].owner for n in ('one', 'two')])") == (
        "['dagprop-one 1.2', 'dagprop-two 1.2']"
    )


def test_a_plugin_cannot_take_a_name_from_core_unasked(site):
    site.install("one", operator="sigmoid")
    done = site.python("dp.sigmoid")
    assert "'sigmoid' is claimed by core:sigmoid and one:sigmoid" in done.stderr
    assert site.says("dp.prefer('core:sigmoid'); print(dp.sigmoid(0.0))") == "0.5"


ANSWERS = """
import numpy as np
import dagprop as dp

@dp.elementwise(numpy=[np.i0])
def {operator}(x):
    return np.i0(x)

@dp.hookimpl
def dagprop_operators():
    return [{operator}]
"""


def test_a_numpy_function_that_two_plugins_answer_is_settled_the_same_way(site):
    site.install("one", ANSWERS, operator="bessel")
    site.install("two", ANSWERS, operator="modified_bessel")
    code = "x = dp.Graph().input('x')\nprint(np.i0(x).operator.id)"
    assert "np.i0 on a node is claimed by" in site.python(code).stderr.replace("numpy.i0", "np.i0")
    assert site.says("dp.prefer('two:modified_bessel')\n" + code) == "two:modified_bessel"


def test_two_packages_of_one_entry_point_name(site):
    site.install("one", operator="double")
    other = site.folder / "other-3.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 3.0\n", encoding="utf-8")
    (other / "entry_points.txt").write_text("[dagprop]\none = another_module\n", encoding="utf-8")
    (site.folder / "another_module.py").touch()
    done = site.python("print(dp.double.owner)")
    assert done.stdout.strip() in ("dagprop-one 1.2", "")
    assert "'one'" in done.stderr
    assert "already there" in done.stderr


WATCHES = """
import dagprop as dp

@dp.hookimpl
def dagprop_forward_step(name, value):
    print("forward", name, float(value))

@dp.hookimpl
def dagprop_backward_step(name, gradient, contributions):
    print("backward", name, float(gradient), sorted(contributions))
"""


def test_a_plugin_may_watch_a_run(site):
    site.install("watcher", WATCHES)
    code = """
    g = dp.Graph()
    x = g.input("x")
    dp.backprop((x * x).named("y"), {"x": 3.0})
    """
    assert site.says(code).splitlines() == [
        "forward x 3.0",
        "forward y 9.0",
        "backward y 1.0 ['x[0]', 'x[1]']",
        "backward x 6.0 []",
    ]


def test_the_doctor_tells_and_fails(site):
    site.install("broken", "import a_package_that_nobody_has")
    done = site.python("from dagprop.cli import cli; cli(['doctor'])")
    assert done.returncode == 1
    assert "PluginWarning" not in done.stderr
    line = next(line for line in done.stdout.splitlines() if "plugin broken" in line)
    for said in ("broken", "dagprop-broken 1.2", "set aside", "ModuleNotFoundError"):
        assert said in line


def test_other_commands_warn_in_a_line(site):
    site.install("broken", "import a_package_that_nobody_has")
    done = site.python("from dagprop.cli import cli; cli(['ops', '--search', 'core:sigmoid'])")
    assert done.returncode == 0
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("Warning: the plugin 'broken' (dagprop-broken 1.2) is broken")
