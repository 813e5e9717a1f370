"""Packs: a plugin whose operators take long to import costs nothing until one is used, and is told of all the same."""

import re
import textwrap

import pytest

import dagprop as dp
from dagprop.errors import ArgumentError, OperandError, PluginWarning

PLUGIN = """
import dagprop as dp

@dp.hookimpl
def dagprop_operators():
    return [dp.Pack("heavy_operators", ["double", "wave"], answers=["heavy"])]
"""

LIBRARY = """
import numpy as np
wave = np.frompyfunc(np.cos, 1, 1)
"""

OPERATORS = """
import numpy as np
import dagprop as dp
import heavy

@dp.elementwise
def double(x):
    return 2 * x

@dp.elementwise(numpy=[heavy.wave])
def wave(x):
    return np.cos(x)

wave.derivative(lambda x: -np.sin(x))
"""

IMPORTED = "import sys; print([name for name in ('heavy', 'heavy_operators') if name in sys.modules])\n"


@pytest.fixture
def heavy(site):
    """Install the plugin, with these operators, beside the library that takes long to import."""

    def install(operators=OPERATORS, plugin=PLUGIN):
        site.install("heavy", plugin)
        for name, source in (("heavy", LIBRARY), ("heavy_operators", operators)):
            (site.folder / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
        return site

    return install


def test_nothing_of_it_is_imported_for_a_model_of_other_operators(heavy):
    code = """
    x = dp.Graph().input("x", ("n",))
    E = np.exp(dp.sigmoid(x)).mean()
    dp.backprop(E, {"x": [1.0, 2.0]})
    dp.compile(E, wrt=[x])({"x": [1.0, 2.0]})
    """
    assert heavy().says(code + IMPORTED) == "[]"


def test_that_it_has_an_operator_is_known_before_it_is_imported(heavy):
    code = "assert 'double' in dp.registry and 'heavy:wave' in dp.registry and 'double' in dir(dp)\n"
    assert heavy().says(code + IMPORTED) == "[]"


@pytest.mark.parametrize("found", ["dp.double", "dp.registry['double']", "dp.registry['heavy:double']"])
def test_one_is_there_when_it_is_asked_for(heavy, found):
    said = heavy().says(f"print({found}.id, {found}.owner, {found}(1.5))\n" + IMPORTED)
    assert said.splitlines() == ["heavy:double dagprop-heavy 1.2 3.0", "['heavy', 'heavy_operators']"]


def test_a_function_of_the_library_is_answered_as_soon_as_somebody_can_call_it(heavy):
    code = """
    x = dp.Graph().input("x", (2,))
    np.exp(x)
    import heavy
    y = heavy.wave(x)
    print(y.operator.id, dp.backprop(y.sum(), {"x": [0.0, 0.0]}).gradients["x"].tolist())
    """
    assert heavy().says(code) == "heavy:wave [-0.0, -0.0]"


@pytest.mark.parametrize("listing", ["list(dp.registry)", "dp.registry.plugins"])
def test_who_lists_all_has_all(heavy, listing):
    code = f"{listing}; print(dp.registry['core:exp'] is dp.exp, 'heavy:wave' in [op.id for op in dp.registry])\n"
    assert heavy().says(code + IMPORTED).splitlines() == ["True True", "['heavy', 'heavy_operators']"]


def test_the_doctor_tells_how_long_its_operators_take(heavy):
    done = heavy(f"import time\ntime.sleep(0.01)\n{OPERATORS}").python("from dagprop.cli import cli; cli(['doctor'])")
    assert re.search(r"2 operators.*its operators in \d+ ms once one is used", " ".join(done.stdout.split()))


def test_a_clash_of_names_is_told_before_it_is_imported(heavy):
    site = heavy()
    site.install("one", operator="double")
    code = """
    try:
        dp.double
    except Exception as error:
        print(error)
    """
    clash, imported = site.says(code + IMPORTED).splitlines()
    assert clash.startswith("the operator name 'double' is claimed by heavy:double and one:double")
    assert imported == "[]"


def test_a_clash_of_functions_is_told(heavy):
    site = heavy()
    site.install(
        "one",
        """
        import numpy as np
        import dagprop as dp
        import heavy

        @dp.elementwise(numpy=[heavy.wave])
        def other(x):
            return np.sin(x)

        @dp.hookimpl
        def dagprop_operators():
            return [other]
        """,
    )
    done = site.python("import heavy; heavy.wave(dp.Graph().input('x'))")
    assert "on a node is claimed by heavy:wave and one:other" in done.stderr


def test_a_graph_read_in_another_process_knows_whose_its_operators_are(heavy):
    site = heavy()
    code = "import pickle; print(pickle.dumps(dp.wave(dp.Graph().input('x')).graph).hex())"
    read = f"import pickle; g = pickle.loads(bytes.fromhex('{site.says(code)}')); print(g.dag.nodes['wave_0'])"
    assert "'operator': 'heavy:wave'" in site.says(read)


BROKEN = {
    "cannot be imported": ("import a_package_that_nobody_has", "ModuleNotFoundError: No module named 'a_package"),
    "leaves": ("raise SystemExit('no licence found')", "SystemExit: no licence found"),
    "has none of a name": (
        OPERATORS.replace("def double", "def twice"),
        "TypeError: the pack says that heavy_operators has an operator 'double', and it has None",
    ),
    "answers what is not the library's": (
        OPERATORS.replace("numpy=[heavy.wave]", "numpy=[np.cos]"),
        "ValueError: wave answers <ufunc 'cos'>, which is none of heavy's",
    ),
    "has a rule for other operands": (
        OPERATORS.replace("lambda x:", "lambda x, y:"),
        "OperandError: the local-derivative rule of wave takes 2 positional parameters",
    ),
}


@pytest.mark.parametrize(("operators", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_one_is_set_aside_when_it_is_used(heavy, operators, reason):
    site = heavy(operators)
    assert site.says("print(dp.sigmoid(0.0))") == "0.5"
    done = site.python("print(dp.sigmoid(0.0)); dp.wave")
    assert done.stdout == "0.5\n"
    assert "PluginWarning: the plugin 'heavy' (dagprop-heavy 1.2) is broken and was set aside" in done.stderr
    assert done.stderr.count(reason) == 2  # in the warning, and in the error for the operator


@pytest.mark.parametrize(
    "use",
    [
        "dp.wave",
        "dp.registry['heavy:wave']",
        "import heavy; heavy.wave(dp.Graph().input('x'))",
        "import networkx as nx; dag = nx.DiGraph([('x', 'y')]); dag.nodes['x']['shape'] = (); "  # noqa: ISC004
        "dag.nodes['y']['operator'] = 'heavy:wave'; dp.Graph.from_networkx(dag)",
    ],
)
def test_what_it_would_have_brought_is_missed_with_the_reason(heavy, use):
    site = heavy("import a_package_that_nobody_has")
    for _ in range(2):  # at the first use, and at those after it
        done = site.python("import warnings; warnings.simplefilter('ignore'); list(dp.registry); " + use)
        error = done.stderr.splitlines()[-1]
        assert "The plugin 'heavy' (dagprop-heavy 1.2) was set aside: ModuleNotFoundError" in error


def test_what_says_nothing_is_no_pack():
    with pytest.raises(OperandError, match=r"the pack 'acme.special': names= is a list of strings, not 'erf'"):
        dp.Pack("acme.special", "erf")
    with pytest.raises(OperandError, match=r"answers= is a list of strings"):
        dp.Pack("acme.special", ["erf"], answers="scipy.special")


def test_a_pack_is_of_a_module():
    with pytest.raises(ArgumentError, match="the module of a pack is a string, not 3"):
        dp.Pack(3, ["a"])


def test_one_may_ask_whether_there_is_an_operator(monkeypatch):
    class Missing:
        @dp.hookimpl
        def dagprop_operators(self):
            return [dp.Pack("no_module_of_this_name", ["nowhere_to_be_found"])]

    dp.registry.register("missing", Missing())
    with pytest.warns(PluginWarning, match="no_module_of_this_name"):
        assert not hasattr(dp, "nowhere_to_be_found")
    assert not hasattr(dp, "nowhere_to_be_found")
