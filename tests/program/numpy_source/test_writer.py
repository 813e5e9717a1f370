"""The source of a program: what a person would have written, and it runs alone, whatever the names."""

import keyword

import numpy as np
import pytest
from alone import run_alone
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import dagprop as dp


def lines(of, wrt=(), **options):
    return [line.strip() for line in dp.compile(of, wrt=list(wrt), **options).source.splitlines()]


def test_the_users_names_and_nothing_else():
    g = dp.Graph()
    x, w = g.input("x", ("n",)), g.parameter("w", ())
    residual = (x * w - 1).named("residual")
    loss = (residual**2).mean().named("loss")
    assert dp.compile(loss).source == (
        "import numpy as np\n"
        "\n"
        "\n"
        "def step(x, w):\n"
        "    n = x.shape[0]\n"
        "    # forward\n"
        "    residual = x * w - 1\n"
        "    loss = np.mean(residual * residual)\n"
        "    # backward\n"
        "    d_residual = residual * (2 / np.float64(n))\n"
        "    d_w = np.sum(d_residual * x, axis=0)\n"
        "    return loss, {'w': d_w}\n"
    )


def test_brackets_stand_where_they_must():
    g = dp.Graph()
    a, b, c = (g.input(name, (2, 2)) for name in "abc")
    for made, text in [
        (a - (b - c), "a - (b - c)"),
        ((a - b) - c, "a - b - c"),
        (a / (b * c), "a / (b * c)"),
        (-(a**b), "-a ** b"),
        ((-a) ** b, "(-a) ** b"),
        (a ** (b**c), "a ** (b ** c)"),
        ((a**b) ** c, "(a ** b) ** c"),
        (a @ (b + c), "a @ (b + c)"),
        ((a > b) & (b > c), "(a > b) & (b > c)"),
        (~(a > b), "~(a > b)"),
        ((a * b).T, "(a * b).T"),
        (np.exp(a + b), "np.exp(a + b)"),
    ]:
        assert f"out = {text}" in lines(made.named("out"), passes=["dead code"])
        made.named(text)


NAMES = [
    "lambda", "class", "None", "print", "sum", "np", "step", "parameters", "del", "match", "1x", "x y", "layer/x", "x²",
    "ﬁ", "fi", "σ", "é", "x'", 'say "hi"', "back\\slash", "new\nline", "{brace}", "tab\t", "-", "🙂",
    "__import__('os')",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_any_name_becomes_an_identifier(name):
    g = dp.Graph()
    x, w = g.input(name, (3,)), g.parameter("w", (3,), initial=[1, 2, 3])
    y = np.sin(x * w).named("y")
    step = dp.compile((y * x).sum().named(f"{name} of all"), wrt=[x, w])
    feeds = {name: np.array([0.5, 1.0, 2.0])}
    value, gradients = run_alone(step, feeds)
    expected, by_name = step(feeds)
    assert value == expected
    assert list(gradients) == [name, "w"]
    assert_array_equal(gradients[name], by_name[name])


def test_names_that_would_be_one_stay_two():
    g = dp.Graph()
    made = sum(k * g.input(name) for k, name in enumerate(NAMES, 1))
    step = dp.compile(made, wrt=[])
    arguments = step.written.arguments
    assert len(set(arguments.values())) == len(NAMES)
    assert not any(keyword.iskeyword(argument) for argument in arguments.values())
    feeds = {name: 2.0**k for k, name in enumerate(NAMES)}
    assert run_alone(step, feeds)[0] == sum(k * 2.0 ** (k - 1) for k in range(1, len(NAMES) + 1))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.text(min_size=1, max_size=6).filter(lambda t: "/" not in t and "\0" not in t),
        min_size=2,
        max_size=4,
        unique=True,
    )
)
def test_whatever_the_names(names):
    g = dp.Graph()
    made = sum(k * g.input(name) for k, name in enumerate(names, 1))
    value, _ = run_alone(dp.compile(made, wrt=[]), dict.fromkeys(names, 1.0))
    assert value == sum(range(1, len(names) + 1))


def test_an_operator_and_a_node_of_one_name_are_two():
    @dp.operator
    def ranks(x):
        """The rank of each element."""
        if x.size < 0:
            return x
        return np.argsort(np.argsort(x)) * 1.0

    g = dp.Graph()
    x = g.input("ranks", (3,))
    step = dp.compile(ranks(x).sum() + ranks(2 * x)[0], wrt=[])
    assert run_alone(step, {"ranks": [3, 1, 2]})[0] == 5


