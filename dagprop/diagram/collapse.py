"""Which nodes share a card, where there are too many for a card each.

Scopes are folded, the deepest first, then runs of operators that only feed one another, then whatever is left in
stretches of the order.  An edge that is flagged is taken out again with both its ends, so that it shows; where
hundreds are, those at which the trouble starts are.  Where the cards are few enough and the edges between them still
too many, as in graphs that lead from everywhere to everywhere, all that is done again with fewer, larger cards.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

from dagprop.diagram.measure import flag
from dagprop.diagram.scene import Scene, has_card, home
from dagprop.graph.node import CONSTANT, INPUT, PARAMETER, Edge, Node

LIMIT = 150
"""How many cards a picture may have before nodes share them."""

EDGES = 400
"""How many edges a picture with shared cards may have: the time for the layout grows with about their square."""

REVEALED = 20
"""How many flagged edges are taken out of shared cards."""

PERIOD = 12
"""The longest repeat that is looked for in a run of operators."""


@dataclass(frozen=True, eq=False)
class Unit:
    """What one card shows: a node, or several that are folded; `scope` is the cluster the card is drawn in."""

    nodes: list[Node]
    scope: str

    @property
    def single(self) -> bool:
        """Whether it is one node's own card."""
        return len(self.nodes) == 1

    @property
    def first(self) -> Node:
        """The first node in the order; it gives the card its id."""
        return self.nodes[0]


Places: TypeAlias = Callable[[Sequence[Node], Container[Node]], dict[Node, int]]
"""Says of each of a unit's nodes in which part it goes, where some of them are taken out."""


def collapse(scene: Scene, limit: int = LIMIT) -> list[Unit]:
    """The cards to draw, in the order of their first nodes: at most `limit`, and those of flagged edges.

    Where these would have more than `EDGES` edges between them, they are fewer.
    """
    nodes = [node for node in scene.nodes if has_card(node)]
    if len(nodes) <= limit:
        return [Unit([node], node.scope) for node in nodes]
    units = _reveal(scene, _fold(nodes, limit, scene.outputs), _runs)
    while limit > 1 and _count_edges(scene, units) > EDGES:
        limit = limit * 2 // 3
        units = _reveal(scene, _fold(nodes, limit, scene.outputs), _layers)
    return units


def unit_of(units: Iterable[Unit]) -> dict[Node, Unit]:
    """The unit of each node that has a card."""
    return {node: unit for unit in units for node in unit.nodes}


# ---- folding ----------------------------------------------------------------------------------------------------


def _fold(nodes: Sequence[Node], limit: int, outputs: Sequence[Node]) -> list[Unit]:
    """Fold until there are few enough cards, what means most to a reader first."""
    units = _fold_scopes(nodes, limit)
    if len(units) > limit:
        units = _fold_runs(units, outputs)
    if len(units) > limit:
        units = _fold_stretches(units, limit, outputs)
    return units


def _count_edges(scene: Scene, units: Sequence[Unit]) -> int:
    """How many edges there are to lay out: one forward, and backward one for each word; between two nodes, all."""
    owner = unit_of(units)
    found: set[tuple[Unit, Unit, Edge | None, str]] = set()
    for unit in units:
        for node in unit.nodes:
            for slot, operand in enumerate(node.operands):
                source = owner.get(home(operand))
                if source is not None and source is not unit:
                    edge = Edge(operand.name, node.name, slot)
                    single = edge if source.single and unit.single else None
                    found.add((source, unit, single, "forward"))
                    sent = scene.sent(edge)
                    if sent is not None:
                        found.add((source, unit, single, flag(sent, scene.reference)))
    return len(found)


def _fold_scopes(nodes: Sequence[Node], limit: int) -> list[Unit]:
    """Fold all scopes below some depth: the greatest that leaves few enough cards, or the first level."""
    parts = {node: node.scope.split("/") if node.scope else [] for node in nodes}
    for depth in range(max(map(len, parts.values())), -1, -1):
        folded: dict[object, list[Node]] = {}
        for node in nodes:
            key = tuple(parts[node][: depth + 1])
            folded.setdefault(key if len(key) > depth else node, []).append(node)
        if len(folded) <= limit:
            break
    return [
        Unit(members, "/".join(parts[members[0]][:depth] if isinstance(key, tuple) else parts[members[0]]))
        for key, members in folded.items()
    ]


