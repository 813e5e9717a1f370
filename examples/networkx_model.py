"""A network with a shortcut, written as a NetworkX graph: asked, run, edited, drawn, and kept in a file.

Run it with `python examples/networkx_model.py`; it writes two files where it is run.
"""

import networkx as nx
import numpy as np

import dagprop as dp

# ---- write it: a node says what it is, an edge which operand it is ---------------------------------------------------

dag = nx.DiGraph(name="shortcut")
dag.add_node("X", kind="input", shape=("batch", 4))
dag.add_node("y", kind="input", shape=("batch", 1))
for name, shape in {"w0": (4, 4), "w1": (4, 4), "w2": (4, 1)}.items():
    dag.add_node(name, kind="parameter", shape=shape, initial="glorot")
for name, operator, *operands in [
    ("z0", "matmul", "X", "w0"),
    ("a0", "sigmoid", "z0"),
    ("z1", "matmul", "a0", "w1"),
    ("joined", "add", "z1", "a0"),  # the shortcut
    ("a1", "sigmoid", "joined"),
    ("z2", "matmul", "a1", "w2"),
    ("error", "subtract", "z2", "y"),
    ("squared", "square", "error"),
    ("E", "mean", "squared"),
]:
    dag.add_node(name, operator=operator)
    dag.add_edges_from((operand, name, {"slot": slot}) for slot, operand in enumerate(operands))

g = dp.Graph.from_networkx(dag)

# ---- ask it ----------------------------------------------------------------------------------------------------------


def dominators(graph, start, end):
    """The nodes that every way from `start` to `end` leads through."""
    above = nx.immediate_dominators(graph, start)
    way = [end]
    while way[-1] != start:
        way.append(above[way[-1]])
    return way[::-1]


print("every way from X to E leads through", ", ".join(dominators(g.dag, "X", "E")))
print("the longest way:", " → ".join(nx.dag_longest_path(g.dag)))
print("w0 reaches E along", len(list(nx.all_simple_paths(g.dag, "w0", "E"))), "ways: its gradient has as many terms")
cut = sorted(nx.minimum_edge_cut(nx.DiGraph(g.dag), "a0", "joined"))
print("to part joined from a0, cut", " and ".join(f"{source} → {target}" for source, target in cut))

# ---- run it ----------------------------------------------------------------------------------------------------------

rng = np.random.default_rng(0)
X = rng.normal(size=(64, 4))
feeds = {"X": X, "y": np.sin(X[:, :1])}
before = dp.backprop(g["E"], feeds)

# ---- edit it: other activations, and the shortcut cut out; checked and taken over when the block ends ----------------

with g.edit() as dag:
    for name, operator in dag.nodes(data="operator"):
        if operator == "core:sigmoid":
            dag.nodes[name]["operator"] = "tanh"
    dag.remove_node("joined")
    dag.add_edge("z1", "a1", slot=0)

after = dp.backprop(g["E"], feeds)
for what, flow in [("sigmoid, with the shortcut", before), ("tanh, without it", after)]:
    norms = [f"|∂E/∂{w}| = {np.linalg.norm(flow.gradients[w]):.3f}" for w in ("w0", "w1", "w2")]
    print(f"{what}: E = {flow.values['E']:.3f}, {', '.join(norms)}")

# ---- draw it, and keep it --------------------------------------------------------------------------------------------

after.draw("networkx_model.svg")
nx.write_graphml(g.dag, "networkx_model.graphml")
again = dp.Graph.from_networkx(nx.read_graphml("networkx_model.graphml"))
assert dp.forward(again["E"], feeds) == after.values["E"]
print("networkx_model.svg shows it, networkx_model.graphml holds it")