def test_two_operators_of_one_name_are_two():
    def operator(factor):
        def scaled(x):
            return x * factor if x.size else x

        return dp.operator(scaled)

    g = dp.Graph()
    x = g.input("x", (2,))
    step = dp.compile((operator(2)(x) + operator(10)(x)).sum(), wrt=[], executor="numpy")
    assert step({"x": [1, 2]})[0] == 36


def test_a_rule_of_plain_numpy_is_written_out():
    @dp.operator
    def middle(x):
        r"""The middle element, \m.

        And more.
        """
        if x.size == 0:  # none
            return x.sum()
        return np.median(np.ptp(x) * x)

    g = dp.Graph()
    source = dp.compile(middle(g.input("x", (3,))), wrt=[]).source
    assert (
        'def middle(x):\n    """The middle element, \\\\m."""\n    if x.size == 0:  # none\n        return x.sum()\n'
        "    return np.median(np.ptp(x) * x)\n"
    ) in source
    assert "middle_0 = middle(x)" in source


def test_a_rule_that_is_one_call_of_numpy_s_is_written_as_that_call():
    @dp.operator
    def middle(x, *, axis=None):
        return np.median(x, axis)

    @dp.operator(numpy=[np.median])
    def rounded(x):
        return np.median(np.rint(x))

    g = dp.Graph()
    x = g.input("x", (3, 4))
    assert "np.median(x, axis=0)" in dp.compile(middle(x, axis=0), wrt=[]).source
    assert "np.median(np.rint(x))" in dp.compile(rounded(x), wrt=[]).source, "what it answers is not what it is"


def test_a_rule_that_goes_by_a_size_is_not_written_out_for_all_sizes():
    @dp.operator
    def lonely(x):
        return np.sort(x) if x.shape[0] == 1 else np.flip(x)

    g = dp.Graph()
    assert "np.flip(x)" in dp.compile(lonely(g.input("x", (3,))), wrt=[]).source
    assert "lonely_0 = lonely(y)" in dp.compile(lonely(g.input("y", ("n",))), wrt=[]).source


def test_what_a_rule_needs_from_outside_goes_along():
    limit = 0.5

    @dp.operator
    def clipped(x):
        return np.array([min(v, limit) for v in x])

    g = dp.Graph()
    step = dp.compile(clipped(g.input("x", (2,))).sum(), wrt=[], executor="numpy")
    assert "limit = 0.5\n" in step.source
    assert run_alone(step, {"x": [0.2, 1]})[0] == step({"x": [0.2, 1]})[0] == 0.7


def test_what_cannot_be_written_is_to_be_given():
    counted = dp.operator(eval("lambda x: np.float64(np.count_nonzero(x.copy()))", {"np": np}))
    g = dp.Graph()
    step = dp.compile(counted(g.input("x", (2,))) + 1, wrt=[], executor="numpy")
    (name,) = step.written.needs
    assert f"# to be given by who runs this: {name}\n" in step.source
    assert step({"x": [0, 1]})[0] == 2


def test_constants_are_written_where_they_are_small():
    g = dp.Graph()
    small, large = g.constant(np.array([1.5, np.nan]), "small"), g.constant(np.arange(100.0), "large")
    step = dp.compile((g.input("x") * small).sum() + large.sum(), wrt=[], passes=[])
    assert "small = np.array([1.5, np.nan], dtype=np.float64)" in step.source
    assert list(step.written.constants) == ["large"]
    assert step.source.index("def step") < step.source.index("large = np.frombuffer"), "what nobody reads stands last"
    assert_array_equal(run_alone(step, {"x": 2.0})[0], np.nan)


def test_a_large_constant_goes_along():
    g = dp.Graph()
    table, x = np.random.default_rng(0).normal(size=(20, 30)), g.input("x", ("n", 20))
    step = dp.compile(np.sum((x @ table) ** 2), wrt=[x])
    feeds = {"x": np.random.default_rng(1).normal(size=(5, 20))}
    value, gradients = run_alone(step, feeds)
    assert_allclose(value, step(feeds)[0], rtol=1e-12)
    assert_allclose(gradients["x"], 2 * feeds["x"] @ table @ table.T, rtol=1e-12)


