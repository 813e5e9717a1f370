"""Plugins as packages: found by entry point, set aside when broken, and never winning by being imported first."""

import importlib.metadata
import types

import pytest

from dagprop.plugin.registry import Registry

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
    assert done.stderr == ""  # the table tells it
    line = next(line for line in done.stdout.splitlines() if "plugin broken" in line)
    for said in ("broken", "dagprop-broken 1.2", "set aside", "ModuleNotFoundError"):
        assert said in line


def the_doctor_says(site, part):
    """What the doctor says of a part, in lines; nothing is broken."""
    lines = site.says("from dagprop.cli import cli; cli(['doctor'], standalone_mode=False)").splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip().startswith(f"{part} "))
    more = next(i for i, line in enumerate(lines[start + 1 :], start + 1) if line[:8].strip())
    return [" ".join(line.replace(part, "", 1).split()) for line in lines[start:more]], lines


def test_the_doctor_tells_what_a_plugin_brings_and_how_long_it_took(site):
    site.install("slow", "import time\ntime.sleep(0.1)\n" + WATCHES)
    (said,), _ = the_doctor_says(site, "plugin slow")
    assert said.startswith("works dagprop-slow 1.2, watches runs, imported in ")
    assert 100 <= float(said.split()[-2]) < 60_000


def test_the_doctor_points_out_a_plugin_that_brings_nothing(site):
    site.install("empty", "")
    said, lines = the_doctor_says(site, "plugin empty")
    assert said[0].startswith("look dagprop-empty 1.2")
    assert said[1] == "brings nothing: no operator, no executor, and it watches no run"
    assert lines[-2:] == ["Look at: plugin empty", "Everything that is installed works."]


def test_the_doctor_points_out_a_hook_that_is_not_marked(site):
    site.install("plain", "def dagprop_operators():\n    return []")
    said, _ = the_doctor_says(site, "plugin plain")
    assert said[1] == "no hook, for want of @dp.hookimpl: dagprop_operators"


def test_the_doctor_points_out_names_and_functions_that_several_claim(site):
    site.install("one", ANSWERS, operator="bessel")
    site.install("two", ANSWERS, operator="bessel")
    site.install("three", operator="bessel")
    said, _ = the_doctor_says(site, "names")
    assert said == [
        "look bessel: claimed by one:bessel and three:bessel and two:bessel",
        "np.i0: claimed by one:bessel and two:bessel",
        "an error where one is used, until dp.prefer('one:bessel') or another settles it",
    ]


def test_other_commands_warn_in_a_line(site):
    site.install("broken", "import a_package_that_nobody_has")
    done = site.python("from dagprop.cli import cli; cli(['ops', '--search', 'core:sigmoid'])")
    assert done.returncode == 0
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("Warning: the plugin 'broken' (dagprop-broken 1.2) is broken")
