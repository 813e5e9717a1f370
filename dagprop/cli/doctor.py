"""`dagprop doctor`: what is installed, and what works."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import platform
import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click
from rich.text import Text

from dagprop.cli.console import console, table
from dagprop.cli.ops import called
from dagprop.diagram import FORMATS, engine
from dagprop.errors import DagpropError, PluginWarning, reason
from dagprop.plugin.bringing import BRINGING, Plugin
from dagprop.plugin.registry import registry
from dagprop.program.executor import executors

NEEDED = ("numpy", "networkx", "pluggy", "click", "rich")
EXTRAS = {"symbols": ("sympy",), "pdf": ("reportlab", "svglib")}
"""The optional packages, by the extra of dagprop that installs them."""

GOOD, BAD, ABSENT = Text("works", "green"), Text("broken", "bold red"), Text("absent", "dim")
LOOK = Text("look", "bold yellow")
"""The state of what works and is hardly meant."""


class Finding(NamedTuple):
    """A part, its state, and what there is to say about it."""

    part: str
    state: Text
    detail: str


@click.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """See what is installed, and what works.

    Says why the rest does not work, which plugins bring nothing or claim the same names, and how long each takes to
    import.  Exits with 1 if something is broken; what is merely not installed is no failure.
    """
    screen = console()
    screen.print(
        Text(f"\ndagprop {importlib.metadata.version('dagprop')}", "bold"),
        f" Python {platform.python_version()}, {platform.platform(terse=True)} {platform.machine()}",
    )
    rows = table("part", "state", "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PluginWarning)  # the table tells it
        findings = [*_packages(), _drawing(), _programs(), *_plugins(), *_clashes(), *_extras()]
    for finding in findings:
        rows.add_row(*finding)
    screen.print(rows)
    broken, odd = ([finding.part for finding in findings if finding.state == state] for state in (BAD, LOOK))
    if odd:
        screen.print(Text("Look at:", "bold yellow"), ", ".join(odd))
    if broken:
        screen.print(Text("Broken:", "bold red"), ", ".join(broken))
        context.exit(1)
    screen.print("Everything that is installed works.")


def _packages() -> Iterator[Finding]:
    for name in NEEDED:
        yield _imported(name, name)


def _imported(part: str, *modules: str) -> Finding:
    """Whether modules can be imported, and their versions: a package may be installed and yet not work."""
    versions = []
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what the reader wants to know
            return Finding(part, BAD, f"{module}: {reason(error)}")
        versions.append(f"{module} {importlib.metadata.version(module)}")
    return Finding(part, GOOD, ", ".join(versions).removeprefix(f"{part} "))


def _drawing() -> Finding:
    try:
        engine.run("digraph { forward -> backward }", "svg")
        return Finding("drawing", GOOD, "\n".join(map(_writes, engine.engines())))
    except DagpropError as error:
        return Finding("drawing", BAD, str(error))


def _programs() -> Finding:
    known = executors()
    detail = f"executors: {', '.join(known)}"
    if "tape" in known:
        return Finding("programs", GOOD, detail)
    why = "the native tape was not built: install dagprop where there is a C compiler, and programs run faster"
    return Finding("programs", GOOD, f"{detail}\n{why}")


def _writes(found: engine.Engine) -> str:
    return f"{found.describe()}: {', '.join(name for name in FORMATS if name in found.formats)}"


def _plugins() -> Iterator[Finding]:
    for plugin in registry.plugins:
        yield Finding(f"plugin {plugin.name}", *_state(plugin))
    for broken in registry.quarantined:
        yield Finding(f"plugin {broken.name}", BAD, f"{broken.owner}, set aside: {broken.reason}")


def _state(plugin: Plugin) -> tuple[Text, str]:
    """Whether a plugin brings what it has, what that is, and how long it took to import."""
    count, executors = len(plugin.operators), [executor.name for executor in plugin.executors]
    brings = [
        f"{count} operator{'s' if count > 1 else ''}" if count else "",
        f"executor{'s' if len(executors) > 1 else ''} {', '.join(executors)}" if executors else "",
        "watches runs" if not BRINGING.issuperset(plugin.hooks) else "",
    ]
    said = ", ".join([plugin.owner, *(filter(None, brings))])
    took = f"imported in {_milliseconds(plugin.seconds)}"
    if plugin.seconds_for_packs:
        took += f", its operators in {_milliseconds(plugin.seconds_for_packs)} once one is used"
    if plugin.forgotten:
        return LOOK, f"{said}, {took}\nno hook, for want of @dp.hookimpl: {', '.join(plugin.forgotten)}"
    if not any(brings):
        return LOOK, f"{said}, {took}\nbrings nothing: no operator, no executor, and it watches no run"
    return GOOD, f"{said}, {took}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.0f} ms" if seconds >= 5e-4 else "no time"


def _clashes() -> Iterator[Finding]:
    """The names and functions that several operators claim, those that the same ones claim in a line."""
    claims: dict[Sequence[str], list[str]] = {}
    for claimed, ids in registry.clashes():
        claims.setdefault(ids, []).append(claimed if isinstance(claimed, str) else called(claimed))
    if claims:
        lines = [f"{', '.join(names)}: claimed by {' and '.join(ids)}" for ids, names in claims.items()]
        lines.append(f"an error where one is used, until dp.prefer({next(iter(claims))[0]!r}) or another settles it")
        yield Finding("names", LOOK, "\n".join(lines))


def _extras() -> Iterator[Finding]:
    for extra, modules in EXTRAS.items():
        missing = [module for module in modules if importlib.util.find_spec(module) is None]
        if missing:
            yield Finding(f"extra {extra}", ABSENT, f"pip install 'dagprop[{extra}]'  (no {', '.join(missing)})")
        else:
            yield _imported(f"extra {extra}", *modules)