def test_one_source_for_every_batch_size():
    g = dp.Graph()
    x, w = g.input("x", ("batch", "width")), g.parameter("w", ())
    loss = ((np.reshape(x, (-1,)) * w).mean() + (x * w).var()).named("loss")
    step = dp.compile(loss)
    assert "batch = x.shape[0]" in step.source
    for shape in ((2, 3), (5, 1), (4, 4)):
        data = np.random.default_rng(0).normal(size=shape)
        value, gradients = run_alone(step, {"x": data})
        flow = dp.backprop(loss, {"x": data}, step.parameters)
        assert_allclose(value, flow.values["loss"], rtol=1e-12, atol=1e-15)
        assert_allclose(gradients["w"], flow.gradients["w"], rtol=1e-12, atol=1e-15)


def test_a_dimension_may_be_called_anything():
    g = dp.Graph()
    x = g.input("x", ("class",))
    value, _ = run_alone(dp.compile(x.mean() * x.size, wrt=[]), {"x": [1, 2, 3]})
    assert value == 6


def test_float32_stays_float32():
    g = dp.Graph(dtype=np.float32)
    x = g.input("x", ("n",))
    loss = (x * 0.1 + x.size).mean() / np.pi
    value, gradients = run_alone(dp.compile(loss, wrt=[x]), {"x": np.float32([1, 2])})
    assert value.dtype == gradients["x"].dtype == np.float32


def test_where_memory_is_short_names_are_deleted():
    g = dp.Graph()
    x = g.input("x", (1000,))
    made = x
    for i in range(12):
        made = np.tanh(made).named(f"h{i}")
    step = dp.compile(made.sum(), wrt=[x], executor="numpy", memory_limit="40 kB")
    made_by = {}
    build = type(step.executor).build

    class Watched(type(step.executor)):
        name = "watched"

        def build(self, work):
            from dagprop.program.numpy_source import write

            made_by["text"] = write(work).text
            return build(self, work)

    step = dp.compile(made.sum(), wrt=[x], executor=Watched(), memory_limit="40 kB")
    step({"x": np.ones(1000)})
    assert "    del " in made_by["text"]
    assert "_again = " in made_by["text"]
    forward, _, backward = made_by["text"].partition("# backward")
    assert "_again = " in backward, "what is made again is made where it is needed"
    assert "_again = " not in forward


def test_a_short_call_fits_on_a_line_and_a_long_one_does_not():
    g = dp.Graph()
    made = sum(g.input(f"a_rather_long_name_{i}") for i in range(8))
    source = dp.compile(made, wrt=[]).source
    assert "def step(\n    a_rather_long_name_0,\n" in source


def test_what_the_user_calls_like_a_gradient_stays_in_the_forward_part():
    g = dp.Graph()
    x, w = g.input("x", (3,)), g.parameter("w", (3,))
    key = (x * w).named("d_k")
    loss = (key * key).sum().named("d_loss")
    forward, _, backward = dp.compile(loss).source.partition("# backward")
    assert "d_k = x * w" in forward
    assert "d_loss = " in forward
    assert "d_w = " in backward


def test_a_name_of_the_user_s_that_looks_like_a_number_stays():
    g = dp.Graph()
    x = g.input("x", (3,))
    named = np.exp(x).named("exp_2")
    step = dp.compile((named + np.exp(x + 1) * np.exp(x + 2)).sum(), wrt=[])
    assert "exp_2 = np.exp(x)" in step.source
    assert step.graph["exp_2"].origin is named


def test_no_two_nodes_of_a_program_have_one_name(executor):
    g = dp.Graph()
    x = g.input("x", (3,))
    z = g.input("z", (1, 1, 4, 4))
    pooled = (dp.avg_pool2d(z, 2) ** 3).sum()
    product = dp.hessian_vector_product(pooled, z, np.ones((1, 1, 4, 4)))
    for of, feeds in [
        (np.pad(x, 1, mode="edge").sum(), {"x": [1, 2, 3]}),
        (np.repeat(x, [1, 2, 0]).sum(), {"x": [1, 2, 3]}),
        ((product * product).sum(), {"z": np.arange(16.0).reshape(1, 1, 4, 4)}),
    ]:
        wrt = [node for node in (x, z) if node.name in feeds]
        step = dp.compile(of, wrt, executor=executor)
        value, gradients = step(feeds)
        flow = dp.backprop(of, feeds, wrt=wrt)
        np.testing.assert_allclose(value, flow.values[of])
        for node in wrt:
            np.testing.assert_allclose(gradients[node.name], flow.gradients[node])
        names = [node.name for node in step.graph]
        assert len(set(names)) == len(names) == len(step.graph.dag)