def _fold_runs(units: list[Unit], outputs: Sequence[Node]) -> list[Unit]:
    """Fold runs in which each unit feeds only the next, and the leaves that only they use; ends stay visible."""
    owner = unit_of(units)
    before: dict[Unit, dict[Unit, None]] = {unit: {} for unit in units}
    after: dict[Unit, dict[Unit, None]] = {unit: {} for unit in units}
    for unit in units:
        for source in _sources(unit, owner):
            before[unit][source] = None
            after[source][unit] = None
    leaves = dict.fromkeys(unit for unit in units if all(node.operator is None for node in unit.nodes))
    kept = {owner[home(node)] for node in outputs}

    def follows(unit: Unit) -> Unit | None:
        """The unit before this one in a run, if this one continues it."""
        sources = [source for source in before[unit] if source not in leaves]
        fits = len(sources) == 1 and len(after[sources[0]]) == 1 and sources[0].scope == unit.scope
        return sources[0] if fits and unit not in kept else None

    runs: dict[Unit, list[Unit]] = {}
    for unit in units:  # in order, so that the run of the one before is known
        if unit not in leaves:
            earlier = follows(unit)
            run = runs.get(earlier, []) if earlier is not None else []  # one scope used twice may come after itself
            run.append(unit)
            runs[unit] = run
    merged: dict[Unit, list[Unit]] = {}
    for run in {id(run): run for run in runs.values()}.values():
        inner = run[1:-1]
        period = _period([_signature(unit.nodes) for unit in inner])
        inner = inner[: len(inner) - len(inner) % period] if period else inner
        if len(inner) > 1:
            merged |= dict.fromkeys(inner, inner)
    for leaf in leaves:
        users = [merged.get(user) for user in after[leaf]]
        first = users[0] if users else None
        if first is not None and all(run is first for run in users) and leaf.scope == first[0].scope:
            first.append(leaf)
            merged[leaf] = first
    return _merge(units, merged)


