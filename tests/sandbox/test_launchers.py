"""Which plugins are used under which choice, and that the engine finds them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.plugins import launchers
from sandbox.plugins.launchers import Choice
from transom.errors import PermanentError, ToolMissing


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PULUMI_HOME of the user's own, without plugins, and a PATH without any."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return tmp_path / "user"


def install_real(home: Path, name: str, version: str) -> Path:
    """A plugin as `pulumi plugin install` leaves it."""
    folder = home / "plugins" / f"resource-{name}-v{version}"
    folder.mkdir(parents=True)
    program = folder / f"pulumi-resource-{name}"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return folder


def origins(choice: Choice, home: Path) -> dict[str, str]:
    """Whose plugin is chosen, by name."""
    return {plugin.name: plugin.origin for plugin in launchers.select(choice, home)}


def test_auto_takes_a_stand_in_only_where_the_real_one_is_missing(home: Path) -> None:
    """With the real kubernetes plugin installed and no real aws one, each is what is there."""
    install_real(home, "kubernetes", launchers.sdk_version("kubernetes"))
    assert origins(Choice.AUTO, home) == {"kubernetes": "real", "aws": "standin"}


def test_standin_takes_stand_ins_whatever_is_installed(home: Path) -> None:
    """A real plugin that is installed is not used when stand-ins were asked for."""
    install_real(home, "kubernetes", launchers.sdk_version("kubernetes"))
    assert origins(Choice.STANDIN, home) == {"kubernetes": "standin", "aws": "standin"}


def test_real_refuses_with_every_missing_plugin_and_its_command(home: Path) -> None:
    """What is missing is named all at once, each with the command that installs the version our SDK asks for."""
    with pytest.raises(ToolMissing) as caught:
        launchers.select(Choice.REAL, home)
    for name in launchers.PROVIDERS:
        assert f"pulumi plugin install resource {name} {launchers.sdk_version(name)}" in caught.value.hint


def test_real_takes_real_ones(home: Path) -> None:
    """With all of them installed, real plugins are used, the newest that fits."""
    for name in launchers.PROVIDERS:
        install_real(home, name, launchers.sdk_version(name))
    newer = launchers.sdk_version("aws").rsplit(".", 1)[0] + ".999"
    folder = install_real(home, "aws", newer)
    chosen = {plugin.name: plugin for plugin in launchers.select(Choice.REAL, home)}
    assert {plugin.origin for plugin in chosen.values()} == {"real"}
    assert chosen["aws"].path == folder


@pytest.mark.parametrize("version", ["0.1.0", "999.0.0"])
def test_a_real_plugin_the_engine_would_not_take_is_none(home: Path, version: str) -> None:
    """One that is older than the SDK asks for, or of another major version, does not count."""
    install_real(home, "kubernetes", version)
    assert launchers.find_real("kubernetes", home) is None


def test_a_real_plugin_on_path_counts_and_a_stand_in_there_does_not(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PATH is searched as the engine does, and our own launchers are recognised there."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    launchers.write(ours)
    monkeypatch.setenv("PATH", f"{ours}:/usr/bin")
    assert launchers.find_real("aws", home) is None
    theirs.mkdir()
    (theirs / "pulumi-resource-aws").write_text("#!/bin/sh\n")
    (theirs / "pulumi-resource-aws").chmod(0o755)
    monkeypatch.setenv("PATH", f"{ours}:{theirs}:/usr/bin")
    found = launchers.find_real("aws", home)
    assert found is not None
    assert found.path == theirs


def test_the_plugin_folder_follows_the_choice(home: Path, tmp_path: Path) -> None:
    """Installed plugins change with the choice and back, and what the engine put there itself stays."""
    sandbox = tmp_path / "sandbox"
    real = install_real(home, "kubernetes", launchers.sdk_version("kubernetes"))
    entry = sandbox / "plugins" / real.name
    other = sandbox / "plugins" / "resource-random-v4.0.0"
    other.mkdir(parents=True)
    for choice, is_real in ((Choice.AUTO, True), (Choice.STANDIN, False), (Choice.AUTO, True)):
        launchers.install(launchers.select(choice, home), sandbox)
        assert (entry.resolve() == real) is is_real
        assert launchers._is_ours(entry / "pulumi-resource-kubernetes") is not is_real
    assert other.exists()


def test_a_word_that_is_no_choice_is_refused() -> None:
    """A misspelt TRANSOM_PLUGINS is an error that says what it may be, not taken for auto."""
    with pytest.raises(PermanentError) as caught:
        launchers.choice({"TRANSOM_PLUGINS": "fake"})
    assert "auto, standin or real" in caught.value.hint
    assert launchers.choice({}) is Choice.AUTO


def test_a_launcher_works_from_any_folder(tmp_path: Path) -> None:
    """Started in a folder with a package of the same name as ours, a launcher still runs ours: it prints its port."""
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "__init__.py").write_text("raise SystemExit('the wrong package')")
    (launcher,) = launchers.write(tmp_path / "bin", ("pulumi-language-python",))
    host = subprocess.Popen([launcher, "127.0.0.1:1"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert host.stdout is not None
    assert host.stdout.readline().strip().isdigit()
    host.terminate()
    host.communicate(timeout=60)


def test_launchers_run_this_interpreter(tmp_path: Path) -> None:
    """A launcher names the interpreter of the virtual environment that wrote it."""
    for path in launchers.write(tmp_path):
        assert f"{sys.prefix}/bin/python" in path.read_text()
