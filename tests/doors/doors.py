"""The public doors: each with a call that is right, every argument by name and with its kind."""

from functools import cached_property, partial

import networkx as nx
import numpy as np

import dagprop as dp
from dagprop.diagram import Picture
from dagprop.training import Training, load_parameters, save_parameters
from dagprop.training.digits import load_digits
from tests.doors import rubbish
from tests.doors.rubbish import COUNT, DTYPE, FLAG, FUNCTION, MAPPING, NAME, NODES, NOTHING, OPTIONAL, PATH, TEXT, Kind


class World:
    """A small model, what is made of it, and a folder to write in."""

    def __init__(self, folder):
        self.folder = folder
        self.g = g = dp.Graph("model")
        self.x, self.w = g.input("x", ("n", 3)), g.parameter("w", (3, 2), np.ones((3, 2)))
        self.v, self.s = g.constant(np.ones((4, 3)), "v"), g.input("s")
        self.z = (self.x @ self.w).named("z")
        self.E = (self.z**2).sum().named("E")
        self.feeds = {"x": np.ones((4, 3))}
        self.operator = dp.operator(lambda a, *, k=1: a * k)
        self.elementwise = dp.elementwise(lambda a, *, k=1: a * k)

    @cached_property
    def flow(self):
        """A recorded run."""
        return dp.backprop(self.E, self.feeds)

    @cached_property
    def picture(self):
        """A picture of it."""
        return Picture(dp.dot(self.E).source)

    @cached_property
    def training(self):
        """A training of it."""
        return Training(self.E)

    @cached_property
    def dag(self):
        """A DAG made by hand."""
        dag = nx.DiGraph()
        dag.add_node("x", kind="input", shape=(3,))
        dag.add_node("y", operator="exp")
        dag.add_edge("x", "y")
        return dag

    def edited(self, node, **data):
        """An edit of a node's data."""
        with self.g.edit() as dag:
            dag.nodes[node].update(data)


def named(argument, function):
    """A function of one argument, which is given by this name."""
    return lambda **given: function(given[argument])


def _saved(folder):
    save_parameters(folder / "saved.npz", {"w": [1.0]})
    return folder / "saved.npz"


FED = MAPPING | OPTIONAL  # feeds
STYLE = NOTHING
WRT = OPTIONAL | NODES

