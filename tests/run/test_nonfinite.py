"""The first node that made a NaN or an infinity is named, forward and backward; what was meant is not reported."""

import warnings

import numpy as np
import pytest

import dagprop as dp
from dagprop.errors import NonFiniteError, NonFiniteWarning
from dagprop.run.nonfinite import all_finite


@pytest.fixture
def graph():
    return dp.Graph("model")


def raised(of, feeds, **options):
    with pytest.raises(NonFiniteError) as caught:
        dp.backprop(of, feeds, on_nonfinite="raise", **options)
    return caught.value.flow.nonfinite, str(caught.value)


def silent(of, feeds, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return dp.backprop(of, feeds, **options)


def test_the_first_maker_of_a_nan_is_named_with_its_line_ranges_and_upstream(graph):
    x = graph.input("x", (3,))
    shifted = (x - 1).named("shifted")
    bad = np.log(shifted).named("bad")  # the maker
    later = np.exp(bad * 2).sum().named("E")
    found, told = raised(later, {"x": [0.5, 3.0, 2.0]})
    assert (found.name, found.direction, found.node) == ("bad", "forward", bad)
    assert found.upstream == ("bad", "shifted", "x", "constant_0")
    for part in (
        "NaN in the value of 'bad' (log): 1 of 3 elements",
        "# the maker",
        "test_nonfinite.py:",
        "shifted (3,) float64  -0.5 … 2",
        "bad ← shifted, shifted ← (x, constant_0)",
        "log needs a positive operand",
    ):
        assert part in told


def test_an_infinity_is_named(graph):
    x = graph.input("x", (2,))
    found, told = raised((1 / x).named("y"), {"x": [0.0, 1.0]})
    assert found.name == "y"
    assert "Inf in the value of 'y' (divide): 1 of 2 elements" in told
    assert "the denominator is zero somewhere" in told


def test_a_nan_made_of_an_infinity_is_blamed_on_what_turned_it_into_a_nan(graph):
    x = graph.input("x", (2,))
    masked = np.where(graph.constant([True, False]), x, graph.constant(-np.inf)).named("masked")
    found, _ = raised((masked - masked).named("y"), {"x": [1.0, 2.0]})
    assert found.name == "y"


# ---- the first infinity, and the first NaN -------------------------------------------------------------------------

MASKS = {
    "in a constant": lambda graph, row: graph.constant(np.array([[0.0, 0.0, -np.inf], row]), name="mask"),
    "in a feed": lambda graph, row: graph.input("mask", (2, 3)),
    "worked out": lambda graph, row: np.log(graph.input("mask", (2, 3))).named("log_mask"),
}


def masked(graph, how, row):
    """Softmax as one writes it, with an additive mask; the feeds that go with it."""
    z = (graph.input("x", (2, 3)) + MASKS[how](graph, row)).named("z")
    e = np.exp((z - np.max(z, axis=-1, keepdims=True)).named("shifted"))
    weights = (e / np.sum(e, axis=-1, keepdims=True)).named("weights")
    mask = np.array([[0.0, 0.0, -np.inf], row])
    feeds = {"x": np.ones((2, 3)), "mask": np.exp(mask) if how == "worked out" else mask}
    return (weights * np.arange(3.0)).sum(), {node.name: feeds[node.name] for node in graph.inputs}


@pytest.mark.parametrize("how", ["in a constant", "in a feed"])
def test_an_additive_mask_is_the_users_own_choice(graph, how):
    E, feeds = masked(graph, how, [-np.inf, 0.0, 0.0])
    assert silent(E, feeds, wrt=["x"]).nonfinite is None


@pytest.mark.parametrize("how", MASKS)
def test_where_a_row_is_masked_throughout_the_softmaxs_subtraction_is_blamed(graph, how):
    E, feeds = masked(graph, how, [-np.inf] * 3)
    found, told = raised(E, feeds, wrt=["x"])
    origin = "log_mask" if how == "worked out" else "mask"
    assert (found.kind, found.name, found.infinity) == ("NaN", "shifted", graph[origin])
    assert "NaN in the value of 'shifted' (subtract): 3 of 6 elements" in told
    assert f"Inf first at  {origin} (2, 3) float64  made at" in told
    assert ("log needs a positive operand" if how == "worked out" else "∞ − ∞, 0 · ∞ and ∞ / ∞ are NaN") in told


def test_the_operator_softmax_is_blamed_as_a_whole(graph):
    x = graph.input("x", (2, 3))
    mask = graph.constant(np.full((2, 3), -np.inf), name="mask")
    found, _ = raised(dp.softmax(x + mask).named("p").sum(), {"x": np.ones((2, 3))})
    assert (found.kind, found.name, found.infinity) == ("NaN", "p", mask)


FIRST = {
    "exp overflows": (lambda x, y: np.exp(x), 1000.0, 0.0, "Inf"),
    "log of 0": (lambda x, y: np.log(x), 0.0, 0.0, "Inf"),
    "division by 0": (lambda x, y: y / x, 0.0, 1.0, "Inf"),
    "0 / 0": (lambda x, y: y / x, 0.0, 0.0, "NaN"),
    "root of −1": (lambda x, y: np.sqrt(x), -1.0, 0.0, "NaN"),
}


@pytest.mark.parametrize(("rule", "at_x", "at_y", "kind"), FIRST.values(), ids=FIRST)
def test_what_makes_it_of_finite_operands_is_blamed(graph, rule, at_x, at_y, kind):
    made = rule(graph.input("x"), graph.input("y")).named("made")
    found, told = raised((made * 0.5).named("E"), {"x": at_x, "y": at_y}, wrt=["y"])
    assert (found.kind, found.name, found.infinity) == (kind, "made", None)
    assert told.startswith(f"{kind} in the value of 'made'")
    assert "Inf first at" not in told


def test_an_infinity_that_became_a_nan_is_told_with_it(graph):
    x = graph.input("x")
    large = np.exp(x).named("large")
    found, told = raised((large - large * 2).named("difference") * 1.0, {"x": 1000.0})
    assert (found.kind, found.name, found.infinity) == ("NaN", "difference", large)
    assert "Inf first at  large () float64  made at" in told
    assert "exp overflows above about 709" in told


def test_an_infinity_that_had_no_part_in_the_nan_is_not_told_with_it(graph):
    x = graph.input("x")
    found, told = raised(np.exp(-np.exp(x)) + np.sqrt(-x).named("bad"), {"x": 1000.0})
    assert (found.kind, found.name, found.infinity) == ("NaN", "bad", None)
    assert "Inf first at" not in told


def test_a_nan_on_the_way_back_is_told_with_the_infinity_that_became_it(graph):
    """exp overflows, and tanh makes 1 of it again; on the way back 0 · ∞ is NaN."""
    x = graph.input("x")
    large = np.exp(x).named("large")
    found, _ = raised(np.tanh(large).named("E"), {"x": 1000.0})
    assert (found.kind, found.direction, found.infinity) == ("NaN", "backward", large)


@pytest.mark.parametrize("how", ["constant", "feed"])
def test_an_infinity_that_was_given_is_blamed_where_what_was_asked_for_is_infinite(graph, how):
    """Then it is no mask, and a loss that is infinite is not passed over in silence."""
    x = graph.input("x")
    given = graph.constant(np.inf, name="given") if how == "constant" else graph.input("given")
    found, told = raised((x + given).named("E"), {"x": 1.0, "given": np.inf} if how == "feed" else {"x": 1.0})
    assert (found.kind, found.name) == ("Inf", "given")
    assert f"The {how} itself is not finite." in told


def test_an_infinite_parameter_is_nobodys_choice(graph):
    w = graph.parameter("w", (2,))
    found, _ = raised(np.tanh(w).sum(), {}, parameters={"w": [np.inf, 1.0]})
    assert (found.kind, found.name) == ("Inf", "w")


def test_a_mask_of_minus_infinity_is_meant(graph):
    scores = graph.input("scores", (2, 3))
    mask = graph.constant(np.array([0, 0, -np.inf]), name="mask")
    weights = dp.softmax(scores + mask, axis=-1)
    flow = silent((weights * np.arange(3.0)).sum(), {"scores": np.ones((2, 3))})
    assert flow.nonfinite is None
    assert np.isfinite(flow.gradients["scores"]).all()


def test_a_mask_of_minus_infinity_is_meant_through_several_outputs_too(graph):
    x = graph.input("x", (2,))
    parts = np.split(graph.constant(np.array([-np.inf, 0.0])), 2)
    assert silent(np.exp(x + parts[0]).sum() + parts[1].sum(), {"x": [1.0, 2.0]}).nonfinite is None


def test_an_operator_of_several_outputs_is_named_itself(graph):
    @dp.operator
    def roots(x):
        return np.sqrt(x), -np.sqrt(x)

    @roots.vjp
    def _(grads, x, *, out):
        return (grads[0] - grads[1]) / (2 * out[0])

    up, down = roots(graph.input("x", (2,)))
    found, told = raised((up * down).sum(), {"x": [-1.0, 4.0]})
    assert found.name == "roots_0"
    assert "NaN in the value of 'roots_0' (roots): 2 of 4 elements" in told


def test_a_nan_that_is_fed_is_blamed_on_the_feed(graph):
    x = graph.input("x", (2,))
    found, told = raised((x * 2).sum(), {"x": [np.nan, 1.0]})
    assert found.name == "x"
    assert "The feed itself is not finite." in told


def test_a_nan_in_a_parameter_is_blamed_on_it(graph):
    w = graph.parameter("w", (2,))
    found, told = raised((w * 2).sum(), {}, parameters={"w": [np.nan, 1.0]})
    assert found.name == "w"
    assert "a smaller learning rate" in told


def test_a_nan_on_the_way_back_alone_is_named(graph):
    """√ at 0 has a finite value and an infinite slope."""
    x = graph.input("x", (2,))
    root = np.sqrt(x).named("root")
    found, told = raised((root * 3).sum(), {"x": [0.0, 4.0]})
    assert found.direction == "backward"
    assert found.name in ("root", "x")
    assert "Inf in the gradient at" in told
    assert "root" in told
    flow = silent((root * 3).sum(), {"x": [0.0, 4.0]}, on_nonfinite="ignore")
    assert flow.nonfinite.direction == "backward"
    np.testing.assert_array_equal(flow.gradients["x"], [np.inf, 0.75])


def test_the_edge_on_the_way_back_is_named(graph):
    x, y = graph.input("x"), graph.input("y")
    product = (x * y).named("product")
    loss = (product**2).named("loss")
    found, told = raised(loss, {"x": 1e-200, "y": 1e300}, wrt=["y", "x"])  # ∂loss/∂x = 2xy² is 2e400
    assert (found.name, found.direction) == ("x", "backward")
    assert "Inf in the gradient at 'x' (input) on its way from 'product' back to 'x'" in told


def test_a_slope_that_nothing_arrives_at_is_no_nan(graph):
    x = graph.input("x", (2,))
    flow = silent(np.where(x > 0, np.sqrt(x), 0).sum(), {"x": [0.0, 4.0]})  # not even a warning
    np.testing.assert_array_equal(flow.gradients["x"], [0, 0.25])
    assert flow.nonfinite is None


def test_of_steps_on_the_way_back_the_first_is_named_that_did_harm(graph):
    x, y = graph.input("x", (2,)), graph.input("y")
    masked = np.where(x > 0, np.sqrt(x), 0).sum()  # comes last, so its way back is first: harmless
    found, _ = raised(np.sqrt(y) + masked, {"x": [0.0, 4.0], "y": 0.0})
    assert (found.name, found.direction) == ("y", "backward")
    assert "on its way from 'sqrt_1' back to 'y'" in found.message


@pytest.mark.filterwarnings("ignore:Mean of empty slice:RuntimeWarning")
def test_an_operand_of_no_elements_has_no_range(graph):
    x = graph.input("x", (0,))
    _, told = raised(np.mean(x), {"x": []})
    assert "x (0,) float64  no elements" in told


def test_warn_is_the_default_and_points_at_the_users_line(graph):
    y = np.log(graph.input("x"))
    with pytest.warns(NonFiniteWarning, match="NaN in the value of 'log_0'") as told:
        flow = dp.backprop(y, {"x": -1.0})
    assert told[0].filename == __file__
    assert flow.nonfinite.name == "log_0"
    assert str(flow.nonfinite) == str(told[0].message)


def test_ignore_is_silent_and_raise_brings_the_flow(graph):
    y = np.log(graph.input("x")).named("y")
    flow = silent(y, {"x": -1.0}, on_nonfinite="ignore")
    assert np.isnan(flow.values["y"])
    with pytest.raises(NonFiniteError) as caught:
        dp.backprop(y, {"x": -1.0}, on_nonfinite="raise")
    assert np.isnan(caught.value.flow.values["y"])
    assert isinstance(caught.value, ArithmeticError)
    with pytest.raises(ValueError, match="on_nonfinite is 'raise', 'warn' or 'ignore', not 'explode'"):
        dp.backprop(y, {"x": 1.0}, on_nonfinite="explode")


def test_numpys_own_warnings_are_not_heard(graph):
    x = graph.input("x", (2,))
    y = np.log(x) + 1 / x
    assert dp.forward(y, {"x": [0.0, -1.0]}).shape == (2,)  # a warning would be an error here


def test_integers_and_booleans_are_no_concern(graph):
    k = graph.input("k", (2,), dtype=int)
    x = graph.input("x", (2,))
    assert silent((x * k * (k > 0)).sum(), {"x": [1.0, 2.0], "k": [1, 0]}).nonfinite is None


@pytest.mark.parametrize("at", [0, 7, 300_000])
def test_one_bad_element_among_many_is_found(graph, at):
    x = graph.input("x", ("n",))
    y = (1 / x).named("y")
    feed = np.ones(300_001)
    feed[at] = 0
    found, told = raised(y.mean(), {"x": feed})
    assert found.name == "y"
    assert f"1 of {len(feed)} elements" in told


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex128])
def test_the_largest_numbers_are_finite(dtype):
    largest = np.full((2, 3), np.finfo(dtype).max, dtype)
    assert all_finite([largest, largest.T[::2], largest[0, 0]]), "though their squares are not"
    for bad in (np.nan, np.inf, -np.inf):
        assert not all_finite([np.array([[1, bad], [1, 1]], dtype)])


def test_the_upstream_graph_is_small(graph):
    y = graph.input("x")
    for _ in range(100):
        y = np.tanh(y)
    found, told = raised(np.log(y - 2), {"x": 1.0})
    assert len(found.upstream) <= 12
    assert len(told) < 2000
