"""The variables by which the user's own tools find a sandbox: what `eval "$(transom sandbox env)"` puts into a shell."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from sandbox import cloud, controllers, stacks
from sandbox.cluster import REGION
from sandbox.errors import SandboxError
from sandbox.layout import CHECKOUT, Layout
from sandbox.plugins import launchers
from sandbox.state import load
from sandbox.toolchain import located, parts
from sandbox.toolchain.layout import Layout as Tools
from transom.errors import ToolMissing

_LINKED = ("kustomize", "transom-templates", "kubectl")


def environment(root: Path | None = None) -> dict[str, str]:
    """The variables of the sandbox in this folder. Prepares what they name: programs, plugins, the stack file.

    Raises SandboxError where no sandbox was started, ToolMissing where a program or a real plugin that was asked for is missing.
    """
    layout = Layout.of(root)
    state = load(layout)
    if not state.clusters:
        raise SandboxError("there is no sandbox", subject=str(layout.root), hint="start one: transom sandbox up")
    plugins = launchers.select(launchers.choice())
    launchers.install(plugins, layout.home)
    stacks.prepare(layout, CHECKOUT)
    _link_programs(layout)
    found = {
        "TRANSOM_SANDBOX": str(layout.root),
        "PATH": os.pathsep.join(map(str, (layout.programs, *located.user_folders()))),
        "KUBECONFIG": str(layout.kubeconfig),
        "AWS_ENDPOINT_URL": cloud.endpoint(state.ports["moto"]),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PULUMI_BACKEND_URL": f"file://{layout.backend}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(layout.passphrase),
        "PULUMI_OPTION_CONFIG_FILE": str(layout.stack_file),
        # Workspaces, logs and plugins of the sandbox stay in it: nothing is left in the user's own ~/.pulumi.
        "PULUMI_HOME": str(layout.home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    if any(plugin.origin == "standin" for plugin in plugins):
        found["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    if "sealed-secrets" in state.controllers:
        port = state.ports[f"{controllers.CONTROLLERS['sealed-secrets'].part}-{state.clusters[0]}"]
        found["SEALED_SECRETS_CERT"] = f"http://127.0.0.1:{port}{controllers.CONTROLLERS['sealed-secrets'].ready}"
    return found


def as_shell(variables: dict[str, str]) -> str:
    """Lines that a POSIX shell evaluates. What would override them is unset: a passphrase or a profile of the user's own."""
    unset = "unset PULUMI_CONFIG_PASSPHRASE AWS_PROFILE AWS_SESSION_TOKEN PULUMI_ACCESS_TOKEN"
    return "\n".join([unset, *(f"export {name}={shlex.quote(value)}" for name, value in variables.items())]) + "\n"


def _link_programs(layout: Layout) -> None:
    """One folder for PATH with the programs that were chosen: the user's own where they will do, else the built ones."""
    layout.programs.mkdir(parents=True, exist_ok=True)
    (layout.programs / located.SANDBOX_MARK).touch()
    tools = Tools.of(CHECKOUT)
    for part in parts.by_name(list(_LINKED)):
        found = located.locate(part, tools)
        if isinstance(found, located.Found):
            _link(layout.programs / part.name, found.path)
    (pulumi,) = parts.by_name(["pulumi"])
    engine = located.locate(pulumi, tools)
    if isinstance(engine, located.Missing):
        raise ToolMissing("there is no pulumi", hint=f"build it: {engine.hint}")
    _link(layout.programs / "transom", Path(sys.prefix, "bin", "transom"))
    if shutil.which("aws", path=os.pathsep.join(map(str, located.user_folders()))) is None:
        launchers.write(layout.programs, ("aws",))  # which kubeconfigs of EKS clusters call for a token
    if engine.origin == "PATH":
        _link(layout.programs / "pulumi", engine.path)
        if language_host(engine.path) is None:
            launchers.write(layout.programs, ("pulumi-language-python",))
        return
    # The engine looks for the language host next to its own program, links followed. A hard link is a place of its own, and no copy.
    _hard_link(layout.programs / "pulumi", engine.path)
    launchers.write(layout.programs, ("pulumi-language-python",))


def language_host(engine: Path) -> Path | None:
    """The real Python language host of the user's own engine: next to it, as it is shipped, or on PATH; None where there is none."""
    beside = engine.resolve().parent / "pulumi-language-python"
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which("pulumi-language-python", path=os.pathsep.join(map(str, located.user_folders())))
    return Path(found) if found else None


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.readlink() == target:
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(path)


def _hard_link(path: Path, target: Path) -> None:
    if path.exists() and not path.is_symlink() and path.samefile(target):
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    try:
        draft.hardlink_to(target)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(target, draft)
    draft.replace(path)