def _fold_stretches(units: list[Unit], limit: int, outputs: Sequence[Node]) -> list[Unit]:
    """Fold neighbours in the order, cluster by cluster: into few cards, since stretches mean little by themselves."""
    owner = unit_of(units)
    kept = {owner[home(node)] for node in outputs}
    length = -(-len(units) // max(limit // 4, 1))
    merged: dict[Unit, list[Unit]] = {}
    by_scope: dict[str, list[Unit]] = {}
    for unit in units:
        if unit not in kept:
            by_scope.setdefault(unit.scope, []).append(unit)
    for members in by_scope.values():
        for start in range(0, len(members), length):
            stretch = members[start : start + length]
            if len(stretch) > 1:
                merged |= dict.fromkeys(stretch, stretch)
    return _merge(units, merged)


def _merge(units: list[Unit], merged: Mapping[Unit, list[Unit]]) -> list[Unit]:
    """The units, those that are to share a card made one; where the first of them was."""
    result: list[Unit] = []
    done: set[int] = set()
    for unit in units:
        group = merged.get(unit)
        if group is None:
            result.append(unit)
        elif id(group) not in done:
            done.add(id(group))
            nodes = sorted((node for part in group for node in part.nodes), key=lambda node: node.index)
            result.append(Unit(nodes, unit.scope))
    return sorted(result, key=lambda unit: unit.first.index)


def _sources(unit: Unit, owner: Mapping[Node, Unit]) -> dict[Unit, None]:
    """The units that feed this one."""
    found = (owner.get(home(operand)) for node in unit.nodes for operand in node.operands)
    return dict.fromkeys(source for source in found if source is not None and source is not unit)


# ---- what must not be hidden ------------------------------------------------------------------------------------


def _reveal(scene: Scene, units: list[Unit], places: Places) -> list[Unit]:
    """Take the ends of flagged edges, and the loss of a flow, out of the units that hide them.

    The rest of such a unit is put together by `places`, so that no card leads to a revealed one and back.
    """
    owner = unit_of(units)
    hidden = [
        (edge, word)
        for edge, word in scene.flagged
        if owner.get(_home(scene, edge.source)) is owner[_home(scene, edge.target)]
    ]
    if len(hidden) > REVEALED:
        hidden = [(edge, word) for edge, word in hidden if _starts(scene, edge, word)][:REVEALED]
    shown = {_home(scene, name) for edge, _ in hidden for name in (edge.source, edge.target)}
    if scene.recording is not None:
        shown |= set(map(home, scene.outputs))
    result: list[Unit] = []
    for unit in units:
        if unit.single or shown.isdisjoint(unit.nodes):
            result.append(unit)
            continue
        place = places(unit.nodes, shown)
        parts: dict[object, list[Node]] = {}
        for node in unit.nodes:
            parts.setdefault(node.name if node in shown else place[node], []).append(node)
        result += [Unit(part, common_scope(part)) for part in parts.values()]
    return sorted(result, key=lambda unit: unit.first.index)


def _runs(nodes: Sequence[Node], shown: Container[Node]) -> dict[Node, int]:
    """How many revealed nodes come before each in the order."""
    return dict(zip(nodes, accumulate(node in shown for node in nodes), strict=True))


def _layers(nodes: Sequence[Node], shown: Container[Node]) -> dict[Node, int]:
    """How many revealed nodes are on one way to each, at most: few where they hardly depend on one another."""
    found: dict[Node, int] = {}
    for node in nodes:
        sources = [home(operand) for operand in node.operands]
        found[node] = max((found[source] + (source in shown) for source in sources if source in found), default=0)
    return found


def within(scene: Scene, edge: Edge, nodes: Container[Node]) -> bool:
    """Whether both ends of an edge are among the nodes."""
    return _home(scene, edge.source) in nodes and _home(scene, edge.target) in nodes


def _starts(scene: Scene, edge: Edge, word: str) -> bool:
    """Whether the flag is this operator's doing: what arrives at it does not bear it."""
    arrived = scene.gradient(scene.graph[edge.target])
    return arrived is None or flag(arrived, scene.reference) != word


def _home(scene: Scene, name: str) -> Node:
    return home(scene.graph[name])


# ---- what a folded card says ------------------------------------------------------------------------------------


def title(unit: Unit) -> tuple[str, str]:
    """The name of a folded card, and how often what it names repeats (`×12`, or nothing)."""
    scope = common_scope(unit.nodes)
    if scope != unit.scope:
        return scope[len(unit.scope) + 1 if unit.scope else 0 :], ""
    depth = len(scope) + 1 if scope else 0
    inner = dict.fromkeys(node.scope[depth:].partition("/")[0] for node in unit.nodes)
    operators = _signature(unit.nodes)
    if len(inner) > 1 and "" not in inner:
        names = list(inner)
        period = _period(operators, longest=len(operators))
        repeats = period and len(operators) // period == len(names)
        return f"{names[0]} … {names[-1]}", f"×{len(names)}" if repeats else ""
    period = _period(operators)
    if period:
        return " → ".join(operators[:period]), f"×{len(operators) // period}"
    return count(len(operators), "operator"), ""


def contents(unit: Unit) -> str:
    """What is folded: `24 operators · 3 parameters`."""
    kinds = [node.kind for node in unit.nodes]
    operators = sum(node.operator is not None for node in unit.nodes)
    leaves = [(kinds.count(kind), kind) for kind in (PARAMETER, INPUT, CONSTANT)]
    return " · ".join(count(n, what) for n, what in [(operators, "operator"), *leaves] if n)


def count(n: int, what: str) -> str:
    """`1 operator`, `2 operators`."""
    return f"{n:,} {what}{'s' if n != 1 else ''}"


def common_scope(nodes: Sequence[Node]) -> str:
    """The innermost scope that holds all of the nodes."""
    parts = [node.scope.split("/") if node.scope else [] for node in (nodes[0], *nodes)]
    shared = []
    for names in zip(*parts, strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return "/".join(shared)


def _signature(nodes: Iterable[Node]) -> tuple[str, ...]:
    return tuple(node.operator.name for node in nodes if node.operator is not None)


def _period(sequence: Sequence[object], longest: int = PERIOD) -> int:
    """The length of the shortest part that the whole sequence repeats, at least twice; 0 where there is none.

    A rest may be left over at the end.
    """
    for period in range(1, min(longest, len(sequence) // 2) + 1):
        if all(a == b for a, b in zip(sequence, sequence[period:], strict=False)):
            return period
    return 0