DOORS = {
    # ---- building
    "Graph": lambda o: (dp.Graph, {"name": TEXT("g"), "dtype": DTYPE("float32")}),
    "Graph.input": lambda o: (
        o.g.input, {"name": NAME("new"), "shape": rubbish.SHAPE(("n", 3)), "dtype": (DTYPE | OPTIONAL)("float32")}),
    "Graph.parameter": lambda o: (
        lambda name, shape, initial=None, dtype=None: o.g.parameter(name, shape, initial, dtype).initial_value(),
        {"name": NAME("new"), "shape": Kind("[]")((2, 3)), "dtype": (DTYPE | OPTIONAL)("float32")}),
    "Graph.parameter initial": lambda o: (
        lambda initial: dp.Graph().parameter("new", (2, 3), initial).initial_value(), {
            "initial": Kind("None", "True", "-1", "1.5", "nan", "inf")(np.ones(3))}),
    "Graph.constant": lambda o: (o.g.constant, {
        "value": rubbish.NUMBERS(1.5), "name": (NAME | OPTIONAL)("new"), "dtype": (DTYPE | OPTIONAL)("float32")}),
    "Graph.scope": lambda o: (lambda name: o.g.scope(name).__enter__(), {"name": NAME("part")}),
    "Graph.resolve": lambda o: (o.g.resolve, {"node": NOTHING("w")}),
    "Graph[]": lambda o: (o.g.__getitem__, {"name": NOTHING("w")}),
    "Graph.initial_values": lambda o: (o.g.initial_values, {"seed": rubbish.SEED(1)}),
    "Graph.from_networkx": lambda o: (dp.Graph.from_networkx, {
        "dag": NOTHING(o.dag), "name": (TEXT | OPTIONAL)("new"), "dtype": (DTYPE | OPTIONAL)("float32")}),
    "Graph.edit of an operator": lambda o: (partial(o.edited, "z"), {
        "operator": NOTHING("matmul"), "attributes": (OPTIONAL | MAPPING)({}),
        "shape": OPTIONAL(None), "scope": Kind("None", "''", "'rubbish'")(""), "source": OPTIONAL("model.py:3"),
        "automatic": rubbish.ANYTHING(True), "primal": OPTIONAL(None)}),
    "Graph.edit of a parameter": lambda o: (partial(o.edited, "w"), {
        "shape": OPTIONAL((3, 2)), "dtype": (DTYPE | OPTIONAL)("float64"),
        "initial": Kind("None", "True", "-1", "1.5", "nan", "inf", "a function", "a class")(np.ones((3, 2)))}),
    "Node.named": lambda o: (o.z.named, {"name": NAME("new")}),
    "Node.initial_value": lambda o: (o.w.initial_value, {"seed": rubbish.SEED(1)}),
    "Node.astype": lambda o: (o.x.astype, {"dtype": DTYPE("float32")}),
    "trace": lambda o: (
        lambda function, dtype, **specs: dp.trace(function, dtype=dtype, **specs),
        {"function": NOTHING(lambda x: x * 2), "dtype": (DTYPE | OPTIONAL)("float32"), "x": NOTHING(dp.Spec())}),
    "Spec": lambda o: (dp.Spec, {"shape": (rubbish.SHAPE | COUNT)((2, 3)), "dtype": DTYPE("float32")}),
    "Dim": lambda o: (dp.Dim, {"name": NAME("n")}),
    "initialisers.normal": lambda o: (dp.initialisers.normal, {"scale": rubbish.RATE(0.1)}),
    "initialisers.uniform": lambda o: (dp.initialisers.uniform, {
        "low": Kind("-1")(-2), "high": Kind("-1", "1.5")(0.5)}),
    "initialisers.he": lambda o: (dp.initialisers.he, {
        "shape": Kind("[]")((2, 3)), "rng": NOTHING(np.random.default_rng(0))}),
    "Graph.outputs": lambda o: (lambda nodes: setattr(o.g, "outputs", nodes), {"nodes": NODES(["z"])}),
    # ---- running and differentiating
    "forward": lambda o: (dp.forward, {"nodes": NODES(o.E), "feeds": NOTHING(o.feeds), "parameters": FED({})}),
    "forward of a feed": lambda o: (lambda x: dp.forward(o.E, {"x": x}), {"x": NOTHING(np.ones((4, 3)))}),
    "backprop": lambda o: (dp.backprop, {
        "of": NOTHING(o.E), "feeds": NOTHING(o.feeds), "parameters": FED({}), "wrt": WRT("w"),
        "on_nonfinite": NOTHING("warn")}),
    "Flow.values[]": lambda o: (o.flow.values.__getitem__, {"key": NOTHING("w")}),
    "Flow.gradients[]": lambda o: (o.flow.gradients.__getitem__, {"key": NOTHING("w")}),
    "Flow.contributions[]": lambda o: (o.flow.contributions.__getitem__, {"key": NOTHING(("w", "z", 1))}),
    "Flow.contributions[slot]": lambda o: (
        lambda slot: o.flow.contributions["w", "z", slot], {"slot": FLAG(1)}),
    "gradient": lambda o: (dp.gradient, {"of": NOTHING(o.z), "wrt": NODES("w"), "cotangent": OPTIONAL(o.z)}),
    "jvp": lambda o: (dp.jvp, {"of": NOTHING(o.z), "wrt": NOTHING(o.w), "tangents": NOTHING(np.ones((3, 2)))}),
    "hessian_vector_product": lambda o: (dp.hessian_vector_product, {
        "of": NOTHING(o.E), "wrt": NOTHING(o.w), "vectors": NOTHING(np.ones((3, 2)))}),
    "jacobian": lambda o: (dp.jacobian, {"of": NOTHING(o.w * 2), "wrt": NOTHING(o.w)}),
    # ---- showing
    "draw": lambda o: (dp.draw, {
        "subject": rubbish.ALIEN(o.E), "path": (PATH | OPTIONAL)(o.folder / "a.dot"), "format": (OPTIONAL)("dot"),
        "title": (TEXT | OPTIONAL)("title")}),
    "dot": lambda o: (dp.dot, {"subject": rubbish.ALIEN(o.E), "title": (TEXT | OPTIONAL)("title")}),
    "Flow.draw": lambda o: (o.flow.draw, {
        "path": (PATH | OPTIONAL)(o.folder / "a.dot"), "format": OPTIONAL("dot"), "title": (TEXT | OPTIONAL)("title")}),
    "Flow.dot": lambda o: (o.flow.dot, {"title": (TEXT | OPTIONAL)("title")}),
    "Flow.explain": lambda o: (o.flow.explain, {
        "name": NOTHING("w"), "style": STYLE("text"), "numbers": FLAG(True)}),
    "Picture": lambda o: (Picture, {"dot": TEXT("digraph {}")}),
    "Picture.save": lambda o: (o.picture.save, {"path": PATH(o.folder / "a.dot"), "format": OPTIONAL("dot")}),
    "explain": lambda o: (dp.explain, {
        "recording": NOTHING(o.flow), "name": NOTHING("w"), "style": STYLE("text"), "numbers": FLAG(True)}),
    "equation": lambda o: (dp.equation, {"node": rubbish.ALIEN(o.z), "style": STYLE("latex")}),
    "update_equations": lambda o: (dp.update_equations, {
        "of": NOTHING(o.E), "wrt": WRT("w"), "learning_rate": (TEXT | rubbish.NUMBER)(0.1)}),
    "update_equations of a flow": lambda o: (dp.update_equations, {
        "of": NOTHING(o.flow), "wrt": WRT("w"), "learning_rate": (TEXT | rubbish.NUMBER)("η")}),
    "local_derivatives": lambda o: (dp.local_derivatives, {"subject": rubbish.ALIEN(o.g)}),
    "partial_derivatives": lambda o: (dp.partial_derivatives, {"node": rubbish.ALIEN(o.z)}),
    "symbolic": lambda o: (dp.symbolic, {"node": rubbish.ALIEN(o.s * 2)}),
    "symbolic_gradient": lambda o: (dp.symbolic_gradient, {"of": NOTHING(o.s * 2), "wrt": NODES("s")}),
    "diff": lambda o: (dp.diff, {"before": NOTHING(o.g), "after": NOTHING(o.g)}),
    "Difference.draw": lambda o: (dp.diff(o.g, o.g).draw, {"path": OPTIONAL(o.folder / "a.dot")}),
    "Difference.count": lambda o: (dp.diff(o.g, o.g).count, {"word": NOTHING("same")}),
    # ---- training
    "GradientDescent": lambda o: (dp.optim.GradientDescent, {"learning_rate": rubbish.RATE(0.1)}),
    "Momentum": lambda o: (dp.optim.Momentum, {
        "learning_rate": rubbish.RATE(0.1), "momentum": NOTHING(0.5), "nesterov": FLAG(True)}),
    "Adam": lambda o: (dp.optim.Adam, {
        "learning_rate": rubbish.RATE(0.1), "beta1": NOTHING(0.5), "beta2": NOTHING(0.5),
        "epsilon": rubbish.RATE(0.1)}),
    "Training": lambda o: (Training, {
        "loss": NOTHING(o.E), "optimiser": OPTIONAL(dp.optim.Adam()), "parameters": FED({}), "seed": rubbish.SEED(0)}),
    "Training.steps": lambda o: (
        lambda **a: next(o.training.steps(**a)),
        {"data": NOTHING(o.feeds), "epochs": COUNT(1), "batch_size": (COUNT | OPTIONAL)(2)}),
    "Training.minibatches": lambda o: (
        lambda **a: next(o.training.minibatches(**a)),
        {"data": MAPPING(o.feeds), "batch_size": (COUNT | OPTIONAL)(2)}),
    "save_parameters": lambda o: (save_parameters, {
        "path": PATH(o.folder / "a.npz"), "parameters": (MAPPING | Kind("{'nowhere': 1}"))({"w": [1.0]})}),
    "save_parameters of an array": lambda o: (
        lambda w: save_parameters(o.folder / "a.npz", {"w": w}), {"w": rubbish.NUMBERS([1.0])}),
    "load_parameters": lambda o: (load_parameters, {"path": NOTHING(_saved(o.folder))}),
    "Digits.split": lambda o: (load_digits().split, {"test_fraction": NOTHING(0.5), "seed": rubbish.SEED(1)}),
    # ---- operators
    "elementwise": lambda o: (
        lambda function, **options: dp.elementwise(function, **options)(1.0), {
            "function": NOTHING(lambda x: 2 * x), "numpy": NODES([np.tanh]),
            "singular": (FLAG | FUNCTION)(False), "view": FLAG(False), "reduces": OPTIONAL(None),
            "repeats": NOTHING(False), "reshapes": FLAG(False), "advice": TEXT(""), "conditions": NODES([0]),
            "latex": TEXT("{x}"), "text": TEXT("{x}"), "binding": NOTHING("sum"), "sign": OPTIONAL(None)}),
    "operator": lambda o: (
        lambda function, **options: dp.operator(function, **options)(1.0), {
            "function": NOTHING(lambda x: 2 * x), "numpy": NODES([np.tanh]), "conditions": NODES([0]),
            "latex": TEXT("{x}"), "text": TEXT("{x}"), "binding": NOTHING("sum"), "sign": OPTIONAL(None)}),
    "Operator.derivative": lambda o: (o.elementwise.derivative, {"rule": FUNCTION(lambda a: 1.0)}),
    "Operator.vjp": lambda o: (
        lambda rule, opaque: o.operator.vjp(rule, opaque=opaque),
        {"rule": (FUNCTION | OPTIONAL)(lambda grad, a: grad), "opaque": FLAG(False)}),
    "Operator.infer": lambda o: (o.operator.infer, {"rule": FUNCTION(lambda a, *, k: a)}),
    "Operator.arguments": lambda o: (o.operator.arguments, {"rule": FUNCTION(lambda a: ((a,), {}))}),
    **{
        f"Operator.{word}": lambda o, word=word: (
            named("rule", getattr(o.operator, word)), {"rule": FUNCTION(lambda *_: None)})
        for word in ("expand", "lower", "source", "permutes", "bound", "cost", "symbol", "notation", "tidy")
    },
    "Operator.simplify": lambda o: (o.operator.simplify, {"during": TEXT("identities")}),
    "Operator.simplify a rule": lambda o: (
        named("rule", o.operator.simplify("identities")), {"rule": FUNCTION(lambda a: None)}),
    "check_operator": lambda o: (
        named("operator", lambda operator: dp.check_operator(operator, [1.0, 2.0])), {"operator": NOTHING("exp")}),
    "check_operator of operands": lambda _: (
        named("x", lambda x: dp.check_operator("exp", x)),
        {"x": Kind("1.5", "another shape", "nan", "inf", "[]")([1.0, 2.0])}),
    "check_gradient": lambda o: (dp.check_gradient, {
        "of": NOTHING(o.E), "feeds": NOTHING(o.feeds), "parameters": FED({}), "wrt": WRT("w")}),
    "signs.Sign": lambda o: (dp.signs.Sign, {
        "name": TEXT("f"), "operands": Kind("[]", "texts")(("x",)), "text": TEXT("{x}"), "latex": TEXT("{x}"),
        "binding": NOTHING("sum"), "variadic": FLAG(False), "family": TEXT("sum"), "beside": Kind("[]", "{1}")((0,)),
        "reaches": FLAG(False)}),
    "signs.over": lambda o: (dp.signs.over, {"shape": NOTHING((2, 3)), "axes": Kind("[]", "{1}")([0])}),
}  # fmt: skip
