"""Puts plugins where the engine finds them: launchers of our stand-ins, or the real ones, as `TRANSOM_PLUGINS` says.

The engine's own places are used, so that it finds a plugin as it finds any other: the language host lies next to the `pulumi` program, a
provider in the plugin folder of PULUMI_HOME under the version its Python SDK asks for.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import metadata
from pathlib import Path
from typing import Literal

from sandbox.toolchain import located
from transom.errors import PermanentError, ToolMissing

PROVIDERS = ("kubernetes", "aws")
_MODULES = {
    "pulumi-language-python": "sandbox.plugins.language",
    "pulumi-resource-kubernetes": "sandbox.plugins.kubernetes",
    "pulumi-resource-aws": "sandbox.plugins.aws",
    "aws": "sandbox.plugins.awscommand",
}
_MARK = "# A stand-in of Transom's sandbox, written by sandbox/plugins/launchers.py."


class Choice(Enum):
    """What `TRANSOM_PLUGINS` may say."""

    AUTO = "auto"
    """A stand-in only where the real plugin is not installed."""
    STANDIN = "standin"
    """Stand-ins, whatever is installed."""
    REAL = "real"
    """Real plugins only; a missing one is an error."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A provider plugin that will be used: the folder or file it lies in, and whose it is."""

    name: str
    version: str
    origin: Literal["real", "standin"]
    path: Path


def choice(environment: Mapping[str, str] | None = None) -> Choice:
    """What the environment asks for; `auto` when it asks for nothing. Another word is an error."""
    word = (os.environ if environment is None else environment).get("TRANSOM_PLUGINS") or Choice.AUTO.value
    try:
        return Choice(word)
    except ValueError as error:
        raise PermanentError(f'TRANSOM_PLUGINS is "{word}"', hint="it may be auto, standin or real") from error


def write(folder: Path, names: tuple[str, ...] = tuple(_MODULES)) -> tuple[Path, ...]:
    """Write executables of these names into a folder. They run this interpreter on this checkout, whatever the working folder."""
    folder.mkdir(parents=True, exist_ok=True)
    checkout, python = Path(__file__).resolve().parents[2], Path(sys.prefix, "bin", "python")
    written = []
    for name in names:
        path = folder / name
        # -P: the folder the engine starts us in must not shadow our packages.
        text = (
            f"#!/bin/sh\n{_MARK}\nPYTHONPATH={shlex.quote(str(checkout))}${{PYTHONPATH:+:$PYTHONPATH}}\nexport PYTHONPATH\n"
            f'exec {shlex.quote(str(python))} -P -m {_MODULES[name]} "$@"\n'
        )
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            draft = path.with_name(f".{name}.{os.getpid()}.tmp")
            draft.write_text(text, encoding="utf-8")
            draft.chmod(0o755)
            draft.replace(path)  # the engine may be starting the one that is there
        written.append(path)
    return tuple(written)


def select(asked: Choice, home: Path | None = None) -> tuple[Plugin, ...]:
    """Which provider plugins will be used. `home` is where real ones are looked for beside PATH: PULUMI_HOME, by default `~/.pulumi`.

    Raises ToolMissing, naming every missing plugin and the command that installs it, when only real ones will do.
    """
    found = {name: find_real(name, home) for name in PROVIDERS}
    missing = [name for name, plugin in found.items() if plugin is None]
    if asked is Choice.REAL and missing:
        commands = "; ".join(f"pulumi plugin install resource {name} {sdk_version(name)}" for name in missing)
        raise ToolMissing(
            f"TRANSOM_PLUGINS=real, but the real plugin is not installed: {', '.join(missing)}", hint=f"install with: {commands}"
        )
    return tuple(choose(name, asked, real) for name, real in found.items())


def choose(name: str, asked: Choice, real: Plugin | None) -> Plugin:
    """The plugin of this name that will be used, given the real one if it is installed."""
    if real is not None and asked is not Choice.STANDIN:
        return real
    return Plugin(name, sdk_version(name), "standin", Path(__file__).resolve().parent)


def install(plugins: tuple[Plugin, ...], home: Path) -> None:
    """Make the plugin folder of a sandbox's PULUMI_HOME hold exactly these plugins, beside what the engine itself put there."""
    folder = home / "plugins"
    folder.mkdir(parents=True, exist_ok=True)
    (home / located.SANDBOX_MARK).touch()
    wanted = {f"resource-{plugin.name}-v{plugin.version}": plugin for plugin in plugins}
    for entry in folder.glob("resource-*"):
        if entry.name in wanted and entry.is_symlink() == (wanted[entry.name].origin == "real"):
            continue
        if entry.is_symlink():
            entry.unlink()
        elif _is_ours(entry / _program(entry.name)):
            shutil.rmtree(entry)
    for name, plugin in wanted.items():
        target = folder / name
        if plugin.origin == "standin":
            write(target, (f"pulumi-resource-{plugin.name}",))
        elif not target.exists():
            target.unlink(missing_ok=True)
            target.symlink_to(plugin.path, target_is_directory=True)


def find_real(name: str, home: Path | None = None) -> Plugin | None:
    """The real plugin that the engine would take for our SDK: on PATH, or in the plugin folder, of the SDK's major and no older."""
    for folder in located.user_folders():
        path = shutil.which(f"pulumi-resource-{name}", path=str(folder))
        if path is not None and not _is_ours(Path(path)):
            return Plugin(name, sdk_version(name), "real", Path(path).resolve().parent)
    wanted = _numbers(sdk_version(name))
    root = (home or _user_home()) / "plugins"
    fitting = []
    for folder_path in root.glob(f"resource-{name}-v*"):
        program, version = folder_path / f"pulumi-resource-{name}", folder_path.name.partition("-v")[2]
        if os.access(program, os.X_OK) and not _is_ours(program) and _numbers(version) >= wanted and _numbers(version)[0] == wanted[0]:
            fitting.append(Plugin(name, version, "real", folder_path.resolve()))
    return max(fitting, key=lambda plugin: _numbers(plugin.version), default=None)


def sdk_version(name: str) -> str:
    """The version of the installed Python SDK, which is the version of the plugin it asks for."""
    return metadata.version(f"pulumi-{name}")


def _user_home() -> Path:
    """The user's own PULUMI_HOME, also in a shell where a sandbox's is set."""
    named = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return Path.home() / ".pulumi" if (named / located.SANDBOX_MARK).exists() else named


def _program(folder_name: str) -> str:
    return "pulumi-" + folder_name.partition("-v")[0]


def _is_ours(program: Path) -> bool:
    try:
        with program.open("rb") as handle:
            return _MARK.encode() in handle.read(400)
    except OSError:
        return False


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(piece) for piece in re.findall(r"\d+", version)[:3])
