"""The command itself: help, version, exit codes, and how fast it can say so."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from dagprop.cli import cli

COMMANDS = ["demo", "train", "draw", "check", "export", "ops", "doctor"]


def test_version(run):
    assert run("--version").output == f"dagprop {version('dagprop')}\n"


def test_the_package_runs_as_a_command():
    said = subprocess.run([sys.executable, "-m", "dagprop", "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == f"dagprop {version('dagprop')}\n"


def test_help_lists_the_commands_in_the_order_of_getting_to_know_them(run):
    result = run("--help")
    assert result.exit_code == 0
    lines = result.output.split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in lines[: len(COMMANDS)]] == COMMANDS
    assert not any(line.endswith("...") for line in lines[: len(COMMANDS)])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run, command):
    result = run(command, "-h")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: cli {command}")


@pytest.mark.parametrize("command", ["train", "draw", "check", "export", "ops"])
def test_examples_in_the_help_are_commands_that_exist(run, command):
    lines = run(command, "--help").output.split("Examples:\n")[1].splitlines()
    for words in (line.split() for line in lines if line.strip()):
        assert words[:2] == ["dagprop", command]
        known = {option for parameter in cli.commands[command].params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known


@pytest.mark.parametrize("arguments", [["nonsense"], ["train"], ["train", "nowhere.py"], ["demo", "--seed", "-1"]])
def test_a_command_written_wrongly_is_2(run, arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error: " in result.output


@pytest.mark.parametrize("command", ["train", "draw", "check", "export"])
def test_help_says_that_the_model_is_run_and_must_be_trusted(run, command):
    told = " ".join(run(command, "--help").output.split())
    assert "MODEL is Python code, and this command runs it with all your rights: give it a file that you trust." in told


def test_help_does_not_wait_for_what_it_does_not_need():
    code = "import sys; from dagprop.cli import cli; cli(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split("\n")[-2].split())
    assert "dagprop.cli" in loaded
    assert loaded.isdisjoint({"sympy", "networkx", "graphviz", "scipy", "matplotlib"})
