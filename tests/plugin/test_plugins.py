"""Plugins as packages: found by entry point, set aside when broken, and never winning by being imported first."""

import pytest


def test_an_operator_knows_who_brought_it(site):
    site.install("good", operator="double")
    said = site.says("print(dp.double.id, dp.double.owner, dp.double(np.ones(2)), sep=', ')")
    assert said == "good:double, dagprop-good 1.2, [2. 2.]"


def test_a_short_name_that_two_plugins_bring_belongs_to_neither(site):
    site.install("one", operator="double")
    site.install("two", operator="double")
    done = site.python("dp.double")
    assert "MissingError: the operator name 'double' is claimed by one:double and two:double" in done.stderr
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
