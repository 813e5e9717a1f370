"""`dagprop doctor`; how it tells of a broken plugin, the tests of plugins show."""

import numpy as np

import dagprop as dp


def line(result, part):
    return next(line.split(part, 1)[1] for line in result.output.splitlines() if line.lstrip().startswith(part))


def test_what_works(run):
    result = run("doctor")
    assert result.exit_code == 0, result.output
    assert line(result, "numpy").split() == ["works", np.__version__]
    assert "svg" in line(result, "drawing")
    core = next(plugin for plugin in dp.registry.plugins if plugin.name == "core")
    assert f"{core.owner}, {len(core.operators)} operators" in line(result, "plugin core")
    assert "Everything that is installed works." in result.output


def test_no_engine_to_draw_with_is_a_failure(run, monkeypatch):
    monkeypatch.setenv("DAGPROP_DOT", "there-is-no-such-program")
    result = run("doctor")
    assert result.exit_code == 1
    assert line(result, "drawing").split()[0] == "broken"
    assert "Broken: drawing\n" in result.output


def test_an_extra_that_is_not_installed_is_none(run, monkeypatch):
    monkeypatch.setattr("dagprop.cli.doctor.EXTRAS", {"symbols": ("a_package_that_nobody_has",)})
    result = run("doctor")
    assert result.exit_code == 0
    assert line(result, "extra symbols").split()[:2] == ["absent", "pip"]
    assert "dagprop[symbols]" in result.output


def test_an_extra_that_is_installed_and_does_not_work_is_one(run, monkeypatch, tmp_path):
    (tmp_path / "half_installed.py").write_text("raise ImportError('a library is missing')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("dagprop.cli.doctor.EXTRAS", {"symbols": ("half_installed",)})
    result = run("doctor")
    assert result.exit_code == 1
    assert "half_installed: ImportError: a library is missing" in line(result, "extra symbols")
